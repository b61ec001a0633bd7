#include "bus/bus_producer.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/date.h"
#include "bus/bus_conf.h"
#include "bus/bus_firsts.h"

/* A broker that is well answers what the client asks about the topics every so often. */
enum { DESTROY_MS = 2000, HEARD_US = 6000000 };

struct bus_producer {
    rd_kafka_t *client;
    rd_kafka_topic_t *topics[BUS_MAX_TOPICS]; /* known ahead */
    size_t topic_count;
    struct bus_firsts *firsts; /* in_order: what waits for a partition's first record */
    rd_kafka_queue_t *queue;   /* delivery reports and errors, served by bus_producer_poll */
    struct bus_producer_options options;
    size_t pending;
    int64_t append_ms;
    int wakes;      /* counts how often the queue stopped being empty; -1 until asked for */
    bool connected; /* to some broker, by the client's statistics of this second */
    bool retired;
    char fatal[256];
};

static void look_up_topics(struct bus_producer *producer)
{
    for (const char *const *topic = producer->options.topics;
         topic && *topic && producer->topic_count < BUS_MAX_TOPICS; topic++) {
        producer->topics[producer->topic_count] =
            rd_kafka_topic_new(producer->client, *topic, NULL);
        if (producer->topics[producer->topic_count])
            producer->topic_count++;
    }
}

/* As the property "murmur2_random" does it, and the topic's number of partitions becomes known. */
static int32_t choose_partition(const rd_kafka_topic_t *topic, const void *key, size_t size,
                                int32_t count, void *firsts, void *opaque)
{
    bus_firsts_partitions(firsts, rd_kafka_topic_name(topic), count);
    return rd_kafka_msg_partitioner_murmur2_random(topic, key, size, count, firsts, opaque);
}

static bool keep_order(struct bus_producer *producer, rd_kafka_conf_t *conf)
{
    rd_kafka_topic_conf_t *topics = rd_kafka_conf_get_default_topic_conf(conf);

    producer->firsts = bus_firsts_new();
    if (!producer->firsts || !topics)
        return false;
    rd_kafka_topic_conf_set_partitioner_cb(topics, choose_partition);
    rd_kafka_topic_conf_set_opaque(topics, producer->firsts);
    return true;
}

struct bus_producer *bus_producer_new(const struct bus_producer_options *options,
                                      char error[static 256])
{
    char timeout[16], linger[16];
    const struct bus_setting settings[] = {
        {"enable.idempotence", "true"},
        {"enable.gapless.guarantee", options->in_order ? "true" : "false"},
        {"acks", "all"},
        {"partitioner", "murmur2_random"},
        {"message.timeout.ms", timeout},
        {"linger.ms", linger},
        {"message.max.bytes", "1048576"},
        {"queue.buffering.max.messages", "500000"},
        {"queue.buffering.max.kbytes", "262144"},
        {"batch.num.messages", "10000"},
        {"compression.type", options->alone ? "none" : "lz4"},
        {"statistics.interval.ms", options->observed ? "1000" : "0"},
        {"topic.metadata.refresh.interval.ms", "2000"},
    };
    struct bus_producer *producer = calloc(1, sizeof *producer);
    rd_kafka_conf_t *conf;

    snprintf(error, 256, "no memory");
    if (!producer)
        return NULL;
    snprintf(timeout, sizeof timeout, "%d", options->message_timeout_ms);
    snprintf(linger, sizeof linger, "%d", options->linger_ms);
    producer->options = *options;
    producer->wakes = -1;
    conf = bus_conf_new(options->brokers, options->client_id, settings, COUNT_OF(settings), error);
    if (!conf)
        goto fail;
    if (options->in_order && !keep_order(producer, conf)) {
        rd_kafka_conf_destroy(conf);
        goto fail;
    }
    rd_kafka_conf_set_events(conf, RD_KAFKA_EVENT_DR | RD_KAFKA_EVENT_ERROR | RD_KAFKA_EVENT_STATS);
    producer->client = rd_kafka_new(RD_KAFKA_PRODUCER, conf, error, 256);
    if (!producer->client) {
        rd_kafka_conf_destroy(conf);
        goto fail;
    }
    producer->queue = rd_kafka_queue_get_main(producer->client);
    look_up_topics(producer);
    return producer;
fail:
    bus_firsts_free(producer->firsts);
    free(producer);
    return NULL;
}

