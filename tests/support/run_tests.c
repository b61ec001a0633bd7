/* Runs one file's tests under CUnit; tests/run counts the lines that it prints. */
#include "support/run_tests.h"

#include <CUnit/CUnit.h>
#include <CUnit/TestRun.h>
#include <stdbool.h>
#include <stdio.h>

static bool failed;

static void report(const CU_pTest test, const CU_pSuite suite, const CU_pFailureRecord failures)
{
    (void)suite;
    for (CU_pFailureRecord f = failures; f != NULL; f = f->pNext)
        printf("# %s:%u: %s\n", f->strFileName, f->uiLineNumber, f->strCondition);
    printf("%s %s\n", failures == NULL ? "ok" : "not ok", test->pName);
    failed = failed || failures != NULL;
}

static bool register_tests(const char *file, const struct test *tests, size_t count)
{
    if (CU_initialize_registry() != CUE_SUCCESS)
        return false;
    CU_pSuite suite = CU_add_suite(file, NULL, NULL);
    if (suite == NULL)
        return false;
    for (size_t i = 0; i < count; i++) {
        if (CU_add_test(suite, tests[i].name, tests[i].run) == NULL)
            return false;
    }
    return true;
}

int run_tests(const char *file, const struct test *tests, size_t count)
{
    setvbuf(stdout, NULL, _IOLBF, 0);
    printf("1..%zu\n", count);
    if (!register_tests(file, tests, count)) {
        printf("# %s: CUnit: %s\n", file, CU_get_error_msg());
        return 1;
    }
    CU_set_test_complete_handler(report);
    CU_run_all_tests();
    CU_cleanup_registry();
    return failed ? 1 : 0;
}
