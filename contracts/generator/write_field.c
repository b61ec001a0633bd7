/* The tables of a shape's fields, as codec/message.h has them, innermost first. */
#include <inttypes.h>

#include "output.h"

static const char *const type_names[] = {
    [TYPE_UUID] = "FIELD_UUID",       [TYPE_STRING] = "FIELD_STRING",
    [TYPE_INTEGER] = "FIELD_INTEGER", [TYPE_BOOLEAN] = "FIELD_BOOLEAN",
    [TYPE_DATE] = "FIELD_DATE",       [TYPE_TIME] = "FIELD_TIME",
    [TYPE_ENUM] = "FIELD_ENUM",       [TYPE_LIST] = "FIELD_LIST",
    [TYPE_DECIMAL] = "FIELD_DECIMAL", [TYPE_STRUCT] = "FIELD_STRUCT",
    [TYPE_MAP] = "FIELD_MAP",         [TYPE_UNION] = "FIELD_UNION",
};

/* INT64_MIN is no literal of C. */
static const char *integer(int64_t value)
{
    if (value == INT64_MIN)
        return "INT64_MIN";
    return keep_printf("%" PRId64, value);
}

static void print_text(FILE *file, const char *member, const struct text *text)
{
    if (!text->text)
        return;
    fprintf(file, "        .%s = ", member);
    print_literal(file, text->text);
    fputs(",\n", file);
}

static bool has_bounds(enum type type)
{
    return type == TYPE_STRING || type == TYPE_INTEGER || type == TYPE_DECIMAL ||
           type == TYPE_LIST || type == TYPE_MAP;
}

static void print_shape_members(FILE *file, const struct field *field)
{
    if (field->shape.count)
        fprintf(file, "        .fields = %s_fields,\n        .field_count = COUNT_OF(%s_fields),\n",
                field->shape.c_name, field->shape.c_name);
    if (field->type == TYPE_UNION)
        print_text(file, "tag", &field->tag);
    fprintf(file, "        .size = sizeof(struct %s),\n", field->shape.c_name);
}

static void print_container_members(FILE *file, const struct field *field)
{
    if (field->key)
        fprintf(file, "        .key = &%s_key,\n", field->c_name);
    fprintf(file, "        .item = &%s_item,\n        .item_size = sizeof(%s),\n", field->c_name,
            field->key ? keep_printf("struct %s_pair", field->c_name) : value_type(field->item));
}

/* What fields, items and keys have in common. */
static void print_type(FILE *file, const struct field *field)
{
    fprintf(file, "        .type = %s,\n", type_names[field->type]);
    print_text(file, "unit", &field->unit);
    print_text(file, "example", &field->example);
    if (has_bounds(field->type))
        fprintf(file, "        .min = %s,\n        .max = %s,\n", integer(field->min),
                integer(field->max));
    if (field->type == TYPE_DECIMAL)
        fprintf(file, "        .scale = %d,\n", (int)field->scale);
    if (field->value_count)
        fprintf(file, "        .names = %s_values,\n        .name_count = %zu,\n", field->c_name,
                field->value_count);
    if (field->type == TYPE_STRUCT || field->type == TYPE_UNION)
        print_shape_members(file, field);
    if (field->item)
        print_container_members(file, field);
}

static void print_values(FILE *file, const struct field *field)
{
    fprintf(file, "static const char *const %s_values[] = {\n", field->c_name);
    for (size_t i = 0; i < field->value_count; i++)
        fprintf(file, "    \"%s\",\n", field->values[i].text);
    fputs("};\n", file);
}

static void print_part(FILE *file, const struct field *part, const char *c_name, const char *what,
                       const char *offset);

/* The tables that a field's own row points to. */
static void print_inner(FILE *file, const struct field *field)
{
    if (field->value_count)
        print_values(file, field);
    if (field->key)
        print_part(file, field->key, field->c_name, "key", NULL);
    if (field->item)
        print_part(file, field->item, field->c_name, "item",
                   field->key ? keep_printf("offsetof(struct %s_pair, value)", field->c_name)
                              : NULL);
    print_fields(file, &field->shape);
}

static void print_part(FILE *file, const struct field *part, const char *c_name, const char *what,
                       const char *offset)
{
    print_inner(file, part);
    fprintf(file, "static const struct field %s_%s = {\n", c_name, what);
    print_type(file, part);
    if (offset)
        fprintf(file, "        .offset = %s,\n", offset);
    fputs("};\n", file);
}

static void print_field(FILE *file, const struct shape *shape, const struct field *field)
{
    const char *name = field->name.text;

    fprintf(file, "    {\n        .name = \"%s\",\n", name);
    print_text(file, "sentence", &field->sentence);
    print_type(file, field);
    if (field->personal)
        fputs("        .personal = true,\n", file);
    fprintf(file, "        .offset = offsetof(struct %s, %s),\n", shape->c_name, name);
    if (field->optional)
        fprintf(file,
                "        .optional = true,\n        .has_offset = offsetof(struct %s, has_%s),\n",
                shape->c_name, name);
    fputs("    },\n", file);
}

void print_fields(FILE *file, const struct shape *shape)
{
    if (!shape->count)
        return;
    for (size_t i = 0; i < shape->count; i++)
        print_inner(file, &shape->fields[i]);
    fprintf(file, "static const struct field %s_fields[] = {\n", shape->c_name);
    for (size_t i = 0; i < shape->count; i++)
        print_field(file, shape, &shape->fields[i]);
    fputs("};\n", file);
}
