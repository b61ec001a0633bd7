/* Pages of real rows, asked for as the ingress asks, in its role: nothing twice and nothing missed
 * while rows come and go, and nothing of another tenant. */
#include <CUnit/CUnit.h>
#include <stdio.h>
#include <stdlib.h>

#include "contracts/core.h"
#include "contracts/mc.h"
#include "runtime/uow.h"
#include "support/database.h"

extern const struct worker worker_core, worker_mc;

enum { MEMBERS = 1000, PAGE = 37, TIMEOUT_MS = 30000, UOW_BYTES = 16 << 20, PLAYER = 1, COACH = 2 };

/* One reader with a question, of which the page goes on. */
struct reader {
    const struct worker *worker;
    const struct query *query;
    struct command command;
    struct query_call call;
    const void *answer;
    bool more;
};

static struct pg *ingress;
static struct uow *uow;

static void open_ingress(void)
{
    if (ingress)
        return;
    database_ready();
    ingress = pg_connect(getenv("IDPMC_INGRESS_DATABASE_URL"), "test_pages");
    CU_ASSERT_FATAL(ingress && pg_wait(ingress, TIMEOUT_MS) == 0);
    uow = uow_new(UOW_BYTES);
    CU_ASSERT_PTR_NOT_NULL_FATAL(uow);
}

static struct reader reader_of(const struct worker *worker, const struct message *on,
                               struct tenant_id tenant, const void *params, size_t limit)
{
    const struct query *query = worker->queries;

    open_ingress();
    while (query->on && query->on != on)
        query++;
    CU_ASSERT_PTR_NOT_NULL_FATAL(query->on);
    return (struct reader){
        .worker = worker,
        .query = query,
        .command = {.tenant = tenant},
        .call = {.tenant = tenant,
                 .at = timestamp_now(),
                 .params = params,
                 .page = {.limit = limit}},
        .more = true,
    };
}

static void round_trip(void)
{
    CU_ASSERT_FATAL(pg_add(ingress, "begin read only", NULL, 0) >= 0);
    CU_ASSERT_EQUAL_FATAL(uow_queue_loads(uow, ingress), 0);
    CU_ASSERT_FATAL(pg_add(ingress, "commit", NULL, 0) >= 0);
    if (pg_wait(ingress, TIMEOUT_MS) < 0)
        printf("# %s\n", pg_failure(ingress)->message);
    CU_ASSERT_EQUAL_FATAL(uow_take_loads(uow, ingress, TIMEOUT_MS), 0);
}

/* The readers' next pages, all in one round. */
static void turn_pages(struct reader *const *readers, size_t count)
{
    uow_begin(uow);
    for (size_t i = 0; i < count; i++) {
        uow_enter(uow, readers[i]->worker->name, &readers[i]->command);
        CU_ASSERT_EQUAL_FATAL(readers[i]->query->load(uow, &readers[i]->call), 0);
        CU_ASSERT_EQUAL_FATAL(uow_leave_load(uow), 0);
    }
    round_trip();
    for (size_t i = 0; i < count; i++) {
        struct reader *reader = readers[i];
        void *answer = uow_alloc(uow, 1, reader->query->on->answer->size);
        int r;

        CU_ASSERT_PTR_NOT_NULL_FATAL(answer);
        uow_enter(uow, reader->worker->name, &reader->command);
        r = reader->query->answer(uow, &reader->call, answer);
        reader->more = uow_page_next(uow, &reader->call.page.from);
        CU_ASSERT_EQUAL_FATAL(uow_leave(uow, r), 0);
        reader->answer = answer;
    }
}

static void turn_page(struct reader *reader)
{
    turn_pages(&reader, 1);
}

/* The n-th member of a tenant's; ids spread over the whole range, so that pages mix them. */
static struct user_id member_number(int n)
{
    return (struct user_id){
        {{(uint8_t)(n * 167), (uint8_t)(n >> 8), (uint8_t)n, [15] = (uint8_t)(n * 31)}}};
}

static int number_of(struct user_id member)
{
    return member.uuid.bytes[1] << 8 | member.uuid.bytes[2];
}

static void add_member(struct tenant_id tenant, int n)
{
    sql("insert into core.members (tenant, member, roles) values ('%s', '%s', %d)",
        id_text(tenant.uuid), id_text(member_number(n).uuid), PLAYER);
}

