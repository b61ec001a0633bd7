#include "support/topic.h"

#include <CUnit/CUnit.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/date.h"
#include "bus/bus_consumer.h"
#include "codec/codec.h"
#include "support/database.h"

enum { READ_MS = 30000, BROKER_MS = 5000, MAX_PARTITIONS = 64 };

#define TOPIC_BYTES ((size_t)512 << 20)

struct reader {
    struct bus_consumer *consumer;
    struct bus_partition partitions[MAX_PARTITIONS]; /* offset: the next one */
    size_t count, capacity;
    bool started;
    const char *prefix; /* of keys */
    struct topic *topic;
};

static void on_assigned(void *context, const struct bus_partition *partitions, size_t count)
{
    struct reader *reader = context;

    CU_ASSERT_FATAL(count <= MAX_PARTITIONS);
    memcpy(reader->partitions, partitions, count * sizeof *partitions);
    reader->count = count;
}

static void on_revoked(void *context, const struct bus_partition *partitions, size_t count,
                       bool lost)
{
    (void)context;
    (void)partitions;
    (void)count;
    (void)lost;
}

static void start(struct reader *reader)
{
    for (size_t i = 0; i < reader->count; i++)
        CU_ASSERT_EQUAL_FATAL(bus_consumer_low(reader->consumer, reader->partitions[i].topic,
                                               reader->partitions[i].partition, BROKER_MS,
                                               &reader->partitions[i].offset),
                              0);
    CU_ASSERT_EQUAL_FATAL(bus_consumer_start(reader->consumer, reader->partitions, reader->count),
                          0);
    reader->started = true;
}

static struct span copy(struct arena *arena, struct span bytes)
{
    return span_of(arena_copy(arena, bytes.data, bytes.size), bytes.size);
}

static void keep(struct reader *reader, const struct bus_message *message)
{
    struct topic *topic = reader->topic;
    struct bus_header headers[BUS_MAX_HEADERS];
    struct topic_record *record;
    int count = bus_message_headers(message, headers, BUS_MAX_HEADERS);

    if (topic->count == reader->capacity) {
        reader->capacity = reader->capacity ? 2 * reader->capacity : 1024;
        topic->records = realloc(topic->records, reader->capacity * sizeof *topic->records);
    }
    if (count < 0)
        count = BUS_MAX_HEADERS; /* there are more */
    CU_ASSERT_FATAL(topic->records != NULL);
    record = &topic->records[topic->count++];
    *record = (struct topic_record){.partition = message->partition,
                                    .offset = message->offset,
                                    .key = copy(topic->arena, message->key),
                                    .value = copy(topic->arena, message->value),
                                    .header_count = (size_t)count};
    for (int i = 0; i < count; i++)
        record->headers[i] = (struct bus_header){copy(topic->arena, headers[i].name),
                                                 copy(topic->arena, headers[i].value)};
}

static void take(struct reader *reader, struct bus_message *message)
{
    size_t prefix = strlen(reader->prefix);

    for (size_t i = 0; i < reader->count; i++)
        if (reader->partitions[i].partition == message->partition)
            reader->partitions[i].offset = message->offset + 1;
    if (message->key.size >= prefix && memcmp(message->key.data, reader->prefix, prefix) == 0)
        keep(reader, message);
    bus_message_release(message);
}

/* The end is what the broker said with its latest answer for the partition. */
static bool at_the_end(const struct reader *reader)
{
    reader->topic->ends = 0;
    for (size_t i = 0; i < reader->count; i++) {
        const struct bus_partition *p = &reader->partitions[i];
        int64_t end = bus_consumer_end(reader->consumer, p->topic, p->partition);

        if (end < 0 || p->offset < end)
            return false;
        reader->topic->ends += end;
    }
    return reader->started;
}

static void read_all(struct reader *reader)
{
    int64_t end_ms = monotonic_ms() + READ_MS;
    struct bus_message message;

    while (!at_the_end(reader)) {
        CU_ASSERT_FATAL(monotonic_ms() < end_ms);
        if (reader->count > 0 && !reader->started)
            start(reader);
        if (bus_consumer_poll(reader->consumer, 10, &message) == 1)
            take(reader, &message);
    }
}

struct topic topic_read(const char *name, struct tenant_id tenant)
{
    struct topic topic = {.arena = arena_new(TOPIC_BYTES)};
    struct reader reader = {.prefix = id_text(tenant.uuid), .topic = &topic};
    const struct bus_consumer_options options = {
        .brokers = getenv("IDPMC_KAFKA_BROKERS"),
        .group = id_text(new_user().uuid),
        .client_id = "tests",
        .topics = &name,
        .topic_count = 1,
        .session_timeout_ms = 10000,
        .queued_kbytes = 16384,
        .assigned = on_assigned,
        .revoked = on_revoked,
        .context = &reader,
    };
    char error[256];

    CU_ASSERT_PTR_NOT_NULL_FATAL(topic.arena);
    reader.consumer = bus_consumer_new(&options, error);
    CU_ASSERT_PTR_NOT_NULL_FATAL(reader.consumer);
    read_all(&reader);
    bus_consumer_close(reader.consumer, BROKER_MS);
    return topic;
}

void topic_free(struct topic *topic)
{
    free(topic->records);
    arena_free(topic->arena);
}

struct span topic_header(const struct topic_record *record, const char *name)
{
    for (size_t i = 0; i < record->header_count; i++)
        if (span_is(record->headers[i].name, name))
            return record->headers[i].value;
    return span_of("", 0);
}

const void *topic_body(struct topic *topic, const struct topic_record *record,
                       const struct message *message)
{
    struct codec_errors errors = {.count = 0};
    const void *body;

    CU_ASSERT_EQUAL_FATAL(codec_decode_msgpack(message, record->value, CODEC_UNKNOWN_REFUSED,
                                               topic->arena, &errors, &body),
                          0);
    return body;
}
