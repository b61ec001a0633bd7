/* Passwords of the roles with which workers and ingress log in. */
#ifndef ROLE_PASSWORD_H
#define ROLE_PASSWORD_H

#include "migration.h"
#include "pg/pg.h"

/* Each module of the migrations, and the ingress, gets the password of the URL that its program
 * would use (IDPMC_<MODULE>_DATABASE_URL), where that is set. An exit code. */
must_check int role_passwords_set(struct pg *pg, const struct migrations *migrations);

#endif
