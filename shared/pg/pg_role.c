/* Passwords of roles, for tools. */
#include <errno.h>
#include <stdio.h>

#include "pg/pg_internal.h"

static void free_options(PQconninfoOption **options)
{
    PQconninfoFree(*options);
}

static void free_text(char **text)
{
    PQfreemem(*text);
}

static const char *option(const PQconninfoOption *options, const char *keyword)
{
    for (; options->keyword; options++)
        if (strcmp(options->keyword, keyword) == 0 && options->val && options->val[0])
            return options->val;
    return NULL;
}

/* Neither a role's name nor a SCRAM verifier of ours holds a quote; anything else is refused. */
static int alter_role(struct pg *pg, const char *role, const char *verifier, int timeout_ms)
{
    char sql[512];
    int size;

    if (strpbrk(role, "\"\\'") || strpbrk(verifier, "\"\\'"))
        return -EINVAL;
    size = snprintf(sql, sizeof sql, "alter role \"%s\" password '%s'", role, verifier);
    if (size < 0 || (size_t)size >= sizeof sql)
        return -EINVAL;
    return pg_script(pg, sql, timeout_ms);
}

int pg_set_password(struct pg *pg, const char *role, const char *conninfo, int timeout_ms)
{
    cleanup(free_options) PQconninfoOption *options = PQconninfoParse(conninfo, NULL);
    cleanup(free_text) char *verifier = NULL;
    const char *user, *password;

    if (!options)
        return -EINVAL;
    user = option(options, "user");
    password = option(options, "password");
    if (!user || strcmp(user, role) != 0)
        return PG_PASSWORD_OTHER_ROLE;
    if (!password)
        return PG_PASSWORD_NONE;
    verifier = PQencryptPasswordConn(pg->conn, password, role, "scram-sha-256");
    if (!verifier)
        return -ENOMEM;
    return alter_role(pg, role, verifier, timeout_ms);
}
