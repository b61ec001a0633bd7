/* The operator's connection to the database. */
#include <stdlib.h>

#include "fleetctl.h"

enum { CONNECT_TIMEOUT_MS = 10000 };

int complain_of_database(struct pg *pg, const char *about)
{
    const struct pg_failure *failure = pg_failure(pg);
    enum pg_class class = pg_classify(failure->sqlstate);

    return complain(class == PG_RETRY || class == PG_PAUSE ? EXIT_UNAVAILABLE : EXIT_FAULT,
                    "%s: %s (SQLSTATE %s)", about, failure->message, failure->sqlstate);
}

int operator_connect(struct pg **ret_pg)
{
    const char *url = getenv("IDPMC_DATABASE_URL");
    struct pg *pg;

    if (!url)
        url = getenv("DATABASE_URL");
    if (!url || !url[0])
        return complain(EXIT_MISUSE, "which database? Set IDPMC_DATABASE_URL (or DATABASE_URL) to "
                                     "the operator's URL: postgresql://user@host:port/database");
    pg = pg_connect(url, "fleetctl");
    if (!pg)
        return complain(EXIT_FAULT, "out of memory");
    if (pg_wait(pg, CONNECT_TIMEOUT_MS) < 0) {
        int code = complain_of_database(pg, "cannot connect to the database");
        pg_close(pg);
        return code;
    }
    *ret_pg = pg;
    return EXIT_DONE;
}
