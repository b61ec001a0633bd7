/* What a batch put into the outbox is published after its commit, in order; a row whose records
 * Kafka confirmed is deleted in the next transaction. A record is never given up: what the producer
 * cannot deliver is read from the outbox and sent again. */
#include <errno.h>
#include <stdlib.h>

#include "runtime/crash.h"
#include "runtime/lane_state.h"
#include "runtime/record.h"

enum { QUEUE_FULL_MS = 100, QUEUE_FULL_MOST_MS = 5000, CLEAN_MS = 200 };

static void pop_confirmed(struct partition *p)
{
    while (p->rows && p->rows->outstanding == 0 && !p->rows->refused) {
        struct outbox_row *row = p->rows;

        p->confirmed = row->at;
        p->rows = row->next;
        if (!p->rows)
            p->rows_end = &p->rows;
        free(row);
    }
}

static void refuse(struct outbox_row *row)
{
    row->refused = true;
    row->partition->refused = true;
}

/* The client's queue is bounded: while it is full, its reports are served until there is room. */
static int send_record(struct lane *lane, const struct bus_record *record, struct outbox_row *row)
{
    int64_t deadline_ms = monotonic_ms() + QUEUE_FULL_MOST_MS;
    int r;

    while ((r = bus_producer_send(lane->producer, record, row)) == -EAGAIN) {
        if (lane_stopping(lane) || monotonic_ms() > deadline_ms)
            return r; /* the row stays in the outbox: it is sent again, or by who claims next */
        lane_lives(lane);
        bus_producer_poll(lane->producer, QUEUE_FULL_MS);
    }
    return r;
}

static void stop_partition(struct lane *lane, struct partition *partition, const char *error)
{
    struct log_context log = lane->log;

    if (partition->stopped)
        return;
    log.error = error;
    claim_stop(lane, partition);
    log_error(&log,
              "partition %s/%d stops: a record of its outbox cannot be published; see whether its "
              "topic is there",
              partition->at.topic, partition->at.partition);
}

void outbox_delivered(void *context, void *opaque, enum bus_delivery result, const char *error)
{
    struct lane *lane = context;
    struct outbox_row *row = opaque;

    if (!row)
        return; /* a tick: the next look at the clock repeats it */
    row->outstanding--;
    if (!row->partition) {
        if (row->outstanding == 0)
            free(row);
        return;
    }
    crash_point("after-delivery");
    if (result != BUS_DELIVERED)
        refuse(row);
    if (result == BUS_UNKNOWN)
        lane->send_again = true;
    if (result == BUS_REFUSED)
        stop_partition(lane, row->partition, error);
    pop_confirmed(row->partition);
}

static int send_all(struct lane *lane, struct outbox_row *row, struct span records)
{
    struct arena *arena = uow_arena(lane->uow);
    struct arena_mark mark = arena_mark(arena);
    struct bus_record record;
    int r;

    while ((r = record_unpack(&records, arena, &record)) > 0) {
        row->outstanding++;
        r = send_record(lane, &record, row);
        arena_rewind(arena, mark);
        if (r < 0) {
            row->outstanding--;
            break;
        }
        crash_point("after-send");
    }
    arena_rewind(arena, mark);
    return r;
}

int outbox_publish(struct lane *lane, struct partition *partition, struct outbox_place at,
                   struct span records)
{
    struct outbox_row *row = calloc(1, sizeof *row);
    int r;

    if (!row)
        return -ENOMEM;
    *row = (struct outbox_row){
        .partition = partition, .at = at, .outstanding = 1, .refused = partition->refused};
    *partition->rows_end = row;
    partition->rows_end = &row->next;
    r = lane->send_again ? -EAGAIN /* nothing overtakes what could not be sent */
        : row->refused   ? 0
                         : send_all(lane, row, records);
    if (r < 0) {
        refuse(row);
        if (r == -EIO || r == -EAGAIN || r == -ENOMEM)
            lane->send_again = true;
        else
            stop_partition(lane, partition, strerror(-r));
    }
    row->outstanding--; /* ours, which kept the reports from ending the row while it was filled */
    pop_confirmed(partition);
    return 0;
}

void outbox_publish_committed(struct lane *lane)
{
    bool any = false;

    for (size_t i = 0; i < lane->partition_count; i++) {
        struct partition *p = lane->partitions[i];

        if (!p->unpublished)
            continue;
        any = true;
        p->unpublished = false;
        if (outbox_publish(lane, p, (struct outbox_place){p->next, p->place},
                           buf_span(&p->records)) < 0)
            lane->send_again = true; /* no memory: nothing overtakes it, and it is read again */
    }
    if (any)
        crash_point("after-publish");
}

