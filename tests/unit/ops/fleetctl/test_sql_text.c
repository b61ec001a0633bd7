/* Statements of an SQL text are found where they stand, whatever their quotes hold. */
#include <CUnit/CUnit.h>
#include <stdio.h>
#include <string.h>

#include "../ops/fleetctl/sql_text.h"

/* The statements' first letters say which were found. */
static void holds(const char *sql, const char *first_letters)
{
    char found[32] = {0};
    const char *end;
    size_t count = 0;

    for (const char *at = sql; (at = sql_next(at, &end)) != NULL && count < 31; at = end)
        found[count++] = *at;
    if (strcmp(found, first_letters) != 0)
        printf("# in: %s\n# found: %s\n", sql, found);
    CU_ASSERT_STRING_EQUAL(found, first_letters);
}

void test_statements_end_at_semicolons(void)
{
    holds("", "");
    holds(" ;; \n", "");
    holds("a", "a");
    holds("a b; c", "ac");
    holds("a;b;", "ab");
}

void test_comments_are_no_statements(void)
{
    holds("-- x; y\na;-- z", "a");
    holds("/* x; /* y; */ z; */ a; /* never closed", "a");
    holds("a - - b; c", "ac");
    holds("a -- it's\n; b", "ab");
}

void test_semicolons_in_quotes_end_nothing(void)
{
    holds("a ';'; b", "ab");
    holds("a 'it''s;'; b", "ab");
    holds("a \";\"; b", "ab");
    holds("a E'\\';'; b", "ab");
    holds("a '\\'; b", "ab");
    holds("a ';", "a");
}

void test_semicolons_in_dollar_quotes_end_nothing(void)
{
    holds("a $$;$$; b", "ab");
    holds("a $x$; $$ ; $y$ $x$; b", "ab");
    holds("a $1; b", "ab");
    holds("a b$c$; d", "ad");
    holds("a $x$ ; never closed", "a");
}

void test_lines_and_characters_are_counted_from_one(void)
{
    const char *text = "a\nü b\nc";

    CU_ASSERT_EQUAL(sql_line(text, text), 1);
    CU_ASSERT_EQUAL(sql_line(text, strchr(text, 'c')), 3);
    CU_ASSERT_EQUAL(*sql_character(text, 1), 'a');
    CU_ASSERT_EQUAL(*sql_character(text, 5), 'b');
    CU_ASSERT_EQUAL(*sql_character(text, 99), '\0');
}
