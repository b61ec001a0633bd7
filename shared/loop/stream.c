/* TCP streams and listeners over libuv. */
#include "loop/stream.h"

#include <errno.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "loop/loop_private.h"

enum { LISTEN_BACKLOG = 1024, HOST_TEXT = 64, SILENT_PEER_MS = 30000, ACCEPT_AGAIN_MS = 50 };

struct loop_listener {
    uv_tcp_t uv;
    struct loop *loop;
    struct loop_timer *again; /* accepts what there was no memory for */
    void (*accepted)(void *data, struct loop_stream *stream);
    void *data;
};

/* A name look-up or a connect on its way. It outlives a stream that is freed meanwhile. */
struct attempt {
    uv_getaddrinfo_t resolve;
    uv_connect_t connect;
    struct loop_stream *stream; /* NULL: nobody waits for it any more */
    unsigned turn;              /* which of the name's addresses */
};

struct loop_stream {
    uv_tcp_t uv;
    struct loop *loop;
    const struct loop_stream_events *events; /* NULL: freed, or not started yet */
    void *data;
    struct attempt *attempt;
    bool ended; /* was told */
};

struct kept_write {
    uv_write_t uv;
    struct loop_stream *stream;
    char bytes[];
};

static uv_stream_t *uv_stream(const struct loop_stream *stream)
{
    return (uv_stream_t *)(uintptr_t)&stream->uv;
}

static struct loop_stream *stream_new(struct loop *loop)
{
    struct loop_stream *stream = calloc(1, sizeof *stream);

    if (!stream)
        return NULL;
    if (uv_tcp_init(&loop->uv, &stream->uv) < 0) {
        free(stream);
        return NULL;
    }
    stream->uv.data = stream;
    stream->loop = loop;
    return stream;
}

static void tell_end(struct loop_stream *stream, int error)
{
    if (!stream->events || stream->ended)
        return;
    stream->ended = true;
    stream->events->ended(stream->data, error);
}

static void give_read_bytes(uv_handle_t *handle, size_t suggested, uv_buf_t *ret_buf)
{
    struct loop_stream *stream = handle->data;

    (void)suggested;
    *ret_buf = uv_buf_init(stream->loop->read_bytes, LOOP_READ_BYTES);
}

static void on_read(uv_stream_t *uv, ssize_t size, const uv_buf_t *buf)
{
    struct loop_stream *stream = uv->data;

    if (size == 0) /* as EAGAIN */
        return;
    if (size < 0) {
        uv_read_stop(uv);
        tell_end(stream, size == UV_EOF ? 0 : (int)size);
    } else if (stream->events && stream->events->received) {
        stream->events->received(stream->data, span_of(buf->base, (size_t)size));
    }
}

/* "host:port" or "[host]:port", numbers only. */
static int parse_address(const char *address, struct sockaddr_storage *ret_address)
{
    const char *colon = strrchr(address, ':');
    char host[HOST_TEXT], *end;
    size_t size;
    long port;

    if (!colon || colon[1] < '0' || colon[1] > '9')
        return -EINVAL;
    port = strtol(colon + 1, &end, 10);
    size = (size_t)(colon - address);
    if (*end || port > 65535 || size == 0 || size >= sizeof host)
        return -EINVAL;
    memcpy(host, address, size);
    host[size] = '\0';
    if (host[0] == '[' && host[size - 1] == ']') {
        host[size - 1] = '\0';
        return uv_ip6_addr(host + 1, (int)port, (struct sockaddr_in6 *)ret_address);
    }
    return uv_ip4_addr(host, (int)port, (struct sockaddr_in *)ret_address);
}

/* A peer that vanished without a word fails the connection in so long after the first byte that it
 * does not acknowledge, not after the kernel's quarter of an hour. */
static void bound_silence(const struct loop_stream *stream)
{
    const unsigned ms = SILENT_PEER_MS;
    int fd;

    if (uv_fileno((const uv_handle_t *)&stream->uv, &fd) == 0)
        setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &ms, sizeof ms);
}

