/* The ring of recent events: what it holds, in which order, and what it says of what fell out. */
#include <CUnit/CUnit.h>
#include <stdio.h>
#include <string.h>

#include "../workers/ingress/events_ring.h"
#include "contracts/mc.h"
#include "runtime/worker.h"

const struct worker *const workers[] = {NULL};

enum { PLACES = 2, SMALL = 4096 };

static struct event event_of(size_t place, int64_t offset, const char *value)
{
    struct message_id id = {{{(uint8_t)place}}};

    memcpy(id.uuid.bytes + 1, &offset, sizeof offset);
    return (struct event){.message = &mc_check_recorded_message,
                          .tenant = {{{7}}},
                          .id = id,
                          .appended_ms = offset * 1000,
                          .offset = offset,
                          .place = place,
                          .actor = span_text("user:somebody"),
                          .sequence = span_text("1"),
                          .value = span_text(value)};
}

static void add(struct events_ring *ring, size_t place, int64_t offset)
{
    const struct event event = event_of(place, offset, "value");

    CU_ASSERT_PTR_NOT_NULL(events_ring_add(ring, &event));
}

static struct events_ring *ring_of(size_t capacity)
{
    struct events_ring *ring = events_ring_new(capacity, PLACES);

    CU_ASSERT_PTR_NOT_NULL_FATAL(ring);
    return ring;
}

void test_events_come_back_in_their_order_and_whole(void)
{
    struct events_ring *ring = ring_of(SMALL);
    uint64_t at = events_ring_first(ring);
    const struct event *event;

    CU_ASSERT_PTR_NULL(events_ring_next(ring, &at));
    add(ring, 0, 5);
    add(ring, 1, 3);
    event = events_ring_next(ring, &at);
    CU_ASSERT_PTR_NOT_NULL_FATAL(event);
    CU_ASSERT_EQUAL(event->offset, 5);
    CU_ASSERT(span_is(event->actor, "user:somebody"));
    CU_ASSERT(span_is(event->sequence, "1"));
    CU_ASSERT(span_is(event->value, "value"));
    event = events_ring_next(ring, &at);
    CU_ASSERT_PTR_NOT_NULL_FATAL(event);
    CU_ASSERT_EQUAL(event->offset, 3);
    CU_ASSERT_EQUAL(event->place, 1);
    CU_ASSERT_PTR_NULL(events_ring_next(ring, &at));
    CU_ASSERT_EQUAL(at, events_ring_end(ring));
    events_ring_free(ring);
}

/* Walks from the oldest: each offset follows the one before it, to the last that was added. */
static size_t count_in_order(const struct events_ring *ring, int64_t last)
{
    uint64_t at = events_ring_first(ring);
    const struct event *event;
    int64_t before = -1;
    size_t count = 0;

    while ((event = events_ring_next(ring, &at))) {
        CU_ASSERT(before < 0 || event->offset == before + 1);
        before = event->offset;
        count++;
    }
    CU_ASSERT_EQUAL(before, last);
    return count;
}

void test_the_oldest_make_room_at_every_turn_of_the_ring(void)
{
    struct events_ring *ring = ring_of(SMALL);
    char value[200];

    for (int64_t offset = 0; offset < 2000; offset++) {
        size_t size = (size_t)(offset * 37 % 199), count;
        struct event event;

        memset(value, 'v', size);
        value[size] = '\0';
        event = event_of(0, offset, value);
        CU_ASSERT_PTR_NOT_NULL(events_ring_add(ring, &event));
        count = count_in_order(ring, offset);
        CU_ASSERT(count >= 1 && count <= SMALL / sizeof(struct event));
        CU_ASSERT_EQUAL(events_ring_held(ring, 0), offset + 1 - (int64_t)count);
        CU_ASSERT(events_ring_end(ring) - events_ring_first(ring) <= SMALL);
    }
    CU_ASSERT_EQUAL(events_ring_held(ring, 1), 0);
    events_ring_free(ring);
}

