#include <CUnit/CUnit.h>
#include <malloc.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "base/arena.h"

enum { KB = 1024, MB = 1024 * KB };

static void free_arena(struct arena **arena)
{
    arena_free(*arena);
}

static bool is_zero(const char *bytes, size_t size)
{
    for (size_t i = 0; i < size; i++)
        if (bytes[i] != 0)
            return false;
    return true;
}

void test_memory_is_zeroed_also_when_it_is_used_again(void)
{
    cleanup(free_arena) struct arena *arena = arena_new(MB);
    char *first = arena_alloc(arena, 100), *again;

    CU_ASSERT_TRUE(is_zero(first, 100));
    memset(first, 'x', 100);
    arena_reset(arena);
    again = arena_alloc(arena, 100);
    CU_ASSERT_PTR_EQUAL(again, first);
    CU_ASSERT_TRUE(is_zero(again, 100));
}

void test_memory_is_aligned_for_any_type(void)
{
    cleanup(free_arena) struct arena *arena = arena_new(MB);

    for (size_t size = 0; size < 40; size++)
        CU_ASSERT_EQUAL((uintptr_t)arena_alloc(arena, size) % _Alignof(max_align_t), 0);
}

void test_no_bytes_are_a_place_of_their_own(void)
{
    cleanup(free_arena) struct arena *arena = arena_new(MB);
    void *a = arena_alloc(arena, 0), *b = arena_alloc(arena, 0);

    CU_ASSERT_PTR_NOT_NULL(a);
    CU_ASSERT_PTR_NOT_NULL(b);
    CU_ASSERT_PTR_NOT_EQUAL(a, b);
}

void test_what_was_allocated_stays_where_it_is(void)
{
    cleanup(free_arena) struct arena *arena = arena_new(8 * MB);
    int *places[2000];

    for (int i = 0; i < 2000; i++) {
        places[i] = arena_alloc(arena, 1000);
        CU_ASSERT_PTR_NOT_NULL_FATAL(places[i]);
        *places[i] = i;
    }
    for (int i = 0; i < 2000; i++)
        CU_ASSERT_EQUAL(*places[i], i);
    CU_ASSERT_EQUAL(arena_used(arena), 2000 * 1000);
}

void test_the_bound_is_kept(void)
{
    cleanup(free_arena) struct arena *arena = arena_new(100 * KB);
    size_t got = 0;

    while (arena_alloc(arena, KB))
        got++;
    CU_ASSERT_EQUAL(got, 100);
    CU_ASSERT_PTR_NULL(arena_alloc(arena, KB));
    arena_reset(arena);
    CU_ASSERT_PTR_NOT_NULL(arena_alloc(arena, KB));
}

void test_a_piece_above_the_bound_is_refused_and_harms_nothing(void)
{
    cleanup(free_arena) struct arena *arena = arena_new(MB);

    CU_ASSERT_PTR_NULL(arena_alloc(arena, MB + 1));
    CU_ASSERT_PTR_NULL(arena_alloc(arena, SIZE_MAX));
    CU_ASSERT_PTR_NULL(arena_alloc(arena, SIZE_MAX - 8));
    CU_ASSERT_PTR_NULL(arena_copy(arena, "", SIZE_MAX));
    CU_ASSERT_EQUAL(arena_used(arena), 0);
    CU_ASSERT_PTR_NOT_NULL(arena_alloc(arena, MB));
}

void test_an_array_whose_size_overflows_is_refused(void)
{
    cleanup(free_arena) struct arena *arena = arena_new(MB);

    CU_ASSERT_PTR_NULL(arena_array(arena, SIZE_MAX / 2, 4));
    CU_ASSERT_PTR_NOT_NULL(arena_array(arena, 3, 4));
    CU_ASSERT_EQUAL(arena_used(arena), 12);
}

void test_a_copy_ends_with_nul(void)
{
    cleanup(free_arena) struct arena *arena = arena_new(MB);

    CU_ASSERT_STRING_EQUAL(arena_copy(arena, "abcdef", 3), "abc");
    CU_ASSERT_STRING_EQUAL(arena_copy(arena, NULL, 0), "");
}

