/* Measures when memory runs out: nobody who measures notices, and what is shown is whole. */
#include <CUnit/CUnit.h>
#include <string.h>

#include "metrics/metrics.h"
#include "support/failing_malloc.h"

static const char *const labels[] = {"module", "result", NULL}, *const values[] = {"mc", "ok",
                                                                                   NULL};

static void measure(void)
{
    static const double buckets[] = {0.5, 1, 0};
    static const char *const none[] = {NULL};

    metrics_add(metrics_series(metrics_counter("starved_total", "Counts.", labels), values), 1);
    metrics_observe(
        metrics_series(metrics_histogram("starved_seconds", "Takes.", NULL, buckets), none), 0.7);
    metrics_hide(metrics_series(metrics_gauge("starved_bytes", "Holds.", labels), values));
}

void test_what_there_is_no_memory_for_is_measured_nowhere(void)
{
    cleanup(buf_deinit) struct buf out = {0};
    bool failed = true;
    size_t nth;

    for (nth = 1; failed && nth < 100; nth++) {
        failing_malloc_arm(nth, nth < 5);
        measure();
        failed = failing_malloc_disarm();
    }
    CU_ASSERT_FALSE(failed);
    CU_ASSERT(nth > 5);
    metrics_render(&out);
    CU_ASSERT_PTR_NOT_NULL(strstr(out.data, "starved_total{module=\"mc\",result=\"ok\"} "));
    CU_ASSERT_PTR_NOT_NULL(strstr(out.data, "starved_seconds_bucket{le=\"1\"} "));
    CU_ASSERT_PTR_NULL(strstr(out.data, "starved_bytes{"));
}
