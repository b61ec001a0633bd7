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

struct id_kinds {
    const char **list;
    size_t count, capacity;
};

static void add_id_kind(const struct field *field, void *data)
{
    struct id_kinds *kinds = data;
    const char *of = field->of.text;

    if (!of || is_base_id(of))
        return;
    for (size_t i = 0; i < kinds->count; i++)
        if (strcmp(kinds->list[i], of) == 0)
            return;
    if (kinds->count == kinds->capacity) {
        const char **more = keep(kinds->capacity + 64, sizeof *more);

        memcpy(more, kinds->list, kinds->count * sizeof *more);
        kinds->list = more;
        kinds->capacity += 64;
    }
    kinds->list[kinds->count++] = of;
}

/* The kinds of ids that the module's fields name, each once. */
static struct id_kinds id_kinds(const char *module, const struct contracts *contracts)
{
    struct id_kinds kinds = {.list = keep(0, 1)};

    for (size_t i = 0; i < contracts->count; i++)
        if (is_of(contracts->list[i], module)) {
            shape_visit(&contracts->list[i]->body, add_id_kind, &kinds);
            shape_visit(&contracts->list[i]->answer, add_id_kind, &kinds);
        }
    return kinds;
}

void print_ids(FILE *file, const char *module, const struct contracts *contracts)
{
    const struct id_kinds kinds = id_kinds(module, contracts);

    print_comment(file, 0,
                  keep_printf("Generated from the contracts of %s: its kinds of ids. Another "
                              "module's header may define the same one.",
                              module));
    print_guard(file, module, "_IDS");
    fputs("#include \"base/id.h\"\n", file);
    for (size_t i = 0; i < kinds.count; i++)
        print_id(file, kinds.list[i]);
    fputs("\n#endif\n", file);
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
                name_upper(keep_printf("%s_%s", contract->body.c_name, reject->code.text)), i + 1);
    }
    fputs("};\n", file);
}

static const char *kind_name(enum kind kind)
{
    switch (kind) {
    case KIND_COMMAND:
        return "a command";
    case KIND_EVENT:
        return "an event";
    case KIND_QUERY:
        break;
    }
    return "a query";
}

static void print_shape(FILE *file, const struct shape *shape, const char *comment)
{
    fputc('\n', file);
    print_comment(file, 0, comment);
    print_structs(file, shape);
    fprintf(file, "extern const struct message %s_message;\n", shape->c_name);
    print_constants(file, shape);
}

static void print_message(FILE *file, const struct contract *contract)
{
    print_shape(file, &contract->body,
                keep_printf("%s, %s: %s", contract->type, kind_name(contract->kind),
                            contract->sentence.text));
    print_rejects(file, contract);
    if (contract->kind == KIND_QUERY)
        print_shape(file, &contract->answer, keep_printf("The answer to %s.", contract->type));
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
        if (is_of(contracts->list[i], module) && contracts->list[i]->kind != KIND_QUERY)
            print_emitter(file, contracts->list[i]->body.c_name);
    fputs("\n#endif\n", file);
}
