/* What a lane is connected to: the database, whose rules it checks, and Kafka. */
#include <errno.h>
#include <stdio.h>

#include "runtime/isolation.h"
#include "runtime/lane_state.h"

enum { DRAIN_ROUND_TRIP_MS = 2500 };

static int check_isolation(struct lane *lane)
{
    cleanup(buf_deinit) struct buf breaches = {0};
    int r = isolation_check(lane->pg, lane->module, &breaches);

    if (r < 0)
        return r;
    lane->checked = true;
    if (r == 0)
        return 0;
    log_error(&lane->log, "%d rules of isolation are broken, so it does not run:\n%.*s", r,
              (int)breaches.size, breaches.data);
    lane_set_health(lane, LANE_BREACH);
    atomic_store(&lane->stopping, true);
    return -EPERM;
}

static int connect_database(struct lane *lane)
{
    int r = 0;

    if (!lane->pg) {
        lane->pg = pg_connect(lane->options.database_url, lane->client_id);
        if (lane->pg)
            pg_hurry_when(lane->pg, &lane->stopping, DRAIN_ROUND_TRIP_MS);
        r = lane->pg ? pg_wait(lane->pg, (int)lane->options.config->database_connect_ms) : -ENOMEM;
    }
    if (r < 0)
        return r;
    return lane->checked ? 0 : check_isolation(lane);
}

int lane_make_producer(struct lane *lane)
{
    char events[BUS_TOPIC_BYTES], dead[BUS_TOPIC_BYTES];
    const char *const topics[] = {lane->topics[0], events, dead, NULL};
    const struct bus_producer_options options = {
        .brokers = lane->options.config->kafka_brokers,
        .client_id = lane->client_id,
        .message_timeout_ms = 0, /* for ever: the outbox promised it */
        .linger_ms = 1,
        .in_order = true, /* events of a key, and what a handler says to another one */
        .topics = topics,
        .delivered = outbox_delivered,
        .context = lane,
    };
    char error[256];

    snprintf(events, sizeof events, "idpmc.%s.events", lane->module);
    snprintf(dead, sizeof dead, "idpmc.%s.dlq", lane->module);
    lane->producer = bus_producer_new(&options, error);
    if (lane->producer)
        return 0;
    log_error(&(struct log_context){.worker = lane->module, .error = error},
              "no producer could be made");
    return -EIO;
}

static int make_consumer(struct lane *lane)
{
    char group[64], error[256];
    const char *topics[LANE_MAX_TOPICS];
    struct bus_consumer_options options = {
        .brokers = lane->options.config->kafka_brokers,
        .group = group,
        .client_id = lane->client_id,
        .topics = topics,
        .topic_count = lane->topic_count,
        .session_timeout_ms = (int)lane->options.config->kafka_session_ms,
        .queued_kbytes = (size_t)lane->options.config->kafka_fetch_kbytes,
        .assigned = claim_assigned,
        .revoked = claim_revoked,
        .context = lane,
    };

    snprintf(group, sizeof group, "idpmc.%s", lane->module);
    for (size_t i = 0; i < lane->topic_count; i++)
        topics[i] = lane->topics[i];
    lane->consumer = bus_consumer_new(&options, error);
    if (lane->consumer) {
        watch_silence(lane, true);
        return 0;
    }
    log_error(&(struct log_context){.worker = lane->module, .error = error},
              "no consumer could be made");
    return -EIO;
}

/* Everything that the loop needs is there, or is made. */
int lane_get_ready(struct lane *lane)
{
    int r = connect_database(lane);

    if (r == 0 && !lane->producer)
        r = lane_make_producer(lane);
    if (r == 0 && !lane->keys)
        r = lane_load_keys(lane);
    if (r == 0 && !lane->consumer)
        r = make_consumer(lane);
    return r;
}
