/* A module's tables: struct message and its rejects, as codec/message.h has them. */
#include <inttypes.h>

#include "output.h"

static const char *const kind_names[] = {"MESSAGE_COMMAND", "MESSAGE_EVENT", "MESSAGE_QUERY"};
static const char *const scope_names[] = {"SCOPE_NONE", "SCOPE_ANYONE", "SCOPE_ORGANIZATION",
                                          "SCOPE_PLAYER"};

static void print_rejects(FILE *file, const struct contract *contract)
{
    if (!contract->reject_count)
        return;
    fprintf(file, "static const struct reject %s_rejects[] = {\n", contract->body.c_name);
    for (size_t i = 0; i < contract->reject_count; i++) {
        const struct reject *reject = &contract->rejects[i];

        fprintf(file, "    {\n        .code = \"%s\",\n", reject->code.text);
        if (reject->field.text)
            fprintf(file, "        .field = \"%s\",\n", reject->field.text);
        fputs("        .sentence = ", file);
        print_literal(file, reject->sentence.text);
        fputs(",\n    },\n", file);
    }
    fputs("};\n", file);
}

static void print_field_pointer(FILE *file, const struct contract *contract, const char *member,
                                const char *name)
{
    const struct shape *body = &contract->body;
    const struct field *field = name ? shape_field(body, name) : NULL;

    if (field)
        fprintf(file, "    .%s = &%s_fields[%td],\n", member, body->c_name, field - body->fields);
}

static void print_shape(FILE *file, const struct shape *shape)
{
    if (shape->count)
        fprintf(file, "    .fields = %s_fields,\n    .field_count = COUNT_OF(%s_fields),\n",
                shape->c_name, shape->c_name);
    fprintf(file, "    .size = sizeof(struct %s),\n", shape->c_name);
}

/* What a message and its answer have in common. */
static void print_names(FILE *file, const struct contract *contract, const struct shape *shape,
                        const char *kind)
{
    fprintf(file, "const struct message %s_message = {\n", shape->c_name);
    fprintf(file, "    .name = \"%s\",\n    .type = \"%s\",\n    .module = \"%s\",\n",
            contract->name.text, contract->type, contract->module);
    fputs("    .sentence = ", file);
    print_literal(file, contract->sentence.text);
    fprintf(file, ",\n    .version = %" PRId64 ",\n    .kind = %s,\n", contract->version, kind);
    print_shape(file, shape);
}

static void print_query(FILE *file, const struct contract *contract)
{
    fputs("    .path = ", file);
    print_literal(file, contract->route.text);
    fprintf(file, ",\n    .answer = &%s_message,\n", contract->answer.c_name);
    if (contract->paged)
        fputs("    .paged = true,\n", file);
}

static void print_message(FILE *file, const struct contract *contract)
{
    const char *c_name = contract->body.c_name;

    print_names(file, contract, &contract->body, kind_names[contract->kind]);
    if (contract->permission.text)
        fprintf(file, "    .permission = \"%s\",\n", contract->permission.text);
    fprintf(file, "    .scope = %s,\n", scope_names[contract->scope]);
    print_field_pointer(file, contract, "scope_field", contract->scope_field.text);
    print_field_pointer(file, contract, "key_field", contract->key.text);
    if (contract->changes_rights)
        fputs("    .changes_rights = true,\n", file);
    print_field_pointer(file, contract, "rights_field", contract->rights_of.text);
    if (contract->holds_key)
        fputs("    .holds_key = true,\n", file);
    if (contract->creates_tenant)
        fputs("    .creates_tenant = true,\n", file);
    if (contract->kind == KIND_COMMAND)
        fprintf(file, "    .cost = %" PRId64 ",\n", contract->cost);
    if (contract->reject_count)
        fprintf(file, "    .rejects = %s_rejects,\n    .reject_count = COUNT_OF(%s_rejects),\n",
                c_name, c_name);
    if (contract->kind == KIND_QUERY)
        print_query(file, contract);
    fputs("};\n", file);
}

static void print_answer(FILE *file, const struct contract *contract)
{
    print_fields(file, &contract->answer);
    print_names(file, contract, &contract->answer, "MESSAGE_ANSWER");
    fputs("};\n", file);
}

static void print_table(FILE *file, const struct contract *contract)
{
    fputc('\n', file);
    print_fields(file, &contract->body);
    print_rejects(file, contract);
    print_message(file, contract);
    if (contract->kind == KIND_QUERY)
        print_answer(file, contract);
}

void print_tables(FILE *file, const char *module, const struct contracts *contracts)
{
    print_comment(file, 0, keep_printf("Generated from the contracts of %s: its tables.", module));
    fprintf(file, "#include \"contracts/%s.h\"\n\n#include \"base/attr.h\"\n", module);
    fputs("#include \"codec/codec.h\"\n\n", file);
    fprintf(file,
            "_Static_assert(CODEC_MAX_BYTES >= %d && CODEC_MAX_ANSWER_BYTES >= %d &&\n"
            "                   MESSAGE_MAX_FIELDS >= %d && MESSAGE_MAX_NESTING >= %d &&\n"
            "                   DECIMAL_MAX_SCALE >= %d,\n"
            "               \"the generator promised less\");\n",
            MAX_BODY_BYTES, MAX_ANSWER_BYTES, MAX_FIELDS, MAX_NESTING, MAX_SCALE);
    for (size_t i = 0; i < contracts->count; i++)
        if (is_of(contracts->list[i], module))
            print_table(file, contracts->list[i]);
}