static void drop_wakes(struct bus_producer *producer)
{
    if (producer->wakes < 0)
        return;
    rd_kafka_queue_io_event_enable(producer->queue, -1, NULL, 0);
    close(producer->wakes);
}

void bus_producer_retire(struct bus_producer *producer)
{
    producer->retired = true;
    rd_kafka_purge(producer->client, RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT |
                                         RD_KAFKA_PURGE_F_NON_BLOCKING);
}

void bus_producer_free(struct bus_producer *producer)
{
    bool retired;

    if (!producer)
        return;
    retired = producer->retired;
    if (!retired) /* without waiting for the client's threads, which may resolve a name */
        bus_producer_retire(producer);
    bus_producer_flush(producer, DESTROY_MS);
    drop_wakes(producer);
    for (size_t i = 0; i < producer->topic_count; i++)
        rd_kafka_topic_destroy(producer->topics[i]);
    rd_kafka_queue_destroy(producer->queue);
    if (producer->pending == 0)
        bus_firsts_free(producer->firsts); /* else the client's threads may still ask it */
    if (retired && producer->pending == 0)
        bus_destroy_later(producer->client);
    else
        bus_destroy(producer->client, DESTROY_MS);
    free(producer);
}

static int send_error(struct bus_producer *producer, rd_kafka_resp_err_t err)
{
    switch (err) {
    case RD_KAFKA_RESP_ERR_NO_ERROR:
        return 0;
    case RD_KAFKA_RESP_ERR__QUEUE_FULL:
        return -EAGAIN;
    case RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE:
        return -EMSGSIZE;
    case RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC:
    case RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION:
        return -ENOENT;
    default:
        snprintf(producer->fatal, sizeof producer->fatal, "%s", rd_kafka_err2str(err));
        return -EIO;
    }
}

/* By its handle where that is known ahead: to look a name up locks out the client's threads. */
static rd_kafka_vu_t topic_of(const struct bus_producer *producer, const char *name)
{
    for (size_t i = 0; i < producer->topic_count; i++)
        if (strcmp(name, rd_kafka_topic_name(producer->topics[i])) == 0)
            return (rd_kafka_vu_t){.vtype = RD_KAFKA_VTYPE_RKT, .u.rkt = producer->topics[i]};
    return (rd_kafka_vu_t){.vtype = RD_KAFKA_VTYPE_TOPIC, .u.cstr = name};
}

/* The headers are the client's only where this succeeds. */
static rd_kafka_resp_err_t produce(struct bus_producer *producer, const char *topic,
                                   const struct bus_record *record, rd_kafka_headers_t *headers,
                                   void *opaque)
{
    const rd_kafka_vu_t parts[] = {
        topic_of(producer, topic),
        {.vtype = RD_KAFKA_VTYPE_KEY,
         .u.mem = {(void *)(uintptr_t)record->key.data, record->key.size}},
        {.vtype = RD_KAFKA_VTYPE_VALUE,
         .u.mem = {(void *)(uintptr_t)record->value.data, record->value.size}},
        {.vtype = RD_KAFKA_VTYPE_HEADERS, .u.headers = headers},
        {.vtype = RD_KAFKA_VTYPE_MSGFLAGS, .u.i = RD_KAFKA_MSG_F_COPY},
        {.vtype = RD_KAFKA_VTYPE_OPAQUE, .u.ptr = opaque},
    };
    rd_kafka_error_t *error = rd_kafka_produceva(producer->client, parts, COUNT_OF(parts));
    rd_kafka_resp_err_t err = error ? rd_kafka_error_code(error) : RD_KAFKA_RESP_ERR_NO_ERROR;

    if (error)
        rd_kafka_error_destroy(error);
    return err;
}

