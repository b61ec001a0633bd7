/* Who takes part: clubs with one administrator who is their player too, counters, habits, and an
 * outside producer's credential. */
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "chaos.h"

void give_up(const char *format, ...)
{
    va_list args;

    fputs("chaos: ", stderr);
    va_start(args, format);
    vfprintf(stderr, format, args);
    va_end(args);
    fputc('\n', stderr);
    exit(2);
}

const char *needed_setting(const char *name)
{
    const char *value = getenv(name);

    if (!value)
        give_up("%s is not set", name);
    return value;
}

uint64_t next_random(uint64_t *state)
{
    uint64_t z = *state += 0x9e3779b97f4a7c15u;

    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return z ^ z >> 31;
}

unsigned random_below(uint64_t *state, unsigned bound)
{
    return (unsigned)(next_random(state) % bound);
}

static struct uuid random_uuid(uint64_t *state)
{
    uint64_t words[2] = {next_random(state), next_random(state)};
    uint8_t bytes[16];

    memcpy(bytes, words, sizeof bytes);
    return uuid_v8(bytes);
}

void population_make(uint64_t seed, struct population *ret_population)
{
    uint64_t random = seed * 0x2545f4914f6cdd1du + 1;

    *ret_population = (struct population){.seed = seed};
    for (size_t i = 0; i < TENANTS; i++) {
        struct chaos_tenant *tenant = &ret_population->tenants[i];

        tenant->tenant.uuid = random_uuid(&random);
        tenant->actor.uuid = random_uuid(&random);
        for (size_t n = 0; n < COUNT_OF(tenant->counters); n++)
            tenant->counters[n] = random_uuid(&random);
        for (size_t n = 0; n < HABITS; n++)
            tenant->habits[n] = random_uuid(&random);
    }
    snprintf(ret_population->producer, sizeof ret_population->producer, "chaos-%016llx",
             (unsigned long long)next_random(&random));
    for (size_t i = 0; i < sizeof ret_population->producer_secret; i++)
        ret_population->producer_secret[i] = (uint8_t)next_random(&random);
}

struct uuid direct_id(const struct population *population, unsigned counter, int64_t sequence)
{
    uint64_t random = population->seed ^ (uint64_t)sequence << 8 ^ (uint64_t)counter << 56;

    return random_uuid(&random);
}

struct uuid team_id(const struct population *population, uint32_t number)
{
    uint64_t random = population->seed ^ (uint64_t)number << 20 ^ 0x7ea3;

    return random_uuid(&random);
}

struct uuid letter_counter(const struct population *population, unsigned tenant, int64_t sequence)
{
    static const uint8_t begin[] = {0x1e, 0x77, 0xe4, 0x00};
    const uint64_t number = (uint64_t)sequence / LETTERS_EACH;
    uint64_t random = population->seed ^ number << 20 ^ (uint64_t)tenant << 56 ^ 0x1e77;
    struct uuid counter = random_uuid(&random);

    memcpy(counter.bytes, begin, sizeof begin);
    return counter;
}

static void write_tenant(const struct chaos_tenant *tenant)
{
    char id[UUID_TEXT + 1], actor[UUID_TEXT + 1], habit[UUID_TEXT + 1];

    uuid_format(tenant->tenant.uuid, id);
    uuid_format(tenant->actor.uuid, actor);
    printf("insert into core.organizations values ('%s', 'Chaos', 'UTC', 0, 1);\n"
           "insert into platform.tenants (tenant, zone) values ('%s', 'UTC');\n"
           "insert into core.members values ('%s', '%s', 5);\n"
           "insert into mc.players values ('%s', '%s', (now() at time zone 'UTC')::date - 1);\n",
           id, id, id, actor, id, actor);
    for (int slot = 0; slot < HABITS; slot++)
        printf("insert into mc.habits (tenant, player, habit, slot, title, weekdays, weight,"
               " from_day) values ('%s', '%s', '%s', %d, 'Habit', 127, %d, '2020-01-01');\n",
               id, actor, uuid_format(tenant->habits[slot], habit), slot, slot + 1);
}

void population_write_sql(const struct population *population)
{
    char id[UUID_TEXT + 1];

    puts("begin;");
    for (size_t i = 0; i < TENANTS; i++)
        write_tenant(&population->tenants[i]);
    printf("insert into platform.producers (keyid, secret, tenants, types) values ('%s', '\\x",
           population->producer);
    for (size_t i = 0; i < sizeof population->producer_secret; i++)
        printf("%02x", population->producer_secret[i]);
    printf("', '{");
    for (size_t i = 0; i < DIRECT_TENANTS; i++)
        printf("%s%s", i ? "," : "", uuid_format(population->tenants[i].tenant.uuid, id));
    puts("}', '{tally.count.v1}');\ncommit;");
}
