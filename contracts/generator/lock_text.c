/* A contract's shape as YAML in one form, so that a difference between two locks is a difference
 * between two shapes. */
#include <stdlib.h>

#include "lock.h"
#include "output.h"

static const char *const kind_words[] = {"command", "event", "query"};
static const char *const scope_words[] = {"none", "anyone", "organization", "player"};
static const char *const type_words[] = {
    [TYPE_UUID] = "uuid",       [TYPE_STRING] = "string", [TYPE_INTEGER] = "integer",
    [TYPE_BOOLEAN] = "boolean", [TYPE_DATE] = "date",     [TYPE_TIME] = "time",
    [TYPE_ENUM] = "enum",       [TYPE_LIST] = "list",     [TYPE_DECIMAL] = "decimal",
    [TYPE_STRUCT] = "struct",   [TYPE_MAP] = "map",       [TYPE_UNION] = "union",
};

static void print_shape(FILE *file, int indent, const char *key, const struct shape *shape);
static void print_type(FILE *file, int indent, const struct field *field);

static void print_word(FILE *file, int indent, const char *key, const char *word)
{
    if (word)
        fprintf(file, "%*s%s: %s\n", indent, "", key, word);
}

/* Quotes and escapes are the same in YAML as in C for what a sentence may hold. */
static void print_sentence(FILE *file, int indent, const struct text *sentence)
{
    fprintf(file, "%*ssentence: ", indent, "");
    print_literal(file, sentence->text);
    fputc('\n', file);
}

static void print_flag(FILE *file, int indent, const char *key, bool flag)
{
    if (flag)
        print_word(file, indent, key, "true");
}

static bool has_bounds(enum type type)
{
    return type == TYPE_STRING || type == TYPE_INTEGER || type == TYPE_DECIMAL ||
           type == TYPE_LIST || type == TYPE_MAP;
}

static void print_bounds(FILE *file, int indent, const struct field *field)
{
    if (field->type == TYPE_DECIMAL)
        fprintf(file, "%*sscale: %d\n", indent, "", (int)field->scale);
    if (!has_bounds(field->type))
        return;
    print_word(file, indent, "min", bound_text(field, field->min));
    print_word(file, indent, "max", bound_text(field, field->max));
}

static void print_values(FILE *file, int indent, const struct field *field)
{
    fprintf(file, "%*svalues:\n", indent, "");
    for (size_t i = 0; i < field->value_count; i++)
        fprintf(file, "%*s- %s\n", indent + 2, "", field->values[i].text);
}

static void print_alternatives(FILE *file, int indent, const struct field *field)
{
    print_word(file, indent, "tag", field->tag.text);
    fprintf(file, "%*salternatives:\n", indent, "");
    for (size_t i = 0; i < field->shape.count; i++) {
        const struct field *alternative = &field->shape.fields[i];

        fprintf(file, "%*s- name: %s\n", indent + 2, "", alternative->name.text);
        print_sentence(file, indent + 4, &alternative->sentence);
        print_shape(file, indent + 4, "fields", &alternative->shape);
    }
}

static void print_part(FILE *file, int indent, const char *key, const struct field *part)
{
    fprintf(file, "%*s%s:\n", indent, "", key);
    print_type(file, indent + 2, part);
}

static void print_type(FILE *file, int indent, const struct field *field)
{
    print_word(file, indent, "type", type_words[field->type]);
    print_word(file, indent, "of", field->of.text);
    print_bounds(file, indent, field);
    print_word(file, indent, "unit", field->unit.text);
    if (field->type == TYPE_ENUM)
        print_values(file, indent, field);
    if (field->key)
        print_part(file, indent, "key", field->key);
    if (field->item)
        print_part(file, indent, "item", field->item);
    if (field->type == TYPE_STRUCT)
        print_shape(file, indent, "fields", &field->shape);
    if (field->type == TYPE_UNION)
        print_alternatives(file, indent, field);
}

static void print_field(FILE *file, int indent, const struct field *field)
{
    fprintf(file, "%*s- name: %s\n", indent, "", field->name.text);
    print_sentence(file, indent + 2, &field->sentence);
    if (field->optional)
        print_word(file, indent + 2, "required", "false");
    print_flag(file, indent + 2, "personal", field->personal);
    print_type(file, indent + 2, field);
}

static void print_shape(FILE *file, int indent, const char *key, const struct shape *shape)
{
    if (!shape->count)
        return;
    fprintf(file, "%*s%s:\n", indent, "", key);
    for (size_t i = 0; i < shape->count; i++)
        print_field(file, indent + 2, &shape->fields[i]);
}

static void print_rejects(FILE *file, const struct contract *contract)
{
    if (!contract->reject_count)
        return;
    fputs("rejects:\n", file);
    for (size_t i = 0; i < contract->reject_count; i++) {
        const struct reject *reject = &contract->rejects[i];

        fprintf(file, "  - code: %s\n", reject->code.text);
        print_word(file, 4, "field", reject->field.text);
        print_sentence(file, 4, &reject->sentence);
    }
}

static void print_contract(FILE *file, const struct contract *contract)
{
    fprintf(file,
            "# Released: what others rely on. Made by `make contracts-lock`, not edited by hand.\n"
            "name: %s\nversion: %d\nkind: %s\n",
            contract->name.text, (int)contract->version, kind_words[contract->kind]);
    print_sentence(file, 0, &contract->sentence);
    print_word(file, 0, "key", contract->key.text);
    print_word(file, 0, "permission", contract->permission.text);
    print_word(file, 0, "scope", scope_words[contract->scope]);
    print_word(file, 0, "scope_field", contract->scope_field.text);
    print_flag(file, 0, "changes_rights", contract->changes_rights);
    print_flag(file, 0, "creates_tenant", contract->creates_tenant);
    print_word(file, 0, "path", contract->route.text);
    print_flag(file, 0, "paged", contract->paged);
    print_shape(file, 0, "fields", &contract->body);
    print_rejects(file, contract);
    print_shape(file, 0, "answer", &contract->answer);
}

const char *lock_text(const struct contract *contract)
{
    struct output output;
    const char *text;

    output_open(&output);
    print_contract(output.file, contract);
    if (fclose(output.file) != 0)
        give_up("out of memory");
    text = keep_printf("%s", output.text);
    free(output.text);
    return text;
}
