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

/* What was parked or a dead letter is decided, parked or dead now. What is decided stays so. */
static const char inbox_update[] =
    "update @.inbox i set outcome = u.outcome, decided_at = now()"
    "  from unnest($1::uuid[], $2::uuid[], $3::int4[]) u(tenant, id, outcome)"
    " where i.tenant = u.tenant and i.id = u.id and i.outcome < 0";

/* What a round of the sweep has before it. */
static const char inbox_blocks[] =
    "select pg_relation_size('@.inbox') / current_setting('block_size')::int8";

/* Of these blocks, what is old, for which no index by time is kept: the range makes it a TID range
 * scan. What is parked stays, and so does what failed while its dead letter waits for a decision.
 */
static const char inbox_delete[] =
    "with gone as ("
    "  delete from @.inbox i"
    "   where i.ctid >= ('(' || $1::int8 || ',0)')::tid"
    "     and i.ctid < ('(' || $2::int8 || ',0)')::tid"
    "     and i.decided_at < now() - $3::int4 * interval '1 hour'"
    "     and (i.outcome >= 0"
    "          or (i.outcome = -1"
    "              and not exists (select from @.dead d"
    "                               where d.tenant = i.tenant and d.id = i.id"
    "                                 and d.resolved is null offset 0)))"
    "  returning 1)"
    " select count(*) from gone";

static const char outbox_add[] =
    "insert into @.outbox (topic, part, upto, place, records)"
    " select * from unnest($1::text[], $2::int4[], $3::int8[], $4::int4[], $5::bytea[])";

static const char outbox_delete[] =
    "delete from @.outbox where ctid = any(array("
    "  select o.ctid from unnest($1::text[], $2::int4[], $3::int8[], $4::int4[])"
    "         u(topic, part, upto, place)"
    "   cross join lateral (select o.ctid from @.outbox o"
    "                        where o.topic = u.topic and o.part = u.part"
    "                          and (o.upto, o.place) <= (u.upto, u.place) offset 0) o))";

static const char outbox_read[] =
    "select u.n::int4, o.upto, o.place, o.records"
    "  from unnest($1::text[], $2::int4[]) with ordinality u(topic, part, n)"
    " cross join lateral (select o.upto, o.place, o.records from @.outbox o"
    "                      where o.topic = u.topic and o.part = u.part"
    "                      order by o.upto, o.place offset 0) o"
    " order by u.n, o.upto, o.place";

/* Who has the place already is the same message, redriven in vain, or one of a topic that was there
 * before. */
static const char dead_add[] =
    "insert into @.dead as d (topic, part, at, cause, detail, attempts, tenant, id, type, key, "
    "headers, value, trace, fingerprint, appended)"
    " select * from unnest($1::text[], $2::int4[], $3::int8[], $4::text[], $5::text[], $6::int4[], "
    "$7::uuid[], $8::uuid[],"
    "                      $9::text[], $10::bytea[], $11::bytea[], $12::bytea[], $13::text[],"
    "                      $14::text[], $15::timestamptz[])"
    " on conflict (topic, part, at) do update set cause = excluded.cause, detail = excluded.detail,"
    "     attempts = excluded.attempts, tenant = excluded.tenant, id = excluded.id,"
    "     type = excluded.type, key = excluded.key, headers = excluded.headers,"
    "     value = excluded.value, trace = excluded.trace, fingerprint = excluded.fingerprint,"
    "     replays = case when d.appended = excluded.appended then d.replays else 0 end,"
    "     appended = excluded.appended, died_at = now(),"
    "     resolved = null, resolved_at = null, resolved_by = null";

/* Which keys, by their murmur2, have a message that is parked. Another key with the same number is
 * taken for it: then it waits in vain for the moment until it is looked at. */
static const char park_find[] =
    "select u.n::int4 from unnest($1::int4[]) with ordinality u(hash, n)"
    " cross join lateral (select 1 from @.parked k where k.hash = u.hash limit 1) k";

/* The first of its key has a time for its next try, unless it is held; those behind it have none.
 */