void test_a_place_is_held_from_where_it_began_until_something_falls_out(void)
{
    struct events_ring *ring = ring_of(SMALL);

    events_ring_begin(ring, 0, 100);
    events_ring_begin(ring, 1, 50);
    add(ring, 0, 104); /* some of its offsets are no events */
    add(ring, 1, 50);
    CU_ASSERT_EQUAL(events_ring_held(ring, 0), 100);
    events_ring_expire(ring, 104 * 1000 + 1);
    CU_ASSERT_EQUAL(events_ring_held(ring, 0), 105);
    CU_ASSERT_EQUAL(events_ring_held(ring, 1), 51);
    CU_ASSERT_EQUAL(events_ring_first(ring), events_ring_end(ring));
    events_ring_free(ring);
}

void test_only_what_is_too_old_expires(void)
{
    struct events_ring *ring = ring_of(SMALL);

    for (int64_t offset = 1; offset <= 5; offset++)
        add(ring, 0, offset);
    events_ring_expire(ring, 3000);
    CU_ASSERT_EQUAL(count_in_order(ring, 5), 3);
    CU_ASSERT_EQUAL(events_ring_held(ring, 0), 3);
    events_ring_free(ring);
}

void test_a_position_that_fell_out_goes_on_with_the_oldest(void)
{
    struct events_ring *ring = ring_of(SMALL);
    uint64_t at = events_ring_first(ring);
    const struct event *event;

    for (int64_t offset = 1; offset <= 5; offset++)
        add(ring, 0, offset);
    events_ring_expire(ring, 4000);
    CU_ASSERT(at < events_ring_first(ring));
    event = events_ring_next(ring, &at);
    CU_ASSERT_PTR_NOT_NULL_FATAL(event);
    CU_ASSERT_EQUAL(event->offset, 4);
    events_ring_free(ring);
}

void test_what_is_larger_than_the_ring_is_told_as_fallen_out(void)
{
    static char huge[SMALL + 1];
    struct events_ring *ring = ring_of(SMALL);
    struct event event;

    memset(huge, 'v', SMALL);
    add(ring, 0, 1);
    event = event_of(0, 2, huge);
    CU_ASSERT_PTR_NULL(events_ring_add(ring, &event));
    CU_ASSERT_EQUAL(events_ring_held(ring, 0), 3);
    CU_ASSERT_EQUAL(count_in_order(ring, 1), 1);
    events_ring_free(ring);
}

/* A worker that died before it deleted what Kafka had publishes it again. */
void test_what_is_published_again_is_not_added_again(void)
{
    struct events_ring *ring = ring_of(SMALL);
    struct event event = event_of(0, 5, "value");
    uint64_t at = events_ring_first(ring);

    CU_ASSERT_PTR_NOT_NULL(events_ring_add(ring, &event));
    event.offset = 9;
    CU_ASSERT_PTR_NULL(events_ring_add(ring, &event));
    event.tenant.uuid.bytes[0] = 8; /* another organization's is another event */
    CU_ASSERT_PTR_NOT_NULL(events_ring_add(ring, &event));
    CU_ASSERT_EQUAL(events_ring_next(ring, &at)->offset, 5);
    CU_ASSERT_EQUAL(events_ring_next(ring, &at)->offset, 9);
    CU_ASSERT_PTR_NULL(events_ring_next(ring, &at));
    events_ring_free(ring);
}

/* Over many turns of the ring: known is what it holds, and nothing else. */
void test_what_fell_out_may_come_again(void)
{
    struct events_ring *ring = ring_of(SMALL);
    int64_t held, last = 500;

    for (int64_t offset = 0; offset <= last; offset++)
        add(ring, 0, offset);
    held = events_ring_held(ring, 0);
    CU_ASSERT_FATAL(held > 0 && held < last);
    for (int64_t offset = held; offset <= last; offset++) {
        const struct event again = event_of(0, offset, "value");

        CU_ASSERT_PTR_NULL(events_ring_add(ring, &again));
    }
    add(ring, 0, held - 1);
    add(ring, 0, 0);
    events_ring_free(ring);
}
