#include "support/refusal.h"

#include <stdlib.h>

#include "support/database.h"

void refusal_prepare(void)
{
    database_ready();
    sql("create table if not exists tally.refused (counter uuid, weight int4, state text)");
    refusal_end();
    sql("create sequence if not exists tally.gone");
    sql("grant usage on sequence tally.gone to idpmc_tally");
    sql("grant select on tally.refused to idpmc_tally");
    sql("create or replace function tally.refuse() returns trigger language plpgsql as $$"
        " declare f tally.refused; begin"
        "  select * into f from tally.refused r where r.counter = new.counter"
        "     or r.weight = new.weight limit 1;"
        "  if f.state = 'gone' then perform nextval('tally.gone');"
        "   perform pg_terminate_backend(pg_backend_pid(), 5000); end if;"
        "  if found then raise exception 'refused for a while' using errcode = f.state; end if;"
        "  return new; end $$");
    sql("grant execute on function tally.refuse() to idpmc_tally");
    sql("create or replace trigger refuse before insert or update on tally.counters"
        " for each row execute function tally.refuse()");
    setenv("IDPMC_PARK_FIRST_MS", "50", 1);
    setenv("IDPMC_PARK_MOST_MS", "500", 1);
    setenv("IDPMC_PARK_ATTEMPTS", "1000", 1);
    setenv("IDPMC_CULPRIT_KEYS", "100", 1);
}

void refuse_counter(const struct counters *counters, size_t i, const char *state)
{
    const char *counter = id_text(counters->each[i]);

    sql("delete from tally.refused where counter = '%s'", counter);
    sql("insert into tally.refused values ('%s', null, '%s')", counter, state);
}

void refuse_weight(int weight, const char *state)
{
    sql("insert into tally.refused values (null, %d, '%s')", weight, state);
}

void refusal_end(void)
{
    sql("delete from tally.refused");
}
