/* From a contract file to struct contract: which keys there are, and of what form. What they mean
 * together is check.c's matter. */
#include <stdio.h>
#include <string.h>

#include "document.h"

static const char *const type_words[] = {"uuid", "string", "integer", "boolean", "date",
                                         "time", "enum",   "list",    NULL};
static const char *const kind_words[] = {"command", "event", NULL};
static const char *const scope_words[] = {"none", "anyone", "organization", "player", NULL};

static void read_name(struct document *document, struct text *name, const char *what)
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

/* The keys that only some types have, in the order in which all keys are told. */
static const char *const *field_keys(enum type type, bool item)
{
    static const char *const common[] = {"name", "type", "required", "personal", "sentence"};
    static const char *const own[][5] = {
        [TYPE_UUID] = {"of"},
        [TYPE_STRING] = {"min", "max"},
        [TYPE_INTEGER] = {"min", "max"},
        [TYPE_ENUM] = {"values"},
        [TYPE_LIST] = {"min", "max", "item"},
        [TYPE_WRONG] = {"of", "min", "max", "values", "item"},
    };
    const char **keys = keep(sizeof common / sizeof common[0] + 6, sizeof *keys);
    size_t count = 0;

    if (item)
        keys[count++] = "type";
    else
        for (size_t i = 0; i < sizeof common / sizeof common[0]; i++)
            keys[count++] = common[i];
    for (size_t i = 0; i < 5 && own[type][i]; i++)
        keys[count++] = own[type][i];
    return keys;
}

static void read_bounds(struct document *document, yaml_node_t *node, struct field *field)
{
    enum presence min = field->type == TYPE_INTEGER ? REQUIRED : OPTIONAL;

    field->has_min = document_integer(document, node, "min", min, &field->min);
    field->has_max = document_integer(document, node, "max", REQUIRED, &field->max);
}

static void read_type(struct document *document, yaml_node_t *node, struct field *field, bool item);

static void read_item(struct document *document, yaml_node_t *node, struct field *field)
{
    yaml_node_t *item = document_get(document, node, "item");

    field->item = keep(1, sizeof *field->item);
    field->item->type = TYPE_WRONG;
    if (!item) {
        wrong(document->path, node_line(node), "\"item\" is missing, e.g. item: {type: date}");
        return;
    }
    if (item->type != YAML_MAPPING_NODE) {
        wrong(document->path, node_line(item), "\"item\" is no mapping, e.g. item: {type: date}");
        return;
    }
    field->item->line = node_line(item);
    read_type(document, item, field->item, true);
}

static void read_type(struct document *document, yaml_node_t *node, struct field *field, bool item)
{
    int type = document_word(document, node, "type", type_words, REQUIRED);

    field->type = type < 0 ? TYPE_WRONG : (enum type)type;
    if (item && field->type == TYPE_LIST) {
        wrong(document->path, node_line(node),
              "lists do not nest: expected an item of another "
              "type");
        field->type = TYPE_WRONG;
        return;
    }
    document_keys(document, node, field_keys(field->type, item),
                  type < 0 ? "a field"
                           : keep_printf(item ? "an item of type %s" : "a field of type %s",
                                         type_words[type]));
    switch (field->type) {
    case TYPE_UUID:
        field->of = document_text(document, node, "of", OPTIONAL);
        read_name(document, &field->of, "\"of\"");
        break;
    case TYPE_STRING:
    case TYPE_INTEGER:
    case TYPE_LIST:
        read_bounds(document, node, field);
        break;
    case TYPE_ENUM:
        read_values(document, node, field);
        break;
    default:
        break;
    }
    if (field->type == TYPE_LIST)
        read_item(document, node, field);
}

