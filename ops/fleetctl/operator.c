/* The operator's connection to the database. */
#include "fleetctl.h"

enum { CONNECT_TIMEOUT_MS = 10000 };

int complain_of_database(struct pg *pg, const char *about)
{
    const struct pg_failure *failure = pg_failure(pg);
    enum pg_class class = pg_classify(failure->sqlstate);

    return complain(class == PG_RETRY || class == PG_PAUSE ? EXIT_UNAVAILABLE : EXIT_FAULT,
                    "%s: %s (SQLSTATE %s)", about, failure->message, failure->sqlstate);
}

static int read_url(struct buf *ret_url)
{
    int code = setting_read("IDPMC_DATABASE_URL", ret_url);

    if (code == EXIT_DONE && ret_url->size == 0)
        code = setting_read("DATABASE_URL", ret_url);
    if (code == EXIT_DONE && ret_url->size == 0)
        code = complain(EXIT_MISUSE, "which database? Set IDPMC_DATABASE_URL (or DATABASE_URL) to "
                                     "the operator's URL: postgresql://user@host:port/database");
    return code;
}

int operator_connect(struct pg **ret_pg)
{
    cleanup(buf_deinit) struct buf url = {0};
    int code = read_url(&url);
    struct pg *pg;

    if (code != EXIT_DONE)
        return code;
    pg = pg_connect(url.data, "fleetctl");
    if (!pg)
        return complain(EXIT_FAULT, "out of memory");
    if (pg_wait(pg, CONNECT_TIMEOUT_MS) < 0) {
        code = complain_of_database(pg, "cannot connect to the database");
        pg_close(pg);
        return code;
    }
    *ret_pg = pg;
    return EXIT_DONE;
}
