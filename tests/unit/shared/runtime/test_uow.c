/* The identity map without a database: what commands of a batch see of each other, and what is
 * kept. */
#include "runtime/uow.h"

#include <CUnit/CUnit.h>
#include <errno.h>

#include "contracts/mc.h"

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

static const struct tenant_id club_a = {{{0xa}}}, club_b = {{{0xb}}};
static const struct user_id ann = {{{1}}}, bob = {{{2}}};
static struct uow *uow;
static struct command command;

static struct cup_key cup_number(struct user_id owner, int32_t number)
{
    return (struct cup_key){.owner = owner, .number = number};
}

static void begin(void)
{
    if (!uow)
        uow = uow_new(1 << 20);
    uow_begin(uow);
    command = (struct command){.tenant = club_a};
}

static void want(struct tenant_id tenant, struct user_id owner, int32_t number)
{
    command.tenant = tenant;
    uow_enter(uow, "mc", &command);
    cup_want(uow, cup_number(owner, number));
    CU_ASSERT_EQUAL(uow_leave_load(uow), 0);
}

static void want_all(struct user_id owner)
{
    uow_enter(uow, "mc", &command);
    cup_want_all(uow, owner);
    CU_ASSERT_EQUAL(uow_leave_load(uow), 0);
}

static void seed(struct tenant_id tenant, struct user_id owner, int32_t number, int32_t level)
{
    const struct cup row = {.key = {owner, number}, .level = level};

    CU_ASSERT_EQUAL(uow_seed(uow, tenant, &cup_entity, &row), 0);
}

/* A command that fills a cup, and then ends with `result`. */
static int fill(struct tenant_id tenant, struct user_id owner, int32_t number, int32_t level,
                int result)
{
    struct cup *cup = NULL;
    int r;

    command.tenant = tenant;
    uow_enter(uow, "mc", &command);
    r = cup_edit(uow, cup_number(owner, number), &cup);
    if (r == 0)
        cup->level = level;
    return uow_leave(uow, r < 0 ? r : result);
}

static int32_t level_of(struct tenant_id tenant, struct user_id owner, int32_t number)
{
    const struct cup_key key = cup_number(owner, number);
    const struct cup *cup = uow_peek(uow, tenant, &cup_entity, &key);

    return cup ? cup->level : -1;
}

void test_a_command_sees_what_earlier_ones_of_the_batch_changed(void)
{
    const struct cup *cup;

    begin();
    want(club_a, ann, 1);
    seed(club_a, ann, 1, 10);
    CU_ASSERT_EQUAL(fill(club_a, ann, 1, 20, 0), 0);
    uow_enter(uow, "mc", &command);
    cup = cup_get(uow, cup_number(ann, 1));
    CU_ASSERT_PTR_NOT_NULL_FATAL(cup);
    CU_ASSERT_EQUAL(cup->level, 20);
    CU_ASSERT_EQUAL(uow_leave(uow, 0), 0);
}

void test_a_rejected_command_leaves_no_trace(void)
{
    begin();
    want(club_a, ann, 1);
    seed(club_a, ann, 1, 10);
    CU_ASSERT_EQUAL(fill(club_a, ann, 1, 20, 3), 3);
    CU_ASSERT_EQUAL(level_of(club_a, ann, 1), 10);
    CU_ASSERT_EQUAL(uow_changes(uow), 0);
}

void test_a_rejected_new_row_does_not_exist(void)
{
    const void *const *rows;

    begin();
    want_all(ann);
    CU_ASSERT_EQUAL(fill(club_a, ann, 7, 1, 3), 3);
    uow_enter(uow, "mc", &command);
    CU_ASSERT_PTR_NULL(cup_get(uow, cup_number(ann, 7)));
    CU_ASSERT_EQUAL(uow_all(uow, &cup_entity, &ann, &rows), 0);
    CU_ASSERT_EQUAL(uow_leave(uow, 0), 0);
}

void test_a_faulty_command_is_dropped_like_a_rejected_one(void)
{
    begin();
    want(club_a, ann, 1);
    CU_ASSERT_EQUAL(fill(club_a, ann, 1, 20, -EINVAL), -EINVAL);
    CU_ASSERT_EQUAL(level_of(club_a, ann, 1), -1);
}

