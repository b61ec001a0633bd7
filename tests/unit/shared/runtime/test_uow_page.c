/* Pages without a database: which rows a page holds, and whether there is another behind it. */
#include <CUnit/CUnit.h>
#include <errno.h>

#include "runtime/uow.h"

struct leaf_key {
    struct user_id tree;
    struct user_id leaf;
};
struct leaf {
    struct leaf_key key;
    int32_t colour;
};
struct leaf_rows {
    const struct leaf *const *rows;
    size_t count;
};
VIEW_PAGE(leaf, leaf);

static const struct column leaf_columns[] = {
    COLUMN(UUID, leaf, key.tree),
    COLUMN(UUID, leaf, key.leaf),
    COLUMN(INT4, leaf, colour),
};
const struct entity leaf_entity = {
    .name = "test.leaf",
    .load_page = "select",
    .columns = leaf_columns,
    .column_count = COUNT_OF(leaf_columns),
    .owner_columns = 1,
    .key_columns = 2,
    .size = sizeof(struct leaf),
};
static const struct entity twig_entity = {
    .name = "test.twig",
    .load = "select",
    .columns = leaf_columns,
    .column_count = COUNT_OF(leaf_columns),
    .key_columns = 2,
    .size = sizeof(struct leaf),
};

static const struct tenant_id garden = {{{1}}}, other_garden = {{{2}}};
static const struct user_id oak = {{{1}}}, elm = {{{2}}};
static struct command command, second;
static struct uow *uow;

static struct user_id number(uint8_t n)
{
    return (struct user_id){{{n}}};
}

static void begin(void)
{
    if (!uow)
        uow = uow_new(1 << 20);
    uow_begin(uow);
    command = second = (struct command){.tenant = garden};
}

static void want(const struct command *whose, struct user_id tree, size_t limit, uint8_t from)
{
    const struct page page = {.limit = limit, .from = number(from).uuid};

    uow_enter(uow, "mc", whose);
    leaf_want_page(uow, &(struct leaf){.key = {.tree = tree}}, &page);
    CU_ASSERT_EQUAL(uow_leave_load(uow), 0);
}

static void seed(struct tenant_id tenant, struct user_id tree, uint8_t leaf)
{
    const struct leaf row = {.key = {tree, number(leaf)}, .colour = leaf};

    CU_ASSERT_EQUAL(uow_seed(uow, tenant, &leaf_entity, &row), 0);
}

/* The leaves of a page as a number, a digit a leaf; and what is behind it. */
static int page_of(const struct command *whose, uint8_t *ret_next)
{
    struct leaf_rows leaves;
    struct uuid next = {{0}};
    int digits = 0;

    uow_enter(uow, "mc", whose);
    leaves = leaf_page(uow);
    for (size_t i = 0; i < leaves.count; i++)
        digits = digits * 10 + leaves.rows[i]->colour;
    CU_ASSERT_EQUAL(uow_page_next(uow, &next), next.bytes[0] != 0);
    *ret_next = next.bytes[0];
    CU_ASSERT_EQUAL(uow_leave(uow, 0), 0);
    return digits;
}

void test_a_page_is_in_order_and_knows_the_next_row(void)
{
    static const uint8_t leaves[] = {5, 1, 4, 2, 3};
    uint8_t next;

    begin();
    want(&command, oak, 3, 0);
    for (size_t i = 0; i < COUNT_OF(leaves); i++)
        seed(garden, oak, leaves[i]);
    CU_ASSERT_EQUAL(page_of(&command, &next), 123);
    CU_ASSERT_EQUAL(next, 4);
}

void test_a_page_begins_at_its_key_and_the_last_one_ends(void)
{
    uint8_t next;

    begin();
    want(&command, oak, 3, 4);
    for (uint8_t leaf = 1; leaf <= 6; leaf++)
        seed(garden, oak, leaf);
    CU_ASSERT_EQUAL(page_of(&command, &next), 456);
    CU_ASSERT_EQUAL(next, 0);
}

void test_a_page_whose_first_row_is_gone_begins_behind_it(void)
{
    uint8_t next;

    begin();
    want(&command, oak, 2, 4);
    seed(garden, oak, 3);
    seed(garden, oak, 5);
    CU_ASSERT_EQUAL(page_of(&command, &next), 5);
    CU_ASSERT_EQUAL(next, 0);
}

void test_a_page_is_of_one_owner_and_tenant(void)
{
    uint8_t next;

    begin();
    want(&command, oak, 9, 0);
    seed(garden, oak, 1);
    seed(garden, elm, 2);
    seed(other_garden, oak, 3);
    CU_ASSERT_EQUAL(page_of(&command, &next), 1);
}

void test_askers_of_a_round_have_pages_of_their_own(void)
{
    uint8_t next;

    begin();
    want(&command, oak, 2, 0);
    want(&second, oak, 9, 2);
    for (uint8_t leaf = 1; leaf <= 4; leaf++)
        seed(garden, oak, leaf);
    CU_ASSERT_EQUAL(page_of(&command, &next), 12);
    CU_ASSERT_EQUAL(next, 3);
    CU_ASSERT_EQUAL(page_of(&second, &next), 234);
    CU_ASSERT_EQUAL(next, 0);
}

void test_an_empty_page_is_the_last(void)
{
    uint8_t next;

    begin();
    want(&command, oak, 2, 0);
    CU_ASSERT_EQUAL(page_of(&command, &next), 0);
    CU_ASSERT_EQUAL(next, 0);
}

void test_a_page_that_was_not_wanted_is_a_fault(void)
{
    begin();
    uow_enter(uow, "mc", &command);
    CU_ASSERT_EQUAL(leaf_page(uow).count, 0);
    CU_ASSERT_EQUAL(uow_leave(uow, 0), -EFAULT);
    CU_ASSERT_PTR_NOT_NULL(strstr(uow_fault(uow), "test.leaf"));
}

void test_a_second_page_of_one_query_is_a_fault(void)
{
    const struct page page = {.limit = 1};

    begin();
    want(&command, oak, 2, 0);
    uow_enter(uow, "mc", &command);
    leaf_want_page(uow, &(struct leaf){.key = {.tree = elm}}, &page);
    CU_ASSERT_EQUAL(uow_leave_load(uow), -EFAULT);
}

void test_what_has_no_pages_is_a_fault(void)
{
    const struct page page = {.limit = 1};

    begin();
    uow_enter(uow, "mc", &command);
    uow_want_page(uow, &twig_entity, &(struct leaf){.colour = 0}, &page);
    CU_ASSERT_EQUAL(uow_leave_load(uow), -EFAULT);
    CU_ASSERT_PTR_NOT_NULL(strstr(uow_fault(uow), "test.twig is not loaded by pages"));
}
