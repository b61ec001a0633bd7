#include <CUnit/CUnit.h>
#include <pthread.h>
#include <string.h>

#include "metrics/metrics.h"

#define LIST(...) ((const char *const[]){__VA_ARGS__, NULL})

static const char *const no_values[] = {NULL};

/* From a family's HELP line to the next family's, as it stands among all that tests made. */
static void assert_rendered(const char *family, const char *wanted)
{
    cleanup(buf_deinit) struct buf out = {0}, head = {0};
    char *start, *end;

    buf_printf(&head, "# HELP %s ", family);
    metrics_render(&out);
    start = strstr(out.data, head.data);
    CU_ASSERT_PTR_NOT_NULL_FATAL(start);
    end = strstr(start + 1, "# HELP");
    if (end)
        *end = '\0';
    CU_ASSERT_STRING_EQUAL(start, wanted);
}

void test_a_counter_without_labels_counts(void)
{
    struct metrics_series *series =
        metrics_series(metrics_counter("a_total", "Counts", NULL), no_values);

    CU_ASSERT_EQUAL(metrics_value(series), 0);
    metrics_add(series, 1);
    metrics_add(series, 2.5);
    CU_ASSERT_EQUAL(metrics_value(series), 3.5);
    assert_rendered("a_total", "# HELP a_total Counts\n# TYPE a_total counter\na_total 3.5\n");
}

void test_series_come_in_the_order_of_their_labels(void)
{
    struct metrics_family *family =
        metrics_counter("b_total", "By outcome", LIST("module", "outcome"));

    metrics_add(metrics_series(family, LIST("mc", "rejected")), 1);
    metrics_add(metrics_series(family, LIST("mc", "applied")), 2);
    metrics_add(metrics_series(family, LIST("core", "rejected")), 3);
    assert_rendered("b_total", "# HELP b_total By outcome\n# TYPE b_total counter\n"
                               "b_total{module=\"core\",outcome=\"rejected\"} 3\n"
                               "b_total{module=\"mc\",outcome=\"applied\"} 2\n"
                               "b_total{module=\"mc\",outcome=\"rejected\"} 1\n");
}

void test_families_come_in_the_order_of_their_names(void)
{
    cleanup(buf_deinit) struct buf out = {0};

    metrics_gauge("z_last", "z", NULL);
    metrics_gauge("0_first", "0", NULL);
    metrics_render(&out);
    CU_ASSERT_EQUAL(strncmp(out.data, "# HELP 0_first", 14), 0);
    CU_ASSERT_TRUE(strstr(out.data, "# HELP 0_first") < strstr(out.data, "# HELP z_last"));
}

void test_asking_again_gives_the_same(void)
{
    struct metrics_family *family = metrics_gauge("c", "c", LIST("x"));
    struct metrics_series *series = metrics_series(family, LIST("1"));

    CU_ASSERT_PTR_EQUAL(metrics_gauge("c", "c", LIST("x")), family);
    CU_ASSERT_PTR_EQUAL(metrics_series(family, LIST("1")), series);
    CU_ASSERT_PTR_NOT_EQUAL(metrics_series(family, LIST("2")), series);
}

void test_values_are_copied_and_escaped(void)
{
    struct metrics_family *family = metrics_gauge("d", "a\\b\n\"c\"", LIST("route"));
    char value[] = "a\"b\\c\nd";

    metrics_set(metrics_series(family, LIST(value)), -1);
    memset(value, 'x', 3);
    assert_rendered("d", "# HELP d a\\\\b\\n\"c\"\n# TYPE d gauge\n"
                         "d{route=\"a\\\"b\\\\c\\nd\"} -1\n");
}

void test_a_hidden_series_is_left_out_until_it_is_set(void)
{
    struct metrics_family *family = metrics_gauge("e", "e", LIST("partition"));
    struct metrics_series *series = metrics_series(family, LIST("0"));

    metrics_set(series, 5);
    metrics_hide(series);
    assert_rendered("e", "# HELP e e\n# TYPE e gauge\n");
    metrics_set(series, 6);
    assert_rendered("e", "# HELP e e\n# TYPE e gauge\ne{partition=\"0\"} 6\n");
}

void test_a_histogram_counts_up_to_each_bound(void)
{
    static const double buckets[] = {0.005, 0.1, 1, 0};
    struct metrics_series *series =
        metrics_series(metrics_histogram("f_seconds", "f", LIST("module"), buckets), LIST("mc"));

    metrics_observe(series, 0.005);
    metrics_observe(series, 0.05);
    metrics_observe(series, 0.125);
    metrics_observe(series, 7);
    assert_rendered("f_seconds", "# HELP f_seconds f\n# TYPE f_seconds histogram\n"
                                 "f_seconds_bucket{module=\"mc\",le=\"0.005\"} 1\n"
                                 "f_seconds_bucket{module=\"mc\",le=\"0.1\"} 2\n"
                                 "f_seconds_bucket{module=\"mc\",le=\"1\"} 3\n"
                                 "f_seconds_bucket{module=\"mc\",le=\"+Inf\"} 4\n"
                                 "f_seconds_sum{module=\"mc\"} 7.18\n"
                                 "f_seconds_count{module=\"mc\"} 4\n");
}

void test_a_histogram_without_labels_has_only_bounds(void)
{
    static const double buckets[] = {1, 0};
    struct metrics_series *series =
        metrics_series(metrics_histogram("g", "g", NULL, buckets), no_values);

    metrics_observe(series, 2);
    assert_rendered("g", "# HELP g g\n# TYPE g histogram\n"
                         "g_bucket{le=\"1\"} 0\ng_bucket{le=\"+Inf\"} 1\ng_sum 2\ng_count 1\n");
}

void test_large_counts_keep_their_digits(void)
{
    struct metrics_series *series =
        metrics_series(metrics_counter("h_total", "h", NULL), no_values);

    metrics_add(series, 123456789012345);
    assert_rendered("h_total", "# HELP h_total h\n# TYPE h_total counter\n"
                               "h_total 123456789012345\n");
}

static void *count(void *data)
{
    static const double buckets[] = {1, 0};
    struct metrics_series *counter =
        metrics_series(metrics_counter("i_total", "i", LIST("x")), LIST("1"));
    struct metrics_series *histogram =
        metrics_series(metrics_histogram("j", "j", NULL, buckets), no_values);

    for (int i = 0; i < 20000; i++) {
        metrics_add(counter, 1);
        metrics_observe(histogram, 1);
    }
    return data;
}

void test_threads_lose_no_count(void)
{
    pthread_t threads[4];

    for (size_t i = 0; i < COUNT_OF(threads); i++)
        CU_ASSERT_EQUAL_FATAL(pthread_create(&threads[i], NULL, count, NULL), 0);
    for (size_t i = 0; i < COUNT_OF(threads); i++)
        pthread_join(threads[i], NULL);
    assert_rendered("i_total",
                    "# HELP i_total i\n# TYPE i_total counter\ni_total{x=\"1\"} 80000\n");
    assert_rendered("j", "# HELP j j\n# TYPE j histogram\n"
                         "j_bucket{le=\"1\"} 80000\nj_bucket{le=\"+Inf\"} 80000\n"
                         "j_sum 80000\nj_count 80000\n");
}
