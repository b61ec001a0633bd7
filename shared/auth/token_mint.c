/* Mints development tokens by libjwt. */
#include <errno.h>
#include <jwt.h>
#include <limits.h>
#include <stdlib.h>

#include "auth/token.h"

/* libjwt answers an errno value; EEXIST cannot be, for each claim is set once. */
static int add_claims(jwt_t *jwt, const char *issuer, const char *audience, struct user_id subject,
                      int64_t issued_s, int64_t expires_s)
{
    char subject_text[UUID_TEXT + 1];
    int r;

    if ((r = jwt_add_grant(jwt, "iss", issuer)) != 0 ||
        (r = jwt_add_grant(jwt, "aud", audience)) != 0 ||
        (r = jwt_add_grant(jwt, "sub", uuid_format(subject.uuid, subject_text))) != 0 ||
        (r = jwt_add_grant_int(jwt, "iat", (long)issued_s)) != 0 ||
        (r = jwt_add_grant_int(jwt, "exp", (long)expires_s)) != 0)
        return -r;
    return 0;
}

static int sign(jwt_t *jwt, struct span secret, const char *kid)
{
    int r = jwt_set_alg(jwt, JWT_ALG_HS256, (const unsigned char *)secret.data, (int)secret.size);

    if (r == 0 && kid)
        r = jwt_add_header(jwt, "kid", kid);
    return -r;
}

int token_mint(struct span secret, const char *kid, const char *issuer, const char *audience,
               struct user_id subject, struct timestamp now, int64_t ttl_s, struct buf *out)
{
    int64_t issued_s = now.us / 1000000;
    char *text = NULL;
    jwt_t *jwt;
    int r;

    if (secret.size == 0 || secret.size > INT_MAX || ttl_s <= 0)
        return -EINVAL;
    if (jwt_new(&jwt) != 0)
        return -ENOMEM;
    r = add_claims(jwt, issuer, audience, subject, issued_s, issued_s + ttl_s);
    if (r == 0)
        r = sign(jwt, secret, kid);
    if (r == 0 && !(text = jwt_encode_str(jwt)))
        r = -ENOMEM;
    if (r == 0) {
        buf_add_text(out, text);
        r = buf_failed(out) ? -ENOMEM : 0;
    }
    free(text);
    jwt_free(jwt);
    return r;
}
