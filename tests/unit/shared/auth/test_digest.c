/* The expected values were computed by Python's hashlib and hmac from docs/reference/wire.md, not
 * by the code under test. */
#include <CUnit/CUnit.h>

#include <stdio.h>

#include "auth/digest.h"

static const char tenant_text[] = "0198c2a4-7d10-7c3e-9a51-0f6f2c1d4e5b";
static const char player_text[] = "0198c2a4-8e21-7f4f-8b62-1a7f3d2e5f6c";
static const char command_text[] = "0198c2a5-0a00-7000-8000-000000000001";
static const char user_text[] = "0198c2a4-1111-7222-8333-444455556666";
static const char record_key[] =
    "0198c2a4-7d10-7c3e-9a51-0f6f2c1d4e5b/0198c2a4-8e21-7f4f-8b62-1a7f3d2e5f6c";
static const char actor[] = "user:0198c2a4-1111-7222-8333-444455556666";

static struct uuid uuid_of(const char *text)
{
    struct uuid uuid = {{0}};

    CU_ASSERT_EQUAL_FATAL(uuid_parse(span_text(text), &uuid), 0);
    return uuid;
}

static struct tenant_id tenant(void)
{
    return (struct tenant_id){uuid_of(tenant_text)};
}

static struct message_id command(void)
{
    return (struct message_id){uuid_of(command_text)};
}

static void expect_digest(struct digest digest, const char *expected)
{
    char text[DIGEST_TEXT + 1];

    CU_ASSERT_STRING_EQUAL(digest_format(&digest, text), expected);
}

static void expect_uuid(struct uuid uuid, const char *expected)
{
    char text[UUID_TEXT + 1];

    CU_ASSERT_STRING_EQUAL(uuid_format(uuid, text), expected);
}

/* {"day": "2026-11-22"} in MessagePack */
static struct span payload(void)
{
    return span_of("\x81\xa3"
                   "day\xaa"
                   "2026-11-22",
                   16);
}

static struct mac_fields fields(void)
{
    return (struct mac_fields){
        .topic = span_text("idpmc.mc.commands"),
        .key = span_text(record_key),
        .id = span_text(command_text),
        .type = span_text("mc.record-check.v1"),
        .tenant = span_text(tenant_text),
        .actor = span_text(actor),
        .time = span_text("2026-11-22T18:00:00.000Z"),
        .content_type = span_text("application/vnd.msgpack"),
        .payload = digest_of(payload()),
    };
}

static void fill_secret(uint8_t secret[static MAC_KEY_BYTES])
{
    for (uint8_t i = 0; i < MAC_KEY_BYTES; i++)
        secret[i] = i;
}

static const char expected_mac[] =
    "bc87a5c559ce024aa346bc2c45df2dc1e74a4c248498d974ff7aadf2da0f9e1b";

