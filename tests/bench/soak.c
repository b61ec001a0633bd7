/* Does anything grow that must not, while a co-located fleet works at 60 % of what it can do?
 * Memory, descriptors, threads, dead rows and the sizes of tables are looked at every ten seconds,
 * and told as a slope. What keeps a row of every command (the inbox) and of every day grows as it
 * should: its size is told a command. The pace is PER_S, or searched for. */
#include <stdio.h>
#include <stdlib.h>

#include "process.h"
#include "site.h"

enum {
    STEP_S = 10,
    SEARCH_S = 5,
    PERCENT = 60,
    FIRST_STEPS = 3 /* in which things find their size */
};

/* What is looked at. */
enum measure {
    PSS,
    DESCRIPTORS,
    THREADS,
    BACKENDS,
    DEAD_ROWS,
    STATE,
    RUNTIME,
    INBOX,
    WAITING,
    MEASURES
};

static const struct {
    const char *name, *unit;
    double flat; /* a slope that is none: in units an hour; negative: it may grow */
} measures[MEASURES] = {
    [PSS] = {"memory of the fleet", "MB", 8},
    [DESCRIPTORS] = {"descriptors of the fleet", "", 6},
    [THREADS] = {"threads of the fleet", "", 2},
    [BACKENDS] = {"memory of PostgreSQL's connections", "MB", 64},
    [DEAD_ROWS] = {"dead rows", "", -1},
    [STATE] = {"tables of the modules' state", "MB", -1},
    [RUNTIME] = {"outbox, parked and dead letters", "MB", -1},
    [INBOX] = {"inbox", "MB", -1},
    [WAITING] = {"commands accepted and not applied", "", -1},
};

struct look {
    double at_s, values[MEASURES];
};

struct soak {
    struct site *site;
    struct look *looks;
    size_t count;
    double p99_ms; /* of the worst step */
    struct costs used;
    double answers;
    struct load_result bad; /* the first with an answer that is not a 202 */
};

static double megabytes(struct bench *bench, const char *condition)
{
    char sql[1024];

    snprintf(sql, sizeof sql,
             "select coalesce(sum(pg_total_relation_size(c.oid)), 0)::int8 from pg_class c"
             " join pg_namespace n on n.oid = c.relnamespace"
             " where c.relkind = 'r' and n.nspname in ('core', 'mc') and %s",
             condition);
    return (double)bench_number(bench, sql) / (1 << 20);
}

static double waiting(const struct site *site)
{
    const int64_t applied = bench_reached(site->bench);
    const int64_t accepted = (int64_t)atomic_load(&site->accepted);

    return accepted > applied ? (double)(accepted - applied) : 0;
}

static struct look look_now(const struct soak *soak)
{
    static const char runtime[] = "('outbox', 'parked', 'dead', 'position')";
    struct bench *bench = soak->site->bench;
    const struct process fleet = process_now(soak->site->fleet);
    struct look look = {.at_s = (double)(monotonic_us() - soak->site->began_us) / 1e6};
    char condition[128];

    look.values[PSS] = fleet.pss_mb;
    look.values[DESCRIPTORS] = fleet.descriptors;
    look.values[THREADS] = fleet.threads;
    look.values[BACKENDS] = process_family_anon_mb(bench->postgres);
    look.values[DEAD_ROWS] = (double)bench_number(
        bench, "select coalesce(sum(n_dead_tup), 0)::int8 from pg_stat_user_tables");
    snprintf(condition, sizeof condition, "c.relname not in %s and c.relname <> 'inbox'", runtime);
    look.values[STATE] = megabytes(bench, condition);
    snprintf(condition, sizeof condition, "c.relname in %s", runtime);
    look.values[RUNTIME] = megabytes(bench, condition);
    look.values[INBOX] = megabytes(bench, "c.relname = 'inbox'");
    look.values[WAITING] = waiting(soak->site);
    return look;
}

/* Least squares, an hour. */
static double slope_of(const struct look *looks, size_t count, enum measure measure)
{
    double at = 0, value = 0, both = 0, square = 0;

    for (size_t i = 0; i < count; i++) {
        at += looks[i].at_s / (double)count;
        value += looks[i].values[measure] / (double)count;
    }
    for (size_t i = 0; i < count; i++) {
        both += (looks[i].at_s - at) * (looks[i].values[measure] - value);
        square += (looks[i].at_s - at) * (looks[i].at_s - at);
    }
    return square > 0 ? both / square * 3600 : 0;
}

