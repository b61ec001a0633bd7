#include "site.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum {
    CONNECTIONS = 512,
    SENDERS = 2000,
    WARM_S = 5,
    WARM_PER_S = 500,
    FIRST_PER_S = 2000,
    LEAST_PER_S = 20,
    SAMPLES = 36000,
    SAMPLE_MS = 100,
    LATE_MS = 1000, /* the p99 of a rate that is held */
};

static void on_answer(void *data, const struct load_answer *answer)
{
    struct site *site = data;

    (void)answer;
    atomic_fetch_add(&site->accepted, 1);
}

static double lag_now(struct site *site)
{
    /* Asked for before the database is: what is accepted meanwhile is not behind. */
    const size_t accepted = atomic_load(&site->accepted);
    const int64_t applied = bench_reached(site->bench);

    return (int64_t)accepted > applied ? (double)((int64_t)accepted - applied) : 0;
}

static void *sample_lag(void *data)
{
    struct site *site = data;

    while (atomic_load(&site->sampling) && site->sample_count < SAMPLES) {
        struct lag_sample *sample = &site->samples[site->sample_count];

        sample->lag = lag_now(site);
        sample->at_s = (double)(monotonic_us() - site->began_us) / 1e6;
        site->sample_count++;
        nanosleep(&(struct timespec){.tv_nsec = SAMPLE_MS * 1000000L}, NULL);
    }
    return NULL;
}

/* Least squares over what comes after the first third. */
static double slope_of(const struct site *site)
{
    const size_t first = site->sample_count / 3, count = site->sample_count - first;
    const struct lag_sample *samples = site->samples + first;
    double at = 0, lag = 0, both = 0, square = 0;

    for (size_t i = 0; i < count; i++) {
        at += samples[i].at_s / (double)count;
        lag += samples[i].lag / (double)count;
    }
    for (size_t i = 0; i < count; i++) {
        both += (samples[i].at_s - at) * (samples[i].lag - lag);
        square += (samples[i].at_s - at) * (samples[i].at_s - at);
    }
    return square > 0 ? both / square : 0;
}

static double most_of(const struct site *site)
{
    double most = 0;

    for (size_t i = 0; i < site->sample_count; i++)
        most = site->samples[i].lag > most ? site->samples[i].lag : most;
    return most;
}

/* A fiftieth of the rate is what noise may look like; half a second's commands are under way in
 * large batches. */
static bool is_held(const struct attempt *attempt, const struct load_result *result, double per_s)
{
    return result->others == 0 && (double)result->unsent <= per_s / 20 &&
           attempt->p99_ms <= LATE_MS &&
           (attempt->slope <= per_s / 50 || attempt->most <= per_s / 2);
}

void site_wait_drained(struct site *site)
{
    bench_wait_position(site->bench, site->fleet, (int64_t)atomic_load(&site->accepted));
}

struct attempt site_attempt(struct site *site, double per_s, double seconds)
{
    struct attempt attempt;
    struct load_result result;
    struct costs before;
    pthread_t sampler;

    site_wait_drained(site);
    site->sample_count = 0;
    site->began_us = monotonic_us();
    atomic_store(&site->sampling, true);
    if (pthread_create(&sampler, NULL, sample_lag, site) != 0)
        give_up("no thread could be made");
    before = costs_now(site->bench, site->fleet);
    result = load_run_at(site->load, per_s, seconds);
    attempt.used = costs_since(site->bench, site->fleet, &before);
    atomic_store(&site->sampling, false);
    pthread_join(sampler, NULL);
    attempt.unsent = result.unsent;
    attempt.answers = (double)(result.accepted + result.others);
    attempt.p50_ms = load_latency_ms(site->load, 0.5);
    attempt.p99_ms = load_latency_ms(site->load, 0.99);
    attempt.slope = slope_of(site);
    attempt.most = most_of(site);
    attempt.held = is_held(&attempt, &result, per_s);
    printf("  %8.0f/s %s: p99 %.0f ms, lag %.0f at most, %+.0f a second, %zu unsent\n", per_s,
           attempt.held ? "is held" : "is too much", attempt.p99_ms, attempt.most, attempt.slope,
           result.unsent);
    return attempt;
}

double site_search(struct site *site, double seconds)
{
    double held = 0, too_much = 0, per_s = FIRST_PER_S;

    while (too_much == 0 || (too_much - held > held / 16 && per_s >= LEAST_PER_S)) {
        if (site_attempt(site, per_s, seconds).held)
            held = per_s;
        else
            too_much = per_s;
        per_s = too_much == 0 ? held * 1.5 : (held + too_much) / 2;
    }
    if (held == 0)
        give_up("not even %d commands a second go through", LEAST_PER_S);
    return held;
}

void site_open(struct site *site, struct bench *bench)
{
    size_t count;
    struct buf *requests = edge_checks(bench, SENDERS, &count);

    *site = (struct site){.bench = bench,
                          .fleet = bench_start("fleet"),
                          .samples = calloc(SAMPLES, sizeof *site->samples)};
    if (!site->samples)
        give_up("no memory");
    bench_wait_ready(bench, site->fleet);
    site->load = load_open(bench->config->http_listen, CONNECTIONS, requests, count);
    load_in_order(site->load);
    load_tell(site->load, on_answer, site);
    load_run_at(site->load, WARM_PER_S, WARM_S);
}

void site_close(struct site *site)
{
    load_close(site->load);
    bench_stop(site->fleet);
    free(site->samples);
}
