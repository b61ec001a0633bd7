/* The codecs when memory runs out at each allocation in turn: -ENOMEM and nothing half done, never
 * a judgement about the bytes. */
#include <CUnit/CUnit.h>
#include <errno.h>
#include <stdlib.h>

#include "base/attr.h"
#include "codec/codec.h"
#include "codec/example.h"
#include "support/failing_malloc.h"

enum { ARENA_BYTES = 1 << 20, MOST = 10000 };

/* What is done again and again, each time with one more allocation that succeeds. */
struct trial {
    const struct message *message;
    struct buf json, msgpack;
    const void *body;
    struct arena *arena;
};

static int decode_json(struct trial *trial)
{
    struct codec_errors errors;
    const void *body = NULL;
    int r = codec_decode_json(trial->message, buf_span(&trial->json), CODEC_UNKNOWN_REFUSED,
                              trial->arena, &errors, &body);

    CU_ASSERT_EQUAL(r == 0, body != NULL);
    return r;
}

static int decode_msgpack(struct trial *trial)
{
    struct codec_errors errors;
    const void *body = NULL;
    int r = codec_decode_msgpack(trial->message, buf_span(&trial->msgpack), CODEC_UNKNOWN_REFUSED,
                                 trial->arena, &errors, &body);

    CU_ASSERT_EQUAL(r == 0, body != NULL);
    return r;
}

static int parse_json(struct trial *trial)
{
    struct codec_errors errors;
    struct json *document = NULL;
    int r = codec_parse_json(buf_span(&trial->json), CODEC_MAX_BYTES, &errors, &document);

    CU_ASSERT_EQUAL(r == 0, document != NULL);
    json_free(document);
    return r;
}

static int encode(struct trial *trial,
                  int (*encoder)(const struct message *message, const void *body, struct buf *out))
{
    cleanup(buf_deinit) struct buf out = {0};
    int r = encoder(trial->message, trial->body, &out);

    CU_ASSERT_EQUAL(r == 0, out.size > 0);
    return r;
}

static int encode_json(struct trial *trial)
{
    return encode(trial, codec_encode_json);
}

static int encode_msgpack(struct trial *trial)
{
    return encode(trial, codec_encode_msgpack);
}

/* How often memory ran out until it sufficed. */
static size_t starve(struct trial *trial, int (*act)(struct trial *trial), bool all_after)
{
    for (size_t nth = 1; nth < MOST; nth++) {
        bool failed;
        int r;

        arena_reset(trial->arena);
        failing_malloc_arm(nth, all_after);
        r = act(trial);
        failed = failing_malloc_disarm();
        CU_ASSERT_EQUAL(r, failed ? -ENOMEM : 0);
        if (!failed || r != -ENOMEM)
            return nth - 1;
    }
    CU_FAIL("there is no end");
    return 0;
}

static void begin(struct trial *trial, const struct message *message, struct arena *arena)
{
    struct codec_errors errors;

    *trial = (struct trial){.message = message, .arena = arena_new(ARENA_BYTES)};
    message_example(message, &trial->json);
    CU_ASSERT_EQUAL_FATAL(codec_decode_json(message, buf_span(&trial->json), CODEC_UNKNOWN_REFUSED,
                                            arena, &errors, &trial->body),
                          0);
    CU_ASSERT_EQUAL_FATAL(codec_encode_msgpack(message, trial->body, &trial->msgpack), 0);
}

static void starve_all(int (*act)(struct trial *trial))
{
    size_t failures = 0;

    for (size_t i = 0; i < message_count; i++) {
        struct arena *arena = arena_new(ARENA_BYTES);
        struct trial trial;

        begin(&trial, messages[i], arena);
        failures += starve(&trial, act, false) + starve(&trial, act, true);
        buf_deinit(&trial.json);
        buf_deinit(&trial.msgpack);
        arena_free(trial.arena);
        arena_free(arena);
    }
    CU_ASSERT(failures >= message_count);
    printf("# note: memory ran out %zu times\n", failures);
}

void test_json_that_cannot_be_decoded_for_want_of_memory_is_not_called_malformed(void)
{
    starve_all(decode_json);
}

void test_a_document_that_cannot_be_parsed_for_want_of_memory_is_not_called_malformed(void)
{
    starve_all(parse_json);
}

void test_messagepack_decodes_or_says_that_there_is_no_memory(void)
{
    starve_all(decode_msgpack);
}

void test_json_is_encoded_whole_or_not_at_all(void)
{
    starve_all(encode_json);
}

void test_messagepack_is_encoded_whole_or_not_at_all(void)
{
    starve_all(encode_msgpack);
}
