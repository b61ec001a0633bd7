#include "row_batches.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/murmur2.h"
#include "pg/pg.h"
#include "population.h"

enum {
    TOPIC_PARTITIONS = 12,
    RECORD_BYTES = 300, /* of an event, without what batches of them share */
    DIGEST_SIZE = 32,
};

#define ARENA_MOST ((size_t)64 << 30)

struct command {
    struct tenant_id tenant;
    struct user_id player, actor;
    struct habit_id habit;
    struct message_id id;
    struct date day;
    uint8_t said, done; /* of the day, with this one */
    bool is_done;
    int part;
    int64_t offset;
};

static _Noreturn void give_up(const char *reason)
{
    fprintf(stderr, "rows: %s\n", reason);
    exit(1);
}

static void *must(void *memory)
{
    if (!memory)
        give_up("no memory");
    return memory;
}

/* ---- the commands, without what comes twice
 * ------------------------ */
static int partition_of(const struct bench_player *player)
{
    char key[2 * UUID_TEXT + 2], tenant[UUID_TEXT + 1], user[UUID_TEXT + 1];

    snprintf(key, sizeof key, "%s/%s", uuid_format(player->club->tenant.uuid, tenant),
             uuid_format(player->user.uuid, user));
    return murmur2_partition(span_text(key), TOPIC_PARTITIONS);
}

static struct command command_of(const struct course *course, const struct check *check)
{
    const size_t who = (size_t)(check->player - course->population->players);
    const int32_t back =
        date_diff(date_of_seconds(timestamp_seconds(check->time)), check->body.day);
    static int64_t offsets[TOPIC_PARTITIONS];
    const int part = partition_of(check->player);

    return (struct command){
        .tenant = check->player->club->tenant,
        .player = check->player->user,
        .actor = check->actor,
        .habit = check->body.habit,
        .id = check->id,
        .day = check->body.day,
        .said = course->said[who][back],
        .done = course->done[who][back],
        .is_done = check->body.done,
        .part = part,
        .offset = ++offsets[part],
    };
}

static void make_commands(struct row_batches *lists, size_t connections, size_t count)
{
    struct population *population = must(population_make());
    struct course *course = must(course_begin(population, COURSE_MIXED));

    for (size_t i = 0; i < connections; i++)
        lists[i].commands = must(calloc(count, sizeof *lists[i].commands));
    while (course->distinct < count) {
        const size_t repeated = course->repeated;
        const struct check *check = course_next(course);
        struct command command;
        struct row_batches *list;

        if (course->repeated > repeated)
            continue;
        command = command_of(course, check);
        list = &lists[(size_t)command.part * connections / TOPIC_PARTITIONS];
        list->commands[list->count++] = command;
    }
    free(course);
    free(population);
}

/* ---- a batch: its commands by tenant and key, its parameters
 * ---------------------------------------- */
static int by_key(const void *a, const void *b)
{
    const struct command *x = a, *y = b;
    int r = memcmp(&x->tenant, &y->tenant, sizeof x->tenant);

    if (r == 0)
        r = memcmp(&x->player, &y->player, sizeof x->player);
    if (r == 0)
        r = (x->day.days > y->day.days) - (x->day.days < y->day.days);
    if (r == 0)
        r = memcmp(&x->habit, &y->habit, sizeof x->habit);
    if (r == 0)
        r = (x->offset > y->offset) - (x->offset < y->offset);
    return r;
}

static bool same_day(const struct command *a, const struct command *b)
{
    return uuid_equal(a->tenant.uuid, b->tenant.uuid) &&
           uuid_equal(a->player.uuid, b->player.uuid) && a->day.days == b->day.days;
}

static void add_call(struct batch *batch, enum row_statement statement,
                     const struct pg_param *params, int count)
{
    struct call *call = &batch->calls[batch->call_count++];

    *call = (struct call){.statement = statement, .count = count};
    for (int i = 0; i < count; i++) {
        if (params[i].size < 0)
            give_up("no memory");
        call->values[i] = params[i].data;
        call->sizes[i] = params[i].size;
    }
}

