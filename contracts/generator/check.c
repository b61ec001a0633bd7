/* What contract files must mean: names that fit the folder, keys and scopes that name fields,
 * bounds that hold, bodies that fit. Every rule here saves a surprise at run time. */
#include "contract.h"

#include <ctype.h>
#include <string.h>

/* "record-check": lower-case words of letters and digits joined by "-"; "v2" is no word, since it
 * would look like a version. */
static bool is_message_name(const char *name)
{
    const char *word = name;

    for (;;) {
        size_t size = strcspn(word, "-");

        if (!islower((unsigned char)*word))
            return false;
        if (*word == 'v' && size > 1 && strspn(word + 1, "0123456789") == size - 1)
            return false;
        for (size_t i = 0; i < size; i++)
            if (!islower((unsigned char)word[i]) && !isdigit((unsigned char)word[i]))
                return false;
        if (!word[size])
            return true;
        word += size + 1;
    }
}

static const char *underscored(const char *name)
{
    char *c_name = keep_printf("%s", name);

    for (char *c = c_name; *c; c++)
        if (*c == '-' || *c == '.')
            *c = '_';
    return c_name;
}

/* Sets the names that follow from name and version. */
static void check_name(struct contract *contract)
{
    size_t module = strlen(contract->module);
    const char *name = contract->name.text;
    const char *file = strrchr(contract->path, '/');
    const char *expected;

    if (contract->version_line && (contract->version < 1 || contract->version > 999)) {
        wrong(contract->path, contract->version_line, "\"version\" must be from 1 to 999");
        return;
    }
    if (!contract->name.text || !contract->version_line)
        return;
    if (strncmp(name, contract->module, module) != 0 || name[module] != '.' ||
        !is_message_name(name + module + 1)) {
        wrong(contract->path, contract->name.line,
              "\"name\" is \"%s\", expected %s. and lower-case words joined by \"-\" "
              "(\"%s.record-check\"), none of them a version",
              name, contract->module, contract->module);
        return;
    }
    expected = contract->version == 1
                   ? keep_printf("%s.yaml", name + module + 1)
                   : keep_printf("%s.v%lld.yaml", name + module + 1, (long long)contract->version);
    file = file ? file + 1 : contract->path;
    if (strcmp(file, expected) != 0)
        wrong(contract->path, contract->name.line,
              "version %lld of \"%s\" belongs into the file %s, not %s",
              (long long)contract->version, name, expected, file);
    contract->type = keep_printf("%s.v%lld", name, (long long)contract->version);
    contract->c_name = contract->version == 1 ? underscored(name)
                                              : keep_printf("%s_v%lld", underscored(name),
                                                            (long long)contract->version);
}

static void check_sentence(const struct contract *contract, const struct text *sentence)
{
    if (sentence->text && (strstr(sentence->text, "/*") || strstr(sentence->text, "*/")))
        wrong(contract->path, sentence->line,
              "a sentence becomes a comment, so it must not contain \"/*\" or \"*/\"");
}

static void check_field_name(const struct contract *contract, const struct field *field)
{
    const char *name = field->name.text;

    if (!name)
        return;
    if (strlen(name) > MAX_FIELD_NAME)
        wrong(contract->path, field->name.line, "the field's name has %zu characters, at most %d",
              strlen(name), MAX_FIELD_NAME);
    if (name_is_reserved(name))
        wrong(contract->path, field->name.line, "\"%s\" is a word of C, choose another name", name);
    if (contract_field(contract, name) != field)
        wrong(contract->path, field->name.line, "the field \"%s\" stands twice", name);
    if (strncmp(name, "has_", 4) == 0 && contract_field(contract, name + 4) &&
        contract_field(contract, name + 4)->optional)
        wrong(contract->path, field->name.line,
              "\"%s\" is already the member that says whether \"%s\" is there", name, name + 4);
}

static void check_bounds(const struct contract *contract, const struct field *field)
{
    if (field->type != TYPE_INTEGER && field->min < 0)
        wrong(contract->path, field->line, "\"min\" must not be negative here");
    if (field->has_max && field->min > field->max)
        wrong(contract->path, field->line, "\"min\" %lld is above \"max\" %lld",
              (long long)field->min, (long long)field->max);
    else if (field->type != TYPE_INTEGER && field->has_max && field->max < 1)
        wrong(contract->path, field->line, "\"max\" must be at least 1");
    else if (field->type != TYPE_INTEGER && field->max > MAX_BODY_BYTES)
        wrong(contract->path, field->line, "\"max\" must be at most %d", MAX_BODY_BYTES);
}

