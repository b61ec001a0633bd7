/* The main of every program of the gate:
 *   gate_<part>         what the counts depend on but our sources do not say, and the cases' names
 *   gate_<part> CASE    plays it, and prints how many operations were counted */
#include <gnu/libc-version.h>
#include <jansson.h>
#include <stdint.h>
#include <string.h>
#include <sys/random.h>

#include "gate.h"

enum { ROUNDS = 10 };

static bool counting;

/* In place of the C library's: hashes, ids and seals begin with the same bytes each time. */
ssize_t getrandom(void *bytes, size_t size, unsigned flags)
{
    static uint64_t state;
    uint8_t *to = bytes;

    (void)flags;
    for (size_t i = 0; i < size; i++) {
        state = state * 6364136223846793005u + 1442695040888963407u;
        to[i] = (uint8_t)(state >> 56);
    }
    return (ssize_t)size;
}

/* In place of OpenSSL's, whose own generator asks the kernel by a system call. */
int RAND_bytes(unsigned char *bytes, int size);
int RAND_bytes(unsigned char *bytes, int size)
{
    return getrandom(bytes, (size_t)size, 0) == size;
}

/* callgrind counts between this function's begin and end; it must be there, by name, and end behind
 * what it calls. */
__attribute__((noinline, noclone)) void gate_counted(void (*step)(void));
void gate_counted(void (*step)(void))
{
    step();
    __asm__ volatile("");
}

void gate_step(void (*step)(void))
{
    if (counting)
        gate_counted(step);
    else
        step();
}

#if defined __clang__
#define COMPILER "clang-" __clang_version__
#else
#define COMPILER "gcc-" __VERSION__
#endif

#if defined __x86_64__
#define MACHINE "x86_64"
#elif defined __aarch64__
#define MACHINE "aarch64"
#else
#define MACHINE "other"
#endif

static void tell_cases(void)
{
    printf("%.*s/%s/glibc-%s\n", (int)strcspn(COMPILER, " "), COMPILER, MACHINE,
           gnu_get_libc_version());
    for (const struct gate_case *at = gate_cases; at->name; at++)
        puts(at->name);
}

int main(int argc, char **argv)
{
    const struct gate_case *found = gate_cases;

    if (argc != 2) {
        tell_cases();
        return 0;
    }
    while (found->name && strcmp(found->name, argv[1]) != 0)
        found++;
    must(found->name, "there is no such case");
    json_object_seed(1);
    found->prepare();
    found->round();
    counting = true;
    for (int i = 0; i < ROUNDS; i++)
        found->round();
    printf("%u\n", ROUNDS * found->operations);
    return 0;
}
