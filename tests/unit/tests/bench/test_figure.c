#include <CUnit/CUnit.h>
#include <stdlib.h>
#include <string.h>

#include "bench/figure.h"

static struct figures figures;

/* A figure of nobody's with these rounds. */
static const struct figure *figure_of(const double *values, size_t count)
{
    figures.count = 0;
    for (size_t i = 0; i < count; i++)
        CU_ASSERT_TRUE(figures_add(&figures, "", "rate", values[i], "/s"));
    return figures_find(&figures, "", "rate");
}

static void add_rounds(const char *of, const double values[3])
{
    for (size_t i = 0; i < 3; i++)
        CU_ASSERT_TRUE(figures_add(&figures, of, "rate", values[i], "/s"));
}

static void assert_printed(double value, const char *text)
{
    cleanup(buf_deinit) struct buf out = {0};

    figure_print(&out, value);
    CU_ASSERT_STRING_EQUAL(out.data, text);
}

void test_the_median_of_an_odd_number_is_the_one_in_the_middle(void)
{
    const struct summary summary = figure_summary(figure_of((const double[]){9, 1, 4, 30, 5}, 5));

    CU_ASSERT_EQUAL(summary.median, 5);
    CU_ASSERT_EQUAL(summary.least, 1);
    CU_ASSERT_EQUAL(summary.most, 30);
}

void test_the_median_of_an_even_number_lies_between_the_two_in_the_middle(void)
{
    CU_ASSERT_EQUAL(figure_summary(figure_of((const double[]){8, 1, 2, 6}, 4)).median, 4);
    CU_ASSERT_EQUAL(figure_summary(figure_of((const double[]){-2, -4}, 2)).median, -3);
}

void test_one_value_is_median_and_range(void)
{
    const struct summary summary = figure_summary(figure_of((const double[]){7}, 1));

    CU_ASSERT_EQUAL(summary.median, 7);
    CU_ASSERT_EQUAL(summary.least, 7);
    CU_ASSERT_EQUAL(summary.most, 7);
}

void test_no_value_is_zero(void)
{
    CU_ASSERT_EQUAL(summarize(NULL, 0).median, 0);
}

void test_rounds_stay_in_their_order(void)
{
    const struct figure *figure = figure_of((const double[]){3, 1, 2}, 3);

    figure_summary(figure);
    CU_ASSERT_EQUAL(figure->count, 3);
    CU_ASSERT_EQUAL(figure->rounds[0], 3);
    CU_ASSERT_EQUAL(figure->rounds[2], 2);
}

void test_the_same_name_of_another_thing_is_another_figure(void)
{
    figures.count = 0;
    CU_ASSERT_TRUE(figures_add(&figures, "fleet", "rate", 1, "/s"));
    CU_ASSERT_TRUE(figures_add(&figures, "rows", "rate", 2, "/s"));
    CU_ASSERT_EQUAL(figures.count, 2);
    CU_ASSERT_EQUAL(figures_find(&figures, "rows", "rate")->rounds[0], 2);
    CU_ASSERT_PTR_NULL(figures_find(&figures, "rows", "wal"));
}

/* The median of the ratios is not the ratio of the medians: a slow round is slow for both. */
void test_what_is_divided_is_divided_round_by_round(void)
{
    const struct figure *ratio;

    figures.count = 0;
    add_rounds("fleet", (const double[]){10, 40, 90});
    add_rounds("rows", (const double[]){10, 80, 60});
    CU_ASSERT_TRUE(figures_divide(&figures, "rate", "fleet", "rows"));
    ratio = figures_find(&figures, "fleet / rows", "rate");
    CU_ASSERT_PTR_NOT_NULL_FATAL(ratio);
    CU_ASSERT_EQUAL(ratio->count, 3);
    CU_ASSERT_EQUAL(figure_summary(ratio).median, 1);
    CU_ASSERT_EQUAL(figure_summary(ratio).least, 0.5);
    CU_ASSERT_EQUAL(figure_summary(ratio).most, 1.5);
}

void test_nothing_is_divided_by_zero_nor_by_what_is_missing(void)
{
    figures.count = 0;
    add_rounds("fleet", (const double[]){1, 2, 3});
    add_rounds("rows", (const double[]){1, 0, 3});
    CU_ASSERT_FALSE(figures_divide(&figures, "rate", "fleet", "rows"));
    CU_ASSERT_FALSE(figures_divide(&figures, "rate", "fleet", "replay"));
    CU_ASSERT_TRUE(figures_add(&figures, "short", "rate", 1, "/s"));
    CU_ASSERT_FALSE(figures_divide(&figures, "rate", "fleet", "short"));
    CU_ASSERT_EQUAL(figures.count, 3);
}

void test_too_many_rounds_and_figures_are_refused(void)
{
    char name[16];

    figures.count = 0;
    for (int i = 0; i < FIGURE_ROUNDS; i++)
        CU_ASSERT_TRUE(figures_add(&figures, "", "rate", i, "/s"));
    CU_ASSERT_FALSE(figures_add(&figures, "", "rate", 1, "/s"));
    for (int i = 1; i < FIGURES; i++) {
        snprintf(name, sizeof name, "figure %d", i);
        CU_ASSERT_TRUE(figures_add(&figures, "", name, 1, ""));
    }
    CU_ASSERT_FALSE(figures_add(&figures, "", "one more", 1, ""));
}

void test_numbers_have_as_many_decimals_as_they_are_worth(void)
{
    assert_printed(12345.678, "12346");
    assert_printed(17, "17");
    assert_printed(17.25, "17.2");
    assert_printed(1.256, "1.26");
    assert_printed(0.04567, "0.0457");
}

void test_the_table_has_the_range_of_several_rounds(void)
{
    cleanup(buf_deinit) struct buf out = {0};

    figures.count = 0;
    add_rounds("fleet", (const double[]){100, 300, 200});
    CU_ASSERT_TRUE(figures_add(&figures, "client", "sent", 5, ""));
    figures_table(&figures, &out);
    CU_ASSERT_PTR_NOT_NULL(strstr(out.data, "-- fleet\n"));
    CU_ASSERT_PTR_NOT_NULL(strstr(out.data, "200  [100 .. 300]"));
    CU_ASSERT_PTR_NOT_NULL(strstr(out.data, "-- client\n"));
    CU_ASSERT_PTR_NULL(strstr(out.data, "[5 .. 5]"));
}
