/* The unit of work and the records that it makes when memory runs out at each allocation in turn:
 * the command fails with -ENOMEM, and nothing of it is kept. */
#include <CUnit/CUnit.h>
#include <errno.h>
#include <stdio.h>

#include "base/attr.h"
#include "contracts/mc.h"
#include "runtime/record.h"
#include "runtime/uow.h"
#include "support/failing_malloc.h"

enum { ARENA_BYTES = 1 << 20, MOST = 10000 };

struct cup_key {
    struct user_id owner;
    int32_t number;
};
struct cup {
    struct cup_key key;
    int32_t level;
};
struct cup_rows {
    const struct cup *const *rows;
    size_t count;
};
ENTITY_OF(cup, struct user_id);

static const struct column cup_columns[] = {
    COLUMN(UUID, cup, key.owner),
    COLUMN(INT4, cup, key.number),
    COLUMN(INT4, cup, level),
};
const struct entity cup_entity = {
    .name = "test.cup",
    .load = "select",
    .load_all = "select",
    .save = "insert",
    .columns = cup_columns,
    .column_count = COUNT_OF(cup_columns),
    .owner_columns = 1,
    .key_columns = 2,
    .size = sizeof(struct cup),
    .max_rows = 4,
};

static const struct user_id ann = {{{1}}};
static const struct command command = {.tenant = {{{0xa}}}};
static const struct mc_check_recorded recorded = {.score = 50, .weight_due = 2};

static int load(struct uow *uow)
{
    uow_enter(uow, "mc", &command);
    cup_want(uow, (struct cup_key){ann, 1});
    cup_want_all(uow, ann);
    uow_want_permission(uow, ann, "mc.check.record", &ann);
    return uow_leave_load(uow);
}

/* A handler that looks at nothing that it is told: what failed must be known all the same. */
static int decide(struct uow *uow)
{
    struct cup *cup = NULL;

    uow_enter(uow, "mc", &command);
    for (int32_t number = 1; number <= 3; number++) {
        if (cup_edit(uow, (struct cup_key){ann, number}, &cup) == 0)
            cup->level = 7;
        (void)cup_all(uow, ann);
        if (uow_emit(uow, &mc_check_recorded_message, &recorded) < 0)
            continue;
    }
    return uow_leave(uow, 0);
}

static int load_and_decide(struct uow *uow)
{
    int r = load(uow);

    return r < 0 ? r : decide(uow);
}

static void check_kept(const struct uow *uow, bool failed)
{
    const struct uow_emission *list;

    CU_ASSERT_EQUAL(uow_emissions(uow, &list), failed ? 0 : 3);
    CU_ASSERT_EQUAL(uow_changes(uow), failed ? 0 : 6);
}

static size_t starve(bool all_after)
{
    for (size_t nth = 1; nth < MOST; nth++) {
        struct uow *uow = uow_new(ARENA_BYTES);
        bool failed;
        int r;

        uow_begin(uow);
        failing_malloc_arm(nth, all_after);
        r = load_and_decide(uow);
        failed = failing_malloc_disarm();
        CU_ASSERT_EQUAL(r, failed ? -ENOMEM : 0);
        if (r != (failed ? -ENOMEM : 0))
            printf("# allocation %zu: %d %s\n", nth, r, uow_fault(uow));
        check_kept(uow, failed);
        uow_free(uow);
        if (!failed)
            return nth - 1;
    }
    CU_FAIL("there is no end");
    return 0;
}

void test_a_command_for_which_memory_runs_out_anywhere_leaves_no_trace(void)
{
    size_t once = starve(false), from_then_on = starve(true);

    CU_ASSERT(once > 10 && from_then_on > 10);
    printf("# note: memory ran out %zu times\n", once + from_then_on);
}

void test_a_unit_of_work_is_made_whole_or_not_at_all(void)
{
    for (size_t nth = 1; nth <= 3; nth++) {
        struct uow *uow;

        failing_malloc_arm(nth, false);
        uow = uow_new(ARENA_BYTES);
        CU_ASSERT_EQUAL(uow == NULL, failing_malloc_disarm());
        uow_free(uow);
    }
}

static int build_and_unpack(const struct keyring_key *signer, struct arena *arena)
{
    const struct trace trace = {.flags = 1};
    const struct message_id id = {{{3}}};
    const struct record_fields fields = {.message = &mc_record_check_message,
                                         .worker = "ingress",
                                         .actor = span_text("system:mc"),
                                         .value = span_text("value"),
                                         .trace = &trace,
                                         .causation = &id,
                                         .correlation = &id,
                                         .source_offset = 5};
    cleanup(buf_deinit) struct buf packed = {0};
    struct bus_record record;
    struct span rest;
    int r = record_build(&fields, signer, arena, &record);

    if (r < 0)
        return r;
    record_pack(&record, &packed);
    if (buf_failed(&packed))
        return -ENOMEM;
    rest = buf_span(&packed);
    r = record_unpack(&rest, arena, &record);
    return r < 0 ? r : 0;
}

void test_a_record_is_built_and_unpacked_or_says_that_there_is_no_memory(void)
{
    static const uint8_t secret[MAC_KEY_BYTES] = {7};
    struct arena *arena = arena_new(ARENA_BYTES);
    struct keyring *keys = keyring_new();
    bool failed = true;

    CU_ASSERT_EQUAL(keyring_add_fleet(keys, span_text("k1"), secret), 0);
    for (size_t nth = 1; failed && nth < MOST; nth++) {
        int r;

        arena_reset(arena);
        failing_malloc_arm(nth, false);
        r = build_and_unpack(keyring_signer(keys), arena);
        failed = failing_malloc_disarm();
        CU_ASSERT_EQUAL(r, failed ? -ENOMEM : 0);
    }
    CU_ASSERT_FALSE(failed);
    keyring_free(keys);
    arena_free(arena);
}

/* A producer's credential that did not come in whole would make all that it sent a dead letter. */
void test_a_keyring_takes_a_credential_whole_or_not_at_all(void)
{
    static const uint8_t secret[MAC_KEY_BYTES] = {7};
    static const struct tenant_id tenants[] = {{{{1}}}, {{{2}}}};
    static const struct span types[] = {{"mc.a.v1", 7}, {"mc.b.v1", 7}};
    const struct keyring_producer producer = {
        span_text("school"), span_of(secret, 32), tenants, 2, types, 2, false, {0}};
    bool failed = true;

    for (size_t nth = 1; failed && nth < MOST; nth++) {
        struct keyring *keys = keyring_new();
        int r;

        failing_malloc_arm(nth, false);
        r = keyring_add_producer(keys, &producer);
        failed = failing_malloc_disarm();
        CU_ASSERT_EQUAL(r, failed ? -ENOMEM : 0);
        CU_ASSERT_EQUAL(keyring_find(keys, span_text("school")) == NULL, failed);
        keyring_free(keys);
    }
    CU_ASSERT_FALSE(failed);
}
