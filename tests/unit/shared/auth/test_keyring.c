#include <CUnit/CUnit.h>
#include <errno.h>
#include <stdio.h>

#include "auth/keyring.h"

static const uint8_t secret_a[MAC_KEY_BYTES] = {1}, secret_b[MAC_KEY_BYTES] = {2};
static const struct tenant_id club = {{{1}}}, other_club = {{{2}}};
static const struct span check = {"mc.record-check.v1", 18};

static void free_ring(struct keyring **ring)
{
    keyring_free(*ring);
}

static void add_fleet(struct keyring *ring, const char *id, const uint8_t *secret)
{
    CU_ASSERT_EQUAL(keyring_add_fleet(ring, span_text(id), secret), 0);
}

static struct keyring_producer producer(const char *id)
{
    return (struct keyring_producer){
        .id = span_text(id),
        .secret = span_text("a producer's secret, 32 bytes..."),
        .tenants = &club,
        .tenant_count = 1,
        .types = &check,
        .type_count = 1,
    };
}

static struct digest mac_by(const struct keyring_key *key)
{
    const struct mac_fields fields = {.topic = span_text("idpmc.mc.commands")};

    return mac_with(&key->mac, &fields);
}

void test_fleet_keys_are_found_and_the_first_signs(void)
{
    cleanup(free_ring) struct keyring *ring = keyring_new();
    const struct mac_fields fields = {.topic = span_text("idpmc.mc.commands")};
    struct digest expected, mac;

    add_fleet(ring, "fleet-2", secret_b);
    add_fleet(ring, "fleet-1", secret_a);
    CU_ASSERT_PTR_NOT_NULL_FATAL(keyring_find(ring, span_text("fleet-1")));
    CU_ASSERT_STRING_EQUAL(keyring_signer(ring)->id, "fleet-2");
    expected = mac_of(secret_a, &fields);
    mac = mac_by(keyring_find(ring, span_text("fleet-1")));
    CU_ASSERT_TRUE(digest_equal(&mac, &expected));
    mac = mac_by(keyring_signer(ring));
    CU_ASSERT_FALSE(digest_equal(&mac, &expected));
}

void test_an_unknown_key_is_not_found(void)
{
    cleanup(free_ring) struct keyring *ring = keyring_new();

    CU_ASSERT_PTR_NULL(keyring_find(ring, span_text("fleet-1")));
    CU_ASSERT_PTR_NULL(keyring_signer(ring));
    add_fleet(ring, "fleet-1", secret_a);
    CU_ASSERT_PTR_NULL(keyring_find(ring, span_text("fleet-")));
    CU_ASSERT_PTR_NULL(keyring_find(ring, span_text("fleet-11")));
    CU_ASSERT_PTR_NULL(keyring_find(ring, span_of(NULL, 0)));
}

void test_a_key_of_the_fleet_has_a_name_of_its_own(void)
{
    static const char *const wrong[] = {"", "fleet 1", "fleet/1", "fleet:1", "fle\xc3\xa9"};
    cleanup(free_ring) struct keyring *ring = keyring_new();
    char longest[KEY_ID_BYTES + 2];

    for (size_t i = 0; i < COUNT_OF(wrong); i++)
        CU_ASSERT_EQUAL(keyring_add_fleet(ring, span_text(wrong[i]), secret_a), -EINVAL);
    memset(longest, 'a', sizeof longest);
    CU_ASSERT_EQUAL(keyring_add_fleet(ring, span_of(longest, KEY_ID_BYTES + 1), secret_a), -EINVAL);
    CU_ASSERT_EQUAL(keyring_add_fleet(ring, span_of(longest, KEY_ID_BYTES), secret_a), 0);
    CU_ASSERT_EQUAL(keyring_add_fleet(ring, span_of(longest, KEY_ID_BYTES), secret_b), -EEXIST);
}

