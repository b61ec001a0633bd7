/* Who may see an event, and who asked for it. */
#include <CUnit/CUnit.h>
#include <string.h>

#include "../workers/ingress/events_visible.h"
#include "contracts/core.h"
#include "contracts/mc.h"
#include "runtime/worker.h"

const struct worker *const workers[] = {NULL};

static const struct user_id self = {{{1}}}, mate = {{{2}}}, stranger = {{{9}}};
static struct events_permissions permissions;

static struct events_rights rights_with(const char *permission, uint8_t scopes)
{
    struct events_rights rights = {.coached_count = 0};
    size_t at;

    CU_ASSERT_EQUAL_FATAL(events_permissions_init(&permissions), 0);
    at = events_permissions_find(&permissions, permission);
    CU_ASSERT_FATAL(at < permissions.count);
    rights.scopes[at] = scopes;
    return rights;
}

static bool sees(const struct events_rights *rights, const struct message *message,
                 struct user_id about)
{
    const struct event event = {.message = message, .player = about};

    return events_may_see(&permissions, rights, self, &event);
}

void test_the_organizations_scope_sees_everybody(void)
{
    const struct events_rights rights = rights_with("mc.week.read", SCOPE_BIT_ORGANIZATION);

    CU_ASSERT(sees(&rights, &mc_check_recorded_message, self));
    CU_ASSERT(sees(&rights, &mc_check_recorded_message, stranger));
    CU_ASSERT(sees(&rights, &mc_habit_assigned_message, stranger));
}

void test_a_player_sees_only_what_is_about_them(void)
{
    const struct events_rights rights = rights_with("mc.week.read", SCOPE_BIT_SELF);

    CU_ASSERT(sees(&rights, &mc_check_recorded_message, self));
    CU_ASSERT_FALSE(sees(&rights, &mc_check_recorded_message, mate));
    CU_ASSERT_FALSE(sees(&rights, &mc_habit_assigned_message, self));
}

void test_a_player_sees_their_own_places_in_teams_only(void)
{
    const struct events_rights teams = rights_with("core.team.read", SCOPE_BIT_ORGANIZATION);
    const struct events_rights rights = rights_with("core.member.read", SCOPE_BIT_SELF);

    CU_ASSERT(sees(&rights, &core_team_assigned_message, self));
    CU_ASSERT_FALSE(sees(&rights, &core_team_assigned_message, mate));
    CU_ASSERT_FALSE(sees(&teams, &core_team_assigned_message, mate));
    CU_ASSERT(sees(&teams, &core_team_created_message, self));
}

void test_a_coach_sees_the_players_of_the_team(void)
{
    struct user_id coached[] = {{{{2}}}, {{{3}}}, {{{5}}}, {{{8}}}};
    struct events_rights rights = rights_with("mc.week.read", SCOPE_BIT_TEAM);

    CU_ASSERT_FALSE(sees(&rights, &mc_check_recorded_message, mate));
    rights.coached = coached;
    rights.coached_count = COUNT_OF(coached);
    for (size_t i = 0; i < COUNT_OF(coached); i++)
        CU_ASSERT(sees(&rights, &mc_check_recorded_message, coached[i]));
    CU_ASSERT_FALSE(sees(&rights, &mc_check_recorded_message, stranger));
    CU_ASSERT_FALSE(sees(&rights, &mc_check_recorded_message, self)); /* not of their own team */
    CU_ASSERT_FALSE(sees(&rights, &mc_habit_assigned_message, mate));
}

void test_whom_they_coach_matters_only_to_who_sees_players_by_it(void)
{
    const struct events_rights team = rights_with("mc.week.read", SCOPE_BIT_TEAM | SCOPE_BIT_SELF);
    const struct events_rights all =
        rights_with("mc.week.read", SCOPE_BIT_ORGANIZATION | SCOPE_BIT_TEAM);
    const struct events_rights self_only = rights_with("mc.week.read", SCOPE_BIT_SELF);
    const struct events_rights of_no_player = rights_with("core.team.read", SCOPE_BIT_TEAM);
    struct events_rights some = all;

    CU_ASSERT(events_rights_need_coached(&permissions, &team));
    CU_ASSERT_FALSE(events_rights_need_coached(&permissions, &all));
    CU_ASSERT_FALSE(events_rights_need_coached(&permissions, &self_only));
    CU_ASSERT_FALSE(events_rights_need_coached(&permissions, &of_no_player));
    some.scopes[events_permissions_find(&permissions, "core.member.read")] = SCOPE_BIT_TEAM;
    CU_ASSERT(events_rights_need_coached(&permissions, &some));
}

