/* A module's tables: struct message, its fields and its rejects, as codec/message.h has them. */
#include <inttypes.h>
#include <string.h>

#include "output.h"

static const char *const type_names[] = {
    [TYPE_UUID] = "FIELD_UUID",       [TYPE_STRING] = "FIELD_STRING",
    [TYPE_INTEGER] = "FIELD_INTEGER", [TYPE_BOOLEAN] = "FIELD_BOOLEAN",
    [TYPE_DATE] = "FIELD_DATE",       [TYPE_TIME] = "FIELD_TIME",
    [TYPE_ENUM] = "FIELD_ENUM",       [TYPE_LIST] = "FIELD_LIST",
};
static const char *const scope_names[] = {"SCOPE_NONE", "SCOPE_ANYONE", "SCOPE_ORGANIZATION",
                                          "SCOPE_PLAYER"};

static void print_values(FILE *file, const struct contract *contract, const struct field *field)
{
    const struct field *values = field_values(field);

    if (values->type != TYPE_ENUM)
        return;
    fprintf(file, "static const char *const %s_%s_values[] = {\n", contract->c_name,
            field->name.text);
    for (size_t i = 0; i < values->value_count; i++)
        fprintf(file, "    \"%s\",\n", values->values[i].text);
    fputs("};\n", file);
}

/* INT64_MIN is no literal of C. */
static const char *integer(int64_t value)
{
    if (value == INT64_MIN)
        return "INT64_MIN";
    return keep_printf("%" PRId64, value);
}

/* What fields and items have in common; `values` is the name of the table of an enum's values. */
static void print_type(FILE *file, const struct field *field, const char *indent,
                       const char *values)
{
    fprintf(file, "%s.type = %s,\n", indent, type_names[field->type]);
    if (field->type == TYPE_STRING || field->type == TYPE_INTEGER || field->type == TYPE_LIST)
        fprintf(file, "%s.min = %s,\n%s.max = %s,\n", indent, integer(field->min), indent,
                integer(field->max));
    if (field->type == TYPE_ENUM)
        fprintf(file, "%s.names = %s,\n%s.name_count = %zu,\n", indent, values, indent,
                field->value_count);
}

static const char *values_name(const struct contract *contract, const struct field *field)
{
    return keep_printf("%s_%s_values", contract->c_name, field->name.text);
}

static void print_item(FILE *file, const struct contract *contract, const struct field *field)
{
    if (field->type != TYPE_LIST)
        return;
    fprintf(file, "static const struct field %s_%s_item = {\n", contract->c_name, field->name.text);
    print_type(file, field->item, "    ", values_name(contract, field));
    fputs("};\n", file);
}

static void print_field(FILE *file, const struct contract *contract, const struct field *field)
{
    const char *c_name = contract->c_name;
    const char *name = field->name.text;

    fprintf(file, "    {\n        .name = \"%s\",\n", name);
    print_type(file, field, "        ", values_name(contract, field));
    if (field->personal)
        fputs("        .personal = true,\n", file);
    fprintf(file, "        .offset = offsetof(struct %s, %s),\n", c_name, name);
    if (field->optional)
        fprintf(file,
                "        .optional = true,\n        .has_offset = offsetof(struct %s, has_%s),\n",
                c_name, name);
    if (field->type == TYPE_LIST)
        fprintf(file, "        .item = &%s_%s_item,\n        .item_size = sizeof(%s),\n", c_name,
                name, value_type(field->item));
    fputs("    },\n", file);
}

static void print_rejects(FILE *file, const struct contract *contract)
{
    if (!contract->reject_count)
        return;
    fprintf(file, "static const struct reject %s_rejects[] = {\n", contract->c_name);
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
    const struct field *field = name ? contract_field(contract, name) : NULL;

    if (field)
        fprintf(file, "    .%s = &%s_fields[%td],\n", member, contract->c_name,
                field - contract->fields);
}

static void print_message(FILE *file, const struct contract *contract)
{
    fprintf(file, "const struct message %s_message = {\n", contract->c_name);
    fprintf(file, "    .name = \"%s\",\n    .type = \"%s\",\n    .module = \"%s\",\n",
            contract->name.text, contract->type, contract->module);
    fputs("    .sentence = ", file);
    print_literal(file, contract->sentence.text);
    fprintf(file, ",\n    .version = %" PRId64 ",\n    .kind = %s,\n", contract->version,
            contract->event ? "MESSAGE_EVENT" : "MESSAGE_COMMAND");
    if (contract->permission.text)
        fprintf(file, "    .permission = \"%s\",\n", contract->permission.text);
    fprintf(file, "    .scope = %s,\n", scope_names[contract->scope]);
    print_field_pointer(file, contract, "scope_field", contract->scope_field.text);
    print_field_pointer(file, contract, "key_field", contract->key.text);
    if (contract->changes_rights)
        fputs("    .changes_rights = true,\n", file);
    if (contract->creates_tenant)
        fputs("    .creates_tenant = true,\n", file);
    fprintf(file,
            "    .fields = %s_fields,\n    .field_count = COUNT_OF(%s_fields),\n"
            "    .size = sizeof(struct %s),\n",
            contract->c_name, contract->c_name, contract->c_name);
    if (contract->reject_count)
        fprintf(file, "    .rejects = %s_rejects,\n    .reject_count = COUNT_OF(%s_rejects),\n",
                contract->c_name, contract->c_name);
    fputs("};\n", file);
}

static void print_table(FILE *file, const struct contract *contract)
{
    fputc('\n', file);
    for (size_t i = 0; i < contract->field_count; i++) {
        print_values(file, contract, &contract->fields[i]);
        print_item(file, contract, &contract->fields[i]);
    }
    fprintf(file, "static const struct field %s_fields[] = {\n", contract->c_name);
    for (size_t i = 0; i < contract->field_count; i++)
        print_field(file, contract, &contract->fields[i]);
    fputs("};\n", file);
    print_rejects(file, contract);
    print_message(file, contract);
}

void print_tables(FILE *file, const char *module, const struct contracts *contracts)
{
    print_comment(file, 0, keep_printf("Generated from the contracts of %s: its tables.", module));
    fprintf(file, "#include \"contracts/%s.h\"\n\n#include \"base/attr.h\"\n", module);
    fputs("#include \"codec/codec.h\"\n\n", file);
    fprintf(file,
            "_Static_assert(CODEC_MAX_BYTES >= %d && MESSAGE_MAX_FIELDS >= %d,\n"
            "               \"the generator promised less\");\n",
            MAX_BODY_BYTES, MAX_FIELDS);
    for (size_t i = 0; i < contracts->count; i++)
        if (is_of(contracts->list[i], module))
            print_table(file, contracts->list[i]);
}
