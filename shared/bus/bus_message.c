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
        count = message->header_count < max ? message->header_count : max;
        memcpy(ret_headers, message->headers, count * sizeof *ret_headers);
        return count < message->header_count ? -E2BIG : (int)count;
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

static size_t size_of_headers(const struct bus_message *message)
{
    rd_kafka_headers_t *headers;
    const char *name;
    const void *value;
    size_t total = 0, size;

    for (size_t i = 0; i < message->header_count; i++)
        total += message->headers[i].name.size + message->headers[i].value.size;
    if (!message->handle || rd_kafka_message_headers(message->handle, &headers))
        return total;
    for (size_t i = 0; !rd_kafka_header_get_all(headers, i, &name, &value, &size); i++)
        total += strlen(name) + size;
    return total;
}

size_t bus_message_bytes(const struct bus_message *message)
{
    return message->key.size + message->value.size + size_of_headers(message);
}

int bus_message_keep(struct bus_message *message, struct arena *arena)
{
    rd_kafka_headers_t *headers = NULL;
    struct bus_header *list;
    size_t count, bytes;
    char *place;

    if (!message->handle)
        return 0;
    if (rd_kafka_message_headers(message->handle, &headers))
        headers = NULL;
    count = headers ? rd_kafka_header_cnt(headers) : 0;
    bytes = bus_message_bytes(message);
    list = arena_array(arena, count, sizeof *list);
    place = arena_alloc(arena, bytes);
    if (!list || !place)
        return -ENOMEM;
    for (size_t i = 0; i < count; i++) {
        const char *name = "";
        const void *value = NULL;
        size_t size = 0;

        if (rd_kafka_header_get_all(headers, i, &name, &value, &size))
            continue;
        list[i].name = span_move(&place, span_text(name));
        list[i].value = span_move(&place, span_of(value, size));
    }
    message->key = span_move(&place, message->key);
    message->value = span_move(&place, message->value);
    message->headers = list;
    message->header_count = count;
    bus_message_release(message);
    return 0;
}
