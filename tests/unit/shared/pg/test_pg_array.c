/* Parameters and arrays are, byte for byte, what PostgreSQL's binary format wants. */
#include <CUnit/CUnit.h>

#include "pg/pg.h"

#define IS_BYTES(param, ...)                                                                       \
    do {                                                                                           \
        static const uint8_t want[] = {__VA_ARGS__};                                               \
        CU_ASSERT_EQUAL_FATAL((param).size, (int)sizeof want);                                     \
        CU_ASSERT_EQUAL((memcmp((param).data, want, sizeof want)), 0);                             \
    } while (0)

void test_numbers_are_big_endian(void)
{
    struct arena *arena = arena_new(1 << 16);

    IS_BYTES(pg_int4(arena, -2), 0xff, 0xff, 0xff, 0xfe);
    IS_BYTES(pg_int8(arena, 0x0102030405060708), 1, 2, 3, 4, 5, 6, 7, 8);
    IS_BYTES(pg_bool(arena, true), 1);
    arena_free(arena);
}

void test_dates_and_times_count_from_the_year_2000(void)
{
    struct arena *arena = arena_new(1 << 16);

    IS_BYTES(pg_date(arena, date_of(2000, 1, 2)), 0, 0, 0, 1);
    IS_BYTES(pg_date(arena, date_of(1999, 12, 31)), 0xff, 0xff, 0xff, 0xff);
    IS_BYTES(pg_timestamp(arena, (struct timestamp){946684800000000 + 258}), 0, 0, 0, 0, 0, 0, 1,
             2);
    arena_free(arena);
}

void test_an_empty_text_is_not_null(void)
{
    struct arena *arena = arena_new(1 << 16);
    struct pg_param text = pg_text(arena, (struct span){0});

    CU_ASSERT_EQUAL(text.size, 0);
    CU_ASSERT_PTR_NOT_NULL(text.data);
    arena_free(arena);
}

void test_an_array_has_its_header_and_each_element_its_size(void)
{
    struct arena *arena = arena_new(1 << 16);
    struct pg_array array;

    pg_array_init(&array, arena, PG_INT4, 2);
    pg_array_add_int4(&array, 7);
    pg_array_add_int4(&array, -1);
    CU_ASSERT_EQUAL(pg_array_param(&array).type, PG_INT4_ARRAY);
    IS_BYTES(pg_array_param(&array), 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 23, 0, 0, 0, 2, 0, 0, 0, 1, 0,
             0, 0, 4, 0, 0, 0, 7, 0, 0, 0, 4, 0xff, 0xff, 0xff, 0xff);
    arena_free(arena);
}

void test_an_array_of_nothing_has_no_dimension(void)
{
    struct arena *arena = arena_new(1 << 16);
    struct pg_array array;

    pg_array_init(&array, arena, PG_UUID, 0);
    CU_ASSERT_EQUAL(pg_array_param(&array).type, PG_UUID_ARRAY);
    IS_BYTES(pg_array_param(&array), 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x0b, 0x86);
    arena_free(arena);
}

void test_a_null_element_is_marked_in_the_header(void)
{
    struct arena *arena = arena_new(1 << 16);
    struct pg_array array;

    pg_array_init(&array, arena, PG_TEXT, 2);
    pg_array_add(&array, NULL, 0);
    pg_array_add_span(&array, span_text("a"));
    IS_BYTES(pg_array_param(&array), 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 25, 0, 0, 0, 2, 0, 0, 0, 1,
             0xff, 0xff, 0xff, 0xff, 0, 0, 0, 1, 'a');
    arena_free(arena);
}

void test_an_array_grows_beyond_what_was_reserved(void)
{
    struct arena *arena = arena_new(1 << 20);
    char long_text[500] = {0};
    struct pg_array array;

    pg_array_init(&array, arena, PG_BYTEA, 1);
    for (int i = 0; i < 100; i++)
        pg_array_add_span(&array, span_of(long_text, sizeof long_text));
    CU_ASSERT_EQUAL(pg_array_param(&array).size, 20 + 100 * 504);
    arena_free(arena);
}

void test_without_memory_parameter_and_array_are_marked(void)
{
    struct arena *arena = arena_new(128);
    struct pg_array array;

    CU_ASSERT_EQUAL(pg_text(arena, span_of("", (size_t)1 << 31)).size, -1);
    pg_array_init(&array, arena, PG_INT8, 1000);
    pg_array_add_int8(&array, 1);
    CU_ASSERT_EQUAL(pg_array_param(&array).size, -1);
    pg_array_init(&array, arena, PG_INT8, (size_t)1 << 40);
    CU_ASSERT_EQUAL(pg_array_param(&array).size, -1);
    arena_free(arena);
}
