/* How long it takes from a 202 until the event that follows from the command can be read from
 * Kafka, at a pace of 1,000 a second. Requests are due at their moments, and what is late because
 * the one before was late is counted as late. The event is seen by a reader of the topic. */
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

#include "bus/bus_reader.h"
#include "edge.h"

enum {
    PER_S = 1000,
    CONNECTIONS = 256,
    SENDERS = 2000,
    WARM_S = 20, /* the broker's code is compiled while it runs */
    PLACES_MS = 20000,
    SEEN_MS = 60000,
    POLL_MS = 20,
    LOOK_MS = 200,
    QUEUED_KBYTES = 16384,
};

/* A command, accepted or seen as an event's cause. */
struct mark {
    struct uuid id;
    int64_t due_us, at_us;
};

struct marks {
    struct mark *items;
    size_t capacity;
    atomic_size_t count;
};

struct watch {
    struct bus_reader *reader;
    pthread_t thread;
    atomic_bool stopping;
    struct marks seen;
};

static void marks_init(struct marks *marks, size_t capacity)
{
    marks->items = calloc(capacity, sizeof *marks->items);
    marks->capacity = capacity;
    atomic_init(&marks->count, 0);
    if (!marks->items)
        give_up("no memory");
}

static void marks_add(struct marks *marks, struct uuid id, int64_t due_us, int64_t at_us)
{
    const size_t count = atomic_load(&marks->count);

    if (count == marks->capacity)
        give_up("there are more than %zu commands", marks->capacity);
    marks->items[count] = (struct mark){.id = id, .due_us = due_us, .at_us = at_us};
    atomic_store(&marks->count, count + 1);
}

static void on_answer(void *data, const struct load_answer *answer)
{
    const char *id = strstr(answer->text, "\"id\":\"");
    struct uuid uuid;

    if (!id || uuid_parse(span_of(id + 6, strnlen(id + 6, UUID_TEXT)), &uuid) < 0)
        give_up("a 202 has no id: %.200s", answer->text);
    marks_add(data, uuid, answer->due_us, answer->came_us);
}

static void note_event(struct marks *seen, const struct bus_message *message)
{
    struct bus_header headers[BUS_MAX_HEADERS];
    const int64_t now_us = monotonic_us();
    int count = bus_message_headers(message, headers, BUS_MAX_HEADERS);
    struct uuid id;

    for (int i = 0; i < count; i++)
        if (span_is(headers[i].name, "ce_causationid") && uuid_parse(headers[i].value, &id) == 0)
            marks_add(seen, id, 0, now_us);
}

static void *read_events(void *data)
{
    struct watch *watch = data;
    struct pollfd fd = {.fd = bus_reader_fd(watch->reader), .events = POLLIN};
    struct bus_message message;
    size_t place;
    int r = 0;

    while (!atomic_load(&watch->stopping) && r >= 0) {
        poll(&fd, 1, POLL_MS);
        while ((r = bus_reader_poll(watch->reader, &message, &place)) > 0) {
            note_event(&watch->seen, &message);
            bus_message_release(&message);
        }
    }
    if (r < 0)
        give_up("the events could not be read: %s", strerror(-r));
    return NULL;
}

static void start_watch(const struct bench *bench, struct watch *watch, size_t capacity)
{
    static const char *const topics[] = {"idpmc.mc.events"};
    const struct bus_reader_options options = {.brokers = bench->config->kafka_brokers,
                                               .client_id = "bench",
                                               .group = "bench",
                                               .topics = topics,
                                               .topic_count = COUNT_OF(topics),
                                               .since_ms = timestamp_now().us / 1000,
                                               .records_max = 1000000,
                                               .queued_kbytes = QUEUED_KBYTES};
    int64_t end_ms = monotonic_ms() + PLACES_MS;
    char error[256];
    size_t count;

    atomic_init(&watch->stopping, false);
    marks_init(&watch->seen, capacity);
    watch->reader = bus_reader_new(&options, error);
    if (!watch->reader)
        give_up("%s", error);
    while (!bus_reader_places(watch->reader, &count)) {
        if (monotonic_ms() > end_ms)
            give_up("Kafka does not say where its topics stand");
        poll(NULL, 0, POLL_MS);
    }
    if (pthread_create(&watch->thread, NULL, read_events, watch) != 0)
        give_up("no thread could be made");
}

static int by_id(const void *a, const void *b)
{
    const struct mark *x = a, *y = b;
    const int order = uuid_cmp(x->id, y->id);

    return order != 0 ? order : (x->at_us > y->at_us) - (x->at_us < y->at_us);
}

/* What was marked so far, by ids. */
static struct marks sorted(const struct marks *marks)
{
    const size_t count = atomic_load(&marks->count);
    struct marks copy;

    marks_init(&copy, count + 1);
    memcpy(copy.items, marks->items, count * sizeof *copy.items);
    atomic_store(&copy.count, count);
    qsort(copy.items, count, sizeof *copy.items, by_id);
    return copy;
}

