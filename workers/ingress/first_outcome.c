#include "first_outcome.h"

/* A key is remembered for a day. Who used one again for another body waits a moment for the first
 * command's outcome, so that it is refused at once and not by its own outcome. */
enum { REMEMBERED_MS = 24 * 3600 * 1000, OTHER_BODY_MS = 1000 };

static void on_row(void *data, int result, const struct inbox_row *row)
{
    struct first_outcome *look = data;

    (void)result; /* where the database is away nothing is known */
    look->told(look->data, row);
}

static void ask_inbox(struct first_outcome *look, int64_t wait_ms)
{
    if (!inbox_wait(look->inbox, &look->key, wait_ms, on_row, look))
        look->told(look->data, NULL);
}

static void on_claim(void *data, enum cache_claim claim, struct span held)
{
    struct first_outcome *look = data;
    bool same = span_equal(held, span_of(look->digest.bytes, DIGEST_BYTES));

    if (claim == CACHE_CLAIM_FIRST)
        look->told(look->data, NULL);
    else
        ask_inbox(look, claim == CACHE_CLAIM_TAKEN && !same ? OTHER_BODY_MS : 0);
}

void first_outcome_look(struct first_outcome *look, struct cache *cache)
{
    char text[UUID_TEXT + 1];
    struct span part = span_text(uuid_format(look->key.id.uuid, text));
    struct cache_key key;

    if (cache_key(look->key.tenant, "command", &part, 1, &key) < 0)
        ask_inbox(look, 0);
    else
        cache_claim(cache, &key, span_of(look->digest.bytes, DIGEST_BYTES), REMEMBERED_MS, on_claim,
                    look);
}
