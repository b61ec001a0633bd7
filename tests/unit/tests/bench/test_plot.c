#include <CUnit/CUnit.h>
#include <stdlib.h>
#include <string.h>

#include "bench/figure.h"

static struct figures figures;

static size_t count_of(const char *text, const char *part)
{
    size_t count = 0;

    while ((text = strstr(text, part))) {
        text += strlen(part);
        count++;
    }
    return count;
}

/* The width of the bar behind the label that ends so. */
static double bar_after(const char *svg, const char *label)
{
    const char *at = strstr(svg, label);

    CU_ASSERT_PTR_NOT_NULL_FATAL(at);
    at = strstr(at, "width=\"");
    CU_ASSERT_PTR_NOT_NULL_FATAL(at);
    return strtod(at + 7, NULL);
}

void test_a_bar_is_as_long_as_its_median(void)
{
    cleanup(buf_deinit) struct buf svg = {0};

    figures.count = 0;
    for (int i = 1; i <= 3; i++) {
        CU_ASSERT_TRUE(figures_add(&figures, "fleet", "rate", 100 * i, "/s"));
        CU_ASSERT_TRUE(figures_add(&figures, "rows", "rate", 200, "/s"));
    }
    figures_plot(&figures, "drain", &svg);
    CU_ASSERT_EQUAL(bar_after(svg.data, "fleet, rate"), bar_after(svg.data, "rows, rate"));
    CU_ASSERT(bar_after(svg.data, "fleet, rate") > 0);
    CU_ASSERT_EQUAL(count_of(svg.data, "<path"), 2); /* ranges */
}

void test_each_part_of_the_cpu_has_one_colour(void)
{
    cleanup(buf_deinit) struct buf svg = {0};

    figures.count = 0;
    CU_ASSERT_TRUE(figures_add(&figures, "fleet", "CPU of the program", 10, "us"));
    CU_ASSERT_TRUE(figures_add(&figures, "fleet", "CPU of PostgreSQL", 30, "us"));
    CU_ASSERT_TRUE(figures_add(&figures, "rows", "CPU of PostgreSQL", 20, "us"));
    figures_plot(&figures, "drain", &svg);
    CU_ASSERT_EQUAL(count_of(svg.data, "fill=\"#3b6ea5\""), 2); /* a bar, and what it means */
    CU_ASSERT_EQUAL(count_of(svg.data, "fill=\"#d98032\""), 3);
    CU_ASSERT_PTR_NOT_NULL(strstr(svg.data, ">40</text>"));
}

void test_names_do_not_end_the_picture(void)
{
    cleanup(buf_deinit) struct buf svg = {0};

    figures.count = 0;
    CU_ASSERT_TRUE(figures_add(&figures, "a<b>&c", "rate", 1, "/s"));
    figures_plot(&figures, "x < y", &svg);
    CU_ASSERT_PTR_NOT_NULL(strstr(svg.data, "a&lt;b&gt;&amp;c, rate"));
    CU_ASSERT_PTR_NOT_NULL(strstr(svg.data, "x &lt; y"));
}

void test_a_report_without_rates_and_cpu_is_a_title(void)
{
    cleanup(buf_deinit) struct buf svg = {0};

    figures.count = 0;
    CU_ASSERT_TRUE(figures_add(&figures, "", "p99", 3, "ms"));
    figures_plot(&figures, "latency", &svg);
    CU_ASSERT_EQUAL(count_of(svg.data, "<rect"), 1);
    CU_ASSERT_EQUAL(strcmp(svg.data + svg.size - 7, "</svg>\n"), 0);
}
