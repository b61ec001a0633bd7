/* From a contract file's fields, at any depth, to struct shape. */
#include <string.h>

#include "base/decimal.h"
#include "document.h"

static const char *const type_words[] = {"uuid", "string", "integer", "boolean", "date",
                                         "time", "enum",   "list",    "decimal", "struct",
                                         "map",  "union",  NULL};

/* What is read: a field of a shape, an item of a list or a map, a map's key. */
enum part { PART_FIELD, PART_ITEM, PART_KEY };
static const char *const part_words[] = {"a field", "an item", "a key"};

void read_name(struct document *document, struct text *name, const char *what)
{
    if (name->text && !name_is_snake(name->text)) {
        wrong(document->path, name->line, "%s \"%s\" is not snake_case (\"late_days\")", what,
              name->text);
        name->text = NULL;
    }
}

static void read_values(struct document *document, yaml_node_t *node, struct field *field)
{
    yaml_node_t **list = document_list(document, node, "values", REQUIRED, &field->value_count);

    field->values = keep(field->value_count, sizeof *field->values);
    for (size_t i = 0; i < field->value_count; i++) {
        field->values[i] = document_node_text(document, list[i], "a value");
        read_name(document, &field->values[i], "the value");
    }
}

/* The keys that a field of the type has, in the order in which they are told. */
static const char *const *field_keys(enum type type, enum part part)
{
    static const char *const common[] = {"name", "type", "required", "personal", "sentence"};
    static const char *const own[][8] = {
        [TYPE_UUID] = {"of", "example"},
        [TYPE_STRING] = {"min", "max", "example"},
        [TYPE_INTEGER] = {"min", "max", "unit", "example"},
        [TYPE_BOOLEAN] = {"example"},
        [TYPE_DATE] = {"example"},
        [TYPE_TIME] = {"example"},
        [TYPE_ENUM] = {"values", "example"},
        [TYPE_LIST] = {"min", "max", "item", "example"},
        [TYPE_DECIMAL] = {"scale", "min", "max", "unit", "example"},
        [TYPE_STRUCT] = {"fields"},
        [TYPE_MAP] = {"key", "item", "min", "max", "example"},
        [TYPE_UNION] = {"tag", "alternatives"},
        [TYPE_WRONG] = {"of", "min", "max", "unit", "values", "item", "example"},
    };
    enum { COMMON = sizeof common / sizeof common[0] };
    const char **keys = keep(COMMON + 8, sizeof *keys);
    size_t count = 0;

    for (size_t i = 0; part == PART_FIELD && i < COMMON; i++)
        keys[count++] = common[i];
    if (part != PART_FIELD)
        keys[count++] = "type";
    for (size_t i = 0; own[type][i]; i++)
        keys[count++] = own[type][i];
    return keys;
}

static void read_bounds(struct document *document, yaml_node_t *node, struct field *field)
{
    enum presence min = field->type == TYPE_INTEGER ? REQUIRED : OPTIONAL;

    field->has_min = document_integer(document, node, "min", min, &field->min);
    field->has_max = document_integer(document, node, "max", REQUIRED, &field->max);
}

static bool read_decimal(struct document *document, yaml_node_t *node, const char *key,
                         unsigned scale, int64_t *ret_value)
{
    struct text text = document_text(document, node, key, REQUIRED);

    if (!text.text)
        return false;
    if (decimal_parse(span_text(text.text), scale, ret_value) == 0)
        return true;
    wrong(document->path, text.line,
          "\"%s\" is \"%s\", expected a decimal with at most %u digits behind the point", key,
          text.text, scale);
    return false;
}

static void read_scaled(struct document *document, yaml_node_t *node, struct field *field)
{
    unsigned scale;

    if (!document_integer(document, node, "scale", REQUIRED, &field->scale))
        return;
    if (field->scale < 0 || field->scale > MAX_SCALE) {
        wrong(document->path, node_line(node), "\"scale\" must be from 0 to %d", MAX_SCALE);
        return;
    }
    scale = (unsigned)field->scale;
    field->has_min = read_decimal(document, node, "min", scale, &field->min);
    field->has_max = read_decimal(document, node, "max", scale, &field->max);
}

static void read_type(struct document *document, yaml_node_t *node, struct field *field,
                      enum part part);

/* An item or a key, which is a mapping of its own. */
static struct field *read_part(struct document *document, yaml_node_t *node, const char *key,
                               enum part part, const char *hint)
{
    yaml_node_t *inner = document_get(document, node, key);
    struct field *field = keep(1, sizeof *field);

    field->type = TYPE_WRONG;
    field->line = node_line(inner ? inner : node);
    if (!inner)
        wrong(document->path, field->line, "\"%s\" is missing, e.g. %s", key, hint);
    else if (document_is_mapping(document, inner, keep_printf("\"%s\"", key),
                                 keep_printf(", e.g. %s", hint)))
        read_type(document, inner, field, part);
    return field;
}

static void read_item(struct document *document, yaml_node_t *node, struct field *field)
{
    field->item =
        read_part(document, node, "item", PART_ITEM, "item: {type: date, example: 2026-11-22}");
}

static void read_key(struct document *document, yaml_node_t *node, struct field *field)
{
    field->key = read_part(document, node, "key", PART_KEY,
                           "key: {type: string, min: 1, max: 20, example: left}");
}

