/* The target of a read: which query the first byte chooses; then the values of its path and what
 * stands behind the "?", percent-encoded, as they come to the ingress; and the filter of a stream.
 * The rest of a call is played here. */
#include "../workers/ingress/events_visible.h"
#include "../workers/ingress/question.h"
#include "codec/codec.h"
#include "fuzz.h"

static struct http_request request;
static unsigned answers;

const struct http_request *call_request(const struct call *call)
{
    (void)call;
    return &request;
}

void call_answer_problem(struct call_pool *pool, struct call *call,
                         const struct http_problem *problem)
{
    (void)pool, (void)call;
    HOLDS(problem->code && problem->error_count <= CODEC_MAX_ERRORS);
    answers++;
}

void call_answer_fault(struct call_pool *pool, struct call *call)
{
    (void)pool, (void)call;
    answers++;
}

static const struct message *choose(uint8_t byte)
{
    for (size_t i = 0; i < message_count; i++) {
        const struct message *message = messages[(byte + i) % message_count];

        if (message->kind == MESSAGE_QUERY)
            return message;
    }
    return NULL;
}

static size_t count_params(const struct message *message)
{
    size_t count = 0;

    for (const char *at = message->path; (at = strchr(at, '{')); at++)
        count++;
    return count;
}

static void read_filter(struct span query)
{
    cleanup(buf_deinit) struct buf detail = {0};
    struct events_filter filter = {.type_count = 0};
    int r = events_filter_read(query, &filter, &detail);

    HOLDS(r == 0 || r == EVENTS_FILTER_MALFORMED || r == EVENTS_FILTER_UNKNOWN_TYPE);
    HOLDS(r != 0 || filter.type_count <= EVENTS_TYPES_MAX);
}

static void write_next(const struct http_request *asked)
{
    cleanup(buf_deinit) struct buf next = {0};

    question_write_next(asked, span_text("abc"), &next);
    HOLDS(next.size >= asked->path.size);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const uint8_t seal_key[32] = {1};
    struct span input = span_of(data, size), params[HTTP_PARAMS_MAX];
    const struct message *message = choose(take_byte(&input));
    struct call call = {.arena = arena_new(16 << 20), .params = params};
    struct call_pool pool = {.count = 0};
    struct question question;
    char *query;

    HOLDS(call.arena);
    for (call.param_count = 0; call.param_count < count_params(message); call.param_count++)
        params[call.param_count] = take_until(&input, '\n');
    query = copy_exactly(input);
    request =
        (struct http_request){.path = span_text("/v1/x"), .query = span_of(query, input.size)};
    answers = 0;
    HOLDS(question_read(message, &pool, &call, seal_key, &question) == (answers == 0));
    HOLDS(answers <= 1);
    if (answers == 0)
        HOLDS(question.message == message && question.params);
    write_next(&request);
    read_filter(request.query);
    arena_free(call.arena);
    free(query);
    return 0;
}
