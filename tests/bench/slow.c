/* What 2,000 slow clients take from a good one: how long its answers take with them and without, in
 * turns, so that what else the machine does falls on both. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench.h"
#include "load.h"
#include "support/slow_clients.h"

enum { CONNECTIONS = 4, ROUNDS = 5, SLOW = 2000, GATHER_S = 8, WARM_S = 5 };

struct rounds {
    double p50[ROUNDS], p99[ROUNDS];
    size_t others;
};

static void measure(struct rounds *rounds, int round, struct load *load, int seconds)
{
    rounds->others += load_run(load, seconds).others;
    rounds->p50[round] = load_latency_ms(load, 0.5);
    rounds->p99[round] = load_latency_ms(load, 0.99);
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

static double median(double values[ROUNDS])
{
    qsort(values, ROUNDS, sizeof values[0], compare);
    return values[ROUNDS / 2];
}

/* They come, and the first of them have been closed and come again. Returns how many are there. */
static size_t measure_among_slow(struct rounds *rounds, int round, struct load *load, int port,
                                 int seconds, size_t *closed)
{
    struct slow_clients *slow = slow_clients_start(port, SLOW, "/openapi.json");
    size_t connected;

    if (!slow)
        give_up("the slow clients do not start");
    sleep(GATHER_S);
    measure(rounds, round, load, seconds);
    connected = slow_clients_connected(slow);
    for (enum slow_kind kind = 0; kind < SLOW_KINDS; kind++)
        *closed += slow_clients_closed(slow, kind);
    slow_clients_stop(slow);
    sleep(1);
    return connected;
}

static void tell(struct report *report, struct rounds *alone, struct rounds *among)
{
    double before = median(alone->p99), with = median(among->p99);

    report_figure(report, "p50 alone", median(alone->p50), "ms");
    report_figure(report, "p50 among slow ones", median(among->p50), "ms");
    report_figure(report, "p99 alone", before, "ms");
    report_figure(report, "p99 among slow ones", with, "ms");
    report_figure(report, "p99 among / alone", with / before, "");
    report_bound(report, with <= 2 * before, "slow clients move the p99 by 2 x at the most");
    report_bound(report, alone->others + among->others == 0, "every answer is a 202");
}

int bench_slow(struct bench *bench, int seconds)
{
    size_t count, connected = SLOW, closed = 0;
    struct buf *requests = bench_requests(bench, &count);
    struct rounds alone = {.others = 0}, among = {.others = 0};
    const int port = atoi(strrchr(bench->config->http_listen, ':') + 1);
    pid_t ingress = bench_start("ingress");
    struct report report;
    struct load *load;

    bench_wait_ready(bench, ingress);
    load = load_open(bench->config->http_listen, CONNECTIONS, requests, count);
    alone.others += load_run(load, WARM_S).others;
    for (int round = 0; round < ROUNDS; round++) {
        size_t there;

        measure(&alone, round, load, seconds);
        there = measure_among_slow(&among, round, load, port, seconds, &closed);
        connected = there < connected ? there : connected;
    }
    report_begin(&report, "slow", bench);
    report_figure(&report, "slow clients, at the least", (double)connected, "");
    report_figure(&report, "of them closed", (double)closed, "");
    tell(&report, &alone, &among);
    load_close(load);
    bench_stop(ingress);
    return report_end(&report);
}
