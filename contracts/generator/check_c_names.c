/* Messages whose names differ may still give one name in C: the code "b_c" of "a" and the code "c"
 * of "a-b". */
#include <string.h>

#include "contract.h"

struct c_name {
    const char *name;
    const char *path;
    int line;
    struct c_name *next;
};

struct c_names {
    struct c_name *last;
    const struct contract *contract; /* whose names are being added */
};

static void add_name(struct c_names *names, const char *name, int line)
{
    struct c_name *added = keep(1, sizeof *added);

    for (const struct c_name *other = names->last; other; other = other->next)
        if (strcmp(other->name, name) == 0) {
            wrong(names->contract->path, line, "this becomes %s in C, as %s:%d does already", name,
                  other->path, other->line);
            return;
        }
    *added = (struct c_name){name, names->contract->path, line, names->last};
    names->last = added;
}

static void add_constants(struct c_names *names, const char *c_name, const struct text *words,
                          size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (words[i].text)
            add_name(names, name_upper(keep_printf("%s_%s", c_name, words[i].text)), words[i].line);
}

static void add_shape(struct c_names *names, const struct shape *shape, int line)
{
    add_name(names, keep_printf("struct %s", shape->c_name), line);
}

/* Names that a field needs beside its member's. */
static void add_field(const struct field *field, void *data)
{
    struct c_names *names = data;

    add_constants(names, field->c_name, field->values, field->value_count);
    if (field->value_count)
        add_name(names, keep_printf("%s_values", field->c_name), field->line);
    if (field->item)
        add_name(names, keep_printf("%s_item", field->c_name), field->line);
    if (field->key)
        add_name(names, keep_printf("struct %s_pair", field->c_name), field->line);
    if (field->type == TYPE_STRUCT || field->type == TYPE_UNION)
        add_shape(names, &field->shape, field->line);
}

void check_c_names(const struct contracts *contracts)
{
    struct c_names names = {0};

    for (size_t i = 0; i < contracts->count; i++) {
        const struct contract *contract = contracts->list[i];

        names.contract = contract;
        add_shape(&names, &contract->body, contract->name.line);
        if (contract->kind == KIND_QUERY)
            add_shape(&names, &contract->answer, contract->name.line);
        for (size_t j = 0; j < contract->reject_count; j++)
            add_constants(&names, contract->body.c_name, &contract->rejects[j].code, 1);
        shape_visit(&contract->body, add_field, &names);
        shape_visit(&contract->answer, add_field, &names);
    }
}
