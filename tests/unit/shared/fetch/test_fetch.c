/* What is fetched, and what is not: from real servers on loopback, one of which speaks TLS. */
#include <CUnit/CUnit.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/buf.h"
#include "fetch/fetch.h"
#include "loop/stream.h"

enum { MAX_BYTES = 1000, TIMEOUT_MS = 300, TLS_TIMEOUT_MS = 5000 };

/* A server that reads nothing and answers each connection with the same bytes. */
struct fixture {
    struct loop *loop;
    struct fetch *fetch;
    struct loop_listener *listener;
    struct loop_stream *streams[8];
    size_t count;
    const char *answer; /* NULL: none */
    bool is_done;
    struct buf body, error;
};

static void on_ended(void *data, int error)
{
    (void)data;
    (void)error;
}

static const struct loop_stream_events stream_events = {.ended = on_ended};

static void on_accepted(void *data, struct loop_stream *stream)
{
    struct fixture *f = data;

    f->streams[f->count++] = stream;
    loop_stream_start(stream, &stream_events, f);
    if (f->answer)
        CU_ASSERT_EQUAL(loop_stream_write(stream, span_text(f->answer)), 0);
}

static void on_done(void *data, struct span body, const char *error)
{
    struct fixture *f = data;

    CU_ASSERT_FALSE(f->is_done);
    f->is_done = true;
    buf_add(&f->body, body.data, body.size);
    if (error)
        buf_add_text(&f->error, error);
    loop_stop(f->loop);
}

static void set_up(struct fixture *f, const char *answer, int64_t timeout_ms, const char *ca_file)
{
    const struct fetch_options options = {
        .max_bytes = MAX_BYTES, .timeout_ms = timeout_ms, .ca_file = ca_file};

    *f = (struct fixture){.loop = loop_new(), .answer = answer};
    f->fetch = fetch_new(f->loop, &options);
    CU_ASSERT_PTR_NOT_NULL_FATAL(f->fetch);
    CU_ASSERT_EQUAL_FATAL(loop_listen(f->loop, "127.0.0.1:0", on_accepted, f, &f->listener), 0);
}

static void tear_down(struct fixture *f)
{
    for (size_t i = 0; i < f->count; i++)
        loop_stream_free(f->streams[i]);
    loop_listener_free(f->listener);
    fetch_free(f->fetch);
    buf_deinit(&f->body);
    buf_deinit(&f->error);
    loop_free(f->loop);
}

/* Fetches and runs the loop until it is over. */
static void get(struct fixture *f, const char *url)
{
    CU_ASSERT_PTR_NOT_NULL_FATAL(fetch_start(f->fetch, url, on_done, f));
    CU_ASSERT_FALSE(f->is_done);
    loop_run(f->loop);
}

static const char *url_of(const struct fixture *f, const char *scheme)
{
    static char url[64];

    snprintf(url, sizeof url, "%s://127.0.0.1:%d/keys", scheme, loop_listener_port(f->listener));
    return url;
}

static void expect_body(const char *answer, const char *body)
{
    struct fixture f;

    set_up(&f, answer, TIMEOUT_MS, NULL);
    get(&f, url_of(&f, "http"));
    CU_ASSERT_EQUAL(f.error.size, 0);
    CU_ASSERT_TRUE(span_is(buf_span(&f.body), body));
    tear_down(&f);
}

static void expect_error(const char *answer, const char *part)
{
    struct fixture f;

    set_up(&f, answer, TIMEOUT_MS, NULL);
    get(&f, url_of(&f, "http"));
    CU_ASSERT_EQUAL(f.body.size, 0);
    CU_ASSERT_PTR_NOT_NULL_FATAL(f.error.data);
    CU_ASSERT_PTR_NOT_NULL(strstr(f.error.data, part));
    tear_down(&f);
}

void test_a_body_comes_with_its_length_or_in_chunks(void)
{
    expect_body("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", "hello");
    expect_body("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhe\r\n3\r\nllo\r\n"
                "0\r\n\r\n",
                "hello");
}

