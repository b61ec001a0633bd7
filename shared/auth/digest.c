/* SHA-256, HMAC-SHA256 and derived ids by OpenSSL's EVP interface. Every message passes here once
 * or twice, so algorithms are fetched once a thread and contexts are kept. */
#include "auth/digest.h"

#include <errno.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/hex.h"

static void insist(bool done)
{
    if (done)
        return;
    fputs("OpenSSL cannot hash: out of memory, or without its default provider\n", stderr);
    abort();
}

static pthread_key_t hash_slot;

static void free_hash(void *context)
{
    EVP_MD_CTX_free(context);
}

static void make_hash_slot(void)
{
    insist(pthread_key_create(&hash_slot, free_hash) == 0);
}

static EVP_MD_CTX *new_hash(void)
{
    EVP_MD *sha256 = EVP_MD_fetch(NULL, "SHA256", NULL);
    EVP_MD_CTX *context = EVP_MD_CTX_new();

    insist(sha256 && context && EVP_DigestInit_ex2(context, sha256, NULL) == 1);
    EVP_MD_free(sha256); /* the context holds it */
    insist(pthread_setspecific(hash_slot, context) == 0);
    return context;
}

/* The thread's SHA-256, at its beginning. */
static EVP_MD_CTX *begin_hash(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    EVP_MD_CTX *context;

    insist(pthread_once(&once, make_hash_slot) == 0);
    context = pthread_getspecific(hash_slot);
    if (!context)
        context = new_hash();
    insist(EVP_DigestInit_ex2(context, NULL, NULL) == 1);
    return context;
}

static struct digest end_hash(EVP_MD_CTX *context)
{
    struct digest digest;

    insist(EVP_DigestFinal_ex(context, digest.bytes, NULL) == 1);
    return digest;
}

struct digest digest_of(struct span bytes)
{
    EVP_MD_CTX *context = begin_hash();

    insist(EVP_DigestUpdate(context, bytes.data, bytes.size) == 1);
    return end_hash(context);
}

char *digest_format(const struct digest *digest, char text[static DIGEST_TEXT + 1])
{
    *hex_format(digest->bytes, DIGEST_BYTES, text) = '\0';
    return text;
}

int digest_parse(struct span text, struct digest *ret_digest)
{
    struct digest digest;

    if (text.size != DIGEST_TEXT || hex_parse(text.data, digest.bytes, DIGEST_BYTES) < 0)
        return -EINVAL;
    *ret_digest = digest;
    return 0;
}

bool digest_equal(const struct digest *a, const struct digest *b)
{
    return CRYPTO_memcmp(a->bytes, b->bytes, DIGEST_BYTES) == 0;
}

/* Framed text on its way into a hash or a MAC. It is gathered first, because a call into OpenSSL
 * costs more than the few bytes of a part. */
struct framing {
    EVP_MD_CTX *hash; /* one of these two, the other is NULL */
    EVP_MAC_CTX *mac;
    size_t used;
    char bytes[512]; /* a usual message's fields fit */
};

static void pass_on(struct framing *framing, const void *bytes, size_t size)
{
    if (framing->hash)
        insist(EVP_DigestUpdate(framing->hash, bytes, size) == 1);
    else
        insist(EVP_MAC_update(framing->mac, bytes, size) == 1);
}

static void flush_text(struct framing *framing)
{
    pass_on(framing, framing->bytes, framing->used);
    framing->used = 0;
}

static void add_text(struct framing *framing, struct span text)
{
    if (text.size == 0)
        return;
    if (text.size > sizeof framing->bytes - framing->used)
        flush_text(framing);
    if (text.size > sizeof framing->bytes) {
        pass_on(framing, text.data, text.size);
        return;
    }
    memcpy(framing->bytes + framing->used, text.data, text.size);
    framing->used += text.size;
}

static void add_part(struct framing *framing, struct span part)
{
    uint32_t size = (uint32_t)part.size;
    const uint8_t length[4] = {(uint8_t)(size >> 24), (uint8_t)(size >> 16), (uint8_t)(size >> 8),
                               (uint8_t)size};

    add_text(framing, span_of(length, sizeof length));
    add_text(framing, part);
}

static void begin_framing(struct framing *framing, EVP_MD_CTX *hash, EVP_MAC_CTX *mac)
{
    framing->hash = hash;
    framing->mac = mac;
    framing->used = 0;
    add_text(framing, span_text("idpmc1"));
}

