/* What a lane consists of; private to shared/runtime/lane*.c. */
#ifndef RUNTIME_LANE_STATE_H
#define RUNTIME_LANE_STATE_H

#include <pthread.h>
#include <stdatomic.h>

#include "auth/keyring.h"
#include "base/bucket.h"
#include "bus/bus_consumer.h"
#include "bus/bus_producer.h"
#include "log/log.h"
#include "metrics/metrics.h"
#include "pg/pg.h"
#include "runtime/envelope.h"
#include "runtime/lane.h"
#include "runtime/sweep.h"
#include "runtime/timer_turns.h"
#include "runtime/uow.h"

enum {
    LANE_MAX_TOPICS = 16,
    LANE_MAX_PARTITIONS = 1024,
    STRIPES = 128, /* versions a partition: wire of <mod>_api.positions */
    LANE_TICKS = 8192,
    LANE_QUOTAS = 256,
    LANE_CULPRITS = 1024,
    OUTCOME_FAILED = -1, /* in the inbox, beside the contract's codes */
    OUTCOME_PARKED = -2,
    PARK_HELD = -1,     /* delays that are none: until an operator decides, */
    PARK_FOLLOWER = -2, /* and until those before it in the batch are done */
};

struct tick {
    uint64_t hash;
    int64_t until_ms;
};

/* What a lane knows of one of its worker's timers. */
struct lane_timer {
    struct turns turns;
    int64_t next_ms;      /* when it looks again */
    int64_t next_list_ms; /* and when at who there is, and what day it is there */
    int64_t ahead_us;     /* the database's clock, of the monotonic one */
};

/* Where a row stands among those of its partition: the position that its batch moved to; behind
 * that row, those of batches that left the position where it was. */
struct outbox_place {
    int64_t upto;
    int32_t place;
};

/* One batch's records of one partition, as a row of the outbox has them, until Kafka confirmed
 * each. */
struct outbox_row {
    struct outbox_row *next;
    struct partition *partition; /* NULL: given up; only the reports are waited for */
    struct outbox_place at;
    size_t outstanding; /* records that are not confirmed */
    bool refused;       /* one was not taken, or was not sent behind such a one */
};

/* A partition that this lane claimed. */
struct partition {
    struct bus_partition at; /* offset: where consuming began */
    int64_t next;            /* the first offset that no transaction of ours has covered */
    int64_t fetched;         /* the first offset that was not fetched */
    int64_t epoch;
    struct outbox_place confirmed; /* the outbox's rows up to here may be deleted; upto -1: none */
    int32_t place;                 /* of the last row at `next` */
    struct outbox_row *rows, **rows_end; /* in order */
    struct metrics_series *lag_messages, *lag_seconds;
    int32_t topic_partitions; /* how many its topic has */
    struct buf records;       /* the outbox row of the batch under way */
    size_t record_count;
    bool refused;     /* a row is: what comes behind it is not sent before all is read again */
    bool unpublished; /* they are committed, at `next` and `place`, and not given to the producer */
    int64_t upto;     /* the batch under way moves `next` to here; -1: it is not touched */
    int32_t upto_place; /* and its outbox row gets this place there */
    bool stopped;       /* by an alarm */
    bool moved;         /* since the last hint to Kafka */

    int64_t last;         /* the last record that the position covers, and what it was */
    struct digest digest; /* of that record */
    bool has_digest;
    int64_t new_last;         /* as the batch under way will have them */
    struct digest new_digest; /* the same */
    bool new_has_digest;
    bool proves;                /* the next that comes must be this record, and the same */
    bool proves_again;          /* that is not the first proof since the claim */
    int64_t prove_at;           /* its offset */
    struct digest prove_digest; /* and what it was */
    int64_t took_ms;            /* when a message was taken, or proven; 0: prove the next one */

