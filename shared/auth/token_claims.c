/* Claims are read here and not by libjwt: its getters answer 0 for a number of the wrong type as
 * well (an `nbf` that is text would be no limit), and its parser takes duplicate members. */
#include "auth/token_claims.h"

#include <strings.h>

/* Parameters that bring their own key or change what is signed: we take neither from a token. */
static const char *const refused_parameters[] = {"jku", "x5u", "jwk", "crit", "b64"};

static bool type_is_known(const struct json *type)
{
    struct span text;

    if (!type)
        return true;
    return json_text(type, &text) &&
           (strcasecmp(text.data, "JWT") == 0 || strcasecmp(text.data, "at+jwt") == 0);
}

int token_header_read(const struct json *document, struct token_header *ret_header)
{
    const struct json *kid = json_get(document, "kid");
    struct token_header header = {0};

    for (size_t i = 0; i < COUNT_OF(refused_parameters); i++)
        if (json_get(document, refused_parameters[i]))
            return TOKEN_MALFORMED;
    if (!type_is_known(json_get(document, "typ")) ||
        !json_text(json_get(document, "alg"), &header.algorithm) ||
        (kid && !json_text(kid, &header.kid)))
        return TOKEN_MALFORMED;
    *ret_header = header;
    return 0;
}

/* NumericDate (RFC 7519, section 2): seconds, whole or not, from 1970 to 9999. */
static bool read_time(const struct json *value, struct timestamp *ret_time)
{
    static const double year_10000 = 253402300800.0;
    double seconds;

    if (!json_number(value, &seconds) || seconds < 0 || seconds >= year_10000)
        return false;
    *ret_time = (struct timestamp){(int64_t)(seconds * 1e6)};
    return true;
}

static bool read_subject(const struct json *value, struct user_id *ret_subject)
{
    struct span text;

    return json_text(value, &text) && uuid_parse(text, &ret_subject->uuid) == 0;
}

/* A text or an array of texts. False: neither. */
static bool read_audience(const struct json *value, const char *audience, bool *ret_meant)
{
    size_t count = json_count(value);
    bool meant = false;
    struct span text;

    if (json_text(value, &text)) {
        *ret_meant = span_is(text, audience);
        return true;
    }
    for (size_t i = 0; i < count; i++) {
        if (!json_text(json_at(value, i), &text))
            return false;
        meant |= span_is(text, audience);
    }
    *ret_meant = meant;
    return count > 0;
}

/* An optional time before which the token is not valid. */
static int check_begin(const struct json *value, struct timestamp latest)
{
    struct timestamp begin;

    if (!value)
        return 0;
    if (!read_time(value, &begin))
        return TOKEN_BAD_CLAIMS;
    return begin.us > latest.us ? TOKEN_NOT_YET_VALID : 0;
}

int token_issuer_read(const struct json *document, struct span *ret_issuer)
{
    return json_text(json_get(document, "iss"), ret_issuer) ? 0 : TOKEN_BAD_CLAIMS;
}

int token_claims_read(const struct json *document, const char *audience, struct timestamp now,
                      struct token_claims *ret_claims)
{
    const int64_t leeway_us = INT64_C(1000000) * TOKEN_LEEWAY_S;
    const struct timestamp latest = {now.us + leeway_us};
    struct token_claims claims = {0};
    bool meant;
    int r;

    if (!read_audience(json_get(document, "aud"), audience, &meant) ||
        !read_subject(json_get(document, "sub"), &claims.subject) ||
        !read_time(json_get(document, "exp"), &claims.expires))
        return TOKEN_BAD_CLAIMS;
    if (!meant)
        return TOKEN_WRONG_AUDIENCE;
    if (now.us >= claims.expires.us + leeway_us)
        return TOKEN_EXPIRED;
    r = check_begin(json_get(document, "nbf"), latest);
    if (r == 0)
        r = check_begin(json_get(document, "iat"), latest);
    if (r == 0)
        *ret_claims = claims;
    return r;
}
