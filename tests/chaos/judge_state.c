/* What the database says, as the operator sees it. */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/buf.h"
#include "judge.h"

enum { QUERY_MS = 60000, CONNECT_MS = 5000, CONNECT_TRIES = 12, LOOK_MS = 100, PARKED = -2 };

static void rest(int ms)
{
    nanosleep(&(struct timespec){.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000L}, NULL);
}

void state_open(struct judge *judge)
{
    for (int i = 0; i < CONNECT_TRIES; i++) {
        judge->pg = pg_connect(needed_setting("DATABASE_URL"), "chaos-judge");
        if (judge->pg && pg_wait(judge->pg, CONNECT_MS) == 0)
            return;
        pg_close(judge->pg);
        rest(1000);
    }
    give_up("PostgreSQL does not answer");
}

void state_close(struct judge *judge)
{
    pg_close(judge->pg);
    judge->pg = NULL;
}

static struct pg_param our_tenants(struct judge *judge)
{
    struct pg_array tenants;

    pg_array_init(&tenants, judge->arena, PG_UUID, TENANTS);
    for (size_t i = 0; i < TENANTS; i++)
        pg_array_add_uuid(&tenants, judge->population.tenants[i].tenant.uuid);
    return pg_array_param(&tenants);
}

/* The rows of a query whose one parameter are the run's tenants, for a module where it names one
 * as "@". */
static const struct pg_rows *ask(struct judge *judge, const char *form, enum module module)
{
    struct pg_param tenants = our_tenants(judge);
    cleanup(buf_deinit) struct buf text = {0};
    const char *kept;
    int answer;

    for (; *form; form++) {
        if (*form == '@')
            buf_add_text(&text, module_names[module]);
        else
            buf_add_char(&text, *form);
    }
    kept = arena_copy(judge->arena, text.data, text.size); /* is prepared, so it has to last */
    answer = kept ? pg_add(judge->pg, kept, &tenants, 1) : -1;
    if (answer < 0 || pg_wait(judge->pg, QUERY_MS) < 0)
        give_up("%s: %s", kept ? kept : "no memory", pg_failure(judge->pg)->message);
    return pg_rows(judge->pg, answer);
}

/* ---- quiet
 * ---------------------------------------------------------------------------------------- */
static bool positions_reach(struct judge *judge, enum module module,
                            const int64_t ends[PARTITIONS_MOST])
{
    const struct pg_rows *rows =
        ask(judge,
            "select part, next from @.position where topic = 'idpmc.@.commands'"
            " and $1::uuid[] is not null",
            module);
    int64_t next[PARTITIONS_MOST] = {0};

    for (size_t row = 0; row < pg_row_count(rows); row++)
        if (pg_get_int4(rows, row, 0) < PARTITIONS_MOST)
            next[pg_get_int4(rows, row, 0)] = pg_get_int8(rows, row, 1);
    for (int i = 0; i < PARTITIONS_MOST; i++)
        if (next[i] < ends[i])
            return false;
    return true;
}

static bool nothing_waits(struct judge *judge, enum module module)
{
    return pg_get_int8(ask(judge,
                           "select (select count(*) from @.outbox) +"
                           " (select count(*) from @.parked where tenant = any($1::uuid[]))",
                           module),
                       0, 0) == 0;
}

bool state_settles(struct judge *judge, int64_t ends[MODULES][PARTITIONS_MOST], int64_t until_ms)
{
    for (enum module module = TALLY; module < MODULES;) {
        if (positions_reach(judge, module, ends[module]) && nothing_waits(judge, module)) {
            module++;
            continue;
        }
        if (monotonic_ms() > until_ms) {
            printf("  %s still has messages to decide or to publish\n", module_names[module]);
            return false;
        }
        rest(LOOK_MS);
    }
    return true;
}

/* ---- outcomes
 * -------------------------------------------------------------------------------------- */
void state_read_inboxes(struct judge *judge)
{
    for (enum module module = TALLY; module < MODULES; module++) {
        const struct pg_rows *rows =
            ask(judge, "select tenant, id, outcome from @.inbox where tenant = any($1::uuid[])",
                module);

        for (size_t row = 0; row < pg_row_count(rows); row++) {
            struct found *command = judge_find(
                judge, judge_tenant(judge, pg_get_uuid(rows, row, 0)), pg_get_uuid(rows, row, 1));

            if (!command || command->module != module)
                continue; /* a tick, or a fan-out */
            command->outcome = pg_get_int4(rows, row, 2);
            command->decided = command->outcome != PARKED;
        }
    }
}

