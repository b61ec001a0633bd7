/* Every SQL statement of tally. */
#include "store.h"

static const struct column counter_columns[] = {
    COLUMN(UUID, counter, key.counter),
    COLUMN(INT8, counter, h),
    COLUMN(INT8, counter, count),
    COLUMN(INT4, counter, weight),
};

const struct entity counter_entity = {
    .name = "tally.counter",
    .load = "select c.counter, c.h, c.count, c.weight"
            "  from unnest($2::uuid[]) u(counter)"
            " cross join lateral (select * from tally.counters c"
            "                      where c.tenant = $1 and c.counter = u.counter offset 0) c",
    .save = "insert into tally.counters (tenant, counter, h, count, weight)"
            " select $1::uuid, u.* from unnest($2::uuid[], $3::bigint[], $4::bigint[], $5::int[]) u"
            " on conflict (tenant, counter) do update set h = excluded.h, count = excluded.count,"
            "     weight = excluded.weight",
    .columns = counter_columns,
    .column_count = COUNT_OF(counter_columns),
    .key_columns = 1,
    .size = sizeof(struct counter),
};

const struct entity *const tally_entities[] = {&counter_entity, NULL};
