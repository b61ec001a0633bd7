/* A message with a field of every type, for the codecs' tests: what the generator writes, by hand,
 * so that these tests do not change with any contract. */
#ifndef CODEC_SAMPLE_H
#define CODEC_SAMPLE_H

#include <CUnit/CUnit.h>

#include "base/attr.h"
#include "base/date.h"
#include "codec/codec.h"

struct sample {
    struct uuid id;
    struct span text;
    int64_t number;
    bool flag;
    struct date day;
    struct timestamp at;
    int32_t colour;
    struct {
        const struct span *items;
        size_t count;
    } words;
    bool has_limit;
    int64_t limit;
    bool has_days;
    struct {
        const struct date *items;
        size_t count;
    } days;
};

enum { COLOUR_RED, COLOUR_GREEN, COLOUR_DARK_BLUE };

static const char *const sample_colours[] = {"red", "green", "dark_blue"};
static const struct field sample_word = {.type = FIELD_STRING, .min = 1, .max = 4};
static const struct field sample_day = {.type = FIELD_DATE};

#define SAMPLE_AT(member) .name = #member, .offset = offsetof(struct sample, member)
static const struct field sample_fields[] = {
    {SAMPLE_AT(id), .type = FIELD_UUID},
    {SAMPLE_AT(text), .type = FIELD_STRING, .min = 2, .max = 12, .personal = true},
    {SAMPLE_AT(number), .type = FIELD_INTEGER, .min = INT64_MIN, .max = INT64_MAX},
    {SAMPLE_AT(flag), .type = FIELD_BOOLEAN},
    {SAMPLE_AT(day), .type = FIELD_DATE},
    {SAMPLE_AT(at), .type = FIELD_TIME},
    {SAMPLE_AT(colour), .type = FIELD_ENUM, .names = sample_colours, .name_count = 3},
    {SAMPLE_AT(words), .type = FIELD_LIST, .min = 1, .max = 3, .item = &sample_word,
     .item_size = sizeof(struct span)},
    {SAMPLE_AT(limit), .type = FIELD_INTEGER, .min = -5, .max = 10, .optional = true,
     .has_offset = offsetof(struct sample, has_limit)},
    {SAMPLE_AT(days), .type = FIELD_LIST, .max = 2, .item = &sample_day,
     .item_size = sizeof(struct date), .optional = true,
     .has_offset = offsetof(struct sample, has_days)},
};
static const struct message sample_message = {
    .name = "test.sample",
    .type = "test.sample.v1",
    .module = "test",
    .sentence = "Has a field of every type.",
    .version = 1,
    .kind = MESSAGE_COMMAND,
    .scope = SCOPE_NONE,
    .key_field = &sample_fields[0],
    .fields = sample_fields,
    .field_count = COUNT_OF(sample_fields),
    .size = sizeof(struct sample),
};

static inline bool sample_equal(const struct sample *a, const struct sample *b)
{
    bool same = uuid_equal(a->id, b->id) && span_equal(a->text, b->text) &&
                a->number == b->number && a->flag == b->flag && a->day.days == b->day.days &&
                a->at.us == b->at.us && a->colour == b->colour &&
                a->words.count == b->words.count && a->has_limit == b->has_limit &&
                (!a->has_limit || a->limit == b->limit) && a->has_days == b->has_days &&
                a->days.count == b->days.count;

    for (size_t i = 0; same && i < a->words.count; i++)
        same = span_equal(a->words.items[i], b->words.items[i]);
    for (size_t i = 0; same && i < a->days.count; i++)
        same = a->days.items[i].days == b->days.items[i].days;
    return same;
}

#define SAMPLE_ID "00112233-4455-6677-8899-aabbccddeeff"

static inline struct sample sample_full(void)
{
    static const struct span words[] = {{"a", 1}, {"\xc3\xa6\xc3\xb8", 4}};
    static const struct date days[] = {{0}, {20779}};

    return (struct sample){
        .id = {{0x00, 0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77, 0x88, 0x99, 0xaa, 0xbb, 0xcc, 0xdd,
                0xee, 0xff}},
        .text = {"say \"hi\"\n", 9},
        .number = -9007199254740993,
        .flag = true,
        .day = {20779},
        .at = {1795371300123000},
        .colour = COLOUR_DARK_BLUE,
        .words = {words, 2},
        .has_limit = true,
        .limit = -5,
        .has_days = true,
        .days = {days, 2},
    };
}

