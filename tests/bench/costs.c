/* What the parts cost. */
#include <stdio.h>
#include <unistd.h>

#include "edge.h"

struct costs costs_now(const struct bench *bench, pid_t server)
{
    return (struct costs){
        .server = cpu_of(server),
        .broker = cpu_of(bench->broker),
        .postgres = cpu_of_family(bench->postgres),
        .redis = cpu_of(bench->redis),
        .client = cpu_of(getpid()),
    };
}

struct costs costs_since(const struct bench *bench, pid_t server, const struct costs *before)
{
    const struct costs now = costs_now(bench, server);

    return (struct costs){
        .server = now.server - before->server,
        .broker = now.broker - before->broker,
        .postgres = now.postgres - before->postgres,
        .redis = now.redis - before->redis,
        .client = now.client - before->client,
    };
}

void costs_add(struct costs *sum, const struct costs *used)
{
    sum->server += used->server;
    sum->broker += used->broker;
    sum->postgres += used->postgres;
    sum->redis += used->redis;
    sum->client += used->client;
}

static void tell(struct report *report, const char *server, const struct costs *used, double factor,
                 const char *unit)
{
    const struct {
        const char *name;
        double seconds;
    } parts[] = {
        {server, used->server}, {"the broker", used->broker}, {"PostgreSQL", used->postgres},
        {"Redis", used->redis}, {"the client", used->client},
    };
    char name[FIGURE_NAME];

    for (size_t i = 0; i < COUNT_OF(parts); i++) {
        snprintf(name, sizeof name, "CPU of %s", parts[i].name);
        report_figure(report, name, parts[i].seconds * factor, unit);
    }
}

void costs_tell(struct report *report, const char *server, const struct costs *used,
                double requests)
{
    tell(report, server, used, requests > 0 ? 1e6 / requests : 0, "us a request");
}

void costs_tell_share(struct report *report, const char *server, const struct costs *used,
                      double seconds)
{
    tell(report, server, used, 100 / seconds, "% of a core");
}
