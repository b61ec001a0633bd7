/* Names: what a contract may call things, so that they are good names in C too, and what its parts
 * are called there. */
#include "contract.h"

#include <ctype.h>
#include <string.h>

/* snake_case: words of lower-case letters and digits that begin with a letter, joined by one "_".
 */
bool name_is_snake(const char *name)
{
    const char *c = name;

    if (!islower((unsigned char)*c))
        return false;
    for (; *c; c++)
        if (*c == '_' ? !islower((unsigned char)c[1]) && !isdigit((unsigned char)c[1])
                      : !islower((unsigned char)*c) && !isdigit((unsigned char)*c))
            return false;
    return true;
}

/* C17's keywords in lower case, and the macros of the headers that every generated file sees. */
bool name_is_reserved(const char *name)
{
    static const char *const reserved[] = {
        "auto",  "bool",   "break",    "case",     "char",   "const",    "continue", "default",
        "do",    "double", "else",     "enum",     "errno",  "extern",   "false",    "float",
        "for",   "goto",   "if",       "inline",   "int",    "linux",    "long",     "register",
        "asm",   "typeof", "restrict", "return",   "short",  "signed",   "sizeof",   "static",
        "stdin", "stderr", "stdout",   "struct",   "switch", "true",     "typedef",  "union",
        "unix",  "void",   "volatile", "unsigned", "while",  "offsetof", "cleanup",  "must_check"};

    for (size_t i = 0; i < sizeof reserved / sizeof reserved[0]; i++)
        if (strcmp(name, reserved[i]) == 0)
            return true;
    return false;
}

const char *name_upper(const char *name)
{
    char *upper = keep_printf("%s", name);

    for (char *c = upper; *c; c++)
        *c = (char)toupper((unsigned char)*c);
    return upper;
}

const struct field *shape_field(const struct shape *shape, const char *name)
{
    for (size_t i = 0; i < shape->count; i++)
        if (shape->fields[i].name.text && strcmp(shape->fields[i].name.text, name) == 0)
            return &shape->fields[i];
    return NULL;
}

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

void name_shape(struct shape *shape, const char *c_name)
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