/* What was said last about each habit's day. */
static void add_checks(struct arena *arena, struct batch *batch, const struct command *commands,
                       size_t count)
{
    struct pg_array players, days, habits, done;

    pg_array_init(&players, arena, PG_UUID, count);
    pg_array_init(&days, arena, PG_DATE, count);
    pg_array_init(&habits, arena, PG_UUID, count);
    pg_array_init(&done, arena, PG_BOOL, count);
    for (size_t i = 0; i < count; i++) {
        if (i + 1 < count && same_day(&commands[i], &commands[i + 1]) &&
            uuid_equal(commands[i].habit.uuid, commands[i + 1].habit.uuid))
            continue;
        pg_array_add_uuid(&players, commands[i].player.uuid);
        pg_array_add_date(&days, commands[i].day);
        pg_array_add_uuid(&habits, commands[i].habit.uuid);
        pg_array_add_bool(&done, commands[i].is_done);
    }
    add_call(batch, CHECKS,
             (struct pg_param[]){pg_uuid(arena, commands[0].tenant.uuid), pg_array_param(&players),
                                 pg_array_param(&days), pg_array_param(&habits),
                                 pg_array_param(&done)},
             5);
}

static const struct command *later(const struct command *a, const struct command *b)
{
    return b->offset > a->offset ? b : a;
}

static int32_t weight_of(uint8_t bits)
{
    int32_t weight = 0;

    for (int slot = 0; slot < HABITS; slot++)
        weight += bits & 1u << slot ? slot + 1 : 0;
    return weight;
}

/* Each day once, as the last command about it leaves it. */
static void add_days(struct arena *arena, struct batch *batch, const struct command *commands,
                     size_t count)
{
    struct pg_array players, days, said, done, weight_done, weight_due;

    pg_array_init(&players, arena, PG_UUID, count);
    pg_array_init(&days, arena, PG_DATE, count);
    pg_array_init(&said, arena, PG_INT8, count);
    pg_array_init(&done, arena, PG_INT8, count);
    pg_array_init(&weight_done, arena, PG_INT4, count);
    pg_array_init(&weight_due, arena, PG_INT4, count);
    for (size_t i = 0, next; i < count; i = next) {
        const struct command *last = &commands[i];

        for (next = i + 1; next < count && same_day(&commands[i], &commands[next]); next++)
            last = later(last, &commands[next]);
        pg_array_add_uuid(&players, last->player.uuid);
        pg_array_add_date(&days, last->day);
        pg_array_add_int8(&said, last->said);
        pg_array_add_int8(&done, last->done);
        pg_array_add_int4(&weight_done, weight_of(last->done));
        pg_array_add_int4(&weight_due, weight_of(0xff));
    }
    add_call(batch, DAYS_ROWS,
             (struct pg_param[]){pg_uuid(arena, commands[0].tenant.uuid), pg_array_param(&players),
                                 pg_array_param(&days), pg_array_param(&said),
                                 pg_array_param(&done), pg_array_param(&weight_done),
                                 pg_array_param(&weight_due)},
             7);
}

static void add_tenants(struct arena *arena, struct batch *batch, const struct command *commands,
                        size_t count)
{
    char text[UUID_TEXT + 1];

    for (size_t i = 0, next; i < count; i = next) {
        struct pg_param tenant =
            pg_text(arena, span_text(uuid_format(commands[i].tenant.uuid, text)));

        for (next = i + 1;
             next < count && uuid_equal(commands[i].tenant.uuid, commands[next].tenant.uuid);)
            next++;
        add_call(batch, SET_TENANT, &tenant, 1);
        add_checks(arena, batch, commands + i, next - i);
        add_days(arena, batch, commands + i, next - i);
    }
}

static void add_inbox(struct arena *arena, struct batch *batch, const struct command *commands,
                      size_t count)
{
    struct pg_array tenants, ids, digests, actors, types, outcomes;
    struct uuid digest[DIGEST_SIZE / sizeof(struct uuid)];

    pg_array_init(&tenants, arena, PG_UUID, count);
    pg_array_init(&ids, arena, PG_UUID, count);
    pg_array_init(&digests, arena, PG_BYTEA, count);
    pg_array_init(&actors, arena, PG_UUID, count);
    pg_array_init(&types, arena, PG_TEXT, count);
    pg_array_init(&outcomes, arena, PG_INT4, count);
    for (size_t i = 0; i < count; i++) {
        for (size_t part = 0; part < COUNT_OF(digest); part++)
            digest[part] = commands[i].id.uuid;
        pg_array_add_uuid(&tenants, commands[i].tenant.uuid);
        pg_array_add_uuid(&ids, commands[i].id.uuid);
        pg_array_add_span(&digests, span_of((const char *)digest, sizeof digest));
        pg_array_add_uuid(&actors, commands[i].actor.uuid);
        pg_array_add_span(&types, span_text("mc.record-check.v1"));
        pg_array_add_int4(&outcomes, 0);
    }
    add_call(batch, INBOX,
             (struct pg_param[]){pg_array_param(&tenants), pg_array_param(&ids),
                                 pg_array_param(&digests), pg_array_param(&actors),
                                 pg_array_param(&types), pg_array_param(&outcomes)},
             6);
}