int mac_key_init(struct mac_key *key, const uint8_t secret[static MAC_KEY_BYTES])
{
    char sha256[] = "SHA256";
    const OSSL_PARAM params[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, sha256, 0),
        OSSL_PARAM_construct_end(),
    };
    EVP_MAC *hmac = EVP_MAC_fetch(NULL, "HMAC", NULL);
    EVP_MAC_CTX *context = hmac ? EVP_MAC_CTX_new(hmac) : NULL;

    EVP_MAC_free(hmac); /* the context holds it */
    if (!context || EVP_MAC_init(context, secret, MAC_KEY_BYTES, params) != 1) {
        EVP_MAC_CTX_free(context);
        return -ENOMEM;
    }
    key->context = context;
    return 0;
}

void mac_key_deinit(struct mac_key *key)
{
    EVP_MAC_CTX_free(key->context);
    key->context = NULL;
}

struct digest mac_with(const struct mac_key *key, const struct mac_fields *fields)
{
    struct framing framing;
    struct digest mac;
    size_t size = 0;

    /* Without a key, EVP_MAC_init begins again with the one that is there. */
    insist(EVP_MAC_init(key->context, NULL, 0, NULL) == 1);
    begin_framing(&framing, NULL, key->context);
    add_part(&framing, fields->topic);
    add_part(&framing, fields->key);
    add_part(&framing, fields->id);
    add_part(&framing, fields->type);
    add_part(&framing, fields->tenant);
    add_part(&framing, fields->actor);
    add_part(&framing, fields->time);
    add_part(&framing, fields->content_type);
    add_part(&framing, span_of(fields->payload.bytes, DIGEST_BYTES));
    flush_text(&framing);
    insist(EVP_MAC_final(key->context, mac.bytes, &size, DIGEST_BYTES) == 1 &&
           size == DIGEST_BYTES);
    return mac;
}

struct digest mac_of(const uint8_t secret[static MAC_KEY_BYTES], const struct mac_fields *fields)
{
    struct mac_key key = {0};
    struct digest mac;

    insist(mac_key_init(&key, secret) == 0);
    mac = mac_with(&key, fields);
    mac_key_deinit(&key);
    return mac;
}

struct uuid derive_id(const char *word, const struct span *parts, size_t count)
{
    struct framing framing;
    struct digest digest;

    begin_framing(&framing, begin_hash(), NULL);
    add_part(&framing, span_text(word));
    for (size_t i = 0; i < count; i++)
        add_part(&framing, parts[i]);
    flush_text(&framing);
    digest = end_hash(framing.hash);
    return uuid_v8(digest.bytes);
}

static struct span uuid_span(struct uuid uuid, char text[static UUID_TEXT + 1])
{
    return span_of(uuid_format(uuid, text), UUID_TEXT);
}

struct message_id derive_command(const char *module, struct tenant_id tenant, struct span actor,
                                 const char *type, struct span key)
{
    char tenant_text[UUID_TEXT + 1];
    const struct span parts[] = {span_text(module), uuid_span(tenant.uuid, tenant_text), actor,
                                 span_text(type), key};

    return (struct message_id){derive_id("command", parts, COUNT_OF(parts))};
}

struct message_id derive_caused(const char *module, struct tenant_id tenant,
                                struct message_id cause, unsigned place)
{
    char tenant_text[UUID_TEXT + 1], cause_text[UUID_TEXT + 1], place_text[16];
    int place_size = snprintf(place_text, sizeof place_text, "%u", place);
    const struct span parts[] = {span_text(module), uuid_span(tenant.uuid, tenant_text),
                                 uuid_span(cause.uuid, cause_text),
                                 span_of(place_text, (size_t)place_size)};

    return (struct message_id){derive_id("event", parts, COUNT_OF(parts))};
}

struct message_id derive_tick(const char *module, struct tenant_id tenant, const char *type,
                              struct span about)
{
    char tenant_text[UUID_TEXT + 1];
    const struct span parts[] = {span_text(module), uuid_span(tenant.uuid, tenant_text),
                                 span_text(type), about};

    return (struct message_id){derive_id("tick", parts, COUNT_OF(parts))};
}

struct tenant_id derive_organization(struct span issuer, struct user_id subject,
                                     struct message_id command)
{
    char subject_text[UUID_TEXT + 1], command_text[UUID_TEXT + 1];
    const struct span parts[] = {issuer, uuid_span(subject.uuid, subject_text),
                                 uuid_span(command.uuid, command_text)};

    return (struct tenant_id){derive_id("organization", parts, COUNT_OF(parts))};
}
