/* Released contracts: contracts/lock/<type>.lock holds the shape that older readers and writers of
 * a message rely on. What would break them is refused by a rule's name. */
#ifndef GENERATOR_LOCK_H
#define GENERATOR_LOCK_H

#include "contract.h"

struct lock_options {
    const char *folder;           /* of the locks */
    const char *const *contracts; /* folders of contracts, each a module's */
    size_t contract_count;
    const char *users;    /* the folder of the code that uses messages, or NULL */
    const char *reworded; /* types whose sentences may change ("mc.a.v1,mc.b.v1"), or NULL */
    const char *narrowed; /* events that may be shown to others, who are fewer, or NULL */
};

/* Says which contract breaks its lock, and which has changed, or is new, and is not locked. 0 or
 * EXIT_USAGE. */
int lock_check(const struct lock_options *options);

/* Locks what is new or has changed in a way that breaks nobody; where anything breaks, nothing is
 * written. 0 or EXIT_USAGE. */
int lock_write(const struct lock_options *options);

/* The shape of a contract as text: YAML in one form, without examples. */
const char *lock_text(const struct contract *contract);

/* Says what in `contract` breaks who relies on `released`. With `reworded` sentences may differ,
 * with `narrowed` whom an event is shown to. */
void compare_contracts(const struct contract *released, const struct contract *contract,
                       bool reworded, bool narrowed);

enum rule {
    RULE_CONTRACT_REMOVED,
    RULE_KIND_CHANGED,
    RULE_KEY_CHANGED,
    RULE_PERMISSION_CHANGED,
    RULE_AUDIENCE_CHANGED,
    RULE_PATH_CHANGED,
    RULE_MEANING_CHANGED,
    RULE_FIELD_REMOVED,
    RULE_FIELD_RENAMED,
    RULE_TYPE_CHANGED,
    RULE_UNIT_CHANGED,
    RULE_SCALE_CHANGED,
    RULE_BOUND_TIGHTENED,
    RULE_BOUND_LOOSENED,
    RULE_REQUIRED_ADDED,
    RULE_MADE_REQUIRED,
    RULE_MADE_OPTIONAL,
    RULE_NO_LONGER_PERSONAL,
    RULE_VALUE_REMOVED,
    RULE_VALUE_REORDERED,
    RULE_VALUE_ADDED,
    RULE_REJECT_REMOVED,
    RULE_REJECT_REORDERED,
    RULE_REJECT_CHANGED,
};

/* One contract beside its lock. */
struct comparison {
    const struct contract *contract;
    bool reworded, narrowed;
    /* Who relies on the shape: senders of any age, whose bodies must still be taken; readers of any
     * age, who must be given nothing new. */
    bool has_senders, has_readers;
};

/* Says that a rule is broken at a line of the contract. */
void broken(const struct comparison *comparison, int line, enum rule rule, const char *format, ...)
    __attribute__((__format__(__printf__, 4, 5)));

/* Compares what is in two shapes, whose own name is `at` ("" or "/target"). */
void compare_shapes(const struct comparison *comparison, const char *at,
                    const struct shape *released, const struct shape *shape);

/* The rules for words in an order: removed, reordered. */
void compare_words(const struct comparison *comparison, const char *what,
                   const struct text *released, size_t released_count, const struct text *words,
                   size_t count, int line, enum rule removed, enum rule reordered);

/* Says whether sentences differ that must not. */
void compare_sentences(const struct comparison *comparison, const char *of,
                       const struct text *released, const struct text *sentence);

bool same_text(const struct text *a, const struct text *b);

/* Says in which files under `folder` a message is handled, made or read. */
void name_users(const char *folder, const struct contract *contract);

#endif
