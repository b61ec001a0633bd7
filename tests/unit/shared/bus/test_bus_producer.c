/* A producer whose brokers are away: what it does with what it was given. */
#include <CUnit/CUnit.h>
#include <errno.h>

#include "bus/bus_producer.h"

/* The client forgets a broker of its own now and then when it is destroyed while it connects to one
 * that is not there, which leaves 3 KB. What it allocated is all that this lets pass. */
const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void)
{
    return "leak:librdkafka.so";
}

/* What became of the records, by enum bus_delivery. */
struct told {
    unsigned counts[BUS_REFUSED + 1];
};

static void on_delivered(void *context, void *record, enum bus_delivery result, const char *error)
{
    struct told *told = context;

    (void)record;
    (void)error;
    told->counts[result]++;
}

/* Nobody listens on port 1; a record is tried for ever. */
static struct bus_producer *producer_without_broker(struct told *told, bool in_order)
{
    const struct bus_producer_options options = {.brokers = "127.0.0.1:1",
                                                 .client_id = "test",
                                                 .message_timeout_ms = 0,
                                                 .linger_ms = 0,
                                                 .in_order = in_order,
                                                 .delivered = on_delivered,
                                                 .context = told};
    char error[256];
    struct bus_producer *producer = bus_producer_new(&options, error);

    CU_ASSERT_PTR_NOT_NULL_FATAL(producer);
    return producer;
}

static int send(struct bus_producer *producer)
{
    const struct bus_record record = {
        .topic = span_text("topic"), .key = span_text("key"), .value = span_text("value")};

    return bus_producer_send(producer, &record, NULL);
}

void test_a_retired_producer_reports_what_was_under_way_as_unknown(void)
{
    struct told told = {0};
    struct bus_producer *producer = producer_without_broker(&told, false);

    for (int i = 0; i < 10; i++)
        CU_ASSERT_EQUAL(send(producer), 0);
    CU_ASSERT_EQUAL(bus_producer_pending(producer), 10);
    bus_producer_retire(producer);
    CU_ASSERT_EQUAL(send(producer), -EIO);
    while (bus_producer_pending(producer) > 0)
        bus_producer_poll(producer, 100);
    CU_ASSERT_EQUAL(told.counts[BUS_UNKNOWN], 10);
    CU_ASSERT_EQUAL(told.counts[BUS_DELIVERED] + told.counts[BUS_REFUSED], 0);
    bus_producer_free(producer);
}

void test_a_freed_producer_reports_it_as_well(void)
{
    struct told told = {0};
    struct bus_producer *producer = producer_without_broker(&told, false);

    CU_ASSERT_EQUAL(send(producer), 0);
    bus_producer_free(producer);
    CU_ASSERT_EQUAL(told.counts[BUS_UNKNOWN], 1);
}

/* What waits for the first record of its partition is reported as what is under way. */
void test_what_was_held_is_reported_too(void)
{
    struct told retired = {0}, freed = {0};
    struct bus_producer *first = producer_without_broker(&retired, true);
    struct bus_producer *second = producer_without_broker(&freed, true);

    for (int i = 0; i < 10; i++) {
        CU_ASSERT_EQUAL(send(first), 0);
        CU_ASSERT_EQUAL(send(second), 0);
    }
    CU_ASSERT_EQUAL(bus_producer_pending(first), 10);
    bus_producer_retire(first);
    while (bus_producer_pending(first) > 0)
        bus_producer_poll(first, 100);
    CU_ASSERT_EQUAL(retired.counts[BUS_UNKNOWN], 10);
    bus_producer_free(first);
    bus_producer_free(second);
    CU_ASSERT_EQUAL(freed.counts[BUS_UNKNOWN], 10);
}
