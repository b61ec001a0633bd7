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

/* The `iss`. 0 or TOKEN_BAD_CLAIMS. */
must_check int token_issuer_read(const struct json *document, struct span *ret_issuer);

/* The other claims, which have to be meant for this audience and this moment. 0 or a refusal. */
must_check int token_claims_read(const struct json *document, const char *audience,
                                 struct timestamp now, struct token_claims *ret_claims);

#endif
