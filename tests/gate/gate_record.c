/* A command as a record: made and signed, proved and decoded by who reads it, and kept in the
 * outbox. */
#include "base/murmur2.h"
#include "contracts/mc.h"
#include "gate.h"
#include "runtime/envelope.h"
#include "runtime/record.h"

enum { ARENA_BYTES = 1 << 20, PARTITIONS = 12 };

static const struct timestamp now = {INT64_C(1795370400000000)};
static const uint8_t secret[MAC_KEY_BYTES] = {7};
static const struct mc_record_check check = {
    .player = {{{0x01, 0x98, [15] = 1}}},
    .habit = {{{0x01, 0x98, [15] = 2}}},
    .day = {20779},
    .done = true,
};

static struct arena *arena;
static struct keyring *keys;
static struct trace trace;
static struct buf value, packed;
static struct bus_record record;
static struct bus_message message;
static char topic[BUS_TOPIC_BYTES];

static void make(struct bus_record *ret_record)
{
    const struct record_fields fields = {
        .message = &mc_record_check_message,
        .tenant = {{{1}}},
        .aggregate = check.player.uuid,
        .id = {{{0x01, 0x98, [6] = 0x70, [8] = 0x80, [15] = 3}}},
        .worker = "ingress",
        .actor = span_text("user:01980000-0000-0000-0000-000000000001"),
        .time = now,
        .value = buf_span(&value),
        .trace = &trace,
        .source_offset = -1,
    };

    must(record_build(&fields, keyring_signer(keys), arena, ret_record) == 0,
         "a record could not be built");
}

static void prepare(void)
{
    arena = arena_new(ARENA_BYTES);
    keys = keyring_new();
    must(arena && keys && keyring_add_fleet(keys, span_text("k1"), secret) == 0, "no memory");
    must(codec_encode_msgpack(&mc_record_check_message, &check, &value) == 0,
         "a body could not be encoded");
    trace = trace_new();
    make(&record);
    message = (struct bus_message){.topic = record_topic(&mc_record_check_message, topic),
                                   .partition = murmur2_partition(record.key, PARTITIONS),
                                   .append_ms = now.us / 1000,
                                   .key = record.key,
                                   .value = record.value,
                                   .headers = record.headers,
                                   .header_count = record.header_count};
}

static void build(void)
{
    struct arena_mark mark = arena_mark(arena);
    struct bus_record built;

    make(&built);
    arena_rewind(arena, mark);
}

static void open_message(void)
{
    const struct envelope_rules rules = {.keys = keys, .partitions = PARTITIONS, .now = now};
    struct arena_mark mark = arena_mark(arena);
    char detail[DETAIL_BYTES];
    struct envelope envelope;

    must(envelope_open(&message, &rules, arena, &envelope, detail) == DEAD_NONE,
         "a message was refused");
    arena_rewind(arena, mark);
}

static void keep(void)
{
    struct arena_mark mark = arena_mark(arena);
    struct bus_record read;
    struct span rest;

    buf_clear(&packed);
    record_pack(&record, &packed);
    rest = buf_span(&packed);
    must(record_unpack(&rest, arena, &read) == 1 && rest.size == 0, "a record was not unpacked");
    arena_rewind(arena, mark);
}

static void round_of_building(void)
{
    gate_step(build);
}

static void round_of_opening(void)
{
    gate_step(open_message);
}

static void round_of_keeping(void)
{
    gate_step(keep);
}

const struct gate_case gate_cases[] = {
    {"record-build", prepare, round_of_building, 1},
    {"envelope-open", prepare, round_of_opening, 1},
    {"record-pack", prepare, round_of_keeping, 1},
    {0},
};