static void check_values(const struct contract *contract, const struct field *field)
{
    for (size_t i = 0; i < field->value_count; i++)
        for (size_t j = 0; j < i; j++)
            if (field->values[i].text && field->values[j].text &&
                strcmp(field->values[i].text, field->values[j].text) == 0)
                wrong(contract->path, field->values[i].line, "the value \"%s\" stands twice",
                      field->values[i].text);
}

static void check_type(const struct contract *contract, const struct field *field)
{
    if (field->type == TYPE_STRING || field->type == TYPE_INTEGER || field->type == TYPE_LIST)
        check_bounds(contract, field);
    if (field->type == TYPE_ENUM)
        check_values(contract, field);
    if (field->type == TYPE_LIST)
        check_type(contract, field->item);
}

static void check_fields(const struct contract *contract)
{
    uint64_t bytes = contract_max_bytes(contract);

    if (contract->field_count > MAX_FIELDS)
        wrong(contract->path, contract->fields_line, "%zu fields, at most %d",
              contract->field_count, MAX_FIELDS);
    for (size_t i = 0; i < contract->field_count; i++) {
        const struct field *field = &contract->fields[i];

        check_field_name(contract, field);
        check_sentence(contract, &field->sentence);
        check_type(contract, field);
        if (contract->event && field->personal)
            wrong(contract->path, field->line,
                  "a personal field in an event, expected ids and numbers only");
    }
    if (bytes > MAX_BODY_BYTES)
        wrong(contract->path, contract->fields_line,
              "a body can take %llu bytes by these bounds, at most %d fit",
              (unsigned long long)bytes, MAX_BODY_BYTES);
}

/* `what` must name a required uuid field of the contract. */
static void check_uuid_field(const struct contract *contract, const struct text *text,
                             const char *what, const char *otherwise)
{
    const struct field *field = contract_field(contract, text->text);

    if (!field)
        wrong(contract->path, text->line, "\"%s\" names no field: \"%s\", expected a uuid field%s",
              what, text->text, otherwise);
    else if (field->type != TYPE_UUID && field->type != TYPE_WRONG)
        wrong(contract->path, text->line, "\"%s\" names \"%s\", which is no uuid", what,
              text->text);
    else if (field->optional)
        wrong(contract->path, text->line, "\"%s\" names \"%s\", which is not required", what,
              text->text);
}

static bool key_is_organization(const struct contract *contract)
{
    return contract->key.text && strcmp(contract->key.text, "organization") == 0;
}

static void check_key(const struct contract *contract)
{
    if (!contract->key.text)
        return;
    if (!key_is_organization(contract))
        check_uuid_field(contract, &contract->key, "key", " or organization");
    else if (contract_field(contract, "organization"))
        wrong(contract->path, contract->key.line,
              "\"key\" is the organization itself, so no field may have this name");
}

/* "mc.check.record": snake_case words joined by "." */
static bool is_permission(const char *text)
{
    const char *dot = strchr(text, '.');
    const char *word = text;

    if (!dot)
        return false;
    for (; dot; word = dot + 1, dot = strchr(word, '.'))
        if (!name_is_snake(keep_printf("%.*s", (int)(dot - word), word)))
            return false;
    return name_is_snake(word);
}

static void check_permission(const struct contract *contract)
{
    bool asks = contract->scope == SCOPE_ORGANIZATION || contract->scope == SCOPE_PLAYER;
    const struct text *permission = &contract->permission;

    if (contract->event || contract->scope == SCOPE_WRONG)
        return;
    if (asks && !permission->text)
        wrong(contract->path, permission->line,
              "\"permission\" is missing, expected one with scope organization or player");
    if (!asks && permission->text)
        wrong(contract->path, permission->line,
              "\"permission\" has no meaning with scope none or anyone");
    if (asks && permission->text && !is_permission(permission->text))
        wrong(contract->path, permission->line,
              "\"permission\" is \"%s\", expected words joined by \".\" (\"mc.check.record\")",
              permission->text);
    if (contract->scope == SCOPE_PLAYER && !contract->scope_field.text)
        wrong(contract->path, contract->scope_field.line,
              "\"scope_field\" is missing, expected the uuid field that names the player");
    if (contract->scope != SCOPE_PLAYER && contract->scope_field.text)
        wrong(contract->path, contract->scope_field.line,
              "\"scope_field\" has a meaning with scope player only");
    if (contract->scope == SCOPE_PLAYER && contract->scope_field.text)
        check_uuid_field(contract, &contract->scope_field, "scope_field", "");
    if (contract->creates_tenant &&
        (contract->scope != SCOPE_ANYONE || !key_is_organization(contract)))
        wrong(contract->path, contract->name.line,
              "\"creates_tenant\" wants scope anyone and key organization");
}