static const char park_add[] =
    "insert into @.parked (topic, part, at, hash, key, headers, value, appended, tenant, id, type,"
    "                      trace, cause, attempts, first_error, last_error, held, next_try)"
    " select u.topic, u.part, u.at, u.hash, u.key, u.headers, u.value, u.appended, u.tenant, u.id,"
    "        u.type, u.trace, u.cause, u.attempts, u.error, u.error, coalesce(u.delay < 0, false),"
    "        case when u.delay >= 0 and not exists (select from @.parked k where k.hash = u.hash"
    "                       and k.topic = u.topic and k.part = u.part and k.key = u.key)"
    "             then now() + u.delay * interval '1 ms' end"
    "   from unnest($1::text[], $2::int4[], $3::int8[], $4::int4[], $5::bytea[], $6::bytea[],"
    "               $7::bytea[], $8::timestamptz[], $9::uuid[], $10::uuid[], $11::text[],"
    "               $12::text[], $13::text[], $14::int4[], $15::text[], $16::int8[])"
    "        u(topic, part, at, hash, key, headers, value, appended, tenant, id, type, trace, "
    "cause,"
    "          attempts, error, delay)";

static const char park_due[] =
    "select u.n::int4, k.at, k.hash, k.key"
    "  from unnest($1::text[], $2::int4[]) with ordinality u(topic, part, n)"
    " cross join lateral (select k.at, k.hash, k.key, k.next_try from @.parked k"
    "                      where k.topic = u.topic and k.part = u.part and k.next_try <= now()"
    "                      order by k.next_try limit $3) k"
    " order by k.next_try limit $3";

/* Capped, for it is only a number to look at. */
static const char park_count[] =
    "select (select count(*) from (select from @.parked where next_try is not null limit 100000) k)"
    "     + (select count(*) from (select from @.parked where held limit 100000) k)";

/* Says that a try begins, and when the next one is due should this one not end. */
static const char park_try[] =
    "update @.parked k set trying = k.trying + 1, tried_at = now(),"
    "     next_try = now() + least($4::float8 * 2 ^ least(k.attempts, 30), $5::float8)"
    "                        * (0.75 + 0.5 * random()) * interval '1 ms'"
    " where k.topic = $1 and k.part = $2 and k.at = $3 and k.next_try <= now()"
    " returning k.attempts, k.trying";

/* A key's messages in order, and whether the inbox is sure to know them: it keeps the row of one
 * that is parked, however old that is; but one that was too old when it came may have been decided
 * before. */
static const char park_run[] =
    "select k.at, k.headers, k.value, k.appended, k.attempts, k.held,"
    "       exists (select from @.inbox i"
    "                where i.tenant = k.tenant and i.id = k.id and i.outcome = -2)"
    "       and not exists (select from @.dead d where d.topic = k.topic and d.part = k.part"
    "                          and d.at = k.at and d.cause = 'too_old')"
    "  from @.parked k"
    " where k.hash = $1 and k.topic = $2 and k.part = $3 and k.key = $4 order by k.at limit $5";

static const char park_failed[] =
    "update @.parked k set attempts = k.attempts + 1, trying = 0, held = $5,"
    "     next_try = case when not $5 then k.next_try end,"
    "     first_error = coalesce(k.first_error, $4), last_error = $4,"
    "     cause = case when k.cause in ('behind', 'quota') then 'transient' else k.cause end"
    " where k.topic = $1 and k.part = $2 and k.at = $3";

/* The try ended, and nothing can be said of the message: it was not asked, or something else
 * failed. */
static const char park_released[] =
    "update @.parked k set trying = 0,"
    "     next_try = coalesce(now() + $4 * interval '1 ms', k.next_try)"
    " where k.topic = $1 and k.part = $2 and k.at = $3";

/* An operator may have put something in front of these, or discarded one of them, since they were
 * read: then what was decided is rolled back, and read again. */
static const char park_done[] =
    "with done as (delete from @.parked k where k.topic = $1 and k.part = $2"
    "                 and k.at = any($3::int8[]) returning k.at)"
    " select case when count(*) = cardinality($3)"
    "              and not exists (select from @.parked f where f.hash = $4 and f.topic = $1"
    "                                 and f.part = $2 and f.key = $5 and f.at < min(done.at))"
    "             then 0 else platform.changed_meanwhile() end from done";

/* What is the first of its key now is due. */
static const char park_wake[] =
    "update @.parked k set next_try = now()"
    " where k.topic = $2 and k.part = $3 and k.next_try is null and not k.held"
    "   and k.at = (select f.at from @.parked f where f.hash = $1 and f.topic = $2 and f.part = $3"
    "                  and f.key = $4 order by f.at limit 1)";

