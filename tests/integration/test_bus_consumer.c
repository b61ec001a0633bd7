/* A member of a group that has not answered its assignment yet, for it claims the partitions first,
 * can leave and join anew like any other: the client's own words for that are easy to get wrong. */
#include <CUnit/CUnit.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/date.h"
#include "bus/bus_consumer.h"
#include "support/database.h"

enum { PARTITIONS = 12, SESSION_MS = 30000, SOON_MS = 15000 };

struct member {
    struct bus_consumer *consumer;
    int assigned, revoked; /* how often; the first is reset by who looks */
    size_t count;          /* of partitions, as the group said last */
};

static void on_assigned(void *context, const struct bus_partition *list, size_t count)
{
    struct member *member = context;

    (void)list;
    member->assigned++;
    member->count = count;
}

static void on_revoked(void *context, const struct bus_partition *list, size_t count, bool lost)
{
    struct member *member = context;

    (void)list, (void)count, (void)lost;
    member->revoked++;
    member->count = 0;
}

static void join(struct member *member, const char *group)
{
    static const char *const topics[] = {"idpmc.tally.commands"};
    const struct bus_consumer_options options = {
        .brokers = getenv("IDPMC_KAFKA_BROKERS"),
        .group = group,
        .client_id = "test",
        .topics = topics,
        .topic_count = 1,
        .session_timeout_ms = SESSION_MS,
        .queued_kbytes = 1024,
        .assigned = on_assigned,
        .revoked = on_revoked,
        .context = member,
    };
    char error[256];

    *member = (struct member){.count = 0};
    member->consumer = bus_consumer_new(&options, error);
    CU_ASSERT_PTR_NOT_NULL_FATAL(member->consumer);
}

static void look(struct member *member)
{
    struct bus_message message;

    if (bus_consumer_poll(member->consumer, 10, &message) == 1)
        bus_message_release(&message);
}

static bool gets(struct member *member, size_t partitions)
{
    int64_t end_ms = monotonic_ms() + SOON_MS;

    while ((member->assigned == 0 || member->count != partitions) && monotonic_ms() < end_ms)
        look(member);
    return member->assigned > 0 && member->count == partitions;
}

static const char *new_group(void)
{
    static char group[64];

    database_ready();
    snprintf(group, sizeof group, "test-%s", id_text(new_user().uuid));
    return group;
}

void test_a_member_rejoins_before_it_answered_its_assignment(void)
{
    struct member member;

    join(&member, new_group());
    for (int i = 0; i < 3; i++) {
        CU_ASSERT_TRUE(gets(&member, PARTITIONS));
        member.assigned = 0;
        CU_ASSERT_EQUAL(bus_consumer_rejoin(member.consumer), 0);
        CU_ASSERT_EQUAL(member.revoked, i + 1);
    }
    CU_ASSERT_TRUE(gets(&member, PARTITIONS));
    bus_consumer_close(member.consumer, 5000);
}

void test_a_member_rejoins_after_it_answered_its_assignment(void)
{
    struct member member;

    join(&member, new_group());
    CU_ASSERT_TRUE(gets(&member, PARTITIONS));
    CU_ASSERT_EQUAL(bus_consumer_start(member.consumer, NULL, 0), 0);
    member.assigned = 0;
    CU_ASSERT_EQUAL(bus_consumer_rejoin(member.consumer), 0);
    CU_ASSERT_TRUE(gets(&member, PARTITIONS));
    bus_consumer_close(member.consumer, 5000);
}

/* Long before its session would have told the group. */
void test_who_leaves_without_having_answered_is_succeeded_at_once(void)
{
    const char *group = new_group();
    struct member first, second;

    join(&first, group);
    CU_ASSERT_TRUE(gets(&first, PARTITIONS));
    bus_consumer_close(first.consumer, 5000);
    CU_ASSERT_EQUAL(first.count, 0);
    join(&second, group);
    CU_ASSERT_TRUE(gets(&second, PARTITIONS));
    bus_consumer_close(second.consumer, 5000);
}

void test_who_leaves_while_the_group_gives_out_partitions_is_succeeded_at_once(void)
{
    const char *group = new_group();
    struct member first, second;

    join(&first, group);
    for (int i = 0; i < 20 && !first.assigned; i++)
        look(&first);
    bus_consumer_close(first.consumer, 5000);
    join(&second, group);
    CU_ASSERT_TRUE(gets(&second, PARTITIONS));
    bus_consumer_close(second.consumer, 5000);
}
