#include "doorkeeper.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <strings.h>

#include "auth/token.h"
#include "base/hash.h"
#include "keyset.h"

static_assert((int)CONFIG_RS256 == (int)TOKEN_RS256 && (int)CONFIG_ES256 == (int)TOKEN_ES256 &&
                  (int)CONFIG_EDDSA == (int)TOKEN_EDDSA && (int)CONFIG_HS256 == (int)TOKEN_HS256 &&
                  (int)CONFIG_ISSUERS_MAX == (int)TOKEN_ISSUERS_MAX,
              "the settings and the verifier name algorithms alike");

/* Verifying costs some 60 us or more, so that whoever sends one bad token after the other is
 * stopped for a while: each bad token takes one of an address's tries, which come back with time.
 */
enum {
    CACHED_TOKENS = 65536,
    ADDRESSES = 4096,
    TRIES = 1000,
    TRIES_BACK_A_SECOND = 100,
    WAITERS_MAX = 1024,
    FETCH_MS = 5000,
};

struct tries {
    uint8_t address[16];
    int64_t since_ms;
    int64_t left;
};

/* A request whose token names a key that may be in the set that is being fetched. */
struct waiter {
    struct http_exchange *exchange;
    struct waiter *next;
};

/* An issuer of the config, by its place in it. */
struct door {
    struct doorkeeper *doorkeeper;
    size_t issuer;
    struct keyset *keyset;
    struct waiter *waiters;
};

struct doorkeeper {
    const struct config *config;
    struct call_pool *pool;
    struct fetch *fetch;
    struct token_verifier *verifier;
    struct door doors[CONFIG_ISSUERS_MAX];
    size_t waiter_count;
    struct tries tries[ADDRESSES];
};

static void on_renewed(void *data, struct token_keys *keys)
{
    const struct door *door = data;

    token_verifier_set_keys(door->doorkeeper->verifier, door->issuer, keys);
}

/* They come in by the front again; the key set does not let them wait twice. */
static void on_settled(void *data)
{
    struct door *door = data;
    struct waiter *waiter = door->waiters, *next;

    door->waiters = NULL;
    for (; waiter; waiter = next) {
        const struct http_match *match = http_exchange_match(waiter->exchange);

        next = waiter->next;
        door->doorkeeper->waiter_count--;
        match->handle(waiter->exchange, match->data);
        free(waiter);
    }
}

static const struct keyset_events keyset_events = {.renewed = on_renewed, .settled = on_settled};

static int make_verifier(struct doorkeeper *doorkeeper)
{
    const struct config *config = doorkeeper->config;
    struct token_issuer issuers[CONFIG_ISSUERS_MAX];

    for (size_t i = 0; i < config->issuer_count; i++)
        issuers[i] = (struct token_issuer){.issuer = config->issuers[i].issuer,
                                           .audience = config->issuers[i].audience,
                                           .algorithms = config->issuers[i].algorithms};
    doorkeeper->verifier = token_verifier_new(issuers, config->issuer_count, CACHED_TOKENS);
    return doorkeeper->verifier ? 0 : -ENOMEM;
}

static int open_doors(struct doorkeeper *doorkeeper, struct loop *loop, struct buf *error)
{
    const struct config *config = doorkeeper->config;
    struct token_keys *keys;
    int r = 0;

    for (size_t i = 0; i < config->issuer_count && r == 0; i++) {
        struct door *door = &doorkeeper->doors[i];

        *door = (struct door){.doorkeeper = doorkeeper, .issuer = i};
        r = keyset_new(loop, doorkeeper->fetch, &config->issuers[i], config->jwks_refresh_s,
                       &keyset_events, door, &door->keyset, &keys, error);
        if (r == 0)
            token_verifier_set_keys(doorkeeper->verifier, i, keys);
    }
    return r;
}

int doorkeeper_new(struct loop *loop, const struct config *config, struct call_pool *pool,
                   struct doorkeeper **ret_doorkeeper, struct buf *error)
{
    static const struct fetch_options options = {.max_bytes = KEYSET_BYTES_MAX,
                                                 .timeout_ms = FETCH_MS};
    struct doorkeeper *doorkeeper = calloc(1, sizeof *doorkeeper);
    int r = -ENOMEM;