static void remove_member(struct tenant_id tenant, int n)
{
    sql("update core.members set roles = 0 where tenant = '%s' and member = '%s'",
        id_text(tenant.uuid), id_text(member_number(n).uuid));
}

/* A tenant whose members have the numbers from 0; each third is a coach as well. */
static struct tenant_id club_of(int members)
{
    struct tenant_id tenant = new_tenant();
    struct buf rows = {0};

    database_ready();
    for (int n = 0; n < members; n++) {
        buf_printf(&rows, "%s('%s', '%s', %d)", rows.size ? ", " : "", id_text(tenant.uuid),
                   id_text(member_number(n).uuid), n % 3 ? PLAYER : PLAYER | COACH);
        if (n % 100 == 99 || n == members - 1) {
            sql("insert into core.members (tenant, member, roles) values %s", rows.data);
            buf_clear(&rows);
        }
    }
    buf_deinit(&rows);
    return tenant;
}

/* How often each member was told, and whether in the ids' order. */
struct told {
    int times[2 * MEMBERS];
    int total;
    struct uuid last;
    bool in_order;
};

static void note(struct told *told, const struct reader *reader)
{
    const struct core_members_answer *answer = reader->answer;

    for (size_t i = 0; i < answer->items.count; i++) {
        struct user_id member = answer->items.items[i].member;

        told->in_order &= uuid_cmp(told->last, member.uuid) <= 0;
        told->last = member.uuid;
        told->times[number_of(member)]++;
        told->total++;
    }
}

void test_pages_tell_every_member_once_in_order(void)
{
    const struct core_members everybody = {.has_role = false};
    struct tenant_id tenant = club_of(MEMBERS);
    struct reader reader = reader_of(&worker_core, &core_members_message, tenant, &everybody, PAGE);
    struct told told = {.in_order = true};
    int pages = 0;

    for (; reader.more; pages++) {
        turn_page(&reader);
        note(&told, &reader);
    }
    CU_ASSERT_EQUAL(pages, (MEMBERS + PAGE - 1) / PAGE);
    CU_ASSERT_EQUAL(told.total, MEMBERS);
    CU_ASSERT_TRUE(told.in_order);
    for (int n = 0; n < MEMBERS; n++)
        CU_ASSERT_EQUAL(told.times[n], 1);
}

/* Of those who were there before, each tenth goes and half as many come while pages are turned; the
 * very members with whom pages begin and end are among them. */
void test_who_stays_is_told_once_while_others_come_and_go(void)
{
    const struct core_members everybody = {.has_role = false};
    struct tenant_id tenant = club_of(MEMBERS);
    struct reader reader = reader_of(&worker_core, &core_members_message, tenant, &everybody, PAGE);
    struct told told = {.in_order = true};

    for (int page = 0; reader.more; page++) {
        turn_page(&reader);
        note(&told, &reader);
        for (int n = page * 4; n < page * 4 + 4; n++)
            remove_member(tenant, n * 10 % MEMBERS);
        for (int n = page * 2; n < page * 2 + 2; n++)
            add_member(tenant, MEMBERS + n);
        if (reader.more && page % 2)
            sql("update core.members set roles = 0 where tenant = '%s' and member = '%s'",
                id_text(tenant.uuid), id_text(reader.call.page.from));
    }
    CU_ASSERT_TRUE(told.in_order);
    for (int n = 0; n < 2 * MEMBERS; n++)
        CU_ASSERT_TRUE(told.times[n] <= 1);
    for (int n = 0; n < MEMBERS; n++)
        if (told.times[n] == 0)
            CU_ASSERT_EQUAL(sql_number("select roles from core.members where tenant = '%s' and "
                                       "member = '%s'",
                                       id_text(tenant.uuid), id_text(member_number(n).uuid)),
                            0);
}

void test_a_filter_fills_its_pages(void)
{
    const struct core_members coaches = {.has_role = true, .role = CORE_MEMBERS_ROLE_COACH};
    struct tenant_id tenant = club_of(30);
    struct reader reader = reader_of(&worker_core, &core_members_message, tenant, &coaches, 6);
    struct told told = {.in_order = true};

    turn_page(&reader);
    note(&told, &reader);
    CU_ASSERT_EQUAL(told.total, 6);
    CU_ASSERT_TRUE(reader.more);
    turn_page(&reader);
    note(&told, &reader);
    CU_ASSERT_FALSE(reader.more);
    CU_ASSERT_EQUAL(told.total, 10);
    for (int n = 0; n < 30; n++)
        CU_ASSERT_EQUAL(told.times[n], n % 3 == 0);
}

