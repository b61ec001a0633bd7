/* What a listener may see, read from a real PostgreSQL: whom a coach coaches has a bound, which is
 * neither another's nor that of who sees the whole organization. */
#include <CUnit/CUnit.h>
#include <stdio.h>
#include <stdlib.h>

#include "../workers/ingress/events_rights.h"
#include "runtime/worker.h"
#include "support/database.h"

enum { TIMEOUT_MS = 30000, ARENA_BYTES = 16 << 20, PLAYER = 1, COACH = 2, ADMIN = 4, FEW = 3 };

const struct worker *const workers[] = {NULL};

struct fixture {
    struct tenant_id tenant;
    struct events_permissions permissions;
    struct events_rights_reading readings[2]; /* the coach, and another of a few */
};

/* A team of its own, with players whom nobody else has. */
static void give_team(struct fixture *f, size_t which, int roles, int players)
{
    const char *tenant = id_text(f->tenant.uuid), *team = id_text(new_user().uuid), *coach;

    f->readings[which].user = new_user();
    coach = id_text(f->readings[which].user.uuid);
    sql("insert into core.members (tenant, member, roles) values ('%s', '%s', %d)", tenant, coach,
        roles);
    sql("insert into core.teams (tenant, team, name, members) values ('%s', '%s', 'x', %d)", tenant,
        team, players + 1);
    sql("insert into core.team_members (tenant, member, team, roles) values ('%s', '%s', '%s', %d)",
        tenant, coach, team, COACH);
    sql("with player as (insert into core.members (tenant, member, roles)"
        "                select '%s', gen_random_uuid(), %d from generate_series(1, %d)"
        "                returning member)"
        " insert into core.team_members (tenant, member, team, roles)"
        " select '%s', member, '%s', %d from player",
        tenant, PLAYER, players, tenant, team, PLAYER);
}

static void read_rights(struct fixture *f)
{
    struct arena *arena = arena_new(ARENA_BYTES);
    struct pg *pg = pg_connect(getenv("IDPMC_INGRESS_DATABASE_URL"), "test");
    struct events_rights_group group = {
        .tenant = f->tenant, .readings = f->readings, .count = COUNT_OF(f->readings)};

    CU_ASSERT_FATAL(arena && pg);
    CU_ASSERT_EQUAL_FATAL(events_permissions_init(&f->permissions), 0);
    CU_ASSERT_FATAL(pg_add(pg, "begin read only", NULL, 0) >= 0);
    CU_ASSERT_FATAL(events_rights_queue(&group, &f->permissions, pg, arena) >= 0);
    CU_ASSERT_FATAL(pg_add(pg, "commit", NULL, 0) >= 0);
    CU_ASSERT_EQUAL_FATAL(pg_wait(pg, TIMEOUT_MS), 0);
    events_rights_take(&group, &f->permissions, pg);
    pg_close(pg);
    arena_free(arena);
}

/* The first has these roles and coaches so many players, the second is a coach of a few. */
static void start(struct fixture *f, int roles, int players)
{
    database_ready();
    *f = (struct fixture){.tenant = new_tenant()};
    sql_found_organization(f->tenant, new_user(), ADMIN);
    give_team(f, 0, roles, players);
    give_team(f, 1, COACH, FEW);
    read_rights(f);
    CU_ASSERT(f->readings[0].belongs && !f->readings[0].lacking);
    CU_ASSERT(f->readings[1].belongs && !f->readings[1].lacking);
    CU_ASSERT_FALSE(f->readings[1].rights.crowded);
    CU_ASSERT_EQUAL(f->readings[1].rights.coached_count, FEW);
}

static void stop(struct fixture *f)
{
    for (size_t i = 0; i < COUNT_OF(f->readings); i++)
        free(f->readings[i].rights.coached);
}

void test_as_many_players_as_are_kept_are_all_read_and_in_order(void)
{
    struct fixture f;
    const struct events_rights *rights = &f.readings[0].rights;
    size_t disordered = 0;

    start(&f, COACH, EVENTS_COACHED_MAX);
    CU_ASSERT_FALSE(rights->crowded);
    CU_ASSERT_EQUAL_FATAL(rights->coached_count, EVENTS_COACHED_MAX);
    for (size_t i = 1; i < rights->coached_count; i++)
        disordered += uuid_cmp(rights->coached[i - 1].uuid, rights->coached[i].uuid) >= 0;
    CU_ASSERT_EQUAL(disordered, 0);
    stop(&f);
}

void test_of_more_players_none_is_kept_and_that_is_told(void)
{
    struct fixture f;

    start(&f, COACH, EVENTS_COACHED_MAX + 1);
    CU_ASSERT(f.readings[0].rights.crowded);
    CU_ASSERT_EQUAL(f.readings[0].rights.coached_count, 0);
    CU_ASSERT_PTR_NULL(f.readings[0].rights.coached);
    stop(&f);
}

void test_who_sees_the_organization_may_coach_any_number(void)
{
    struct fixture f;

    start(&f, COACH | ADMIN, EVENTS_COACHED_MAX + 1);
    CU_ASSERT_FALSE(f.readings[0].rights.crowded);
    CU_ASSERT_EQUAL(f.readings[0].rights.coached_count, 0);
    stop(&f);
}