void test_only_a_200_is_a_document(void)
{
    expect_error("HTTP/1.1 404 Not Found\r\nContent-Length: 5\r\n\r\nhello", "answered 404");
    expect_error("HTTP/1.1 500 Oh\r\nContent-Length: 0\r\n\r\n", "answered 500");
    expect_error("HTTP/1.1 204 No Content\r\n\r\n", "answered 204");
}

void test_a_redirect_is_an_error(void)
{
    expect_error("HTTP/1.1 302 Found\r\nLocation: file:///etc/passwd\r\nContent-Length: 0\r\n\r\n",
                 "answered 302");
    expect_error("HTTP/1.1 301 Moved\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 2\r\n\r\n"
                 "{}",
                 "answered 301");
}

void test_a_body_cut_short_is_an_error(void)
{
    expect_error("HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nhello", "");
}

void test_what_is_no_http_is_an_error(void)
{
    expect_error("SSH-2.0-OpenSSH\r\n\r\n", "");
}

static void expect_too_large(const char *head)
{
    cleanup(buf_deinit) struct buf answer = {0};

    buf_add_text(&answer, head);
    for (int i = 0; i <= MAX_BYTES; i++)
        buf_add_char(&answer, 'x');
    expect_error(answer.data, "more than 1000 bytes");
}

void test_a_body_has_a_bound_whether_its_length_is_told_or_not(void)
{
    expect_too_large("HTTP/1.1 200 OK\r\nContent-Length: 1001\r\n\r\n");
    expect_too_large("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3e9\r\n");
}

void test_a_silent_server_is_given_up(void)
{
    expect_error(NULL, "timed out");
}

void test_a_port_that_nobody_listens_on_is_an_error(void)
{
    struct fixture f;

    set_up(&f, NULL, TIMEOUT_MS, NULL);
    get(&f, "http://127.0.0.1:1/keys");
    CU_ASSERT_TRUE(f.error.size > 0);
    tear_down(&f);
}

void test_only_http_and_https_are_spoken(void)
{
    static const char *const urls[] = {"file:///etc/passwd", "ftp://127.0.0.1:1/a",
                                       "gopher://127.0.0.1:1/", "nonsense"};

    for (size_t i = 0; i < COUNT_OF(urls); i++) {
        struct fixture f;

        set_up(&f, NULL, TIMEOUT_MS, NULL);
        get(&f, urls[i]);
        CU_ASSERT_TRUE(f.error.size > 0);
        CU_ASSERT_EQUAL(f.body.size, 0);
        tear_down(&f);
    }
}

void test_what_was_cancelled_is_not_told(void)
{
    struct fixture f;

    set_up(&f, NULL, TIMEOUT_MS, NULL);
    fetch_cancel(fetch_start(f.fetch, url_of(&f, "http"), on_done, &f));
    fetch_cancel(NULL);
    get(&f, "http://127.0.0.1:1/keys");
    CU_ASSERT_TRUE(f.is_done);
    tear_down(&f);
}

/* A name that is still being looked up is given up at once: nothing waits for the look-up. */
void test_a_look_up_that_goes_on_holds_nothing_up(void)
{
    struct fixture f;

    set_up(&f, NULL, TIMEOUT_MS, NULL);
    fetch_cancel(fetch_start(f.fetch, "https://a-name-that-is-not.invalid/keys", on_done, &f));
    get(&f, "https://a-name-that-is-not.invalid/keys");
    CU_ASSERT_TRUE(f.error.size > 0);
    tear_down(&f);
}