    if (!doorkeeper)
        return -ENOMEM;
    doorkeeper->config = config;
    doorkeeper->pool = pool;
    doorkeeper->fetch = fetch_new(loop, &options);
    if (doorkeeper->fetch)
        r = make_verifier(doorkeeper);
    if (r == 0)
        r = open_doors(doorkeeper, loop, error);
    if (r < 0) {
        doorkeeper_free(doorkeeper);
        return r;
    }
    *ret_doorkeeper = doorkeeper;
    return 0;
}

static void close_door(struct door *door)
{
    struct waiter *waiter = door->waiters, *next;

    for (; waiter; waiter = next) {
        next = waiter->next;
        free(waiter);
    }
    keyset_free(door->keyset);
}

void doorkeeper_free(struct doorkeeper *doorkeeper)
{
    if (!doorkeeper)
        return;
    for (size_t i = 0; i < doorkeeper->config->issuer_count; i++)
        close_door(&doorkeeper->doors[i]);
    fetch_free(doorkeeper->fetch);
    token_verifier_free(doorkeeper->verifier);
    free(doorkeeper);
}

bool doorkeeper_ready(const struct doorkeeper *doorkeeper, struct buf *away)
{
    bool ready = true;

    for (size_t i = 0; i < doorkeeper->config->issuer_count; i++) {
        if (keyset_is_there(doorkeeper->doors[i].keyset))
            continue;
        buf_printf(away, "%skeys of %s", away->size ? ", " : "",
                   doorkeeper->config->issuers[i].issuer);
        ready = false;
    }
    return ready;
}

void doorkeeper_reload(struct doorkeeper *doorkeeper)
{
    for (size_t i = 0; i < doorkeeper->config->issuer_count; i++)
        keyset_refresh(doorkeeper->doors[i].keyset);
}

/* Addresses share a place by their hash: a stranger's bad luck lasts for seconds. */
static struct tries *tries_of(struct doorkeeper *doorkeeper, const struct http_exchange *exchange)
{
    const uint8_t *address = http_exchange_peer(exchange);
    struct tries *tries = &doorkeeper->tries[hash_bytes(0, address, 16) % ADDRESSES];
    int64_t now_ms = monotonic_ms(), back;

    if (tries->since_ms == 0 || memcmp(tries->address, address, 16) != 0) {
        memcpy(tries->address, address, 16);
        tries->left = TRIES;
        tries->since_ms = now_ms;
    }
    back = (now_ms - tries->since_ms) * TRIES_BACK_A_SECOND / 1000;
    if (back > 0) {
        tries->left = tries->left + back < TRIES ? tries->left + back : TRIES;
        tries->since_ms = now_ms;
    }
    return tries;
}

static void answer_unauthorized(struct call_pool *pool, struct call *call, const char *challenge,
                                const char *code, const char *detail)
{
    const struct http_header header = {span_text("WWW-Authenticate"), span_text(challenge)};

    call_answer_problem(pool, call,
                        &(struct http_problem){
                            .code = code, .detail = detail, .headers = &header, .header_count = 1});
}

static void answer_too_many(struct call_pool *pool, struct call *call)
{
    call_answer_problem(pool, call,
                        &(struct http_problem){.code = "too_many_bad_tokens",
                                               .detail = "Too many tokens from this address were "
                                                         "not valid.",
                                               .retry_after_s = 1});
}

/* RFC 6750: the scheme in any case, one space or more, the token. */
static struct span bearer_of(const struct http_request *request)
{
    static const char scheme[] = "Bearer ";
    struct span value = http_request_header(request, "Authorization");

    if (value.size < sizeof scheme - 1 || strncasecmp(value.data, scheme, sizeof scheme - 1) != 0)
        return span_of(NULL, 0);
    value = span_of(value.data + sizeof scheme - 1, value.size - (sizeof scheme - 1));
    while (value.size && value.data[0] == ' ')
        value = span_of(value.data + 1, value.size - 1);
    return value;
}

/* True: the call is gone until the keys have been read again. */
static bool let_wait(struct doorkeeper *doorkeeper, struct door *door, struct call *call)
{
    struct waiter *waiter;

    if (doorkeeper->waiter_count == WAITERS_MAX || !keyset_ask(door->keyset))
        return false;
    waiter = malloc(sizeof *waiter);
    if (!waiter)
        return false;
    *waiter = (struct waiter){.exchange = call->exchange, .next = door->waiters};
    door->waiters = waiter;
    doorkeeper->waiter_count++;
    call_drop(doorkeeper->pool, call);
    return true;
}

