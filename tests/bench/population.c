#include "population.h"

#include <stdio.h>
#include <stdlib.h>

enum { SEED = 20261122, ADMIN_PERCENT = 10, REPEATED_PERCENT = 1, TODAY_PERCENT = 70 };

/* SplitMix64: small, and the same on every machine. */
static uint64_t next_random(uint64_t *state)
{
    uint64_t z = *state += 0x9e3779b97f4a7c15u;

    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return z ^ z >> 31;
}

static unsigned below(uint64_t *state, unsigned bound)
{
    return (unsigned)(next_random(state) % bound);
}

static struct uuid random_uuid(uint64_t *state)
{
    uint64_t words[2] = {next_random(state), next_random(state)};
    struct uuid uuid;

    memcpy(uuid.bytes, words, sizeof uuid.bytes);
    uuid.bytes[6] = (uint8_t)((uuid.bytes[6] & 0x0f) | 0x40);
    uuid.bytes[8] = (uint8_t)((uuid.bytes[8] & 0x3f) | 0x80);
    return uuid;
}

/* Ordered by time, as clients make them. */
static struct message_id message_at(uint64_t *state, struct timestamp time)
{
    struct message_id id = {random_uuid(state)};
    uint64_t ms = (uint64_t)time.us / 1000;

    for (int i = 0; i < 6; i++)
        id.uuid.bytes[i] = (uint8_t)(ms >> (40 - 8 * i));
    id.uuid.bytes[6] = (uint8_t)((id.uuid.bytes[6] & 0x0f) | 0x70);
    return id;
}

/* The n-th club is n times smaller than the first. */
static unsigned zipf_club(uint64_t *state)
{
    static double sums[CLUBS];
    double at;
    unsigned club = 0;

    for (unsigned i = 0; i < CLUBS && sums[CLUBS - 1] == 0; i++)
        sums[i] = (i > 0 ? sums[i - 1] : 0) + 1.0 / (i + 1);
    at = (double)(next_random(state) >> 11) / (double)(1ull << 53) * sums[CLUBS - 1];
    while (club < CLUBS - 1 && sums[club] <= at)
        club++;
    return club;
}

static struct population *make(size_t clubs, uint64_t random)
{
    struct population *population =
        calloc(1, sizeof *population + clubs * sizeof population->clubs[0]);

    if (!population)
        return NULL;
    population->club_count = clubs;
    population->ticks = clubs == CLUBS;
    for (size_t i = 0; i < clubs; i++) {
        population->clubs[i].tenant.uuid = random_uuid(&random);
        population->clubs[i].admin.uuid = random_uuid(&random);
    }
    for (size_t i = 0; i < PLAYERS; i++) {
        struct bench_player *player = &population->players[i];

        player->club = &population->clubs[clubs == PLAYERS ? i : zipf_club(&random)];
        player->user.uuid = random_uuid(&random);
        for (int habit = 0; habit < HABITS; habit++)
            player->habits[habit].uuid = random_uuid(&random);
    }
    population->team.uuid = random_uuid(&random);
    return population;
}

struct population *population_make(void)
{
    return make(CLUBS, SEED);
}

struct population *population_make_alone(void)
{
    return make(PLAYERS, SEED + 2);
}

struct population *population_make_more(void)
{
    return make(CLUBS, SEED + 3);
}

static void write_clubs(const struct population *population)
{
    char tenant[UUID_TEXT + 1], admin[UUID_TEXT + 1];

    puts("copy core.organizations (tenant, name, zone, kind, admins) from stdin;");
    for (size_t i = 0; i < population->club_count; i++)
        printf("%s\tClub %zu\tUTC\t0\t1\n", uuid_format(population->clubs[i].tenant.uuid, tenant),
               i + 1);
    puts("\\.");
    if (population->ticks)
        puts("insert into platform.tenants select tenant, zone from core.organizations"
             " on conflict do nothing;");
    puts("copy core.members (tenant, member, roles) from stdin;");
    for (size_t i = 0; i < population->club_count; i++)
        printf("%s\t%s\t4\n", uuid_format(population->clubs[i].tenant.uuid, tenant),
               uuid_format(population->clubs[i].admin.uuid, admin));
    puts("\\.");
}

