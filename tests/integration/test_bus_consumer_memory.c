/* A member of a group that has no memory for what the group gives it says so: else it would have
 * partitions of which nobody consumes a thing. */
#include <CUnit/CUnit.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/date.h"
#include "bus/bus_consumer.h"
#include "support/database.h"
#include "support/failing_malloc.h"

enum { SESSION_MS = 30000, SOON_MS = 30000, CLOSE_MS = 3000 };

struct member {
    struct bus_consumer *consumer;
    int assigned, revoked;
};

static void on_assigned(void *context, const struct bus_partition *list, size_t count)
{
    struct member *member = context;

    member->assigned++;
    CU_ASSERT_EQUAL(bus_consumer_start(member->consumer, list, count), 0);
}

static void on_revoked(void *context, const struct bus_partition *list, size_t count, bool lost)
{
    struct member *member = context;

    (void)list, (void)count, (void)lost;
    member->revoked++;
}

static void join(struct member *member)
{
    static const char *const topics[] = {"idpmc.tally.commands"};
    char error[256], group[64];
    const struct bus_consumer_options options = {.brokers = getenv("IDPMC_KAFKA_BROKERS"),
                                                 .group = group,
                                                 .client_id = "test",
                                                 .topics = topics,
                                                 .topic_count = 1,
                                                 .session_timeout_ms = SESSION_MS,
                                                 .queued_kbytes = 1024,
                                                 .assigned = on_assigned,
                                                 .revoked = on_revoked,
                                                 .context = member};

    database_ready();
    snprintf(group, sizeof group, "test-%s", id_text(new_user().uuid));
    *member = (struct member){.assigned = 0};
    member->consumer = bus_consumer_new(&options, error);
    CU_ASSERT_PTR_NOT_NULL_FATAL(member->consumer);
}

static int look(struct member *member)
{
    struct bus_message message;
    int r = bus_consumer_poll(member->consumer, 10, &message);

    if (r == 1)
        bus_message_release(&message);
    return r;
}

void test_an_assignment_without_memory_ends_the_consumer(void)
{
    int64_t end_ms = monotonic_ms() + SOON_MS;
    struct member member;
    bool failed = false;
    int r = 0;

    join(&member);
    while (!failed && monotonic_ms() < end_ms) {
        failing_malloc_arm(1, false);
        r = look(&member);
        failed = failing_malloc_disarm();
    }
    CU_ASSERT_TRUE(failed);
    CU_ASSERT_EQUAL(r, -EIO);
    CU_ASSERT_EQUAL(member.assigned, 0);
    bus_consumer_close(member.consumer, CLOSE_MS);
}

void test_a_revocation_is_told_without_memory_too(void)
{
    int64_t end_ms = monotonic_ms() + SOON_MS;
    struct member member;

    join(&member);
    while (member.assigned == 0 && monotonic_ms() < end_ms)
        CU_ASSERT(look(&member) >= 0);
    CU_ASSERT_EQUAL(member.assigned, 1);
    failing_malloc_arm(1, true);
    CU_ASSERT_EQUAL(bus_consumer_rejoin(member.consumer), 0);
    CU_ASSERT_TRUE(failing_malloc_disarm());
    CU_ASSERT_EQUAL(member.revoked, 1);
    bus_consumer_close(member.consumer, CLOSE_MS);
}