    int32_t claims;       /* since the position moved last */
    int64_t trying;       /* the message that stands under suspicion; -1: none */
    int32_t tries;        /* of it alone; -1: of all up to it together */
    bool tried;           /* one of them is ours, and this process has survived it so far */
    int64_t suspect_upto; /* messages before this offset run in small groups */
    int64_t alone_upto;   /* and those before this one alone */

    int64_t heard_ms; /* its last message or end, or when consuming began */
    bool heard;       /* anything since then */
    int64_t reached;  /* the end that fetching came to, also where no message stands before it */
    int64_t end;      /* as the broker said it */
    int64_t end_asked_ms;         /* when; 0: it was not asked since the last word */
    uint8_t stripes[STRIPES * 8]; /* as in the position row: big-endian offsets */
    const uint8_t *new_stripes;   /* as the batch under way will have them */
};

enum fate {
    FATE_UNREAD,  /* not opened yet */
    FATE_OPEN,    /* to be decided */
    FATE_PASSED,  /* nobody here handles it */
    FATE_KNOWN,   /* the inbox has its outcome */
    FATE_DECIDED, /* applied or rejected */
    FATE_PARKED,  /* to be tried later, and behind it what follows of its key */
    FATE_DEAD,
};

/* Why a message is parked. */
enum park_cause {
    PARK_BEHIND,    /* an earlier one of its key is */
    PARK_TRANSIENT, /* it failed twice, but may succeed later */
    PARK_CULPRIT,   /* its own data fail, and its contract holds the key until somebody decides */
    PARK_QUOTA,     /* its producer sends more than it may */
};

struct item {
    struct bus_message message;
    size_t bytes; /* of the message in the queue */
    int64_t fetched_ms;
    struct partition *partition;
    struct envelope *envelope;
    const struct handler *handler;
    struct command command;
    enum fate opened;          /* what opening it gave; lasts over attempts */
    enum fate fate;            /* of the attempt under way */
    int32_t outcome;           /* as in the inbox, where this attempt inserts it */
    bool insert;               /* this attempt adds it to the inbox */
    bool update;               /* this attempt changes what the inbox says of it */
    enum dead_cause cause;     /* FATE_DEAD */
    enum dead_cause condemned; /* it becomes a dead letter for this without being decoded; `detail`
                                  says why */
    bool remembered;           /* parked: the inbox has it, however old it is */
    char detail[DETAIL_BYTES];
    unsigned attempts;    /* that failed by its own fault */
    enum park_cause park; /* FATE_PARKED */
    int64_t delay_ms;     /* and until it is tried, or PARK_HELD, PARK_FOLLOWER */
    bool over_quota;
};

/* What an outside producer may still send. */
struct quota {
    char actor[KEY_ID_BYTES + 16];
    struct bucket bucket;
};

/* A key whose message failed by its own fault. */
struct culprit {
    uint32_t key_hash;
    int64_t at_ms;
};

/* The lane's statements, with the module's schema in them. */
struct lane_sql {
    char *inbox_find, *inbox_add, *inbox_update, *inbox_blocks, *inbox_delete, *outbox_add,
        *outbox_delete, *outbox_read, *dead_add, *park_find, *park_add, *park_due, *park_count,
        *park_try, *park_run, *park_failed, *park_released, *park_done, *park_wake, *claim, *move,
        *try, *acquit;
};

/* What the lane's watch over its consumer remembers. */
struct lane_watch {
    int64_t next_ms;       /* when it looks again */
    int64_t next_ask_ms;   /* and when it may ask the broker again */
    int64_t silent_ms;     /* since when the group has said nothing; 0: it said something */
    int64_t drained_ms;    /* when the client had nothing more for us */
    unsigned stalls;       /* in a row */
    unsigned silences;     /* in a row */
    int64_t look_again_ms; /* at partitions that stopped; 0: there are none */
    int64_t looked_ms;     /* when that was done last */
    unsigned looks;        /* in a row, in vain */
};

