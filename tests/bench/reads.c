/* How many of players' weeks a second are read through HTTP: cold (every answer is asked for once,
 * so that no cache knows it), cached (Redis knows it), and unchanged (the client knows it: 304). */
#include <stdio.h>
#include <stdlib.h>

#include "edge.h"

enum {
    CONNECTIONS = 64,
    READERS = 2000,    /* players whose week is cached */
    COLD_PER_S = 9000, /* there are enough of them for so many */
    WARM_S = 120,      /* for everybody's first at most */
};

/* One of the three ways. */
struct way {
    const char *of;
    struct buf *requests;
    size_t count;
    struct load *load;
    struct load_result bad;
};

/* Everybody's week, then everybody's week before, and so on; each in another's week is nobody's. */
static void make_way(const struct bench *bench, struct way *way, const char *of, size_t weeks,
                     size_t weeks_back)
{
    *way = (struct way){.of = of, .count = weeks * PLAYERS};
    way->requests = bench_new_requests(way->count);
    for (size_t i = 0; i < way->count; i++)
        bench_week_request(bench, &bench->population->players[i % PLAYERS],
                           weeks_back + i / PLAYERS, span_of(NULL, 0), &way->requests[i]);
}

static void open_way(const struct bench *bench, struct way *way, size_t count, int status)
{
    way->load = load_open(bench->config->http_listen, CONNECTIONS, way->requests, count);
    load_expect(way->load, status);
}

/* A row for each player and day, as commands would have left it. */
static void fill_days(struct bench *bench, size_t weeks)
{
    char sql[1024];

    snprintf(
        sql, sizeof sql,
        "with filled as (insert into mc.days (tenant, player, day, said, done, weight_done,"
        " weight_due, closed) select p.tenant, p.player,"
        " (now() at time zone 'UTC')::date - d, 31, 21, 9, 15, d > 0"
        " from mc.players p cross join generate_series(0, %d) d on conflict do nothing returning 1)"
        " select count(*) from filled",
        (int)(weeks * DAYS_OF_WEEK));
    if (bench_number(bench, sql) < PLAYERS)
        give_up("the days could not be filled");
}

static void note_tag(void *data, const struct load_answer *answer)
{
    const char *tag = strcasestr(answer->text, "\r\nETag: "), *end;
    const struct way *cached = ((struct way *const *)data)[0];
    struct way *unchanged = ((struct way *const *)data)[1];
    const size_t i = (size_t)(answer->request - cached->requests);

    if (!tag || !(end = strchr(tag + 8, '\r')))
        give_up("a week has no ETag: %.200s", answer->text);
    if (i >= unchanged->count || unchanged->requests[i].size > 0)
        return;
    buf_printf(&unchanged->requests[i], "%.*s", (int)(end - tag - 8), tag + 8);
}

/* Everybody asks once, so that tokens and members are known, and what is to be cached is cached. */
static void warm(const struct bench *bench, struct way *cached, struct way *unchanged)
{
    struct way *both[] = {cached, unchanged};
    struct load_result result;

    open_way(bench, cached, PLAYERS, 200);
    load_in_order(cached->load);
    load_tell(cached->load, note_tag, both);
    result = load_run_most(cached->load, PLAYERS, WARM_S);
    if (result.accepted != PLAYERS)
        give_up("%zu of %d weeks could be read: %s", result.accepted, PLAYERS, result.first_other);
    load_close(cached->load);
    for (size_t i = 0; i < unchanged->count; i++) {
        struct buf tag = unchanged->requests[i];

        unchanged->requests[i] = (struct buf){0};
        bench_week_request(bench, &bench->population->players[i], 0, buf_span(&tag),
                           &unchanged->requests[i]);
        buf_deinit(&tag);
    }
    open_way(bench, cached, READERS, 200);
    open_way(bench, unchanged, READERS, 304);
}

static void run(const struct bench *bench, struct report *report, pid_t ingress, struct way *way,
                size_t most, double seconds)
{
    const struct costs before = costs_now(bench, ingress);
    const struct load_result result = load_run_most(way->load, most, seconds);
    const struct costs used = costs_since(bench, ingress, &before);

    if (way->bad.others == 0)
        way->bad = result;
    report_of(report, way->of);
    report_figure(report, "weeks a second", (double)result.accepted / result.seconds, "/s");
    report_figure(report, "p50", load_latency_ms(way->load, 0.5), "ms");
    report_figure(report, "p99", load_latency_ms(way->load, 0.99), "ms");
    costs_tell(report, "the ingress", &used, (double)(result.accepted + result.others));
}

static void tell_goals(struct report *report, struct way *ways, size_t count)
{
    report_goal_least(report, report_median(report, "cold", "weeks a second"), 4000,
                      "cold weeks a second");
    report_goal_least(report, report_median(report, "cached", "weeks a second"), 15000,
                      "cached weeks a second");
    for (size_t i = 0; i < count; i++)
        edge_tell_others(report, &ways[i].bad, "every answer is the expected one");
}

int bench_reads(struct bench *bench, int seconds)
{
    const size_t weeks = (size_t)seconds * COLD_PER_S / PLAYERS + 1;
    pid_t ingress = bench_start("ingress");
    struct way ways[3], *cold = &ways[0], *cached = &ways[1], *unchanged = &ways[2];
    struct report report;

    fill_days(bench, weeks + 1);
    make_way(bench, cold, "cold", weeks, 1);
    make_way(bench, cached, "cached", 1, 0);
    *unchanged =
        (struct way){.of = "unchanged", .requests = bench_new_requests(READERS), .count = READERS};
    bench_wait_ready(bench, ingress);
    warm(bench, cached, unchanged);
    open_way(bench, cold, cold->count, 200);
    load_in_order(cold->load);
    report_begin(&report, "reads", bench);
    for (int round = 0; round < bench->repeat; round++)
        for (size_t i = 0; i < COUNT_OF(ways); i++)
            run(bench, &report, ingress, &ways[i],
                i == 0 ? cold->count / (size_t)bench->repeat : SIZE_MAX,
                (double)seconds / bench->repeat);
    tell_goals(&report, ways, COUNT_OF(ways));
    for (size_t i = 0; i < COUNT_OF(ways); i++)
        load_close(ways[i].load);
    bench_stop(ingress);
    return report_end(&report);
}
