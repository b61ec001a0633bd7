/* What follows from a message: a reaction to another module's event, a fan-out to many keys, and
 * what only time asks for. core and mc, as they are released. */
#include <CUnit/CUnit.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/date.h"
#include "contracts/core.h"
#include "contracts/mc.h"
#include "support/database.h"
#include "support/letter.h"
#include "support/program.h"
#include "support/topic.h"

enum { PLAYERS = 6, DAYS = 5, FAN_OUTS = 30, WAIT_MS = 30000, DAY_S = 86400, NEAR_S = 120 };

struct club {
    struct tenant_id tenant;
    struct user_id admin, players[PLAYERS];
    struct uuid team, habit;
    struct date today;
};

static struct club club_new(void)
{
    struct club club = {.tenant = new_tenant(),
                        .admin = new_user(),
                        .team = new_user().uuid,
                        .habit = new_user().uuid,
                        .today = date_of_seconds(timestamp_seconds(timestamp_now()))};
    const char *tenant = id_text(club.tenant.uuid), *team = id_text(club.team);

    database_ready();
    sql_found_organization(club.tenant, club.admin, 4);
    sql("insert into core.teams (tenant, team, name, members) values ('%s', '%s', 'Team', %d)",
        tenant, team, PLAYERS);
    for (size_t i = 0; i < PLAYERS; i++) {
        club.players[i] = new_user();
        const char *player = id_text(club.players[i].uuid);

        sql("insert into core.members (tenant, member, roles) values ('%s', '%s', 1);"
            "insert into core.team_members (tenant, member, team, roles)"
            " values ('%s', '%s', '%s', 1)",
            tenant, player, tenant, player, team);
    }
    return club;
}

/* A daily habit for the team, due since DAYS days ago. */
static void assign_habit(const struct club *club)
{
    static const int32_t weekdays[] = {0, 1, 2, 3, 4, 5, 6};
    struct mc_assign_habit body = {.title = span_text("Stretch"),
                                   .weekdays = {.items = weekdays, .count = 7},
                                   .weight = 3,
                                   .from = date_add(club->today, -DAYS)};
    struct letter letter;

    body.team.uuid = club->team;
    body.habit.uuid = club->habit;
    letter = letter_of(&mc_assign_habit_message, club->tenant, club->admin, &body);
    letter_post(&letter);
    letters_arrive();
}

static bool habits_become(const struct club *club, int64_t wanted, const char *condition)
{
    return sql_becomes(wanted, WAIT_MS, "select count(*) from mc.habits where tenant = '%s' and %s",
                       id_text(club->tenant.uuid), condition);
}

static int64_t decided(const struct club *club, const char *type)
{
    return sql_number("select count(*) from mc.inbox where tenant = '%s' and type = '%s'"
                      " and outcome = 0",
                      id_text(club->tenant.uuid), type);
}

void test_a_fan_out_sends_one_command_to_each_player(void)
{
    struct club club = club_new();
    struct program mc = program_run("worker-mc", NULL);

    assign_habit(&club);
    CU_ASSERT_TRUE(habits_become(&club, PLAYERS, "until_day is null"));
    CU_ASSERT_EQUAL(decided(&club, "mc.assign-habit.v1"), 1);
    CU_ASSERT_EQUAL(decided(&club, "mc.define-habit.v1"), PLAYERS);
    CU_ASSERT_EQUAL(program_stop(&mc), 0);
}

/* A team as large as one may be, and so many habits that what comes of them would fill the memory:
 * they are not all decided in one transaction. */
void test_large_fan_outs_share_no_batch(void)
{
    struct club club = club_new();
    const char *tenant = id_text(club.tenant.uuid);
    struct program mc;

    sql("with m as (insert into core.members (tenant, member, roles) select '%s',"
        " gen_random_uuid(), 1 from generate_series(%d, 1000) returning member)"
        " insert into core.team_members (tenant, member, team, roles)"
        " select '%s', member, '%s', 1 from m",
        tenant, PLAYERS + 1, tenant, id_text(club.team));
    sql("update core.teams set members = 1000 where tenant = '%s'", tenant);
    for (int i = 0; i < FAN_OUTS; i++) {
        club.habit = new_user().uuid;
        assign_habit(&club);
    }
    mc = program_run("worker-mc", NULL);
    CU_ASSERT_TRUE(sql_becomes(FAN_OUTS * 1000, 4 * WAIT_MS,
                               "select count(*) from mc.inbox where tenant = '%s'"
                               " and type = 'mc.define-habit.v1' and outcome = 0",
                               tenant));
    CU_ASSERT_TRUE(sql_number("select max(n) from (select count(*) n from mc.inbox where tenant ="
                              " '%s' and type = 'mc.assign-habit.v1' group by decided_at) t",
                              tenant) <= 20);
    CU_ASSERT_EQUAL(decided(&club, "mc.assign-habit.v1"), FAN_OUTS);
    CU_ASSERT_EQUAL(program_stop(&mc), 0);
}

void test_a_removed_members_habits_are_retired(void)
{
    struct club club = club_new();
    struct program mc = program_run("worker-mc", NULL), core = program_run("worker-core", NULL);
    struct core_remove_member body = {.member = club.players[2]};
    struct letter letter;

    assign_habit(&club);
    CU_ASSERT_TRUE(habits_become(&club, PLAYERS, "until_day is null"));
    letter = letter_of(&core_remove_member_message, club.tenant, club.admin, &body);
    letter_post(&letter);
    letters_arrive();
    CU_ASSERT_TRUE(habits_become(&club, PLAYERS - 1, "until_day is null"));
    CU_ASSERT_TRUE(sql_becomes(1, WAIT_MS,
                               "select count(*) from mc.habits where tenant = '%s'"
                               " and player = '%s' and until_day is not null",
                               letter.tenant, id_text(club.players[2].uuid)));
    CU_ASSERT_EQUAL(decided(&club, "mc.retire-habits.v1"), 1);
    CU_ASSERT_EQUAL(program_stop(&core), 0);
    CU_ASSERT_EQUAL(program_stop(&mc), 0);
}

