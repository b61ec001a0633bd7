/* rows COMMANDS BATCH CONNECTIONS: how fast a few rows a command can be written at all. Each
 * command has a row in the inbox, one of its check, its day's score, and one in the outbox that the
 * next batch deletes; tables of tenants have row-level security, and the tenant is set for each.
 * Nothing is read, verified or decided, and every parameter was made before the clock starts; the
 * next batch is sent while the server works on the one before. The schema is in LIMIT_DATABASE_URL
 * (see stage_add_rows).
 *
 * Says what it reached without the first tenth, as lines "name number". */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "bench/pipeline.h"
#include "bench/row_batches.h"
#include "pg/pg.h"

enum { WARM_PART = 10, IN_FLIGHT = 2 };

static const char *const statements[] = {
    [BEGIN] = "begin isolation level repeatable read",
    [SET_TENANT] = "select set_config('app.tenant', $1, true)",
    [CHECKS] = "insert into rows.checks (tenant, player, day, habit, done)"
               " select $1::uuid, u.* from unnest($2::uuid[], $3::date[], $4::uuid[], $5::bool[]) u"
               " on conflict (tenant, player, day, habit) do update set done = excluded.done",
    [DAYS_ROWS] =
        "insert into rows.days (tenant, player, day, said, done, weight_done, weight_due, closed)"
        " select $1::uuid, u.*, false from unnest($2::uuid[], $3::date[], $4::int8[], $5::int8[],"
        "     $6::int4[], $7::int4[]) u"
        " on conflict (tenant, player, day) do update set said = excluded.said,"
        "     done = excluded.done, weight_done = excluded.weight_done,"
        "     weight_due = excluded.weight_due",
    [INBOX] = "insert into rows.inbox (tenant, id, digest, actor, type, outcome)"
              " select * from unnest($1::uuid[], $2::uuid[], $3::bytea[], $4::uuid[], $5::text[],"
              "     $6::int4[])",
    [OUTBOX_ADD] = "insert into rows.outbox (topic, part, upto, records)"
                   " select 'idpmc.mc.commands', u.*"
                   "   from unnest($1::int4[], $2::int8[], $3::bytea[]) u",
    [OUTBOX_DELETE] =
        "delete from rows.outbox where ctid = any(array("
        "  select o.ctid from unnest($1::int4[], $2::int8[], $3::int8[]) u(part, after, upto)"
        "   cross join lateral (select o.ctid from rows.outbox o"
        "                        where o.topic = 'idpmc.mc.commands' and o.part = u.part"
        "                          and o.upto > u.after and o.upto <= u.upto offset 0) o))",
    [COMMIT] = "commit",
};

struct lane {
    pthread_t thread;
    struct pipeline pipeline;
    const struct row_batches *list;
    double seconds, cpu, measured; /* the last: commands */
};

static struct row_batches lists[ROW_CONNECTIONS];
static struct lane lanes[ROW_CONNECTIONS];
static size_t lane_count;

static _Noreturn void give_up(const char *reason)
{
    fprintf(stderr, "rows: %s\n", reason);
    exit(1);
}

static void prepare(struct lane *lane)
{
    static const Oid check[] = {PG_UUID, PG_UUID_ARRAY, PG_DATE_ARRAY, PG_UUID_ARRAY,
                                PG_BOOL_ARRAY};
    static const Oid day[] = {PG_UUID,       PG_UUID_ARRAY, PG_DATE_ARRAY, PG_INT8_ARRAY,
                              PG_INT8_ARRAY, PG_INT4_ARRAY, PG_INT4_ARRAY};
    static const Oid inbox[] = {PG_UUID_ARRAY, PG_UUID_ARRAY, PG_BYTEA_ARRAY,
                                PG_UUID_ARRAY, PG_TEXT_ARRAY, PG_INT4_ARRAY};
    static const Oid add[] = {PG_INT4_ARRAY, PG_INT8_ARRAY, PG_BYTEA_ARRAY};
    static const Oid del[] = {PG_INT4_ARRAY, PG_INT8_ARRAY, PG_INT8_ARRAY};
    static const Oid text[] = {PG_TEXT};
    static const struct {
        const Oid *types;
        int count;
    } params[] = {[BEGIN] = {NULL, 0},        [SET_TENANT] = {text, 1}, [CHECKS] = {check, 5},
                  [DAYS_ROWS] = {day, 7},     [INBOX] = {inbox, 6},     [OUTBOX_ADD] = {add, 3},
                  [OUTBOX_DELETE] = {del, 3}, [COMMIT] = {NULL, 0}};
    char name[16];

    pipeline_open(&lane->pipeline);
    for (int i = BEGIN; i <= COMMIT; i++) {
        snprintf(name, sizeof name, "r%d", i);
        pipeline_prepare(&lane->pipeline, name, statements[i], params[i].count, params[i].types);
    }
    pipeline_sync(&lane->pipeline);
    pipeline_wait(&lane->pipeline, 0);
}

