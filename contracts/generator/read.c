/* From a contract file to struct contract: which keys there are, and of what form. What they mean
 * together is check.c's matter. */
#include <string.h>

#include "document.h"

enum { MAX_COST = 1000000 };

static const char *const kind_words[] = {"command", "event", "query", NULL};
static const char *const scope_words[] = {"none", "anyone", "organization", "player", NULL};

static void read_rejects(struct document *document, yaml_node_t *root, struct contract *contract)
{
    static const char *const keys[] = {"code", "field", "sentence", NULL};
    yaml_node_t **list =
        document_list(document, root, "rejects", OPTIONAL, &contract->reject_count);

    contract->rejects = keep(contract->reject_count, sizeof *contract->rejects);
    for (size_t i = 0; i < contract->reject_count; i++) {
        struct reject *reject = &contract->rejects[i];

        reject->code.line = node_line(list[i]);
        if (!document_keys(document, list[i], keys, "a reject"))
            continue;
        reject->code = document_text(document, list[i], "code", REQUIRED);
        read_name(document, &reject->code, "the code");
        reject->field = document_text(document, list[i], "field", OPTIONAL);
        reject->sentence = document_text(document, list[i], "sentence", REQUIRED);
    }
}

/* Who may send, ask or see it. An event without a scope is seen by nobody. */
static void read_scope(struct document *document, yaml_node_t *root, struct contract *contract)
{
    bool event = contract->kind == KIND_EVENT;
    int scope;

    contract->permission = document_text(document, root, "permission", OPTIONAL);
    contract->scope_field = document_text(document, root, "scope_field", OPTIONAL);
    if (event && !document_get(document, root, "scope"))
        return;
    scope = document_word(document, root, "scope", scope_words, REQUIRED);
    contract->scope = scope < 0 ? SCOPE_WRONG : (enum scope)scope;
}

static void read_cost(struct document *document, yaml_node_t *root, struct contract *contract)
{
    contract->cost = 1;
    if (!document_integer(document, root, "cost", OPTIONAL, &contract->cost) ||
        (contract->cost >= 1 && contract->cost <= MAX_COST))
        return;
    wrong(document->path, node_line(document_get(document, root, "cost")),
          "\"cost\" must be from 1 to %d", MAX_COST);
}

static void read_command(struct document *document, yaml_node_t *root, struct contract *contract)
{
    contract->changes_rights = document_flag(document, root, "changes_rights", false);
    contract->rights_of = document_text(document, root, "rights_of", OPTIONAL);
    contract->holds_key = document_flag(document, root, "holds_key", false);
    contract->creates_tenant = document_flag(document, root, "creates_tenant", false);
    read_cost(document, root, contract);
    read_rejects(document, root, contract);
}

static void read_query(struct document *document, yaml_node_t *root, struct contract *contract)
{
    contract->route = document_text(document, root, "path", REQUIRED);
    contract->paged = document_flag(document, root, "paged", false);
    read_shape(document, root, "answer", REQUIRED, &contract->answer);
}

static void check_keys(struct document *document, yaml_node_t *root, enum kind kind)
{
    static const char *const command_keys[] = {
        "name",  "version",     "kind",           "sentence",  "key",       "permission",
        "scope", "scope_field", "changes_rights", "rights_of", "holds_key", "creates_tenant",
        "cost",  "fields",      "rejects",        NULL};
    static const char *const event_keys[] = {"name",   "version",    "kind",  "sentence",
                                             "key",    "permission", "scope", "scope_field",
                                             "fields", NULL};
    static const char *const query_keys[] = {
        "name",        "version", "kind",  "sentence", "key",    "permission", "scope",
        "scope_field", "path",    "paged", "fields",   "answer", NULL};

    switch (kind) {
    case KIND_COMMAND:
        document_keys(document, root, command_keys, "a command");
        break;
    case KIND_EVENT:
        document_keys(document, root, event_keys, "an event");
        break;
    case KIND_QUERY:
        document_keys(document, root, query_keys, "a query");
        break;
    }
}

static void read_root(struct document *document, yaml_node_t *root, struct contract *contract)
{
    int kind = document_word(document, root, "kind", kind_words, REQUIRED);

    contract->kind = kind < 0 ? KIND_COMMAND : (enum kind)kind;
    contract->scope = SCOPE_NONE;
    check_keys(document, root, contract->kind);
    contract->name = document_text(document, root, "name", REQUIRED);
    if (document_integer(document, root, "version", REQUIRED, &contract->version))
        contract->version_line = node_line(document_get(document, root, "version"));
    contract->sentence = document_text(document, root, "sentence", REQUIRED);
    contract->key = document_text(document, root, "key", REQUIRED);
    read_shape(document, root, "fields", contract->kind == KIND_QUERY ? OPTIONAL : REQUIRED,
               &contract->body);
    read_scope(document, root, contract);
    if (contract->kind == KIND_COMMAND)
        read_command(document, root, contract);
    if (contract->kind == KIND_QUERY)
        read_query(document, root, contract);
}

static struct contract *read_file(const char *path, const char *module, bool released)
{
    struct document document = {.released = released};
    struct contract *contract = NULL;
    yaml_node_t *root = document_open(&document, path);

    if (root) {
        contract = keep(1, sizeof *contract);
        contract->path = path;
        contract->module = module;
        read_root(&document, root, contract);
    }
    document_close(&document);
    return contract;
}

struct contract *contract_read(const char *path, const char *module)
{
    return read_file(path, module, false);
}

struct contract *contract_read_released(const char *path)
{
    const char *file = strrchr(path, '/');
    struct contract *contract;

    file = file ? file + 1 : path;
    contract = read_file(path, keep_printf("%.*s", (int)strcspn(file, "."), file), true);
    if (wrong_count())
        return NULL;
    name_contract(contract);
    if (strcmp(file, keep_printf("%s.lock", contract->type)) == 0)
        return contract;
    wrong(path, contract->name.line, "the lock of %s stands in this file", contract->type);
    return NULL;
}
