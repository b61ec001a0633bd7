/* The buckets stand in a table of a fixed size, in sets of a few, so that no number of users makes
 * it grow: the fullest of a set makes room, for it has the least to remember. */
#include "quota.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/hash.h"
#include "base/random.h"
#include "cache/cache_bucket.h"
#include "metrics/metrics.h"

enum {
    KINDS = 2,
    SETS = 4096,
    WAYS = 8,
    TELL_SHARES = 16,  /* told when so great a part of the burst was taken ... */
    TELL_MS = 1000,    /* ... or something, and nothing was told for so long */
    JITTER_MAX_S = 10, /* of Retry-After */
    POLICY_BYTES = 256,
};

struct slot {
    struct uuid whose;
    unsigned kind;
    uint32_t use; /* 0: free; rises with each owner: an answer for the former one finds nobody */
    bool asked;   /* the shared bucket's answer is awaited */
    struct bucket bucket;
    int64_t untold; /* tokens that the shared bucket does not know of */
    bool unheard;   /* the last that was told may not have been heard */
    int64_t told_ms;
};

/* A question about a slot's bucket. */
struct telling {
    struct quota *quota;
    struct slot *slot;
    uint32_t use;
};

static const struct {
    const char *name;       /* of the policy, and as metrics have it */
    const char *cache_kind; /* of the shared bucket's key */
    const char *detail;
} kinds[KINDS] = {
    {"user", "quota-user", "You have sent more than your quota allows."},
    {"organization", "quota", "The organization has sent more than its quota allows."},
};

struct quota {
    struct loop *loop;
    struct cache *cache;
    struct bucket_limit limits[KINDS];
    struct metrics_series *refusals[KINDS];
    uint64_t seed; /* so that nobody can choose ids that share a set */
    /* RateLimit-Policy's line for the buckets that an answer tells of, a bit for each kind. */
    char policies[1 << KINDS][POLICY_BYTES];
    struct slot slots[SETS][WAYS];
};

/* The window is the time in which an empty bucket fills. */
static size_t print_policy(char *at, size_t room, const char *before, const char *name,
                           const struct bucket_limit *limit)
{
    return (size_t)snprintf(at, room, "%s\"%s\";q=%" PRId64 ";w=%" PRId64, before, name,
                            limit->burst, (limit->burst + limit->per_s - 1) / limit->per_s);
}

static void write_policy(struct quota *quota, unsigned of)
{
    char *text = quota->policies[of];
    const char *before = "RateLimit-Policy: ";
    size_t used = 0;

    for (size_t kind = 0; kind < KINDS; kind++) {
        if (!(of >> kind & 1) || quota->limits[kind].per_s == 0)
            continue;
        used += print_policy(text + used, POLICY_BYTES - used, before, kinds[kind].name,
                             &quota->limits[kind]);
        before = ", ";
    }
    snprintf(text + used, POLICY_BYTES - used, "\r\n");
}

void quota_reload(struct quota *quota, const struct config *config)
{
    quota->limits[0] = config->quota_subject;
    quota->limits[1] = config->quota_tenant;
    for (unsigned of = 0; of < 1 << KINDS; of++)
        write_policy(quota, of);
}

struct quota *quota_new(struct loop *loop, const struct config *config, struct cache *cache)
{
    static const char *const labels[] = {"of", NULL};
    struct quota *quota = calloc(1, sizeof *quota);

    if (!quota)
        return NULL;
    quota->loop = loop;
    quota->cache = cache;
    random_fill(&quota->seed, sizeof quota->seed);
    for (size_t i = 0; i < KINDS; i++)
        quota->refusals[i] =
            metrics_series(metrics_counter("idpmc_quota_refusals_total",
                                           "Requests that met a quota that was used up.", labels),
                           (const char *const[]){kinds[i].name, NULL});
    quota_reload(quota, config);
    return quota;
}

void quota_free(struct quota *quota)
{
    free(quota);
}

