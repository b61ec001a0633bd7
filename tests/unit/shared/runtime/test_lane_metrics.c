/* What lanes of one module tell together. */
#include <CUnit/CUnit.h>
#include <string.h>

#include "base/buf.h"
#include "metrics/metrics.h"
#include "runtime/lane_state.h"

static bool outbox_rows_are(const char *line)
{
    cleanup(buf_deinit) struct buf page = {0};

    metrics_render(&page);
    return page.data && strstr(page.data, line);
}

/* An idle lane does not wipe out what another one waits with. */
void test_outbox_rows_are_the_sum_over_the_lanes_of_a_module(void)
{
    static struct lane idle = {.module = "sum"}, busy = {.module = "sum"};
    struct partition waiting = {.unpublished = true};

    busy.partitions[busy.partition_count++] = &waiting;
    for (int i = 0; i < 3; i++) {
        lane_tell_outbox(&busy);
        lane_tell_outbox(&idle);
    }
    CU_ASSERT_TRUE(outbox_rows_are("idpmc_outbox_rows{module=\"sum\"} 1\n"));
    busy.partition_count = 0;
    lane_tell_outbox(&busy);
    CU_ASSERT_TRUE(outbox_rows_are("idpmc_outbox_rows{module=\"sum\"} 0\n"));
}