static bool expected_to_die(const struct found *command, struct span cause)
{
    return span_is(cause, "id_reused") || (command && (command->past.command.kind == KIND_CULPRIT ||
                                                       command->past.command.kind == KIND_LETTER));
}

void state_read_dead(struct judge *judge)
{
    for (enum module module = TALLY; module < MODULES; module++) {
        const struct pg_rows *rows =
            ask(judge,
                "select tenant, id, cause, coalesce(detail, ''),"
                "       coalesce(resolved = 'discarded', false) from @.dead"
                " where tenant = any($1::uuid[])",
                module);

        for (size_t row = 0; row < pg_row_count(rows); row++) {
            struct found *command = judge_find(
                judge, judge_tenant(judge, pg_get_uuid(rows, row, 0)), pg_get_uuid(rows, row, 1));
            struct span cause = pg_value(rows, row, 2), detail = pg_value(rows, row, 3);

            if (command)
                command->discarded |= pg_get_bool(rows, row, 4);
            if (!expected_to_die(command, cause))
                judge_breach(judge, RULE_OUTCOME, command, "a dead letter: %.*s, %.*s",
                             (int)cause.size, cause.data, (int)detail.size, detail.data);
        }
    }
}

/* ---- tally
 * ---------------------------------------------------------------------------------------- */
static bool is_a_letters_counter(const struct judge *judge, unsigned tenant, struct uuid counter)
{
    for (size_t i = 0; i < judge->count; i++) {
        const struct command *command = &judge->commands[i].past.command;

        if (command->kind == KIND_LETTER && command->tenant == tenant &&
            uuid_equal(letter_counter(&judge->population, tenant, command->sequence), counter))
            return true;
    }
    return false;
}

static bool is_a_counter(const struct judge *judge, unsigned tenant, struct uuid counter)
{
    for (size_t i = 0; i < COUNT_OF(judge->population.tenants[tenant].counters); i++)
        if (uuid_equal(judge->population.tenants[tenant].counters[i], counter))
            return true;
    return is_a_letters_counter(judge, tenant, counter);
}

static void check_counter(struct judge *judge, unsigned tenant, struct uuid counter, int64_t h,
                          int64_t count)
{
    const struct happened *last = events_last(judge, tenant, counter);
    char id[UUID_TEXT + 1];

    judge->checked[RULE_TOTAL]++;
    uuid_format(counter, id);
    if (!is_a_counter(judge, tenant, counter))
        judge_breach(judge, RULE_CAUSE, NULL, "tenant %u has a counter %s that is not its own",
                     tenant, id);
    else if (!last || last->count < count)
        judge_breach(judge, RULE_EVENT, NULL,
                     "counter %s of tenant %u counted %lld, its events end at %lld", id, tenant,
                     (long long)count, last ? (long long)last->count : 0);
    else if (last->count != count || last->h != h)
        judge_breach(judge, RULE_TOTAL, last->command,
                     "counter %s of tenant %u stands at %lld, its events at %lld", id, tenant,
                     (long long)count, (long long)last->count);
}

void state_check_counters(struct judge *judge)
{
    const struct pg_rows *rows =
        ask(judge,
            "select tenant, counter, h, count from tally.counters where tenant = any($1::uuid[])",
            TALLY);
    int64_t counted = 0, effects = 0;

    for (size_t row = 0; row < pg_row_count(rows); row++) {
        counted += pg_get_int8(rows, row, 3);
        check_counter(judge, judge_tenant(judge, pg_get_uuid(rows, row, 0)),
                      pg_get_uuid(rows, row, 1), pg_get_int8(rows, row, 2),
                      pg_get_int8(rows, row, 3));
    }
    for (size_t i = 0; i < judge->count; i++)
        effects += judge->commands[i].module == TALLY ? judge->commands[i].effects : 0;
    if (counted != effects)
        judge_breach(judge, RULE_TOTAL, NULL, "%lld counts stand, of %lld effects",
                     (long long)counted, (long long)effects);
}

