/* A shape in C: its structs, innermost first, and the constants of its enums and unions. */
#include "output.h"

static const char *bounds(const struct field *field)
{
    const char *range =
        field->min == field->max
            ? bound_text(field, field->max)
            : keep_printf("%s to %s", bound_text(field, field->min), bound_text(field, field->max));

    switch (field->type) {
    case TYPE_STRING:
        return keep_printf(" %s characters.", range);
    case TYPE_INTEGER:
        return keep_printf(" From %s %s.", range, field->unit.text);
    case TYPE_DECIMAL:
        return keep_printf(" From %s %s, times 10^%d.", range, field->unit.text, (int)field->scale);
    case TYPE_LIST:
        return keep_printf(" %s items.%s", range, bounds(field->item));
    case TYPE_MAP:
        return keep_printf(" %s pairs.%s", range, bounds(field->item));
    default:
        return "";
    }
}

/* A member of this name for the field; of an optional one also the flag. */
static void print_member(FILE *file, const struct field *field)
{
    const char *name = field->name.text;

    print_comment(file, 4,
                  keep_printf("%s%s%s", field->sentence.text, bounds(field),
                              field->personal ? " Personal." : ""));
    if (field->optional)
        fprintf(file, "    bool has_%s;\n", name);
    if (field->type == TYPE_LIST)
        fprintf(file, "    struct {\n        const %s *items;\n        size_t count;\n    } %s;\n",
                value_type(field->item), name);
    else if (field->type == TYPE_MAP)
        fprintf(file,
                "    struct {\n        const struct %s_pair *items;\n        size_t count;\n"
                "    } %s;\n",
                field->c_name, name);
    else
        fprintf(file, "    %s %s;\n", value_type(field), name);
}

static void print_union(FILE *file, const struct field *field)
{
    for (size_t i = 0; i < field->shape.count; i++) {
        print_structs(file, &field->shape.fields[i].shape);
        fputc('\n', file);
    }
    fprintf(file, "struct %s {\n    int32_t %s;\n    union {\n", field->shape.c_name,
            field->tag.text);
    for (size_t i = 0; i < field->shape.count; i++) {
        const struct field *alternative = &field->shape.fields[i];

        print_comment(file, 8, alternative->sentence.text);
        fprintf(file, "        %s %s;\n", value_type(alternative), alternative->name.text);
    }
    fputs("    };\n};\n\n", file);
}

/* What must stand before a member of the field's type. */
static void print_inner(FILE *file, const struct field *field)
{
    if (field->item)
        print_inner(file, field->item);
    if (field->type == TYPE_STRUCT) {
        print_structs(file, &field->shape);
        fputc('\n', file);
    }
    if (field->type == TYPE_UNION)
        print_union(file, field);
    if (field->type == TYPE_MAP)
        fprintf(file, "struct %s_pair {\n    %s key;\n    %s value;\n};\n\n", field->c_name,
                value_type(field->key), value_type(field->item));
}

void print_structs(FILE *file, const struct shape *shape)
{
    for (size_t i = 0; i < shape->count; i++)
        print_inner(file, &shape->fields[i]);
    fprintf(file, "struct %s {\n", shape->c_name);
    for (size_t i = 0; i < shape->count; i++)
        print_member(file, &shape->fields[i]);
    if (!shape->count)
        fputs("    char nothing; /* C has no empty structs */\n", file);
    fputs("};\n", file);
}

static void print_values(const struct field *field, void *data)
{
    FILE *file = data;

    if (!field->value_count)
        return;
    fprintf(file, "\n/* Values of %s. */\nenum {\n", field->c_name);
    for (size_t i = 0; i < field->value_count; i++)
        fprintf(file, "    %s = %zu,\n",
                name_upper(keep_printf("%s_%s", field->c_name, field->values[i].text)), i);
    fputs("};\n", file);
}

void print_constants(FILE *file, const struct shape *shape)
{
    shape_visit(shape, print_values, file);
}