void test_a_producer_speaks_for_its_tenants_and_types_only(void)
{
    cleanup(free_ring) struct keyring *ring = keyring_new();
    struct keyring_producer scale = producer("scale");
    const struct keyring_key *key;

    CU_ASSERT_EQUAL(keyring_add_producer(ring, &scale), 0);
    key = keyring_find(ring, span_text("scale"));
    CU_ASSERT_PTR_NOT_NULL_FATAL(key);
    CU_ASSERT_EQUAL(key->kind, KEYRING_PRODUCER);
    CU_ASSERT_TRUE(keyring_allows(key, club, check));
    CU_ASSERT_FALSE(keyring_allows(key, other_club, check));
    CU_ASSERT_FALSE(keyring_allows(key, club, span_text("mc.record-check.v2")));
    CU_ASSERT_PTR_NULL(keyring_signer(ring));
}

void test_the_fleet_speaks_for_everybody(void)
{
    cleanup(free_ring) struct keyring *ring = keyring_new();

    add_fleet(ring, "fleet-1", secret_a);
    CU_ASSERT_TRUE(keyring_allows(keyring_signer(ring), other_club, check));
}

void test_a_producer_without_tenants_or_types_may_send_nothing(void)
{
    cleanup(free_ring) struct keyring *ring = keyring_new();
    struct keyring_producer nobody = producer("nobody"), mute = producer("mute");

    nobody.tenant_count = 0;
    mute.type_count = 0;
    CU_ASSERT_EQUAL(keyring_add_producer(ring, &nobody), 0);
    CU_ASSERT_EQUAL(keyring_add_producer(ring, &mute), 0);
    CU_ASSERT_FALSE(keyring_allows(keyring_find(ring, span_text("nobody")), club, check));
    CU_ASSERT_FALSE(keyring_allows(keyring_find(ring, span_text("mute")), club, check));
}

void test_a_revoked_key_proves_only_what_is_older(void)
{
    cleanup(free_ring) struct keyring *ring = keyring_new();
    struct keyring_producer old = producer("old"), current = producer("current");
    const struct keyring_key *key;

    old.revoked = true;
    old.revoked_at = (struct timestamp){1000};
    CU_ASSERT_EQUAL(keyring_add_producer(ring, &old), 0);
    CU_ASSERT_EQUAL(keyring_add_producer(ring, &current), 0);
    key = keyring_find(ring, span_text("old"));
    CU_ASSERT_TRUE(keyring_in_force(key, (struct timestamp){999}));
    CU_ASSERT_FALSE(keyring_in_force(key, (struct timestamp){1000}));
    CU_ASSERT_TRUE(
        keyring_in_force(keyring_find(ring, span_text("current")), (struct timestamp){INT64_MAX}));
}

void test_a_producer_cannot_take_the_fleets_name(void)
{
    cleanup(free_ring) struct keyring *ring = keyring_new();
    struct keyring_producer thief = producer("fleet-1");

    add_fleet(ring, "fleet-1", secret_a);
    CU_ASSERT_EQUAL(keyring_add_producer(ring, &thief), -EEXIST);
    CU_ASSERT_EQUAL(keyring_find(ring, span_text("fleet-1"))->kind, KEYRING_FLEET);
}

void test_a_producer_with_a_wrong_id_or_secret_is_refused(void)
{
    cleanup(free_ring) struct keyring *ring = keyring_new();
    struct keyring_producer named = producer("scale 1"), weak = producer("scale");

    weak.secret.size = 31;
    CU_ASSERT_EQUAL(keyring_add_producer(ring, &named), -EINVAL);
    CU_ASSERT_EQUAL(keyring_add_producer(ring, &weak), -EINVAL);
}

void test_many_keys_are_all_found(void)
{
    cleanup(free_ring) struct keyring *ring = keyring_new();
    char id[KEY_ID_BYTES + 1];

    for (unsigned i = 0; i < 200; i++) {
        struct keyring_producer one;

        snprintf(id, sizeof id, "producer-%u", i * 7 % 200);
        one = producer(id);
        CU_ASSERT_EQUAL(keyring_add_producer(ring, &one), 0);
    }
    for (unsigned i = 0; i < 200; i++) {
        const struct keyring_key *key;

        snprintf(id, sizeof id, "producer-%u", i);
        key = keyring_find(ring, span_text(id));
        CU_ASSERT_PTR_NOT_NULL_FATAL(key);
        CU_ASSERT_STRING_EQUAL(key->id, id);
    }
}
