/* Batches: large behind a backlog, with one commit each; small and quick without one; and cut where
 * rights change, with the group heard between them. */
#include <CUnit/CUnit.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/date.h"
#include "contracts/core.h"
#include "support/counters.h"
#include "support/database.h"
#include "support/program.h"

enum {
    BACKLOG = 5000,
    TRICKLE = 40,
    SLOW = 120,
    LARGE = 400,
    WAIT_MS = 30000,
    FORBIDDEN = 1000,
    JOINING = 400
};

#define OF_TALLY "{module=\"tally\"}"

/* Transactions that wrote something, of the whole server: each took an id. */
static int64_t transactions(void)
{
    return sql_number("select pg_snapshot_xmax(pg_current_snapshot())::text");
}

/* The lane counts what it committed right after the commit that we see. */
static double counted(const struct program *worker, const char *metric, double wanted)
{
    int64_t end_ms = monotonic_ms() + WAIT_MS;

    while (program_metric(worker, metric) < wanted && monotonic_ms() < end_ms)
        sleep_ms(10);
    return program_metric(worker, metric);
}

void test_a_backlog_is_taken_in_large_batches_with_one_commit_each(void)
{
    struct counters counters = counters_new();
    int64_t before, began_ms, others;
    double batches, taken;
    struct program worker;

    counters_send(&counters, BACKLOG);
    before = transactions();
    began_ms = monotonic_ms();
    worker = program_run("worker-tally", NULL);
    CU_ASSERT_TRUE(counters_applied(&counters, WAIT_MS));
    /* The claim, what was deleted meanwhile (five times a second), and the server's own. */
    others = 5 + (monotonic_ms() - began_ms) / 200;
    taken = counted(&worker, "idpmc_batch_messages_sum" OF_TALLY, BACKLOG);
    batches = program_metric(&worker, "idpmc_batch_messages_count" OF_TALLY);
    printf("# note: %d commands in %.0f batches, %lld transactions\n", BACKLOG, batches,
           (long long)(transactions() - before));
    CU_ASSERT_EQUAL(taken, BACKLOG);
    CU_ASSERT_TRUE(taken / batches >= 100);
    CU_ASSERT_TRUE(transactions() - before <= (int64_t)batches + others);
    counters_check(&counters);
    CU_ASSERT_EQUAL(program_stop(&worker), 0);
}

static int by_number(const void *a, const void *b)
{
    const int64_t *x = a, *y = b;

    return (*x > *y) - (*x < *y);
}

void test_single_commands_are_decided_at_once(void)
{
    struct counters counters = counters_new();
    struct program worker = program_run("worker-tally", NULL);
    int64_t took_us[TRICKLE];
    double batches;

    for (int i = 0; i < TRICKLE; i++) {
        struct letter letter = counters_next(&counters, 0);

        letter_post(&letter);
        letters_arrive();
        took_us[i] = monotonic_us();
        while (sql_number("select count(*) from tally.inbox where tenant = '%s' and id = '%s'",
                          letter.tenant, letter.id) == 0)
            ;
        took_us[i] = monotonic_us() - took_us[i];
    }
    qsort(took_us, TRICKLE, sizeof *took_us, by_number);
    printf("# note: from Kafka's report to the outcome: %.1f ms at the median\n",
           (double)took_us[TRICKLE / 2] / 1000);
    CU_ASSERT_TRUE(took_us[TRICKLE / 2] < 500000);
    batches = counted(&worker, "idpmc_batch_messages_count" OF_TALLY, TRICKLE);
    CU_ASSERT_EQUAL(batches, TRICKLE);
    counters_check(&counters);
    CU_ASSERT_EQUAL(program_stop(&worker), 0);
}

struct newcomer {
    struct tenant_id tenant;
    struct user_id admin, member;
};

static struct letter send_team(const struct newcomer *who, struct user_id actor)
{
    const struct core_create_team body = {.team = {new_user().uuid}, .name = span_text("Team")};
    struct letter letter = letter_of(&core_create_team_message, who->tenant, actor, &body);

    letter_post(&letter);
    return letter;
}

static struct letter add_of(const struct newcomer *who)
{
    static const int32_t admin = CORE_ADD_MEMBER_ROLES_ORG_ADMIN;
    const struct core_add_member body = {.member = who->member,
                                         .roles = {.items = &admin, .count = 1}};

    return letter_of(&core_add_member_message, who->tenant, who->admin, &body);
}

static void send_add(const struct newcomer *who)
{
    const struct letter letter = add_of(who);

    letter_post(&letter);
}

static void send_remove(const struct newcomer *who)
{
    const struct core_remove_member body = {.member = who->member};
    struct letter letter = letter_of(&core_remove_member_message, who->tenant, who->admin, &body);

    letter_post(&letter);
}

static int64_t outcome_of(const struct letter *letter)
{
    CU_ASSERT_TRUE(sql_becomes(1, WAIT_MS,
                               "select count(*) from core.inbox where tenant = '%s' and id = '%s'",
                               letter->tenant, letter->id));
    return sql_number("select outcome from core.inbox where tenant = '%s' and id = '%s'",
                      letter->tenant, letter->id);
}

