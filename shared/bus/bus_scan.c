#include "bus/bus_scan.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/date.h"
#include "bus/bus_conf.h"

enum { CLOSE_MS = 2000 };

struct bus_scan {
    rd_kafka_t *client;
    char topic[BUS_TOPIC_BYTES];
    int32_t partition;
    rd_kafka_message_t *ahead; /* fetched, and not before the last `until` */
    int64_t end;               /* nothing was there behind this offset; -1: not known */
};

struct bus_scan *bus_scan_open(const char *brokers, const char *client_id, const char *topic,
                               int32_t partition, int timeout_ms, int64_t *ret_low,
                               int64_t *ret_high, char error[static 256])
{
    static const struct bus_setting settings[] = {{"enable.partition.eof", "true"},
                                                  {"fetch.wait.max.ms", "50"}};
    struct bus_scan *scan = calloc(1, sizeof *scan);
    rd_kafka_resp_err_t err;

    snprintf(error, 256, "no memory");
    if (!scan)
        return NULL;
    snprintf(scan->topic, sizeof scan->topic, "%s", topic);
    scan->partition = partition;
    scan->end = -1;
    scan->client =
        bus_onlooker_new(brokers, client_id, client_id, settings, COUNT_OF(settings), error);
    if (!scan->client) {
        free(scan);
        return NULL;
    }
    err = rd_kafka_query_watermark_offsets(scan->client, topic, partition, ret_low, ret_high,
                                           timeout_ms);
    if (!err)
        return scan;
    snprintf(error, 256, "%s", rd_kafka_err2str(err));
    bus_scan_close(scan);
    return NULL;
}

int bus_scan_start(struct bus_scan *scan, int64_t offset)
{
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(1);
    rd_kafka_resp_err_t err;

    rd_kafka_topic_partition_list_add(list, scan->topic, scan->partition)->offset = offset;
    err = rd_kafka_assign(scan->client, list);
    rd_kafka_topic_partition_list_destroy(list);
    return err ? -EIO : 0;
}

/* A message stands in `ahead`, or the end is known. 0 or negative. */
static int fetch(struct bus_scan *scan, int timeout_ms)
{
    rd_kafka_message_t *message = rd_kafka_consumer_poll(scan->client, timeout_ms);
    struct bus_message ignored;

    if (!message)
        return -ETIMEDOUT;
    if (message->err == RD_KAFKA_RESP_ERR__PARTITION_EOF) {
        scan->end = message->offset;
        rd_kafka_message_destroy(message);
        return 0;
    }
    if (message->err)
        return bus_message_take(message, &ignored);
    scan->ahead = message;
    return 0;
}

int bus_scan_next(struct bus_scan *scan, int64_t until, int timeout_ms,
                  struct bus_message *ret_message)
{
    const int64_t deadline = monotonic_ms() + timeout_ms;
    int r = 0;

    while (r == 0 && !scan->ahead && scan->end < until) {
        int64_t left = deadline - monotonic_ms();

        r = left > 0 ? fetch(scan, (int)left) : -ETIMEDOUT;
    }
    if (r < 0)
        return r;
    if (!scan->ahead || scan->ahead->offset >= until)
        return 0;
    r = bus_message_take(scan->ahead, ret_message);
    scan->ahead = NULL;
    return r;
}

void bus_scan_close(struct bus_scan *scan)
{
    if (!scan)
        return;
    if (scan->ahead)
        rd_kafka_message_destroy(scan->ahead);
    bus_destroy(scan->client, CLOSE_MS);
    free(scan);
}