void test_a_new_row_is_zero_but_for_its_key(void)
{
    struct cup *cup = NULL;

    begin();
    want(club_a, ann, 5);
    uow_enter(uow, "mc", &command);
    CU_ASSERT_EQUAL_FATAL(cup_edit(uow, cup_number(ann, 5), &cup), 0);
    CU_ASSERT_EQUAL(cup->key.number, 5);
    CU_ASSERT(uuid_equal(cup->key.owner.uuid, ann.uuid));
    CU_ASSERT_EQUAL(cup->level, 0);
    CU_ASSERT_EQUAL(uow_leave(uow, 0), 0);
}

void test_editing_twice_gives_the_same_copy(void)
{
    struct cup *first = NULL, *second = NULL;

    begin();
    want(club_a, ann, 1);
    uow_enter(uow, "mc", &command);
    CU_ASSERT_EQUAL_FATAL(cup_edit(uow, cup_number(ann, 1), &first), 0);
    CU_ASSERT_EQUAL_FATAL(cup_edit(uow, cup_number(ann, 1), &second), 0);
    CU_ASSERT_PTR_EQUAL(first, second);
    CU_ASSERT_EQUAL(uow_leave(uow, 0), 0);
}

void test_what_was_not_wanted_is_a_fault(void)
{
    begin();
    want(club_a, ann, 1);
    uow_enter(uow, "mc", &command);
    CU_ASSERT_PTR_NULL(cup_get(uow, cup_number(ann, 2)));
    CU_ASSERT_EQUAL(uow_leave(uow, 0), -EFAULT);
    CU_ASSERT_PTR_NOT_NULL(strstr(uow_fault(uow), "test.cup"));
    CU_ASSERT_EQUAL(fill(club_a, ann, 2, 1, 0), -EFAULT);
}

void test_a_fault_ends_with_its_command(void)
{
    begin();
    want(club_a, ann, 1);
    CU_ASSERT_EQUAL(fill(club_a, ann, 2, 1, 0), -EFAULT);
    CU_ASSERT_EQUAL(fill(club_a, ann, 1, 9, 0), 0);
    CU_ASSERT_EQUAL(level_of(club_a, ann, 1), 9);
}

void test_another_tenants_row_of_the_same_key_is_another_row(void)
{
    begin();
    want(club_a, ann, 1);
    want(club_b, ann, 1);
    seed(club_a, ann, 1, 10);
    seed(club_b, ann, 1, 77);
    CU_ASSERT_EQUAL(fill(club_a, ann, 1, 20, 0), 0);
    CU_ASSERT_EQUAL(level_of(club_a, ann, 1), 20);
    CU_ASSERT_EQUAL(level_of(club_b, ann, 1), 77);
}

void test_a_handler_cannot_reach_what_another_tenants_command_wanted(void)
{
    begin();
    want(club_b, ann, 1);
    command.tenant = club_a;
    uow_enter(uow, "mc", &command);
    CU_ASSERT_PTR_NULL(cup_get(uow, cup_number(ann, 1)));
    CU_ASSERT_EQUAL(uow_leave(uow, 0), -EFAULT);
}

void test_all_rows_of_an_owner_come_in_the_order_of_their_keys(void)
{
    struct cup_rows rows;

    begin();
    want_all(ann);
    want_all(bob);
    seed(club_a, ann, 3, 30);
    seed(club_a, bob, 1, 99);
    seed(club_a, ann, 1, 10);
    CU_ASSERT_EQUAL(fill(club_a, ann, 2, 20, 0), 0);
    uow_enter(uow, "mc", &command);
    rows = cup_all(uow, ann);
    CU_ASSERT_EQUAL_FATAL(rows.count, 3);
    for (int32_t i = 0; i < 3; i++)
        CU_ASSERT_EQUAL(rows.rows[i]->level, 10 * (i + 1));
    CU_ASSERT_EQUAL(uow_leave(uow, 0), 0);
}

