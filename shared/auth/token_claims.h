/* The two JSON objects of a token, read after RFC 8725's rules. */
#ifndef AUTH_TOKEN_CLAIMS_H
#define AUTH_TOKEN_CLAIMS_H

#include "auth/token.h"
#include "codec/json.h"

/* What a JOSE header says; spans live as long as its document. */
struct token_header {
    struct span algorithm;
    struct span kid; /* data NULL: none */
};

/* 0 or TOKEN_MALFORMED. */
must_check int token_header_read(const struct json *document, struct token_header *ret_header);

/* What a verifier expects. */
struct token_expected {
    const char *issuer, *audience;
    struct timestamp now;
};

/* 0 or a refusal. */
must_check int token_claims_read(const struct json *document, const struct token_expected *expected,
                                 struct token_claims *ret_claims);

#endif
