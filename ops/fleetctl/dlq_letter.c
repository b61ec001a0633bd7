/* A dead letter that somebody wants to redrive: what its row and the inbox say of it. */
#include "dlq_letter.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "runtime/envelope.h"
#include "runtime/record.h"

/* Of LETTER_COLUMNS. */
enum { AT, KEY, CAUSE, TENANT, ID, REPLAYS, OUTCOME, SAME, PARKED, HEADERS, APPENDED, NOW };

static const struct {
    const char *words;
    bool refused; /* the operator wanted it, and has to decide */
} verdicts[] = {
    [LETTER_GO] = {"redriven", false},
    [LETTER_WAITS] = {"waits already", false},
    [LETTER_APPLIED] = {"applied already", false},
    [LETTER_REJECTED] = {"rejected already", false},
    [LETTER_OTHER_ID] = {"its id is another message's", true},
    [LETTER_TOO_OLD] = {"too old", true},
    [LETTER_REPLAYED] = {"redriven too often", true},
    [LETTER_MOVED] = {"its key has moved on", true},
    [LETTER_UNKNOWN] = {"cannot be known whether its key has moved on", true},
};

const char *dlq_letter_words(enum dlq_verdict verdict)
{
    return verdicts[verdict].words;
}

bool dlq_letter_refused(enum dlq_verdict verdict)
{
    return verdicts[verdict].refused;
}

static enum dlq_verdict judge_inbox(const struct pg_rows *rows, size_t row, bool *ret_failed)
{
    int32_t outcome;

    *ret_failed = false;
    if (pg_null(rows, row, OUTCOME))
        return LETTER_GO; /* it was never proven, or not let in */
    if (!pg_get_bool(rows, row, SAME))
        return LETTER_OTHER_ID;
    outcome = pg_get_int4(rows, row, OUTCOME);
    *ret_failed = outcome == -1;
    return outcome == 0    ? LETTER_APPLIED
           : outcome > 0   ? LETTER_REJECTED
           : outcome == -1 ? LETTER_GO
                           : LETTER_WAITS;
}

/* What its headers say, but never after the broker's time, which stands where they say nothing. */
static int read_time(struct arena *arena, const struct pg_rows *rows, size_t row,
                     struct timestamp *ret_time)
{
    struct timestamp said, time = pg_get_timestamp(rows, row, APPENDED);
    const struct bus_header *headers;
    int count = record_unpack_headers(pg_value(rows, row, HEADERS), arena, &headers);

    if (count == -ENOMEM)
        return complain(EXIT_FAULT, "out of memory");
    for (int i = 0; i < count; i++)
        if (span_is(headers[i].name, "ce_time") && timestamp_parse(headers[i].value, &said) == 0 &&
            said.us < time.us)
            time = said;
    *ret_time = time;
    return EXIT_DONE;
}

/* A lane would refuse it again, for the inbox may have forgotten that its id was decided. It is
 * sure to know the id of what failed when it was young: that never becomes too old. */
static bool is_too_old(const struct dlq_letter *letter, struct timestamp now)
{
    const bool known = letter->was_failed && strcmp(letter->cause, "too_old") != 0;

    return !known && envelope_is_too_old(letter->time, now);
}

int dlq_letter_take(struct letters_desk *desk, const struct pg_rows *rows, size_t row,
                    struct dlq_letter *ret_letter)
{
    const struct span key = pg_value(rows, row, KEY), cause = pg_value(rows, row, CAUSE);
    struct dlq_letter letter = {
        .at = pg_get_int8(rows, row, AT),
        .moved_by = -1,
        .key = span_of(arena_copy(desk->scratch, key.data, key.size), key.size),
        .tenant = pg_get_uuid(rows, row, TENANT),
        .id = pg_get_uuid(rows, row, ID),
        .replays = pg_get_int4(rows, row, REPLAYS),
    };
    int code;

    if (!letter.key.data)
        return complain(EXIT_FAULT, "out of memory");
    code = read_time(desk->scratch, rows, row, &letter.time);
    if (code != EXIT_DONE)
        return code;
    snprintf(letter.cause, sizeof letter.cause, "%.*s", (int)cause.size, cause.data);
    letter.verdict = judge_inbox(rows, row, &letter.was_failed);
    if (pg_get_bool(rows, row, PARKED))
        letter.verdict = LETTER_WAITS;
    if (letter.verdict == LETTER_GO && is_too_old(&letter, pg_get_timestamp(rows, row, NOW)))
        letter.verdict = LETTER_TOO_OLD;
    if (letter.verdict == LETTER_GO && letter.replays >= desk->options->max_replays)
        letter.verdict = LETTER_REPLAYED;
    *ret_letter = letter;
    return EXIT_DONE;
}

void dlq_letter_tell(struct letters_desk *desk, struct span topic, int32_t part,
                     const struct dlq_letter *letter)
{
    const bool dry = desk->options->dry_run;
    char place[LETTERS_PLACE], time[TIMESTAMP_TEXT + 1];

    if ((letter->verdict == LETTER_GO && !dry) || !letters_line(desk))
        return;
    letters_place(topic, part, letter->at, place);
    printf("%s  %s  key ", place, letter->cause);
    letters_print(letter->key, 80);
    if (letter->verdict == LETTER_GO)
        printf("  would be redriven");
    else
        printf("  %s", verdicts[letter->verdict].words);
    if (letter->verdict == LETTER_MOVED)
        printf(" (offset %" PRId64 ")", letter->moved_by);
    if (letter->verdict == LETTER_TOO_OLD)
        printf(" (its time is %s, more than %d days ago)", timestamp_format(letter->time, time),
               INBOX_RETENTION_DAYS);
    if (letter->verdict == LETTER_REPLAYED)
        printf(" (%" PRId32 " times)", letter->replays);
    putchar('\n');
}