/* libuv listens no more until it was asked for what it has accepted. */
static void accept_next(void *data)
{
    struct loop_listener *listener = data;
    struct loop_stream *stream = stream_new(listener->loop);

    if (!stream) {
        loop_timer_start(listener->again, ACCEPT_AGAIN_MS, 0);
        return;
    }
    if (uv_accept((uv_stream_t *)&listener->uv, uv_stream(stream)) < 0) {
        loop_stream_free(stream);
        return;
    }
    uv_tcp_nodelay(&stream->uv, 1);
    bound_silence(stream);
    listener->accepted(listener->data, stream);
}

static void on_connection(uv_stream_t *uv, int status)
{
    if (status == 0)
        accept_next(uv->data);
}

int loop_listen(struct loop *loop, const char *address,
                void (*accepted)(void *data, struct loop_stream *stream), void *data,
                struct loop_listener **ret_listener)
{
    struct sockaddr_storage where = {0};
    struct loop_listener *listener;
    int r = parse_address(address, &where);

    if (r < 0)
        return r;
    listener = calloc(1, sizeof *listener);
    if (!listener)
        return -ENOMEM;
    *listener = (struct loop_listener){.loop = loop, .accepted = accepted, .data = data};
    listener->again = loop_timer_new(loop, accept_next, listener);
    if (!listener->again) {
        free(listener);
        return -ENOMEM;
    }
    uv_tcp_init(&loop->uv, &listener->uv);
    listener->uv.data = listener;
    r = uv_tcp_bind(&listener->uv, (const struct sockaddr *)&where, 0);
    if (r == 0)
        r = uv_listen((uv_stream_t *)&listener->uv, LISTEN_BACKLOG, on_connection);
    if (r < 0) {
        loop_listener_free(listener);
        return r;
    }
    *ret_listener = listener;
    return 0;
}

int loop_listener_port(const struct loop_listener *listener)
{
    struct sockaddr_storage where = {0};
    int size = sizeof where;

    if (uv_tcp_getsockname(&listener->uv, (struct sockaddr *)&where, &size) < 0)
        return -1;
    return ntohs(where.ss_family == AF_INET6 ? ((struct sockaddr_in6 *)&where)->sin6_port
                                             : ((struct sockaddr_in *)&where)->sin_port);
}

void loop_listener_free(struct loop_listener *listener)
{
    if (!listener)
        return;
    loop_timer_free(listener->again);
    loop_close_handle((uv_handle_t *)&listener->uv);
}

void loop_stream_start(struct loop_stream *stream, const struct loop_stream_events *events,
                       void *data)
{
    stream->events = events;
    stream->data = data;
    loop_stream_resume(stream);
}

static void on_connect(uv_connect_t *connect, int status)
{
    struct attempt *attempt = connect->data;
    struct loop_stream *stream = attempt->stream;

    free(attempt);
    if (!stream)
        return;
    stream->attempt = NULL;
    if (status < 0) {
        tell_end(stream, status);
        return;
    }
    uv_tcp_nodelay(&stream->uv, 1);
    loop_stream_resume(stream);
    if (stream->events->opened)
        stream->events->opened(stream->data);
}

static const struct addrinfo *address_of_turn(const struct addrinfo *found, unsigned turn)
{
    const struct addrinfo *address = found;

    while (turn-- > 0)
        address = address->ai_next ? address->ai_next : found;
    return address;
}

static void on_resolved(uv_getaddrinfo_t *resolve, int status, struct addrinfo *found)
{
    struct attempt *attempt = resolve->data;
    struct loop_stream *stream = attempt->stream;

    if (stream && status == 0)
        status = uv_tcp_connect(&attempt->connect, &stream->uv,
                                address_of_turn(found, attempt->turn)->ai_addr, on_connect);
    uv_freeaddrinfo(found);
    if (stream && status == 0)
        return;
    free(attempt);
    if (stream) {
        stream->attempt = NULL;
        tell_end(stream, status);
    }
}

