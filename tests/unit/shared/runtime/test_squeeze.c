/* What is squeezed stretches to the very same text, and what would not is left alone. */
#include "runtime/squeeze.h"

#include <CUnit/CUnit.h>

#define ID "0193c1a2-7b3c-7def-8123-456789abcdef"
#define DIGITS_32 "0123456789abcdef0123456789abcdef"

static void check(const char *text, size_t wanted)
{
    char bytes[SQUEEZE_BYTES], again[80] = "";
    size_t size = 0, told = 0;
    unsigned shape = squeeze(span_text(text), bytes, &size);

    if (wanted == 0) {
        CU_ASSERT_EQUAL(shape, SQUEEZE_PLAIN);
        return;
    }
    CU_ASSERT_NOT_EQUAL_FATAL(shape, SQUEEZE_PLAIN);
    CU_ASSERT_EQUAL(size, wanted);
    CU_ASSERT_EQUAL(squeeze_text_size(shape, &told), strlen(text));
    CU_ASSERT_EQUAL(told, wanted);
    squeeze_stretch(shape, bytes, again);
    CU_ASSERT_STRING_EQUAL(again, text);
}

void test_ids_keys_actors_digests_and_traces_take_half(void)
{
    check(ID, 16);
    check(ID "/" ID, 32);
    check("user:" ID, 16);
    check(DIGITS_32 DIGITS_32, 32);
    check("00-" DIGITS_32 "-0123456789abcdef-01", 25);
}

void test_what_only_looks_like_them_is_left_alone(void)
{
    check("0193C1A2-7B3C-7DEF-8123-456789ABCDEF", 0);
    check("0193c1a2-7b3c-7def-8123-456789abcdeg", 0);
    check("0193c1a2x7b3c-7def-8123-456789abcdef", 0);
    check(ID "|" ID, 0);
    check("USER:" ID, 0);
    check(DIGITS_32 "0123456789ABCDEF0123456789ABCDEF", 0);
    check("01-" DIGITS_32 "-0123456789abcdef-01", 0);
    check("00-" DIGITS_32 "-0123456789abcdef_01", 0);
    check("", 0);
    check("mc.record-check.v1", 0);
}

void test_there_are_no_other_shapes(void)
{
    size_t size;

    CU_ASSERT_EQUAL(squeeze_text_size(SQUEEZE_PLAIN, &size), 0);
    for (unsigned shape = 6; shape < 300; shape++)
        CU_ASSERT_EQUAL(squeeze_text_size(shape, &size), 0);
}
