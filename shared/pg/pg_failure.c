/* What went wrong, in the server's primary words, and how each SQLSTATE is treated. */
#include <ctype.h>
#include <stdlib.h>

#include "pg/pg_internal.h"

/* The first line of a text, cut to what fits. */
static void set_message(struct pg_failure *failure, const char *message)
{
    size_t size = strcspn(message, "\n");

    if (size >= sizeof failure->message)
        size = sizeof failure->message - 1;
    memcpy(failure->message, message, size);
    failure->message[size] = '\0';
}

static void set_sqlstate(struct pg_failure *failure, const char *sqlstate)
{
    memcpy(failure->sqlstate, sqlstate, PG_SQLSTATE);
    failure->sqlstate[PG_SQLSTATE] = '\0';
}

void pg_failure_of_result(struct pg_failure *failure, const PGresult *result, int answer)
{
    const char *sqlstate = PQresultErrorField(result, PG_DIAG_SQLSTATE);
    const char *message = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
    const char *position = PQresultErrorField(result, PG_DIAG_STATEMENT_POSITION);

    if (failure->sqlstate[0])
        return;
    set_sqlstate(failure, sqlstate && strlen(sqlstate) == PG_SQLSTATE ? sqlstate : "08000");
    set_message(failure, message ? message : PQresultErrorMessage(result));
    failure->answer = answer;
    failure->position = position ? atoi(position) : 0;
}

/* Where libpq's verbose text of a refused connection has the server's SQLSTATE:
 * `... failed: FATAL:  28P01: password authentication failed`. NULL: the server said none. */
static const char *sqlstate_in(const char *text)
{
    const char *found = strstr(text, ":  ");
    size_t size = 0;

    if (!found)
        return NULL;
    found += 3;
    while (isdigit((unsigned char)found[size]) || isupper((unsigned char)found[size]))
        size++;
    return size == PG_SQLSTATE && found[size] == ':' ? found : NULL;
}

void pg_failure_of_connection(struct pg *pg, const char *message)
{
    struct pg_failure *failure = &pg->failure;
    const char *sqlstate = sqlstate_in(message);

    failure->answer = -1; /* whichever statement it hit: none of them is known to be done */
    if (failure->sqlstate[0])
        return;
    set_sqlstate(failure, sqlstate ? sqlstate : "08000");
    set_message(failure, message);
}

const struct pg_failure *pg_failure(const struct pg *pg)
{
    return &pg->failure;
}

enum pg_class pg_classify(const char *sqlstate)
{
    static const struct {
        const char *prefix;
        enum pg_class class;
    } classes[] = {
        {"IDP01", PG_CLAIM}, {"40", PG_RETRY},    {"08", PG_RETRY},    {"57P0", PG_RETRY},
        {"57014", PG_RETRY}, {"55P03", PG_RETRY}, {"25P03", PG_RETRY}, {"22", PG_CULPRIT},
        {"23", PG_CULPRIT},  {"53", PG_PAUSE},    {"0A000", PG_RETRY}, {"26000", PG_RETRY},
    }; /* the last two: a prepared statement went stale, and is prepared afresh */

    for (size_t i = 0; i < COUNT_OF(classes); i++)
        if (strncmp(sqlstate, classes[i].prefix, strlen(classes[i].prefix)) == 0)
            return classes[i].class;
    return PG_STOP;
}
