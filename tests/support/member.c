#include "support/member.h"

#include <CUnit/CUnit.h>
#include <stdio.h>
#include <stdlib.h>

#include "support/database.h"

enum { SESSION_MS = 30000 };

static void on_assigned(void *context, const struct bus_partition *list, size_t count)
{
    struct member *member = context;

    member->assigned++;
    member->count = count;
    if (member->starts)
        CU_ASSERT_EQUAL(bus_consumer_start(member->consumer, list, count), 0);
}

static void on_revoked(void *context, const struct bus_partition *list, size_t count, bool lost)
{
    struct member *member = context;

    (void)list, (void)count, (void)lost;
    member->revoked++;
    member->count = 0;
}

const char *member_new_group(void)
{
    static char group[64];

    database_ready();
    snprintf(group, sizeof group, "test-%s", id_text(new_user().uuid));
    return group;
}

void member_join(struct member *member, const char *group)
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

    *member = (struct member){.starts = member->starts};
    member->consumer = bus_consumer_new(&options, error);
    CU_ASSERT_PTR_NOT_NULL_FATAL(member->consumer);
}

int member_look(struct member *member)
{
    struct bus_message message;
    int r = bus_consumer_poll(member->consumer, 10, &message);

    if (r == 1)
        bus_message_release(&message);
    return r;
}