void test_a_server_without_tls_does_not_pass_for_one(void)
{
    struct fixture f;

    set_up(&f, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", TLS_TIMEOUT_MS, NULL);
    get(&f, url_of(&f, "https"));
    CU_ASSERT_TRUE(f.error.size > 0);
    CU_ASSERT_EQUAL(f.body.size, 0);
    tear_down(&f);
}

/* openssl's own server: it serves the folder's files over TLS. */
struct tls_server {
    char folder[32];
    pid_t process;
    int port;
};

static void run_in(const char *folder, const char *command)
{
    char line[512];

    snprintf(line, sizeof line, "cd %s && { %s; } >/dev/null 2>&1", folder, command);
    CU_ASSERT_EQUAL_FATAL(system(line), 0);
}

/* Its first line tells the port: "ACCEPT 127.0.0.1:12345". */
static int read_port(int fd)
{
    FILE *output = fdopen(fd, "r");
    char line[128];
    int port = 0;

    while (port == 0 && fgets(line, sizeof line, output))
        if (strncmp(line, "ACCEPT ", 7) == 0 && strrchr(line, ':'))
            port = atoi(strrchr(line, ':') + 1);
    fclose(output);
    return port;
}

static void tls_start(struct tls_server *server)
{
    int ends[2];

    strcpy(server->folder, "/tmp/idpmc-tls-XXXXXX");
    CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(server->folder));
    run_in(server->folder,
           "printf %s '{\"keys\":[]}' >keys && openssl req -x509 -newkey ec -pkeyopt "
           "ec_paramgen_curve:P-256 -nodes -keyout key.pem -out cert.pem -days 2 "
           "-subj /CN=stand-in -addext subjectAltName=IP:127.0.0.1");
    CU_ASSERT_EQUAL_FATAL(pipe(ends), 0);
    server->process = fork();
    if (server->process == 0) {
        dup2(ends[1], STDOUT_FILENO);
        close(ends[0]);
        if (chdir(server->folder) == 0 && freopen("/dev/null", "w", stderr))
            execlp("openssl", "openssl", "s_server", "-accept", "127.0.0.1:0", "-cert", "cert.pem",
                   "-key", "key.pem", "-WWW", NULL);
        _exit(127);
    }
    close(ends[1]);
    server->port = read_port(ends[0]);
    CU_ASSERT_NOT_EQUAL_FATAL(server->port, 0);
}

static void tls_stop(struct tls_server *server)
{
    kill(server->process, SIGKILL);
    waitpid(server->process, NULL, 0);
    run_in(server->folder, "rm -f keys key.pem cert.pem && rmdir $PWD");
}

static void get_tls(struct fixture *f, const struct tls_server *server, const char *host)
{
    char url[64];

    snprintf(url, sizeof url, "https://%s:%d/keys", host, server->port);
    get(f, url);
}

void test_a_certificate_is_verified_always(void)
{
    struct tls_server server;
    char authority[64];
    struct fixture f;

    tls_start(&server);
    snprintf(authority, sizeof authority, "%s/cert.pem", server.folder);
    set_up(&f, NULL, TLS_TIMEOUT_MS, NULL);
    get_tls(&f, &server, "127.0.0.1"); /* nobody vouches for it */
    CU_ASSERT_PTR_NOT_NULL_FATAL(f.error.data);
    CU_ASSERT_PTR_NOT_NULL(strcasestr(f.error.data, "certificate"));
    tear_down(&f);
    set_up(&f, NULL, TLS_TIMEOUT_MS, authority);
    get_tls(&f, &server, "localhost"); /* it is another's */
    CU_ASSERT_TRUE(f.error.size > 0);
    CU_ASSERT_EQUAL(f.body.size, 0);
    tear_down(&f);
    tls_stop(&server);
}

void test_a_document_comes_over_tls(void)
{
    struct tls_server server;
    char authority[64];
    struct fixture f;

    tls_start(&server);
    snprintf(authority, sizeof authority, "%s/cert.pem", server.folder);
    set_up(&f, NULL, TLS_TIMEOUT_MS, authority);
    get_tls(&f, &server, "127.0.0.1");
    CU_ASSERT_TRUE(span_is(buf_span(&f.body), "{\"keys\":[]}"));
    CU_ASSERT_EQUAL(f.error.size, 0);
    tear_down(&f);
    tls_stop(&server);
}
