/* A password is set by whoever knows the program's URL: no second place holds it. */
#include "role_password.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>

#include "fleetctl.h"

enum { TIMEOUT_MS = 30000, TRIES = 5, NAME_BYTES = 128 };

/* Roles belong to the cluster, so the migration of another of its databases may change the same one
 * just now: the server then says "tuple concurrently updated". */
static int set_password(struct pg *pg, const char *role, const char *url)
{
    int r = 0;

    for (int i = 0; i < TRIES; i++) {
        r = pg_set_password(pg, role, url, TIMEOUT_MS);
        if (r != -EPROTO || strcmp(pg_failure(pg)->sqlstate, "XX000") != 0)
            break;
    }
    return r;
}

static int give_password(struct pg *pg, const char *module)
{
    char variable[NAME_BYTES], role[NAME_BYTES];
    cleanup(buf_deinit) struct buf url = {0};
    int code, r;

    snprintf(variable, sizeof variable, "IDPMC_%s_DATABASE_URL", module);
    for (char *c = variable; *c; c++)
        *c = (char)toupper((unsigned char)*c);
    code = setting_read(variable, &url);
    if (code != EXIT_DONE || url.size == 0)
        return code;
    snprintf(role, sizeof role, "idpmc_%s", module);

    r = set_password(pg, role, url.data);
    if (r == PG_PASSWORD_OTHER_ROLE)
        return complain(EXIT_MISUSE, "%s must log in as %s", variable, role);
    if (r == -EINVAL)
        return complain(EXIT_MISUSE, "%s cannot be read as a PostgreSQL URL", variable);
    if (r < 0)
        return complain_of_database(pg, variable);
    return EXIT_DONE;
}

int role_passwords_set(struct pg *pg, const struct migrations *migrations)
{
    int code = give_password(pg, "ingress");

    for (size_t i = 0; code == EXIT_DONE && i < migrations->count; i++) {
        const struct migration *migration = &migrations->items[i];
        if (migration->number == 1 && strcmp(migration->module, "platform") != 0)
            code = give_password(pg, migration->module);
    }
    return code;
}
