/* The runtime's own statements, with a module's schema in them. Forms and reasons:
 * docs/architecture.md; a test reads their plans on a fresh database. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "runtime/lane_state.h"

static const char inbox_find[] =
    "select u.n::int4, i.digest, i.outcome"
    "  from unnest($1::uuid[], $2::uuid[]) with ordinality u(tenant, id, n)"
    " cross join lateral (select i.digest, i.outcome from %1$s.inbox i"
    "                      where i.tenant = u.tenant and i.id = u.id offset 0) i";

/* Strict: a conflict means that somebody else decided one of these meanwhile, and the batch is
 * tried again. */
static const char inbox_add[] = "insert into %1$s.inbox (tenant, id, digest, actor, type, outcome)"
                                " select * from unnest($1::uuid[], $2::uuid[], $3::bytea[], "
                                "$4::uuid[], $5::text[], $6::int4[])";

static const char outbox_add[] =
    "insert into %1$s.outbox (topic, part, upto, records)"
    " select * from unnest($1::text[], $2::int4[], $3::int8[], $4::bytea[])";

static const char outbox_delete[] =
    "delete from %1$s.outbox where ctid = any(array("
    "  select o.ctid from unnest($1::text[], $2::int4[], $3::int8[]) u(topic, part, upto)"
    "   cross join lateral (select o.ctid from %1$s.outbox o"
    "                        where o.topic = u.topic and o.part = u.part and o.upto <= u.upto "
    "offset 0) o))";

static const char outbox_read[] =
    "select u.n::int4, o.upto, o.records"
    "  from unnest($1::text[], $2::int4[]) with ordinality u(topic, part, n)"
    " cross join lateral (select o.upto, o.records from %1$s.outbox o"
    "                      where o.topic = u.topic and o.part = u.part order by o.upto offset 0) o"
    " order by u.n, o.upto";

static const char dead_add[] =
    "insert into %1$s.dead (topic, part, at, cause, detail, attempts, tenant, id, type, key, "
    "headers, value, trace)"
    " select * from unnest($1::text[], $2::int4[], $3::int8[], $4::text[], $5::text[], $6::int4[], "
    "$7::uuid[], $8::uuid[],"
    "                      $9::text[], $10::bytea[], $11::bytea[], $12::bytea[], $13::text[])"
    " on conflict (topic, part, at) do nothing";

/* A partition that nobody claimed before begins where its topic does. */
static const char claim[] = "insert into %1$s.position as p (topic, part, next, epoch, stripes)"
                            " select u.topic, u.part, u.low, 1, $4 from unnest($1::text[], "
                            "$2::int4[], $3::int8[]) u(topic, part, low)"
                            " on conflict (topic, part) do update set epoch = p.epoch + 1"
                            " returning topic, part, next, epoch, stripes";

/* The fence: raises unless each position is where this lane left it, in this lane's epoch. A
 * compare-and-set that matched no row would be silent, and the COMMIT behind it would go through.
 */
static const char move[] =
    "with moved as ("
    "  update %1$s.position p"
    "     set next = case when p.next = u.old and p.epoch = u.epoch then u.new else "
    "platform.lost_claim() end,"
    "         stripes = u.stripes"
    "    from unnest($1::text[], $2::int4[], $3::int8[], $4::int8[], $5::int8[], $6::bytea[])"
    "         u(topic, part, old, new, epoch, stripes)"
    "   where p.topic = u.topic and p.part = u.part"
    "  returning 1)"
    " select case when count(*) = cardinality($2) then 0 else platform.lost_claim() end from moved";

int lane_sql_init(struct lane_sql *sql, const char *module)
{
    const struct {
        char **text;
        const char *form;
    } forms[] = {
        {&sql->inbox_find, inbox_find},
        {&sql->inbox_add, inbox_add},
        {&sql->outbox_add, outbox_add},
        {&sql->outbox_delete, outbox_delete},
        {&sql->outbox_read, outbox_read},
        {&sql->dead_add, dead_add},
        {&sql->claim, claim},
        {&sql->move, move},
    };

    for (size_t i = 0; i < COUNT_OF(forms); i++) {
        size_t size = strlen(forms[i].form) + 4 * strlen(module) + 1;

        *forms[i].text = malloc(size);
        if (!*forms[i].text)
            return -ENOMEM;
        snprintf(*forms[i].text, size, forms[i].form, module);
    }
    return 0;
}

void lane_sql_deinit(struct lane_sql *sql)
{
    free(sql->inbox_find);
    free(sql->inbox_add);
    free(sql->outbox_add);
    free(sql->outbox_delete);
    free(sql->outbox_read);
    free(sql->dead_add);
    free(sql->claim);
    free(sql->move);
    *sql = (struct lane_sql){.claim = NULL};
}