static void post_at(struct letter letter, struct timestamp at)
{
    timestamp_format(at, letter.time);
    letter_sign(&letter);
    letter_post(&letter);
    letters_arrive();
}

static struct uuid define_habit_at(const struct club *club, struct timestamp at)
{
    static const int32_t weekdays[] = {0, 1, 2, 3, 4, 5, 6};
    const struct mc_define_habit body = {.player = club->players[0],
                                         .habit = {new_user().uuid},
                                         .title = span_text("Stretch"),
                                         .weekdays = {.items = weekdays, .count = 7},
                                         .weight = 3,
                                         .from = club->today};

    post_at(letter_of(&mc_define_habit_message, club->tenant, club->admin, &body), at);
    return body.habit.uuid;
}

static struct timestamp minutes_ago(int64_t minutes)
{
    return (struct timestamp){timestamp_now().us - minutes * 60000000};
}

/* The player was removed and added again a minute ago: only now is the removal told. */
void test_who_came_back_before_the_removal_is_told_keeps_new_habits(void)
{
    struct club club = club_new();
    struct program mc = program_run("worker-mc", NULL);
    struct core_member_removed body = {.member = club.players[0]};
    struct uuid old = define_habit_at(&club, minutes_ago(2)), new;
    char condition[128];

    new = define_habit_at(&club, minutes_ago(0));
    CU_ASSERT_TRUE(habits_become(&club, 2, "until_day is null"));
    post_at(letter_of(&core_member_removed_message, club.tenant, club.admin, &body),
            minutes_ago(1));
    snprintf(condition, sizeof condition, "habit = '%s' and until_day is not null", id_text(old));
    CU_ASSERT_TRUE(habits_become(&club, 1, condition));
    CU_ASSERT_EQUAL(decided(&club, "mc.retire-habits.v1"), 1);
    snprintf(condition, sizeof condition, "habit = '%s' and until_day is null", id_text(new));
    CU_ASSERT_TRUE(habits_become(&club, 1, condition));
    CU_ASSERT_EQUAL(program_stop(&mc), 0);
}

static int by_sequence(const void *a, const void *b)
{
    const struct topic_record *x = a, *y = b;
    struct span left = topic_header(x, "ce_sequence"), right = topic_header(y, "ce_sequence");
    int r = memcmp(x->key.data, y->key.data, RECORD_KEY_TEXT);

    CU_ASSERT_FATAL(left.size == 25 && right.size == 25);
    return r ? r : memcmp(left.data, right.data, left.size);
}

static bool is_copy(const struct topic *topic, size_t i)
{
    return i > 0 && span_equal(topic_header(&topic->records[i - 1], "ce_id"),
                               topic_header(&topic->records[i], "ce_id"));
}

/* Every player's days, each once, in their order. */
static void check_closed_days(const struct club *club)
{
    struct topic events = topic_read("idpmc.mc.events", club->tenant);
    struct date expected = club->today;
    const struct span *player = NULL;
    int closed = 0;

    qsort(events.records, events.count, sizeof *events.records, by_sequence);
    for (size_t i = 0; i < events.count; i++) {
        const struct topic_record *record = &events.records[i];
        const struct mc_day_closed *event;

        if (!span_is(topic_header(record, "ce_type"), "mc.day-closed.v1") || is_copy(&events, i))
            continue;
        event = topic_body(&events, record, &mc_day_closed_message);
        if (!player || !span_equal(*player, record->key))
            expected = date_add(club->today, -DAYS);
        CU_ASSERT_EQUAL(date_cmp(event->day, expected), 0);
        CU_ASSERT_EQUAL(event->weight_due, 3);
        expected = date_add(expected, 1);
        player = &record->key;
        closed++;
    }
    CU_ASSERT_EQUAL(closed, PLAYERS * DAYS);
    topic_free(&events);
}

/* The days of the test are counted from today, which must not end before it has. */
static void let_midnight_pass(void)
{
    int64_t left_s = DAY_S - timestamp_seconds(timestamp_now()) % DAY_S;

    if (left_s <= NEAR_S)
        sleep_ms((int)(left_s + 1) * 1000);
}

/* After an outage of days all of them are closed, though two processes look at the clock. */
void test_days_are_closed_once_and_in_order_also_after_an_outage(void)
{
    struct program one, two;
    struct club club;

    let_midnight_pass();
    club = club_new();
    one = program_run("worker-mc", "IDPMC_LANES=2");
    two = program_run("worker-mc", NULL);
    assign_habit(&club);
    CU_ASSERT_TRUE(sql_becomes(PLAYERS, WAIT_MS,
                               "select count(*) from mc.players where tenant = '%s'"
                               " and closed_through = (now() at time zone 'UTC')::date - 1",
                               id_text(club.tenant.uuid)));
    CU_ASSERT_EQUAL(decided(&club, "mc.close-day.v1"), PLAYERS * DAYS);
    check_closed_days(&club);
    CU_ASSERT_EQUAL(program_stop(&one), 0);
    CU_ASSERT_EQUAL(program_stop(&two), 0);
}
