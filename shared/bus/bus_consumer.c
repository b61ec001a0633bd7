/* rd_kafka_consumer_poll message by message: the batch calls skip offsets around pauses and
 * rebalances before 2.1 (#4208). */
#include "bus/bus_consumer.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/date.h"
#include "bus/bus_conf.h"

enum { LOOK_MS = 20, REJOIN_MS = 2000 };

struct bus_consumer {
    rd_kafka_t *client;
    struct bus_consumer_options options;
    rd_kafka_topic_partition_list_t *topics;
    bool assigned; /* the group's last word was an assignment */
    bool answered; /* it was answered; until then the client takes part in no rebalance */
    bool leaving;  /* what the group gives is given back at once */
    bool failed;   /* there was no memory for what the group gave */

    bool quiet;                            /* the caller must not be told now */
    rd_kafka_resp_err_t kept;              /* what the group said meanwhile */
    rd_kafka_topic_partition_list_t *list; /* and of which partitions; NULL: it said nothing */
};

static rd_kafka_topic_partition_list_t *to_list(const struct bus_partition *partitions,
                                                size_t count)
{
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new((int)count);

    for (size_t i = 0; i < count; i++)
        rd_kafka_topic_partition_list_add(list, partitions[i].topic, partitions[i].partition)
            ->offset = partitions[i].offset;
    return list;
}

static struct bus_partition *from_list(const rd_kafka_topic_partition_list_t *list)
{
    struct bus_partition *partitions = calloc((size_t)list->cnt + 1, sizeof *partitions);

    for (int i = 0; partitions && i < list->cnt; i++) {
        snprintf(partitions[i].topic, sizeof partitions[i].topic, "%s", list->elems[i].topic);
        partitions[i].partition = list->elems[i].partition;
        partitions[i].offset = -1;
    }
    return partitions;
}

int bus_consumer_start(struct bus_consumer *consumer, const struct bus_partition *partitions,
                       size_t count)
{
    rd_kafka_topic_partition_list_t *list = to_list(partitions, count);
    rd_kafka_resp_err_t err = rd_kafka_assign(consumer->client, list);

    rd_kafka_topic_partition_list_destroy(list);
    consumer->answered |= !err;
    return err ? -EIO : 0;
}

/* The assignment is answered later, by bus_consumer_start: first the partitions are claimed, which
 * may take a database's time. */
static void tell(struct bus_consumer *consumer, rd_kafka_resp_err_t err,
                 rd_kafka_topic_partition_list_t *list)
{
    rd_kafka_t *client = consumer->client;
    struct bus_partition *partitions = from_list(list);

    if (err == RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS) {
        consumer->assigned = true;
        consumer->answered = false;
        consumer->failed |= !partitions;
        if (!consumer->leaving && partitions)
            consumer->options.assigned(consumer->options.context, partitions, (size_t)list->cnt);
    } else {
        consumer->assigned = consumer->answered = false;
        rd_kafka_resume_partitions(client, list); /* a pause would outlive the assignment */
        consumer->options.revoked(consumer->options.context, partitions,
                                  partitions ? (size_t)list->cnt : 0,
                                  rd_kafka_assignment_lost(client));
        rd_kafka_assign(client, NULL);
    }
    free(partitions);
}

/* The client goes on with the rebalance when it is answered, which need not be here. */
static void on_rebalance(rd_kafka_t *client, rd_kafka_resp_err_t err,
                         rd_kafka_topic_partition_list_t *list, void *opaque)
{
    struct bus_consumer *consumer = opaque;

    (void)client;
    if (!consumer->quiet) {
        tell(consumer, err, list);
        return;
    }
    consumer->kept = err;
    consumer->list = rd_kafka_topic_partition_list_copy(list);
}

static void tell_kept(struct bus_consumer *consumer)
{
    rd_kafka_topic_partition_list_t *list = consumer->list;

    if (!list)
        return;
    consumer->list = NULL;
    tell(consumer, consumer->kept, list);
    rd_kafka_topic_partition_list_destroy(list);
}

static int subscribe(struct bus_consumer *consumer)
{
    return rd_kafka_subscribe(consumer->client, consumer->topics) ? -EIO : 0;
}

/* Before 2.10 the client may leave its question for the coordinator on a connection that has just
 * lost its address, when the broker comes back as the session ends (#4557). It asks again when the
 * request times out, so that is to be sooner than by default; the answer to SyncGroup may take a
 * session and 3 s. */
static int request_timeout_ms(int session_ms)
{
    const int wanted_ms = session_ms + 5000, default_ms = 60000;

    return wanted_ms < default_ms ? wanted_ms : default_ms;
}