#define SAMPLE_JSON                                                                                \
    "{\"id\":\"" SAMPLE_ID "\",\"text\":\"say \\\"hi\\\"\\u000a\",\"number\":-9007199254740993,"   \
    "\"flag\":true,\"day\":\"2026-11-22\",\"at\":\"2026-11-22T18:15:00.123Z\","                    \
    "\"colour\":\"dark_blue\",\"words\":[\"a\",\"\xc3\xa6\xc3\xb8\"],\"limit\":-5,"                \
    "\"days\":[\"1970-01-01\",\"2026-11-22\"]}"

enum { SAMPLE_ARENA_BYTES = 1 << 20 };

typedef int decoder(const struct message *message, struct span bytes, enum codec_unknown unknown,
                    struct arena *arena, struct codec_errors *ret_errors, const void **ret_body);
typedef int encoder(const struct message *message, const void *body, struct buf *out);

/* Decodes and forgets; checks what every result must keep. */
static inline int sample_decode(decoder *decode, struct span bytes, enum codec_unknown unknown,
                                struct codec_errors *errors)
{
    struct arena *arena = arena_new(SAMPLE_ARENA_BYTES);
    const void *body = NULL;
    int r;

    CU_ASSERT_PTR_NOT_NULL_FATAL(arena);
    r = decode(&sample_message, bytes, unknown, arena, errors, &body);
    CU_ASSERT(r >= 0);
    CU_ASSERT_EQUAL(r == 0, body != NULL);
    CU_ASSERT(r == 0 || (errors->count > 0 && errors->count <= CODEC_MAX_ERRORS));
    CU_ASSERT(r == 0 || arena_used(arena) == 0);
    arena_free(arena);
    return r;
}

/* These bytes must give this result with this one error. */
static inline void sample_refused(decoder *decode, struct span bytes, enum codec_unknown unknown,
                                  int result, const char *pointer, const char *code)
{
    struct codec_errors errors = {0};

    CU_ASSERT_EQUAL(sample_decode(decode, bytes, unknown, &errors), result);
    CU_ASSERT_EQUAL_FATAL(errors.count, 1);
    CU_ASSERT_STRING_EQUAL(errors.list[0].pointer, pointer);
    CU_ASSERT_STRING_EQUAL(errors.list[0].code, code);
    CU_ASSERT(strlen(errors.list[0].detail) > 0);
}

static inline uint64_t sample_random(uint64_t *state) /* xorshift64 */
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    return *state ^= *state << 17;
}

/* Flips one to three bytes of a good body, over and over by a fixed series. Whatever is taken must
 * be encodable again: no decoder lets through what the contract forbids. */
static inline void sample_flip(decoder *decode, encoder *encode, struct span good, unsigned rounds)
{
    cleanup(buf_deinit) struct buf flipped = {0}, again = {0};
    struct arena *arena = arena_new(SAMPLE_ARENA_BYTES);
    struct codec_errors errors;
    uint64_t random = 88172645463325252u;
    unsigned taken = 0;
    const void *body;

    for (unsigned i = 0; i < rounds; i++) {
        buf_clear(&flipped);
        buf_clear(&again);
        arena_reset(arena);
        buf_add(&flipped, good.data, good.size);
        for (unsigned flips = 1 + i % 3; flips; flips--)
            flipped.data[sample_random(&random) % good.size] = (char)(random >> 32);
        if (decode(&sample_message, buf_span(&flipped), CODEC_UNKNOWN_IGNORED, arena, &errors,
                   &body) != 0)
            continue;
        CU_ASSERT_EQUAL(encode(&sample_message, body, &again), 0);
        taken++;
    }
    CU_ASSERT(taken > 100);
    arena_free(arena);
}

#endif
