/* A bearer token. An even first byte: the text as it is. An odd one: header, a line feed, claims,
 * signed as an issuer would, so that the claims are reached. */
#include "auth/token.h"
#include "auth/token_jws.h"
#include "fuzz.h"
#include "support/jose.h"

static const char secret[] = "0123456789abcdef0123456789abcdef";
static const struct timestamp now = {INT64_C(1700000000) * 1000000};

static struct token_verifier *make_verifier(void)
{
    static const struct token_issuer issuers[] = {{"https://a", "idpmc", TOKEN_HS256},
                                                  {"https://b", "idpmc", TOKEN_RS256}};
    struct token_verifier *verifier = token_verifier_new(issuers, 2, 64);
    struct token_keys *keys = token_keys_new();

    HOLDS(verifier && keys);
    HOLDS(token_keys_add_secret(keys, "k1", span_text(secret)) == 0);
    HOLDS(token_keys_add_secret(keys, NULL, span_text("fedcba9876543210fedcba9876543210")) == 0);
    token_verifier_set_keys(verifier, 0, keys);
    return verifier;
}

static void verify(struct token_verifier *verifier, struct span token)
{
    struct token_claims claims = {0}, again = {0};
    int r = token_verify(verifier, token, now, &claims);

    HOLDS(r == 0 || (r >= TOKEN_MALFORMED && r <= TOKEN_BAD_CLAIMS));
    if (r != 0) {
        HOLDS(!token_recall(verifier, token, now, &claims));
        return;
    }
    HOLDS(claims.issuer < 2 && claims.expires.us > now.us - TOKEN_LEEWAY_S * INT64_C(1000000));
    HOLDS(token_verify(verifier, token, now, &again) == 0);
    HOLDS(uuid_equal(claims.subject.uuid, again.subject.uuid));
}

static void sign(struct span input, struct buf *out)
{
    struct span first = take_until(&input, '\n');
    char *header = copy_text(first), *claims = copy_text(input);

    jose_hs256(span_text(secret), header, claims, out);
    free(header);
    free(claims);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct token_verifier *verifier;
    struct span input = span_of(data, size);
    struct buf signed_text = {0};
    bool is_signed = take_byte(&input) & 1;
    char *token;

    if (!verifier)
        verifier = make_verifier();
    if (is_signed)
        sign(input, &signed_text);
    token = copy_exactly(is_signed ? buf_span(&signed_text) : input);
    verify(verifier, span_of(token, is_signed ? signed_text.size : input.size));
    free(token);
    buf_deinit(&signed_text);
    return 0;
}
