/* Messages as librdkafka hands them out. */
#include <errno.h>

#include "bus/bus_conf.h"
#include "bus/bus_consumer.h"
#include "log/log.h"

static int poll_error(const rd_kafka_message_t *message, struct bus_message *ret_message)
{
    const char *reason = rd_kafka_message_errstr(message);

    switch (message->err) {
    case RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET:
        *ret_message = (struct bus_message){.topic = rd_kafka_topic_name(message->rkt),
                                            .partition = message->partition};
        return -ERANGE;
    case RD_KAFKA_RESP_ERR__PARTITION_EOF:
        *ret_message = (struct bus_message){.topic = rd_kafka_topic_name(message->rkt),
                                            .partition = message->partition,
                                            .offset = message->offset};
        return BUS_END;
    case RD_KAFKA_RESP_ERR__FATAL:
        return -EIO;
    default:
        log_warning(&(struct log_context){.error = reason},
                    "the Kafka consumer reports an error and goes on");
        return 0;
    }
}

int bus_message_take(rd_kafka_message_t *message, struct bus_message *ret_message)
{
    int r;

    if (!message)
        return 0;
    if (message->err) {
        r = poll_error(message, ret_message);
        rd_kafka_message_destroy(message);
        return r;
    }
    *ret_message = (struct bus_message){
        .topic = rd_kafka_topic_name(message->rkt),
        .partition = message->partition,
        .offset = message->offset,
        .append_ms = rd_kafka_message_timestamp(message, NULL),
        .key = span_of(message->key, message->key_len),
        .value = span_of(message->payload, message->len),
        .handle = message,
    };
    return 1;
}

void bus_message_release(struct bus_message *message)
{
    if (message->handle)
        rd_kafka_message_destroy(message->handle);
    message->handle = NULL;
}

int bus_message_headers(const struct bus_message *message, struct bus_header *ret_headers,
                        size_t max)
{
    rd_kafka_headers_t *headers;
    const char *name;
    const void *value;
    size_t count = 0, size;

    if (!message->handle) {
        if (message->header_count > max)
            return -E2BIG;
        memcpy(ret_headers, message->headers, message->header_count * sizeof *ret_headers);
        return (int)message->header_count;
    }
    if (rd_kafka_message_headers(message->handle, &headers) != RD_KAFKA_RESP_ERR_NO_ERROR)
        return 0;
    while (rd_kafka_header_get_all(headers, count, &name, &value, &size) ==
           RD_KAFKA_RESP_ERR_NO_ERROR) {
        if (count == max)
            return -E2BIG;
        ret_headers[count++] =
            (struct bus_header){.name = span_text(name), .value = span_of(value, size)};
    }
    return (int)count;
}
