/* The headers of a module: its ids, its messages as structs, and how its messages are emitted. */
#include <string.h>

#include "output.h"

static void print_guard(FILE *file, const char *module, const char *what)
{
    const char *name = name_upper(module);

    fprintf(file, "#ifndef CONTRACTS_%s%s_H\n#define CONTRACTS_%s%s_H\n\n", name, what, name, what);
}

/* base/id.h has these. */
static bool is_base_id(const char *of)
{
    return strcmp(of, "tenant") == 0 || strcmp(of, "user") == 0 || strcmp(of, "message") == 0;
}

static void print_id(FILE *file, const char *of)
{
    const char *name = name_upper(of);

    fprintf(file, "\n#ifndef ID_%s_DEFINED\n#define ID_%s_DEFINED\n", name, name);
    fprintf(file, "struct %s_id {\n    struct uuid uuid;\n};\n#endif\n", of);
}

/* The kinds of ids that the module's fields name, each once; NULL-terminated. */
static const char **id_kinds(const char *module, const struct contracts *contracts)
{
    const char **kinds = keep(contracts->count * MAX_FIELDS + 1, sizeof *kinds);

    for (size_t i = 0; i < contracts->count; i++)
        for (size_t j = 0; is_of(contracts->list[i], module) && j < contracts->list[i]->field_count;
             j++) {
            const char *of = field_values(&contracts->list[i]->fields[j])->of.text;
            size_t k = 0;

            while (of && kinds[k] && strcmp(kinds[k], of) != 0)
                k++;
            if (of && !is_base_id(of))
                kinds[k] = of;
        }
    return kinds;
}

void print_ids(FILE *file, const char *module, const struct contracts *contracts)
{
    print_comment(file, 0,
                  keep_printf("Generated from the contracts of %s: its kinds of ids. Another "
                              "module's header may define the same one.",
                              module));
    print_guard(file, module, "_IDS");
    fputs("#include \"base/id.h\"\n", file);
    for (const char **kinds = id_kinds(module, contracts); *kinds; kinds++)
        print_id(file, *kinds);
    fputs("\n#endif\n", file);
}

static const char *bounds(const struct field *field)
{
    const char *range =
        field->min == field->max
            ? keep_printf("%lld", (long long)field->max)
            : keep_printf("%lld to %lld", (long long)field->min, (long long)field->max);

    switch (field->type) {
    case TYPE_STRING:
        return keep_printf(" %s characters.", range);
    case TYPE_INTEGER:
        return keep_printf(" From %s.", range);
    case TYPE_LIST:
        return keep_printf(" %s items.%s", range, bounds(field->item));
    default:
        return "";
    }
}

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
    else
        fprintf(file, "    %s %s;\n", value_type(field), name);
}

static void print_values(FILE *file, const struct contract *contract, const struct field *field)
{
    const struct field *values = field_values(field);

    if (values->type != TYPE_ENUM)
        return;
    fprintf(file, "\n/* Values of struct %s's %s. */\nenum {\n", contract->c_name,
            field->name.text);
    for (size_t i = 0; i < values->value_count; i++)
        fprintf(file, "    %s = %zu,\n",
                name_upper(keep_printf("%s_%s_%s", contract->c_name, field->name.text,
                                       values->values[i].text)),
                i);
    fputs("};\n", file);
}

static void print_rejects(FILE *file, const struct contract *contract)
{
    if (!contract->reject_count)
        return;
    fprintf(file, "\n/* Why %s is rejected. */\nenum {\n", contract->name.text);
    for (size_t i = 0; i < contract->reject_count; i++) {
        const struct reject *reject = &contract->rejects[i];

        print_comment(file, 4, reject->sentence.text);
        fprintf(file, "    %s = %zu,\n",
                name_upper(keep_printf("%s_%s", contract->c_name, reject->code.text)), i + 1);
    }
    fputs("};\n", file);
}

static void print_message(FILE *file, const struct contract *contract)
{
    fputc('\n', file);
    print_comment(file, 0,
                  keep_printf("%s, %s: %s", contract->type,
                              contract->event ? "an event" : "a command", contract->sentence.text));
    fprintf(file, "struct %s {\n", contract->c_name);
    for (size_t i = 0; i < contract->field_count; i++)
        print_member(file, &contract->fields[i]);
    fprintf(file, "};\nextern const struct message %s_message;\n", contract->c_name);
    for (size_t i = 0; i < contract->field_count; i++)
        print_values(file, contract, &contract->fields[i]);
    print_rejects(file, contract);
}

void print_header(FILE *file, const char *module, const struct contracts *contracts)
{
    print_comment(file, 0,
                  keep_printf("Generated from the contracts of %s: its messages.", module));
    print_guard(file, module, "");
    fputs("#include <stdbool.h>\n#include <stddef.h>\n#include <stdint.h>\n\n", file);
    fputs("#include \"base/date.h\"\n#include \"base/id.h\"\n#include \"base/span.h\"\n", file);
    fprintf(file, "#include \"codec/message.h\"\n#include \"contracts/%s_ids.h\"\n", module);
    for (size_t i = 0; i < contracts->count; i++)
        if (is_of(contracts->list[i], module))
            print_message(file, contracts->list[i]);
    fputs("\n#endif\n", file);
}

static void print_emitter(FILE *file, const char *name)
{
    int indent = fprintf(file, "\nmust_check static inline int emit_%s(", name) - 1;

    fprintf(file, "struct uow *uow,\n%*sconst struct %s *body)\n", indent, "", name);
    fprintf(file, "{\n    return uow_emit(uow, &%s_message, body);\n}\n", name);
}

void print_emit(FILE *file, const char *module, const struct contracts *contracts)
{
    print_comment(file, 0,
                  keep_printf("Generated from the contracts of %s: what a handler may emit, typed. "
                              "uow_emit says what it means.",
                              module));
    print_guard(file, module, "_EMIT");
    fprintf(file, "#include \"contracts/%s.h\"\n#include \"runtime/worker.h\"\n", module);
    for (size_t i = 0; i < contracts->count; i++)
        if (is_of(contracts->list[i], module))
            print_emitter(file, contracts->list[i]->c_name);
    fputs("\n#endif\n", file);
}
