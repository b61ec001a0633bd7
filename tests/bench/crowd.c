/* Twenty thousand players within FOR_S seconds, as after an evening's training: each reads the
 * week, says of every habit whether it was done, a tap after the other, and reads the week again.
 * The requests are due at an even pace, whether the answers before them came or not. */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "edge.h"

enum {
    USERS = 2 * PLAYERS,
    TAP_S = 2, /* between a player's requests */
    READS = 2,
    CONNECTIONS = 256,
    LATE_MS = 250, /* for a person it is at once */
    WARM_S = 5,
    WARM_PER_S = 500,
    UNSENT_MOST = 1000, /* one in so many was due at the very end */
};

/* One of the two kinds of requests, sent by a thread of its own. */
struct stream {
    const char *of;
    struct buf *requests; /* of the first user all, then of the second */
    struct buf *in_order;
    struct load *load;
    size_t a_user;
    double seconds;
    struct load_result result;
    pthread_t thread;
};

static const struct bench_player *user_at(const struct bench *bench,
                                          const struct population *others, size_t i)
{
    return i < PLAYERS ? &bench->population->players[i] : &others->players[i - PLAYERS];
}

/* In each moment as many players are at their first request as at every other one. */
static void put_in_order(struct stream *stream, const int *taps)
{
    const size_t gap = USERS * TAP_S / (size_t)stream->seconds;

    stream->in_order = bench_new_requests(USERS * stream->a_user);
    for (size_t slot = 0; slot < USERS; slot++) {
        for (size_t i = 0; i < stream->a_user; i++) {
            const size_t user = (slot + USERS - (size_t)taps[i] * gap % USERS) % USERS;

            stream->in_order[slot * stream->a_user + i] =
                stream->requests[user * stream->a_user + i];
        }
    }
}

static void open_stream(const struct bench *bench, struct stream *stream, const int *taps,
                        int status)
{
    put_in_order(stream, taps);
    stream->load = load_open(bench->config->http_listen, CONNECTIONS, stream->in_order,
                             USERS * stream->a_user);
    load_in_order(stream->load);
    load_expect(stream->load, status);
}

static void make_streams(const struct bench *bench, struct stream *taps, struct stream *weeks)
{
    struct population *others = population_make_more();

    if (!others)
        give_up("no memory");
    taps->requests = bench_new_requests(USERS * HABITS);
    weeks->requests = bench_new_requests(USERS * READS);
    for (size_t i = 0; i < USERS; i++) {
        const struct bench_player *user = user_at(bench, others, i);

        for (size_t habit = 0; habit < HABITS; habit++)
            bench_request(bench, user, habit, &taps->requests[i * HABITS + habit]);
        for (size_t n = 0; n < READS; n++)
            bench_week_request(bench, user, 0, span_of(NULL, 0), &weeks->requests[i * READS + n]);
    }
    free(others);
    open_stream(bench, weeks, (const int[]){0, HABITS + 1}, 200);
    open_stream(bench, taps, (const int[]){1, 2, 3, 4, 5}, 202);
}

static size_t warm(struct stream *stream)
{
    return load_run_at(stream->load, WARM_PER_S, WARM_S).accepted;
}

/* As many requests as there are. */
static void *send_all(void *data)
{
    struct stream *stream = data;

    stream->result = load_run_at(stream->load, USERS * (double)stream->a_user / stream->seconds,
                                 stream->seconds);
    return NULL;
}

static void tell_stream(struct report *report, struct stream *stream)
{
    const double p99_ms = load_latency_ms(stream->load, 0.99);
    char sentence[128];

    report_of(report, stream->of);
    report_figure(report, "a second", (double)stream->result.accepted / stream->result.seconds,
                  "/s");
    report_figure(report, "p50", load_latency_ms(stream->load, 0.5), "ms");
    report_figure(report, "p99", p99_ms, "ms");
    report_figure(report, "p99.9", load_latency_ms(stream->load, 0.999), "ms");
    snprintf(sentence, sizeof sentence, "%s: p99 in ms", stream->of);
    report_goal_most(report, p99_ms, LATE_MS, sentence);
    snprintf(sentence, sizeof sentence, "%s: every answer is the expected one", stream->of);
    edge_tell_others(report, &stream->result, sentence);
    snprintf(sentence, sizeof sentence, "%s: all requests were sent but for the last", stream->of);
    report_bound(report, stream->result.unsent * UNSENT_MOST <= stream->result.accepted, sentence);
}

int bench_crowd(struct bench *bench, int seconds)
{
    struct stream taps = {.of = "commands", .a_user = HABITS, .seconds = seconds},
                  weeks = {.of = "weeks", .a_user = READS, .seconds = seconds};
    pid_t fleet = bench_start("fleet");
    struct report report;
    struct costs before, used;
    int64_t ended_us;
    size_t accepted;

    if (seconds < (HABITS + READS) * TAP_S)
        give_up("a visit takes %d seconds; FOR_S is too small", (HABITS + READS) * TAP_S);
    bench_wait_ready(bench, fleet);
    make_streams(bench, &taps, &weeks);
    accepted = warm(&taps);
    warm(&weeks);
    before = costs_now(bench, fleet);
    if (pthread_create(&weeks.thread, NULL, send_all, &weeks) != 0)
        give_up("no thread could be made");
    send_all(&taps);
    pthread_join(weeks.thread, NULL);
    used = costs_since(bench, fleet, &before);
    accepted += taps.result.accepted;
    ended_us = monotonic_us();
    bench_wait_position(bench, fleet, (int64_t)accepted);
    ended_us = monotonic_us() - ended_us;
    report_begin(&report, "crowd", bench);
    report_figure(&report, "users", USERS, "");
    report_figure(&report, "all is applied after the last", (double)ended_us / 1e3, "ms");
    tell_stream(&report, &taps);
    tell_stream(&report, &weeks);
    report_of(&report, "machine");
    costs_tell_share(&report, "the fleet", &used, taps.result.seconds);
    edge_check_applied(bench, &report, accepted);
    load_close(taps.load);
    load_close(weeks.load);
    bench_stop(fleet);
    return report_end(&report);
}
