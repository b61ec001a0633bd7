/* The rules of tenant isolation (docs/architecture), looked up in the database's own catalog by
 * whoever is about to work with it. */
#ifndef RUNTIME_ISOLATION_H
#define RUNTIME_ISOLATION_H

#include "base/attr.h"
#include "base/buf.h"
#include "pg/pg.h"

/* Checks the role that `pg` is logged in with, and all that it may reach, for `module`: a worker's
 * name, or "ingress". Needs an idle connection outside a transaction that has failed; waits for one
 * round trip. The number of breaches, each appended as one line that names the object and says what
 * to do (with any of them the program must not start: exit code 3); 0: none; negative as pg_wait.
 */
must_check int isolation_check(struct pg *pg, const char *module, struct buf *ret_breaches);

#endif
