/* Ids belong to their tenant: what one used is free for all others, at whatever time. */
#include <CUnit/CUnit.h>
#include <string.h>

#include "support/counters.h"
#include "support/database.h"
#include "support/program.h"

enum { WAIT_MS = 30000 };

void test_the_same_id_in_two_tenants_is_two_commands(void)
{
    struct counters one = counters_new(), other = counters_new();
    struct program worker = program_run("worker-tally", NULL);
    struct letter first = counters_next(&one, 0), second = counters_next(&other, 0);

    memcpy(second.id, first.id, sizeof second.id);
    letter_sign(&second);
    letter_post(&first);
    letters_arrive();
    CU_ASSERT_TRUE(counters_applied(&one, WAIT_MS));
    letter_post(&second);
    letters_arrive();
    CU_ASSERT_TRUE(counters_applied(&other, WAIT_MS));
    counters_check(&one);
    counters_check(&other);
    CU_ASSERT_EQUAL(program_stop(&worker), 0);
}
