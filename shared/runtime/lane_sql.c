/* The runtime's own statements, with a module's schema where the text has an "@". Forms and
 * reasons: docs/architecture.md; a test reads their plans on a fresh database. */
#include <errno.h>
#include <stdlib.h>

#include "runtime/lane_state.h"

static const char inbox_find[] =
    "select u.n::int4, i.digest, i.outcome"
    "  from unnest($1::uuid[], $2::uuid[]) with ordinality u(tenant, id, n)"
    " cross join lateral (select i.digest, i.outcome from @.inbox i"
    "                      where i.tenant = u.tenant and i.id = u.id offset 0) i";

/* Strict: a conflict means that somebody else decided one of these meanwhile, and the batch is
 * tried again. */
static const char inbox_add[] = "insert into @.inbox (tenant, id, digest, actor, type, outcome)"
                                " select * from unnest($1::uuid[], $2::uuid[], $3::bytea[], "
                                "$4::uuid[], $5::text[], $6::int4[])";

static const char outbox_add[] =
    "insert into @.outbox (topic, part, upto, records)"
    " select * from unnest($1::text[], $2::int4[], $3::int8[], $4::bytea[])";

static const char outbox_delete[] =
    "delete from @.outbox where ctid = any(array("
    "  select o.ctid from unnest($1::text[], $2::int4[], $3::int8[]) u(topic, part, upto)"
    "   cross join lateral (select o.ctid from @.outbox o"
    "                        where o.topic = u.topic and o.part = u.part and o.upto <= u.upto "
    "offset 0) o))";

static const char outbox_read[] =
    "select u.n::int4, o.upto, o.records"
    "  from unnest($1::text[], $2::int4[]) with ordinality u(topic, part, n)"
    " cross join lateral (select o.upto, o.records from @.outbox o"
    "                      where o.topic = u.topic and o.part = u.part order by o.upto offset 0) o"
    " order by u.n, o.upto";

static const char dead_add[] =
    "insert into @.dead (topic, part, at, cause, detail, attempts, tenant, id, type, key, "
    "headers, value, trace)"
    " select * from unnest($1::text[], $2::int4[], $3::int8[], $4::text[], $5::text[], $6::int4[], "
    "$7::uuid[], $8::uuid[],"
    "                      $9::text[], $10::bytea[], $11::bytea[], $12::bytea[], $13::text[])"
    " on conflict (topic, part, at) do nothing";

/* An earlier owner that stands still in the middle of a pipeline keeps the position's row locked,
 * and idle_in_transaction_session_timeout does not see it: to the server it is at work, and waits
 * for its client. Such a session of our own role ends, after as long as that timeout. */
const char lane_end_stuck_sql[] =
    "select pg_terminate_backend(a.pid) from pg_stat_activity a"
    " where a.usename = current_user and a.datname = current_database() and a.state = 'active'"
    "   and a.wait_event = 'ClientRead' and a.xact_start < now() - interval '10 s'";

/* A partition that nobody claimed before begins where its topic does. */
static const char claim[] = "insert into @.position as p (topic, part, next, epoch, stripes)"
                            " select u.topic, u.part, u.low, 1, $4 from unnest($1::text[], "
                            "$2::int4[], $3::int8[]) u(topic, part, low)"
                            " on conflict (topic, part) do update set epoch = p.epoch + 1"
                            " returning topic, part, next, epoch, stripes";

/* The fence: raises unless each position is where this lane left it, in this lane's epoch. A
 * compare-and-set that matched no row would be silent, and the COMMIT behind it would go through.
 */
static const char move[] =
    "with moved as ("
    "  update @.position p"
    "     set next = case when p.next = u.old and p.epoch = u.epoch then u.new else "
    "platform.lost_claim() end,"
    "         stripes = u.stripes"
    "    from unnest($1::text[], $2::int4[], $3::int8[], $4::int8[], $5::int8[], $6::bytea[])"
    "         u(topic, part, old, new, epoch, stripes)"
    "   where p.topic = u.topic and p.part = u.part"
    "  returning 1)"
    " select case when count(*) = cardinality($2) then 0 else platform.lost_claim() end from moved";

/* The form with the module's name where it has an "@". NULL without memory. */
static char *with_module(const char *form, const char *module)
{
    struct buf text = {0};

    for (const char *c = form; *c; c++) {
        if (*c == '@')
            buf_add_text(&text, module);
        else
            buf_add_char(&text, *c);
    }
    if (!buf_failed(&text))
        return text.data;
    buf_deinit(&text);
    return NULL;
}

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
        *forms[i].text = with_module(forms[i].form, module);
        if (!*forms[i].text)
            return -ENOMEM;
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
