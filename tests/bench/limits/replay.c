/* replay FOLDER: sends what a recorded worker sent (recording.h), on as many connections and in the
 * same round trips, by bare libpq: what the database takes for a run of the fleet, without the
 * fleet. The database of LIMIT_DATABASE_URL must be as it was before that run. Claims of partitions
 * wait for what had ended before them, or they would find another epoch; nothing else waits.
 *
 * Says how much that was, as lines "name number", and stays until SIGTERM. */
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "bench/pipeline.h"
#include "bench/recording.h"

enum { MOST_PARAMS = 64, MOST_CLAIMS = 8, PAUSE_US = 200 };

static const char claims[] = "set epoch = p.epoch + 1";

struct round {
    size_t begin;         /* of its statements in the file */
    const char *finished; /* of the other connections, where it has to wait for them */
};

struct connection {
    pthread_t thread;
    struct pipeline pipeline;
    const char *data; /* the file */
    size_t size;
    struct round *rounds;
    size_t round_count;
    const char *claim_names[MOST_CLAIMS];
    size_t claim_count;
    atomic_uint finished;
};

static struct connection connections[RECORDING_CONNECTIONS];
static int connection_count;

static _Noreturn void give_up(const char *reason)
{
    fprintf(stderr, "replay: %s\n", reason);
    exit(1);
}

/* ---- reading
 * ---------------------------------------------------------------------------------------- */
static int32_t take_number(const struct connection *connection, size_t *at)
{
    int32_t number;

    if (*at + sizeof number > connection->size)
        give_up("the recording ends in the middle");
    memcpy(&number, connection->data + *at, sizeof number);
    *at += sizeof number;
    return number;
}

static const char *take_text(const struct connection *connection, size_t *at)
{
    const char *text = connection->data + *at;
    const char *end = memchr(text, '\0', connection->size - *at);

    if (!end)
        give_up("the recording ends in the middle");
    *at += (size_t)(end - text) + 1;
    return text;
}

/* A statement with its parameters; they stay in the file. */
struct sent {
    const char *name;
    int count;
    const char *values[MOST_PARAMS];
    int sizes[MOST_PARAMS], formats[MOST_PARAMS];
};

static struct sent take_sent(const struct connection *connection, size_t *at)
{
    struct sent sent = {.name = take_text(connection, at)};

    sent.count = take_number(connection, at);
    if (sent.count < 0 || sent.count > MOST_PARAMS)
        give_up("a statement has too many parameters");
    for (int i = 0; i < sent.count; i++) {
        const int32_t size = take_number(connection, at);

        sent.sizes[i] = size < 0 ? 0 : size;
        if ((size_t)sent.sizes[i] > connection->size - *at)
            give_up("the recording ends in the middle");
        sent.values[i] = size < 0 ? NULL : connection->data + *at;
        *at += (size_t)sent.sizes[i];
    }
    for (int i = 0; i < sent.count; i++)
        sent.formats[i] = take_number(connection, at);
    return sent;
}

struct prepared {
    const char *name, *sql;
    int count;
    Oid types[MOST_PARAMS];
};

static struct prepared take_prepared(const struct connection *connection, size_t *at)
{
    struct prepared prepared = {.name = take_text(connection, at)};

    prepared.sql = take_text(connection, at);
    prepared.count = take_number(connection, at);
    if (prepared.count < 0 || prepared.count > MOST_PARAMS)
        give_up("a statement has too many parameters");
    for (int i = 0; i < prepared.count; i++)
        prepared.types[i] = (Oid)take_number(connection, at);
    return prepared;
}

/* ---- before the clock runs: where round trips begin, and which of them claim
 * --------------------------- */
static bool is_claim(const struct connection *connection, const char *name)
{
    for (size_t i = 0; i < connection->claim_count; i++)
        if (strcmp(connection->claim_names[i], name) == 0)
            return true;
    return false;
}

static void note_prepared(struct connection *connection, const struct prepared *prepared)
{
    if (!strstr(prepared->sql, claims))
        return;
    if (connection->claim_count == MOST_CLAIMS)
        give_up("too many statements that claim");
    connection->claim_names[connection->claim_count++] = prepared->name;
}

static void add_round(struct connection *connection, size_t begin, bool waits, const char *finished)
{
    const size_t count = connection->round_count;
    struct round *rounds = connection->rounds;

    if (count % 1024 == 0)
        rounds = realloc(rounds, (count + 1024) * sizeof *rounds);
    if (!rounds)
        give_up("no memory");
    rounds[count] = (struct round){.begin = begin, .finished = waits ? finished : NULL};
    connection->rounds = rounds;
    connection->round_count++;
}

