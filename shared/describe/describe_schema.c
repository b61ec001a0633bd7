/* JSON Schema of bodies: https://json-schema.org/draft/2020-12. */
#include <stdio.h>

#include "base/decimal.h"
#include "describe/describe.h"
#include "describe/describe_private.h"

static const char uuid_pattern[] = "^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$";
static const char time_pattern[] = "^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-5][0-9]"
                                   "(\\.[0-9]{1,6})?Z$";
static const char text_pattern[] = "^[^\\u0000]*$";

static void write_object(struct json_writer *w, const struct field *fields, size_t count,
                         enum schema_kind kind, const char *tag, const char *tag_value)
{
    json_member_text(w, "type", "object");
    json_member_open(w, "properties", '{');
    if (tag)
        json_member_template(w, tag, "{'const': '%s'}", tag_value);
    for (size_t i = 0; i < count; i++) {
        json_key(w, fields[i].name);
        describe_field_schema(w, &fields[i], kind);
    }
    json_close(w, '}');
    json_member_open(w, "required", '[');
    if (tag)
        json_put_text(w, tag);
    for (size_t i = 0; i < count; i++)
        if (!fields[i].optional)
            json_put_text(w, fields[i].name);
    json_close(w, ']');
    if (kind == SCHEMA_CLOSED)
        json_member_boolean(w, "additionalProperties", false);
}

static void write_union(struct json_writer *w, const struct field *field, enum schema_kind kind)
{
    json_member_open(w, "oneOf", '[');
    for (size_t i = 0; i < field->field_count; i++) {
        const struct field *alternative = &field->fields[i];

        json_open(w, '{');
        json_member_text(w, "title", alternative->name);
        json_member_text(w, "description", alternative->sentence);
        write_object(w, alternative->fields, alternative->field_count, kind, field->tag,
                     alternative->name);
        json_close(w, '}');
    }
    json_close(w, ']');
}

static void write_names(struct json_writer *w, const struct field *field)
{
    json_member_open(w, "enum", '[');
    for (size_t i = 0; i < field->name_count; i++)
        json_put_text(w, field->names[i]);
    json_close(w, ']');
}

static void write_bounds(struct json_writer *w, const struct field *field, const char *least,
                         const char *most)
{
    json_member_integer(w, least, field->min);
    json_member_integer(w, most, field->max);
}

static void write_text(struct json_writer *w, const char *format, const char *pattern)
{
    json_member_text(w, "type", "string");
    json_member_text(w, "format", format);
    json_member_text(w, "pattern", pattern);
}

/* An exact number as text; the schema's own bounds are for numbers only. */
static void write_decimal(struct json_writer *w, const struct field *field)
{
    char least[DECIMAL_TEXT + 1], most[DECIMAL_TEXT + 1], pattern[64];

    snprintf(pattern, sizeof pattern, "^-?(0|[1-9][0-9]*)(\\.[0-9]{1,%u})?$", field->scale);
    write_text(w, NULL, pattern);
    json_member_text(w, "x-minimum", decimal_format(field->min, field->scale, least));
    json_member_text(w, "x-maximum", decimal_format(field->max, field->scale, most));
    json_member_integer(w, "x-scale", field->scale);
}

static void write_map(struct json_writer *w, const struct field *field, enum schema_kind kind)
{
    json_member_text(w, "type", "object");
    json_key(w, "propertyNames");
    describe_field_schema(w, field->key, kind);
    json_key(w, "additionalProperties");
    describe_field_schema(w, field->item, kind);
    write_bounds(w, field, "minProperties", "maxProperties");
}

static void write_list(struct json_writer *w, const struct field *field, enum schema_kind kind)
{
    json_member_text(w, "type", "array");
    json_key(w, "items");
    describe_field_schema(w, field->item, kind);
    write_bounds(w, field, "minItems", "maxItems");
}

static void write_members(struct json_writer *w, const struct field *field, enum schema_kind kind)
{
    switch (field->type) {
    case FIELD_UUID:
        write_text(w, "uuid", uuid_pattern);
        break;
    case FIELD_STRING:
        write_text(w, NULL, text_pattern);
        write_bounds(w, field, "minLength", "maxLength");
        break;
    case FIELD_INTEGER:
        json_member_text(w, "type", "integer");
        json_member_text(w, "format", "int64");
        write_bounds(w, field, "minimum", "maximum");
        break;
    case FIELD_BOOLEAN:
        json_member_text(w, "type", "boolean");
        break;
    case FIELD_DATE:
        write_text(w, "date", NULL);
        break;
    case FIELD_TIME:
        write_text(w, "date-time", time_pattern);
        break;
    case FIELD_ENUM:
        json_member_text(w, "type", "string");
        write_names(w, field);
        break;
    case FIELD_DECIMAL:
        write_decimal(w, field);
        break;
    case FIELD_LIST:
        write_list(w, field, kind);
        break;
    case FIELD_STRUCT:
        write_object(w, field->fields, field->field_count, kind, NULL, NULL);
        break;
    case FIELD_MAP:
        write_map(w, field, kind);
        break;
    case FIELD_UNION:
        write_union(w, field, kind);
        break;
    }
}

void describe_field_schema(struct json_writer *w, const struct field *field, enum schema_kind kind)
{
    json_open(w, '{');
    json_member_text(w, "description", field->sentence);
    write_members(w, field, kind);
    json_member_text(w, "x-unit", field->unit);
    if (field->personal)
        json_member_boolean(w, "x-personal", true);
    if (field->example) {
        json_member_open(w, "examples", '[');
        json_put_raw(w, field->example);
        json_close(w, ']');
    }
    json_close(w, '}');
}

static void write_schema(struct json_writer *w, const struct message *message,
                         enum schema_kind kind)
{
    json_member_text(w, "title", message->type);
    json_member_text(w, "description", message->sentence);
    write_object(w, message->fields, message->field_count, kind, NULL, NULL);
    json_member_open(w, "examples", '[');
    describe_example(w, message);
    json_close(w, ']');
}

void describe_body_schema(struct json_writer *w, const struct message *message,
                          enum schema_kind kind)
{
    json_open(w, '{');
    write_schema(w, message, kind);
    json_close(w, '}');
}

static const char dialect[] = "https://json-schema.org/draft/2020-12/schema";

bool describe_schema(struct span type, struct buf *out)
{
    const struct message *message = message_find(type);
    struct json_writer w = {.out = out};

    if (!message)
        return false;
    json_open(&w, '{');
    json_member_text(&w, "$schema", dialect);
    json_member_template(&w, "$id", "'/schemas/%s'", message->type);
    write_schema(&w, message, SCHEMA_OPEN);
    if (message->answer) {
        json_member_open(&w, "$defs", '{');
        json_key(&w, "answer");
        describe_body_schema(&w, message->answer, SCHEMA_OPEN);
        json_close(&w, '}');
    }
    json_close(&w, '}');
    return true;
}

void describe_schemas(struct buf *out)
{
    struct json_writer w = {.out = out};

    json_open(&w, '{');
    json_member_text(&w, "$schema", dialect);
    json_member_text(&w, "title", "Every message");
    json_member_open(&w, "$defs", '{');
    for (size_t i = 0; i < message_count; i++) {
        json_key(&w, messages[i]->type);
        describe_body_schema(&w, messages[i], SCHEMA_OPEN);
        if (messages[i]->answer) {
            json_key(&w, messages[i]->answer->type);
            describe_body_schema(&w, messages[i]->answer, SCHEMA_OPEN);
        }
    }
    json_close(&w, '}');
    json_close(&w, '}');
}
