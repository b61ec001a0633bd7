/* Sends commands of many organizations, of each key one at a time, and writes down what was sent
 * and answered. Whatever is not known is sent again with the same Idempotency-Key. */
#include "load.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "auth/token.h"

enum {
    CONNECTIONS = 192,
    WAITING_MOST = 32, /* of them, for an outcome: who waits sends nothing else */
    SETTLE_MS = 90000,
    RETRY_MS = 100,
    RETRY_SPREAD_MS = 300,
    SKEW_S = 7200, /* no clock of the fleet is wrong by more: tokens hold on either side */
    TOKEN_S = 14400 + SKEW_S,
    TRIES = 8,
    FORBIDDEN = 1 << 30, /* numbers from here on must never be counted */
};

static volatile sig_atomic_t stopped;

static void on_stop(int number)
{
    (void)number;
    stopped = 1;
}

struct command *load_make(struct load *load, enum kind kind, unsigned tenant, unsigned key,
                          int64_t sequence)
{
    struct command *command;

    if (load->count == load->capacity) {
        load->capacity = load->capacity ? 2 * load->capacity : 65536;
        load->commands = realloc(load->commands, load->capacity * sizeof *load->commands);
        load->settled = realloc(load->settled, load->capacity * sizeof *load->settled);
        if (!load->commands || !load->settled)
            give_up("no memory");
    }
    command = &load->commands[load->count];
    *command = (struct command){.number = (uint32_t)load->count,
                                .kind = kind,
                                .tenant = tenant,
                                .key = key,
                                .sequence = sequence,
                                .idempotent = (uint32_t)load->count};
    load->settled[load->count++] = false;
    load->open++;
    return command;
}

static void publish_made(struct load *load, const struct command *command)
{
    if (kind_takes_effect(command->kind))
        load->busy[command->tenant][command->key] = true;
    history_command(load->history, command);
}

static void add_retry(struct load *load, const struct parcel *parcel)
{
    int64_t wait_ms = RETRY_MS + random_below(&load->random, RETRY_SPREAD_MS);

    if (load->retry_count == load->retry_capacity) {
        load->retry_capacity = load->retry_capacity ? 2 * load->retry_capacity : 256;
        load->retries = realloc(load->retries, load->retry_capacity * sizeof *load->retries);
        if (!load->retries)
            give_up("no memory");
    }
    load->retries[load->retry_count++] =
        (struct retry){.parcel = *parcel, .at_ms = monotonic_ms() + wait_ms};
}

static void settle(struct load *load, struct command *command, enum answer answer)
{
    load->settled[command->number] = true;
    load->open--;
    if (kind_takes_effect(command->kind))
        load->busy[command->tenant][command->key] = false;
    if (answer != ANSWER_REFUSED && command->kind == KIND_COUNT)
        load->recent[load->recent_count++ % COUNT_OF(load->recent)] = command->number;
}

void load_answered(struct load *load, uint32_t number, bool echo, enum answer answer, int status,
                   const char *id)
{
    struct command *command = &load->commands[number];
    struct parcel again = {.numbers = {number}, .count = 1};

    history_answer(load->history, number, answer, status, id);
    load->answers[answer]++;
    if (load->settled[number])
        return;
    if (answer != ANSWER_UNKNOWN)
        settle(load, command, answer);
    else if (!echo && command->kind != KIND_DIRECT)
        add_retry(load, &again);
}

/* ---- what comes next
 * ----------------------------------------------------------------------------- */
/* The n-th is n times rarer than the first. */
static unsigned zipf(struct load *load, unsigned count)
{
    double at = (double)(next_random(&load->random) >> 11) / (double)(1ull << 53), sum = 0;
    unsigned n = 0;

    for (unsigned i = 1; i <= count; i++)
        sum += 1.0 / i;
    at *= sum;
    for (sum = 1; n < count - 1 && sum <= at; n++)
        sum += 1.0 / (n + 2);
    return n;
}

static bool free_counter(struct load *load, unsigned tenant, unsigned *ret_key)
{
    for (int i = 0; i < TRIES; i++) {
        *ret_key = zipf(load, COUNTERS);
        if (!load->busy[tenant][*ret_key])
            return true;
    }
    return false;
}