void test_printf_takes_texts_of_any_length(void)
{
    cleanup(free_arena) struct arena *arena = arena_new(MB);
    char *text = arena_printf(arena, "%s-%0100000d", "a", 7);

    CU_ASSERT_PTR_NOT_NULL_FATAL(text);
    CU_ASSERT_EQUAL(strlen(text), 100002);
    CU_ASSERT_EQUAL(text[100001], '7');
    CU_ASSERT_PTR_NULL(arena_printf(arena, "%02000000d", 7));
}

void test_a_rewind_forgets_what_came_after_the_mark(void)
{
    cleanup(free_arena) struct arena *arena = arena_new(8 * MB);
    char *kept = arena_copy(arena, "kept", 4);
    struct arena_mark outer = arena_mark(arena), inner;
    char *first;

    first = arena_alloc(arena, 10);
    inner = arena_mark(arena);
    CU_ASSERT_PTR_NOT_NULL(arena_alloc(arena, 2 * MB));
    arena_rewind(arena, inner);
    CU_ASSERT_EQUAL(arena_used(arena), 5 + 10);
    arena_rewind(arena, outer);
    CU_ASSERT_EQUAL(arena_used(arena), 5);
    CU_ASSERT_PTR_EQUAL(arena_alloc(arena, 10), first);
    CU_ASSERT_STRING_EQUAL(kept, "kept");
}

void test_a_rewind_to_the_empty_arena_makes_it_empty(void)
{
    cleanup(free_arena) struct arena *arena = arena_new(MB);
    struct arena_mark mark = arena_mark(arena);

    CU_ASSERT_PTR_NOT_NULL(arena_alloc(arena, 1000));
    arena_rewind(arena, mark);
    CU_ASSERT_EQUAL(arena_used(arena), 0);
    CU_ASSERT_PTR_NOT_NULL(arena_alloc(arena, MB - 64 * KB));
}

void test_a_reset_gives_back_all_but_one_block(void)
{
    cleanup(free_arena) struct arena *arena = arena_new(MB);

    for (int round = 0; round < 3; round++) {
        for (int i = 0; i < 1000; i++)
            CU_ASSERT_PTR_NOT_NULL(arena_alloc(arena, KB));
        arena_reset(arena);
        CU_ASSERT_EQUAL(arena_used(arena), 0);
    }
}

/* What the C library gives out and has not got back: blocks come from nowhere else here. */
static size_t in_use(void)
{
    return mallinfo2().uordblks + mallinfo2().hblkhd;
}

static void use(struct arena *arena, size_t size, int rounds)
{
    for (int round = 0; round < rounds; round++) {
        CU_ASSERT_PTR_NOT_NULL(arena_alloc(arena, size));
        arena_reset(arena);
    }
}

void test_a_large_block_outlives_small_rounds_and_is_given_back_after_many(void)
{
    cleanup(free_arena) struct arena *arena = arena_new(16 * MB);
    size_t before = in_use();

    if (before == 0)
        return; /* a sanitizer's allocator does not say */
    use(arena, 8 * MB, 1);
    use(arena, 100, 300);
    use(arena, 8 * MB, 1);
    use(arena, 100, 300);
    CU_ASSERT_TRUE(in_use() >= before + 8 * MB);
    use(arena, 100, 256);
    CU_ASSERT_TRUE(in_use() <= before + MB);
}

void test_a_block_of_which_some_rounds_need_a_part_is_kept(void)
{
    cleanup(free_arena) struct arena *arena = arena_new(16 * MB);
    size_t before = in_use();

    if (before == 0)
        return;
    use(arena, 8 * MB, 1);
    for (int i = 0; i < 10; i++) {
        use(arena, 2 * MB, 1);
        use(arena, 100, 200);
    }
    CU_ASSERT_TRUE(in_use() >= before + 8 * MB);
}

void test_after_a_large_block_comes_one_of_the_size_that_is_needed(void)
{
    cleanup(free_arena) struct arena *arena = arena_new(16 * MB);
    size_t before = in_use();

    if (before == 0)
        return;
    use(arena, 8 * MB, 1);
    use(arena, 500 * KB, 600);
    CU_ASSERT_TRUE(in_use() >= before + MB - 64 * KB);
    CU_ASSERT_TRUE(in_use() <= before + 2 * MB);
}

void test_freeing_nothing_is_allowed(void)
{
    arena_free(NULL);
    arena_free(arena_new(0));
}
