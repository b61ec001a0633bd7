/* What a tenant that sends 50 times its share takes from the others: how long their commands take
 * from 202 to applied with it and without, in turns, so that what else the machine does falls on
 * both. Everybody sends at a pace, whether answers come or not. A command is applied when
 * PostgreSQL says that its transaction was committed. The greedy one sends checks (fair), or
 * commands of which a thousand others come each (fair-fans). */
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "bench.h"

enum {
    ROUNDS = 5,
    OTHERS = 19, /* tenants, the first of the population but one */
    PER_S = 50,  /* of each of them: its share */
    EACH = 4,    /* connections of each of them */
    GREED = 50,  /* shares of the one that is left */
    GREEDY = 50, /* connections of that one */
    VARIANTS = 2 * HABITS,
    FANS_DAY = 30, /* so many days ahead is the first day of a habit of a fan-out */
    WARM_S = 5,
    LATE_US = 100000, /* who is so late has not been able to keep the pace, and takes it up anew */
    READ_S = 10,
    ANSWER_BYTES = 8192,
    ARENA_BYTES = 64 << 20,
    QUERY_MS = 60000,
    DECIDED_S = 60,
};

/* Somebody's 202. */
struct accepted {
    struct uuid id;
    int64_t at_us; /* of the clock of the day, as PostgreSQL has it */
};

/* One connection, one thread. */
struct sender {
    pthread_t thread;
    int fd;
    struct buf requests[VARIANTS];
    int64_t interval_us, until_us;
    struct accepted *accepted;
    size_t accepted_count, accepted_max, refused, others;
    char first_other[256];
};

struct phase {
    double median_ms, per_s; /* of the others */
    size_t greedy_accepted, greedy_refused;
    size_t others; /* answers that are neither 202 nor 429, of all */
};

static int64_t wall_us(void)
{
    return timestamp_now().us;
}

static void sleep_until(int64_t us)
{
    int64_t left = us - monotonic_us();

    if (left > 0)
        nanosleep(&(struct timespec){.tv_sec = left / 1000000, .tv_nsec = left % 1000000 * 1000},
                  NULL);
}

/* The whole answer, or false. */
static bool exchange(struct sender *sender, const struct buf *request, char answer[ANSWER_BYTES])
{
    size_t size = 0, wanted = 0;

    if (send(sender->fd, request->data, request->size, MSG_NOSIGNAL) != (ssize_t)request->size)
        return false;
    while (wanted == 0 || size < wanted) {
        ssize_t more = recv(sender->fd, answer + size, ANSWER_BYTES - 1 - size, 0);
        const char *body, *length;

        if (more <= 0)
            return false;
        size += (size_t)more;
        answer[size] = '\0';
        body = strstr(answer, "\r\n\r\n");
        length = strcasestr(answer, "\r\nContent-Length: ");
        if (body && length)
            wanted = (size_t)(body + 4 - answer) + strtoul(length + 18, NULL, 10);
    }
    return true;
}

static void note(struct sender *sender, const char *answer)
{
    const char *id = strstr(answer, "\"id\":\"");
    struct accepted *accepted = &sender->accepted[sender->accepted_count];

    if (strncmp(answer, "HTTP/1.1 202 ", 13) == 0 && id &&
        sender->accepted_count < sender->accepted_max &&
        uuid_parse(span_of(id + 6, UUID_TEXT), &accepted->id) == 0) {
        accepted->at_us = wall_us();
        sender->accepted_count++;
    } else if (strncmp(answer, "HTTP/1.1 429 ", 13) == 0) {
        sender->refused++;
    } else if (sender->others++ == 0) {
        snprintf(sender->first_other, sizeof sender->first_other, "%.200s", answer);
    }
}

static void *send_all(void *data)
{
    struct sender *sender = data;
    char answer[ANSWER_BYTES];
    int64_t next_us = monotonic_us();

    for (size_t i = 0; next_us < sender->until_us; i++) {
        sleep_until(next_us);
        if (!exchange(sender, &sender->requests[i % VARIANTS], answer))
            give_up("a connection broke");
        note(sender, answer);
        next_us += sender->interval_us;
        if (monotonic_us() > next_us + LATE_US)
            next_us = monotonic_us();
    }
    return NULL;
}

static const struct bench_player *player_of(const struct bench *bench, size_t club, size_t nth)
{
    for (size_t i = 0; i < PLAYERS; i++)
        if (bench->population->players[i].club == &bench->population->clubs[club] && nth-- == 0)
            return &bench->population->players[i];
    give_up("club %zu has too few players", club);
}

