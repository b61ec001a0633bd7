/* Makes keys and tokens for tests, well or badly formed: what it is told to sign it signs. Ends the
 * test program where OpenSSL fails. */
#ifndef SUPPORT_JOSE_H
#define SUPPORT_JOSE_H

#include "base/buf.h"

struct evp_pkey_st;

/* A fresh private key; freed by jose_free. `curve` as OpenSSL names it: "prime256v1". */
struct evp_pkey_st *jose_rsa(unsigned bits);
struct evp_pkey_st *jose_ec(const char *curve);
struct evp_pkey_st *jose_ed25519(void);
void jose_free(struct evp_pkey_st *key);

/* Appends the members of the public key's JWK: `"kty":"RSA","n":"...","e":"..."`. `crv` is the name
 * to give an EC key. */
void jose_public_members(struct evp_pkey_st *key, const char *crv, struct buf *out);

/* The public key in PEM and in DER (SubjectPublicKeyInfo), as an attacker knows it. */
void jose_public_pem(struct evp_pkey_st *key, struct buf *out);
void jose_public_der(struct evp_pkey_st *key, struct buf *out);

/* Appends base64url(header) "." base64url(payload) "." and the signature: by HMAC-SHA256, by
 * PKCS#1 1.5 with SHA-256, by ECDSA with SHA-256 as r and s of 32 bytes, resp. by Ed25519. */
void jose_hs256(struct span secret, const char *header, const char *payload, struct buf *out);
void jose_sign(struct evp_pkey_st *key, const char *header, const char *payload, struct buf *out);

/* The same with a signature of the caller's choice. */
void jose_with_signature(struct span signature, const char *header, const char *payload,
                         struct buf *out);

/* The bare signature as OpenSSL makes it: ECDSA's in DER, which JOSE does not take. */
void jose_signature(struct evp_pkey_st *key, const char *header, const char *payload,
                    struct buf *out);

#endif