static void index_rounds(struct connection *connection)
{
    size_t at = 0, begin = 0;
    bool waits = false;

    while (at < connection->size) {
        switch (connection->data[at++]) {
        case 'P': {
            const struct prepared prepared = take_prepared(connection, &at);
            note_prepared(connection, &prepared);
            break;
        }
        case 'Q':
            waits |= is_claim(connection, take_sent(connection, &at).name);
            break;
        case 'S':
            if (connection->size - at < RECORDING_CONNECTIONS * sizeof(int32_t))
                give_up("the recording ends in the middle");
            add_round(connection, begin, waits, connection->data + at);
            begin = at += RECORDING_CONNECTIONS * sizeof(int32_t);
            waits = false;
            break;
        default:
            give_up("this is no recording");
        }
    }
}

/* False: there is no such connection. */
static bool read_file(struct connection *connection, const char *folder, int number)
{
    char path[4096];
    struct stat stat;
    void *data;
    int fd;

    snprintf(path, sizeof path, "%s/" RECORDING_FILE, folder, number);
    fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return false;
    if (fstat(fd, &stat) < 0)
        give_up("a recording cannot be read");
    connection->size = (size_t)stat.st_size;
    data = connection->size > 0
               ? mmap(NULL, connection->size, PROT_READ, MAP_PRIVATE | MAP_POPULATE, fd, 0)
               : "";
    if (data == MAP_FAILED)
        give_up("a recording cannot be read");
    connection->data = data;
    close(fd);
    return true;
}

/* ---- sending
 * ---------------------------------------------------------------------------------------- */
static void wait_for_others(const struct connection *own, const char *finished)
{
    for (int i = 0; i < connection_count; i++) {
        int32_t wanted;

        memcpy(&wanted, finished + (size_t)i * sizeof wanted, sizeof wanted);
        while (&connections[i] != own && atomic_load(&connections[i].finished) < (unsigned)wanted)
            nanosleep(&(struct timespec){.tv_nsec = PAUSE_US * 1000L}, NULL);
    }
}

static void send_round(struct connection *connection, size_t at)
{
    while (connection->data[at] != 'S')
        if (connection->data[at++] == 'P') {
            const struct prepared prepared = take_prepared(connection, &at);
            pipeline_prepare(&connection->pipeline, prepared.name, prepared.sql, prepared.count,
                             prepared.types);
        } else {
            const struct sent sent = take_sent(connection, &at);
            pipeline_send(&connection->pipeline, sent.name, sent.count, sent.values, sent.sizes,
                          sent.formats);
        }
    pipeline_sync(&connection->pipeline);
    pipeline_wait(&connection->pipeline, 0);
}

static void *run(void *argument)
{
    struct connection *connection = argument;

    for (size_t i = 0; i < connection->round_count; i++) {
        if (connection->rounds[i].finished)
            wait_for_others(connection, connection->rounds[i].finished);
        send_round(connection, connection->rounds[i].begin);
        atomic_fetch_add(&connection->finished, 1);
    }
    return NULL;
}

static void tell(void)
{
    size_t round_trips = 0, statements = 0, errors = 0;

    for (int i = 0; i < connection_count; i++) {
        const struct pipeline *pipeline = &connections[i].pipeline;

        round_trips += pipeline->round_trips;
        statements += pipeline->statements;
        errors += pipeline->errors;
        if (pipeline->errors > 0)
            fprintf(stderr, "replay: a statement failed: %s\n", pipeline->first_error);
    }
    printf("round_trips %zu\nstatements %zu\nerrors %zu\n", round_trips, statements, errors);
    fflush(stdout);
}

int main(int argc, char **argv)
{
    sigset_t end;
    int signal;

    sigemptyset(&end);
    sigaddset(&end, SIGTERM);
    pthread_sigmask(SIG_BLOCK, &end, NULL);
    while (argc == 2 && connection_count < RECORDING_CONNECTIONS &&
           read_file(&connections[connection_count], argv[1], connection_count))
        index_rounds(&connections[connection_count++]);
    if (connection_count == 0) {
        fputs("usage: replay FOLDER, which a recorded worker has filled\n", stderr);
        return 2;
    }
    for (int i = 0; i < connection_count; i++)
        pipeline_open(&connections[i].pipeline);
    for (int i = 0; i < connection_count; i++)
        if (pthread_create(&connections[i].thread, NULL, run, &connections[i]) != 0)
            give_up("no thread");
    for (int i = 0; i < connection_count; i++)
        pthread_join(connections[i].thread, NULL);
    tell();
    sigwait(&end, &signal);
    for (int i = 0; i < connection_count; i++)
        pipeline_close(&connections[i].pipeline);
    return 0;
}
