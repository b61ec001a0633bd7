#include <CUnit/CUnit.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/attr.h"
#include "base/hash.h"
#include "base/random.h"

void test_equal_bytes_have_equal_hashes(void)
{
    char text[] = "0123456789abcdef", same[] = "0123456789abcdef";

    for (size_t size = 0; size <= sizeof text; size++)
        CU_ASSERT_EQUAL(hash_bytes(0, text, size), hash_bytes(0, same, size));
}

void test_length_state_and_every_byte_count(void)
{
    char text[24] = {0};
    uint64_t hash = hash_bytes(0, text, sizeof text);

    CU_ASSERT_NOT_EQUAL(hash_bytes(0, text, sizeof text - 1), hash);
    CU_ASSERT_NOT_EQUAL(hash_bytes(1, text, sizeof text), hash);
    for (size_t i = 0; i < sizeof text; i++) {
        text[i] = 1;
        CU_ASSERT_NOT_EQUAL(hash_bytes(0, text, sizeof text), hash);
        text[i] = 0;
    }
}

void test_hashes_fill_all_buckets(void)
{
    unsigned counts[64] = {0};

    for (uint32_t i = 0; i < 64 * 200; i++)
        counts[hash_bytes(0, &i, sizeof i) % 64]++;
    for (size_t i = 0; i < COUNT_OF(counts); i++)
        CU_ASSERT_TRUE(counts[i] > 100 && counts[i] < 320);
}

void test_a_forked_child_draws_other_random_bytes(void)
{
    uint8_t mine[16], childs[16];
    int pipes[2];
    pid_t child;

    random_fill(mine, 1); /* the pool is full now, and would be the child's too */
    CU_ASSERT_EQUAL_FATAL(pipe(pipes), 0);
    child = fork();
    if (child == 0) {
        random_fill(childs, sizeof childs);
        _exit(write(pipes[1], childs, sizeof childs) != sizeof childs);
    }
    random_fill(mine, sizeof mine);
    CU_ASSERT_EQUAL(read(pipes[0], childs, sizeof childs), sizeof childs);
    CU_ASSERT_NOT_EQUAL(memcmp(mine, childs, sizeof mine), 0);
    waitpid(child, NULL, 0);
    close(pipes[0]);
    close(pipes[1]);
}
