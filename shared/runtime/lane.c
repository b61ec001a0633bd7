/* The loop: poll, unit of work, commit, publish, tick. It knows of no worker. */
#include "runtime/lane.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "runtime/crash.h"
#include "runtime/lane_state.h"
#include "runtime/record.h"

enum {
    ROLLBACK_MS = 5000,
    FETCH_MS = 200,  /* and then a turn is due, whatever comes */
    BACKLOG_MS = 20, /* for a full batch, when there is one */
    PAUSE_MS = 50,   /* while there is no consumer to wait for */
    FIRST_BACKOFF_MS = 20,
    MAX_BACKOFF_MS = 2000,
    STOPPED_MS = 10000, /* between tries of a lane that stopped with an alarm */
    FLUSH_MS = 2000,    /* of a drain */
    CLOSE_MS = 1500,
};

#define MESSAGES_BYTES ((size_t)256 << 20)
#define UOW_BYTES ((size_t)512 << 20)

bool lane_stopping(const struct lane *lane)
{
    return atomic_load(&lane->stopping);
}

void lane_set_health(struct lane *lane, enum lane_health health)
{
    static const char *const names[] = {[LANE_STARTING] = "starting",
                                        [LANE_RUNNING] = "running",
                                        [LANE_STOPPED] = "stopped",
                                        [LANE_BREACH] = "breach"};
    int before = atomic_exchange(&lane->health, (int)health);

    if (before != (int)health)
        log_info(&lane->log, "lane %u was %s and is %s", lane->options.number, names[before],
                 names[health]);
}

enum lane_health lane_health(const struct lane *lane)
{
    return (enum lane_health)atomic_load(&lane->health);
}

void lane_disconnect(struct lane *lane)
{
    pg_close(lane->pg);
    lane->pg = NULL;
    lane->counted = (struct pg_stats){0};
}

int lane_roll_back(struct lane *lane)
{
    int r;

    if (!lane->pg)
        return 0;
    pg_clear(lane->pg); /* what a failed step had queued must not be sent with what follows */
    if (!pg_in_transaction(lane->pg))
        return 0;
    r = pg_add(lane->pg, "rollback", NULL, 0);
    return r < 0 ? r : pg_wait(lane->pg, ROLLBACK_MS);
}

static void back_off(struct lane *lane, int longest_ms)
{
    int64_t wait_ms = FIRST_BACKOFF_MS << (lane->failures < 8 ? lane->failures : 8);

    lane->failures++;
    lane->retry_at_ms = monotonic_ms() + (wait_ms < longest_ms ? wait_ms : longest_ms);
}

static void stop(struct lane *lane)
{
    lane_set_health(lane, LANE_STOPPED);
    lane->retry_at_ms = monotonic_ms() + STOPPED_MS;
}

/* A statement failed: what the class of its SQLSTATE asks for. */
static void refused(struct lane *lane, const char *what)
{
    const struct pg_failure failure = *pg_failure(lane->pg);
    struct log_context log = lane->log;

    log.error = failure.message;
    if (lane_roll_back(lane) < 0)
        lane_disconnect(lane);
    switch (pg_classify(failure.sqlstate)) {
    case PG_CLAIM:
        log_warning(
            &log,
            "a claim is lost while it %s: another lane has the partition; joins the group anew",
            what);
        lane_count_claims(lane, "lost", 1);
        lane->rejoin = true;
        break;
    case PG_RETRY:
    case PG_CULPRIT: /* the inbox's conflict comes here: somebody decided one of the batch
                        meanwhile; and what fails though no message is blamed for it */
        log_info(&log, "%s while it %s: tries again", failure.sqlstate, what);
        back_off(lane, MAX_BACKOFF_MS);
        break;
    case PG_PAUSE:
        log_error(&log,
                  "%s while it %s: the database is out of something; waits until that has passed",
                  failure.sqlstate, what);
        back_off(lane, MAX_BACKOFF_MS);
        break;
    case PG_STOP:
        log_error(&log,
                  "%s while it %s: stops until somebody mends this, and looks again every %d s",
                  failure.sqlstate, what, STOPPED_MS / 1000);
        stop(lane);
        break;
    }
}

