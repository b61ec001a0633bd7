/* A lane whose Kafka client has failed for good makes another one, and goes on as if nothing had
 * been. The lane runs in this process, so that its clients are at hand. */
#include <CUnit/CUnit.h>
#include <librdkafka/rdkafka.h>
#include <stdio.h>
#include <string.h>

#include "base/date.h"
#include "metrics/metrics.h"
#include "runtime/lane_state.h"
#include "runtime/process_settings.h"
#include "support/counters.h"
#include "support/database.h"

enum { LOAD = 400, ROUNDS = 3, SOON_MS = 30000 };

static const struct worker *find_worker(const char *name)
{
    size_t i = 0;

    while (workers[i] && strcmp(workers[i]->name, name) != 0)
        i++;
    CU_ASSERT_PTR_NOT_NULL_FATAL(workers[i]);
    return workers[i];
}

static struct lane *run_lane(struct process_settings **settings)
{
    cleanup(buf_deinit) struct buf error = {0};
    struct lane_options options = {.worker = find_worker("tally")};
    int64_t end_ms = monotonic_ms() + SOON_MS;
    struct lane *lane;

    database_ready();
    CU_ASSERT_EQUAL_FATAL(process_settings_read(CONFIG_WORKER, settings), 0);
    options.config = process_settings_config(*settings);
    options.database_url = config_database_url(options.config, "tally");
    lane = lane_start(&options, &error);
    CU_ASSERT_PTR_NOT_NULL_FATAL(lane);
    while (lane_health(lane) != LANE_RUNNING && monotonic_ms() < end_ms)
        sleep_ms(10);
    CU_ASSERT_EQUAL_FATAL(lane_health(lane), LANE_RUNNING);
    return lane;
}

static void end_lane(struct lane *lane, struct process_settings *settings)
{
    lane_stop(lane);
    lane_join(lane);
    process_settings_free(settings);
}

/* Both of the bus's structs begin with the client; it may be failed from any thread. */
static void fail_client(const void *consumer_or_producer)
{
    rd_kafka_t *const *client = consumer_or_producer;

    CU_ASSERT_PTR_NOT_NULL_FATAL(client);
    CU_ASSERT_EQUAL(rd_kafka_test_fatal_error(
                        *client, RD_KAFKA_RESP_ERR_OUT_OF_ORDER_SEQUENCE_NUMBER, "a test"),
                    RD_KAFKA_RESP_ERR_NO_ERROR);
}

static bool counted(const char *line)
{
    cleanup(buf_deinit) struct buf page = {0};

    metrics_render(&page);
    buf_add_char(&page, '\0');
    return page.data && strstr(page.data, line);
}

void test_a_consumer_that_failed_for_good_is_made_anew(void)
{
    struct counters counters = counters_new();
    struct process_settings *settings;
    struct lane *lane = run_lane(&settings);

    counters_send(&counters, LOAD);
    CU_ASSERT_TRUE(counters_applied(&counters, SOON_MS));
    fail_client(lane->consumer);
    counters_send(&counters, LOAD);
    counters_check(&counters);
    CU_ASSERT_TRUE(counted("idpmc_consumer_repairs_total{module=\"tally\",reason=\"fatal\"} 1\n"));
    end_lane(lane, settings);
}

/* What it had not delivered is read from the outbox again: each event comes, and in order. */
void test_a_producer_that_failed_for_good_is_made_anew_and_loses_nothing(void)
{
    struct counters counters = counters_new();
    struct process_settings *settings;
    struct lane *lane = run_lane(&settings);

    for (int i = 0; i < ROUNDS; i++) {
        counters_send(&counters, LOAD);
        fail_client(lane->producer);
        counters_send(&counters, LOAD);
        CU_ASSERT_TRUE(counters_applied(&counters, SOON_MS));
        sleep_ms(3000); /* its end takes 2 s at most */
    }
    counters_check(&counters);
    end_lane(lane, settings);
}