/* An earlier owner that stands still in the middle of a pipeline keeps the position's row locked,
 * and idle_in_transaction_session_timeout does not see it: to the server it is at work, and waits
 * for its client. Such a session of our own role ends, after as long as that timeout. */
const char lane_end_stuck_sql[] =
    "select pg_terminate_backend(a.pid) from pg_stat_activity a"
    " where a.usename = current_user and a.datname = current_database() and a.state = 'active'"
    "   and a.wait_event = 'ClientRead' and a.xact_start < now() - interval '10 s'";

/* After a conflict over a lock: who waits for it is found by halving, a wait a step. */
const char lane_impatient_sql[] = "select set_config('lock_timeout', '200ms', true)";

/* A partition that nobody claimed before begins where its topic does. */
static const char claim[] =
    "insert into @.position as p (topic, part, next, epoch, stripes, claims)"
    " select u.topic, u.part, u.low, 1, $4, 1 from unnest($1::text[], "
    "$2::int4[], $3::int8[]) u(topic, part, low)"
    " on conflict (topic, part) do update set epoch = p.epoch + 1, claims = p.claims + 1"
    " returning topic, part, next, epoch, stripes, last, digest, claims, trying, tries";

/* The fence: raises unless each position is where this lane left it, in this lane's epoch. A
 * compare-and-set that matched no row would be silent, and the COMMIT behind it would go through.
 */
static const char move[] =
    "with moved as ("
    "  update @.position p"
    "     set next = case when p.next = u.old and p.epoch = u.epoch then u.new else "
    "platform.lost_claim() end,"
    "         stripes = u.stripes, last = u.last, digest = u.digest,"
    "         claims = case when u.new > u.old then 0 else p.claims end,"
    "         trying = case when u.new > u.old then -1 else p.trying end,"
    "         tries = case when u.new > u.old then 0 else p.tries end"
    "    from unnest($1::text[], $2::int4[], $3::int8[], $4::int8[], $5::int8[], $6::bytea[],"
    "                $7::int8[], $8::bytea[])"
    "         u(topic, part, old, new, epoch, stripes, last, digest)"
    "   where p.topic = u.topic and p.part = u.part"
    "  returning 1)"
    " select case when count(*) = cardinality($2) then 0 else platform.lost_claim() end from moved";

/* Says under the fence that a message is about to be tried alone, and how often that was said; or,
 * by -1 tries, that all up to it are tried together. */
static const char try[] =
    "with tried as ("
    "  update @.position p"
    "     set trying = case when p.next = $3 and p.epoch = $4 then $5 else "
    "platform.lost_claim() end,"
    "         tries = case when not $6 then -1 when p.trying = $5 and p.tries > 0"
    "                      then p.tries + 1 else 1 end"
    "   where p.topic = $1 and p.part = $2"
    "  returning p.tries)"
    " select coalesce((select t.tries from tried t)::int8, platform.lost_claim())";

/* The only change of a position without its fence, for the claim may be somebody else's by now. It
 * takes back exactly what claim and try added, and can acquit only. */
static const char acquit[] =
    "update @.position p set claims = greatest(p.claims - 1, 0),"
    "     tries = case when p.trying = u.at then greatest(p.tries - 1, 0) else p.tries end"
    "  from unnest($1::text[], $2::int4[], $3::int8[]) u(topic, part, at)"
    " where p.topic = u.topic and p.part = u.part";

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
        {&sql->inbox_update, inbox_update},
        {&sql->inbox_blocks, inbox_blocks},
        {&sql->inbox_delete, inbox_delete},
        {&sql->outbox_add, outbox_add},
        {&sql->outbox_delete, outbox_delete},
        {&sql->outbox_read, outbox_read},
        {&sql->dead_add, dead_add},
        {&sql->park_find, park_find},
        {&sql->park_add, park_add},
        {&sql->park_due, park_due},
        {&sql->park_count, park_count},
        {&sql->park_try, park_try},
        {&sql->park_run, park_run},
        {&sql->park_failed, park_failed},
        {&sql->park_released, park_released},
        {&sql->park_done, park_done},
        {&sql->park_wake, park_wake},
        {&sql->claim, claim},
        {&sql->move, move},
        {&sql->try, try},
        {&sql->acquit, acquit},
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
    char **texts = (char **)sql; /* it consists of nothing else */

    for (size_t i = 0; i < sizeof *sql / sizeof *texts; i++)
        free(texts[i]);
    *sql = (struct lane_sql){.claim = NULL};
}