/* A habit of one day of its own, so that a slot has room for all of them, for the whole team. */
static void fan_request(const struct bench *bench, size_t nth, struct buf *request)
{
    static const int32_t weekdays[] = {0, 1, 2, 3, 4, 5, 6};
    const struct club *club = &bench->population->clubs[0];
    const struct bench_player admin = {.club = club, .user = club->admin};
    const struct date day =
        date_add(date_of_seconds(timestamp_seconds(timestamp_now())), FANS_DAY + (int32_t)nth);
    const struct mc_assign_habit body = {
        .team = bench->population->team,
        .habit = {{{0xfa, (uint8_t)(nth >> 8), (uint8_t)nth, [15] = 1}}},
        .title = span_text("Be there"),
        .weekdays = {.items = weekdays, .count = COUNT_OF(weekdays)},
        .weight = 1,
        .from = day,
        .has_until = true,
        .until = day,
    };

    bench_command(bench, &admin, &mc_assign_habit_message, &body, request);
}

static void open_sender(const struct bench *bench, struct sender *sender, size_t club, size_t nth,
                        int64_t interval_us, bool fans)
{
    const struct bench_player *player = player_of(bench, club, nth);

    *sender = (struct sender){.fd = bench_connect(bench->config->http_listen),
                              .interval_us = interval_us};
    if (sender->fd < 0)
        give_up("the ingress takes no connection");
    setsockopt(sender->fd, SOL_SOCKET, SO_RCVTIMEO, &(struct timeval){.tv_sec = READ_S},
               sizeof(struct timeval));
    for (size_t i = 0; i < VARIANTS; i++)
        if (fans)
            fan_request(bench, nth * VARIANTS + i, &sender->requests[i]);
        else
            bench_request(bench, player, i, &sender->requests[i]);
}

static void start(struct sender *senders, size_t count, int64_t until_us, int seconds)
{
    for (size_t i = 0; i < count; i++) {
        struct sender *sender = &senders[i];

        free(sender->accepted);
        sender->accepted_count = sender->refused = sender->others = 0;
        sender->accepted_max = (size_t)(1000000 / sender->interval_us + 1) * (size_t)(seconds + 1);
        sender->accepted = calloc(sender->accepted_max, sizeof *sender->accepted);
        sender->until_us = until_us;
        if (!sender->accepted || pthread_create(&sender->thread, NULL, send_all, sender) != 0)
            give_up("no memory");
    }
}

static size_t join(struct sender *senders, size_t count, struct phase *phase)
{
    size_t accepted = 0;

    for (size_t i = 0; i < count; i++) {
        pthread_join(senders[i].thread, NULL);
        if (senders[i].others > 0 && phase->others == 0)
            printf("  neither 202 nor 429: %s\n", senders[i].first_other);
        phase->others += senders[i].others;
        accepted += senders[i].accepted_count;
    }
    return accepted;
}

/* When each was committed, in microseconds since 1970; fewer rows where some are not yet. */
static const struct pg_rows *ask(struct bench *bench, struct arena *arena,
                                 const struct sender *senders, size_t count, size_t accepted)
{
    static const char sql[] =
        "select u.n, (extract(epoch from pg_xact_commit_timestamp(i.xmin)) * 1000000)::int8"
        "  from unnest($1::uuid[]) with ordinality u(id, n) join mc.inbox i on i.id = u.id"
        " where i.outcome = 0";
    struct pg_array ids;
    struct pg_param param;
    int answer;

    pg_array_init(&ids, arena, PG_UUID, accepted);
    for (size_t i = 0; i < count; i++)
        for (size_t n = 0; n < senders[i].accepted_count; n++)
            pg_array_add_uuid(&ids, senders[i].accepted[n].id);
    param = pg_array_param(&ids);
    answer = pg_add(bench->pg, sql, &param, 1);
    if (answer < 0 || pg_wait(bench->pg, QUERY_MS) < 0)
        give_up("the commits could not be asked for: %s", pg_failure(bench->pg)->message);
    return pg_rows(bench->pg, answer);
}

