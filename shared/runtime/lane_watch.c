/* A consumer that stopped without a word: partitions whose messages stand on the broker and do not
 * come, or a group that says nothing at all. What the client knows of the ends does not grow when
 * it fetches no more, so the broker is asked. And partitions that an alarm stopped are looked at
 * again, for somebody may have mended what it was. */
#include "runtime/lane_state.h"

enum {
    LOOK_MS = 500,
    BROKER_MS = 3000,
    MOST_DOUBLINGS = 3, /* of a wait that was in vain */
};

static int64_t patience_ms(const struct lane *lane)
{
    return lane->options.config->kafka_stall_ms;
}

static int64_t doubled(int64_t ms, unsigned times)
{
    return ms << (times < MOST_DOUBLINGS ? times : MOST_DOUBLINGS);
}

void watch_consuming(struct lane *lane)
{
    int64_t now_ms = monotonic_ms();

    for (size_t i = 0; i < lane->partition_count; i++) {
        struct partition *p = lane->partitions[i];

        p->heard_ms = now_ms;
        p->heard = false;
        p->end_asked_ms = 0;
    }
}

void watch_heard(struct partition *p)
{
    p->heard_ms = monotonic_ms();
    p->heard = true;
}

void watch_silence(struct lane *lane, bool silent)
{
    lane->watch.silent_ms = silent ? monotonic_ms() : 0;
    if (!silent)
        lane->watch.silences = 0;
}

/* ---- messages that do not come ----------------------------------------------------------------
 */

static bool at_its_end(const struct partition *p)
{
    return p->end <= (p->reached > p->fetched ? p->reached : p->fetched);
}

/* Since the end was seen there was time for what stands before it, the client had nothing more to
 * hand out, and nothing has come. */
static bool stalls(const struct lane *lane, const struct partition *p, int64_t now_ms)
{
    return p->end_asked_ms > 0 && now_ms - p->end_asked_ms >= patience_ms(lane) &&
           lane->watch.drained_ms > p->end_asked_ms && p->heard_ms < p->end_asked_ms &&
           !at_its_end(p);
}

static bool goes_on(const struct lane *lane, const struct partition *p, int64_t now_ms)
{
    return (p->heard && now_ms - p->heard_ms < patience_ms(lane)) ||
           (p->end_asked_ms > 0 && at_its_end(p));
}

/* How many stall; and where all of them go on, earlier stalls are over. */
static size_t count_stalls(struct lane *lane, int64_t now_ms)
{
    size_t stalled = 0, going = 0, all = 0;

    for (size_t i = 0; i < lane->partition_count; i++) {
        const struct partition *p = lane->partitions[i];

        if (p->stopped)
            continue;
        all++;
        stalled += stalls(lane, p, now_ms);
        going += goes_on(lane, p, now_ms);
    }
    if (all > 0 && going == all)
        lane->watch.stalls = 0;
    return stalled;
}

static bool wants_asking(const struct lane *lane, const struct partition *p, int64_t now_ms)
{
    return !p->stopped && now_ms - p->heard_ms >= patience_ms(lane) &&
           (p->end_asked_ms == 0 || now_ms - p->end_asked_ms >= patience_ms(lane));
}

/* One bounded request for all that are quiet. A broker that does not answer proves nothing. */
static void ask_ends(struct lane *lane, int64_t now_ms)
{
    struct bus_partition list[LANE_MAX_PARTITIONS];
    struct partition *asked[LANE_MAX_PARTITIONS];
    size_t count = 0;
    int r;

    for (size_t i = 0; i < lane->partition_count; i++) {
        if (!wants_asking(lane, lane->partitions[i], now_ms))
            continue;
        asked[count] = lane->partitions[i];
        list[count++] = lane->partitions[i]->at;
    }
    if (count == 0 || now_ms < lane->watch.next_ask_ms)
        return;
    lane->watch.next_ask_ms = now_ms + patience_ms(lane) / 2;
    r = bus_consumer_ends(lane->consumer, list, count, BROKER_MS);
    for (size_t i = 0; i < count; i++) {
        asked[i]->end = r < 0 ? -1 : list[i].offset;
        asked[i]->end_asked_ms = r < 0 ? 0 : now_ms;
    }
}

/* First the group is joined anew, then with a new client, and then the process must be a new one.
 */
static void mend(struct lane *lane, size_t stalled)
{
    switch (lane->watch.stalls++) {
    case 0:
        log_warning(&lane->log,
                    "%zu partitions deliver nothing, though the broker has messages of them: joins "
                    "the group anew",
                    stalled);
        lane_count_repair(lane, "stalled");
        lane->rejoin = true;
        break;
    case 1:
        log_warning(&lane->log, "%zu partitions still deliver nothing", stalled);
        lane_lose_consumer(lane, "stalled_again");
        break;
    default:
        log_error(&lane->log,
                  "%zu partitions deliver nothing, with a new client as well: the process ends, "
                  "for its supervisor to start another",
                  stalled);
        lane_count_repair(lane, "gave_up");
        atomic_store(&lane->gave_up, true);
        break;
    }
}

/* ---- a group that says nothing ------------------------------------------------------------------
 */

static void break_silence(struct lane *lane, int64_t now_ms)
{
    struct lane_watch *watch = &lane->watch;

    if (watch->silent_ms == 0 ||
        now_ms - watch->silent_ms <
            doubled(lane->options.config->kafka_silence_ms, watch->silences))
        return;
    watch->silent_ms = now_ms;
    if (bus_consumer_partitions(lane->consumer, lane->topics[0], BROKER_MS) <= 0)
        return; /* nobody is there to say anything */
    watch->silences++;
    log_warning(&lane->log, "the group gives it no partitions, nor says that there are none");
    lane_lose_consumer(lane, "silent");
}

/* ---- partitions that an alarm stopped -----------------------------------------------------------
 */

/* A look was in vain where something stops again before another one would be due. */
void watch_stopped(struct lane *lane)
{
    struct lane_watch *watch = &lane->watch;
    const int64_t first_ms = 1000 * lane->options.config->look_again_s, now_ms = monotonic_ms();

    if (watch->look_again_ms > 0)
        return;
    if (now_ms - watch->looked_ms >= doubled(first_ms, watch->looks))
        watch->looks = 0;
    watch->look_again_ms = now_ms + doubled(first_ms, watch->looks);
}

/* A claim reads everything again, so it is made again. */
void watch_look_again(struct lane *lane)
{
    struct lane_watch *watch = &lane->watch;
    bool asked = atomic_exchange(&lane->look_again, false);

    if (asked)
        watch->looks = 0;
    if (lane_stopped(lane) == 0 || lane->assignment || lane->rejoin ||
        !(asked || (watch->look_again_ms > 0 && monotonic_ms() >= watch->look_again_ms)))
        return;
    watch->look_again_ms = 0;
    watch->looked_ms = monotonic_ms();
    watch->looks += !asked;
    log_info(&lane->log, "claims its partitions anew, to see whether the stopped ones can go on");
    lane->rejoin = true;
}

void watch_consumer(struct lane *lane)
{
    int64_t now_ms = monotonic_ms();
    size_t stalled;

    if (now_ms < lane->watch.next_ms)
        return;
    lane->watch.next_ms = now_ms + LOOK_MS;
    if (lane->watch.silent_ms > 0 || lane->assignment || lane->rejoin) {
        break_silence(lane, now_ms);
        return;
    }
    stalled = count_stalls(lane, now_ms);
    if (stalled > 0)
        mend(lane, stalled);
    else
        ask_ends(lane, now_ms);
}
