#include <CUnit/CUnit.h>
#include <string.h>

#include "bench/flame.h"

static struct flame *read_lines(const char *const *lines, size_t count)
{
    struct flame *flame = flame_new();

    CU_ASSERT_PTR_NOT_NULL_FATAL(flame);
    for (size_t i = 0; i < count; i++)
        CU_ASSERT_TRUE(flame_read(flame, lines[i]));
    return flame;
}

static const char *const samples[] = {
    "postgres",
    "\t    55d0 ExecInsert+0x1f",
    "\t    55d1 ExecModifyTable+0x22",
    "",
    "postgres",
    "\t    55d2 XLogInsert",
    "\t    55d1 ExecModifyTable+0x30",
    "",
    "worker-mc",
    "\t    7f00 a<b>::c",
    "",
};

void test_samples_are_counted_when_they_are_complete(void)
{
    struct flame *flame = read_lines(samples, 6);

    CU_ASSERT_EQUAL(flame_samples(flame), 1);
    CU_ASSERT_TRUE(flame_read(flame, "  55d1 ExecModifyTable"));
    CU_ASSERT_TRUE(flame_read(flame, ""));
    CU_ASSERT_EQUAL(flame_samples(flame), 2);
    flame_free(flame);
}

void test_shares_are_those_of_the_samples_that_a_function_is_in(void)
{
    struct flame *flame = read_lines(samples, COUNT_OF(samples));
    cleanup(buf_deinit) struct buf svg = {0};

    flame_plot(flame, "drain", &svg);
    CU_ASSERT_PTR_NOT_NULL(strstr(svg.data, "drain: 3 samples"));
    CU_ASSERT_PTR_NOT_NULL(strstr(svg.data, "<title>postgres, 66.7 %"));
    CU_ASSERT_PTR_NOT_NULL(strstr(svg.data, "<title>ExecModifyTable, 66.7 %"));
    CU_ASSERT_PTR_NOT_NULL(strstr(svg.data, "<title>XLogInsert, 33.3 %"));
    CU_ASSERT_PTR_NOT_NULL(strstr(svg.data, "<title>worker-mc, 33.3 %"));
    CU_ASSERT_PTR_NOT_NULL(strstr(svg.data, "<title>a&lt;b&gt;::c, 33.3 %"));
    flame_free(flame);
}

void test_nothing_read_is_an_empty_picture(void)
{
    struct flame *flame = read_lines(samples, 0);
    cleanup(buf_deinit) struct buf svg = {0};

    flame_plot(flame, "drain", &svg);
    CU_ASSERT_PTR_NULL(strstr(svg.data, "<g>"));
    CU_ASSERT_PTR_NOT_NULL(strstr(svg.data, "</svg>"));
    flame_free(flame);
    flame_free(NULL);
}

void test_a_stack_that_is_too_deep_keeps_its_leaves(void)
{
    struct flame *flame = read_lines((const char *const[]){"deep"}, 1);
    cleanup(buf_deinit) struct buf svg = {0};

    CU_ASSERT_TRUE(flame_read(flame, "  1 leaf"));
    for (int i = 0; i < 1000; i++)
        CU_ASSERT_TRUE(flame_read(flame, "  2 more"));
    CU_ASSERT_TRUE(flame_read(flame, ""));
    flame_plot(flame, "deep", &svg);
    CU_ASSERT_PTR_NOT_NULL(strstr(svg.data, "<title>leaf, 100.0 %"));
    flame_free(flame);
}