/* Bytes that cannot be pressed together, as proofs and ids cannot. */
static void add_outbox(struct arena *arena, struct batch *batch, const struct command *commands,
                       size_t count)
{
    struct pg_array parts, uptos, records;
    char record[RECORD_BYTES];
    uint64_t random = (uint64_t)commands[0].offset + 1;

    pg_array_init(&parts, arena, PG_INT4, count);
    pg_array_init(&uptos, arena, PG_INT8, count);
    pg_array_init(&records, arena, PG_BYTEA, count);
    for (size_t i = 0; i < count; i++) {
        for (size_t at = 0; at < sizeof record; at++) {
            random = random * 6364136223846793005u + 1442695040888963407u;
            record[at] = (char)(random >> 56);
        }
        pg_array_add_int4(&parts, commands[i].part);
        pg_array_add_int8(&uptos, commands[i].offset);
        pg_array_add_span(&records, span_of(record, sizeof record));
    }
    add_call(batch, OUTBOX_ADD,
             (struct pg_param[]){pg_array_param(&parts), pg_array_param(&uptos),
                                 pg_array_param(&records)},
             3);
}

/* What the batch before put there. */
static void add_delete(struct arena *arena, struct batch *batch, const struct command *before,
                       size_t count)
{
    int64_t first[TOPIC_PARTITIONS] = {0}, last[TOPIC_PARTITIONS] = {0};
    struct pg_array parts, after, upto;

    pg_array_init(&parts, arena, PG_INT4, TOPIC_PARTITIONS);
    pg_array_init(&after, arena, PG_INT8, TOPIC_PARTITIONS);
    pg_array_init(&upto, arena, PG_INT8, TOPIC_PARTITIONS);
    for (size_t i = 0; i < count; i++) {
        const int part = before[i].part;

        if (first[part] == 0 || before[i].offset < first[part])
            first[part] = before[i].offset;
        if (before[i].offset > last[part])
            last[part] = before[i].offset;
    }
    for (int part = 0; part < TOPIC_PARTITIONS; part++) {
        if (last[part] == 0)
            continue;
        pg_array_add_int4(&parts, part);
        pg_array_add_int8(&after, first[part] - 1);
        pg_array_add_int8(&upto, last[part]);
    }
    add_call(
        batch, OUTBOX_DELETE,
        (struct pg_param[]){pg_array_param(&parts), pg_array_param(&after), pg_array_param(&upto)},
        3);
}

static void make_batch(struct arena *arena, struct row_batches *list, size_t number, size_t size)
{
    struct batch *batch = &list->batches[number];
    const size_t from = number * size;
    struct command *commands = list->commands + from;
    const size_t left = list->count > from ? list->count - from : 0;

    batch->command_count = left < size ? left : size;
    batch->calls = must(calloc(3 * batch->command_count + 5, sizeof *batch->calls));
    add_call(batch, BEGIN, NULL, 0);
    if (batch->command_count > 0) {
        qsort(commands, batch->command_count, sizeof *commands, by_key);
        add_tenants(arena, batch, commands, batch->command_count);
        add_inbox(arena, batch, commands, batch->command_count);
        add_outbox(arena, batch, commands, batch->command_count);
    }
    if (number > 0)
        add_delete(arena, batch, commands - size, list->batches[number - 1].command_count);
    add_call(batch, COMMIT, NULL, 0);
}

void row_batches_make(struct row_batches lists[static ROW_CONNECTIONS], size_t connections,
                      size_t commands, size_t batch)
{
    struct arena *arena = must(arena_new(ARENA_MOST));

    make_commands(lists, connections, commands);
    for (size_t i = 0; i < connections; i++) {
        if (lists[i].count == 0)
            give_up("too few commands for so many connections");
        lists[i].batch_count = (lists[i].count + batch - 1) / batch + 1;
        lists[i].batches = must(calloc(lists[i].batch_count, sizeof *lists[i].batches));
        for (size_t number = 0; number < lists[i].batch_count; number++)
            make_batch(arena, &lists[i], number, batch);
    }
}
