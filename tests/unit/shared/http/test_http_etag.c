/* If-None-Match as RFC 9110, section 13.1.2 has it. */
#include <CUnit/CUnit.h>

#include "http/http_etag.h"

static bool matches(const char *if_none_match)
{
    return http_etag_matches(span_text(if_none_match), span_text("W/\"abc\""));
}

void test_the_tag_is_named_alone_or_in_a_list(void)
{
    CU_ASSERT_TRUE(matches("W/\"abc\""));
    CU_ASSERT_TRUE(matches("\"abc\""));
    CU_ASSERT_TRUE(matches("  \"x\", W/\"y,z\" ,\"abc\""));
    CU_ASSERT_TRUE(matches("\"x\",,W/\"abc\",\"z"));
    CU_ASSERT_TRUE(http_etag_matches(span_text("W/\"abc\""), span_text("\"abc\"")));
}

void test_a_star_names_every_tag(void)
{
    CU_ASSERT_TRUE(matches("*"));
    CU_ASSERT_TRUE(matches(" * "));
    CU_ASSERT_FALSE(matches("*, \"x\""));
}

void test_other_tags_and_no_tags_do_not_name_it(void)
{
    CU_ASSERT_FALSE(matches(NULL));
    CU_ASSERT_FALSE(matches(""));
    CU_ASSERT_FALSE(matches("\"ab\", \"abcd\", \"W/\""));
    CU_ASSERT_FALSE(matches("\"x,\"abc\"\""));
}

void test_what_is_malformed_names_nothing_behind_it(void)
{
    CU_ASSERT_FALSE(matches("abc"));
    CU_ASSERT_FALSE(matches("\"abc"));
    CU_ASSERT_FALSE(matches("w/\"abc\""));
    CU_ASSERT_FALSE(matches("x, \"abc\""));
    CU_ASSERT_FALSE(matches("\""));
}