/* ---- mc and core
 * ----------------------------------------------------------------------------------- */
struct marks {
    int32_t first_day;
    int64_t said[DAYS + 1], done[DAYS + 1];
};

/* What each day must say: the checks that took effect, in their order. */
static void find_marks(const struct judge *judge, unsigned tenant, struct marks *marks)
{
    *marks = (struct marks){.first_day = INT32_MAX};
    for (size_t i = 0; i < judge->count; i++) {
        const struct command *command = &judge->commands[i].past.command;

        if (command->kind == KIND_CHECK && command->sequence / 16 < marks->first_day)
            marks->first_day = (int32_t)(command->sequence / 16);
    }
    for (size_t i = 0; i < judge->count; i++) {
        const struct command *command = &judge->commands[i].past.command;
        const int64_t bit = INT64_C(1) << command->sequence / 2 % HABITS;
        const int64_t day = command->sequence / 16 - marks->first_day;

        if (command->kind != KIND_CHECK || command->tenant != tenant ||
            judge->commands[i].effects == 0 || day > DAYS)
            continue;
        marks->said[day] |= bit;
        marks->done[day] = command->sequence % 2 ? marks->done[day] | bit : marks->done[day] & ~bit;
    }
}

static int weight_of(int64_t done)
{
    int weight = 0;

    for (int slot = 0; slot < HABITS; slot++)
        weight += done >> slot & 1 ? slot + 1 : 0;
    return weight;
}

static void check_day(struct judge *judge, unsigned tenant, const struct marks *marks,
                      const struct pg_rows *rows, size_t row)
{
    const int64_t day = pg_get_int4(rows, row, 1) - (int64_t)marks->first_day;
    const int64_t said = pg_get_int8(rows, row, 2), done = pg_get_int8(rows, row, 3);

    judge->checked[RULE_TOTAL]++;
    if (day < 0 || day > DAYS || said != marks->said[day] || done != marks->done[day])
        judge_breach(judge, RULE_TOTAL, NULL,
                     "tenant %u: day %lld says %llx of %llx, its checks %llx of %llx", tenant,
                     (long long)day, (long long)done, (long long)said,
                     day < 0 || day > DAYS ? 0 : (long long)marks->done[day],
                     day < 0 || day > DAYS ? 0 : (long long)marks->said[day]);
    else if (pg_get_int4(rows, row, 4) != weight_of(done))
        judge_breach(judge, RULE_TOTAL, NULL, "tenant %u: day %lld has %d points of %d", tenant,
                     (long long)day, pg_get_int4(rows, row, 4), weight_of(done));
}

void state_check_days(struct judge *judge)
{
    const struct pg_rows *rows =
        ask(judge,
            "select tenant, day - '1970-01-01'::date, said, done, weight_done from mc.days"
            " where tenant = any($1::uuid[]) and said <> 0",
            MC);
    size_t days[TENANTS] = {0};

    for (unsigned tenant = 0; tenant < TENANTS; tenant++) {
        struct marks marks;

        find_marks(judge, tenant, &marks);
        for (size_t row = 0; row < pg_row_count(rows); row++) {
            if (judge_tenant(judge, pg_get_uuid(rows, row, 0)) != tenant)
                continue;
            days[tenant]++;
            check_day(judge, tenant, &marks, rows, row);
        }
        for (int day = 0; day <= DAYS; day++)
            days[tenant] -= marks.said[day] != 0;
        if (days[tenant] != 0)
            judge_breach(judge, RULE_TOTAL, NULL, "tenant %u: days of checks are missing", tenant);
    }
}

void state_check_teams(struct judge *judge)
{
    const struct pg_rows *rows =
        ask(judge, "select count(*) from core.teams where tenant = any($1::uuid[])", CORE);
    int64_t effects = 0;

    for (size_t i = 0; i < judge->count; i++)
        effects += judge->commands[i].module == CORE ? judge->commands[i].effects : 0;
    judge->checked[RULE_TOTAL]++;
    if (pg_get_int8(rows, 0, 0) != effects)
        judge_breach(judge, RULE_TOTAL, NULL, "%lld teams stand, of %lld effects",
                     (long long)pg_get_int8(rows, 0, 0), (long long)effects);
}