static int send_now(struct bus_producer *producer, const char *topic,
                    const struct bus_record *record, void *opaque, bool first)
{
    rd_kafka_headers_t *headers = rd_kafka_headers_new(record->header_count);
    rd_kafka_resp_err_t err = RD_KAFKA_RESP_ERR_NO_ERROR;

    for (size_t i = 0; i < record->header_count && !err; i++)
        err = rd_kafka_header_add(
            headers, record->headers[i].name.data, (ssize_t)record->headers[i].name.size,
            record->headers[i].value.data, (ssize_t)record->headers[i].value.size);
    if (!err)
        err = produce(producer, topic, record, headers, opaque);
    if (err)
        rd_kafka_headers_destroy(headers);
    else if (first)
        bus_firsts_sent(producer->firsts, topic, record);
    return send_error(producer, err);
}

static void name_of(struct span topic, char name[static BUS_TOPIC_BYTES])
{
    memcpy(name, topic.data, topic.size);
    name[topic.size] = '\0';
}

int bus_producer_send(struct bus_producer *producer, const struct bus_record *record, void *opaque)
{
    char topic[BUS_TOPIC_BYTES];
    enum bus_turn turn;
    int r;

    if (producer->retired)
        return -EIO;
    if (record->topic.size >= sizeof topic)
        return -ENOENT;
    name_of(record->topic, topic);
    turn = producer->firsts ? bus_firsts_turn(producer->firsts, topic, record) : BUS_KNOWN;
    r = turn == BUS_HOLD ? bus_firsts_hold(producer->firsts, topic, record, opaque)
                         : send_now(producer, topic, record, opaque, turn == BUS_FIRST);
    if (r == 0)
        producer->pending++;
    return r;
}

static void report_held(struct bus_producer *producer, struct bus_held *held,
                        enum bus_delivery delivery)
{
    producer->pending--;
    producer->append_ms = -1;
    producer->options.delivered(producer->options.context, held->opaque, delivery,
                                "it was held and not sent");
    bus_held_free(held);
}

/* Sends what was held and need not be any longer. */
static void send_held(struct bus_producer *producer)
{
    char topic[BUS_TOPIC_BYTES];
    struct bus_held *held;

    while ((held = bus_firsts_take(producer->firsts, producer->retired))) {
        int r;

        name_of(held->record.topic, topic);
        r = producer->retired ? -EIO : send_now(producer, topic, &held->record, held->opaque, true);
        if (r == -EAGAIN) {
            bus_firsts_give_back(producer->firsts, held);
            return;
        }
        if (r == 0)
            bus_held_free(held);
        else
            report_held(producer, held, r == -EIO ? BUS_UNKNOWN : BUS_REFUSED);
    }
}

/* Delivered is what the broker gave an offset. Without one the client merely infers it: a later
 * request of the partition succeeded, so this one must have, too. But a broker that has nothing of
 * the producer in the partition yet, and has just refused its first request (it was started a
 * moment ago, and led nothing), takes the second one all the same. What the broker said no to, and
 * will say so again, is refused; everything else may or may not have been written. */
static enum bus_delivery delivery_of(const rd_kafka_message_t *message)
{
    if (!message->err)
        return message->offset >= 0 ? BUS_DELIVERED : BUS_UNKNOWN;
    switch (message->err) {
    case RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE:
    case RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC:
    case RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION:
    case RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART:
    case RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED:
    case RD_KAFKA_RESP_ERR_RECORD_LIST_TOO_LARGE:
    case RD_KAFKA_RESP_ERR_INVALID_RECORD:
        return BUS_REFUSED;
    default:
        return BUS_UNKNOWN;
    }
}

