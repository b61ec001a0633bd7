/* Records: what is signed, and how the outbox keeps them. */
#include "runtime/record.h"

#include <CUnit/CUnit.h>
#include <errno.h>

#include "contracts/mc.h"

static struct arena *arena;
static struct keyring *keys;

static struct record_fields fields_of_a_check(void)
{
    return (struct record_fields){
        .message = &mc_record_check_message,
        .tenant = {{{1}}},
        .aggregate = {{2}},
        .id = {{{3}}},
        .worker = "ingress",
        .actor = span_text("user:00000000-0000-0000-0000-000000000000"),
        .time = {1795370400000000},
        .value = span_text("value"),
        .source_offset = -1,
    };
}

static struct bus_record build(const struct record_fields *fields)
{
    const uint8_t secret[MAC_KEY_BYTES] = {7};
    struct bus_record record = {.header_count = 0};

    if (!arena)
        arena = arena_new(1 << 20);
    if (!keys) {
        keys = keyring_new();
        CU_ASSERT_EQUAL(keyring_add_fleet(keys, span_text("k1"), secret), 0);
    }
    CU_ASSERT_EQUAL(record_build(fields, keyring_signer(keys), arena, &record), 0);
    return record;
}

static struct span header(const struct bus_record *record, const char *name)
{
    for (size_t i = 0; i < record->header_count; i++)
        if (span_is(record->headers[i].name, name))
            return record->headers[i].value;
    return span_of(NULL, 0);
}

void test_a_command_goes_to_its_modules_topic_under_its_aggregates_key(void)
{
    const struct record_fields fields = fields_of_a_check();
    struct bus_record record = build(&fields);

    CU_ASSERT(span_is(record.topic, "idpmc.mc.commands"));
    CU_ASSERT(span_is(record.key,
                      "01000000-0000-0000-0000-000000000000/02000000-0000-0000-0000-000000000000"));
    CU_ASSERT(span_is(header(&record, "ce_type"), "mc.record-check.v1"));
    CU_ASSERT(span_is(header(&record, "ce_source"), "/idpmc/ingress"));
    CU_ASSERT(span_is(header(&record, "ce_subject"), "02000000-0000-0000-0000-000000000000"));
    CU_ASSERT(span_is(header(&record, "ce_time"), "2026-11-22T18:00:00.000Z"));
    CU_ASSERT_PTR_NULL(header(&record, "ce_sequence").data);
    CU_ASSERT_PTR_NULL(header(&record, "traceparent").data);
}

void test_the_mac_proves_what_the_headers_say(void)
{
    const struct record_fields fields = fields_of_a_check();
    struct bus_record record = build(&fields);
    char hex[DIGEST_TEXT + 1];
    const struct mac_fields proven = {
        .topic = record.topic,
        .key = record.key,
        .id = header(&record, "ce_id"),
        .type = header(&record, "ce_type"),
        .tenant = header(&record, "ce_tenant"),
        .actor = header(&record, "ce_actor"),
        .time = header(&record, "ce_time"),
        .content_type = header(&record, "content-type"),
        .payload = digest_of(record.value),
    };
    struct digest mac = mac_with(&keyring_signer(keys)->mac, &proven);

    CU_ASSERT(span_is(header(&record, "ce_mac"), digest_format(&mac, hex)));
    CU_ASSERT(span_is(header(&record, "ce_keyid"), "k1"));
}

void test_a_sequence_sorts_as_text(void)
{
    struct record_fields fields = fields_of_a_check();
    struct bus_record nine, ten;

    fields.source_offset = 9;
    nine = build(&fields);
    fields.source_offset = 10;
    fields.place = 12;
    ten = build(&fields);
    CU_ASSERT(span_is(header(&nine, "ce_sequence"), "00000000000000000009.0000"));
    CU_ASSERT(span_is(header(&ten, "ce_sequence"), "00000000000000000010.0012"));
}

void test_what_was_packed_is_unpacked_in_order(void)
{
    struct record_fields fields = fields_of_a_check();
    cleanup(buf_deinit) struct buf packed = {0};
    struct bus_record first = build(&fields), second, read;
    struct span rest;

    fields.value = span_text("another");
    second = build(&fields);
    record_pack(&first, &packed);
    record_pack(&second, &packed);
    rest = buf_span(&packed);
    CU_ASSERT_EQUAL(record_unpack(&rest, arena, &read), 1);
    CU_ASSERT(span_is(read.value, "value"));
    CU_ASSERT_EQUAL(read.header_count, first.header_count);
    CU_ASSERT(span_equal(header(&read, "ce_mac"), header(&first, "ce_mac")));
    CU_ASSERT_EQUAL(record_unpack(&rest, arena, &read), 1);
    CU_ASSERT(span_is(read.value, "another"));
    CU_ASSERT_EQUAL(record_unpack(&rest, arena, &read), 0);
}

/* Rows that were written before ids were squeezed; and ones of an unknown shape, or of a wrong
 * size. */
void test_texts_may_be_as_they_are_but_not_of_a_shape_that_nobody_knows(void)
{
    static const char plain[] = "\0\0\0\1t"
                                "\0\0\0\44"
                                "01000000-0000-0000-0000-000000000000"
                                "\0\0\0\0"
                                "\0\0\0\0";
    char bytes[sizeof plain];
    struct span rest = span_of(plain, sizeof plain - 1);
    struct bus_record read;

    fields_of_a_check();
    if (!arena)
        arena = arena_new(1 << 20);
    CU_ASSERT_EQUAL(record_unpack(&rest, arena, &read), 1);
    CU_ASSERT(span_is(read.key, "01000000-0000-0000-0000-000000000000"));
    memcpy(bytes, plain, sizeof plain);
    for (int shape = 1; shape < 256; shape++) {
        bytes[5] = (char)shape; /* and none of them takes 36 bytes */
        rest = span_of(bytes, sizeof bytes - 1);
        CU_ASSERT_EQUAL(record_unpack(&rest, arena, &read), -EBADMSG);
    }
}

void test_a_cut_record_is_refused_at_every_length(void)
{
    const struct record_fields fields = fields_of_a_check();
    cleanup(buf_deinit) struct buf packed = {0};
    struct bus_record record = build(&fields), read;

    record_pack(&record, &packed);
    for (size_t size = 1; size < packed.size; size++) {
        struct span rest = span_of(packed.data, size);
        CU_ASSERT_EQUAL(record_unpack(&rest, arena, &read), -EBADMSG);
    }
}