/* A table that lost a column refuses every message: none of them is thrown away for it. */
static void stop_for_culprits(struct lane *lane)
{
    struct log_context log = lane->log;

    log.error = lane->queue[0].detail;
    log_error(&log,
              "messages of more than %lld keys failed within a minute: stops until the first one "
              "that waits succeeds, and looks again every %d s",
              (long long)lane->options.config->culprit_keys, STOPPED_MS / 1000);
    if (lane_roll_back(lane) < 0)
        lane_disconnect(lane);
    stop(lane);
}

void lane_failed(struct lane *lane, int r, const char *what)
{
    struct log_context log = lane->log;

    if (r == -EAGAIN) { /* the batch is tried again in another shape */
        if (lane_roll_back(lane) < 0)
            lane_disconnect(lane);
        return;
    }
    if (r == -ECANCELED) {
        stop_for_culprits(lane);
        return;
    }
    if (lane_health(lane) == LANE_BREACH)
        return; /* told already, and final: the process ends for it */
    if (r == -EPROTO && lane->pg && pg_failure(lane->pg)->sqlstate[0]) {
        refused(lane, what);
        return;
    }
    if (lane->pg && pg_failure(lane->pg)->message[0])
        log.error = pg_failure(lane->pg)->message;
    else
        log.error = *uow_fault(lane->uow) ? uow_fault(lane->uow) : strerror(-r);
    log_warning(&log, "it could not go on while it %s: tries again", what);
    lane_disconnect(lane);
    lane_set_health(lane, LANE_STARTING);
    back_off(lane, MAX_BACKOFF_MS);
}

/* While nothing may be tried, or too much waits for Kafka, no more is fetched; polling goes on, for
 * it keeps the membership. */
static void pause_consumer(struct lane *lane, bool pause)
{
    struct bus_partition list[LANE_MAX_PARTITIONS];
    size_t count = 0;

    if (lane->paused == pause || lane->assignment)
        return;
    for (size_t i = 0; i < lane->partition_count; i++)
        if (!lane->partitions[i]->stopped)
            list[count++] = lane->partitions[i]->at;
    if (count > 0 && (pause ? bus_consumer_pause(lane->consumer, list, count)
                            : bus_consumer_resume(lane->consumer, list, count)) < 0)
        return; /* the group changed meanwhile; a rebalance tells the rest */
    lane->paused = pause;
}

static int grow_queue(struct lane *lane)
{
    size_t capacity = lane->queue_capacity ? lane->queue_capacity * 2 : 256;
    struct item *queue = realloc(lane->queue, capacity * sizeof *queue);

    if (!queue)
        return -ENOMEM;
    lane->queue = queue;
    lane->queue_capacity = capacity;
    return 0;
}

/* Where the partition's next message would be wrong, nothing of it is taken: a rewound or given-up
 * partition. */
static void take(struct lane *lane, struct bus_message *message)
{
    struct partition *p = claim_find(lane, message->topic, message->partition);

    if (!p || p->stopped || message->offset < p->fetched) {
        bus_message_release(message);
        return;
    }
    if (lane->queued == lane->queue_capacity && grow_queue(lane) < 0) {
        lane->rejoin = true; /* no memory: it comes again from the position */
        bus_message_release(message);
        return;
    }
    p->fetched = message->offset + 1;
    lane->queue[lane->queued++] =
        (struct item){.message = *message, .fetched_ms = monotonic_ms(), .partition = p};
    lane->queued_bytes += message->key.size + message->value.size;
}

static void out_of_range(struct lane *lane, const struct bus_message *message)
{
    struct partition *p = claim_find(lane, message->topic, message->partition);

    if (!p || p->stopped)
        return;
    claim_stop(lane, p);
    log_error(&lane->log, "partition %s/%d stops: the topic has no offset %lld", message->topic,
              message->partition, (long long)p->fetched);
}

/* The longest wait for a first message: how late a tick may come. */
static int poll_ms(const struct lane *lane)
{
    return (int)lane->options.config->poll_ms;
}

