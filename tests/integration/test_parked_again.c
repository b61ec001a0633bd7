/* A command that was applied is not applied again when somebody brings it back among the parked
 * ones, as a redrive that raced or a restored row would. */
#include <CUnit/CUnit.h>

#include "support/counters.h"
#include "support/database.h"
#include "support/program.h"
#include "support/refusal.h"

enum { WAIT_MS = 40000 };

static bool parked_becomes(const struct counters *counters, int64_t wanted)
{
    return sql_becomes(wanted, WAIT_MS, "select count(*) from tally.parked where tenant = '%s'",
                       id_text(counters->tenant.uuid));
}

void test_an_applied_command_that_is_parked_again_has_no_second_effect(void)
{
    struct counters counters = counters_new();
    struct program worker;

    refusal_prepare();
    refuse_counter(&counters, 0, "55P03");
    worker = program_run("worker-tally", NULL);
    for (int i = 0; i < 3; i++) {
        struct letter letter = counters_next(&counters, 0);

        letter_post(&letter);
    }
    letters_arrive();
    CU_ASSERT_TRUE(parked_becomes(&counters, 3));
    sql("create table public.parked_before as select * from tally.parked where tenant = '%s'",
        id_text(counters.tenant.uuid));
    refusal_end();
    CU_ASSERT_TRUE(parked_becomes(&counters, 0));
    counters_check(&counters);
    sql("update public.parked_before set next_try = now() where at ="
        " (select min(at) from public.parked_before);"
        "insert into tally.parked select * from public.parked_before;"
        "drop table public.parked_before");
    CU_ASSERT_TRUE(parked_becomes(&counters, 0));
    counters_check(&counters);
    CU_ASSERT_EQUAL(program_stop(&worker), 0);
}
