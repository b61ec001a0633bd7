/* What a partition's row knows of the record before its position. A topic that was deleted and made
 * again has the same name and offsets that look right, so the row keeps a digest of the last record
 * that it covers, and who claims the partition begins with that record: it must be the same. */
#include "runtime/lane_state.h"

enum {
    QUIET_MS = 5000, /* nobody makes a topic again, and fills it, within this time */
    SEEK_MS = 2000,
};

/* SHA-256 over the append time (8 bytes, big-endian milliseconds), SHA-256 of the key, and SHA-256
 * of the value. The time alone would nearly do: nobody but the broker makes it. */
static struct digest digest_of_record(const struct bus_message *message)
{
    struct digest key = digest_of(message->key), value = digest_of(message->value);
    uint8_t bytes[8 + 2 * DIGEST_BYTES];

    for (int byte = 0; byte < 8; byte++)
        bytes[byte] = (uint8_t)((uint64_t)message->append_ms >> (56 - 8 * byte));
    memcpy(bytes + 8, key.bytes, DIGEST_BYTES);
    memcpy(bytes + 8 + DIGEST_BYTES, value.bytes, DIGEST_BYTES);
    return digest_of(span_of(bytes, sizeof bytes));
}

static void stop_below_the_topic(struct lane *lane, struct partition *p)
{
    claim_stop(lane, p);
    log_error(&lane->log,
              "partition %s/%d stops: its position is %lld, but the topic begins at %lld, so "
              "messages are gone; see whether the topic was made "
              "anew or its retention was too short, then set the position in %s.position",
              p->at.topic, p->at.partition, (long long)p->next, (long long)p->at.offset,
              lane->module);
}

/* A digest speaks of the record right before the position: of another one after an operator set
 * the position, and then there is nothing to compare. */
static bool can_prove(const struct partition *p)
{
    return p->has_digest && p->last == p->next - 1 && p->last >= p->at.offset;
}

void position_take(struct lane *lane, struct partition *p, const struct pg_rows *rows, size_t row)
{
    struct span stripes = pg_value(rows, row, 4), digest = pg_value(rows, row, 6);

    p->next = pg_get_int8(rows, row, 2);
    p->epoch = pg_get_int8(rows, row, 3);
    if (stripes.size == sizeof p->stripes)
        memcpy(p->stripes, stripes.data, sizeof p->stripes);
    p->last = pg_get_int8(rows, row, 5);
    p->has_digest = digest.size == DIGEST_BYTES;
    if (p->has_digest)
        memcpy(p->digest.bytes, digest.data, DIGEST_BYTES);
    p->claims = pg_get_int4(rows, row, 7);
    p->trying = pg_get_int8(rows, row, 8);
    p->tries = pg_get_int4(rows, row, 9);
    if (p->at.offset > p->next)
        stop_below_the_topic(lane, p);
    p->proves = can_prove(p);
    p->prove_at = p->last;
    p->prove_digest = p->digest;
    p->at.offset = p->fetched = p->proves ? p->last : p->next;
    p->took_ms = monotonic_ms();
}

static bool is_same(struct lane *lane, struct partition *p, const struct bus_message *message)
{
    struct digest digest = digest_of_record(message);

    if (digest_equal(&digest, &p->prove_digest))
        return true;
    claim_stop(lane, p);
    log_error(&lane->log,
              "partition %s/%d stops: record %lld is not the one that stood there, "
              "so the topic was deleted and made again; see what became of its messages, then set "
              "the position in %s.position, and its digest to null",
              p->at.topic, p->at.partition, (long long)p->prove_at, lane->module);
    return false;
}

static const struct item *last_queued(const struct lane *lane, const struct partition *p)
{
    for (size_t i = lane->queued; i > 0; i--)
        if (lane->queue[i - 1].partition == p)
            return &lane->queue[i - 1];
    return NULL;
}

/* Goes back to the record that was taken last. False: there is none to compare with. */
static bool prove_again(struct lane *lane, struct partition *p)
{
    const struct item *item = last_queued(lane, p);
    struct bus_partition at = p->at;

    if (!item && !(p->has_digest && p->last == p->fetched - 1))
        return false;
    p->prove_at = item ? item->message.offset : p->last;
    p->prove_digest = item ? digest_of_record(&item->message) : p->digest;
    p->fetched = at.offset = p->prove_at;
    p->proves = p->proves_again = true;
    lane_lives(lane);
    if (bus_consumer_seek(lane->consumer, &at, SEEK_MS) < 0)
        lane->rejoin = true;
    return true;
}

/* It stands where it should, or behind a record that retention took between a question and now. One
 * that stands further behind must not be taken, for nobody saw what lies between: a claim looks
 * where the topic begins, and asks for all of it again. */
static bool is_proven(struct lane *lane, struct partition *p, const struct bus_message *message)
{
    if (message->offset > p->prove_at + 1) {
        log_warning(
            &lane->log, "partition %s/%d: record %lld came where %lld was asked for; claims anew",
            p->at.topic, p->at.partition, (long long)message->offset, (long long)p->prove_at);
        lane->rejoin = true;
        return false;
    }
    p->took_ms = monotonic_ms();
    p->proves = false;
    if (message->offset > p->prove_at) {
        log_info(&lane->log, "partition %s/%d goes on without its last record, which is gone",
                 p->at.topic, p->at.partition);
        return true;
    }
    if (is_same(lane, p, message))
        p->fetched = p->prove_at + 1;
    return false;
}

bool position_goes_on(const struct partition *p)
{
    return !p->proves && monotonic_ms() - p->took_ms < QUIET_MS;
}

bool position_accepts(struct lane *lane, struct partition *p, const struct bus_message *message)
{
    int64_t now_ms = monotonic_ms();

    if (p->proves)
        return is_proven(lane, p, message);
    if (now_ms - p->took_ms >= QUIET_MS && prove_again(lane, p))
        return false;
    p->took_ms = now_ms;
    return true;
}

/* The partition's offset is out of range, and those of its topic that are not yet may be of another
 * topic as well. Where a later proof asked for a record, retention may have taken it: a claim looks
 * where the topic begins. */
bool position_doubts(struct lane *lane, struct partition *p)
{
    for (size_t i = 0; i < lane->partition_count; i++)
        if (strcmp(lane->partitions[i]->at.topic, p->at.topic) == 0)
            lane->partitions[i]->took_ms = 0;
    if (!p->proves || !p->proves_again)
        return false;
    lane->rejoin = true;
    return true;
}

void position_plan(struct partition *p, const struct item *items, size_t count)
{
    p->new_last = p->last;
    p->new_digest = p->digest;
    p->new_has_digest = p->has_digest;
    if (p->upto <= p->next)
        return;
    p->new_last = p->upto - 1;
    p->new_has_digest = false;
    for (size_t i = count; i > 0 && !p->new_has_digest; i--) {
        const struct item *item = &items[i - 1];

        if (item->partition != p || item->message.offset != p->new_last)
            continue;
        p->new_digest = digest_of_record(&item->message);
        p->new_has_digest = true;
    }
}

void position_moved(struct partition *p)
{
    if (p->upto <= p->next)
        return;
    p->last = p->new_last;
    p->digest = p->new_digest;
    p->has_digest = p->new_has_digest;
    suspect_moved(p);
}
