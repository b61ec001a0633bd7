/* Bodies between bytes and structs: a small command and one with text, lists and dates; a query's
 * parameters; and a query's answer with seven days and a dozen habits. */
#include "codec/codec.h"
#include "contracts/mc.h"
#include "gate.h"

enum { HABITS = 12, DAYS = 7, ARENA_BYTES = 1 << 20 };

#define PLAYER "0198c2a4-7b21-7d44-8e32-7c1a5d3fab22"
#define HABIT "0198c2a5-1d43-7f66-8a54-9e3c7f51cd44"

static const char check_json[] =
    "{\"player\":\"" PLAYER "\",\"habit\":\"" HABIT "\",\"day\":\"2026-11-22\",\"done\":true}";
static const char habit_json[] =
    "{\"player\":\"" PLAYER "\",\"habit\":\"" HABIT "\",\"title\":\"Read for 20 minutes\","
    "\"weekdays\":[\"monday\",\"wednesday\",\"friday\"],\"weight\":3,\"from\":\"2026-11-23\","
    "\"until\":\"2027-06-18\"}";

static struct arena *arena;
static const void *check, *habit; /* decoded */
static struct buf check_bytes, habit_bytes, out;

static const void *from_json(const struct message *message, const char *text)
{
    struct codec_errors errors = {.count = 0};
    const void *body = NULL;

    must(codec_decode_json(message, span_text(text), CODEC_UNKNOWN_REFUSED, arena, &errors,
                           &body) == 0,
         "a body in JSON was refused");
    return body;
}

static void from_msgpack(const struct message *message, struct span bytes)
{
    struct codec_errors errors = {.count = 0};
    const void *body = NULL;

    must(codec_decode_msgpack(message, bytes, CODEC_UNKNOWN_IGNORED, arena, &errors, &body) == 0,
         "a body in MessagePack was refused");
}

static void prepare(void)
{
    arena = arena_new(ARENA_BYTES);
    must(arena, "no memory");
    check = from_json(&mc_record_check_message, check_json);
    habit = from_json(&mc_define_habit_message, habit_json);
    must(codec_encode_msgpack(&mc_record_check_message, check, &check_bytes) == 0 &&
             codec_encode_msgpack(&mc_define_habit_message, habit, &habit_bytes) == 0,
         "a body could not be encoded");
}

/* What is decoded lives as long as the arena's round. */
static void read_json(void)
{
    struct arena_mark mark = arena_mark(arena);

    from_json(&mc_record_check_message, check_json);
    from_json(&mc_define_habit_message, habit_json);
    arena_rewind(arena, mark);
}

static void read_msgpack(void)
{
    struct arena_mark mark = arena_mark(arena);

    from_msgpack(&mc_record_check_message, buf_span(&check_bytes));
    from_msgpack(&mc_define_habit_message, buf_span(&habit_bytes));
    arena_rewind(arena, mark);
}

static void write_msgpack(void)
{
    buf_clear(&out);
    must(codec_encode_msgpack(&mc_record_check_message, check, &out) == 0 &&
             codec_encode_msgpack(&mc_define_habit_message, habit, &out) == 0,
         "a body could not be encoded");
}

static void read_params(void)
{
    const struct codec_param params[] = {{span_text("player"), span_text(PLAYER)},
                                         {span_text("week"), span_text("2026-W47")}};
    struct arena_mark mark = arena_mark(arena);
    struct codec_errors errors = {.count = 0};
    const void *body = NULL;

    must(codec_decode_params(&mc_week_message, params, COUNT_OF(params), arena, &errors, &body) ==
             0,
         "a query's parameters were refused");
    arena_rewind(arena, mark);
}

static struct mc_week_answer week;

static void prepare_answer(void)
{
    static const int32_t states[DAYS] = {0, 1, 2, 3, 1, 1, 0};
    static struct mc_week_answer_habits habits[HABITS];
    static struct mc_week_answer_days days[DAYS];

    for (int i = 0; i < HABITS; i++)
        habits[i] = (struct mc_week_answer_habits){.habit = {{{0x01, 0x98, [15] = (uint8_t)i}}},
                                                   .title = span_text("Read for 20 minutes"),
                                                   .weight = 1 + i % 10,
                                                   .days = {states, DAYS}};
    for (int i = 0; i < DAYS; i++)
        days[i] = (struct mc_week_answer_days){.day = {20773 + i},
                                               .has_score = true,
                                               .score = 10 * i,
                                               .weight_done = 6,
                                               .weight_due = 8,
                                               .closed = i < 5};
    week = (struct mc_week_answer){.player = {{{0x01, 0x98}}},
                                   .week = span_text("2026-W47"),
                                   .from = {20773},
                                   .to = {20779},
                                   .habits = {habits, HABITS},
                                   .days = {days, DAYS},
                                   .has_score = true,
                                   .score = 67};
}

static void write_answer(void)
{
    buf_clear(&out);
    must(codec_encode_json(mc_week_message.answer, &week, &out) == 0,
         "an answer could not be encoded");
}

static void round_of_json(void)
{
    gate_step(read_json);
}

static void round_of_msgpack(void)
{
    gate_step(read_msgpack);
}

static void round_of_writing(void)
{
    gate_step(write_msgpack);
}

static void round_of_params(void)
{
    gate_step(read_params);
}

static void round_of_answers(void)
{
    gate_step(write_answer);
}

const struct gate_case gate_cases[] = {
    {"codec-from-json", prepare, round_of_json, 1},
    {"codec-from-msgpack", prepare, round_of_msgpack, 1},
    {"codec-to-msgpack", prepare, round_of_writing, 1},
    {"codec-from-params", prepare, round_of_params, 1},
    {"codec-answer-to-json", prepare_answer, round_of_answers, 1},
    {0},
};