struct lane {
    struct lane_options options;
    const char *module;
    struct log_context log;
    pthread_t thread;
    atomic_bool stopping;
    _Atomic int health;
    _Atomic uint64_t signs; /* of life: their number */
    _Atomic size_t stopped; /* partitions, by an alarm */
    atomic_bool gave_up;    /* the process should be made anew */
    atomic_bool look_again; /* somebody wants stopped partitions to be looked at */
    const struct config_keys *_Atomic fleet_keys;
    char client_id[64];

    struct pg *pg;
    struct pg_stats counted; /* of this connection, in the metrics already */
    struct bus_consumer *consumer;
    struct lane_watch watch;
    struct bus_producer *producer;
    struct keyring *keys;
    int64_t keys_loaded_ms;
    struct lane_sql sql;
    char topics[LANE_MAX_TOPICS][BUS_TOPIC_BYTES]; /* the first is the module's own commands */
    size_t topic_count;

    struct partition *partitions[LANE_MAX_PARTITIONS];
    size_t partition_count;
    struct bus_partition *assignment; /* the group's, to be claimed and started; NULL: none waits */
    size_t assignment_count;
    struct bus_partition tried; /* of the try whose end was not said yet; topic "": none */
    bool rejoin;                /* a claim was lost */
    bool send_again;            /* the producer gave a record up: from the outbox, in order */
    int64_t heard_ms;           /* when the consumer was polled last, and so the group heard */
    bool started;               /* consumes what the group gave it */
    bool paused;
    bool checked;                    /* the rules of isolation, once */
    struct bus_partition *acquitted; /* what we had and did not die of, with the message tried */
    size_t acquitted_count;

    struct item *queue; /* fetched, in order: a batch is the first of its front */
    size_t queued, queue_capacity;
    size_t front_count;  /* of them are the front; the others were fetched behind it */
    bool front_closed;   /* what comes is added behind it */
    unsigned front;      /* which of `messages` is the front's */
    size_t queued_bytes; /* of their keys and values */
    int kept; /* what fetching came to beside a batch, as bus_consumer_poll; 0: nothing */
    struct bus_message kept_message;
    size_t limit;              /* most items of the next batch: shrinks to find a culprit */
    struct arena *messages[2]; /* envelopes and bodies of the front's items, and of the others */
    struct uow *uow;           /* and its arena: scratch of the attempt */
    int64_t retry_at_ms;       /* nothing is tried before: a dependency failed */
    unsigned failures;         /* in a row */
    unsigned conflicts;        /* in a row, over locks and the like, which one message may cause */
    int64_t careful_until_ms;  /* locks are not waited for, after a conflict */
    struct culprit culprits[LANE_CULPRITS]; /* of the last minute */
    size_t culprit_count;

    struct arena *parking; /* of the parked key that is tried */
    bool tells_parked;     /* how many keys the module has, to whoever asks for metrics */
    struct quota quotas[LANE_QUOTAS];
    size_t quota_count;

    int64_t next_hint_ms, next_keys_ms, next_clean_ms, next_park_ms, next_park_count_ms,
        next_measure_ms, next_sweep_ms;
    size_t told_pending;           /* outbox rows of this lane that the metric counts */
    struct sweep sweep;            /* of the inbox */
    struct tick ticks[LANE_TICKS]; /* published a moment ago, by their id's hash */
    struct lane_timer *timers;     /* one a timer of the worker */
};

/* Tells the process that the lane's thread has come so far. Before each wait, for no wait is longer
 * than the process is patient. */
static inline void lane_lives(struct lane *lane)
{
    atomic_fetch_add(&lane->signs, 1);
}

/* The deadline of a round trip to the database, which begins now. */
static inline int lane_round_trip_ms(struct lane *lane)
{
    lane_lives(lane);
    return (int)lane->options.config->database_lane_ms;
}

/* Which of a partition's stripes tells of a record key with this murmur2. */
static inline unsigned lane_stripe(uint32_t key_hash)
{
    return (key_hash >> 16) % STRIPES;
}

/* lane.c: what became of a try: closes what is broken, backs off, or shrinks the batch. `r` is
 * negative. */
