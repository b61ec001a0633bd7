#include "auth/token_jws.h"

#include <errno.h>

#include "auth/base64url.h"

static struct span until_dot(struct span text)
{
    const char *dot = text.size ? memchr(text.data, '.', text.size) : NULL;

    return span_of(text.data, dot ? (size_t)(dot - text.data) : text.size);
}

static struct span behind(struct span text, struct span head)
{
    size_t skipped = head.size + 1; /* the dot as well */

    return skipped > text.size ? span_of(NULL, 0)
                               : span_of(text.data + skipped, text.size - skipped);
}

static int read_bytes(struct span segment, struct buf *out)
{
    int r = base64url_decode(segment, out);

    return r == -EINVAL ? TOKEN_MALFORMED : r;
}

static int read_header(struct token_jws *jws, struct span segment)
{
    cleanup(buf_deinit) struct buf text = {0};
    int r = read_bytes(segment, &text);

    if (r != 0)
        return r;
    r = json_parse(buf_span(&text), &jws->header_object);
    if (r < 0)
        return r == -ENOMEM ? r : TOKEN_MALFORMED;
    return token_header_read(jws->header_object, &jws->header);
}

/* A fourth segment's dot is no base64url: the signature's decoding ends it. */
static int read_segments(struct token_jws *jws, struct span text)
{
    struct span header = until_dot(text), rest = behind(text, header);
    struct span payload = until_dot(rest);
    int r = read_header(jws, header);

    if (r == 0)
        r = read_bytes(payload, &jws->payload);
    if (r == 0)
        r = read_bytes(behind(rest, payload), &jws->signature);
    if (r == 0 && jws->signature.size == 0)
        r = TOKEN_MALFORMED;
    jws->covered = span_of(text.data, header.size + 1 + payload.size);
    return r;
}

int token_jws_read(struct token_jws *jws, struct span text)
{
    int r;

    *jws = (struct token_jws){0};
    r = read_segments(jws, text);
    if (r != 0)
        token_jws_deinit(jws);
    return r;
}

void token_jws_deinit(struct token_jws *jws)
{
    json_free(jws->header_object);
    buf_deinit(&jws->payload);
    buf_deinit(&jws->signature);
    *jws = (struct token_jws){0};
}

static bool is_allowed(struct span name, unsigned algorithms)
{
    for (unsigned one = 1; one <= algorithms; one <<= 1)
        if ((algorithms & one) && span_is(name, token_algorithm_name((enum token_algorithm)one)))
            return true;
    return false;
}

/* The key follows from the issuer and `kid` alone, and the algorithm from the key. */
int token_jws_check(const struct token_jws *jws, const struct token_keys *keys, unsigned algorithms)
{
    const struct token_key *key;

    if (!is_allowed(jws->header.algorithm, algorithms))
        return TOKEN_WRONG_ALGORITHM;
    key = keys ? token_keys_find(keys, &jws->header) : NULL;
    if (!key)
        return TOKEN_UNKNOWN_KEY;
    if (!span_is(jws->header.algorithm, token_algorithm_name(key->algorithm)))
        return TOKEN_WRONG_ALGORITHM;
    return token_check_signature(&key->check, jws->covered, buf_span(&jws->signature));
}