/* Tells the first event of each command that has one; returns how many have none. */
static size_t match(const struct marks *accepted, const struct marks *seen,
                    void (*matched)(void *data, const struct mark *accepted, int64_t seen_us),
                    void *data)
{
    struct marks commands = sorted(accepted), events = sorted(seen);
    size_t event = 0, missing = 0;

    for (size_t i = 0; i < commands.count; i++) {
        const struct mark *mark = &commands.items[i];

        while (event < events.count && uuid_cmp(events.items[event].id, mark->id) < 0)
            event++;
        if (event < events.count && uuid_equal(events.items[event].id, mark->id))
            matched(data, mark, events.items[event].at_us);
        else
            missing++;
    }
    free(commands.items);
    free(events.items);
    return missing;
}

static void ignore(void *data, const struct mark *accepted, int64_t seen_us)
{
    (void)data;
    (void)accepted;
    (void)seen_us;
}

/* Waits for the last ones. */
static void stop_watch(struct watch *watch, const struct marks *accepted)
{
    int64_t end_ms = monotonic_ms() + SEEN_MS;

    while (match(accepted, &watch->seen, ignore, NULL) > 0 && monotonic_ms() < end_ms)
        poll(NULL, 0, LOOK_MS);
    atomic_store(&watch->stopping, true);
    pthread_join(watch->thread, NULL);
    bus_reader_close(watch->reader, SEEN_MS);
}

static int by_value(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

static void tell_shares(struct report *report, const char *what, double *ms, size_t count)
{
    static const struct {
        const char *name;
        double share;
    } shares[] = {{"p50", 0.5}, {"p99", 0.99}, {"p99.9", 0.999}};
    char name[FIGURE_NAME];

    qsort(ms, count, sizeof *ms, by_value);
    for (size_t i = 0; i < COUNT_OF(shares); i++) {
        snprintf(name, sizeof name, "%s %s", what, shares[i].name);
        report_figure(report, name, ms[(size_t)(shares[i].share * (double)(count - 1))], "ms");
    }
}

/* Milliseconds, one each for every command. */
struct times {
    double *answer, *after, *all;
    size_t count;
};

/* An event may well come before its 202 does: then it took nothing. */
static void add_times(void *data, const struct mark *accepted, int64_t seen_us)
{
    struct times *times = data;
    const int64_t after_us = seen_us - accepted->at_us;

    times->answer[times->count] = (double)(accepted->at_us - accepted->due_us) / 1e3;
    times->after[times->count] = after_us > 0 ? (double)after_us / 1e3 : 0;
    times->all[times->count] = (double)(seen_us - accepted->due_us) / 1e3;
    times->count++;
}

static void tell(struct report *report, const struct marks *accepted, const struct marks *seen)
{
    const size_t count = atomic_load(&accepted->count) + 1;
    struct times times = {.answer = calloc(count, sizeof(double)),
                          .after = calloc(count, sizeof(double)),
                          .all = calloc(count, sizeof(double))};
    size_t missing;

    if (!times.answer || !times.after || !times.all)
        give_up("no memory");
    missing = match(accepted, seen, add_times, &times);
    if (times.count > 0) {
        tell_shares(report, "due to 202,", times.answer, times.count);
        tell_shares(report, "202 to event,", times.after, times.count);
        tell_shares(report, "due to event,", times.all, times.count);
    }
    report_bound(report, missing == 0, "every 202 has its event");
    free(times.answer);
    free(times.after);
    free(times.all);
}

static void tell_goals(struct report *report)
{
    report_goal_most(report, report_median(report, "", "202 to event, p50"), 15,
                     "202 to event, p50 in ms");
    report_goal_most(report, report_median(report, "", "202 to event, p99"), 60,
                     "202 to event, p99 in ms");
}

static struct load_result measure(const struct bench *bench, struct report *report, pid_t fleet,
                                  struct load *load, double seconds)
{
    const size_t capacity = (size_t)(seconds * PER_S) + PER_S;
    struct load_result result;
    struct marks accepted;
    struct watch watch;
    struct costs before;

    marks_init(&accepted, capacity);
    start_watch(bench, &watch, 4 * capacity);
    load_tell(load, on_answer, &accepted);
    before = costs_now(bench, fleet);
    result = load_run_at(load, PER_S, seconds);
    before = costs_since(bench, fleet, &before);
    stop_watch(&watch, &accepted);
    tell(report, &accepted, &watch.seen);
    costs_tell(report, "the fleet", &before, (double)(result.accepted + result.others));
    edge_tell_others(report, &result, "every answer is a 202");
    report_bound(report, result.unsent == 0, "every request was sent");
    free(accepted.items);
    free(watch.seen.items);
    return result;
}

int bench_latency(struct bench *bench, int seconds)
{
    size_t count, accepted;
    struct buf *requests = edge_checks(bench, SENDERS, &count);
    pid_t fleet = bench_start("fleet");
    struct report report;
    struct load *load;

    bench_wait_ready(bench, fleet);
    load = load_open(bench->config->http_listen, CONNECTIONS, requests, count);
    load_in_order(load);
    accepted = load_run_at(load, PER_S, WARM_S).accepted;
    bench_wait_position(bench, fleet, (int64_t)accepted);
    report_begin(&report, "latency", bench);
    for (int round = 0; round < bench->repeat; round++)
        accepted += measure(bench, &report, fleet, load, (double)seconds / bench->repeat).accepted;
    tell_goals(&report);
    bench_wait_position(bench, fleet, (int64_t)accepted);
    edge_check_applied(bench, &report, accepted);
    load_close(load);
    bench_stop(fleet);
    return report_end(&report);
}