static void put(struct load *load, struct parcel *parcel, const struct command *command)
{
    publish_made(load, command);
    parcel->numbers[parcel->count++] = command->number;
}

static bool add_count(struct load *load, unsigned tenant, struct parcel *parcel)
{
    unsigned key;

    if (!free_counter(load, tenant, &key))
        return false;
    put(load, parcel, load_make(load, KIND_COUNT, tenant, key, load->sequences[tenant][key]++));
    return true;
}

static bool next_letter(struct load *load, unsigned tenant, struct parcel *parcel)
{
    int64_t *sequence = &load->sequences[tenant][LETTER_KEY];

    if (load->busy[tenant][LETTER_KEY])
        return false;
    put(load, parcel, load_make(load, KIND_LETTER, tenant, LETTER_KEY, (*sequence)++));
    return true;
}

static bool next_check(struct load *load, unsigned tenant, struct parcel *parcel)
{
    unsigned day = random_below(&load->random, DAYS), habit = random_below(&load->random, HABITS);
    bool *done = &load->done[tenant][day][habit];

    if (load->busy[tenant][PLAYER_KEY])
        return false;
    *done = !*done;
    put(load, parcel,
        load_make(load, KIND_CHECK, tenant, PLAYER_KEY,
                  *done + 2 * (int64_t)habit + 16 * ((int64_t)load->first_day + day)));
    return true;
}

static bool next_team(struct load *load, unsigned tenant, struct parcel *parcel)
{
    if (load->busy[tenant][CLUB_KEY])
        return false;
    put(load, parcel, load_make(load, KIND_TEAM, tenant, CLUB_KEY, 0));
    return true;
}

/* Of what must have no effect. */
static bool next_forbidden(struct load *load, enum kind kind, unsigned tenant,
                           struct parcel *parcel)
{
    struct command *command;
    unsigned key = kind == KIND_NO_HABIT ? PLAYER_KEY : zipf(load, COUNTERS);

    if (kind == KIND_REUSED && load->recent_count < COUNT_OF(load->recent))
        return false;
    command =
        load_make(load, kind, tenant, (unsigned)key, (int64_t)FORBIDDEN + (int64_t)load->count);
    if (kind == KIND_REUSED) {
        const uint32_t other = load->recent[random_below(&load->random, COUNT_OF(load->recent))];

        command->idempotent = other;
        command->tenant = load->commands[other].tenant;
        command->key = load->commands[other].key;
    }
    put(load, parcel, command);
    return true;
}

static bool next_echo(struct load *load, struct parcel *parcel)
{
    if (load->recent_count < COUNT_OF(load->recent))
        return false;
    parcel->numbers[0] = load->recent[random_below(&load->random, COUNT_OF(load->recent))];
    parcel->count = 1;
    return parcel->echo = true;
}

static bool next_counts(struct load *load, unsigned tenant, struct parcel *parcel)
{
    unsigned dice = random_below(&load->random, 100), many = 1;

    parcel->waits = dice >= 96 && http_waiting(load->http) < WAITING_MOST;
    parcel->batch = dice < 10;
    if (parcel->batch)
        many = 2 + random_below(&load->random, BATCH_MOST - 1);
    while (parcel->count < many && add_count(load, tenant, parcel))
        continue;
    return parcel->count > 0;
}

static bool next_fresh(struct load *load, struct parcel *parcel)
{
    unsigned dice = random_below(&load->random, 1000), tenant = zipf(load, TENANTS);

    if (load->count == 2000 || load->count == 6000)
        return next_forbidden(load, KIND_CULPRIT, 0, parcel);
    if (dice < 30)
        return next_check(load, tenant, parcel);
    if (dice < 40)
        return next_team(load, tenant, parcel);
    if (dice < 45)
        return next_forbidden(load, KIND_NO_HABIT, tenant, parcel);
    if (dice < 50)
        return next_forbidden(load, KIND_REUSED, tenant, parcel);
    if (dice < 53)
        return next_forbidden(load, KIND_INVALID, tenant, parcel);
    if (dice < 56)
        return next_forbidden(load, KIND_STRANGER, tenant, parcel);
    if (dice < 76)
        return next_echo(load, parcel);
    if (dice < 84)
        return next_letter(load, tenant, parcel);
    return next_counts(load, tenant, parcel);
}

