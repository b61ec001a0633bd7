/* docs/reference/vectors.json, which other languages test themselves with: computed by Python's
 * hashlib, hmac and msgpack from docs/reference/wire.md, not by the code under test. */
#include <CUnit/CUnit.h>

#include <stdio.h>

#include "auth/digest.h"
#include "base/murmur2.h"
#include "codec/codec.h"
#include "codec/json.h"

enum { FILE_BYTES = 65536, BODY_BYTES = 1024, PARTS_MAX = 8 };

static struct json *document;
static char text[FILE_BYTES];

static const struct json *vectors(const char *kind)
{
    FILE *file = fopen("docs/reference/vectors.json", "re");
    size_t size;

    CU_ASSERT_PTR_NOT_NULL_FATAL(file);
    size = fread(text, 1, sizeof text, file);
    fclose(file);
    json_free(document);
    document = NULL;
    CU_ASSERT_EQUAL_FATAL(json_parse(span_of(text, size), &document), 0);
    CU_ASSERT_TRUE_FATAL(json_count(json_get(document, kind)) >= 3);
    return json_get(document, kind);
}

static struct span text_of(const struct json *object, const char *key)
{
    struct span found = {0};

    CU_ASSERT_TRUE_FATAL(json_text(json_get(object, key), &found));
    return found;
}

static uint64_t number_of(const struct json *object, const char *key)
{
    double number = -1;

    CU_ASSERT_TRUE_FATAL(json_number(json_get(object, key), &number));
    return (uint64_t)number;
}

/* The bytes that hexadecimal digits stand for, at most BODY_BYTES. */
static struct span from_hex(struct span hex, uint8_t *bytes)
{
    CU_ASSERT_TRUE_FATAL(hex.size % 2 == 0 && hex.size / 2 <= BODY_BYTES);
    for (size_t i = 0; i < hex.size / 2; i++)
        CU_ASSERT_EQUAL_FATAL(sscanf(hex.data + 2 * i, "%2hhx", &bytes[i]), 1);
    return span_of((const char *)bytes, hex.size / 2);
}

static void expect_digest(struct digest digest, struct span expected)
{
    char hex[DIGEST_TEXT + 1];

    CU_ASSERT_TRUE(span_is(expected, digest_format(&digest, hex)));
}

void test_each_mac_is_the_one_of_the_vectors(void)
{
    const struct json *list = vectors("mac"), *at;
    uint8_t secret[BODY_BYTES], value[BODY_BYTES];

    for (size_t i = 0; (at = json_at(list, i)); i++) {
        const struct digest payload = digest_of(from_hex(text_of(at, "value"), value));
        const struct mac_fields fields = {.topic = text_of(at, "topic"),
                                          .key = text_of(at, "key"),
                                          .id = text_of(at, "ce_id"),
                                          .type = text_of(at, "ce_type"),
                                          .tenant = text_of(at, "ce_tenant"),
                                          .actor = text_of(at, "ce_actor"),
                                          .time = text_of(at, "ce_time"),
                                          .content_type = text_of(at, "content-type"),
                                          .payload = payload};

        CU_ASSERT_EQUAL_FATAL(from_hex(text_of(at, "secret"), secret).size, MAC_KEY_BYTES);
        expect_digest(payload, text_of(at, "value_sha256"));
        expect_digest(mac_of(secret, &fields), text_of(at, "ce_mac"));
    }
}

void test_each_key_has_the_partition_of_the_vectors(void)
{
    const struct json *list = vectors("murmur2"), *at;

    for (size_t i = 0; (at = json_at(list, i)); i++) {
        CU_ASSERT_EQUAL(murmur2(text_of(at, "key")), number_of(at, "murmur2"));
        CU_ASSERT_EQUAL((uint64_t)murmur2_partition(text_of(at, "key"), 12),
                        number_of(at, "partition_of_12"));
    }
}

void test_each_derived_id_is_the_one_of_the_vectors(void)
{
    const struct json *list = vectors("derived_ids"), *at;

    for (size_t i = 0; (at = json_at(list, i)); i++) {
        struct span parts[PARTS_MAX];
        size_t count = json_count(json_get(at, "parts"));
        char id[UUID_TEXT + 1];

        CU_ASSERT_TRUE_FATAL(count <= PARTS_MAX);
        for (size_t part = 0; part < count; part++)
            CU_ASSERT_TRUE_FATAL(json_text(json_at(json_get(at, "parts"), part), &parts[part]));
        uuid_format(derive_id(text_of(at, "word").data, parts, count), id);
        CU_ASSERT_TRUE(span_is(text_of(at, "id"), id));
    }
}

static void expect_encoding(const struct json *vector)
{
    const struct message *message = message_find(text_of(vector, "type"));
    cleanup(buf_deinit) struct buf json = {0}, encoded = {0};
    struct arena *arena = arena_new(1 << 20);
    struct codec_errors errors = {.count = 0};
    uint8_t bytes[BODY_BYTES];
    struct span expected = from_hex(text_of(vector, "msgpack"), bytes);
    const void *body = NULL;

    CU_ASSERT_PTR_NOT_NULL_FATAL(message);
    CU_ASSERT_EQUAL_FATAL(json_write(json_get(vector, "json"), &json), 0);
    CU_ASSERT_EQUAL_FATAL(
        codec_decode_json(message, buf_span(&json), CODEC_UNKNOWN_REFUSED, arena, &errors, &body),
        0);
    CU_ASSERT_EQUAL_FATAL(codec_encode_msgpack(message, body, &encoded), 0);
    CU_ASSERT_TRUE(span_equal(buf_span(&encoded), expected));
    expect_digest(digest_of(expected), text_of(vector, "payload_digest"));

    buf_clear(&encoded);
    CU_ASSERT_EQUAL_FATAL(
        codec_decode_msgpack(message, expected, CODEC_UNKNOWN_REFUSED, arena, &errors, &body), 0);
    CU_ASSERT_EQUAL_FATAL(codec_encode_json(message, body, &encoded), 0);
    CU_ASSERT_TRUE(span_equal(buf_span(&encoded), buf_span(&json)));
    arena_free(arena);
}

void test_each_body_is_encoded_as_in_the_vectors(void)
{
    const struct json *list = vectors("encodings"), *at;

    for (size_t i = 0; (at = json_at(list, i)); i++)
        expect_encoding(at);
    json_free(document);
    document = NULL;
}
