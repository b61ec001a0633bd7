/* Looking messages up in a table of the test's own. */
#include <CUnit/CUnit.h>

#include "sample.h"

static const struct message command_1 = {
    .name = "t.record", .type = "t.record.v1", .version = 1, .kind = MESSAGE_COMMAND};
static const struct message command_2 = {
    .name = "t.record", .type = "t.record.v2", .version = 2, .kind = MESSAGE_COMMAND};
static const struct message command_10 = {
    .name = "t.record", .type = "t.record.v10", .version = 10, .kind = MESSAGE_COMMAND};
static const struct message longer = {
    .name = "t.record-all", .type = "t.record-all.v1", .version = 1, .kind = MESSAGE_COMMAND};
static const struct message event = {
    .name = "t.recorded", .type = "t.recorded.v1", .version = 1, .kind = MESSAGE_EVENT};

const struct message *const messages[] = {&longer, &command_1, &command_10, &command_2, &event};
const size_t message_count = COUNT_OF(messages);

void test_a_message_is_found_by_its_type(void)
{
    for (size_t i = 0; i < message_count; i++)
        CU_ASSERT_PTR_EQUAL(message_find(span_text(messages[i]->type)), messages[i]);
}

void test_another_text_finds_nothing(void)
{
    static const char *const others[] = {"",           "t",           "t.record",
                                         "t.record.v", "t.record.v3", "t.record.v11",
                                         "t.recorded", "zzz",         "T.RECORD.V1"};

    for (size_t i = 0; i < COUNT_OF(others); i++)
        CU_ASSERT_PTR_NULL(message_find(span_text(others[i])));
    CU_ASSERT_PTR_NULL(message_find(span_of(NULL, 0)));
    CU_ASSERT_PTR_NULL(message_find(span_of("t.record.v1\0", 12)));
}

void test_a_commands_name_means_its_newest_version(void)
{
    CU_ASSERT_PTR_EQUAL(message_find_command(span_text("t.record")), &command_10);
    CU_ASSERT_PTR_EQUAL(message_find_command(span_text("t.record-all")), &longer);
}

void test_neither_events_nor_parts_of_names_are_commands(void)
{
    static const char *const others[] = {"", "t", "t.", "t.rec", "t.recorded", "t.record.v1", "u"};

    for (size_t i = 0; i < COUNT_OF(others); i++)
        CU_ASSERT_PTR_NULL(message_find_command(span_text(others[i])));
}

void test_the_aggregate_is_the_key_field_or_the_tenant(void)
{
    struct sample body = sample_full();
    struct tenant_id tenant = {.uuid = {{1}}};
    struct message keyed_by_tenant = sample_message;

    keyed_by_tenant.key_field = NULL;
    CU_ASSERT(uuid_equal(message_aggregate(&sample_message, tenant, &body), body.id));
    CU_ASSERT(uuid_equal(message_aggregate(&keyed_by_tenant, tenant, &body), tenant.uuid));
}

void test_a_record_key_is_two_uuids(void)
{
    struct tenant_id tenant = {.uuid = {{1}}};
    char key[RECORD_KEY_TEXT + 1];

    CU_ASSERT_STRING_EQUAL(message_record_key(tenant, sample_full().id, key),
                           "01000000-0000-0000-0000-000000000000/" SAMPLE_ID);
}