/* A user's bucket is the same in all organizations. */
static int key_of(const struct slot *slot, struct cache_key *ret_key)
{
    char text[UUID_TEXT + 1];
    struct span user = span_text(uuid_format(slot->whose, text));

    return slot->kind == 0
               ? cache_key((struct tenant_id){{{0}}}, kinds[0].cache_kind, &user, 1, ret_key)
               : cache_key((struct tenant_id){slot->whose}, kinds[1].cache_kind, NULL, 0, ret_key);
}

/* What others took is missed here, too. Never more than was thought: a Redis that forgot everything
 * gives nobody a second burst. */
static void on_told(void *data, bool known, int64_t left_milli)
{
    struct telling *telling = data;
    struct slot *slot = telling->slot;

    if (slot->use == telling->use) {
        slot->asked = false;
        slot->unheard = !known;
        left_milli -= slot->untold * 1000;
        if (known && left_milli < slot->bucket.left_milli)
            slot->bucket.left_milli = left_milli;
    }
    free(telling);
}

/* What was not heard need not be told again: it shows in what this bucket has left, which the
 * shared one falls to. While Redis is away, this one bounds what goes through here. */
static void tell(struct quota *quota, struct slot *slot)
{
    int64_t untold = slot->untold;
    struct telling *telling;
    struct cache_key key;

    slot->untold = 0;
    slot->unheard = true;
    slot->told_ms = loop_now_ms(quota->loop);
    if (!cache_is_connected(quota->cache) || key_of(slot, &key) < 0)
        return;
    telling = malloc(sizeof *telling);
    if (!telling)
        return;
    *telling = (struct telling){.quota = quota, .slot = slot, .use = slot->use};
    slot->asked = true;
    cache_bucket_take(quota->cache, &key, &quota->limits[slot->kind], untold,
                      slot->bucket.left_milli, on_told, telling);
}

static void tell_when_due(struct quota *quota, struct slot *slot)
{
    bool much = slot->untold * TELL_SHARES >= quota->limits[slot->kind].burst;
    bool late = loop_now_ms(quota->loop) - slot->told_ms >= TELL_MS;

    if (!slot->asked && (slot->untold > 0 || slot->unheard) && (much || late))
        tell(quota, slot);
}

/* `spared` is in use. */
static struct slot *make_room(struct quota *quota, struct slot set[static WAYS],
                              const struct slot *spared)
{
    struct slot *fullest = &set[0] == spared ? &set[1] : &set[0];
    int64_t least_ms = INT64_MAX;

    for (size_t i = 0; i < WAYS; i++) {
        const struct bucket_limit *limit = &quota->limits[set[i].kind];
        int64_t full_ms;

        if (set[i].use == 0)
            return &set[i];
        if (&set[i] == spared)
            continue;
        bucket_fill(&set[i].bucket, limit, loop_now_ms(quota->loop));
        full_ms = bucket_full_ms(&set[i].bucket, limit);
        if (full_ms < least_ms) {
            least_ms = full_ms;
            fullest = &set[i];
        }
    }
    if (fullest->untold > 0)
        tell(quota, fullest);
    return fullest;
}

/* The bucket, filled until now; that of `spared` (or NULL) does not make room for it. */
static struct slot *slot_of(struct quota *quota, unsigned kind, struct uuid whose,
                            const struct slot *spared)
{
    uint64_t hash = hash_bytes(quota->seed + kind, &whose, sizeof whose);
    struct slot *set = quota->slots[hash % SETS], *slot = NULL;

    for (size_t i = 0; i < WAYS && !slot; i++)
        if (set[i].use > 0 && set[i].kind == kind && uuid_equal(set[i].whose, whose))
            slot = &set[i];
    if (!slot) {
        slot = make_room(quota, set, spared);
        *slot = (struct slot){.whose = whose, .kind = kind, .use = slot->use + 1};
    }
    bucket_fill(&slot->bucket, &quota->limits[kind], loop_now_ms(quota->loop));
    return slot;
}

