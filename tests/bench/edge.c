/* How many authenticated POSTs the ingress takes, to the 202 that Kafka's delivery report allows,
 * and at what price; in turns with a program that does nothing else (limits/edge.c), so that what
 * else the machine does falls on both. Then how long the answers take at half of that rate. */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "bus/bus_topics.h"
#include "codec/codec.h"
#include "edge.h"

enum {
    WARM_TURNS = 5, /* of both, until the broker's Java is compiled */
    WARM_S = 2,
    TOPIC_MS = 30000,
};

static const char limit_topic[] = "bench.edge";

/* The ingress or its limit. */
struct side {
    pid_t pid;
    const char *address;
    struct load *load;
    size_t accepted; /* in all */
    struct load_result bad;
};

/* A number of connections, and what the report calls the sides with it. */
struct width {
    size_t connections;
    const char *of[2];
};

static void make_topic(const struct bench *bench)
{
    cleanup(buf_deinit) struct buf said = {0};
    char error[256];
    struct bus_topics *topics = bus_topics_open(bench->config->kafka_brokers, error);
    const struct bus_topic_setting settings[] = {
        {.name = "message.timestamp.type", .value = "LogAppendTime"}};
    const struct bus_topic topic = {.name = limit_topic,
                                    .partitions = PARTITIONS,
                                    .settings = settings,
                                    .setting_count = COUNT_OF(settings)};

    if (!topics)
        give_up("%s", error);
    if (bus_topic_make(topics, &topic, TOPIC_MS, &said) < 0)
        give_up("%s", said.data);
    bus_topics_close(topics);
}

/* What a command of the ingress takes in Kafka besides its key: value and headers. */
static size_t record_bytes(const struct bench *bench)
{
    const struct bench_player *player = &bench->population->players[0];
    struct arena *arena = arena_new(65536);
    cleanup(buf_deinit) struct buf value = {0};
    char actor[8 + UUID_TEXT] = "user:";
    const struct mc_record_check check = {.player = player->user, .habit = player->habits[0]};
    const struct trace trace = trace_new();
    struct record_fields fields = {.message = &mc_record_check_message,
                                   .worker = "ingress",
                                   .trace = &trace,
                                   .source_offset = -1};
    struct bus_record record;
    size_t size = 0;

    uuid_format(player->user.uuid, actor + 5);
    fields.actor = span_text(actor);
    if (!arena || codec_encode_msgpack(fields.message, &check, &value) < 0)
        give_up("no memory");
    fields.value = buf_span(&value);
    if (record_build(&fields, keyring_signer(bench->keys), arena, &record) < 0)
        give_up("no memory");
    for (size_t i = 0; i < record.header_count; i++)
        size += record.headers[i].name.size + record.headers[i].value.size + 2; /* lengths */
    size += record.value.size;
    arena_free(arena);
    return size;
}

/* Next to the ingress's port, or where the next one is free. */
static void start_limit(const struct bench *bench, struct side *side, char address[static 64])
{
    const char *colon = strrchr(bench->config->http_listen, ':');
    const char *brokers = bench->config->kafka_brokers;
    char bytes[16];
    int fd = 0;

    for (int port = atoi(colon + 1) + 100; fd >= 0; port++) {
        snprintf(address, 64, "127.0.0.1:%d", port);
        fd = bench_connect(address);
        if (fd >= 0)
            close(fd);
    }
    snprintf(bytes, sizeof bytes, "%zu", record_bytes(bench));
    make_topic(bench);
    side->address = address;
    side->pid = bench_start_limit(
        "edge", (const char *const[]){address, brokers, limit_topic, bytes, NULL});
    for (int64_t end_ms = monotonic_ms() + TOPIC_MS; (fd = bench_connect(address)) < 0;
         usleep(50000))
        if (!bench_runs(side->pid) || monotonic_ms() > end_ms)
            give_up("the limit does not listen; its log is in RUN_ROOT");
    close(fd);
}

static void note(struct side *side, const struct load_result *result)
{
    side->accepted += result->accepted;
    if (side->bad.others == 0)
        side->bad = *result;
}

/* One round. */
static void run(const struct bench *bench, struct report *report, struct side *side, const char *of,
                double seconds)
{
    const struct costs before = costs_now(bench, side->pid);
    const struct load_result result = load_run(side->load, seconds);
    const struct costs used = costs_since(bench, side->pid, &before);

    note(side, &result);
    report_of(report, of);
    report_figure(report, "202 a second", (double)result.accepted / result.seconds, "/s");
    report_figure(report, "p50", load_latency_ms(side->load, 0.5), "ms");
    report_figure(report, "p99", load_latency_ms(side->load, 0.99), "ms");
    costs_tell(report, "the server", &used, (double)(result.accepted + result.others));
}