void outbox_abandon(struct partition *partition)
{
    struct outbox_row *next;

    for (struct outbox_row *row = partition->rows; row; row = next) {
        next = row->next;
        row->partition = NULL;
        if (row->outstanding == 0)
            free(row);
    }
    partition->rows = NULL;
    partition->rows_end = &partition->rows;
    partition->unpublished = false;
    partition->refused = false;
}

size_t outbox_pending(const struct lane *lane)
{
    size_t count = 0;

    for (size_t i = 0; i < lane->partition_count; i++) {
        count += lane->partitions[i]->unpublished;
        for (const struct outbox_row *row = lane->partitions[i]->rows; row; row = row->next)
            count++;
    }
    return count;
}

int outbox_queue_delete(struct lane *lane, struct arena *arena)
{
    struct pg_array topics, parts, uptos, places;
    size_t count = 0;

    pg_array_init(&topics, arena, PG_TEXT, lane->partition_count);
    pg_array_init(&parts, arena, PG_INT4, lane->partition_count);
    pg_array_init(&uptos, arena, PG_INT8, lane->partition_count);
    pg_array_init(&places, arena, PG_INT4, lane->partition_count);
    for (size_t i = 0; i < lane->partition_count; i++) {
        const struct partition *p = lane->partitions[i];

        if (p->confirmed.upto < 0)
            continue;
        pg_array_add_span(&topics, span_text(p->at.topic));
        pg_array_add_int4(&parts, p->at.partition);
        pg_array_add_int8(&uptos, p->confirmed.upto);
        pg_array_add_int4(&places, p->confirmed.place);
        count++;
    }
    if (count == 0)
        return 0;
    return pg_add(lane->pg, lane->sql.outbox_delete,
                  (struct pg_param[]){pg_array_param(&topics), pg_array_param(&parts),
                                      pg_array_param(&uptos), pg_array_param(&places)},
                  4);
}

void outbox_deleted(struct lane *lane)
{
    for (size_t i = 0; i < lane->partition_count; i++)
        lane->partitions[i]->confirmed.upto = -1;
}

static bool anything_confirmed(struct lane *lane)
{
    bool any = false;

    for (size_t i = 0; i < lane->partition_count; i++) {
        struct partition *p = lane->partitions[i];

        p->upto = p->confirmed.upto >= 0 ? p->next
                                         : -1; /* the fence confirms the claim of what is deleted */
        any |= p->confirmed.upto >= 0;
    }
    return any;
}

int outbox_clean(struct lane *lane)
{
    int r;

    if (monotonic_ms() < lane->next_clean_ms)
        return 0;
    lane->next_clean_ms = monotonic_ms() + CLEAN_MS;
    if (!anything_confirmed(lane))
        return 0;
    uow_begin(lane->uow);
    r = pg_add(lane->pg, "begin isolation level repeatable read", NULL, 0);
    if (r >= 0)
        r = batch_queue_move(lane, uow_arena(lane->uow));
    if (r >= 0)
        r = outbox_queue_delete(lane, uow_arena(lane->uow));
    if (r >= 0)
        r = batch_commit(lane);
    if (r < 0)
        return r;
    crash_point("after-delete");
    outbox_deleted(lane);
    return 0;
}

/* After a producer's fatal error, or a record that it gave up, everything that it had not confirmed
 * is read again and sent in order by a new one. Where that fails the lane claims anew, for nothing
 * newer may be published before. */
static int send_again(struct lane *lane)
{
    const char *fatal = bus_producer_fatal(lane->producer);
    int r;

    log_warning(&(struct log_context){.worker = lane->module, .error = fatal},
                "the producer is made anew and sends again from the outbox");
    for (size_t i = 0; i < lane->partition_count; i++)
        outbox_abandon(lane->partitions[i]);
    bus_producer_free(lane->producer);
    lane->producer = NULL;
    lane->send_again = false;
    r = lane_make_producer(lane);
    if (r == 0)
        r = claim_publish_leftovers(lane);
    if (r < 0)
        lane->rejoin = true;
    return r;
}

int outbox_serve(struct lane *lane)
{
    bus_producer_poll(lane->producer, 0);
    if (bus_producer_fatal(lane->producer) || lane->send_again)
        return send_again(lane);
    return 0;
}
