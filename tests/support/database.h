/* The database that the tests' fleet works with, as its operator sees it: everything. It connects
 * by itself, again after the server was away, and ends the test where SQL fails. */
#ifndef SUPPORT_DATABASE_H
#define SUPPORT_DATABASE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/id.h"

/* Schemas and topics as the fleet needs them: fleetctl migrate and topics, once a program. */
void database_ready(void);

/* Runs statements. */
void sql(const char *format, ...) printf_like(1, 2);

/* The first value of a query: `sql_number("select count(*) from tally.inbox")`. No row: -1. */
int64_t sql_number(const char *format, ...) printf_like(1, 2);

/* The same as text, valid until the next one. No row, or NULL: "". */
const char *sql_text(const char *format, ...) printf_like(1, 2);

/* An organization with one member, who holds `roles` (1 Player, 2 Coach, 4 OrgAdmin), in UTC. */
void sql_found_organization(struct tenant_id tenant, struct user_id member, int roles);

/* Asks again until the query's number is `wanted`. False: not within `timeout_ms`. */
bool sql_becomes(int64_t wanted, int timeout_ms, const char *format, ...) printf_like(3, 4);

/* Fresh ids, and their text, which lives as long as the program. */
struct tenant_id new_tenant(void);
struct user_id new_user(void);
const char *id_text(struct uuid uuid);

void sleep_ms(int ms);

#endif
