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
    PAUSE_MS = 50, /* while there is no consumer to wait for */
    FIRST_BACKOFF_MS = 20,
    MAX_BACKOFF_MS = 2000,
    STOPPED_MS = 10000, /* between tries of a lane that stopped with an alarm */
    MEASURE_MS = 1000,
    FLUSH_MS = 2000, /* of a drain */
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

size_t lane_stopped(const struct lane *lane)
{
    return atomic_load(&lane->stopped);
}

void lane_look_again(struct lane *lane)
{
    atomic_store(&lane->look_again, true);
}

uint64_t lane_signs(const struct lane *lane)
{
    return atomic_load(&lane->signs);
}

bool lane_gave_up(const struct lane *lane)
{
    return atomic_load(&lane->gave_up);
}

const char *lane_name(const struct lane *lane)
{
    return lane->client_id;
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
    /* what a failed step had queued must not be sent with what follows */
    r = pg_drop(lane->pg, ROLLBACK_MS);
    if (r < 0 || !pg_in_transaction(lane->pg))
        return r;
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
        lane_set_health(lane, LANE_STARTING);
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

void lane_lose_consumer(struct lane *lane, const char *reason)
{
    log_warning(&lane->log, "the Kafka consumer is made anew");
    lane_count_repair(lane, reason);
    claim_drop_all(lane); /* its messages must not outlive it */
    bus_consumer_close(lane->consumer, CLOSE_MS);
    lane->consumer = NULL;
    lane->started = lane->paused = false;
}

/* Leaves the group and joins it anew. False: with a new consumer only. */
static bool rejoin(struct lane *lane)
{
    lane->rejoin = false;
    claim_drop_all(lane);
    lane_lives(lane);
    if (bus_consumer_rejoin(lane->consumer) == 0)
        return true;
    lane_lose_consumer(lane, "stuck");
    return false;
}

/* One turn. Whatever fails is tried again in a later one; the queue keeps what was fetched. */
static void turn(struct lane *lane)
{
    bool wait = monotonic_ms() < lane->retry_at_ms ||
                bus_producer_pending(lane->producer) > (size_t)lane->options.config->pending_max;
    const char *what = "polls";
    int r = 0;

    fetch_pause(lane, wait);
    r = wait ? fetch_one(lane) : fetch_batch(lane);
    if (r < 0) {
        lane_lose_consumer(lane, "fatal");
        return;
    }
    watch_look_again(lane);
    if (lane->rejoin && !rejoin(lane))
        return;
    if (!wait && r >= 0)
        r = (what = "claims partitions", claim_pending(lane));
    queue_forget_stopped(lane);
    if (!wait && r >= 0 && lane->queued > 0)
        r = (what = "runs a batch", batch_run(lane));
    if (wait || r < 0 || lane->queued == 0)
        outbox_publish_committed(lane); /* no batch follows that would do it on its way */
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
        watch_consumer(lane);
    }
}

/* Waits for a dependency, as a member of the group where it is one. */
static void idle(struct lane *lane)
{
    if (!lane->consumer) {
        nanosleep(&(struct timespec){.tv_nsec = PAUSE_MS * 1000000L}, NULL);
        return;
    }
    fetch_pause(lane, true);
    if (fetch_one(lane) < 0)
        lane_lose_consumer(lane, "fatal");
}

/* What was committed reaches Kafka if it can within the deadline; otherwise the next owner
 * publishes it. */
static void drain(struct lane *lane)
{
    crash_point("drain-flush");
    outbox_publish_committed(lane);
    if (lane->producer && !bus_producer_flush(lane->producer, FLUSH_MS))
        log_warning(&lane->log, "%zu records wait in the outbox for who claims next",
                    bus_producer_pending(lane->producer));
    crash_point("drain-clean");
    if (lane->pg && lane->producer) {
        lane->next_clean_ms = 0;
        if (outbox_clean(lane) < 0)
            lane_disconnect(lane);
    }
    claim_drop_all(lane);
    lane_tell_outbox(lane);
    if (lane->pg && (suspect_acquit(lane) < 0 || park_release(lane) < 0))
        lane_disconnect(lane);
    crash_point("drain-leave");
    bus_consumer_close(lane->consumer, CLOSE_MS);
    crash_point("drain-left");
    bus_producer_free(lane->producer);
    pg_close(lane->pg);
    lane->pg = NULL;
}

/* Also of a lane that waits: how long its messages wait with it is what an alarm looks at. */
static void measure(struct lane *lane)
{
    int64_t now_ms = monotonic_ms();

    if (!lane->consumer || now_ms < lane->next_measure_ms)
        return;
    lane->next_measure_ms = now_ms + MEASURE_MS;
    lane_measure(lane);
}

static void *run(void *arg)
{
    struct lane *lane = arg;

    while (!lane_stopping(lane)) {
        int r = 0;

        lane_lives(lane);
        measure(lane);
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
    arena_free(lane->messages[0]);
    arena_free(lane->messages[1]);
    arena_free(lane->parking);
    free(lane->queue);
    free(lane->acquitted);
    for (size_t i = 0; lane->timers && i < count_timers(lane->options.worker); i++)
        turns_forget(&lane->timers[i].turns);
    free(lane->timers);
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
    lane->messages[0] = arena_new(MESSAGES_BYTES);
    lane->messages[1] = arena_new(MESSAGES_BYTES);
    lane->parking = arena_new(MESSAGES_BYTES);
    lane->uow = uow_new(UOW_BYTES);
    lane->timers = calloc(count_timers(options->worker) + 1, sizeof *lane->timers);
    if (lane->messages[0] && lane->messages[1] && lane->parking && lane->uow && lane->timers &&
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