struct loop_stream *loop_stream_connect(struct loop *loop, const char *host, const char *port,
                                        unsigned turn, const struct loop_stream_events *events,
                                        void *data)
{
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM};
    struct loop_stream *stream = stream_new(loop);
    struct attempt *attempt = calloc(1, sizeof *attempt);

    if (!stream || !attempt)
        goto failed;
    attempt->resolve.data = attempt->connect.data = attempt;
    attempt->turn = turn;
    if (uv_getaddrinfo(&loop->uv, &attempt->resolve, on_resolved, host, port, &hints) < 0)
        goto failed;
    attempt->stream = stream;
    stream->attempt = attempt;
    stream->events = events;
    stream->data = data;
    return stream;

failed:
    free(attempt);
    loop_stream_free(stream);
    return NULL;
}

static void on_written(uv_write_t *uv, int status)
{
    struct kept_write *write = uv->data;
    struct loop_stream *stream = write->stream;

    free(write);
    if (!stream->events)
        return;
    if (status < 0)
        tell_end(stream, status);
    else if (loop_stream_unsent(stream) == 0 && stream->events->drained)
        stream->events->drained(stream->data);
}

static int keep_write(struct loop_stream *stream, struct span bytes)
{
    struct kept_write *write = malloc(sizeof *write + bytes.size);
    uv_buf_t buf;
    int r;

    if (!write)
        return -ENOMEM;
    write->uv.data = write;
    write->stream = stream;
    memcpy(write->bytes, bytes.data, bytes.size);
    buf = uv_buf_init(write->bytes, (unsigned)bytes.size);
    r = uv_write(&write->uv, uv_stream(stream), &buf, 1, on_written);
    if (r < 0)
        free(write);
    return r;
}

int loop_stream_write(struct loop_stream *stream, struct span bytes)
{
    uv_buf_t buf = uv_buf_init((char *)(uintptr_t)bytes.data, (unsigned)bytes.size);
    size_t sent = 0;
    int r;

    if (bytes.size == 0)
        return 0;
    if (loop_stream_unsent(stream) == 0) {
        r = uv_try_write(uv_stream(stream), &buf, 1);
        if (r < 0 && r != UV_EAGAIN)
            return r;
        sent = r > 0 ? (size_t)r : 0;
    }
    if (sent == bytes.size)
        return 0;
    return keep_write(stream, span_of(bytes.data + sent, bytes.size - sent));
}

size_t loop_stream_unsent(const struct loop_stream *stream)
{
    return uv_stream_get_write_queue_size(uv_stream(stream));
}

void loop_stream_pause(struct loop_stream *stream)
{
    uv_read_stop(uv_stream(stream));
}

void loop_stream_resume(struct loop_stream *stream)
{
    if (!stream->ended && uv_is_readable(uv_stream(stream)))
        uv_read_start(uv_stream(stream), give_read_bytes, on_read);
}

static void on_shutdown(uv_shutdown_t *shutdown, int status)
{
    (void)status;
    free(shutdown);
}

void loop_stream_shutdown(struct loop_stream *stream)
{
    uv_shutdown_t *shutdown = malloc(sizeof *shutdown);

    if (shutdown && uv_shutdown(shutdown, uv_stream(stream), on_shutdown) < 0)
        free(shutdown);
}

void loop_stream_free(struct loop_stream *stream)
{
    if (!stream)
        return;
    stream->events = NULL;
    if (stream->attempt)
        stream->attempt->stream = NULL;
    loop_close_handle((uv_handle_t *)&stream->uv);
}

int loop_stream_peer(const struct loop_stream *stream, uint8_t ret_address[static 16])
{
    static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};
    struct sockaddr_storage peer = {0};
    int size = sizeof peer, r = uv_tcp_getpeername(&stream->uv, (struct sockaddr *)&peer, &size);

    if (r < 0)
        return r;
    if (peer.ss_family == AF_INET6) {
        memcpy(ret_address, &((struct sockaddr_in6 *)&peer)->sin6_addr, 16);
    } else {
        memcpy(ret_address, mapped, sizeof mapped);
        memcpy(ret_address + 12, &((struct sockaddr_in *)&peer)->sin_addr, 4);
    }
    return 0;
}
