/* A dead letter that somebody wants to redrive: what its row and the inbox say of it. Whether its
 * key has moved on is asked elsewhere: key_scan.h. */
#ifndef DLQ_LETTER_H
#define DLQ_LETTER_H

#include "letters.h"

enum dlq_verdict {
    LETTER_GO,
    LETTER_WAITS,
    LETTER_APPLIED,
    LETTER_REJECTED,
    LETTER_OTHER_ID,
    LETTER_TOO_OLD,
    LETTER_REPLAYED,
    LETTER_MOVED,
    LETTER_UNKNOWN,
    LETTER_VERDICTS
};

/* What becomes of letters, in words. */
const char *dlq_letter_words(enum dlq_verdict verdict);
bool dlq_letter_refused(enum dlq_verdict verdict); /* the operator wanted it, and has to decide */

/* What a statement about rows `d` of the module's dead letters selects, and from where. */
#define LETTER_COLUMNS                                                                             \
    "d.at, coalesce(d.key, ''::bytea), d.cause, d.tenant, d.id, d.replays, i.outcome,"             \
    "       i.digest = sha256(coalesce(d.value, ''::bytea)), k.at is not null,"                    \
    "       coalesce(d.headers, ''::bytea), coalesce(d.appended, d.died_at), now()"
#define LETTER_TABLES                                                                              \
    "  from @.dead d"                                                                              \
    "  left join @.inbox i on i.tenant = d.tenant and i.id = d.id"                                 \
    "  left join @.parked k on k.topic = d.topic and k.part = d.part and k.at = d.at"

/* A row that was judged. */
struct dlq_letter {
    int64_t at, moved_by;
    struct span key; /* in the desk's scratch */
    struct uuid tenant, id;
    struct timestamp time; /* as a lane takes it */
    bool was_failed;
    int32_t replays;
    enum dlq_verdict verdict;
    char cause[32];
};

/* Reads and judges one of those rows. EXIT_DONE or EXIT_FAULT. */
must_check int dlq_letter_take(struct letters_desk *desk, const struct pg_rows *rows, size_t row,
                               struct dlq_letter *ret_letter);

/* Says on standard output what becomes of it, while there are not too many lines. */
void dlq_letter_tell(struct letters_desk *desk, struct span topic, int32_t part,
                     const struct dlq_letter *letter);

#endif