static void read_field(struct document *document, yaml_node_t *node, struct field *field)
{
    field->line = node_line(node);
    field->type = TYPE_WRONG;
    if (node->type != YAML_MAPPING_NODE) {
        wrong(document->path, field->line, "a field is no mapping with name, type and sentence");
        return;
    }
    field->name = document_text(document, node, "name", REQUIRED);
    read_name(document, &field->name, "the field's name");
    read_type(document, node, field, false);
    field->sentence = document_text(document, node, "sentence", REQUIRED);
    field->optional = !document_flag(document, node, "required", true);
    field->personal = document_flag(document, node, "personal", false);
}

static void read_fields(struct document *document, yaml_node_t *root, struct contract *contract)
{
    yaml_node_t *node = document_get(document, root, "fields");
    yaml_node_t **list = document_list(document, root, "fields", REQUIRED, &contract->field_count);

    contract->fields_line = node ? node_line(node) : node_line(root);
    contract->fields = keep(contract->field_count, sizeof *contract->fields);
    for (size_t i = 0; i < contract->field_count; i++)
        read_field(document, list[i], &contract->fields[i]);
}

static void read_rejects(struct document *document, yaml_node_t *root, struct contract *contract)
{
    static const char *const keys[] = {"code", "field", "sentence", NULL};
    yaml_node_t **list =
        document_list(document, root, "rejects", OPTIONAL, &contract->reject_count);

    contract->rejects = keep(contract->reject_count, sizeof *contract->rejects);
    for (size_t i = 0; i < contract->reject_count; i++) {
        struct reject *reject = &contract->rejects[i];

        reject->code.line = node_line(list[i]);
        if (!document_keys(document, list[i], keys, "a reject"))
            continue;
        reject->code = document_text(document, list[i], "code", REQUIRED);
        read_name(document, &reject->code, "the code");
        reject->field = document_text(document, list[i], "field", OPTIONAL);
        reject->sentence = document_text(document, list[i], "sentence", REQUIRED);
    }
}

/* What only commands have. */
static void read_command(struct document *document, yaml_node_t *root, struct contract *contract)
{
    int scope = document_word(document, root, "scope", scope_words, REQUIRED);

    contract->scope = scope < 0 ? SCOPE_WRONG : (enum scope)scope;
    contract->permission = document_text(document, root, "permission", OPTIONAL);
    contract->scope_field = document_text(document, root, "scope_field", OPTIONAL);
    contract->changes_rights = document_flag(document, root, "changes_rights", false);
    contract->creates_tenant = document_flag(document, root, "creates_tenant", false);
    read_rejects(document, root, contract);
}

static void read_root(struct document *document, yaml_node_t *root, struct contract *contract)
{
    static const char *const event_keys[] = {"name", "version", "kind", "sentence",
                                             "key",  "fields",  NULL};
    static const char *const command_keys[] = {
        "name",       "version", "kind",        "sentence",       "key",
        "permission", "scope",   "scope_field", "changes_rights", "creates_tenant",
        "fields",     "rejects", NULL};
    int kind = document_word(document, root, "kind", kind_words, REQUIRED);

    contract->event = kind == 1;
    contract->scope = SCOPE_NONE;
    document_keys(document, root, contract->event ? event_keys : command_keys,
                  contract->event ? "an event" : "a command");
    contract->name = document_text(document, root, "name", REQUIRED);
    if (document_integer(document, root, "version", REQUIRED, &contract->version))
        contract->version_line = node_line(document_get(document, root, "version"));
    contract->sentence = document_text(document, root, "sentence", REQUIRED);
    contract->key = document_text(document, root, "key", REQUIRED);
    read_fields(document, root, contract);
    if (kind == 0)
        read_command(document, root, contract);
}

struct contract *contract_read(const char *path, const char *module)
{
    struct document document;
    struct contract *contract = NULL;
    yaml_node_t *root = document_open(&document, path);

    if (root) {
        contract = keep(1, sizeof *contract);
        contract->path = path;
        contract->module = module;
        read_root(&document, root, contract);
    }
    document_close(&document);
    return contract;
}