/* All of it waits in one backlog, and each is judged by the rights that the one before it left. */
void test_a_command_behind_one_that_changes_rights_is_judged_by_the_new_rights(void)
{
    const struct newcomer who = {new_tenant(), new_user(), new_user()};
    struct letter early, allowed, late, again;
    struct program worker;

    database_ready();
    sql_found_organization(who.tenant, who.admin, 4);
    early = send_team(&who, who.member);
    send_add(&who);
    allowed = send_team(&who, who.member);
    send_remove(&who);
    late = send_team(&who, who.member);
    again = send_team(&who, who.admin);
    letters_arrive();
    worker = program_run("worker-core", NULL);
    CU_ASSERT_EQUAL(outcome_of(&early), FORBIDDEN);
    CU_ASSERT_EQUAL(outcome_of(&allowed), 0);
    CU_ASSERT_EQUAL(outcome_of(&late), FORBIDDEN);
    CU_ASSERT_EQUAL(outcome_of(&again), 0);
    CU_ASSERT_EQUAL(program_stop(&worker), 0);
}

/* Who changes the rights of others is judged by the same rights all the time. */
void test_many_who_join_share_a_batch(void)
{
    struct newcomer who = {new_tenant(), new_user(), new_user()};
    struct program worker;

    database_ready();
    sql_found_organization(who.tenant, who.admin, 4);
    for (int i = 0; i < JOINING; i++) {
        who.member = new_user();
        send_add(&who);
    }
    letters_arrive();
    worker = program_run("worker-core", NULL);
    CU_ASSERT_TRUE(sql_becomes(1 + JOINING, WAIT_MS,
                               "select count(*) from core.members where tenant = '%s'",
                               id_text(who.tenant.uuid)));
    CU_ASSERT_TRUE(
        sql_number("select count(distinct decided_at) from core.inbox where tenant = '%s'",
                   id_text(who.tenant.uuid)) <= JOINING / 20);
    CU_ASSERT_EQUAL(program_stop(&worker), 0);
}

/* Each takes a tenth of a second. */
static void slow_members(const struct newcomer *who)
{
    sql("create or replace function core.slow() returns trigger language plpgsql as $$"
        " begin if new.tenant = '%s' then perform pg_sleep(0.1); end if; return new; end $$",
        id_text(who->tenant.uuid));
    sql("grant execute on function core.slow() to idpmc_core");
    sql("create or replace trigger slow before insert on core.members"
        " for each row execute function core.slow()");
}

static int64_t count_members(const struct newcomer *who)
{
    return sql_number("select count(*) from core.members where tenant = '%s'",
                      id_text(who->tenant.uuid));
}

/* A backlog of them, and a worker that is in the middle of it. */
static struct program work_slowly(struct newcomer *who, int count)
{
    struct program worker;

    sql_found_organization(who->tenant, who->admin, 4);
    slow_members(who);
    for (int i = 0; i < count; i++) {
        who->member = new_user();
        send_add(who);
    }
    letters_arrive();
    setenv("IDPMC_BATCH_MAX", "1", 1);
    worker = program_run("worker-core", NULL);
    unsetenv("IDPMC_BATCH_MAX");
    CU_ASSERT_TRUE(sql_becomes(1, WAIT_MS,
                               "select (count(*) > 2)::int from core.members where tenant = '%s'",
                               id_text(who->tenant.uuid)));
    return worker;
}

static bool members_become(const struct newcomer *who, int count)
{
    return sql_becomes(1 + count, WAIT_MS, "select count(*) from core.members where tenant = '%s'",
                       id_text(who->tenant.uuid));
}

/* Each message is a batch of its own. Whoever joins the group meanwhile does not wait for
 * all of them. */
void test_the_group_is_heard_while_a_backlog_takes_many_batches(void)
{
    struct newcomer who = {new_tenant(), new_user(), new_user()};
    struct program worker, other;
    int64_t epoch;

    database_ready();
    worker = work_slowly(&who, SLOW);
    epoch = sql_number("select max(epoch) from core.position");
    other = program_start("worker-core", NULL);
    CU_ASSERT_TRUE(sql_becomes(1, WAIT_MS, "select (max(epoch) > %lld)::int from core.position",
                               (long long)epoch));
    CU_ASSERT_TRUE(count_members(&who) < SLOW);
    sql("drop trigger slow on core.members");
    CU_ASSERT_TRUE(members_become(&who, SLOW));
    CU_ASSERT_TRUE(program_ready(&other));
    CU_ASSERT_EQUAL(program_stop(&worker), 0);
    CU_ASSERT_EQUAL(program_stop(&other), 0);
}

/* Fetched behind a slow backlog, they are more than a lane keeps of opened messages, whatever its
 * queue may hold. */
void test_large_headers_do_not_stop_a_lane(void)
{
    static char large[900001];
    struct newcomer slow = {new_tenant(), new_user(), new_user()},
                    who = {new_tenant(), new_user(), new_user()};
    struct program worker;

    database_ready();
    sql_found_organization(who.tenant, who.admin, 4);
    memset(large, 'x', sizeof large - 1);
    setenv("IDPMC_QUEUE_BYTES", "1073741824", 1);
    worker = work_slowly(&slow, SLOW / 2);
    for (int i = 0; i < LARGE; i++) {
        struct letter letter;

        who.member = new_user();
        letter = add_of(&who);
        letter.more = 1;
        letter.more_value = large;
        letter_post(&letter);
        if (i % 20 == 0)
            letters_arrive();
    }
    letters_arrive();
    CU_ASSERT_TRUE(members_become(&slow, SLOW / 2));
    CU_ASSERT_TRUE(members_become(&who, LARGE));
    sql("drop trigger slow on core.members");
    CU_ASSERT_EQUAL(program_stop(&worker), 0);
    unsetenv("IDPMC_QUEUE_BYTES");
}
