/* The table of problem codes: whole, sorted, and apart from the contracts' reject codes. */
#include <CUnit/CUnit.h>
#include <string.h>

#include "codec/message.h"
#include "http/http_codes.h"
#include "http/http_response.h"

void test_every_row_says_what_why_and_what_to_do(void)
{
    for (size_t i = 0; i < http_code_count; i++) {
        const struct http_code *row = &http_codes[i];

        CU_ASSERT_STRING_NOT_EQUAL(http_status_phrase(row->status), "Unknown");
        CU_ASSERT_TRUE(strlen(row->title) > 10 && row->title[strlen(row->title) - 1] != '.');
        CU_ASSERT_EQUAL(row->cause[strlen(row->cause) - 1], '.');
        CU_ASSERT_EQUAL(row->remedy[strlen(row->remedy) - 1], '.');
    }
}

void test_rows_are_sorted_and_each_is_found(void)
{
    for (size_t i = 0; i < http_code_count; i++) {
        const struct http_code *row = &http_codes[i], *before = i ? row - 1 : NULL;

        CU_ASSERT_PTR_EQUAL(http_code_find(span_text(row->code)), row);
        CU_ASSERT_PTR_EQUAL(http_code_answer(row->code), row);
        CU_ASSERT_TRUE(!before || before->status < row->status ||
                       (before->status == row->status && strcmp(before->code, row->code) < 0));
    }
}

void test_what_is_no_code_is_not_found(void)
{
    CU_ASSERT_PTR_NULL(http_code_find(span_of(NULL, 0)));
    CU_ASSERT_PTR_NULL(http_code_find(span_text("not_foun")));
    CU_ASSERT_PTR_NULL(http_code_find(span_text("not_found_")));
}

void test_no_contract_rejects_by_a_code_of_the_edge(void)
{
    for (size_t i = 0; i < message_count; i++)
        for (size_t j = 0; j < messages[i]->reject_count; j++) {
            const char *code = messages[i]->rejects[j].code;

            CU_ASSERT_PTR_NULL(http_code_find(span_text(code)));
            CU_ASSERT_EQUAL(http_code_answer(code)->status, 409);
        }
}
