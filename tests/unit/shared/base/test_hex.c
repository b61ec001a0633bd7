#include <CUnit/CUnit.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/hex.h"

void test_bytes_come_back_from_their_digits(void)
{
    static const uint8_t bytes[] = {0x00, 0x01, 0x7f, 0x80, 0xab, 0xff};
    uint8_t back[sizeof bytes];
    char text[2 * sizeof bytes + 1];

    *hex_format(bytes, sizeof bytes, text) = '\0';
    CU_ASSERT_STRING_EQUAL(text, "00017f80abff");
    CU_ASSERT_EQUAL(hex_parse(text, back, sizeof back), 0);
    CU_ASSERT_EQUAL(memcmp(back, bytes, sizeof bytes), 0);
}

void test_every_byte_has_its_digits_wherever_it_stands(void)
{
    uint8_t bytes[7];
    char text[2 * sizeof bytes + 1], expected[2 * sizeof bytes + 1];
    unsigned wrong = 0;

    for (unsigned byte = 0; byte < 256; byte++)
        for (size_t count = 0; count <= sizeof bytes; count++) {
            expected[0] = '\0';
            for (size_t i = 0; i < count; i++) {
                bytes[i] = (uint8_t)(byte + i * 37);
                snprintf(expected + 2 * i, 3, "%02x", bytes[i]);
            }
            *hex_format(bytes, count, text) = '\0';
            wrong += strcmp(text, expected) != 0;
        }
    CU_ASSERT_EQUAL(wrong, 0);
}

/* Every byte in the place of each digit, where they are read one by one, and eight at a time. */
void test_of_all_bytes_only_digits_are_taken_wherever_they_stand(void)
{
    static const char digits[] = "0123456789abcdef";
    char text[2 * 5 + 1] = "0f1e2d3c4b";
    uint8_t bytes[5];
    unsigned wrong = 0;

    for (size_t place = 0; place < 10; place++) {
        const char before = text[place];

        for (unsigned byte = 0; byte < 256; byte++) {
            const char *digit = byte ? strchr(digits, (int)byte) : NULL;
            int r;

            text[place] = (char)byte;
            r = hex_parse(text, bytes, sizeof bytes);
            wrong += r != (digit ? 0 : -EINVAL);
            if (digit)
                wrong += (unsigned)(bytes[place / 2] >> (place % 2 ? 0 : 4) & 15) !=
                         (unsigned)(digit - digits);
        }
        text[place] = before;
    }
    CU_ASSERT_EQUAL(wrong, 0);
}

void test_only_lower_case_digits_are_taken(void)
{
    uint8_t byte;

    CU_ASSERT_EQUAL(hex_parse("AB", &byte, 1), -EINVAL);
    CU_ASSERT_EQUAL(hex_parse("0g", &byte, 1), -EINVAL);
    CU_ASSERT_EQUAL(hex_parse("g0", &byte, 1), -EINVAL);
    CU_ASSERT_EQUAL(hex_parse(" 0", &byte, 1), -EINVAL);
    CU_ASSERT_EQUAL(hex_parse("0", &byte, 1), -EINVAL);
}
