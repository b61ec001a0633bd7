/* Zones when memory or descriptors run out: what cannot be read now is not unknown. */
#include <CUnit/CUnit.h>
#include <errno.h>
#include <sys/resource.h>

#include "base/zone.h"
#include "support/failing_malloc.h"

enum { MOST = 100 };

void test_a_zone_is_not_unknown_for_want_of_memory(void)
{
    const struct zone *zone = NULL;
    size_t nth = 0;
    bool failed;
    int r;

    do {
        failing_malloc_arm(++nth, false);
        r = zone_find(span_text("Europe/Oslo"), &zone);
        failed = failing_malloc_disarm();
        CU_ASSERT_EQUAL(r, failed ? -ENOMEM : 0);
    } while (failed && nth < MOST);
    CU_ASSERT(nth > 1 && nth < MOST);
    CU_ASSERT_PTR_NOT_NULL(zone);
}

void test_a_zone_is_not_unknown_for_want_of_descriptors(void)
{
    const struct zone *zone;
    struct rlimit limit, none;

    CU_ASSERT_EQUAL_FATAL(getrlimit(RLIMIT_NOFILE, &limit), 0);
    none = (struct rlimit){.rlim_cur = 0, .rlim_max = limit.rlim_max};
    CU_ASSERT_EQUAL_FATAL(setrlimit(RLIMIT_NOFILE, &none), 0);
    CU_ASSERT_EQUAL(zone_find(span_text("Europe/Paris"), &zone), -EMFILE);
    CU_ASSERT_EQUAL(setrlimit(RLIMIT_NOFILE, &limit), 0);
    CU_ASSERT_EQUAL(zone_find(span_text("Europe/Paris"), &zone), 0);
}