static void open_side(struct side *side, size_t connections, const struct buf *requests,
                      size_t count)
{
    struct load_result warm;

    side->load = load_open(side->address, connections, requests, count);
    warm = load_run(side->load, WARM_S);
    note(side, &warm);
}

/* Open, at half of what it took. */
static void run_half(struct report *report, struct side *side, const char *of, double seconds)
{
    const double per_s = report_median(report, of, "202 a second") / 2;
    const struct load_result result = load_run_at(side->load, per_s, seconds);

    note(side, &result);
    report_of(report, of);
    report_figure(report, "p50 at half rate", load_latency_ms(side->load, 0.5), "ms");
    report_figure(report, "p99 at half rate", load_latency_ms(side->load, 0.99), "ms");
}

static void tell_goals(struct report *report, const struct width *width)
{
    const char *ingress = width->of[0];
    char sentence[128];

    snprintf(sentence, sizeof sentence, "202 a second: %s / %s", ingress, width->of[1]);
    report_goal_least(report, report_ratio(report, "202 a second", ingress, width->of[1]), 0.9,
                      sentence);
    snprintf(sentence, sizeof sentence, "%s: p99 at half rate, in ms", ingress);
    report_goal_most(report, report_median(report, ingress, "p99 at half rate"), 15, sentence);
    snprintf(sentence, sizeof sentence, "%s: its CPU in us a request", ingress);
    report_goal_most(report, report_median(report, ingress, "CPU of the server"), 48, sentence);
    report_ratio(report, "CPU of the server", ingress, width->of[1]);
}

/* In turns, and who begins changes too. */
static void measure(struct bench *bench, struct report *report, struct side sides[static 2],
                    const struct width *width, int seconds)
{
    const double round_s = (double)seconds / bench->repeat;
    size_t count;
    struct buf *requests = bench_requests(bench, &count);

    for (int i = 0; i < 2; i++)
        open_side(&sides[i], width->connections, requests, count);
    for (int turn = 0; turn < 2 * bench->repeat; turn++) {
        const int i = turn % 2 ^ (turn / 2 % 2);

        run(bench, report, &sides[i], width->of[i], round_s);
    }
    for (int turn = 0; turn < 2 * bench->repeat; turn++)
        run_half(report, &sides[turn % 2], width->of[turn % 2], round_s);
    tell_goals(report, width);
    for (int i = 0; i < 2; i++)
        load_close(sides[i].load);
}

/* Whoever came first would meet a broker that is not warm yet. */
static void warm_up(struct bench *bench, struct side sides[static 2], size_t connections)
{
    size_t count;
    struct buf *requests = bench_requests(bench, &count);

    for (int turn = 0; turn < 2 * WARM_TURNS; turn++) {
        open_side(&sides[turn % 2], connections, requests, count);
        load_close(sides[turn % 2].load);
    }
}

/* Every 202 has its outcome, found by the worker in the topic. */
static void check_truth(struct bench *bench, struct report *report, size_t accepted)
{
    pid_t worker = bench_start("worker-mc");

    bench_wait_position(bench, worker, (int64_t)accepted);
    bench_stop(worker);
    edge_check_applied(bench, report, accepted);
}

int bench_edge(struct bench *bench, int seconds)
{
    static const struct width widths[] = {
        {64, {"ingress, 64 connections", "limit, 64 connections"}},
        {256, {"ingress, 256 connections", "limit, 256 connections"}},
    };
    struct side sides[] = {{.address = bench->config->http_listen}, {.pid = 0}};
    struct report report;
    char address[64];

    sides[0].pid = bench_start("ingress");
    bench_wait_ready(bench, sides[0].pid);
    start_limit(bench, &sides[1], address);
    report_begin(&report, "edge", bench);
    report_figure(&report, "record", (double)record_bytes(bench), "bytes");
    warm_up(bench, sides, widths[1].connections);
    for (size_t i = 0; i < COUNT_OF(widths); i++)
        measure(bench, &report, sides, &widths[i], seconds);
    edge_tell_others(&report, &sides[0].bad, "every answer of the ingress is a 202");
    edge_tell_others(&report, &sides[1].bad, "every answer of the limit is a 202");
    bench_stop(sides[1].pid);
    bench_stop(sides[0].pid);
    check_truth(bench, &report, sides[0].accepted);
    return report_end(&report);
}
