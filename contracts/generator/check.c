/* What contract files must mean: names that fit the folder, keys and scopes that name fields,
 * rejects that can be told apart. Every rule here and in its sister files saves a surprise at run
 * time. */
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

/* Names it, where name and version fit the folder and the file. */
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
    name_contract(contract);
}

void check_sentence(const struct contract *contract, const struct text *sentence)
{
    if (sentence->text && (strstr(sentence->text, "/*") || strstr(sentence->text, "*/")))
        wrong(contract->path, sentence->line,
              "a sentence becomes a comment, so it must not contain \"/*\" or \"*/\"");
}

/* `what` must name a required uuid field of the contract. */
static void check_uuid_field(const struct contract *contract, const struct text *text,
                             const char *what, const char *otherwise)
{
    const struct field *field = shape_field(&contract->body, text->text);

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
    else if (shape_field(&contract->body, "organization"))
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

    if (contract->scope == SCOPE_WRONG)
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
    if (contract->rights_of.text && !contract->changes_rights)
        wrong(contract->path, contract->rights_of.line,
              "\"rights_of\" has a meaning with changes_rights: true only");
    if (contract->rights_of.text)
        check_uuid_field(contract, &contract->rights_of, "rights_of", "");
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
        if (reject->field.text && !shape_field(&contract->body, reject->field.text))
            wrong(contract->path, reject->field.line, "\"field\" names no field: \"%s\"",
                  reject->field.text);
        for (size_t j = 0; j < i && reject->code.text; j++)
            if (contract->rejects[j].code.text &&
                strcmp(contract->rejects[j].code.text, reject->code.text) == 0)
                wrong(contract->path, reject->code.line, "the code \"%s\" stands twice",
                      reject->code.text);
    }
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
        check_query(contract);
    }
    if (!wrong_count())
        check_c_names(contracts);
}