static void check_rejects(const struct contract *contract)
{
    if (contract->reject_count > MAX_REJECTS)
        wrong(contract->path, contract->rejects[0].code.line, "%zu rejects, at most %d",
              contract->reject_count, MAX_REJECTS);
    for (size_t i = 0; i < contract->reject_count; i++) {
        const struct reject *reject = &contract->rejects[i];

        check_sentence(contract, &reject->sentence);
        if (reject->code.text && strcmp(reject->code.text, "forbidden") == 0)
            wrong(contract->path, reject->code.line,
                  "\"forbidden\" is the runtime's own code, choose another");
        if (reject->field.text && !contract_field(contract, reject->field.text))
            wrong(contract->path, reject->field.line, "\"field\" names no field: \"%s\"",
                  reject->field.text);
        for (size_t j = 0; j < i && reject->code.text; j++)
            if (contract->rejects[j].code.text &&
                strcmp(contract->rejects[j].code.text, reject->code.text) == 0)
                wrong(contract->path, reject->code.line, "the code \"%s\" stands twice",
                      reject->code.text);
    }
}

/* A constant of the generated headers: a reject's number or an enum's value. */
struct constant {
    const char *name;
    const char *path;
    int line;
};

struct constants {
    struct constant *list;
    size_t count;
};

/* Messages whose names differ may still give one name in C: the code "b_c" of "a" and the code "c"
 * of "a-b". */
static void add_constant(struct constants *constants, const struct contract *contract,
                         const char *name, int line)
{
    for (size_t i = 0; i < constants->count; i++) {
        const struct constant *other = &constants->list[i];

        if (strcmp(other->name, name) == 0) {
            wrong(contract->path, line, "this becomes %s in C, as %s:%d does already",
                  name_upper(name), other->path, other->line);
            return;
        }
    }
    constants->list[constants->count++] =
        (struct constant){.name = name, .path = contract->path, .line = line};
}

static size_t count_constants(const struct contracts *contracts)
{
    size_t count = 0;

    for (size_t i = 0; i < contracts->count; i++) {
        count += contracts->list[i]->reject_count;
        for (size_t j = 0; j < contracts->list[i]->field_count; j++)
            count += field_values(&contracts->list[i]->fields[j])->value_count;
    }
    return count;
}

static void check_constants_of(struct constants *constants, const struct contract *contract)
{
    for (size_t i = 0; i < contract->reject_count; i++) {
        const struct text *code = &contract->rejects[i].code;

        if (code->text)
            add_constant(constants, contract, keep_printf("%s_%s", contract->c_name, code->text),
                         code->line);
    }
    for (size_t i = 0; i < contract->field_count; i++) {
        const struct field *field = &contract->fields[i];
        const struct field *values = field_values(field);

        for (size_t j = 0; j < values->value_count && field->name.text; j++)
            if (values->values[j].text)
                add_constant(constants, contract,
                             keep_printf("%s_%s_%s", contract->c_name, field->name.text,
                                         values->values[j].text),
                             values->values[j].line);
    }
}

static void check_constants(const struct contracts *contracts)
{
    struct constants constants = {.list = keep(count_constants(contracts), sizeof *constants.list)};

    for (size_t i = 0; i < contracts->count; i++)
        check_constants_of(&constants, contracts->list[i]);
}

void contracts_check(const struct contracts *contracts)
{
    for (size_t i = 0; i < contracts->count; i++) {
        struct contract *contract = contracts->list[i];

        check_name(contract);
        check_sentence(contract, &contract->sentence);
        check_fields(contract);
        check_key(contract);
        check_permission(contract);
        check_rejects(contract);
    }
    if (!wrong_count())
        check_constants(contracts);
}
