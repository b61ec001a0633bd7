/* Examples: from YAML to JSON, and whether they are values of their fields. */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/date.h"
#include "base/decimal.h"
#include "base/id.h"
#include "document.h"

static bool add_value(struct document *document, yaml_node_t *node, const struct field *field,
                      struct buf *json);

static bool refuse(struct document *document, const yaml_node_t *node, const char *expected)
{
    wrong(document->path, node_line(node), "the example is no value of the field: expected %s",
          expected);
    return false;
}

/* That the bounds themselves are wrong is said elsewhere. */
static bool is_between(const struct field *field, int64_t value)
{
    return field->min > field->max || (value >= field->min && value <= field->max);
}

static const char *range(const struct field *field, const char *of)
{
    return keep_printf("%" PRId64 " to %" PRId64 "%s", field->min, field->max, of);
}

/* Text came through libyaml, which lets only UTF-8 through. */
static int64_t characters(const char *text)
{
    int64_t count = 0;

    for (; *text; text++)
        count += ((unsigned char)*text & 0xc0) != 0x80;
    return count;
}

static bool is_value_of(const struct field *field, const char *text)
{
    for (size_t i = 0; i < field->value_count; i++)
        if (field->values[i].text && strcmp(field->values[i].text, text) == 0)
            return true;
    return false;
}

/* What a text must be to be a value of the field, or NULL where it is one. */
static const char *text_fault(const struct field *field, const char *text)
{
    struct timestamp time;
    struct date date;
    struct uuid uuid;

    switch (field->type) {
    case TYPE_UUID:
        return uuid_parse(span_text(text), &uuid) < 0 ? "a UUID in lower case" : NULL;
    case TYPE_DATE:
        return date_parse(span_text(text), &date) < 0 ? "a day such as 2026-11-22" : NULL;
    case TYPE_TIME:
        return timestamp_parse(span_text(text), &time) < 0
                   ? "a time in UTC such as 2026-11-22T18:00:00.000Z"
                   : NULL;
    case TYPE_ENUM:
        return is_value_of(field, text) ? NULL : "one of the values";
    default:
        return is_between(field, characters(text)) ? NULL : range(field, " characters");
    }
}

static bool add_text(struct document *document, yaml_node_t *node, const struct field *field,
                     struct buf *json)
{
    const char *text = node_text(node);
    const char *fault = text ? text_fault(field, text) : "a text";

    if (fault)
        return refuse(document, node, fault);
    buf_add_json(json, span_text(text));
    return true;
}

static bool add_integer(struct document *document, yaml_node_t *node, const struct field *field,
                        struct buf *json)
{
    const char *text = node_text(node);
    int64_t value = 0;

    if (!node_is_plain(node) || decimal_parse(span_text(text), 0, &value) < 0 ||
        !is_between(field, value))
        return refuse(document, node, range(field, ""));
    buf_printf(json, "%" PRId64, value);
    return true;
}

static bool add_decimal(struct document *document, yaml_node_t *node, const struct field *field,
                        struct buf *json)
{
    unsigned scale = (unsigned)field->scale;
    const char *text = node_text(node);
    char canonical[DECIMAL_TEXT + 1];
    int64_t value = 0;

    if (!text || decimal_parse(span_text(text), scale, &value) < 0 || !is_between(field, value) ||
        strcmp(decimal_format(value, scale, canonical), text) != 0)
        return refuse(
            document, node,
            keep_printf("a decimal with %u digits behind the point, between the bounds", scale));
    buf_printf(json, "\"%s\"", text);
    return true;
}

static bool add_boolean(struct document *document, yaml_node_t *node, struct buf *json)
{
    const char *text = node_text(node);

    if (!node_is_plain(node) || (strcmp(text, "true") != 0 && strcmp(text, "false") != 0))
        return refuse(document, node, "true or false");
    buf_add_text(json, text);
    return true;
}

static bool add_list(struct document *document, yaml_node_t *node, const struct field *field,
                     struct buf *json)
{
    yaml_node_item_t *items = node->data.sequence.items.start;
    int64_t count = node->data.sequence.items.top - items;
    bool good = true;

    if (node->type != YAML_SEQUENCE_NODE || !is_between(field, count))
        return refuse(document, node, keep_printf("a list of %s", range(field, " items")));
    buf_add_char(json, '[');
    for (int64_t i = 0; good && i < count; i++) {
        if (i)
            buf_add_text(json, ", ");
        good = add_value(document, yaml_document_get_node(&document->yaml, items[i]), field->item,
                         json);
    }
    buf_add_char(json, ']');
    return good;
}

static bool is_repeated(struct document *document, const yaml_node_pair_t *pairs, int64_t at)
{
    const char *key = node_text(yaml_document_get_node(&document->yaml, pairs[at].key));

    for (int64_t i = 0; key && i < at; i++) {
        const char *other = node_text(yaml_document_get_node(&document->yaml, pairs[i].key));

        if (other && strcmp(other, key) == 0)
            return true;
    }
    return false;
}

static bool add_map(struct document *document, yaml_node_t *node, const struct field *field,
                    struct buf *json)
{
    yaml_node_pair_t *pairs = node->data.mapping.pairs.start;
    int64_t count = node->data.mapping.pairs.top - pairs;
    bool good = true;

    if (node->type != YAML_MAPPING_NODE || !is_between(field, count))
        return refuse(document, node, keep_printf("a mapping of %s", range(field, " pairs")));
    buf_add_char(json, '{');
    for (int64_t i = 0; good && i < count; i++) {
        yaml_node_t *key = yaml_document_get_node(&document->yaml, pairs[i].key);

        if (is_repeated(document, pairs, i))
            return refuse(document, key, "each key once");
        if (i)
            buf_add_text(json, ", ");
        good = add_value(document, key, field->key, json);
        buf_add_text(json, ": ");
        good = good && add_value(document, yaml_document_get_node(&document->yaml, pairs[i].value),
                                 field->item, json);
    }
    buf_add_char(json, '}');
    return good;
}

static bool add_value(struct document *document, yaml_node_t *node, const struct field *field,
                      struct buf *json)
{
    switch (field->type) {
    case TYPE_UUID:
    case TYPE_STRING:
    case TYPE_DATE:
    case TYPE_TIME:
    case TYPE_ENUM:
        return add_text(document, node, field, json);
    case TYPE_INTEGER:
        return add_integer(document, node, field, json);
    case TYPE_DECIMAL:
        return add_decimal(document, node, field, json);
    case TYPE_BOOLEAN:
        return add_boolean(document, node, json);
    case TYPE_LIST:
        return add_list(document, node, field, json);
    case TYPE_MAP:
        return add_map(document, node, field, json);
    case TYPE_STRUCT:
    case TYPE_UNION:
    case TYPE_WRONG:
        break; /* they have no example of their own */
    }
    return false;
}

struct text read_example(struct document *document, yaml_node_t *mapping, const struct field *field)
{
    yaml_node_t *node = document_get(document, mapping, "example");
    cleanup(buf_deinit) struct buf json = {0};
    struct text example = {.line = node_line(node ? node : mapping)};

    if (field->type == TYPE_WRONG)
        return example;
    if (!node && !is_composed(field))
        wrong(document->path, example.line, "\"example\" is missing");
    else if (node && is_composed(field))
        wrong(document->path, example.line,
              "\"example\" is made of the fields' own examples here, leave it out");
    else if (node && add_value(document, node, field, &json))
        example.text = keep_printf("%.*s", (int)json.size, json.data);
    if (buf_failed(&json))
        give_up("out of memory");
    return example;
}