/* Each alternative is a struct with a name and a sentence. */
static void read_alternative(struct document *document, yaml_node_t *node, struct field *field)
{
    static const char *const keys[] = {"name", "sentence", "fields", NULL};

    field->line = node_line(node);
    field->type = TYPE_STRUCT;
    if (!document_keys(document, node, keys, "an alternative"))
        return;
    field->name = document_text(document, node, "name", REQUIRED);
    read_name(document, &field->name, "the alternative's name");
    field->sentence = document_text(document, node, "sentence", REQUIRED);
    read_shape(document, node, "fields", OPTIONAL, &field->shape);
}

static void read_union(struct document *document, yaml_node_t *node, struct field *field)
{
    struct shape *shape = &field->shape;
    yaml_node_t **list = document_list(document, node, "alternatives", REQUIRED, &shape->count);

    field->tag = document_text(document, node, "tag", REQUIRED);
    read_name(document, &field->tag, "the tag");
    shape->line = field->line;
    shape->fields = keep(shape->count, sizeof *shape->fields);
    field->value_count = shape->count;
    field->values = keep(shape->count, sizeof *field->values);
    for (size_t i = 0; i < shape->count; i++) {
        read_alternative(document, list[i], &shape->fields[i]);
        field->values[i] = shape->fields[i].name;
    }
}

/* What only this type has, but for unit and example. */
static void read_own(struct document *document, yaml_node_t *node, struct field *field)
{
    switch (field->type) {
    case TYPE_UUID:
        field->of = document_text(document, node, "of", OPTIONAL);
        read_name(document, &field->of, "\"of\"");
        break;
    case TYPE_STRING:
    case TYPE_INTEGER:
    case TYPE_LIST:
    case TYPE_MAP:
        read_bounds(document, node, field);
        break;
    case TYPE_DECIMAL:
        read_scaled(document, node, field);
        break;
    case TYPE_ENUM:
        read_values(document, node, field);
        break;
    case TYPE_STRUCT:
        read_shape(document, node, "fields", REQUIRED, &field->shape);
        break;
    case TYPE_UNION:
        read_union(document, node, field);
        break;
    case TYPE_BOOLEAN:
    case TYPE_DATE:
    case TYPE_TIME:
    case TYPE_WRONG:
        break;
    }
    if (field->type == TYPE_LIST || field->type == TYPE_MAP)
        read_item(document, node, field);
    if (field->type == TYPE_MAP)
        read_key(document, node, field);
}

static bool may_be(enum type type, enum part part)
{
    if (part == PART_KEY)
        return type == TYPE_STRING || type == TYPE_UUID || type == TYPE_ENUM;
    return part == PART_FIELD || (type != TYPE_LIST && type != TYPE_MAP);
}

static void read_type(struct document *document, yaml_node_t *node, struct field *field,
                      enum part part)
{
    int type = document_word(document, node, "type", type_words, REQUIRED);
    size_t mistakes = wrong_count();

    field->type = type < 0 ? TYPE_WRONG : (enum type)type;
    if (type >= 0 && !may_be(field->type, part)) {
        wrong(document->path, node_line(node), "%s is no %s, expected %s", part_words[part],
              type_words[type],
              part == PART_KEY ? "string, uuid or enum"
                               : "another type: lists and maps do not nest");
        field->type = TYPE_WRONG;
        return;
    }
    document_keys(document, node, field_keys(field->type, part),
                  type < 0 ? part_words[part]
                           : keep_printf("%s of type %s", part_words[part], type_words[type]));
    read_own(document, node, field);
    if (field->type == TYPE_INTEGER || field->type == TYPE_DECIMAL)
        field->unit = document_text(document, node, "unit", REQUIRED);
    if (!document->released &&
        wrong_count() == mistakes) /* else it would be measured by what is wrong itself */
        field->example = read_example(document, node, field);
}

static void read_field(struct document *document, yaml_node_t *node, struct field *field)
{
    field->line = node_line(node);
    field->type = TYPE_WRONG;
    if (!document_is_mapping(document, node, "a field", " with name, type and sentence"))
        return;
    field->name = document_text(document, node, "name", REQUIRED);
    read_name(document, &field->name, "the field's name");
    read_type(document, node, field, PART_FIELD);
    field->sentence = document_text(document, node, "sentence", REQUIRED);
    field->optional = !document_flag(document, node, "required", true);
    field->personal = document_flag(document, node, "personal", false);
}

static bool is_empty_list(const yaml_node_t *node)
{
    return node->type == YAML_SEQUENCE_NODE &&
           node->data.sequence.items.start == node->data.sequence.items.top;
}

void read_shape(struct document *document, yaml_node_t *mapping, const char *key,
                enum presence presence, struct shape *shape)
{
    yaml_node_t *node = document_get(document, mapping, key);
    yaml_node_t **list;

    shape->line = node_line(node ? node : mapping);
    if (node && presence == OPTIONAL && is_empty_list(node))
        return;
    list = document_list(document, mapping, key, presence, &shape->count);
    shape->fields = keep(shape->count, sizeof *shape->fields);
    for (size_t i = 0; i < shape->count; i++)
        read_field(document, list[i], &shape->fields[i]);
}