static bool take_retry(struct load *load, struct parcel *ret_parcel)
{
    int64_t now_ms = monotonic_ms();

    for (size_t i = 0; i < load->retry_count; i++) {
        const struct parcel parcel = load->retries[i].parcel;

        if (load->retries[i].at_ms > now_ms)
            continue;
        load->retries[i--] = load->retries[--load->retry_count];
        if (load->settled[parcel.numbers[0]])
            continue;
        *ret_parcel = parcel;
        return true;
    }
    return false;
}

bool load_next(struct load *load, bool fresh, struct parcel *ret_parcel)
{
    struct parcel parcel = {.count = 0};

    if (take_retry(load, ret_parcel))
        return true;
    if (!fresh || !next_fresh(load, &parcel))
        return false;
    *ret_parcel = parcel;
    return true;
}

/* ---- the run
 * ---------------------------------------------------------------------------------------- */
static void mint_tokens(struct load *load)
{
    const struct timestamp since = {timestamp_now().us - SKEW_S * INT64_C(1000000)};

    for (size_t i = 0; i < TENANTS; i++)
        if (token_mint(span_text(needed_setting("IDPMC_TOKEN_SECRET")), NULL,
                       needed_setting("IDPMC_TOKEN_ISSUER"), needed_setting("IDPMC_TOKEN_AUDIENCE"),
                       load->population.tenants[i].actor, since, TOKEN_S, &load->tokens[i]) < 0)
            give_up("a token could not be minted");
}

static void run(struct load *load, int seconds, int rate)
{
    const int64_t began_ms = monotonic_ms(), end_ms = began_ms + seconds * (int64_t)1000;
    int64_t told_ms = began_ms, allowance = 0;

    while (!stopped && monotonic_ms() < end_ms) {
        int64_t now_ms = monotonic_ms();
        size_t allowed;

        allowance += (now_ms - told_ms) * rate;
        told_ms = now_ms;
        if (allowance > (int64_t)rate * 200)
            allowance = (int64_t)rate * 200; /* a fifth of a second's worth is caught up with */
        allowed = (size_t)(allowance / 1000);
        allowance -= (int64_t)allowed * 1000;
        direct_turn(load->direct, true, &allowed);
        http_turn(load->http, 2, true, &allowed);
        allowance += (int64_t)allowed * 1000;
    }
    for (const int64_t late_ms = monotonic_ms() + SETTLE_MS;
         load->open > 0 && monotonic_ms() < late_ms;) {
        size_t none = 0;

        direct_turn(load->direct, false, &none);
        http_turn(load->http, 5, false, &none);
    }
}

int chaos_load(int argc, char **argv)
{
    static struct load load;
    const struct sigaction action = {.sa_handler = on_stop};
    int64_t began_ms = monotonic_ms();

    if (argc != 5)
        give_up("usage: chaos load SEED SECONDS RATE HISTORY ADDRESS[,ADDRESS]");
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    sigaction(SIGTERM, &action, NULL);
    sigaction(SIGINT, &action, NULL);
    population_make(strtoull(argv[0], NULL, 10), &load.population);
    load.random = load.population.seed ^ 0x10ad;
    load.first_day = (int32_t)((timestamp_seconds(timestamp_now()) - SKEW_S) / 86400) - DAYS + 1;
    load.history = fopen(argv[3], "we");
    if (!load.history)
        give_up("%s cannot be written", argv[3]);
    mint_tokens(&load);
    load.http = http_open(&load, argv[4], CONNECTIONS);
    load.direct = direct_open(&load);
    run(&load, atoi(argv[1]), atoi(argv[2]));
    direct_close(load.direct);
    if (fclose(load.history) != 0)
        give_up("%s could not be written", argv[3]);
    printf("load: %zu commands in %.1f s, answers: %zu accepted, %zu refused, %zu unknown; %zu "
           "unknown for good\n",
           load.count, (double)(monotonic_ms() - began_ms) / 1e3,
           load.answers[ANSWER_ACCEPTED] + load.answers[ANSWER_APPLIED],
           load.answers[ANSWER_REFUSED], load.answers[ANSWER_UNKNOWN], load.open);
    return 0;
}
