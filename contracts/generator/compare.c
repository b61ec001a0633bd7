/* The rules of a message as a whole, and what each rule asks for. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "lock.h"

static const struct {
    const char *name, *advice;
} rules[] = {
    [RULE_CONTRACT_REMOVED] = {"contract-removed",
                               "put the file back; where nobody sends or reads it any more, "
                               "remove its lock as well"},
    [RULE_KIND_CHANGED] = {"kind-changed", "make a message of another name"},
    [RULE_KEY_CHANGED] = {"key-changed",
                          "the order of what was sent and what comes would be lost: make a new "
                          "version"},
    [RULE_PERMISSION_CHANGED] = {"permission-changed",
                                 "who may and who may not would be others: make a new version"},
    [RULE_AUDIENCE_CHANGED] = {"audience-changed",
                               "if fewer would see it, run make contracts-lock NARROWED=TYPE; if "
                               "others would, make a new version"},
    [RULE_PATH_CHANGED] = {"path-changed", "addresses that are in use end: make a new version"},
    [RULE_MEANING_CHANGED] = {"meaning-changed",
                              "if only the words are others, run make contracts-lock "
                              "REWORDED=TYPE; if it means something else, add an optional field, "
                              "or make a new version"},
    [RULE_FIELD_REMOVED] = {"field-removed", "put it back; it may be left out of a new version"},
    [RULE_FIELD_RENAMED] = {"field-renamed",
                            "give it its old name; a new version may call it otherwise"},
    [RULE_TYPE_CHANGED] = {"type-changed",
                           "add an optional field of another name, or make a new version"},
    [RULE_UNIT_CHANGED] = {"unit-changed",
                           "add an optional field of another name, or make a new version"},
    [RULE_SCALE_CHANGED] = {"scale-changed",
                            "add an optional field of another name, or make a new version"},
    [RULE_BOUND_TIGHTENED] = {"bound-tightened",
                              "what was sent within the old bound must be taken: reject it by a "
                              "code, or make a new version"},
    [RULE_BOUND_LOOSENED] = {"bound-loosened",
                             "readers were promised the old bound: add an optional field, or make "
                             "a new version"},
    [RULE_REQUIRED_ADDED] = {"required-added",
                             "nobody sends it yet: add it with \"required: false\", or make a new "
                             "version"},
    [RULE_MADE_REQUIRED] = {"made-required",
                            "not everybody sends it: leave it optional, or make a new version"},
    [RULE_MADE_OPTIONAL] = {"made-optional",
                            "readers rely on it: leave it required, or make a new version"},
    [RULE_NO_LONGER_PERSONAL] = {"no-longer-personal",
                                 "who sent it was promised that it is kept back: make a new "
                                 "version"},
    [RULE_VALUE_REMOVED] = {"value-removed",
                            "put it back; a value that is no longer wanted is rejected by a code"},
    [RULE_VALUE_REORDERED] = {"value-reordered",
                              "its number is kept in tables: leave the order, append what is new"},
    [RULE_VALUE_ADDED] = {"value-added",
                          "readers do not know it: add an optional field, or make a new version"},
    [RULE_REJECT_REMOVED] = {"reject-removed",
                             "its number is kept in inboxes: put it back, even if it is not given "
                             "any more"},
    [RULE_REJECT_REORDERED] = {"reject-reordered",
                               "its number is kept in inboxes: leave the order, append what is "
                               "new"},
    [RULE_REJECT_CHANGED] = {"reject-changed", "add a reject with another code"},
};

void broken(const struct comparison *comparison, int line, enum rule rule, const char *format, ...)
{
    const struct contract *contract = comparison->contract;
    char what[512];
    va_list args;

    va_start(args, format);
    vsnprintf(what, sizeof what, format, args);
    va_end(args);
    wrong(contract->path, line, "%s: %s: %s; %s", rules[rule].name, contract->type, what,
          rules[rule].advice);
}

bool same_text(const struct text *a, const struct text *b)
{
    return a->text && b->text ? strcmp(a->text, b->text) == 0 : a->text == b->text;
}

void compare_sentences(const struct comparison *comparison, const char *of,
                       const struct text *released, const struct text *sentence)
{
    if (!comparison->reworded && !same_text(released, sentence))
        broken(comparison, sentence->line, RULE_MEANING_CHANGED, "the sentence of %s was \"%s\"",
               of, released->text);
}

static size_t find_word(const struct text *word, const struct text *words, size_t count)
{
    size_t i = 0;

    while (i < count && !same_text(word, &words[i]))
        i++;
    return i;
}

void compare_words(const struct comparison *comparison, const char *what,
                   const struct text *released, size_t released_count, const struct text *words,
                   size_t count, int line, enum rule removed, enum rule reordered)
{
    bool all_there = true;

    for (size_t i = 0; i < released_count; i++)
        if (find_word(&released[i], words, count) == count) {
            all_there = false;
            broken(comparison, line, removed, "%s \"%s\" is not there any more", what,
                   released[i].text);
        }
    for (size_t i = 0; all_there && i < released_count; i++)
        if (!same_text(&released[i], &words[i])) {
            broken(comparison, words[i].line, reordered, "%s \"%s\" stands where \"%s\" was", what,
                   words[i].text, released[i].text);
            return;
        }
}

static struct text *codes(const struct contract *contract)
{
    struct text *list = keep(contract->reject_count, sizeof *list);

    for (size_t i = 0; i < contract->reject_count; i++)
        list[i] = contract->rejects[i].code;
    return list;
}

static const struct reject *find_reject(const struct contract *contract, const struct text *code)
{
    for (size_t i = 0; i < contract->reject_count; i++)
        if (same_text(&contract->rejects[i].code, code))
            return &contract->rejects[i];
    return NULL;
}

static void compare_reject(const struct comparison *comparison, const struct reject *released)
{
    const struct reject *reject = find_reject(comparison->contract, &released->code);

    if (!reject)
        return;
    compare_sentences(comparison, keep_printf("the code \"%s\"", reject->code.text),
                      &released->sentence, &reject->sentence);
    if (!same_text(&reject->field, &released->field))
        broken(comparison, reject->code.line, RULE_REJECT_CHANGED, "the code \"%s\" pointed to %s",
               reject->code.text,
               released->field.text ? keep_printf("the field \"%s\"", released->field.text)
                                    : "no field");
}

static void compare_rejects(const struct comparison *comparison, const struct contract *released)
{
    const struct contract *contract = comparison->contract;

    compare_words(comparison, "the code", codes(released), released->reject_count, codes(contract),
                  contract->reject_count, contract->name.line, RULE_REJECT_REMOVED,
                  RULE_REJECT_REORDERED);
    for (size_t i = 0; i < released->reject_count; i++)
        compare_reject(comparison, &released->rejects[i]);
}

static const char *or_none(const struct text *text)
{
    return text->text ? text->text : "absent";
}

/* What nobody was shown cannot be shown to fewer. */
static bool is_narrowed(const struct comparison *comparison, const struct contract *released)
{
    return comparison->narrowed && released->kind == KIND_EVENT && released->permission.text;
}