struct bus_consumer *bus_consumer_new(const struct bus_consumer_options *options,
                                      char error[static 256])
{
    char session[16], request[16], queued[24];
    const struct bus_setting settings[] = {
        {"group.id", options->group},          {"partition.assignment.strategy", "range"},
        {"enable.auto.commit", "false"},       {"enable.auto.offset.store", "false"},
        {"auto.offset.reset", "error"},        {"enable.partition.eof", "true"},
        {"isolation.level", "read_committed"}, {"check.crcs", "true"},
        {"session.timeout.ms", session},       {"max.poll.interval.ms", "300000"},
        {"socket.timeout.ms", request},        {"queued.max.messages.kbytes", queued},
        {"fetch.wait.max.ms", "250"},          {"fetch.error.backoff.ms", "100"},
    };
    struct bus_consumer *consumer = calloc(1, sizeof *consumer);
    rd_kafka_conf_t *conf;

    snprintf(error, 256, "no memory");
    if (!consumer)
        return NULL;
    snprintf(session, sizeof session, "%d", options->session_timeout_ms);
    snprintf(request, sizeof request, "%d", request_timeout_ms(options->session_timeout_ms));
    snprintf(queued, sizeof queued, "%zu", options->queued_kbytes);
    consumer->options = *options;
    conf = bus_conf_new(options->brokers, options->client_id, settings, COUNT_OF(settings), error);
    if (!conf)
        goto fail;
    rd_kafka_conf_set_opaque(conf, consumer);
    rd_kafka_conf_set_rebalance_cb(conf, on_rebalance);
    consumer->client = rd_kafka_new(RD_KAFKA_CONSUMER, conf, error, 256);
    if (!consumer->client) {
        rd_kafka_conf_destroy(conf);
        goto fail;
    }
    rd_kafka_poll_set_consumer(consumer->client);
    consumer->topics = rd_kafka_topic_partition_list_new((int)options->topic_count);
    for (size_t i = 0; i < options->topic_count; i++)
        rd_kafka_topic_partition_list_add(consumer->topics, options->topics[i],
                                          RD_KAFKA_PARTITION_UA);
    if (subscribe(consumer) == 0)
        return consumer;
    snprintf(error, 256, "the client refuses to subscribe");
    bus_consumer_close(consumer, 1000);
    return NULL;
fail:
    free(consumer);
    return NULL;
}

/* Gives back what the group gave, and leaves it; the messages that come meanwhile were never looked
 * at. An assignment that nobody answered must be answered first, and with an empty list, for no
 * list at all is no answer: the client would wait for one for ever, and the group for the client.
 * And an unsubscription that the client postpones, because the group is giving out partitions, is
 * forgotten once they are there: it is said again. */
static void leave(struct bus_consumer *consumer, int timeout_ms)
{
    int64_t deadline = monotonic_ms() + timeout_ms;

    consumer->leaving = true;
    tell_kept(consumer);
    do {
        rd_kafka_message_t *message;

        if (consumer->assigned && !consumer->answered && bus_consumer_start(consumer, NULL, 0) < 0)
            break;
        rd_kafka_unsubscribe(consumer->client);
        message = rd_kafka_consumer_poll(consumer->client, LOOK_MS);
        if (message)
            rd_kafka_message_destroy(message);
    } while (consumer->assigned && monotonic_ms() < deadline);
    consumer->leaving = false;
}

/* As the client's own close, but it ends: until the group has heard that we left, or the time is
 * up. A member that left without a word keeps its partitions for as long as its session. */
static void finish(rd_kafka_t *client, int timeout_ms)
{
    int64_t deadline = monotonic_ms() + timeout_ms;
    rd_kafka_queue_t *queue = rd_kafka_queue_new(client);
    rd_kafka_error_t *error = rd_kafka_consumer_close_queue(client, queue);

    while (!error && !rd_kafka_consumer_closed(client) && monotonic_ms() < deadline) {
        rd_kafka_event_t *event = rd_kafka_queue_poll(queue, LOOK_MS);

        if (event && rd_kafka_event_type(event) == RD_KAFKA_EVENT_REBALANCE)
            rd_kafka_assign(client, NULL);
        rd_kafka_event_destroy(event);
    }
    rd_kafka_error_destroy(error);
    rd_kafka_queue_destroy(queue);
}

void bus_consumer_close(struct bus_consumer *consumer, int timeout_ms)
{
    if (!consumer)
        return;
    leave(consumer, timeout_ms / 3);
    finish(consumer->client, timeout_ms / 3);
    rd_kafka_topic_partition_list_destroy(consumer->topics);
    bus_destroy(consumer->client, timeout_ms / 3);
    free(consumer);
}

int bus_consumer_poll_quietly(struct bus_consumer *consumer, struct bus_message *ret_message)
{
    int r;

    if (consumer->list)
        return 0;
    consumer->quiet = true;
    r = bus_message_take(rd_kafka_consumer_poll(consumer->client, 0), ret_message);
    consumer->quiet = false;
    return r;
}

