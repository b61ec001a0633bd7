/* What contracts, shapes and fields are asked by every step: their parts, and what those are called
 * in C. */
#include <string.h>

#include "base/decimal.h"
#include "contract.h"

const struct field *shape_field(const struct shape *shape, const char *name)
{
    for (size_t i = 0; i < shape->count; i++)
        if (shape->fields[i].name.text && strcmp(shape->fields[i].name.text, name) == 0)
            return &shape->fields[i];
    return NULL;
}

static void name_shape(struct shape *shape, const char *c_name);

static void name_field(struct field *field, const char *c_name)
{
    field->c_name = c_name;
    if (field->item)
        name_field(field->item, c_name);
    if (field->key)
        name_field(field->key, keep_printf("%s_key", c_name));
    if (field->type == TYPE_STRUCT || field->type == TYPE_UNION)
        name_shape(&field->shape, c_name);
}

static void name_shape(struct shape *shape, const char *c_name)
{
    shape->c_name = c_name;
    for (size_t i = 0; i < shape->count; i++)
        if (shape->fields[i].name.text)
            name_field(&shape->fields[i], keep_printf("%s_%s", c_name, shape->fields[i].name.text));
}

static void visit_field(const struct field *field,
                        void (*visit)(const struct field *field, void *data), void *data)
{
    visit(field, data);
    if (field->key)
        visit_field(field->key, visit, data);
    if (field->item)
        visit_field(field->item, visit, data);
    shape_visit(&field->shape, visit, data);
}

void shape_visit(const struct shape *shape, void (*visit)(const struct field *field, void *data),
                 void *data)
{
    for (size_t i = 0; i < shape->count; i++)
        visit_field(&shape->fields[i], visit, data);
}

static const char *underscored(const char *name)
{
    char *c_name = keep_printf("%s", name);

    for (char *c = c_name; *c; c++)
        if (*c == '-' || *c == '.')
            *c = '_';
    return c_name;
}

void name_contract(struct contract *contract)
{
    const char *name = contract->name.text;
    const char *c_name = contract->version == 1 ? underscored(name)
                                                : keep_printf("%s_v%lld", underscored(name),
                                                              (long long)contract->version);

    contract->type = keep_printf("%s.v%lld", name, (long long)contract->version);
    name_shape(&contract->body, c_name);
    if (contract->kind == KIND_QUERY)
        name_shape(&contract->answer, keep_printf("%s_answer", c_name));
}

bool is_composed(const struct field *field)
{
    if (field->type == TYPE_LIST || field->type == TYPE_MAP)
        return is_composed(field->item);
    return field->type == TYPE_STRUCT || field->type == TYPE_UNION;
}

const char *bound_text(const struct field *field, int64_t value)
{
    char text[DECIMAL_TEXT + 1];

    return keep_printf("%s", decimal_format(value, (unsigned)field->scale, text));
}