static int compare(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

static double median(double *values, size_t count)
{
    qsort(values, count, sizeof *values, compare);
    return values[count / 2];
}

/* Every one is applied, and the median of how long that took. A commit may well come before its 202
 * does: then it took nothing. */
static double median_of(struct bench *bench, const struct sender *senders, size_t count,
                        size_t accepted)
{
    struct arena *arena = arena_new(ARENA_BYTES);
    double *took_ms = calloc(accepted, sizeof *took_ms), found;
    int64_t *at_us = calloc(accepted, sizeof *at_us);
    int64_t end_ms = monotonic_ms() + DECIDED_S * 1000;
    const struct pg_rows *rows;
    size_t all = 0;

    if (!arena || !took_ms || !at_us || accepted == 0)
        give_up("no memory, or nothing was accepted");
    for (size_t i = 0; i < count; i++)
        for (size_t n = 0; n < senders[i].accepted_count; n++)
            at_us[all++] = senders[i].accepted[n].at_us;
    while (pg_row_count(rows = ask(bench, arena, senders, count, accepted)) < accepted) {
        if (monotonic_ms() > end_ms)
            give_up("%zu of %zu commands were not applied within %d s",
                    accepted - pg_row_count(rows), accepted, DECIDED_S);
        arena_reset(arena);
        nanosleep(&(struct timespec){.tv_nsec = 200000000}, NULL);
    }
    for (size_t row = 0; row < accepted; row++) {
        int64_t us = pg_get_int8(rows, row, 1) - at_us[pg_get_int8(rows, row, 0) - 1];

        took_ms[row] = us > 0 ? (double)us / 1000 : 0;
    }
    found = median(took_ms, accepted);
    free(took_ms);
    free(at_us);
    arena_free(arena);
    return found;
}

static struct phase measure(struct bench *bench, struct sender *others, struct sender *greedy,
                            bool among, int seconds)
{
    int64_t until_us = monotonic_us() + (int64_t)seconds * 1000000;
    struct phase phase = {0};
    size_t accepted;

    if (among)
        start(greedy, GREEDY, until_us, seconds);
    start(others, OTHERS * EACH, until_us, seconds);
    accepted = join(others, OTHERS * EACH, &phase);
    if (among)
        phase.greedy_accepted = join(greedy, GREEDY, &phase);
    for (size_t i = 0; among && i < GREEDY; i++)
        phase.greedy_refused += greedy[i].refused;
    phase.per_s = (double)accepted / seconds;
    phase.median_ms = median_of(bench, others, OTHERS * EACH, accepted);
    return phase;
}

static void tell(struct report *report, const struct phase alone[ROUNDS],
                 const struct phase among[ROUNDS], int seconds)
{
    double alone_ms[ROUNDS], among_ms[ROUNDS], alone_s[ROUNDS], among_s[ROUNDS];
    double taken[ROUNDS], refused[ROUNDS];
    size_t others = 0;

    for (int i = 0; i < ROUNDS; i++) {
        alone_ms[i] = alone[i].median_ms;
        among_ms[i] = among[i].median_ms;
        alone_s[i] = alone[i].per_s;
        among_s[i] = among[i].per_s;
        taken[i] = (double)among[i].greedy_accepted / seconds;
        others += alone[i].others + among[i].others;
        refused[i] = (double)among[i].greedy_refused / seconds;
    }
    report_figure(report, "other tenants", OTHERS, "");
    report_figure(report, "each of them sends", PER_S, "/s");
    report_figure(report, "the greedy one is told 202", median(taken, ROUNDS), "/s");
    report_figure(report, "the greedy one is told 429", median(refused, ROUNDS), "/s");
    report_figure(report, "others' 202, alone", median(alone_s, ROUNDS), "/s");
    report_figure(report, "others' 202, beside it", median(among_s, ROUNDS), "/s");
    report_figure(report, "others' median from 202 to applied, alone", median(alone_ms, ROUNDS),
                  "ms");
    report_figure(report, "others' median from 202 to applied, beside it", median(among_ms, ROUNDS),
                  "ms");
    report_figure(report, "beside / alone", median(among_ms, ROUNDS) / median(alone_ms, ROUNDS),
                  "");
    report_bound(report, median(among_ms, ROUNDS) <= 2 * median(alone_ms, ROUNDS),
                 "others' median is at most 2 x what it is alone");
    report_bound(report, others == 0, "every answer is a 202 or a 429");
    report_bound(report, median(among_s, ROUNDS) >= 0.95 * median(alone_s, ROUNDS),
                 "others keep 95 % of their throughput");
}

static int fair(struct bench *bench, const char *name, int seconds, bool fans)
{
    struct phase alone[ROUNDS], among[ROUNDS];
    struct sender others[OTHERS * EACH], greedy[GREEDY];
    pid_t fleet = bench_start("fleet");
    struct report report;

    bench_wait_ready(bench, fleet);
    for (size_t i = 0; i < OTHERS * EACH; i++)
        open_sender(bench, &others[i], i / EACH + 1, i % EACH, EACH * 1000000 / PER_S, false);
    for (size_t i = 0; i < GREEDY; i++)
        open_sender(bench, &greedy[i], 0, i, (int64_t)GREEDY * 1000000 / (GREED * PER_S), fans);
    measure(bench, others, greedy, true, WARM_S);
    for (int round = 0; round < ROUNDS; round++) {
        alone[round] = measure(bench, others, greedy, false, seconds);
        among[round] = measure(bench, others, greedy, true, seconds);
    }
    report_begin(&report, name, bench);
    if (fans)
        report_figure(&report, "habits that came of the greedy one's",
                      (double)bench_number(bench, "select count(*) from mc.habits"
                                                  " where title = 'Be there'"),
                      "");
    tell(&report, alone, among, seconds);
    bench_stop(fleet);
    return report_end(&report);
}

int bench_fair(struct bench *bench, int seconds)
{
    return fair(bench, "fair", seconds, false);
}

int bench_fair_fans(struct bench *bench, int seconds)
{
    return fair(bench, "fair-fans", seconds, true);
}
