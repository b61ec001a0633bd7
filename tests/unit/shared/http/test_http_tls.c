/* The server over TLS and real sockets. */
#include <CUnit/CUnit.h>
#include <openssl/ssl.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/date.h"
#include "support/http_client.h"
#include "support/http_host.h"
#include "support/tls_client.h"
#include "support/tls_files.h"

enum { DAY_S = 86400, LARGE = 4 << 20 };

struct fixture {
    struct http_host host;
    struct tls_files files, renewed;
    struct http_stream *stream;
    atomic_int seen, gone, drained;
};

static void answer_large(struct http_exchange *exchange)
{
    char *body = malloc(LARGE);

    memset(body, 'x', LARGE);
    http_answer(exchange, &(struct http_response){.status = 200,
                                                  .content_type = "image/png",
                                                  .body = span_of(body, LARGE)});
    free(body);
}

static void on_gone(struct http_stream *stream, void *data)
{
    (void)stream;
    atomic_fetch_add(&((struct fixture *)data)->gone, 1);
}

static void handle(struct http_exchange *exchange, void *data)
{
    static const struct http_stream_events events = {.gone = on_gone};
    const struct http_request *request = http_exchange_request(exchange);
    struct fixture *f = data;

    if (span_is(request->path, "/large"))
        answer_large(exchange);
    else if (span_is(request->path, "/stream"))
        f->stream = http_answer_stream(exchange,
                                       &(struct http_response){.status = 200,
                                                               .content_type = "text/event-stream",
                                                               .body = span_text("first")},
                                       &events, f);
    else
        http_answer(exchange, &(struct http_response){.status = 200,
                                                      .content_type = "text/plain",
                                                      .body = request->body.size ? request->body
                                                                                 : request->path});
    atomic_fetch_add(&f->seen, 1);
}

static void use_files(struct http_server *server, const struct tls_files *files)
{
    cleanup(buf_deinit) struct buf error = {0};
    struct tls_context *context = tls_context_new();

    CU_ASSERT_EQUAL(tls_context_read_certificate(context, files->certificate, &error), 0);
    CU_ASSERT_EQUAL(tls_context_read_key(context, files->key, &error), 0);
    http_server_use_tls(server, context);
}

static void use_first(void *data)
{
    struct fixture *f = data;

    use_files(f->host.server, &f->files);
}

static void start_with(struct fixture *f, const struct http_limits *limits)
{
    memset(f, 0, sizeof *f);
    tls_files_make(&f->files, -DAY_S, DAY_S);
    http_host_start(&f->host, &(struct http_handler){.handle = handle, .data = f}, limits);
    http_host_do(&f->host, use_first, f);
}

static void start(struct fixture *f)
{
    start_with(f, &http_limits_default);
}

static void stop(struct fixture *f)
{
    http_host_stop(&f->host);
    tls_files_remove(&f->files);
}

static void open_client(struct fixture *f, struct tls_client *client)
{
    CU_ASSERT_TRUE_FATAL(tls_client_open(client, f->host.port, f->files.certificate));
}

static void await(atomic_int *value, int wanted)
{
    for (int64_t end = monotonic_ms() + HTTP_CLIENT_MS;
         atomic_load(value) < wanted && monotonic_ms() < end;)
        usleep(1000);
    CU_ASSERT_EQUAL(atomic_load(value), wanted);
}

