/* What was sent and answered, as lines of text that a person can read too. */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

#include "chaos.h"

static const char *const kinds[] = {
    [KIND_COUNT] = "count",       [KIND_DIRECT] = "direct", [KIND_LETTER] = "letter",
    [KIND_CHECK] = "check",       [KIND_TEAM] = "team",     [KIND_NO_HABIT] = "no-habit",
    [KIND_CULPRIT] = "culprit",   [KIND_REUSED] = "reused", [KIND_INVALID] = "invalid",
    [KIND_STRANGER] = "stranger",
};
static const char *const answers[] = {
    [ANSWER_ACCEPTED] = "accepted",
    [ANSWER_APPLIED] = "applied",
    [ANSWER_REFUSED] = "refused",
    [ANSWER_UNKNOWN] = "unknown",
};

const char *kind_name(enum kind kind)
{
    return kinds[kind];
}

const char *answer_name(enum answer answer)
{
    return answers[answer];
}

bool kind_takes_effect(enum kind kind)
{
    return kind == KIND_COUNT || kind == KIND_DIRECT || kind == KIND_LETTER || kind == KIND_CHECK ||
           kind == KIND_TEAM;
}

char *idempotency_key(uint64_t seed, uint32_t number, char text[static IDEMPOTENCY_TEXT])
{
    snprintf(text, IDEMPOTENCY_TEXT, "chaos-%" PRIu64 "-%" PRIu32, seed, number);
    return text;
}

void history_command(FILE *file, const struct command *command)
{
    fprintf(file, "c %" PRIu32 " %s %u %u %" PRId64 " %" PRIu32 "\n", command->number,
            kinds[command->kind], command->tenant, command->key, command->sequence,
            command->idempotent);
}

void history_answer(FILE *file, uint32_t number, enum answer answer, int status, const char *id)
{
    fprintf(file, "a %" PRIu32 " %" PRId64 " %s %d %s\n", number, timestamp_now().us / 1000,
            answers[answer], status, id && *id ? id : "-");
}

static unsigned find_name(const char *const *names, unsigned count, const char *name)
{
    unsigned i = 0;

    while (i < count && strcmp(names[i], name) != 0)
        i++;
    if (i == count)
        give_up("the history has an unknown word: %s", name);
    return i;
}

static struct past read_command(const char *line)
{
    struct past past = {.attempts = 0};
    struct command *command = &past.command;
    char kind[32];

    if (sscanf(line, "c %" SCNu32 " %31s %u %u %" SCNd64 " %" SCNu32, &command->number, kind,
               &command->tenant, &command->key, &command->sequence, &command->idempotent) != 6 ||
        command->tenant >= TENANTS || command->key >= KEYS)
        give_up("the history has a broken line: %s", line);
    command->kind = find_name(kinds, KIND_COUNT_OF, kind);
    return past;
}

static void take_id(struct past *past, const char *text)
{
    struct uuid id;

    if (uuid_parse(span_text(text), &id) < 0)
        return;
    past->conflict |= past->has_id && !uuid_equal(past->id, id);
    if (!past->has_id)
        past->id = id;
    past->has_id = true;
}

static void read_answer(const char *line, struct past *pasts, size_t count)
{
    char word[32], id[64];
    struct past *past;
    uint32_t number;
    int64_t at_ms;
    int status;

    if (sscanf(line, "a %" SCNu32 " %" SCNd64 " %31s %d %63s", &number, &at_ms, word, &status,
               id) != 5 ||
        number >= count)
        give_up("the history has a broken line: %s", line);
    past = &pasts[number];
    take_id(past, id);
    past->first_ms = past->attempts++ ? past->first_ms : at_ms;
    switch ((enum answer)find_name(answers, ANSWER_COUNT_OF, word)) {
    case ANSWER_APPLIED:
        past->said_applied = true;
        /* fallthrough */
    case ANSWER_ACCEPTED:
        past->accepted_ms = past->accepted ? past->accepted_ms : at_ms;
        past->accepted = true;
        break;
    case ANSWER_REFUSED:
        past->refused = true;
        break;
    case ANSWER_UNKNOWN:
    case ANSWER_COUNT_OF:
        past->unknowns++;
    }
}

struct past *history_read(const char *path, size_t *ret_count)
{
    FILE *file = fopen(path, "re");
    struct past *pasts = NULL;
    size_t count = 0, capacity = 0;
    char line[256];

    if (!file)
        give_up("%s: %s", path, strerror(errno));
    while (fgets(line, sizeof line, file)) {
        if (line[0] == 'a') {
            read_answer(line, pasts, count);
            continue;
        }
        if (count == capacity) {
            capacity = capacity ? 2 * capacity : 4096;
            pasts = realloc(pasts, capacity * sizeof *pasts);
            if (!pasts)
                give_up("no memory");
        }
        pasts[count] = read_command(line);
        if (pasts[count].command.number != count)
            give_up("the history has a gap before command %zu", count);
        count++;
    }
    fclose(file);
    *ret_count = count;
    return pasts;
}
