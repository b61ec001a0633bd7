/* How many authenticated POSTs the ingress takes, to the 202 that Kafka's delivery report allows,
 * and at what price. */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "auth/token.h"
#include "bench.h"
#include "codec/codec.h"
#include "load.h"

enum {
    CONNECTIONS = 64,
    REQUESTS = 2000, /* different ones */
    SENDERS = 500,   /* players who send them, each with a token */
    WARM_S = 5,      /* until the broker's Java is compiled */
    READY_S = 20,
    TOKEN_S = 3600,
};

static void add_token(const struct bench *bench, const struct bench_player *player,
                      struct buf *request)
{
    const struct config *config = bench->config;

    if (token_mint(span_text(config->issuers[0].secret), NULL, config->issuers[0].issuer,
                   config->issuers[0].audience, player->user, timestamp_now(), TOKEN_S,
                   request) < 0)
        give_up("a token could not be minted");
}

void bench_request(const struct bench *bench, const struct bench_player *player, size_t i,
                   struct buf *request)
{
    cleanup(buf_deinit) struct buf body = {0};
    char tenant[UUID_TEXT + 1];
    const struct mc_record_check check = {
        .player = player->user,
        .habit = player->habits[i % HABITS],
        .day = date_of_seconds(timestamp_seconds(timestamp_now())),
        .done = i / HABITS % 2 == 0,
    };

    if (codec_encode_json(&mc_record_check_message, &check, &body) < 0)
        give_up("a check could not be encoded");
    buf_printf(request,
               "POST /v1/commands/mc.record-check HTTP/1.1\r\nHost: %s\r\n"
               "Content-Type: application/json\r\nX-Organization-ID: %s\r\n"
               "Content-Length: %zu\r\nAuthorization: Bearer ",
               bench->config->http_listen, uuid_format(player->club->tenant.uuid, tenant),
               body.size);
    add_token(bench, player, request);
    buf_add_text(request, "\r\n\r\n");
    buf_add(request, body.data, body.size);
    if (buf_failed(request))
        give_up("no memory");
}

struct buf *bench_requests(const struct bench *bench, size_t *ret_count)
{
    struct buf *requests = calloc(REQUESTS, sizeof *requests);

    if (!requests)
        give_up("no memory");
    for (size_t i = 0; i < REQUESTS; i++)
        bench_request(bench, &bench->population->players[i % SENDERS * (PLAYERS / SENDERS)],
                      i / SENDERS + i, &requests[i]);
    *ret_count = REQUESTS;
    return requests;
}

void bench_wait_ready(const struct bench *bench, pid_t ingress)
{
    int64_t end_ms = monotonic_ms() + READY_S * 1000;

    for (bool ready = false; !ready;) {
        cleanup(buf_deinit) struct buf page = bench_page(bench, "/readyz");

        ready = page.data && strncmp(page.data, "HTTP/1.1 200 ", 13) == 0;
        if (!bench_runs(ingress) || monotonic_ms() > end_ms)
            give_up("the ingress is not ready; its log is in RUN_ROOT");
        if (!ready)
            nanosleep(&(struct timespec){.tv_nsec = 50000000}, NULL);
    }
}

struct cpus {
    double ingress, broker, postgres, client;
};

static struct cpus read_cpus(const struct bench *bench, pid_t ingress)
{
    return (struct cpus){
        .ingress = cpu_of(ingress),
        .broker = cpu_of(bench->broker),
        .postgres = cpu_of_family(bench->postgres),
        .client = cpu_of(getpid()),
    };
}

static void tell_cpus(struct report *report, const struct cpus *from, const struct cpus *to,
                      double answers)
{
    report_figure(report, "CPU of the ingress", (to->ingress - from->ingress) * 1e6 / answers,
                  "us a request");
    report_figure(report, "CPU of the broker", (to->broker - from->broker) * 1e6 / answers,
                  "us a request");
    report_figure(report, "CPU of PostgreSQL", (to->postgres - from->postgres) * 1e6 / answers,
                  "us a request");
    report_figure(report, "CPU of the client", (to->client - from->client) * 1e6 / answers,
                  "us a request");
}

/* Every 202 has its outcome, found by the worker in the topic. */
static void check_truth(struct bench *bench, struct report *report, size_t accepted)
{
    pid_t worker = bench_start("worker-mc");

    bench_wait_position(bench, worker, (int64_t)accepted);
    bench_stop(worker);
    report_bound(report,
                 bench_number(bench, "select count(*) from mc.inbox where outcome = 0") ==
                     (int64_t)accepted,
                 "as many commands were applied as got a 202");
}

static void tell_answers(struct report *report, struct load *load, const struct load_result *result)
{
    report_figure(report, "connections", CONNECTIONS, "");
    report_figure(report, "202 answers", (double)result->accepted, "");
    report_figure(report, "202 a second", (double)result->accepted / result->seconds, "/s");
    report_figure(report, "p50", load_latency_ms(load, 0.5), "ms");
    report_figure(report, "p99", load_latency_ms(load, 0.99), "ms");
}

int bench_edge(struct bench *bench, int seconds)
{
    size_t count;
    struct buf *requests = bench_requests(bench, &count);
    struct report report;
    struct load_result warm, result;
    struct cpus before, after;
    pid_t ingress = bench_start("ingress");
    struct load *load;

    bench_wait_ready(bench, ingress);
    load = load_open(bench->config->http_listen, CONNECTIONS, requests, count);
    warm = load_run(load, WARM_S);
    before = read_cpus(bench, ingress);
    result = load_run(load, seconds);
    after = read_cpus(bench, ingress);
    report_begin(&report, "edge", bench);
    tell_answers(&report, load, &result);
    tell_cpus(&report, &before, &after, (double)(result.accepted + result.others));
    report_bound(&report, warm.others + result.others == 0, "every answer is a 202");
    if (warm.others + result.others > 0)
        printf("  %zu others, the first: %s\n", warm.others + result.others,
               warm.others ? warm.first_other : result.first_other);
    load_close(load);
    bench_stop(ingress);
    check_truth(bench, &report, warm.accepted + result.accepted);
    return report_end(&report);
}