static double most_of(const struct look *looks, size_t count, enum measure measure)
{
    double most = looks[0].values[measure];

    for (size_t i = 1; i < count; i++)
        most = looks[i].values[measure] > most ? looks[i].values[measure] : most;
    return most;
}

static void tell_measure(struct report *report, const struct look *looks, size_t count,
                         enum measure measure)
{
    const double slope = slope_of(looks, count, measure);
    char unit[FIGURE_UNIT], sentence[128];

    report_of(report, measures[measure].name);
    report_figure(report, "at first", looks[0].values[measure], measures[measure].unit);
    report_figure(report, "at last", looks[count - 1].values[measure], measures[measure].unit);
    report_figure(report, "at most", most_of(looks, count, measure), measures[measure].unit);
    snprintf(unit, sizeof unit, "%s an hour", measures[measure].unit);
    report_figure(report, "slope", slope, unit);
    if (measures[measure].flat < 0)
        return;
    snprintf(sentence, sizeof sentence, "%s: slope an hour", measures[measure].name);
    report_goal_most(report, slope, measures[measure].flat, sentence);
}

static void step(struct soak *soak, double per_s)
{
    const struct site *site = soak->site;
    const struct costs before = costs_now(site->bench, site->fleet);
    const struct load_result result = load_run_at(site->load, per_s, STEP_S);
    const struct costs used = costs_since(site->bench, site->fleet, &before);
    const double p99_ms = load_latency_ms(site->load, 0.99);
    struct look *look = &soak->looks[soak->count++];

    *look = look_now(soak);
    soak->p99_ms = p99_ms > soak->p99_ms ? p99_ms : soak->p99_ms;
    soak->answers += (double)result.accepted;
    costs_add(&soak->used, &used);
    if (soak->bad.others == 0)
        soak->bad = result;
    printf("  %5.0f s: p99 %.0f ms", look->at_s, p99_ms);
    for (int i = 0; i < MEASURES; i++)
        printf(", %s %.1f", measures[i].name, look->values[i]);
    printf("\n");
}

static double pace(struct site *site)
{
    const char *setting = getenv("PER_S");

    return setting && *setting ? atof(setting) : site_search(site, SEARCH_S) * PERCENT / 100;
}

static void tell(struct report *report, const struct soak *soak, double per_s)
{
    const size_t first = soak->count > 2 * FIRST_STEPS ? FIRST_STEPS : 0;

    report_figure(report, "commands a second", per_s, "/s");
    report_figure(report, "p99 of the worst 10 s", soak->p99_ms, "ms");
    costs_tell(report, "the fleet", &soak->used, soak->answers);
    for (int i = 0; i < MEASURES; i++)
        tell_measure(report, soak->looks + first, soak->count - first, (enum measure)i);
    report_of(report, "inbox");
    report_figure(report, "its size",
                  (soak->looks[soak->count - 1].values[INBOX] - soak->looks[0].values[INBOX]) *
                      (1 << 20) / soak->answers,
                  "bytes a command");
}

int bench_soak(struct bench *bench, int seconds)
{
    const size_t steps = (size_t)(seconds / STEP_S > 2 ? seconds / STEP_S : 2);
    struct soak soak = {.looks = calloc(steps, sizeof *soak.looks)};
    struct report report;
    struct site site;
    double per_s;

    if (!soak.looks)
        give_up("no memory");
    site_open(&site, bench);
    soak.site = &site;
    per_s = pace(&site);
    site_wait_drained(&site);
    site.began_us = monotonic_us();
    report_begin(&report, "soak", bench);
    while (soak.count < steps)
        step(&soak, per_s);
    site_wait_drained(&site);
    tell(&report, &soak, per_s);
    edge_tell_others(&report, &soak.bad, "every answer is a 202");
    report_bound(&report, bench_number(bench, "select count(*) from mc.dead") == 0,
                 "there is no dead letter");
    edge_check_applied(bench, &report, atomic_load(&site.accepted));
    site_close(&site);
    free(soak.looks);
    return report_end(&report);
}
