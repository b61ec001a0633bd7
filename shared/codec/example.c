/* Walks a contract's tables instead of a body. */
#include "codec/example.h"

static void add_key(struct buf *json, const char *name)
{
    buf_add_json(json, span_text(name));
    buf_add_text(json, ": ");
}

/* Members of an object that may have some already. */
static void add_members(const struct field *fields, size_t count, bool follows, struct buf *json)
{
    for (size_t i = 0; i < count; i++) {
        if (follows || i)
            buf_add_text(json, ", ");
        add_key(json, fields[i].name);
        field_example(&fields[i], json);
    }
}

static void add_object(const struct field *fields, size_t count, struct buf *json)
{
    buf_add_char(json, '{');
    add_members(fields, count, false, json);
    buf_add_char(json, '}');
}

static void add_union(const struct field *field, struct buf *json)
{
    buf_add_char(json, '{');
    add_key(json, field->tag);
    buf_add_json(json, span_text(field->names[0]));
    add_members(field->fields[0].fields, field->fields[0].field_count, true, json);
    buf_add_char(json, '}');
}

static void add_list(const struct field *field, struct buf *json)
{
    buf_add_char(json, '[');
    for (int64_t i = 0; i == 0 || i < field->min; i++) {
        if (i)
            buf_add_text(json, ", ");
        field_example(field->item, json);
    }
    buf_add_char(json, ']');
}

/* The generator lets maps of structs want one pair at the most. */
static void add_map(const struct field *field, struct buf *json)
{
    buf_add_char(json, '{');
    field_example(field->key, json);
    buf_add_text(json, ": ");
    field_example(field->item, json);
    buf_add_char(json, '}');
}

void field_example(const struct field *field, struct buf *json)
{
    if (field->example)
        buf_add_text(json, field->example);
    else if (field->type == FIELD_STRUCT)
        add_object(field->fields, field->field_count, json);
    else if (field->type == FIELD_UNION)
        add_union(field, json);
    else if (field->type == FIELD_LIST)
        add_list(field, json);
    else
        add_map(field, json);
}

void message_example(const struct message *message, struct buf *json)
{
    add_object(message->fields, message->field_count, json);
}