/* A permission says who may send or ask; that of an event, who is shown it. */
static void compare_permission(const struct comparison *comparison, const struct contract *released)
{
    static const char *const scopes[] = {"none", "anyone", "organization", "player"};
    const struct contract *contract = comparison->contract;
    enum rule rule = released->kind == KIND_EVENT ? RULE_AUDIENCE_CHANGED : RULE_PERMISSION_CHANGED;

    if (is_narrowed(comparison, released))
        return;
    if (!same_text(&contract->permission, &released->permission))
        broken(comparison, contract->permission.line, rule, "\"permission\" was %s",
               or_none(&released->permission));
    if (contract->scope != released->scope)
        broken(comparison, contract->name.line, rule, "\"scope\" was %s", scopes[released->scope]);
    if (!same_text(&contract->scope_field, &released->scope_field))
        broken(comparison, contract->scope_field.line, rule, "\"scope_field\" was %s",
               or_none(&released->scope_field));
}

/* A query's key only says when a cached answer is outdated. */
static void compare_key(const struct comparison *comparison, const struct contract *released)
{
    const struct contract *contract = comparison->contract;

    if (contract->kind != KIND_QUERY && !same_text(&contract->key, &released->key))
        broken(comparison, contract->key.line, RULE_KEY_CHANGED, "\"key\" was %s",
               or_none(&released->key));
    if (contract->creates_tenant != released->creates_tenant)
        broken(comparison, contract->name.line, RULE_KEY_CHANGED, "\"creates_tenant\" was %s",
               released->creates_tenant ? "true" : "absent");
}

static void compare_route(const struct comparison *comparison, const struct contract *released)
{
    const struct contract *contract = comparison->contract;

    if (!same_text(&contract->route, &released->route))
        broken(comparison, contract->route.line, RULE_PATH_CHANGED, "\"path\" was %s",
               or_none(&released->route));
    if (contract->paged != released->paged)
        broken(comparison, contract->name.line, RULE_PATH_CHANGED, "\"paged\" was %s",
               released->paged ? "true" : "absent");
}

void compare_contracts(const struct contract *released, const struct contract *contract,
                       bool reworded, bool narrowed)
{
    static const char *const kinds[] = {"command", "event", "query"};
    struct comparison body = {.contract = contract,
                              .reworded = reworded,
                              .narrowed = narrowed,
                              .has_senders = true, /* an event's is what stands on the topic */
                              .has_readers = contract->kind == KIND_EVENT};
    struct comparison answer = {.contract = contract, .reworded = reworded, .has_readers = true};

    if (contract->kind != released->kind) {
        broken(&body, contract->name.line, RULE_KIND_CHANGED, "\"kind\" was %s",
               kinds[released->kind]);
        return;
    }
    compare_sentences(&body, "the message", &released->sentence, &contract->sentence);
    compare_key(&body, released);
    compare_permission(&body, released);
    compare_route(&body, released);
    compare_shapes(&body, "", &released->body, &contract->body);
    compare_shapes(&answer, "/answer", &released->answer, &contract->answer);
    compare_rejects(&body, released);
}
