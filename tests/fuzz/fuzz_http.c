/* A connection of the HTTP server, without sockets. However its bytes are cut, the same requests
 * reach the handler; and whatever the handler, the clock and the client do, nothing breaks.
 *
 * The first byte says how handler and client behave, the second how the bytes are cut. */
#include "fake_loop.h"
#include "http/http_server.h"

enum {
    ANSWERS_LATER = 1,
    STREAMS = 2,
    SLOW_CLIENT = 4,
    TIME_GOES_ON = 8,
    FAILS_AT_END = 16,
    DRAINS = 32,
    LARGE_BODIES = 64,
};

struct scene {
    unsigned ways;
    unsigned chance;
    struct buf seen; /* the requests that reached the handler */
    struct http_exchange *waiting;
    struct http_stream *stream;
    bool drained;
};

static unsigned chance(struct scene *scene)
{
    scene->chance = scene->chance * 1103515245u + 12345u;
    return scene->chance >> 16;
}

static void see(struct buf *seen, struct span bytes)
{
    buf_add_be32(seen, (uint32_t)bytes.size);
    buf_add(seen, bytes.data, bytes.size);
}

static void see_request(struct scene *scene, const struct http_request *request)
{
    see(&scene->seen, request->method);
    see(&scene->seen, request->path);
    see(&scene->seen, request->query);
    for (size_t i = 0; i < request->header_count; i++) {
        see(&scene->seen, request->headers[i].name);
        see(&scene->seen, request->headers[i].value);
    }
    see(&scene->seen, request->body);
    HOLDS(request->body.size <= HTTP_BODY_MAX * 4);
}

static void on_gone(struct http_exchange *exchange, void *data)
{
    struct scene *scene = data;

    HOLDS(exchange == scene->waiting);
}

static void on_stream_gone(struct http_stream *stream, void *data)
{
    struct scene *scene = data;

    HOLDS(stream == scene->stream);
    scene->stream = NULL;
}

static void on_stream_closing(struct http_stream *stream, void *data)
{
    struct scene *scene = data;

    HOLDS(stream == scene->stream);
    scene->stream = NULL;
}

static const struct http_stream_events stream_events = {.gone = on_stream_gone,
                                                        .closing = on_stream_closing};

static void answer(struct scene *scene, struct http_exchange *exchange)
{
    const struct http_response response = {
        .status = 200, .content_type = "text/plain", .body = span_text("hello")};

    if (!(scene->ways & STREAMS))
        http_answer(exchange, &response);
    else
        scene->stream = http_answer_stream(exchange, &response, &stream_events, scene);
}

static void handle(struct http_exchange *exchange, void *data)
{
    struct scene *scene = data;

    HOLDS(!scene->waiting);
    see_request(scene, http_exchange_request(exchange));
    if (!(scene->ways & ANSWERS_LATER)) {
        answer(scene, exchange);
        return;
    }
    scene->waiting = exchange;
    http_exchange_on_gone(exchange, on_gone, scene);
}

static size_t body_max(const struct http_request *head, void *data)
{
    struct scene *scene = data;

    return scene->ways & LARGE_BODIES && head->path.size > 3 ? HTTP_BODY_MAX * 4 : HTTP_BODY_MAX;
}

/* What happens elsewhere between two pieces: an answer is ready, the client reads, time goes by. */
static void do_meanwhile(struct scene *scene, struct loop_stream *stream)
{
    struct http_exchange *waiting = scene->waiting;

    if (waiting && chance(scene) % 4) {
        scene->waiting = NULL;
        answer(scene, waiting);
    }
    if (scene->stream && chance(scene) % 2 &&
        http_stream_write(scene->stream, span_text("more")) < 0) {
        http_stream_drop(scene->stream);
        scene->stream = NULL;
    }
    if (scene->stream && chance(scene) % 4 == 0) {
        struct http_stream *ending = scene->stream;

        scene->stream = NULL;
        http_stream_end(ending);
    }
    if (chance(scene) % 2)
        fake_drain(stream);
    if (scene->ways & TIME_GOES_ON)
        fake_tick(chance(scene) % 3000);
}

/* `cuts` 0: in one piece. */
static void feed(struct scene *scene, struct loop_stream *stream, struct span bytes, unsigned cuts)
{
    unsigned idle = 0;

    scene->chance = cuts;
    while (bytes.size && fake_is_open(stream) && idle < 64) {
        if (stream->paused) {
            idle++;
        } else {
            size_t most = cuts ? 1 + chance(scene) % (1 + cuts % 64) : bytes.size;
            struct span piece = take_bytes(&bytes, most);
            char *copy = copy_exactly(piece);

            stream->events->received(stream->data, span_of(copy, piece.size));
            free(copy);
        }
        do_meanwhile(scene, stream);
    }
}

static void on_drained(void *data)
{
    struct scene *scene = data;

    scene->drained = true;
}

static void run(struct scene *scene, struct span bytes, unsigned cuts)
{
    const struct http_handler handler = {.body_max = body_max, .handle = handle, .data = scene};
    struct loop_stream stream = {.slow = scene->ways & SLOW_CLIENT};
    struct http_server *server;

    fake_now_ms = 1000;
    HOLDS(http_server_start(NULL, "", &handler, &http_limits_default, &server) == 0);
    fake_listener.accepted(fake_listener.data, &stream);
    feed(scene, &stream, bytes, cuts);
    if (scene->ways & DRAINS)
        http_server_drain(server, 1000, on_drained, scene);
    fake_end(&stream, scene->ways & FAILS_AT_END ? -104 : 0);
    if (scene->waiting) {
        struct http_exchange *waiting = scene->waiting;

        scene->waiting = NULL;
        answer(scene, waiting);
    }
    fake_tick(100000);
    http_server_free(server);
    HOLDS(stream.freed && !scene->stream);
    buf_deinit(&stream.out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct span input = span_of(data, size);
    unsigned ways = take_byte(&input), cuts = 1 + take_byte(&input);
    struct scene whole = {.ways = ways & LARGE_BODIES}, cut = whole, wild = {.ways = ways};

    run(&whole, input, 0);
    run(&cut, input, cuts);
    HOLDS(span_equal(buf_span(&whole.seen), buf_span(&cut.seen)));
    run(&wild, input, cuts);
    buf_deinit(&whole.seen);
    buf_deinit(&cut.seen);
    buf_deinit(&wild.seen);
    return 0;
}