static void write_players(const struct population *population)
{
    char tenant[UUID_TEXT + 1], user[UUID_TEXT + 1], habit[UUID_TEXT + 1];

    puts("copy core.members (tenant, member, roles) from stdin;");
    for (size_t i = 0; i < PLAYERS; i++)
        printf("%s\t%s\t1\n", uuid_format(population->players[i].club->tenant.uuid, tenant),
               uuid_format(population->players[i].user.uuid, user));
    puts("\\.\ninsert into mc.players (tenant, player, closed_through)"
         " select tenant, member, (now() at time zone 'UTC')::date - 1"
         " from core.members where roles = 1 on conflict do nothing;");
    puts("copy mc.habits (tenant, player, habit, slot, title, weekdays, weight, from_day)"
         " from stdin;");
    for (size_t i = 0; i < PLAYERS; i++)
        for (int slot = 0; slot < HABITS; slot++)
            printf("%s\t%s\t%s\t%d\tHabit number %d\t127\t%d\t2026-01-01\n",
                   uuid_format(population->players[i].club->tenant.uuid, tenant),
                   uuid_format(population->players[i].user.uuid, user),
                   uuid_format(population->players[i].habits[slot].uuid, habit), slot, slot + 1,
                   slot + 1);
    puts("\\.");
}

/* Of the first club, with as many of its players as it has, up to TEAM. */
static void write_team(const struct population *population)
{
    char tenant[UUID_TEXT + 1], team[UUID_TEXT + 1];

    uuid_format(population->clubs[0].tenant.uuid, tenant);
    uuid_format(population->team.uuid, team);
    printf("insert into core.teams values ('%s', '%s', 'Everybody', %d);\n", tenant, team, TEAM);
    printf("insert into core.team_members select tenant, member, '%s', 1 from core.members"
           " where tenant = '%s' and roles = 1 limit %d;\n",
           team, tenant, TEAM);
}

void population_write(const struct population *population)
{
    puts("begin;");
    write_clubs(population);
    write_players(population);
    if (population->club_count == CLUBS)
        write_team(population);
    puts("commit;");
}

struct course *course_begin(const struct population *population, enum course_kind kind)
{
    struct course *course = calloc(1, sizeof *course);

    if (!course)
        return NULL;
    course->population = population;
    course->kind = kind;
    course->random = SEED + 1;
    return course;
}

static unsigned next_player(struct course *course)
{
    const unsigned anybody = below(&course->random, PLAYERS);

    switch (course->kind) {
    case COURSE_ONE_PLAYER:
        return 0;
    case COURSE_IN_TURN:
        return (unsigned)(course->distinct % PLAYERS);
    case COURSE_MIXED:
        break;
    }
    return anybody;
}

static struct check *make_check(struct course *course)
{
    uint64_t *random = &course->random;
    unsigned who = next_player(course), habit = below(random, HABITS);
    unsigned days_back = below(random, 100) < TODAY_PERCENT ? 0 : 1 + below(random, DAYS - 1);
    const struct bench_player *player = &course->population->players[who];
    const bool by_admin = below(random, 100) < ADMIN_PERCENT;
    const uint8_t bit = (uint8_t)(1u << habit);
    struct check *check = &course->recent[course->distinct % RECENT];
    uint8_t *done = &course->done[who][days_back];

    course->said[who][days_back] |= bit;
    *done ^= bit;
    check->player = player;
    check->actor = by_admin ? player->club->admin : player->user;
    check->time = (struct timestamp){timestamp_now().us / 1000 * 1000};
    check->id = message_at(random, check->time);
    check->body = (struct mc_record_check){
        .player = player->user,
        .habit = player->habits[habit],
        .day = date_add(date_of_seconds(timestamp_seconds(check->time)), -(int32_t)days_back),
        .done = *done & bit,
    };
    course->distinct++;
    return check;
}

const struct check *course_next(struct course *course)
{
    if (course->distinct >= RECENT && below(&course->random, 100) < REPEATED_PERCENT) {
        course->repeated++;
        return &course->recent[below(&course->random, RECENT)];
    }
    return make_check(course);
}

size_t course_marks(const struct course *course, bool done)
{
    size_t marks = 0;

    for (size_t player = 0; player < PLAYERS; player++)
        for (size_t day = 0; day < DAYS; day++)
            marks += (size_t)__builtin_popcount(done ? course->done[player][day]
                                                     : course->said[player][day]);
    return marks;
}
