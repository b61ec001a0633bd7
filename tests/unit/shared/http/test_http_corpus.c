/* Hundreds of requests that should be refused, or only look so, each followed by another on the
 * same connection: the hidden one is never executed, and answers never come out of step. */
#include <CUnit/CUnit.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "support/http_client.h"
#include "support/http_corpus.h"
#include "support/http_host.h"
#include "support/tls_client.h"
#include "support/tls_files.h"

enum { CASES_MIN = 500, TLS_EACH = 7, DAY_S = 86400 };

static const char canary[] = "GET /canary HTTP/1.1\r\nHost: a\r\n\r\n";

/* What the handler has seen on one connection; read when that has come to its end. */
struct fixture {
    struct http_host host;
    struct tls_files files;
    bool tls;
    size_t cases, visited;
    char seen[256];
};

static void handle(struct http_exchange *exchange, void *data)
{
    const struct http_request *request = http_exchange_request(exchange);
    struct fixture *f = data;
    size_t size = strlen(f->seen);

    snprintf(f->seen + size, sizeof f->seen - size, "%.*s ",
             (int)(request->path.size < 20 ? request->path.size : 20), request->path.data);
    http_answer(exchange, &(struct http_response){
                              .status = 200, .content_type = "text/plain", .body = request->path});
}

static void take_seen(void *data)
{
    struct fixture *f = data;

    CU_ASSERT_PTR_NULL(strstr(f->seen, "/smuggled"));
}

static void use_tls(void *data)
{
    cleanup(buf_deinit) struct buf error = {0};
    struct tls_context *context = tls_context_new();
    struct fixture *f = data;

    CU_ASSERT_EQUAL(tls_context_read_certificate(context, f->files.certificate, &error), 0);
    CU_ASSERT_EQUAL(tls_context_read_key(context, f->files.key, &error), 0);
    http_server_use_tls(f->host.server, context);
}

/* Sends the case in two pieces, cut somewhere else each time, and the canary; reads to the canary's
 * answer or the end. */
static const char *ask(struct fixture *f, const struct http_corpus_case *it)
{
    size_t cut = it->bytes.size ? f->visited % it->bytes.size : 0;
    const char *text;
    int fd = http_client(f->host.port);

    http_send(fd, it->bytes.data, cut);
    http_send(fd, it->bytes.data + cut, it->bytes.size - cut);
    http_send_text(fd, canary);
    text = http_read_until(fd, "\r\n\r\n/canary", 1, HTTP_CLIENT_MS);
    close(fd);
    return text;
}

static const char *ask_over_tls(struct fixture *f, const struct http_corpus_case *it)
{
    struct tls_client client;
    const char *text;

    CU_ASSERT_TRUE_FATAL(tls_client_open(&client, f->host.port, f->files.certificate));
    tls_client_send(&client, it->bytes.data, it->bytes.size);
    tls_client_send_text(&client, canary);
    text = tls_client_read(&client, "\r\n\r\n/canary", NULL);
    tls_client_close(&client);
    return text;
}

static size_t count_of(const char *text, const char *part)
{
    size_t count = 0;

    while ((text = strstr(text, part))) {
        count++;
        text += strlen(part);
    }
    return count;
}

static bool was_refused(const struct fixture *f, const char *answers)
{
    return f->seen[0] == '\0' && count_of(answers, "\r\nDate: ") == 1 &&
           strncmp(answers, "HTTP/1.1 4", 10) == 0 && strstr(answers, "\r\nConnection: close\r\n");
}

/* One answer for each that the handler saw, the canary's last. */
static bool was_taken(const struct fixture *f, const char *answers)
{
    const char *behind = strchr(f->seen, ' ');

    return count_of(answers, "HTTP/1.1 200 OK") == 2 && behind && strcmp(behind, " /canary ") == 0;
}

static bool was_closed_behind(const struct fixture *f, const char *answers)
{
    return count_of(answers, "HTTP/1.1 200 OK") == 1 && count_of(f->seen, " ") == 1 &&
           strstr(answers, "\r\nConnection: close\r\n");
}

static bool is_as_wanted(const struct fixture *f, const struct http_corpus_case *it,
                         const char *answers)
{
    if (it->wanted == HTTP_CORPUS_REFUSED)
        return was_refused(f, answers);
    if (it->wanted == HTTP_CORPUS_TAKEN)
        return was_taken(f, answers);
    return was_refused(f, answers) || was_taken(f, answers) || was_closed_behind(f, answers);
}

static void print_case(const struct fixture *f, const struct http_corpus_case *it,
                       const char *answers)
{
    printf("# %s, handler saw: %s\n#   ", it->group, f->seen);
    for (size_t i = 0; i < it->bytes.size && i < 200; i++) {
        unsigned char c = (unsigned char)it->bytes.data[i];

        printf(c >= ' ' && c < 0x7f ? "%c" : "\\x%02x", c);
    }
    printf("\n#   %.60s\n", answers);
}

static void visit(const struct http_corpus_case *it, void *data)
{
    struct fixture *f = data;
    const char *answers;

    f->visited++;
    if (f->tls && f->visited % TLS_EACH && it->wanted == HTTP_CORPUS_REFUSED)
        return;
    f->cases++;
    f->seen[0] = '\0';
    answers = f->tls ? ask_over_tls(f, it) : ask(f, it);
    http_host_do(&f->host, take_seen, f);
    if (!is_as_wanted(f, it, answers)) {
        CU_FAIL("a request of the corpus was not treated as it should be");
        print_case(f, it, answers);
    }
}

/* What waits for more bytes than come is refused when its time is up: soon, here. */
static void start(struct fixture *f, int64_t soon_ms)
{
    struct http_limits limits = http_limits_default;

    memset(f, 0, sizeof *f);
    limits.header_ms = limits.body_ms = soon_ms;
    http_host_start(&f->host, &(struct http_handler){.handle = handle, .data = f}, &limits);
}

void test_no_request_hides_behind_another(void)
{
    struct fixture f;

    start(&f, 300);
    http_corpus_each(visit, &f);
    printf("# %zu requests\n", f.cases);
    CU_ASSERT(f.cases >= CASES_MIN);
    http_host_stop(&f.host);
}

void test_no_request_hides_behind_another_over_tls(void)
{
    struct fixture f;

    start(&f, 2000); /* a handshake takes its time on a busy machine */
    f.tls = true;
    tls_files_make(&f.files, -DAY_S, DAY_S);
    http_host_do(&f.host, use_tls, &f);
    http_corpus_each(visit, &f);
    CU_ASSERT(f.cases >= CASES_MIN / TLS_EACH);
    http_host_stop(&f.host);
    tls_files_remove(&f.files);
}
