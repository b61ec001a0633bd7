#include "bus/bus_reader.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/date.h"
#include "bus/bus_conf.h"
#include "log/log.h"

enum { ASK_MS = 3000, RETRY_MS = 200, LOOK_AGAIN_MS = 30000 };

struct bus_reader {
    char topics[BUS_MAX_TOPICS][BUS_TOPIC_BYTES];
    size_t topic_count;
    int64_t since_ms, records_max;
    rd_kafka_t *client;
    rd_kafka_queue_t *queue;
    int pipe[2]; /* a byte for each time that the queue stops being empty */
    bool busy;   /* the last poll had a message: the pipe need not be looked at */
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t told; /* that it is closing */
    bool closing;
    struct bus_place *places; /* written by the thread before `placed` */
    size_t place_count;
    atomic_bool placed, stale;
};

/* ---- the reader's own thread: it asks the brokers, and waits for them -------------------------
 */

/* True: the reader is closing. */
static bool wait_for_close(struct bus_reader *reader, int timeout_ms)
{
    struct timespec until;
    bool closing;

    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += timeout_ms / 1000;
    until.tv_nsec += (long)(timeout_ms % 1000) * 1000000;
    if (until.tv_nsec >= 1000000000) {
        until.tv_sec++;
        until.tv_nsec -= 1000000000;
    }
    pthread_mutex_lock(&reader->lock);
    while (!reader->closing &&
           pthread_cond_timedwait(&reader->told, &reader->lock, &until) != ETIMEDOUT)
        continue;
    closing = reader->closing;
    pthread_mutex_unlock(&reader->lock);
    return closing;
}

static void wake_owner(const struct bus_reader *reader)
{
    if (write(reader->pipe[1], "1", 1) < 0)
        return; /* it is full: the owner has enough to wake up for */
}

/* The partitions of all topics, in their order. NULL: the brokers do not answer. */
static rd_kafka_topic_partition_list_t *list_partitions(struct bus_reader *reader)
{
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(16);

    for (size_t i = 0; i < reader->topic_count; i++) {
        int count = bus_partitions(reader->client, reader->topics[i], ASK_MS);

        if (count < 0 && count != -ENOENT) {
            rd_kafka_topic_partition_list_destroy(list);
            return NULL;
        }
        for (int32_t p = 0; p < count; p++)
            rd_kafka_topic_partition_list_add(list, reader->topics[i], p)->offset =
                reader->since_ms;
    }
    return list;
}

/* From the moment's offset (negative: nothing came since) to where the partition is read from. */
static int place_at(struct bus_reader *reader, const rd_kafka_topic_partition_t *at,
                    struct bus_place *place)
{
    int64_t low, high;

    if (at->err || rd_kafka_query_watermark_offsets(reader->client, at->topic, at->partition, &low,
                                                    &high, ASK_MS))
        return -ETIMEDOUT;
    place->partition = at->partition;
    place->end = high;
    place->first = at->offset < 0 ? high : at->offset;
    if (high - place->first > reader->records_max)
        place->first = high - reader->records_max;
    if (place->first < low)
        place->first = low;
    return 0;
}

static const char *topic_of(const struct bus_reader *reader, const char *name)
{
    for (size_t i = 0; i < reader->topic_count; i++)
        if (strcmp(reader->topics[i], name) == 0)
            return reader->topics[i];
    return NULL;
}

static int make_places(struct bus_reader *reader, rd_kafka_topic_partition_list_t *list)
{
    struct bus_place *places = calloc((size_t)list->cnt + 1, sizeof *places);
    int r = places ? 0 : -ENOMEM;

    if (r == 0 && list->cnt && rd_kafka_offsets_for_times(reader->client, list, ASK_MS))
        r = -ETIMEDOUT;
    for (int i = 0; i < list->cnt && r == 0; i++) {
        r = place_at(reader, &list->elems[i], &places[i]);
        places[i].topic = topic_of(reader, list->elems[i].topic);
        list->elems[i].offset = places[i].first;
    }
    if (r == 0 && rd_kafka_assign(reader->client, list))
        r = -EIO;
    if (r < 0) {
        free(places);
        return r;
    }
    reader->places = places;
    reader->place_count = (size_t)list->cnt;
    atomic_store(&reader->placed, true);
    wake_owner(reader);
    return 0;
}

static void look(struct bus_reader *reader)
{
    rd_kafka_topic_partition_list_t *list = list_partitions(reader);

    if (!list)
        return;
    if (!atomic_load(&reader->placed)) {
        if (make_places(reader, list) < 0)
            log_debug(NULL, "the brokers do not say yet where their partitions stand");
    } else if ((size_t)list->cnt > reader->place_count) {
        atomic_store(&reader->stale, true);
        wake_owner(reader);
    }
    rd_kafka_topic_partition_list_destroy(list);
}

static void release(struct bus_reader *reader)
{
    if (reader->queue) {
        rd_kafka_queue_io_event_enable(reader->queue, -1, NULL, 0);
        rd_kafka_queue_destroy(reader->queue);
    }
    if (reader->client)
        rd_kafka_destroy_flags(reader->client, RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE);
    if (reader->pipe[0] >= 0) {
        close(reader->pipe[0]);
        close(reader->pipe[1]);
    }
    pthread_cond_destroy(&reader->told);
    pthread_mutex_destroy(&reader->lock);
    free(reader->places);
    free(reader);
}

