/* Bodies by chance, of every message: what one format says of them, the other says too, and what is
 * decoded is encoded to the same bytes. */
#include "survey.h"

enum { ROUNDS = 300, FLIPS = 20000 };

static uint64_t state = 88172645463325252u;

static uint64_t chance(uint64_t below) /* xorshift64 */
{
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return state % below;
}

static int64_t between(int64_t min, int64_t max)
{
    uint64_t range = (uint64_t)max - (uint64_t)min;

    /* the bounds themselves come often */
    if (chance(8) == 0)
        return chance(2) ? min : max;
    return (int64_t)((uint64_t)min + (range == UINT64_MAX ? state : chance(range + 1)));
}

static size_t some(const struct field *field)
{
    int64_t most = field->max < field->min + 6 ? field->max : field->min + 6;

    return (size_t)between(field->min, most);
}

static struct span text(struct arena *arena, const struct field *field)
{
    static const char *const characters[] = {
        "a", "Z", "\"", "\\", "/", "\n", "\xc3\xa5", "\xe2\x82\xac", "\xf0\x9f\x98\x80", "~"};
    size_t count = some(field);
    char *made = arena_alloc(arena, 4 * count + 1);
    size_t size = 0;

    for (size_t i = 0; i < count; i++) {
        const char *character = characters[chance(COUNT_OF(characters))];

        memcpy(made + size, character, strlen(character));
        size += strlen(character);
    }
    return span_of(made, size);
}

static void fill(struct arena *arena, const struct field *field, uint8_t *at);

static void fill_struct(struct arena *arena, const struct field *fields, size_t count, uint8_t *at)
{
    for (size_t i = 0; i < count; i++) {
        if (fields[i].optional && chance(2))
            continue;
        if (fields[i].optional)
            *(bool *)(at + fields[i].has_offset) = true;
        fill(arena, &fields[i], at + fields[i].offset);
    }
}

/* A map's keys may come out alike; such a body is refused, and the next one is tried. */
static void fill_items(struct arena *arena, const struct field *field, struct field_list *list)
{
    uint8_t *items;

    list->count = some(field);
    list->items = items = arena_array(arena, list->count, field->item_size);
    for (size_t i = 0; i < list->count; i++, items += field->item_size) {
        if (field->key)
            fill(arena, field->key, items);
        fill(arena, field->item, items + field->item->offset);
    }
}

static void fill_union(struct arena *arena, const struct field *field, uint8_t *at)
{
    size_t i = chance(field->field_count);

    *(int32_t *)(void *)at = (int32_t)i;
    fill_struct(arena, field->fields[i].fields, field->fields[i].field_count,
                at + field->fields[i].offset);
}

static void fill(struct arena *arena, const struct field *field, uint8_t *at)
{
    void *to = at;

    switch (field->type) {
    case FIELD_UUID:
        for (size_t i = 0; i < sizeof(struct uuid); i++)
            at[i] = (uint8_t)chance(256);
        break;
    case FIELD_STRING:
        *(struct span *)to = text(arena, field);
        break;
    case FIELD_INTEGER:
    case FIELD_DECIMAL:
        *(int64_t *)to = between(field->min, field->max);
        break;
    case FIELD_BOOLEAN:
        *(bool *)to = chance(2);
        break;
    case FIELD_DATE:
        ((struct date *)to)->days = (int32_t)between(-719162, 2932896);
        break;
    case FIELD_TIME: /* in milliseconds, which is what the text keeps */
        ((struct timestamp *)to)->us = between(0, INT64_C(4102444800000)) * 1000;
        break;
    case FIELD_ENUM:
        *(int32_t *)to = (int32_t)chance(field->name_count);
        break;
    case FIELD_LIST:
    case FIELD_MAP:
        fill_items(arena, field, to);
        break;
    case FIELD_STRUCT:
        fill_struct(arena, field->fields, field->field_count, at);
        break;
    case FIELD_UNION:
        fill_union(arena, field, at);
        break;
    }
}

static const void *decode(decoder *with, const struct message *message, const struct buf *bytes,
                          struct arena *arena)
{
    struct codec_errors errors = {0};
    const void *body = NULL;
    int r = with(message, buf_span(bytes), CODEC_UNKNOWN_REFUSED, arena, &errors, &body);

