/* What a lane tells Prometheus and the log about its batches. */
#include "runtime/lane_state.h"

static struct metrics_series *of_module(struct metrics_family *family, const struct lane *lane)
{
    return metrics_series(family, (const char *[]){lane->module, NULL});
}

static void count_message(const struct lane *lane, const char *type, const char *outcome)
{
    static const char *const labels[] = {"module", "type", "outcome", NULL};

    metrics_add(
        metrics_series(
            metrics_counter("idpmc_messages_total",
                            "Messages that a transaction covered, by what became of them.", labels),
            (const char *[]){lane->module, type, outcome, NULL}),
        1);
}

static void count_dead(const struct lane *lane, const struct item *item)
{
    static const char *const labels[] = {"module", "cause", NULL};
    struct log_context log = lane->log;

    metrics_add(
        metrics_series(metrics_counter("idpmc_dead_letters_total",
                                       "Messages that became dead letters, by cause.", labels),
                       (const char *[]){lane->module, dead_cause_name(item->cause), NULL}),
        1);
    if (item->envelope && item->envelope->proven) {
        log.tenant = &item->envelope->tenant;
        log.message_id = &item->envelope->id;
        log.type = item->envelope->message ? item->envelope->message->type : NULL;
    }
    log.error = item->detail;
    log_warning(&log, "message %s/%d@%lld is a dead letter: %s", item->message.topic,
                item->message.partition, (long long)item->message.offset,
                dead_cause_name(item->cause));
}

static void count_item(const struct lane *lane, const struct item *item)
{
    const char *type =
        item->envelope && item->envelope->message ? item->envelope->message->type : "unknown";

    switch (item->fate) {
    case FATE_KNOWN:
        count_message(lane, type, "duplicate");
        break;
    case FATE_DECIDED:
        count_message(lane, type, item->outcome == 0 ? "applied" : "rejected");
        break;
    case FATE_PARKED:
        count_message(lane, type, "parked");
        break;
    case FATE_DEAD:
        count_message(lane, type, "dead");
        count_dead(lane, item);
        break;
    case FATE_UNREAD:
    case FATE_OPEN:
    case FATE_PASSED:
        break;
    }
}

/* What the database was asked since the last batch was counted: that of this batch, and what ticks
 * and claims asked between them. */
static void count_database(struct lane *lane)
{
    static const char *const labels[] = {"module", NULL};
    const struct pg_stats stats = pg_stats(lane->pg);

    metrics_add(of_module(metrics_counter("idpmc_database_round_trips_total",
                                          "Round trips to the database.", labels),
                          lane),
                (double)(stats.round_trips - lane->counted.round_trips));
    metrics_add(of_module(metrics_counter("idpmc_database_statements_total",
                                          "Statements that the database was asked.", labels),
                          lane),
                (double)(stats.statements - lane->counted.statements));
    lane->counted = stats;
}

void lane_count_batch(struct lane *lane, const struct item *items, size_t count, double seconds)
{
    static const char *const labels[] = {"module", NULL};
    static const double sizes[] = {1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 0};
    static const double times[] = {0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1,
                                   0.2,   0.5,   1,     2,    5,    0};

    for (size_t i = 0; i < count; i++)
        count_item(lane, &items[i]);
    metrics_observe(
        of_module(metrics_histogram("idpmc_batch_messages", "Messages of a batch.", labels, sizes),
                  lane),
        (double)count);
    metrics_observe(
        of_module(metrics_histogram("idpmc_transaction_seconds",
                                    "Time of a batch from opening to its commit.", labels, times),
                  lane),
        seconds);
    count_database(lane);
}

/* Several lanes of a module share the series. */
void lane_tell_stopped(struct lane *lane, int change)
{
    static const char *const labels[] = {"module", NULL};

    atomic_fetch_add(&lane->stopped, (size_t)change);
    metrics_add(of_module(metrics_gauge("idpmc_stopped_partitions",
                                        "Partitions that an alarm stopped.", labels),
                          lane),
                change);
}

void lane_count_repair(const struct lane *lane, const char *reason)
{
    static const char *const labels[] = {"module", "reason", NULL};

    metrics_add(
        metrics_series(metrics_counter("idpmc_consumer_repairs_total",
                                       "Times that a lane's consumer was left, by reason.", labels),
                       (const char *[]){lane->module, reason, NULL}),
        1);
}

void lane_count_claims(const struct lane *lane, const char *result, size_t count)
{
    static const char *const labels[] = {"module", "result", NULL};

    metrics_add(metrics_series(metrics_counter("idpmc_claims_total",
                                               "Claims of partitions, by result.", labels),
                               (const char *[]){lane->module, result, NULL}),
                (double)count);
}

static double age_s(const struct lane *lane, const struct partition *p)
{
    for (size_t i = 0; i < lane->queued; i++)
        if (lane->queue[i].partition == p)
            return (double)timestamp_now().us / 1e6 -
                   (double)lane->queue[i].message.append_ms / 1e3;
    return 0;
}

/* Several lanes share this one, too: each tells what changed of its own. */
void lane_tell_outbox(struct lane *lane)
{
    static const char *const labels[] = {"module", NULL};
    size_t pending = outbox_pending(lane);

    metrics_add(of_module(metrics_gauge("idpmc_outbox_rows",
                                        "Outbox rows that Kafka has not confirmed.", labels),
                          lane),
                (double)pending - (double)lane->told_pending);
    lane->told_pending = pending;
}

void lane_measure(struct lane *lane)
{
    lane_tell_outbox(lane);
    lane_tell_stopped(lane, 0); /* so that it can be watched before the first one stops */
    for (size_t i = 0; i < lane->partition_count; i++) {
        struct partition *p = lane->partitions[i];
        int64_t known = bus_consumer_end(lane->consumer, p->at.topic, p->at.partition);
        int64_t end = known > p->end ? known : p->end; /* a client that stalls knows no new ones */
        double lag = end > p->next ? (double)(end - p->next) : 0;
        double age = age_s(lane, p);

        metrics_set(p->lag_messages, lag);
        metrics_set(p->lag_seconds, lag > 0 && age > 0 ? age : 0);
    }
}
