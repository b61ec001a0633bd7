/* Eight bytes at a time: a word is asked what each of its bytes could be asked. */
#include "base/word.h"

#include <CUnit/CUnit.h>

/* Each byte in each place, among bytes that a borrow would come from or go to. */
void test_a_byte_is_found_wherever_it_stands(void)
{
    static const uint8_t others[] = {0x00, 0x01, 0x20, 0x7f, 0x80, 0xff};
    unsigned wrong = 0;

    for (size_t i = 0; i < sizeof others; i++)
        for (unsigned place = 0; place < WORD_BYTES; place++)
            for (unsigned byte = 0; byte < 256; byte++) {
                uint8_t bytes[WORD_BYTES];

                memset(bytes, others[i], sizeof bytes);
                bytes[place] = (uint8_t)byte;
                wrong += word_has(word_load(bytes), 0x21) != (byte == 0x21);
                wrong += word_has(word_load(bytes), 0x00) != (byte == 0 || others[i] == 0);
                wrong += word_has(word_load(bytes), 0xff) != (byte == 0xff || others[i] == 0xff);
                wrong +=
                    word_has_below(word_load(bytes), 0x20) != (byte < 0x20 || others[i] < 0x20);
                wrong +=
                    word_has_below(word_load(bytes), 0x80) != (byte < 0x80 || others[i] < 0x80);
            }
    CU_ASSERT_EQUAL(wrong, 0);
}

void test_a_word_begins_at_any_address(void)
{
    static const char text[] = "0123456789abcdef";

    for (size_t i = 0; i + WORD_BYTES < sizeof text; i++)
        for (char c = '0'; c <= '9'; c++)
            CU_ASSERT_EQUAL(word_has(word_load(text + i), (uint8_t)c),
                            memchr(text + i, c, WORD_BYTES) != NULL);
}
