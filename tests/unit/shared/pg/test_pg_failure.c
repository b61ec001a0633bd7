/* Each SQLSTATE that a worker may meet is treated as the architecture says. */
#include <CUnit/CUnit.h>

#include "pg/pg.h"

static void all_are(enum pg_class class, const char *const *sqlstates)
{
    for (; *sqlstates; sqlstates++)
        CU_ASSERT_EQUAL(pg_classify(*sqlstates), class);
}

void test_conflicts_lost_connections_and_timeouts_are_tried_again(void)
{
    all_are(PG_RETRY, (const char *const[]){"40001", "40P01", "08000", "08006", "57P01", "57P03",
                                            "57014", "55P03", "25P03", NULL});
}

void test_a_stale_prepared_statement_is_tried_again(void)
{
    all_are(PG_RETRY, (const char *const[]){"0A000", "26000", NULL});
}

void test_data_errors_make_a_culprit(void)
{
    all_are(PG_CULPRIT, (const char *const[]){"22001", "22P02", "23502", "23505", "23514", NULL});
}

void test_a_full_server_makes_a_pause(void)
{
    all_are(PG_PAUSE, (const char *const[]){"53100", "53200", "53300", NULL});
}

void test_what_only_people_can_mend_stops(void)
{
    all_are(PG_STOP, (const char *const[]){"28P01", "42501", "42P01", "54000", "58030", "XX000",
                                           "P0001", "", NULL});
}

void test_a_lost_claim_is_its_own_class(void)
{
    all_are(PG_CLAIM, (const char *const[]){"IDP01", NULL});
}