/* Says why the token was refused, unless its key may be among those that are being fetched. */
static void refuse(struct doorkeeper *doorkeeper, struct call *call, struct tries *tries,
                   enum token_refusal refusal, size_t issuer)
{
    if (refusal == TOKEN_UNKNOWN_KEY) {
        struct door *door = &doorkeeper->doors[issuer];

        if (!keyset_is_there(door->keyset)) {
            call_answer_unavailable(doorkeeper->pool, call,
                                    "The keys of the token's issuer could not be fetched yet.");
            return;
        }
        if (let_wait(doorkeeper, door, call))
            return;
    }
    tries->left--;
    answer_unauthorized(doorkeeper->pool, call, "Bearer error=\"invalid_token\"", "token_invalid",
                        token_refusal_text(refusal));
}

static void take_claims(const struct doorkeeper *doorkeeper, struct call *call,
                        const struct token_claims *claims)
{
    call->user = claims->subject;
    call->issuer = doorkeeper->config->issuers[claims->issuer].issuer;
    call->expires = claims->expires;
    memcpy(call->actor, "user:", 5);
    uuid_format(call->user.uuid, call->actor + 5);
}

bool doorkeeper_admit(struct doorkeeper *doorkeeper, struct call *call)
{
    struct span token = bearer_of(call_request(call));
    struct timestamp now = timestamp_now();
    struct token_claims claims;
    struct tries *tries;
    int r;

    if (token.size == 0) {
        answer_unauthorized(doorkeeper->pool, call, "Bearer", "token_missing",
                            "The request has no field `Authorization: Bearer <token>`.");
        return false;
    }
    if (token_recall(doorkeeper->verifier, token, now, &claims)) {
        take_claims(doorkeeper, call, &claims);
        return true;
    }
    tries = tries_of(doorkeeper, call->exchange);
    if (tries->left <= 0) {
        answer_too_many(doorkeeper->pool, call);
        return false;
    }
    r = token_verify(doorkeeper->verifier, token, now, &claims);
    if (r < 0)
        call_answer_fault(doorkeeper->pool, call);
    else if (r > 0)
        refuse(doorkeeper, call, tries, (enum token_refusal)r, claims.issuer);
    else
        take_claims(doorkeeper, call, &claims);
    return r == 0;
}

bool doorkeeper_expects(struct doorkeeper *doorkeeper, const struct http_exchange *exchange,
                        struct user_id *ret_user)
{
    struct span token = bearer_of(http_exchange_request(exchange));
    struct timestamp now = timestamp_now();
    struct token_claims claims;
    int r;

    if (token.size == 0)
        return false;
    if (token_recall(doorkeeper->verifier, token, now, &claims)) {
        *ret_user = claims.subject;
        return true;
    }
    if (tries_of(doorkeeper, exchange)->left <= 0)
        return false;
    r = token_verify(doorkeeper->verifier, token, now, &claims);
    if (r == 0)
        *ret_user = claims.subject;
    return r == 0 || r == TOKEN_UNKNOWN_KEY; /* whose key may come before the body does */
}

static void answer_bad_tenant(struct call_pool *pool, struct call *call, const char *detail)
{
    call_answer_problem(pool, call,
                        &(struct http_problem){.code = "organization_malformed", .detail = detail});
}

bool doorkeeper_reads_tenant(struct call_pool *pool, struct call *call)
{
    struct span value = http_request_header(call_request(call), "X-Organization-ID");

    if (!value.data)
        return true;
    if (uuid_parse(value, &call->tenant.uuid) < 0 || uuid_is_nil(call->tenant.uuid)) {
        answer_bad_tenant(pool, call, "X-Organization-ID is a UUID in lower case.");
        return false;
    }
    call->has_tenant = true;
    return true;
}

bool doorkeeper_wants_tenant(struct call_pool *pool, struct call *call)
{
    if (!call->has_tenant)
        answer_bad_tenant(pool, call,
                          "The field X-Organization-ID has to say which organization this is for.");
    return call->has_tenant;
}
