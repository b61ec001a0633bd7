#include "publisher.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "codec/message.h"
#include "log/log.h"
#include "runtime/record.h"

/* A record is tried for less time than an HTTP client waits; a millisecond of company halves what
 * the broker has to do. In a millisecond one or two records of a partition come together: to
 * compress those costs us and the broker more than all the rest of their way to Kafka. */
enum {
    LINGER_MS = 1,
    GATHER_MS = 3, /* and so long before, or until there are so many, commands wait for others */
    COMPANY = 16,
    FLUSH_MS = 1000,
    CHECK_MS = 1000,
    STALLED_MS = 2000,
    SPARE_MAX = 1024,
    PROBES = 16, /* under way while it is not known whether Kafka takes anything */
};

struct sending {
    struct sending *next; /* of those that are spare */
    struct publisher *publisher;
    struct bus_producer *producer;
    int64_t sent_us;
    void (*done)(void *data, enum bus_delivery delivery);
    void *data;
};

/* A producer, and the loop's eye on it. */
struct line {
    struct bus_producer *producer;
    struct loop_watch *watch;
};

struct publisher {
    struct loop *loop;
    const struct config *config;
    struct wall_clock *clock;
    struct line line;
    struct line former; /* failed: kept until it has reported what was under way */
    struct loop_timer *timer;
    struct sending *spare; /* to be used again */
    size_t spare_count, pending;
    int64_t moved_ms; /* when the last was delivered, or the first of those that are pending sent */
    bool doubtful;    /* what came back last did not say that it was taken */

    struct departure *waiting, **last_waiting;
    size_t gathered; /* records of those who wait */
    struct loop_timer *departs;
};

static struct sending *take_sending(struct publisher *publisher)
{
    struct sending *sending = publisher ? publisher->spare : NULL;

    if (!sending)
        return malloc(sizeof *sending);
    publisher->spare = sending->next;
    publisher->spare_count--;
    return sending;
}

static void give_back(struct publisher *publisher, struct sending *sending)
{
    if (!publisher || publisher->spare_count == SPARE_MAX) {
        free(sending);
        return;
    }
    sending->next = publisher->spare;
    publisher->spare = sending;
    publisher->spare_count++;
}

static void free_spare(struct publisher *publisher)
{
    struct sending *sending;

    while ((sending = publisher->spare)) {
        publisher->spare = sending->next;
        free(sending);
    }
}

static struct timestamp appended_at(const struct bus_producer *producer)
{
    return (struct timestamp){bus_producer_append_ms(producer) * 1000};
}

static void on_delivered(void *context, void *record, enum bus_delivery result, const char *error)
{
    struct sending *sending = record;
    struct publisher *publisher = sending->publisher;

    (void)context;
    publisher->pending--;
    publisher->doubtful = result == BUS_UNKNOWN;
    if (result != BUS_UNKNOWN)
        publisher->moved_ms = loop_now_ms(publisher->loop);
    if (result == BUS_DELIVERED)
        wall_clock_heard(publisher->clock, appended_at(sending->producer), sending->sent_us);
    if (result == BUS_REFUSED)
        log_error(&(struct log_context){.worker = "ingress", .error = error},
                  "Kafka refused a command");
    sending->done(sending->data, result);
    give_back(publisher, sending);
}

static void on_readable(void *data, unsigned events)
{
    (void)events;
    bus_producer_poll(data, 0);
}

/* The topics of all commands, each once: messages[] is sorted, so a module's stand together. */
static void list_topics(char names[static BUS_MAX_TOPICS][BUS_TOPIC_BYTES],
                        const char *topics[static BUS_MAX_TOPICS])
{
    size_t count = 0;

    for (size_t i = 0; i < message_count && count < BUS_MAX_TOPICS - 1; i++) {
        if (messages[i]->kind != MESSAGE_COMMAND)
            continue;
        record_topic(messages[i], names[count]);
        if (count == 0 || strcmp(names[count], names[count - 1]) != 0) {
            topics[count] = names[count];
            count++;
        }
    }
    topics[count] = NULL;
}

static bool open_producer(struct publisher *publisher, char error[static 256])
{
    char names[BUS_MAX_TOPICS][BUS_TOPIC_BYTES];
    const char *topics[BUS_MAX_TOPICS];
    const struct bus_producer_options options = {.brokers = publisher->config->kafka_brokers,
                                                 .client_id = "idpmc-ingress",
                                                 .message_timeout_ms =
                                                     (int)publisher->config->kafka_command_ms,
                                                 .linger_ms = LINGER_MS,
                                                 .alone = true,
                                                 .observed = true,
                                                 .topics = topics,
                                                 .delivered = on_delivered,
                                                 .context = publisher};

    list_topics(names, topics);
    publisher->line.producer = bus_producer_new(&options, error);
    if (!publisher->line.producer)
        return false;
    publisher->line.watch =
        loop_watch_new(publisher->loop, bus_producer_fd(publisher->line.producer), on_readable,
                       publisher->line.producer);
    if (!publisher->line.watch)
        return false;
    loop_watch_set(publisher->line.watch, LOOP_READABLE);
    return true;
}

