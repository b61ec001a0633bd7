#include <CUnit/CUnit.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "trace/trace.h"

static const char sample[] = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

static int parse(const char *text)
{
    struct trace trace;

    return trace_parse(span_text(text), &trace);
}

void test_a_traceparent_comes_back(void)
{
    struct trace trace;
    char text[TRACE_TEXT + 1], id[TRACE_ID_TEXT + 1];

    CU_ASSERT_EQUAL_FATAL(trace_parse(span_text(sample), &trace), 0);
    CU_ASSERT_EQUAL(trace.trace_id[0], 0x0a);
    CU_ASSERT_EQUAL(trace.span_id[7], 0x31);
    CU_ASSERT_EQUAL(trace.flags, 1);
    CU_ASSERT_STRING_EQUAL(trace_format(&trace, text), sample);
    CU_ASSERT_STRING_EQUAL(trace_id_format(&trace, id), "0af7651916cd43dd8448eb211c80319c");
}

void test_flags_that_nobody_knows_are_not_passed_on(void)
{
    struct trace trace;

    CU_ASSERT_EQUAL_FATAL(
        trace_parse(span_text("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-fe"), &trace),
        0);
    CU_ASSERT_EQUAL(trace.flags, 0);
}

void test_a_later_version_is_read_as_the_first(void)
{
    struct trace trace;
    char text[TRACE_TEXT + 1];

    CU_ASSERT_EQUAL_FATAL(
        trace_parse(span_text("cc-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-more"),
                    &trace),
        0);
    CU_ASSERT_STRING_EQUAL(trace_format(&trace, text), sample);
    CU_ASSERT_EQUAL(parse("01-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"), 0);
}

void test_what_the_standard_forbids_is_refused(void)
{
    static const char *const wrong[] = {
        "",
        "00",
        "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-0",
        "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-more",
        "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-011",
        "cc-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01more",
        "ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        "0x-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        "00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01",
        "00-00000000000000000000000000000000-b7ad6b7169203331-01",
        "00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01",
        "00_0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        "00-0af7651916cd43dd8448eb211c80319c_b7ad6b7169203331-01",
        "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331_01",
        "00-0af7651916cd43dd8448eb211c80319g-b7ad6b7169203331-01",
        "00-0af7651916cd43dd8448eb211c80319c-b7ad6b716920333z-01",
        "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-0z",
    };

    for (size_t i = 0; i < COUNT_OF(wrong); i++)
        CU_ASSERT_EQUAL(parse(wrong[i]), -EINVAL);
}

void test_a_new_trace_is_sampled_and_valid_and_its_own(void)
{
    struct trace a = trace_new(), b = trace_new();
    char text[TRACE_TEXT + 1];

    CU_ASSERT_EQUAL(a.flags, 1);
    CU_ASSERT_NOT_EQUAL(memcmp(a.trace_id, b.trace_id, sizeof a.trace_id), 0);
    CU_ASSERT_EQUAL(parse(trace_format(&a, text)), 0);
    CU_ASSERT_EQUAL(strlen(text), TRACE_TEXT);
}

void test_a_child_keeps_the_trace_and_has_a_span_of_its_own(void)
{
    struct trace parent, child;

    CU_ASSERT_EQUAL_FATAL(trace_parse(span_text(sample), &parent), 0);
    parent.flags = 0;
    child = trace_child(&parent);
    CU_ASSERT_EQUAL(memcmp(child.trace_id, parent.trace_id, sizeof child.trace_id), 0);
    CU_ASSERT_NOT_EQUAL(memcmp(child.span_id, parent.span_id, sizeof child.span_id), 0);
    CU_ASSERT_EQUAL(child.flags, 0);
}