void lane_failed(struct lane *lane, int r, const char *what);
must_check int lane_roll_back(struct lane *lane);
bool lane_stopping(const struct lane *lane);
void lane_disconnect(struct lane *lane); /* from the database; the loop connects again */
void lane_set_health(struct lane *lane, enum lane_health health);

/* lane_connect.c */
must_check int
lane_get_ready(struct lane *lane); /* everything that the loop needs is there, or is made */
must_check int lane_make_producer(struct lane *lane);

/* lane_sql.c */
must_check int lane_sql_init(struct lane_sql *sql, const char *module);
void lane_sql_deinit(struct lane_sql *sql);
extern const char lane_end_stuck_sql[]; /* of every module */
extern const char lane_impatient_sql[];

/* lane_claim.c: partitions come and go. */
void claim_names(struct lane *lane, /* topics and numbers of all ours, as statements' arrays */
                 struct pg_param params[static 2]);
void claim_assigned(void *lane, const struct bus_partition *partitions, size_t count);
void claim_revoked(void *lane, const struct bus_partition *partitions, size_t count, bool lost);
must_check int claim_pending(
    struct lane *lane); /* claims what waits and starts it; 0 also while it waits for leftovers */
must_check int claim_publish_leftovers(
    struct lane *lane); /* everything that the outbox holds for our partitions, in order */
struct partition *claim_find(struct lane *lane, const char *topic, int32_t partition);
void claim_drop_all(struct lane *lane);
void claim_stop(struct lane *lane,
                struct partition *partition); /* consumes no more of it; the caller says why */

/* lane_fetch.c: from the consumer into the queue. */
void fetch_pause(struct lane *lane, bool pause);
must_check int fetch_one(struct lane *lane);   /* 1: something came; 0; or -EIO */
must_check int fetch_batch(struct lane *lane); /* as much as is worth a batch. 0, or -EIO */
void fetch_meanwhile(struct lane *lane);   /* behind a full front, whose batch is under way: what
                                              comes   without anything else to be done about it */
void fetch_forget_kept(struct lane *lane); /* what came and had to wait for the batch's end */

/* lane_queue.c: what was fetched, in two groups. */
bool queue_has_room(const struct lane *lane); /* in the group that is being filled */
must_check int
queue_make_room(struct lane *lane); /* behind the front, for another batch: so much is
                                       pushed without moving the items. 0 or -ENOMEM */
must_check int queue_push(struct lane *lane, const struct bus_message *message,
                          struct partition *partition); /* owns the message then. 0 or -ENOMEM */
void queue_drop(struct lane *lane, size_t count);       /* the first, which are done */
void queue_forget(struct lane *lane, const struct partition *partition); /* its items */
void queue_forget_stopped(struct lane *lane); /* those of stopped partitions */

/* lane_position.c: what a partition's row knows of the record before it. */
void position_take(
    struct lane *lane, struct partition *partition, const struct pg_rows *rows,
    size_t row); /* an answer of the claim; partition->at.offset is the topic's first */
bool position_goes_on(const struct partition *partition); /* the next message has not to prove
                                                             anything */
bool position_accepts(struct lane *lane, struct partition *partition,
                      const struct bus_message *message); /* false: it is not to be processed */
bool position_doubts(struct lane *lane,
                     struct partition *partition); /* out of range: true where a claim is to tell */
void position_plan(struct partition *partition, const struct item *items,
                   size_t count); /* what `new_last` and its digest are, by `upto` */
void position_moved(struct partition *partition); /* that was committed */

/* lane_suspect.c: a message that crashes the process is found, and dies alone. */
void suspect_claimed(struct lane *lane, struct partition *partition, int64_t end);
size_t suspect_limit(const struct lane *lane); /* how many of the queue run together */
bool suspect_is(const struct item *item);
must_check int suspect_try(struct lane *lane); /* before the batch under way: writes the try down */
void suspect_moved(struct partition *partition); /* its position did: nobody is suspected */
void suspect_forget(struct lane *lane, const struct partition *partition); /* it is given up */
must_check int suspect_acquit(struct lane *lane); /* takes back what killed nobody */

