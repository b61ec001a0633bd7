#include "doorkeeper.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

#include "auth/token.h"
#include "base/hash.h"

/* Verifying costs some 60 us or more, so that whoever sends one bad token after the other is
 * stopped for a while: each bad token takes one of an address's tries, which come back with time.
 */
enum {
    CACHED_TOKENS = 65536,
    ADDRESSES = 4096,
    TRIES = 1000,
    TRIES_BACK_A_SECOND = 100,
    JWKS_MAX_BYTES = 1 << 20,
};

struct tries {
    uint8_t address[16];
    int64_t since_ms;
    int64_t left;
};

struct doorkeeper {
    struct token_keys *keys;
    struct token_verifier *verifier;
    struct tries tries[ADDRESSES];
};

static int read_file(const char *path, struct buf *out)
{
    FILE *file = fopen(path, "re");
    char bytes[4096];
    size_t got;

    if (!file)
        return -errno;
    while ((got = fread(bytes, 1, sizeof bytes, file)) > 0 && out->size < JWKS_MAX_BYTES)
        buf_add(out, bytes, got);
    fclose(file);
    return buf_failed(out) ? -ENOMEM : 0;
}

static int add_keys(struct doorkeeper *doorkeeper, const struct config *config, struct buf *error)
{
    cleanup(buf_deinit) struct buf jwks = {0};
    int r = 0;

    if (config->issuers[0].secret) {
        r = token_keys_add_secret(doorkeeper->keys, NULL, span_text(config->issuers[0].secret));
        if (r == -EINVAL)
            buf_add_text(error, "IDPMC_TOKEN_SECRET has fewer than 32 bytes");
    }
    if (r < 0 || !config->issuers[0].jwks_file)
        return r;
    r = read_file(config->issuers[0].jwks_file, &jwks);
    if (r < 0) {
        buf_printf(error, "IDPMC_TOKEN_JWKS_FILE: %s: %s", config->issuers[0].jwks_file,
                   strerror(-r));
        return -EINVAL;
    }
    return token_keys_add_jwks(doorkeeper->keys, buf_span(&jwks), error);
}

int doorkeeper_new(const struct config *config, struct doorkeeper **ret_doorkeeper,
                   struct buf *error)
{
    struct doorkeeper *doorkeeper = calloc(1, sizeof *doorkeeper);
    int r = -ENOMEM;

    if (!doorkeeper)
        return -ENOMEM;
    doorkeeper->keys = token_keys_new();
    if (doorkeeper->keys)
        r = add_keys(doorkeeper, config, error);
    if (r == 0) {
        doorkeeper->verifier = token_verifier_new(doorkeeper->keys, config->issuers[0].issuer,
                                                  config->issuers[0].audience, CACHED_TOKENS);
        r = doorkeeper->verifier ? 0 : -ENOMEM;
    }
    if (r < 0) {
        doorkeeper_free(doorkeeper);
        return r;
    }
    *ret_doorkeeper = doorkeeper;
    return 0;
}

void doorkeeper_free(struct doorkeeper *doorkeeper)
{
    if (!doorkeeper)
        return;
    token_verifier_free(doorkeeper->verifier);
    token_keys_free(doorkeeper->keys);
    free(doorkeeper);
}

/* Addresses share a place by their hash: a stranger's bad luck lasts for seconds. */
static struct tries *tries_of(struct doorkeeper *doorkeeper, const struct call *call)
{
    const uint8_t *address = http_exchange_peer(call->exchange);
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

static bool identify(struct doorkeeper *doorkeeper, struct call_pool *pool, struct call *call)
{
    struct span token = bearer_of(call_request(call));
    struct timestamp now = timestamp_now();
    struct token_claims claims;
    struct tries *tries;
    int r;

    if (token.size == 0) {
        answer_unauthorized(pool, call, "Bearer", "token_missing",
                            "The request has no field `Authorization: Bearer <token>`.");
        return false;
    }
    tries = tries_of(doorkeeper, call);
    if (tries->left <= 0 && !token_is_cached(doorkeeper->verifier, token, now)) {
        answer_too_many(pool, call);
        return false;
    }
    r = token_verify(doorkeeper->verifier, token, now, &claims);
    if (r < 0) {
        call_answer_fault(pool, call);
        return false;
    }
    if (r > 0) {
        tries->left--;
        answer_unauthorized(pool, call, "Bearer error=\"invalid_token\"", "token_invalid",
                            token_refusal_text((enum token_refusal)r));
        return false;
    }
    call->user = claims.subject;
    call->expires = claims.expires;
    memcpy(call->actor, "user:", 5);
    uuid_format(call->user.uuid, call->actor + 5);
    return true;
}

static void answer_bad_tenant(struct call_pool *pool, struct call *call, const char *detail)
{
    call_answer_problem(pool, call,
                        &(struct http_problem){.code = "organization_malformed", .detail = detail});
}

bool doorkeeper_admit(struct doorkeeper *doorkeeper, struct call_pool *pool, struct call *call)
{
    struct span value;

    if (!identify(doorkeeper, pool, call))
        return false;
    value = http_request_header(call_request(call), "X-Organization-ID");
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