static void send_batch(struct lane *lane, const struct batch *batch)
{
    static const int binary[ROW_PARAMS] = {1, 1, 1, 1, 1, 1, 1, 1, 1};
    static const char *const names[] = {"r0", "r1", "r2", "r3", "r4", "r5", "r6", "r7"};

    for (size_t i = 0; i < batch->call_count; i++)
        pipeline_send(&lane->pipeline, names[batch->calls[i].statement], batch->calls[i].count,
                      batch->calls[i].values, batch->calls[i].sizes, binary);
    pipeline_sync(&lane->pipeline);
}

static double now_s(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static double cpu_s(void)
{
    struct timespec used;

    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &used);
    return (double)used.tv_sec + (double)used.tv_nsec / 1e9;
}

static void *run(void *argument)
{
    struct lane *lane = argument;
    const size_t warm = (lane->list->batch_count - 1) / WARM_PART;
    double began = now_s(), cpu = cpu_s();

    for (size_t i = 0; i < lane->list->batch_count; i++) {
        send_batch(lane, &lane->list->batches[i]);
        pipeline_wait(&lane->pipeline, IN_FLIGHT - 1);
        if (i == warm && warm > 0) { /* the answer to the one before has come just now */
            began = now_s();
            cpu = cpu_s();
            lane->measured = 0;
        }
        lane->measured += (double)lane->list->batches[i].command_count;
    }
    pipeline_wait(&lane->pipeline, 0);
    lane->seconds = now_s() - began;
    lane->cpu = cpu_s() - cpu;
    return NULL;
}

static void tell(void)
{
    double rate = 0, cpu = 0, measured = 0;
    size_t batches = 0, commands = 0, round_trips = 0, sent = 0;

    for (size_t i = 0; i < lane_count; i++) {
        const struct lane *lane = &lanes[i];

        if (lane->pipeline.errors > 0)
            give_up(lane->pipeline.first_error);
        rate += lane->measured / lane->seconds;
        cpu += lane->cpu;
        measured += lane->measured;
        batches += lane->list->batch_count - 1;
        commands += lane->list->count;
        round_trips += lane->pipeline.round_trips - 1; /* that of the preparation */
        sent += lane->pipeline.statements;
    }
    printf("commands_a_second %.1f\ncpu_us_a_command %.3f\ncommands_in_a_batch %.1f\n"
           "round_trips %zu\nstatements %zu\n",
           rate, cpu * 1e6 / measured, (double)commands / (double)batches, round_trips, sent);
}

int main(int argc, char **argv)
{
    const long count = argc == 4 ? atol(argv[1]) : 0, batch = argc == 4 ? atol(argv[2]) : 0,
               connections = argc == 4 ? atol(argv[3]) : 0;

    if (count < 1 || batch < 1 || connections < 1 || connections > ROW_CONNECTIONS) {
        fputs("usage: rows COMMANDS BATCH CONNECTIONS (1 to 8)\n", stderr);
        return 2;
    }
    lane_count = (size_t)connections;
    row_batches_make(lists, lane_count, (size_t)count, (size_t)batch);
    for (size_t i = 0; i < lane_count; i++) {
        lanes[i].list = &lists[i];
        prepare(&lanes[i]);
    }
    for (size_t i = 0; i < lane_count; i++)
        if (pthread_create(&lanes[i].thread, NULL, run, &lanes[i]) != 0)
            give_up("no thread");
    for (size_t i = 0; i < lane_count; i++) {
        pthread_join(lanes[i].thread, NULL);
        pipeline_close(&lanes[i].pipeline);
    }
    tell();
    return 0;
}