static void report(struct bus_producer *producer, rd_kafka_event_t *event)
{
    const rd_kafka_message_t *message;

    while ((message = rd_kafka_event_message_next(event))) {
        const enum bus_delivery delivery = delivery_of(message);
        const char *error = message->err ? rd_kafka_err2str(message->err)
                                         : "the client infers that it was delivered";

        if (producer->firsts)
            bus_firsts_told(producer->firsts, rd_kafka_topic_name(message->rkt), message->partition,
                            delivery == BUS_DELIVERED);
        producer->pending--;
        producer->append_ms =
            delivery == BUS_DELIVERED ? rd_kafka_message_timestamp(message, NULL) : -1;
        producer->options.delivered(producer->options.context, message->_private, delivery,
                                    delivery == BUS_DELIVERED ? NULL : error);
    }
}

static void note_error(struct bus_producer *producer, rd_kafka_event_t *event)
{
    if (rd_kafka_event_error_is_fatal(event))
        rd_kafka_fatal_error(producer->client, producer->fatal, sizeof producer->fatal);
    else if (rd_kafka_event_error(event) == RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN)
        producer->connected = false;
}

/* Is there a broker whose connection is up, and that said something lately? A frozen one keeps its
 * connections. */
static bool hears_a_broker(const char *statistics)
{
    static const char up[] = "\"state\":\"UP\"", idle[] = "\"rxidle\":";

    while ((statistics = strstr(statistics, up))) {
        const char *since = strstr(statistics, idle);
        long long us = since ? strtoll(since + sizeof idle - 1, NULL, 10) : -1;

        if (us >= 0 && us < HEARD_US)
            return true;
        statistics += sizeof up - 1;
    }
    return false;
}

void bus_producer_poll(struct bus_producer *producer, int timeout_ms)
{
    rd_kafka_event_t *event;
    eventfd_t wakes;

    if (producer->wakes >= 0)
        eventfd_read(producer->wakes, &wakes); /* none is as good */
    while ((event = rd_kafka_queue_poll(producer->queue, timeout_ms))) {
        if (rd_kafka_event_type(event) == RD_KAFKA_EVENT_DR)
            report(producer, event);
        else if (rd_kafka_event_type(event) == RD_KAFKA_EVENT_ERROR)
            note_error(producer, event);
        else if (rd_kafka_event_type(event) == RD_KAFKA_EVENT_STATS)
            producer->connected = hears_a_broker(rd_kafka_event_stats(event));
        rd_kafka_event_destroy(event);
        timeout_ms = 0;
    }
    if (producer->firsts)
        send_held(producer);
}

int bus_producer_fd(struct bus_producer *producer)
{
    static const eventfd_t one = 1;

    if (producer->wakes < 0) {
        producer->wakes = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
        if (producer->wakes < 0)
            return -1;
        rd_kafka_queue_io_event_enable(producer->queue, producer->wakes, &one, sizeof one);
    }
    return producer->wakes;
}

bool bus_producer_flush(struct bus_producer *producer, int timeout_ms)
{
    int64_t deadline = monotonic_ms() + timeout_ms;

    while (producer->pending > 0) {
        int64_t left = deadline - monotonic_ms();

        if (left <= 0)
            return false;
        bus_producer_poll(producer, left > 100 ? 100 : (int)left);
    }
    return true;
}

size_t bus_producer_pending(const struct bus_producer *producer)
{
    return producer->pending;
}

int64_t bus_producer_append_ms(const struct bus_producer *producer)
{
    return producer->append_ms;
}

const char *bus_producer_fatal(const struct bus_producer *producer)
{
    return producer->fatal[0] ? producer->fatal : NULL;
}

bool bus_producer_connected(const struct bus_producer *producer)
{
    return producer->connected && !producer->fatal[0];
}

int bus_producer_partitions(struct bus_producer *producer, const char *topic, int timeout_ms)
{
    return bus_partitions(producer->client, topic, timeout_ms);
}
