/* Examples of whole bodies, made of those of their fields. */
#include "describe/describe_private.h"

static void write_value(struct json_writer *w, const struct field *field);

static void write_fields(struct json_writer *w, const struct field *fields, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        json_key(w, fields[i].name);
        write_value(w, &fields[i]);
    }
}

/* The first alternative stands for all. */
static void write_union(struct json_writer *w, const struct field *field)
{
    json_open(w, '{');
    json_member_text(w, field->tag, field->fields[0].name);
    write_fields(w, field->fields[0].fields, field->fields[0].field_count);
    json_close(w, '}');
}

/* One of structs or unions; what it is a list of has the examples. */
static void write_list(struct json_writer *w, const struct field *field)
{
    json_open(w, '[');
    for (int64_t i = 0; i == 0 || i < field->min; i++)
        write_value(w, field->item);
    json_close(w, ']');
}

static void write_map(struct json_writer *w, const struct field *field)
{
    cleanup(buf_deinit) struct buf key = {0};

    json_open(w, '{');
    buf_add_text(&key, field->key->example);
    json_key_raw(w, key.data);
    write_value(w, field->item);
    json_close(w, '}');
}

static void write_value(struct json_writer *w, const struct field *field)
{
    if (field->example)
        json_put_raw(w, field->example);
    else if (field->type == FIELD_UNION)
        write_union(w, field);
    else if (field->type == FIELD_LIST)
        write_list(w, field);
    else if (field->type == FIELD_MAP)
        write_map(w, field);
    else {
        json_open(w, '{');
        write_fields(w, field->fields, field->field_count);
        json_close(w, '}');
    }
}

void describe_example(struct json_writer *w, const struct message *message)
{
    json_open(w, '{');
    write_fields(w, message->fields, message->field_count);
    json_close(w, '}');
}