void test_a_digest_is_sha256(void)
{
    expect_digest(digest_of(payload()),
                  "2273d17a3a651935ff02b955b16a1b21b9d56b6a9aecdba06f625a9c42cf463e");
    expect_digest(digest_of(span_of(NULL, 0)),
                  "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

void test_a_digest_survives_its_text(void)
{
    struct digest digest = digest_of(payload()), back;
    char text[DIGEST_TEXT + 1];

    digest_format(&digest, text);
    CU_ASSERT_EQUAL_FATAL(digest_parse(span_text(text), &back), 0);
    CU_ASSERT_TRUE(digest_equal(&digest, &back));
    back.bytes[31] ^= 1;
    CU_ASSERT_FALSE(digest_equal(&digest, &back));
}

void test_a_digest_is_read_in_lower_case_and_whole(void)
{
    struct digest untouched = digest_of(payload()), digest = untouched;
    char text[DIGEST_TEXT + 1];

    digest_format(&digest, text);
    CU_ASSERT_TRUE(digest_parse(span_of(text, DIGEST_TEXT - 1), &digest) < 0);
    text[63] = 'E';
    CU_ASSERT_TRUE(digest_parse(span_text(text), &digest) < 0);
    text[63] = 'g';
    CU_ASSERT_TRUE(digest_parse(span_text(text), &digest) < 0);
    CU_ASSERT_TRUE(digest_equal(&digest, &untouched));
}

void test_a_mac_is_what_the_wire_says(void)
{
    struct mac_fields message = fields();
    uint8_t secret[MAC_KEY_BYTES];

    fill_secret(secret);
    expect_digest(mac_of(secret, &message), expected_mac);
}

void test_a_prepared_key_gives_the_same_mac_each_time(void)
{
    struct mac_fields message = fields(), other = fields();
    uint8_t secret[MAC_KEY_BYTES];
    struct mac_key key;

    fill_secret(secret);
    other.type = span_text("mc.record-check.v2");
    CU_ASSERT_EQUAL_FATAL(mac_key_init(&key, secret), 0);
    expect_digest(mac_with(&key, &message), expected_mac);
    struct digest mac = mac_with(&key, &other), expected = mac_of(secret, &other);
    CU_ASSERT_TRUE(digest_equal(&mac, &expected));
    expect_digest(mac_with(&key, &message), expected_mac);
    mac_key_deinit(&key);
    mac_key_deinit(&key);
}

void test_a_mac_covers_fields_of_any_length(void)
{
    struct mac_fields message = fields();
    uint8_t secret[MAC_KEY_BYTES];
    char longest[3000];

    fill_secret(secret);
    memset(longest, 'k', sizeof longest);
    message.key = span_of(longest, sizeof longest);
    expect_digest(mac_of(secret, &message),
                  "1006e8d28d35f75fffb58e1e2a0ad60983d84afe613e04fa6150016c02af0948");
}

/* One character moved from a field to its neighbour must not give the same text. */
void test_a_mac_knows_where_a_field_ends(void)
{
    struct mac_fields a = fields(), b = fields();
    uint8_t secret[MAC_KEY_BYTES];
    struct digest mac_a, mac_b;

    fill_secret(secret);
    a.topic = span_text("ab");
    a.key = span_text("c");
    b.topic = span_text("a");
    b.key = span_text("bc");
    mac_a = mac_of(secret, &a);
    mac_b = mac_of(secret, &b);
    CU_ASSERT_FALSE(digest_equal(&mac_a, &mac_b));
}

void test_a_mac_covers_every_field(void)
{
    struct mac_fields plain = fields();
    struct span *const parts[] = {&plain.topic,  &plain.key,   &plain.id,   &plain.type,
                                  &plain.tenant, &plain.actor, &plain.time, &plain.content_type};
    uint8_t secret[MAC_KEY_BYTES];
    char text[DIGEST_TEXT + 1];

    fill_secret(secret);
    for (size_t i = 0; i < COUNT_OF(parts); i++) {
        struct span kept = *parts[i];
        struct digest mac;

        *parts[i] = span_of(kept.data, kept.size - 1);
        mac = mac_of(secret, &plain);
        CU_ASSERT_STRING_NOT_EQUAL(digest_format(&mac, text), expected_mac);
        *parts[i] = kept;
    }
    plain.payload.bytes[0] ^= 1;
    struct digest mac = mac_of(secret, &plain);
    CU_ASSERT_STRING_NOT_EQUAL(digest_format(&mac, text), expected_mac);
}

void test_a_keyed_command_derives_its_id(void)
{
    struct message_id id = derive_command("mc", tenant(), span_text(actor), "mc.record-check.v1",
                                          span_text("check-2026-11-22"));

    expect_uuid(id.uuid, "b967854e-2f06-8b54-bfec-b00707d871c1");
}

void test_the_command_that_creates_an_organization_uses_the_nil_tenant(void)
{
    struct message_id id = derive_command("core", (struct tenant_id){0}, span_text(actor),
                                          "core.create-organization.v1", span_text("first-club"));

    expect_uuid(id.uuid, "44cd6fbb-fad5-814f-8980-0861f58edd3c");
}

void test_what_a_message_causes_derives_its_id_from_the_place(void)
{
    expect_uuid(derive_caused("mc", tenant(), command(), 0).uuid,
                "58b9e8f6-ef25-84c4-80ef-3732643be691");
    expect_uuid(derive_caused("mc", tenant(), command(), 12).uuid,
                "9c94706d-cf42-825f-a9e0-7659233db578");
}

void test_a_tick_derives_its_id_from_what_it_is_about(void)
{
    char about[2 * UUID_TEXT];
    int size = snprintf(about, sizeof about, "%s/2026-11-22", player_text);

    expect_uuid(derive_tick("mc", tenant(), "mc.close-day.v1", span_of(about, (size_t)size)).uuid,
                "f5844f77-dcca-8eed-b3e2-8dc816a8d3a5");
}

void test_an_organization_derives_its_id_from_who_creates_it(void)
{
    struct user_id user = {uuid_of(user_text)};

    expect_uuid(derive_organization(span_text("https://auth.example.org"), user, command()).uuid,
                "cfc8ba4d-bf63-87aa-b586-7bf4a7a659a8");
}
