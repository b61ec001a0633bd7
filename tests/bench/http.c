/* How many commands a second go all the way, from POST to commit, with everything on this machine:
 * the highest pace at which nothing is left behind. */
#include <stdlib.h>

#include "site.h"

enum { LEAST_PER_S = 20 };

static void tell(struct report *report, const struct attempt *attempt, double per_s)
{
    report_figure(report, "commands a second", per_s, "/s");
    report_figure(report, "p50", attempt->p50_ms, "ms");
    report_figure(report, "p99", attempt->p99_ms, "ms");
    report_figure(report, "lag at most", attempt->most, "commands");
    report_figure(report, "lag grows by", attempt->slope, "commands a second");
    costs_tell(report, "the fleet", &attempt->used, attempt->answers);
}

/* Each round holds it; otherwise it was a little less. */
static double hold(struct site *site, double per_s, double seconds, struct attempt *attempts)
{
    int held = 0;

    while (held < site->bench->repeat) {
        attempts[held] = site_attempt(site, per_s, seconds);
        if (attempts[held++].held)
            continue;
        per_s *= 0.97;
        held = 0;
        if (per_s < LEAST_PER_S)
            give_up("no rate was held for %d rounds", site->bench->repeat);
    }
    return per_s;
}

int bench_http(struct bench *bench, int seconds)
{
    struct attempt *attempts = calloc((size_t)bench->repeat, sizeof *attempts);
    struct report report;
    struct site site;
    double per_s;

    if (!attempts)
        give_up("no memory");
    site_open(&site, bench);
    per_s = hold(&site, site_search(&site, seconds), seconds, attempts);
    site_wait_drained(&site);
    report_begin(&report, "http", bench);
    for (int i = 0; i < bench->repeat; i++)
        tell(&report, &attempts[i], per_s);
    report_goal_least(&report, per_s, 8000, "commands a second, end to end");
    edge_check_applied(bench, &report, atomic_load(&site.accepted));
    site_close(&site);
    free(attempts);
    return report_end(&report);
}
