/* What a producer reports as delivered is in the topic. The client infers it where it heard of a
 * later batch only: its own protocol allows that, but a broker that knows nothing of the producer
 * yet takes a batch whose forerunner it has just refused. */
#include <CUnit/CUnit.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/date.h"
#include "bus/bus_producer.h"
#include "support/database.h"
#include "support/kafka_proxy.h"
#include "support/program.h"
#include "support/topic.h"

enum { RECORDS = 3, SOON_MS = 20000, UNREPORTED = -1 };

static const char topic[] = "idpmc.tally.dlq"; /* which nobody reads */

struct sent {
    int results[RECORDS]; /* enum bus_delivery, or UNREPORTED */
};

static void on_delivered(void *context, void *record, enum bus_delivery result, const char *error)
{
    (void)context;
    *(int *)record = (int)result;
    if (result != BUS_DELIVERED)
        printf("# %s\n", error ? error : "no reason");
}

static struct bus_producer *producer_behind_proxy(bool in_order)
{
    const struct bus_producer_options options = {.brokers = strchr(kafka_proxy_start(), '=') + 1,
                                                 .client_id = "deliveries",
                                                 .message_timeout_ms = SOON_MS,
                                                 .in_order = in_order,
                                                 .delivered = on_delivered};
    struct bus_producer *producer;
    int64_t end_ms = monotonic_ms() + SOON_MS;
    char error[256];

    database_ready(); /* and the topics */
    producer = bus_producer_new(&options, error);
    CU_ASSERT_PTR_NOT_NULL_FATAL(producer);
    while (bus_producer_partitions(producer, topic, SOON_MS) <= 0 && monotonic_ms() < end_ms)
        sleep_ms(100);
    CU_ASSERT_TRUE_FATAL(monotonic_ms() < end_ms);
    return producer;
}

static void send_one(struct bus_producer *producer, struct tenant_id tenant, int i, int *result)
{
    char value[2] = {(char)('0' + i)};
    const struct bus_record record = {.topic = span_text(topic),
                                      .key = span_text(id_text(tenant.uuid)),
                                      .value = span_text(value)};

    *result = UNREPORTED;
    CU_ASSERT_EQUAL(bus_producer_send(producer, &record, result), 0);
}

/* All of one key. The first arrives damaged, and before that is known the others are sent, in a
 * request of their own. */
static void send_all(struct bus_producer *producer, struct tenant_id tenant, struct sent *sent)
{
    int64_t end_ms = monotonic_ms() + SOON_MS;

    kafka_proxy_damage(topic);
    for (int i = 0; i < RECORDS; i++) {
        send_one(producer, tenant, i, &sent->results[i]);
        while (!kafka_proxy_damaged() && monotonic_ms() < end_ms)
            bus_producer_poll(producer, 10);
    }
    CU_ASSERT_TRUE(bus_producer_flush(producer, SOON_MS));
    CU_ASSERT_TRUE(kafka_proxy_damaged());
}

/* What a fresh producer and tenant send, and what is in the topic of it then. */
static struct topic play(bool in_order, struct sent *sent)
{
    struct bus_producer *producer = producer_behind_proxy(in_order);
    struct tenant_id tenant = new_tenant();

    send_all(producer, tenant, sent);
    bus_producer_free(producer);
    return topic_read(topic, tenant);
}

static int times_in_topic(const struct topic *read, int i)
{
    int times = 0;

    for (size_t j = 0; j < read->count; j++)
        times += read->records[j].value.data[0] == '0' + i;
    return times;
}

void test_what_is_reported_as_delivered_is_in_the_topic(void)
{
    struct sent sent;
    struct topic read = play(false, &sent);

    for (int i = 0; i < RECORDS; i++) {
        CU_ASSERT_NOT_EQUAL(sent.results[i], UNREPORTED);
        if (sent.results[i] == BUS_DELIVERED)
            CU_ASSERT_EQUAL(times_in_topic(&read, i), 1);
    }
    CU_ASSERT_EQUAL(sent.results[RECORDS - 1], BUS_DELIVERED);
    topic_free(&read);
}

/* Where their order counts, nothing is sent while the first of its partition is under way. */
void test_in_order_is_in_order_though_one_is_refused(void)
{
    struct sent sent;
    struct topic read = play(true, &sent);

    CU_ASSERT_EQUAL_FATAL(read.count, RECORDS);
    for (int i = 0; i < RECORDS; i++) {
        CU_ASSERT_EQUAL(sent.results[i], BUS_DELIVERED);
        CU_ASSERT_EQUAL(read.records[i].value.data[0], '0' + i);
    }
    topic_free(&read);
}