int bus_consumer_poll(struct bus_consumer *consumer, int timeout_ms,
                      struct bus_message *ret_message)
{
    int r;

    tell_kept(consumer);
    r = bus_message_take(rd_kafka_consumer_poll(consumer->client, timeout_ms), ret_message);
    if (!consumer->failed)
        return r;
    if (r == 1)
        bus_message_release(ret_message);
    return -EIO;
}

int bus_consumer_pause(struct bus_consumer *consumer, const struct bus_partition *partitions,
                       size_t count)
{
    rd_kafka_topic_partition_list_t *list = to_list(partitions, count);
    rd_kafka_resp_err_t err = rd_kafka_pause_partitions(consumer->client, list);

    rd_kafka_topic_partition_list_destroy(list);
    return err ? -EIO : 0;
}

int bus_consumer_resume(struct bus_consumer *consumer, const struct bus_partition *partitions,
                        size_t count)
{
    rd_kafka_topic_partition_list_t *list = to_list(partitions, count);
    rd_kafka_resp_err_t err = rd_kafka_resume_partitions(consumer->client, list);

    rd_kafka_topic_partition_list_destroy(list);
    return err ? -EIO : 0;
}

int bus_consumer_seek(struct bus_consumer *consumer, const struct bus_partition *partition,
                      int timeout_ms)
{
    rd_kafka_topic_partition_list_t *list = to_list(partition, 1);
    rd_kafka_error_t *error = rd_kafka_seek_partitions(consumer->client, list, timeout_ms);
    bool sure = !error && !list->elems[0].err;

    rd_kafka_error_destroy(error);
    rd_kafka_topic_partition_list_destroy(list);
    return sure ? 0 : -EIO;
}

int bus_consumer_rejoin(struct bus_consumer *consumer)
{
    tell_kept(consumer);
    if (!consumer->assigned)
        return 0; /* it is on its way in */
    leave(consumer, REJOIN_MS);
    return consumer->assigned ? -EIO : subscribe(consumer);
}

void bus_consumer_commit(struct bus_consumer *consumer, const struct bus_partition *partitions,
                         size_t count)
{
    rd_kafka_topic_partition_list_t *list = to_list(partitions, count);

    rd_kafka_commit(consumer->client, list, 1);
    rd_kafka_topic_partition_list_destroy(list);
}

int64_t bus_consumer_end(struct bus_consumer *consumer, const char *topic, int32_t partition)
{
    int64_t low, high;

    if (rd_kafka_get_watermark_offsets(consumer->client, topic, partition, &low, &high) || high < 0)
        return -1;
    return high;
}

int bus_consumer_low(struct bus_consumer *consumer, const char *topic, int32_t partition,
                     int timeout_ms, int64_t *ret_offset)
{
    int64_t low, high;

    if (rd_kafka_query_watermark_offsets(consumer->client, topic, partition, &low, &high,
                                         timeout_ms))
        return -ETIMEDOUT;
    *ret_offset = low;
    return 0;
}

/* The offset of a time; the protocol has two that are none (RD_KAFKA_OFFSET_BEGINNING, _END). One
 * request a broker, for all of its partitions. */
static int ask_offsets(struct bus_consumer *consumer, struct bus_partition *partitions,
                       size_t count, int64_t time, int timeout_ms)
{
    rd_kafka_topic_partition_list_t *list = to_list(partitions, count);
    int r = 0;

    for (int i = 0; i < list->cnt; i++)
        list->elems[i].offset = time;
    if (count > 0 && rd_kafka_offsets_for_times(consumer->client, list, timeout_ms))
        r = -ETIMEDOUT;
    for (int i = 0; i < list->cnt && r == 0; i++)
        if (list->elems[i].err || list->elems[i].offset < 0)
            r = -ETIMEDOUT;
    for (size_t i = 0; i < count && r == 0; i++)
        partitions[i].offset =
            rd_kafka_topic_partition_list_find(list, partitions[i].topic, partitions[i].partition)
                ->offset;
    rd_kafka_topic_partition_list_destroy(list);
    return r;
}

int bus_consumer_lows(struct bus_consumer *consumer, struct bus_partition *partitions, size_t count,
                      int timeout_ms)
{
    return ask_offsets(consumer, partitions, count, RD_KAFKA_OFFSET_BEGINNING, timeout_ms);
}

int bus_consumer_ends(struct bus_consumer *consumer, struct bus_partition *partitions, size_t count,
                      int timeout_ms)
{
    return ask_offsets(consumer, partitions, count, RD_KAFKA_OFFSET_END, timeout_ms);
}

int bus_consumer_partitions(struct bus_consumer *consumer, const char *topic, int timeout_ms)
{
    return bus_partitions(consumer->client, topic, timeout_ms);
}