/* Not all at the same moment: up to as long again, within bounds. */
static int retry_after_s(const struct slot *slot, const struct bucket_limit *limit, int64_t cost)
{
    int64_t wait_s = (bucket_wait_ms(&slot->bucket, limit, cost) + 999) / 1000;
    int64_t jitter_s = wait_s < JITTER_MAX_S ? wait_s : JITTER_MAX_S;
    uint8_t byte;

    random_fill(&byte, sizeof byte);
    return (int)((wait_s > 0 ? wait_s : 1) + byte % (jitter_s + 1));
}

static const struct http_problem *refuse(struct quota *quota, struct call *call, struct slot *slot,
                                         int64_t cost)
{
    tell_when_due(quota, slot);
    metrics_add(quota->refusals[slot->kind], 1);
    return call_keep_problem(
        call, &(struct http_problem){.code = "quota_exceeded",
                                     .detail = kinds[slot->kind].detail,
                                     .retry_after_s =
                                         retry_after_s(slot, &quota->limits[slot->kind], cost)});
}

/* One bucket of a list. */
static void add_state(struct buf *fields, const char *before, const struct slot *slot,
                      const struct bucket_limit *limit)
{
    int64_t left = slot->bucket.left_milli / 1000;

    buf_add_text(fields, before);
    buf_add_text(fields, kinds[slot->kind].name);
    buf_add_text(fields, "\";r=");
    buf_add_number(fields, left > 0 ? left : 0);
    buf_add_text(fields, ";t=");
    buf_add_number(fields, (bucket_full_ms(&slot->bucket, limit) + 999) / 1000);
}

/* RateLimit and RateLimit-Policy (draft-ietf-httpapi-ratelimit-headers-10): the user's, and the
 * organization's behind it once that is known. `t` is how long it takes to be full again. */
static void write_fields(const struct quota *quota, struct call *call,
                         struct slot *const slots[static KINDS])
{
    struct buf *fields = http_exchange_fields(call->exchange);
    const char *before = "RateLimit: \"";

    buf_clear(fields);
    if (!slots[0] && !slots[1])
        return;
    buf_add_text(fields, quota->policies[(slots[0] ? 1 : 0) | (slots[1] ? 2 : 0)]);
    for (size_t kind = 0; kind < KINDS; kind++) {
        if (!slots[kind])
            continue;
        add_state(fields, before, slots[kind], &quota->limits[kind]);
        before = ", \"";
    }
    buf_add_text(fields, "\r\n");
}

/* `paid` of it was taken before. */
static bool lacks(const struct quota *quota, const struct slot *slot, int64_t cost, int64_t paid)
{
    struct bucket before;

    if (!slot)
        return false;
    before = slot->bucket;
    bucket_take(&before, -paid);
    return !bucket_has(&before, &quota->limits[slot->kind], cost);
}

static void take(struct quota *quota, struct slot *slot, int64_t cost)
{
    if (!slot)
        return;
    bucket_take(&slot->bucket, cost);
    slot->untold += cost;
    tell_when_due(quota, slot);
}

const struct http_problem *quota_take(struct quota *quota, struct call *call, unsigned of,
                                      int64_t cost, int64_t paid)
{
    struct slot *user = NULL, *organization = NULL;
    const struct http_problem *problem = NULL;

    if (quota->limits[0].per_s > 0)
        user = slot_of(quota, 0, call->user.uuid, NULL);
    if (of & QUOTA_ORGANIZATION && quota->limits[1].per_s > 0)
        organization = slot_of(quota, 1, call->tenant.uuid, user);
    if (of & QUOTA_USER && lacks(quota, user, cost, paid)) {
        problem = refuse(quota, call, user, cost);
    } else if (lacks(quota, organization, cost, paid)) {
        problem = refuse(quota, call, organization, cost);
    } else {
        take(quota, of & QUOTA_USER ? user : NULL, cost - paid);
        take(quota, organization, cost - paid);
    }
    write_fields(quota, call, (struct slot *[]){user, organization});
    return problem;
}

bool quota_admits(struct quota *quota, struct user_id user)
{
    return quota->limits[0].per_s == 0 || !lacks(quota, slot_of(quota, 0, user.uuid, NULL), 1, 0);
}