static int poll_once(struct lane *lane, int timeout_ms)
{
    struct bus_message message;
    int r = bus_consumer_poll(lane->consumer, timeout_ms, &message);

    if (r == 1)
        take(lane, &message);
    else if (r == -ERANGE)
        out_of_range(lane, &message);
    else if (r < 0)
        return r;
    return r == 1;
}

static bool has_backlog(struct lane *lane)
{
    for (size_t i = 0; i < lane->partition_count; i++) {
        const struct partition *p = lane->partitions[i];
        if (!p->stopped &&
            bus_consumer_end(lane->consumer, p->at.topic, p->at.partition) > p->fetched)
            return true;
    }
    return false;
}

static bool has_room(const struct lane *lane)
{
    return lane->queued < (size_t)lane->options.config->batch_max &&
           lane->queued_bytes < (size_t)lane->options.config->queue_bytes;
}

/* Fills the queue: with a backlog up to a full batch, without one with what comes within a moment
 * of the first. */
static int fetch(struct lane *lane)
{
    int r = poll_once(lane, poll_ms(lane));
    int64_t began_ms = monotonic_ms(), waited_ms;

    while (r > 0 && has_room(lane) && (waited_ms = monotonic_ms() - began_ms) < FETCH_MS) {
        r = poll_once(lane, 0);
        if (r == 0 &&
            waited_ms < (has_backlog(lane) ? BACKLOG_MS : lane->options.config->linger_ms))
            r = poll_once(lane, 1) < 0 ? -EIO : 1;
    }
    return r < 0 ? r : 0;
}

static void lose_consumer(struct lane *lane)
{
    log_warning(&lane->log, "the Kafka consumer is made anew");
    claim_drop_all(lane); /* its messages must not outlive it */
    bus_consumer_close(lane->consumer, CLOSE_MS);
    lane->consumer = NULL;
    lane->started = lane->paused = false;
}

/* One turn. Whatever fails is tried again in a later one; the queue keeps what was fetched. */
static void turn(struct lane *lane)
{
    bool wait = monotonic_ms() < lane->retry_at_ms ||
                bus_producer_pending(lane->producer) > (size_t)lane->options.config->pending_max;
    const char *what = "polls";
    int r = 0;

    pause_consumer(lane, wait);
    if (wait || lane->queued == 0) {
        if (lane->queued == 0)
            arena_reset(lane->messages);
        r = wait ? poll_once(lane, poll_ms(lane)) : fetch(lane);
        if (r < 0) {
            lose_consumer(lane);
            return;
        }
    }
    if (lane->rejoin) {
        lane->rejoin = false;
        claim_drop_all(lane);
        if (bus_consumer_rejoin(lane->consumer) < 0) {
            lose_consumer(lane);
            return;
        }
    }
    if (!wait && r >= 0)
        r = (what = "claims partitions", claim_pending(lane));
    batch_forget_stopped(lane);
    if (!wait && r >= 0 && lane->queued > 0)
        r = (what = "runs a batch", batch_run(lane));
    if (r >= 0)
        r = (what = "publishes", outbox_serve(lane));
    if (!wait && r >= 0)
        r = (what = "deletes what was published", outbox_clean(lane));
    if (!wait && r >= 0)
        r = (what = "tries parked messages", park_turn(lane));
    if (!wait && r == 0)
        r = (what = "ticks", lane_tick(lane));
    if (r < 0) {
        lane_failed(lane, r, what);
    } else if (!wait && r == 0) {
        lane->failures = 0;
        lane_set_health(lane, lane->started ? LANE_RUNNING : LANE_STARTING);
    }
}

/* Waits for a dependency, as a member of the group where it is one. */
static void idle(struct lane *lane)
{
    if (!lane->consumer) {
        nanosleep(&(struct timespec){.tv_nsec = PAUSE_MS * 1000000L}, NULL);
        return;
    }
    pause_consumer(lane, true);
    if (poll_once(lane, poll_ms(lane)) < 0)
        lose_consumer(lane);
}

/* What was committed reaches Kafka if it can within the deadline; otherwise the next owner
 * publishes it. */