void test_readers_of_several_tenants_in_one_round_get_their_own(void)
{
    const struct core_members everybody = {.has_role = false};
    struct tenant_id small = club_of(5), large = club_of(20);
    struct reader of_small = reader_of(&worker_core, &core_members_message, small, &everybody, 10),
                  of_large = reader_of(&worker_core, &core_members_message, large, &everybody, 8),
                  again = reader_of(&worker_core, &core_members_message, large, &everybody, 20);
    struct reader *const readers[] = {&of_small, &of_large, &again};
    struct told told[3] = {{.in_order = true}, {.in_order = true}, {.in_order = true}};

    turn_pages(readers, COUNT_OF(readers));
    for (size_t i = 0; i < COUNT_OF(readers); i++)
        note(&told[i], readers[i]);
    CU_ASSERT_EQUAL(told[0].total, 5);
    CU_ASSERT_FALSE(of_small.more);
    CU_ASSERT_EQUAL(told[1].total, 8);
    CU_ASSERT_TRUE(of_large.more);
    CU_ASSERT_EQUAL(told[2].total, 20);
    CU_ASSERT_FALSE(again.more);
}

void test_a_tenant_without_rows_has_one_empty_page(void)
{
    const struct core_members everybody = {.has_role = false};
    struct reader reader;
    struct told told = {.in_order = true};

    club_of(3);
    reader = reader_of(&worker_core, &core_members_message, new_tenant(), &everybody, 10);
    turn_page(&reader);
    note(&told, &reader);
    CU_ASSERT_EQUAL(told.total, 0);
    CU_ASSERT_FALSE(reader.more);
}

void test_a_teams_places_are_those_that_count(void)
{
    struct tenant_id tenant = club_of(20);
    struct core_team_members of_team = {.team = {new_user().uuid}};
    struct reader reader;
    struct told told = {.in_order = true};

    sql("insert into core.teams (tenant, team, name, members) values ('%s', '%s', 'Girls', 12)",
        id_text(tenant.uuid), id_text(of_team.team.uuid));
    for (int n = 0; n < 12; n++)
        sql("insert into core.team_members (tenant, member, team, roles) values ('%s', '%s', '%s', "
            "%d)",
            id_text(tenant.uuid), id_text(member_number(n).uuid), id_text(of_team.team.uuid),
            n % 4 ? PLAYER : COACH);
    reader = reader_of(&worker_core, &core_team_members_message, tenant, &of_team, 6);
    while (reader.more) {
        const struct core_team_members_answer *answer;

        turn_page(&reader);
        answer = reader.answer;
        for (size_t i = 0; i < answer->items.count; i++)
            told.times[number_of(answer->items.items[i].member)]++;
    }
    for (int n = 0; n < 12; n++) /* a coach's place needs a member who is a coach */
        CU_ASSERT_EQUAL(told.times[n], n % 4 ? 1 : n % 3 == 0);
}

static void add_habit(struct tenant_id tenant, struct user_id player, int n, const char *until)
{
    sql("insert into mc.habits (tenant, player, habit, slot, title, weekdays, weight, from_day,"
        " until_day) values ('%s', '%s', '%s', %d, 'Run', 1, 1, '2026-01-01', %s)",
        id_text(tenant.uuid), id_text(player.uuid), id_text(member_number(n).uuid), n, until);
}

void test_habits_that_are_over_stay_out_of_pages_unless_asked_for(void)
{
    struct tenant_id tenant = new_tenant();
    struct mc_habits params = {.player = new_user()};
    struct reader reader;

    open_ingress();
    sql_found_organization(tenant, params.player, PLAYER);
    for (int n = 0; n < 6; n++)
        add_habit(tenant, params.player, n, n % 2 ? "null" : "'2026-02-01'");
    reader = reader_of(&worker_mc, &mc_habits_message, tenant, &params, 3);
    turn_page(&reader);
    CU_ASSERT_EQUAL(((const struct mc_habits_answer *)reader.answer)->items.count, 3);
    CU_ASSERT_FALSE(reader.more);
    params.has_retired = params.retired = true;
    reader = reader_of(&worker_mc, &mc_habits_message, tenant, &params, 4);
    turn_page(&reader);
    CU_ASSERT_EQUAL(((const struct mc_habits_answer *)reader.answer)->items.count, 4);
    CU_ASSERT_TRUE(reader.more);
}
