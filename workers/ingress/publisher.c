#include "publisher.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "codec/message.h"
#include "log/log.h"
#include "runtime/record.h"

/* A record is tried for less time than an HTTP client waits; a millisecond of company halves what
 * the broker has to do. */
enum { LINGER_MS = 1, FLUSH_MS = 5000, CHECK_MS = 1000 };

struct sending {
    void (*done)(void *data, enum bus_delivery delivery);
    void *data;
};

struct publisher {
    struct loop *loop;
    const struct config *config;
    struct bus_producer *producer;
    struct loop_watch *watch;
    struct loop_timer *timer;
};

static void on_delivered(void *context, void *record, enum bus_delivery result, const char *error)
{
    struct sending *sending = record;

    (void)context;
    if (result == BUS_REFUSED)
        log_error(&(struct log_context){.worker = "ingress", .error = error},
                  "Kafka refused a command");
    sending->done(sending->data, result);
    free(sending);
}

static void on_readable(void *data, unsigned events)
{
    (void)events;
    bus_producer_poll(((struct publisher *)data)->producer, 0);
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
                                                 .topics = topics,
                                                 .delivered = on_delivered,
                                                 .context = publisher};

    list_topics(names, topics);
    publisher->producer = bus_producer_new(&options, error);
    if (!publisher->producer)
        return false;
    publisher->watch = loop_watch_new(publisher->loop, bus_producer_fd(publisher->producer),
                                      on_readable, publisher);
    if (!publisher->watch)
        return false;
    loop_watch_set(publisher->watch, LOOP_READABLE);
    return true;
}

static void close_producer(struct publisher *publisher)
{
    loop_watch_free(publisher->watch);
    publisher->watch = NULL;
    bus_producer_free(publisher->producer);
    publisher->producer = NULL;
}

/* After a fatal error nothing more is delivered: another producer takes over. What was under way is
 * reported as unknown, and its clients try again with the same key. */
static void replace_producer(struct publisher *publisher)
{
    char error[256] = "";

    log_error(&(struct log_context){.worker = "ingress",
                                    .error = bus_producer_fatal(publisher->producer)},
              "the Kafka producer failed: starting another one");
    close_producer(publisher);
    if (!open_producer(publisher, error))
        log_error(&(struct log_context){.worker = "ingress", .error = error},
                  "no Kafka producer could be made");
}

static void on_timer(void *data)
{
    struct publisher *publisher = data;
    char error[256];

    if (!publisher->producer || !publisher->watch) {
        close_producer(publisher);
        if (!open_producer(publisher, error))
            return;
    }
    bus_producer_poll(publisher->producer, 0);
    if (bus_producer_fatal(publisher->producer))
        replace_producer(publisher);
}

struct publisher *publisher_new(struct loop *loop, const struct config *config,
                                char error[static 256])
{
    struct publisher *publisher = calloc(1, sizeof *publisher);

    if (!publisher)
        return NULL;
    publisher->loop = loop;
    publisher->config = config;
    publisher->timer = loop_timer_new(loop, on_timer, publisher);
    if (!publisher->timer || !open_producer(publisher, error)) {
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
    if (publisher->producer && !bus_producer_flush(publisher->producer, FLUSH_MS))
        log_warning(&(struct log_context){.worker = "ingress"},
                    "commands were under way when the time to stop was over");
    loop_timer_free(publisher->timer);
    close_producer(publisher);
    free(publisher);
}

bool publisher_is_connected(const struct publisher *publisher)
{
    return publisher->producer && bus_producer_connected(publisher->producer);
}

int publisher_send(struct publisher *publisher, const struct bus_record *record,
                   void (*done)(void *data, enum bus_delivery delivery), void *data)
{
    struct sending *sending = malloc(sizeof *sending);
    int r = -EIO;

    if (!sending)
        return -ENOMEM;
    *sending = (struct sending){.done = done, .data = data};
    if (publisher->producer)
        r = bus_producer_send(publisher->producer, record, sending);
    if (r < 0)
        free(sending);
    return r;
}