/* lane_watch.c: a consumer that stopped without a word, and partitions that an alarm stopped. */
void watch_consuming(struct lane *lane);            /* everything begins anew */
void watch_heard(struct partition *partition);      /* a message of it, or its end, has come */
void watch_silence(struct lane *lane, bool silent); /* the group was asked, or spoke */
void watch_stopped(struct lane *lane);              /* a partition did */
void watch_look_again(struct lane *lane); /* sets `rejoin` where stopped partitions are due */
void watch_consumer(struct lane *lane);   /* may set `rejoin`, make the consumer anew, or give up */

/* lane.c */
void lane_lose_consumer(struct lane *lane, const char *reason); /* the next turn makes another */

/* lane_batch.c: the unit of work of one batch. 0, or negative for lane_failed. */
must_check int batch_run(struct lane *lane);
must_check int
batch_queue_move(struct lane *lane,
                 struct arena *arena); /* the fence: for partitions whose `upto` is not -1 */
must_check int
batch_begin(struct lane *lane,
            const struct partition *only); /* begins a transaction under this one's fence */
must_check int batch_commit(struct lane *lane);

/* lane_open.c: opens what is behind the queue's front, as far as that goes without trouble. */
void open_ahead(struct lane *lane);

/* lane_retry.c: 0, or negative for lane_failed. */
must_check int park_turn(struct lane *lane); /* tries again what is due; 1: a try failed by no
                                                message's fault, and lane_failed has been told */

/* Says in the table that the try which the connection did not outlive has ended, where there is
 * one. 0 or negative. */
must_check int park_release(struct lane *lane);

/* lane_park.c */
const char *park_cause_name(enum park_cause cause);

/* lane_quota.c: may this producer send another one now? 0, or how long it has to wait. */
int64_t quota_take(struct lane *lane, struct span actor, int64_t cost);

/* lane_dead.c: rows for the dead letters among these items, and copies for the dead-letter topic.
 * The statement, 0, or negative. */
must_check int dead_queue_add(struct lane *lane, struct arena *arena, const struct item *items,
                              size_t count);

/* lane_outbox.c: what was committed is published in order; what Kafka confirmed is deleted. */
void outbox_delivered(void *lane, void *row, enum bus_delivery result, const char *error);
must_check int outbox_publish(struct lane *lane, struct partition *partition,
                              struct outbox_place at, struct span records);
void outbox_publish_committed(struct lane *lane); /* what batches left to be published */
void outbox_abandon(struct partition *partition);
size_t outbox_pending(const struct lane *lane); /* rows that Kafka has not confirmed */
must_check int outbox_queue_delete(struct lane *lane,
                                   struct arena *arena); /* of what Kafka confirmed */
void outbox_deleted(struct lane *lane);                  /* that was committed */
must_check int outbox_clean(struct lane *lane);          /* deletes where no batch does it */
must_check int outbox_serve(struct lane *lane);          /* takes Kafka's reports */

/* lane_tick.c: what happens by the clock. 0 or negative for lane_failed. */
must_check int lane_tick(struct lane *lane);
must_check int timers_run(struct lane *lane); /* lane_timer.c: the worker's own part of it */
must_check int lane_load_keys(struct lane *lane);

/* lane_retention.c: deletes what the inbox need not know any longer. 0, or negative for
 * lane_failed. */
must_check int retention_turn(struct lane *lane);

/* lane_metrics.c */
void lane_count_repair(const struct lane *lane, const char *reason);
void lane_tell_stopped(struct lane *lane, int change);
void lane_count_claims(const struct lane *lane, const char *result, size_t count);
void lane_count_batch(struct lane *lane, const struct item *items, size_t count,
                      double seconds);    /* after their commit */
void lane_measure(struct lane *lane);     /* lag and outbox, by the clock */
void lane_tell_outbox(struct lane *lane); /* also when its partitions are gone */

#endif