    CU_ASSERT_EQUAL_FATAL(r, 0);
    return body;
}

/* False where the body could not be encoded. */
static bool go_round(const struct message *message, struct arena *arena)
{
    cleanup(buf_deinit) struct buf json = {0}, packed = {0}, rejson = {0}, repacked = {0};
    uint8_t *body = arena_alloc(arena, message->size);

    fill_struct(arena, message->fields, message->field_count, body);
    if (codec_encode_json(message, body, &json) < 0)
        return false;
    CU_ASSERT_EQUAL(codec_encode_msgpack(message, body, &packed), 0);
    CU_ASSERT_EQUAL(
        codec_encode_msgpack(message, decode(codec_decode_json, message, &json, arena), &repacked),
        0);
    CU_ASSERT(span_equal(buf_span(&packed), buf_span(&repacked)));
    CU_ASSERT_EQUAL(
        codec_encode_json(message, decode(codec_decode_msgpack, message, &packed, arena), &rejson),
        0);
    CU_ASSERT(span_equal(buf_span(&json), buf_span(&rejson)));
    return true;
}

static void go_rounds(const struct message *message, unsigned rounds)
{
    struct arena *arena = arena_new(1 << 22);
    unsigned good = 0;

    for (unsigned i = 0; i < rounds; i++) {
        arena_reset(arena);
        good += go_round(message, arena);
    }
    CU_ASSERT(good > rounds / 2);
    arena_free(arena);
}

void test_both_formats_say_the_same_of_any_body(void)
{
    for (size_t i = 0; i < message_count; i++) {
        go_rounds(messages[i], ROUNDS / 10);
        if (messages[i]->answer)
            go_rounds(messages[i]->answer, ROUNDS / 10);
    }
    go_rounds(&tally_survey_message, ROUNDS);
}

/* Flips one to three bytes of a good body. What a decoder takes must be encodable again: nothing
 * gets through that the contract forbids. */
static void flip(decoder *with, encoder *again, const struct buf *good)
{
    cleanup(buf_deinit) struct buf flipped = {0}, out = {0};
    struct arena *arena = arena_new(1 << 22);
    struct codec_errors errors;
    unsigned taken = 0;
    const void *body;

    for (unsigned i = 0; i < FLIPS; i++) {
        buf_clear(&flipped);
        buf_clear(&out);
        arena_reset(arena);
        buf_add(&flipped, good->data, good->size);
        for (unsigned flips = 1 + i % 3; flips; flips--)
            flipped.data[chance(good->size)] = (char)chance(256);
        if (with(&tally_survey_message, buf_span(&flipped), CODEC_UNKNOWN_IGNORED, arena, &errors,
                 &body) != 0)
            continue;
        CU_ASSERT_EQUAL(again(&tally_survey_message, body, &out), 0);
        taken++;
    }
    CU_ASSERT(taken > 100);
    arena_free(arena);
}

void test_flipped_bytes_never_pass_the_contract(void)
{
    cleanup(buf_deinit) struct buf json = {0}, packed = {0};

    survey_json(&json, "measure",
                "{\"kind\":\"count\",\"total\":3,\"steps\":[{\"value\":1,\"done\":true}]}");
    survey_to_msgpack(&json, &packed);
    flip(codec_decode_json, codec_encode_json, &json);
    flip(codec_decode_msgpack, codec_encode_msgpack, &packed);
}

void test_every_cut_is_refused(void)
{
    cleanup(buf_deinit) struct buf json = {0}, packed = {0};
    struct arena *arena = arena_new(SURVEY_ARENA_BYTES);
    struct codec_errors errors;
    const void *body;

    survey_json(&json, "choices", "[{\"of\":\"nothing\"},{\"of\":\"colour\",\"name\":\"green\"}]");
    survey_to_msgpack(&json, &packed);
    for (size_t size = 1; size < packed.size; size++) {
        char *cut = malloc(size); /* so that a sanitizer sees a read behind the end */

        memcpy(cut, packed.data, size);
        CU_ASSERT_EQUAL(codec_decode_msgpack(&tally_survey_message, span_of(cut, size),
                                             CODEC_UNKNOWN_IGNORED, arena, &errors, &body),
                        CODEC_MALFORMED);
        free(cut);
    }
    arena_free(arena);
}
