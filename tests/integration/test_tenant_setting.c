/* The tenant that a transaction names ends with it: the next one on the same connection sees no
 * tenant's rows until it names its own. */
#include <CUnit/CUnit.h>

#include "support/counters.h"
#include "support/database.h"
#include "support/program.h"

enum { WAIT_MS = 30000, ROUNDS = 3 };

#define LOST_CLAIMS "idpmc_claims_total{module=\"tally\",result=\"lost\"}"

/* A claim names no tenant; where it finds one named it fails. */
static void watch_claims(void)
{
    sql("create or replace function tally.want_no_tenant() returns trigger language plpgsql as $$"
        " begin if coalesce(current_setting('app.tenant', true), '') <> '' then"
        "  raise exception 'a tenant is named before anybody named one'; end if;"
        " return new; end $$");
    sql("create or replace trigger want_no_tenant before update on tally.position for each row"
        " when (old.epoch <> new.epoch) execute function tally.want_no_tenant()");
}

/* Each claim that is lost is made again on the connection on which batches were run before. */
void test_a_transaction_that_names_no_tenant_finds_none_named(void)
{
    struct counters counters = counters_new();
    struct program worker;

    watch_claims();
    worker = program_run("worker-tally", NULL);
    for (int i = 0; i < ROUNDS; i++) {
        counters_send(&counters, COUNTERS);
        CU_ASSERT_TRUE(counters_applied(&counters, WAIT_MS));
        sql("update tally.position set epoch = epoch + 1 where topic = 'idpmc.tally.commands'");
    }
    counters_check(&counters);
    CU_ASSERT_TRUE(program_metric(&worker, LOST_CLAIMS) >= 1);
    CU_ASSERT_EQUAL(program_stop(&worker), 0);
    sql("drop trigger want_no_tenant on tally.position; drop function tally.want_no_tenant()");
}