void test_requests_are_answered_over_tls(void)
{
    static char body[65536];
    struct tls_client client;
    struct fixture f;
    const char *text;

    start(&f);
    open_client(&f, &client);
    for (int i = 0; i < 3; i++) {
        tls_client_send_text(&client, "GET /one HTTP/1.1\r\nHost: a\r\n\r\n");
        text = tls_client_read(&client, "/one", NULL);
        CU_ASSERT_PTR_NOT_NULL(strstr(text, "200 OK"));
        CU_ASSERT_PTR_NOT_NULL(strstr(text, "Strict-Transport-Security: max-age="));
    }
    memset(body, 'b', sizeof body - 1);
    body[sizeof body - 1] = '!';
    tls_client_send_text(&client, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 65536\r\n\r\n");
    tls_client_send(&client, body, sizeof body);
    CU_ASSERT_PTR_NOT_NULL(strstr(tls_client_read(&client, "!", NULL), "200 OK"));
    tls_client_close(&client);
    stop(&f);
}

void test_an_answer_larger_than_the_sockets_buffer_arrives_over_tls(void)
{
    static char bytes[65536];
    struct tls_client client;
    struct fixture f;
    size_t got, all = 0;

    start(&f);
    open_client(&f, &client);
    tls_client_send_text(&client, "GET /large HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    usleep(100000);
    while (SSL_read_ex(client.ssl, bytes, sizeof bytes, &got) == 1)
        all += got;
    CU_ASSERT(all > LARGE);
    tls_client_close(&client);
    stop(&f);
}

void test_a_client_that_only_ended_its_side_gets_its_answers_over_tls(void)
{
    struct tls_client client;
    struct fixture f;
    bool ended;
    const char *text;

    start(&f);
    open_client(&f, &client);
    tls_client_send_text(&client, "GET /one HTTP/1.1\r\nHost: a\r\n\r\n"
                                  "GET /two HTTP/1.1\r\nHost: a\r\n\r\n");
    tls_client_end(&client);
    text = tls_client_read(&client, NULL, &ended);
    CU_ASSERT_PTR_NOT_NULL(strstr(text, "\r\n\r\n/one"));
    CU_ASSERT_PTR_NOT_NULL(strstr(text, "\r\n\r\n/two"));
    CU_ASSERT_TRUE(ended);
    tls_client_close(&client);
    stop(&f);
}

void test_a_request_that_was_cut_off_is_none(void)
{
    struct tls_client client;
    struct fixture f;
    bool ended;

    start(&f);
    open_client(&f, &client);
    tls_client_send_text(&client, "POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nabc");
    shutdown(client.fd, SHUT_WR); /* without a close_notify */
    CU_ASSERT_STRING_EQUAL(tls_client_read(&client, NULL, &ended), "");
    CU_ASSERT_EQUAL(atomic_load(&f.seen), 0);
    tls_client_close(&client);
    open_client(&f, &client);
    http_send(client.fd, "\x17\x03\x03\x00\x40 half of a record", 22);
    shutdown(client.fd, SHUT_WR);
    CU_ASSERT_STRING_EQUAL(tls_client_read(&client, NULL, &ended), "");
    tls_client_close(&client);
    stop(&f);
}

void test_garbage_ends_the_connection_and_plain_http_is_told_so(void)
{
    struct fixture f;
    const char *text;
    int fd;

    start(&f);
    fd = http_client(f.host.port);
    http_send_text(fd, "SSH-2.0-OpenSSH_9.2p1 Debian-2+deb12u3\r\n");
    text = http_read_all(fd);
    CU_ASSERT(strlen(text) < 8); /* an alert at the most */
    close(fd);
    fd = http_client(f.host.port);
    http_send_text(fd, "GET /plain HTTP/1.1\r\nHost: a\r\n\r\n");
    text = http_read_all(fd);
    CU_ASSERT_PTR_NOT_NULL(strstr(text, "HTTP/1.1 400 Bad Request\r\n"));
    CU_ASSERT_PTR_NOT_NULL(strstr(text, "This port speaks TLS"));
    CU_ASSERT_PTR_NULL(strstr(text, "Strict-Transport-Security"));
    CU_ASSERT_EQUAL(atomic_load(&f.seen), 0);
    close(fd);
    stop(&f);
}

void test_a_slow_handshake_is_cut_off(void)
{
    struct http_limits limits = http_limits_default;
    struct fixture f;
    int silent, slow;
    int64_t began;

    limits.header_ms = 300;
    start_with(&f, &limits);
    silent = http_client(f.host.port);
    slow = http_client(f.host.port);
    began = monotonic_ms();
    http_send(slow, "\x16\x03\x01\x02\x00\x01", 6);
    while (!http_readable(slow, 20) && monotonic_ms() < began + HTTP_CLIENT_MS)
        http_send(slow, "\x01", 1);
    CU_ASSERT_TRUE(http_has_ended(slow, HTTP_CLIENT_MS));
    CU_ASSERT_TRUE(http_has_ended(silent, HTTP_CLIENT_MS));
    CU_ASSERT(monotonic_ms() < began + HTTP_CLIENT_MS);
    close(slow);
    close(silent);
    stop(&f);
}

void test_nothing_hides_behind_a_malformed_request_over_tls(void)
{
    struct tls_client client;
    struct fixture f;
    const char *text;

    start(&f);
    open_client(&f, &client);
    tls_client_send_text(&client, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n"
                                  "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n"
                                  "GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n");
    text = tls_client_read(&client, NULL, NULL);
    CU_ASSERT_PTR_NOT_NULL(strstr(text, "400 Bad Request"));
    CU_ASSERT_EQUAL(atomic_load(&f.seen), 0);
    tls_client_close(&client);
    stop(&f);
}

static void write_much(void *data)
{
    struct fixture *f = data;
    char *bytes = calloc(1, LARGE);

    CU_ASSERT_EQUAL(http_stream_write(f->stream, span_of(bytes, LARGE)), 0);
    CU_ASSERT(http_stream_unsent(f->stream) > 0);
    free(bytes);
}

void test_a_stream_over_tls_is_dropped_when_nobody_reads_it(void)
{
    struct http_limits limits = http_limits_default;
    struct tls_client client;
    struct fixture f;

    limits.send_ms = 200;
    start_with(&f, &limits);
    open_client(&f, &client);
    tls_client_send_text(&client, "GET /stream HTTP/1.1\r\nHost: a\r\n\r\n");
    CU_ASSERT_PTR_NOT_NULL(strstr(tls_client_read(&client, "first", NULL), "200 OK"));
    usleep(500000);
    CU_ASSERT_EQUAL(atomic_load(&f.gone), 0);
    http_host_do(&f.host, write_much, &f);
    await(&f.gone, 1);
    tls_client_close(&client);
    stop(&f);
}

static void renew(void *data)
{
    struct fixture *f = data;

    use_files(f->host.server, &f->renewed);
}

void test_a_renewed_certificate_is_for_new_connections(void)
{
    struct tls_client before, after;
    struct fixture f;

    start(&f);
    tls_files_make(&f.renewed, -DAY_S, DAY_S);
    open_client(&f, &before);
    http_host_do(&f.host, renew, &f);
    tls_client_send_text(&before, "GET /old HTTP/1.1\r\nHost: a\r\n\r\n");
    CU_ASSERT_PTR_NOT_NULL(strstr(tls_client_read(&before, "/old", NULL), "200 OK"));
    CU_ASSERT_TRUE(tls_client_open(&after, f.host.port, f.renewed.certificate));
    tls_client_send_text(&after, "GET /new HTTP/1.1\r\nHost: a\r\n\r\n");
    CU_ASSERT_PTR_NOT_NULL(strstr(tls_client_read(&after, "/new", NULL), "200 OK"));
    tls_client_close(&after);
    CU_ASSERT_FALSE(tls_client_open(&after, f.host.port, f.files.certificate));
    tls_client_close(&after);
    tls_client_close(&before);
    tls_files_remove(&f.renewed);
    stop(&f);
}

static void on_drained(void *data)
{
    atomic_store(&((struct fixture *)data)->drained, 1);
}

static void drain(void *data)
{
    struct fixture *f = data;

    http_server_drain(f->host.server, HTTP_CLIENT_MS, on_drained, f);
}

void test_draining_ends_idle_sessions_with_a_word(void)
{
    struct tls_client client;
    struct fixture f;
    bool ended;

    start(&f);
    open_client(&f, &client);
    tls_client_send_text(&client, "GET /one HTTP/1.1\r\nHost: a\r\n\r\n");
    tls_client_read(&client, "/one", NULL);
    http_host_do(&f.host, drain, &f);
    CU_ASSERT_STRING_EQUAL(tls_client_read(&client, NULL, &ended), "");
    CU_ASSERT_TRUE(ended);
    await(&f.drained, 1);
    tls_client_close(&client);
    stop(&f);
}