static void drain(struct lane *lane)
{
    crash_point("before-drain");
    if (lane->producer && !bus_producer_flush(lane->producer, FLUSH_MS))
        log_warning(&lane->log, "%zu records wait in the outbox for who claims next",
                    bus_producer_pending(lane->producer));
    crash_point("after-flush");
    if (lane->pg && lane->producer) {
        lane->next_clean_ms = 0;
        if (outbox_clean(lane) < 0)
            lane_disconnect(lane);
    }
    claim_drop_all(lane);
    crash_point("before-leaving");
    bus_consumer_close(lane->consumer, CLOSE_MS);
    crash_point("after-leaving");
    bus_producer_free(lane->producer);
    pg_close(lane->pg);
    lane->pg = NULL;
}

static void *run(void *arg)
{
    struct lane *lane = arg;

    while (!lane_stopping(lane)) {
        int r = 0;

        if (!lane->pg || !lane->producer || !lane->consumer || !lane->keys) {
            if (monotonic_ms() >= lane->retry_at_ms)
                r = lane_get_ready(lane);
            else
                idle(lane);
            if (r < 0)
                lane_failed(lane, r, "connects");
            continue;
        }
        turn(lane);
    }
    drain(lane);
    return NULL;
}

/* The module's own commands, and the events of other modules that its handlers are on. */
static void list_topics(struct lane *lane)
{
    snprintf(lane->topics[lane->topic_count++], BUS_TOPIC_BYTES, "idpmc.%s.commands", lane->module);
    for (const struct handler *handler = lane->options.worker->handlers; handler->on; handler++) {
        char topic[BUS_TOPIC_BYTES];
        size_t i = 0;

        record_topic(handler->on, topic);
        while (i < lane->topic_count && strcmp(lane->topics[i], topic) != 0)
            i++;
        if (i == lane->topic_count && i < LANE_MAX_TOPICS)
            memcpy(lane->topics[lane->topic_count++], topic, sizeof topic);
    }
}

static size_t count_timers(const struct worker *worker)
{
    size_t count = 0;

    while (worker->timers && worker->timers[count].name)
        count++;
    return count;
}

static void lane_free(struct lane *lane)
{
    lane_sql_deinit(&lane->sql);
    keyring_free(lane->keys);
    uow_free(lane->uow);
    arena_free(lane->messages);
    arena_free(lane->parking);
    free(lane->queue);
    free(lane->next_timer_ms);
    free(lane);
}

static struct lane *lane_new(const struct lane_options *options)
{
    struct lane *lane = calloc(1, sizeof *lane);

    if (!lane)
        return NULL;
    lane->options = *options;
    atomic_store(&lane->fleet_keys, &options->config->fleet_keys);
    lane->module = options->worker->name;
    lane->log = (struct log_context){.worker = lane->module};
    lane->limit = (size_t)options->config->batch_max;
    snprintf(lane->client_id, sizeof lane->client_id, "idpmc-%s-%u", lane->module, options->number);
    list_topics(lane);
    lane->messages = arena_new(MESSAGES_BYTES);
    lane->parking = arena_new(MESSAGES_BYTES);
    lane->uow = uow_new(UOW_BYTES);
    lane->next_timer_ms = calloc(count_timers(options->worker) + 1, sizeof *lane->next_timer_ms);
    if (lane->messages && lane->parking && lane->uow && lane->next_timer_ms &&
        lane_sql_init(&lane->sql, lane->module) == 0)
        return lane;
    lane_free(lane);
    return NULL;
}

struct lane *lane_start(const struct lane_options *options, struct buf *error)
{
    struct lane *lane = lane_new(options);
    int r;

    if (!lane) {
        buf_add_text(error, "no memory for a lane");
        return NULL;
    }
    r = pthread_create(&lane->thread, NULL, run, lane);
    if (r == 0)
        return lane;
    buf_printf(error, "no thread for a lane of %s: %s", lane->module, strerror(r));
    lane_free(lane);
    return NULL;
}

void lane_set_fleet_keys(struct lane *lane, const struct config_keys *keys)
{
    atomic_store(&lane->fleet_keys, keys);
}

void lane_stop(struct lane *lane)
{
    atomic_store(&lane->stopping, true);
}

void lane_join(struct lane *lane)
{
    pthread_join(lane->thread, NULL);
    lane_free(lane);
}
