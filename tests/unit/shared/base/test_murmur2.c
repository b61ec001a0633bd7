#include <CUnit/CUnit.h>

#include "base/attr.h"
#include "base/murmur2.h"

/* From the Java client's UtilsTest.testMurmur2. */
void test_hashes_are_the_java_clients(void)
{
    static const struct {
        const char *key;
        int32_t hash;
    } known[] = {
        {"21", -973932308},
        {"foobar", -790332482},
        {"a-little-bit-long-string", -985981536},
        {"a-little-bit-longer-string", -1486304829},
        {"lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8", -58897971},
        {"abc", 479470107},
    };

    for (size_t i = 0; i < COUNT_OF(known); i++)
        CU_ASSERT_EQUAL((int32_t)murmur2(span_text(known[i].key)), known[i].hash);
}

void test_partitions_are_the_java_clients(void)
{
    /* (hash & 0x7fffffff) % 12 of the hashes above. */
    CU_ASSERT_EQUAL(murmur2_partition(span_text("21"), 12), (-973932308 & 0x7fffffff) % 12);
    CU_ASSERT_EQUAL(murmur2_partition(span_text("abc"), 12), 479470107 % 12);
    CU_ASSERT_EQUAL(murmur2_partition(span_text("abc"), 1), 0);
}

void test_an_empty_key_has_a_partition(void)
{
    int32_t partition = murmur2_partition(span_of(NULL, 0), 12);

    CU_ASSERT_TRUE(partition >= 0 && partition < 12);
}