void test_all_shows_the_commands_own_edits(void)
{
    struct cup *cup = NULL;

    begin();
    want_all(ann);
    seed(club_a, ann, 1, 10);
    uow_enter(uow, "mc", &command);
    CU_ASSERT_EQUAL(cup_all(uow, ann).rows[0]->level, 10);
    CU_ASSERT_EQUAL_FATAL(cup_edit(uow, cup_number(ann, 1), &cup), 0);
    cup->level = 11;
    CU_ASSERT_EQUAL(cup_all(uow, ann).rows[0]->level, 11);
    CU_ASSERT_EQUAL(uow_leave(uow, 5), 5);
    uow_enter(uow, "mc", &command);
    CU_ASSERT_EQUAL(cup_all(uow, ann).rows[0]->level, 10);
    CU_ASSERT_EQUAL(uow_leave(uow, 0), 0);
}

void test_more_rows_than_an_owner_may_have_are_a_fault(void)
{
    begin();
    want_all(ann);
    for (int32_t i = 0; i < 4; i++)
        CU_ASSERT_EQUAL(fill(club_a, ann, i, 1, 0), 0);
    CU_ASSERT_EQUAL(fill(club_a, ann, 4, 1, 0), -EOVERFLOW);
}

static int emit(int result)
{
    const struct mc_close_day body = {.player = ann, .day = {20000}};
    int r;

    uow_enter(uow, "mc", &command);
    r = uow_emit(uow, &mc_close_day_message, &body);
    return uow_leave(uow, r < 0 ? r : result);
}

void test_only_kept_commands_emit_and_places_count_within_one(void)
{
    const struct uow_emission *list;

    begin();
    CU_ASSERT_EQUAL(emit(0), 0);
    CU_ASSERT_EQUAL(emit(2), 2);
    CU_ASSERT_EQUAL(emit(0), 0);
    CU_ASSERT_EQUAL_FATAL(uow_emissions(uow, &list), 2);
    CU_ASSERT_EQUAL(list[0].place, 0);
    CU_ASSERT_EQUAL(list[1].place, 0);
    CU_ASSERT(uuid_equal(list[0].aggregate, ann.uuid));
}

void test_another_modules_event_cannot_be_emitted(void)
{
    const struct mc_day_closed body = {.player = ann, .day = {20000}};

    begin();
    uow_enter(uow, "core", &command);
    CU_ASSERT_EQUAL(uow_emit(uow, &mc_day_closed_message, &body), -EFAULT);
    CU_ASSERT_EQUAL(uow_leave(uow, 0), -EFAULT);
}

static bool may(struct user_id actor, const struct user_id *subject)
{
    bool permitted;

    uow_enter(uow, "mc", &command);
    permitted = uow_permitted(uow, actor, "mc.check.record", subject);
    CU_ASSERT_EQUAL(uow_leave(uow, 0), 0);
    return permitted;
}

void test_a_player_may_for_themselves_and_nobody_else(void)
{
    begin();
    uow_grant(uow, club_a, ann, "mc.check.record", "self");
    CU_ASSERT_TRUE(may(ann, &ann));
    CU_ASSERT_FALSE(may(ann, &bob));
    CU_ASSERT_FALSE(may(ann, NULL));
    CU_ASSERT_FALSE(may(bob, &bob));
}

void test_a_right_in_the_organization_reaches_every_player_of_that_one_only(void)
{
    begin();
    uow_grant(uow, club_a, ann, "mc.check.record", "organization");
    CU_ASSERT_TRUE(may(ann, &bob));
    CU_ASSERT_TRUE(may(ann, NULL));
    command.tenant = club_b;
    CU_ASSERT_FALSE(may(ann, &bob));
}

void test_a_batch_that_outgrows_its_memory_is_told_and_can_begin_anew(void)
{
    struct uow *small = uow_new(128 * 1024);
    int r = 0;

    CU_ASSERT_PTR_NOT_NULL_FATAL(small);
    uow_begin(small);
    command = (struct command){.tenant = club_a};
    for (int32_t i = 0; i < 10000 && r == 0; i++) {
        uow_enter(small, "mc", &command);
        cup_want(small, cup_number(ann, i));
        r = uow_leave_load(small);
    }
    CU_ASSERT_EQUAL(r, -ENOMEM);
    uow_begin(small);
    uow_enter(small, "mc", &command);
    cup_want(small, cup_number(ann, 1));
    CU_ASSERT_EQUAL(uow_leave_load(small), 0);
    uow_free(small);
}