static void *run(void *data)
{
    struct bus_reader *reader = data;

    do
        look(reader);
    while (!wait_for_close(reader, atomic_load(&reader->placed) ? LOOK_AGAIN_MS : RETRY_MS));
    release(reader);
    return NULL;
}

/* ---- the owner's side -------------------------------------------------------------------------
 */

static rd_kafka_t *make_client(const struct bus_reader_options *options, char error[static 256])
{
    char queued[24];
    const struct bus_setting settings[] = {
        {"queued.max.messages.kbytes", queued},
        {"fetch.wait.max.ms", "100"},
        {"fetch.error.backoff.ms", "100"},
    };

    snprintf(queued, sizeof queued, "%zu", options->queued_kbytes);
    return bus_onlooker_new(options->brokers, options->client_id, options->group, settings,
                            COUNT_OF(settings), error);
}

static void init_waiting(struct bus_reader *reader)
{
    pthread_condattr_t attr;

    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    pthread_cond_init(&reader->told, &attr);
    pthread_condattr_destroy(&attr);
    pthread_mutex_init(&reader->lock, NULL);
}

static void copy_options(struct bus_reader *reader, const struct bus_reader_options *options)
{
    reader->since_ms = options->since_ms;
    reader->records_max = options->records_max;
    for (; reader->topic_count < options->topic_count; reader->topic_count++)
        snprintf(reader->topics[reader->topic_count], BUS_TOPIC_BYTES, "%s",
                 options->topics[reader->topic_count]);
}

struct bus_reader *bus_reader_new(const struct bus_reader_options *options, char error[static 256])
{
    struct bus_reader *reader = calloc(1, sizeof *reader);

    snprintf(error, 256, "no memory");
    if (!reader)
        return NULL;
    copy_options(reader, options);
    reader->pipe[0] = reader->pipe[1] = -1;
    init_waiting(reader);
    reader->client = make_client(options, error);
    if (!reader->client)
        goto fail;
    reader->queue = rd_kafka_queue_get_consumer(reader->client);
    snprintf(error, 256, "no pipe or no thread is to be had");
    if (!reader->queue || pipe2(reader->pipe, O_CLOEXEC | O_NONBLOCK) < 0)
        goto fail;
    rd_kafka_queue_io_event_enable(reader->queue, reader->pipe[1], "1", 1);
    if (pthread_create(&reader->thread, NULL, run, reader) == 0)
        return reader;
fail:
    release(reader);
    return NULL;
}

void bus_reader_close(struct bus_reader *reader, int timeout_ms)
{
    struct timespec until;
    pthread_t thread;

    if (!reader)
        return;
    thread = reader->thread;
    pthread_mutex_lock(&reader->lock);
    reader->closing = true;
    pthread_cond_signal(&reader->told);
    pthread_mutex_unlock(&reader->lock);
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += timeout_ms / 1000;
    if (timeout_ms == 0 || pthread_clockjoin_np(thread, NULL, CLOCK_MONOTONIC, &until) != 0)
        pthread_detach(thread);
}

int bus_reader_fd(const struct bus_reader *reader)
{
    return reader->pipe[0];
}

const struct bus_place *bus_reader_places(struct bus_reader *reader, size_t *ret_count)
{
    if (!atomic_load(&reader->placed))
        return NULL;
    *ret_count = reader->place_count;
    return reader->places;
}

int64_t bus_reader_end(struct bus_reader *reader, size_t index)
{
    const struct bus_place *place = &reader->places[index];
    int64_t low, high;

    if (rd_kafka_get_watermark_offsets(reader->client, place->topic, place->partition, &low,
                                       &high) ||
        high < place->end)
        return place->end;
    return high;
}

/* A topic's partitions stand behind one another. */
static int find_place(const struct bus_reader *reader, const struct bus_message *message,
                      size_t *ret_place)
{
    for (size_t i = 0; i < reader->place_count; i++)
        if (reader->places[i].partition == 0 &&
            strcmp(reader->places[i].topic, message->topic) == 0) {
            *ret_place = i + (size_t)message->partition;
            return 1;
        }
    return -EIO;
}

int bus_reader_poll(struct bus_reader *reader, struct bus_message *ret_message, size_t *ret_place)
{
    rd_kafka_message_t *message;
    char bytes[64];
    int r = 0;

    if (atomic_load(&reader->stale))
        return -ESTALE;
    while (!reader->busy && read(reader->pipe[0], bytes, sizeof bytes) == (ssize_t)sizeof bytes)
        continue;
    while (r == 0) {
        message = rd_kafka_consumer_poll(reader->client, 0);
        reader->busy = message != NULL;
        if (!message)
            return 0;
        r = bus_message_take(message, ret_message);
    }
    if (r == 1 && find_place(reader, ret_message, ret_place) < 0) {
        bus_message_release(ret_message);
        return -EIO;
    }
    return r;
}