void test_another_permission_is_of_no_use(void)
{
    const struct events_rights rights = rights_with("core.team.read", SCOPE_BIT_ORGANIZATION);

    CU_ASSERT(sees(&rights, &core_team_created_message, self));
    CU_ASSERT_FALSE(sees(&rights, &mc_check_recorded_message, self));
}

void test_a_command_and_an_event_without_a_scope_are_seen_by_nobody(void)
{
    const struct events_rights rights = rights_with("mc.week.read", SCOPE_BIT_ORGANIZATION);
    struct message hidden = mc_check_recorded_message;

    hidden.scope = SCOPE_NONE;
    CU_ASSERT_FALSE(sees(&rights, &hidden, self));
    CU_ASSERT_FALSE(sees(&rights, &mc_record_check_message, self));
}

/* ---- filters --------------------------------------------------------------------------------- */

static int read_filter(const char *query, struct events_filter *ret_filter)
{
    cleanup(buf_deinit) struct buf detail = {0};
    int r = events_filter_read(span_text(query), ret_filter, &detail);

    CU_ASSERT_EQUAL(r != 0, detail.size != 0);
    return r;
}

static bool takes(const char *query, const struct message *message, struct user_id about)
{
    const struct event event = {.message = message, .player = about};
    struct events_filter filter;

    CU_ASSERT_EQUAL_FATAL(read_filter(query, &filter), 0);
    return events_filter_takes(&filter, &event);
}

void test_without_parameters_everything_is_asked_for(void)
{
    CU_ASSERT(takes("", &mc_check_recorded_message, self));
    CU_ASSERT(takes("", &core_team_created_message, self));
}

void test_types_stand_with_or_without_their_version(void)
{
    CU_ASSERT(takes("type=mc.check-recorded", &mc_check_recorded_message, self));
    CU_ASSERT(takes("type=mc.check-recorded.v1", &mc_check_recorded_message, self));
    CU_ASSERT_FALSE(takes("type=mc.check-recorded", &mc_day_closed_message, self));
    CU_ASSERT(takes("type=mc.check-recorded&type=mc.day-closed", &mc_day_closed_message, self));
}

void test_a_player_is_asked_for_by_id(void)
{
    static const char query[] = "player=01000000-0000-0000-0000-000000000000";

    CU_ASSERT(takes(query, &mc_check_recorded_message, self));
    CU_ASSERT_FALSE(takes(query, &mc_check_recorded_message, mate));
    CU_ASSERT_FALSE(takes(query, &core_team_created_message, self));
}

void test_what_cannot_be_asked_for_is_refused(void)
{
    struct events_filter filter;
    char many[2048] = "type=mc.day-closed";

    CU_ASSERT_EQUAL(read_filter("type=mc.nothing", &filter), EVENTS_FILTER_UNKNOWN_TYPE);
    CU_ASSERT_EQUAL(read_filter("type=mc.record-check", &filter), EVENTS_FILTER_UNKNOWN_TYPE);
    CU_ASSERT_EQUAL(read_filter("type=", &filter), EVENTS_FILTER_UNKNOWN_TYPE);
    CU_ASSERT_EQUAL(read_filter("type", &filter), EVENTS_FILTER_UNKNOWN_TYPE);
    CU_ASSERT_EQUAL(read_filter("player=me", &filter), EVENTS_FILTER_MALFORMED);
    CU_ASSERT_EQUAL(read_filter("types=mc.day-closed", &filter), EVENTS_FILTER_MALFORMED);
    CU_ASSERT_EQUAL(read_filter("&", &filter), EVENTS_FILTER_MALFORMED);
    for (size_t i = 0; i < EVENTS_TYPES_MAX; i++)
        strcat(many, "&type=mc.day-closed");
    CU_ASSERT_EQUAL(read_filter(many, &filter), EVENTS_FILTER_MALFORMED);
}