static void close_line(struct line *line)
{
    loop_watch_free(line->watch);
    bus_producer_free(line->producer);
    *line = (struct line){0};
}

/* After a fatal error nothing more is delivered: another producer takes over. What was under way is
 * reported as unknown, and its clients try again with the same key. Nothing waits for the former
 * one's end. */
static void replace_producer(struct publisher *publisher)
{
    char error[256] = "";

    log_error(&(struct log_context){.worker = "ingress",
                                    .error = bus_producer_fatal(publisher->line.producer)},
              "the Kafka producer failed: starting another one");
    bus_producer_retire(publisher->line.producer);
    publisher->former = publisher->line;
    publisher->line = (struct line){0};
    if (!open_producer(publisher, error))
        log_error(&(struct log_context){.worker = "ingress", .error = error},
                  "no Kafka producer could be made");
}

static void look_after_former(struct publisher *publisher)
{
    if (!publisher->former.producer)
        return;
    bus_producer_poll(publisher->former.producer, 0);
    if (bus_producer_pending(publisher->former.producer) == 0)
        close_line(&publisher->former);
}

static void on_timer(void *data)
{
    struct publisher *publisher = data;
    char error[256];

    look_after_former(publisher);
    if (!publisher->line.producer || !publisher->line.watch) {
        close_line(&publisher->line);
        if (!open_producer(publisher, error))
            return;
    }
    bus_producer_poll(publisher->line.producer, 0);
    if (bus_producer_fatal(publisher->line.producer) && !publisher->former.producer)
        replace_producer(publisher);
}

static void depart(void *data)
{
    struct publisher *publisher = data;
    struct departure *departure = publisher->waiting, *next;

    loop_timer_stop(publisher->departs);
    publisher->waiting = NULL;
    publisher->last_waiting = &publisher->waiting;
    publisher->gathered = 0;
    for (; departure; departure = next) {
        next = departure->next;
        departure->go(departure->data);
    }
}

void publisher_gather(struct publisher *publisher, struct departure *departure, size_t records)
{
    if (!publisher || (publisher->pending == 0 && !publisher->waiting)) {
        departure->go(departure->data);
        return;
    }
    departure->next = NULL;
    *publisher->last_waiting = departure;
    publisher->last_waiting = &departure->next;
    publisher->gathered += records;
    if (publisher->gathered >= COMPANY)
        depart(publisher);
    else if (!loop_timer_is_running(publisher->departs))
        loop_timer_start(publisher->departs, GATHER_MS, 0);
}

struct publisher *publisher_new(struct loop *loop, const struct config *config,
                                struct wall_clock *clock, char error[static 256])
{
    struct publisher *publisher = calloc(1, sizeof *publisher);

    if (!publisher)
        return NULL;
    publisher->loop = loop;
    publisher->config = config;
    publisher->clock = clock;
    publisher->last_waiting = &publisher->waiting;
    publisher->timer = loop_timer_new(loop, on_timer, publisher);
    publisher->departs = loop_timer_new(loop, depart, publisher);
    if (!publisher->timer || !publisher->departs || !open_producer(publisher, error)) {
        publisher_free(publisher);
        return NULL;
    }
    loop_timer_start(publisher->timer, CHECK_MS, CHECK_MS);
    return publisher;
}

void publisher_free(struct publisher *publisher)
{
    if (!publisher)
        return;
    if (publisher->waiting)
        depart(publisher);
    if (publisher->line.producer && !bus_producer_flush(publisher->line.producer, FLUSH_MS))
        log_warning(&(struct log_context){.worker = "ingress"},
                    "commands were under way when the time to stop was over");
    loop_timer_free(publisher->timer);
    loop_timer_free(publisher->departs);
    close_line(&publisher->former);
    close_line(&publisher->line);
    free_spare(publisher);
    free(publisher);
}

bool publisher_is_connected(const struct publisher *publisher)
{
    return publisher->line.producer && bus_producer_connected(publisher->line.producer);
}

bool publisher_takes(const struct publisher *publisher)
{
    if (!publisher || publisher->pending < PROBES)
        return true;
    return !publisher->doubtful && loop_now_ms(publisher->loop) - publisher->moved_ms < STALLED_MS;
}

int publisher_send(struct publisher *publisher, const struct bus_record *record,
                   void (*done)(void *data, enum bus_delivery delivery), void *data)
{
    struct sending *sending = take_sending(publisher);
    int r = -EIO;

    if (!sending)
        return -ENOMEM;
    *sending = (struct sending){
        .publisher = publisher, .sent_us = monotonic_us(), .done = done, .data = data};
    if (publisher)
        sending->producer = publisher->line.producer;
    if (sending->producer)
        r = bus_producer_send(sending->producer, record, sending);
    if (r < 0) {
        give_back(publisher, sending);
        return r;
    }
    if (publisher->pending++ == 0)
        publisher->moved_ms = loop_now_ms(publisher->loop);
    return 0;
}
