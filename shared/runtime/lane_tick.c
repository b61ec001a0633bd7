/* What happens by the clock: the position's hint to Kafka, producers' keys, what is due, and the
 * inbox's retention. */
#include <errno.h>

#include "runtime/lane_state.h"

enum { HINT_MS = 1000 };

static const char keys_sql[] =
    "select p.keyid, p.secret, array_to_string(p.tenants, ','), array_to_string(p.types, ','), "
    "p.revoked_at from platform.producers p";

static void hint(struct lane *lane)
{
    struct bus_partition list[LANE_MAX_PARTITIONS];
    size_t count = 0;

    for (size_t i = 0; i < lane->partition_count; i++) {
        struct partition *p = lane->partitions[i];

        if (!p->moved)
            continue;
        list[count] = p->at;
        list[count++].offset = p->next;
        p->moved = false;
    }
    if (count > 0)
        bus_consumer_commit(lane->consumer, list, count);
}

/* The next part of "a,b,c". */
static bool next_part(struct span *rest, struct span *ret_part)
{
    const char *comma;

    if (rest->size == 0)
        return false;
    comma = memchr(rest->data, ',', rest->size);
    ret_part->data = rest->data;
    ret_part->size = comma ? (size_t)(comma - rest->data) : rest->size;
    *rest = comma ? span_of(comma + 1, rest->size - ret_part->size - 1) : span_of(NULL, 0);
    return true;
}

static int add_producer(struct keyring *keys, struct arena *arena, const struct pg_rows *rows,
                        size_t row)
{
    struct span tenants = pg_value(rows, row, 2), types = pg_value(rows, row, 3), part;
    struct tenant_id *tenant_list =
        arena_array(arena, tenants.size / UUID_TEXT + 1, sizeof *tenant_list);
    struct span *type_list = arena_array(arena, types.size + 1, sizeof *type_list);
    struct keyring_producer producer = {.id = pg_value(rows, row, 0),
                                        .secret = pg_value(rows, row, 1),
                                        .tenants = tenant_list,
                                        .types = type_list};

    if (!tenant_list || !type_list)
        return -ENOMEM;
    while (next_part(&tenants, &part))
        if (uuid_parse(part, &tenant_list[producer.tenant_count].uuid) == 0)
            producer.tenant_count++;
    while (next_part(&types, &part))
        type_list[producer.type_count++] = part;
    producer.revoked = !pg_null(rows, row, 4);
    if (producer.revoked)
        producer.revoked_at = pg_get_timestamp(rows, row, 4);
    return keyring_add_producer(keys, &producer);
}

static int add_all(struct lane *lane, struct keyring *keys)
{
    const struct config_keys *fleet = atomic_load(&lane->fleet_keys);
    int answer, r = 0;

    for (size_t i = 0; i < fleet->count && r == 0; i++)
        r = keyring_add_fleet(keys, span_text(fleet->items[i].keyid), fleet->items[i].secret);
    if (r < 0)
        return r;
    answer = pg_add(lane->pg, keys_sql, NULL, 0);
    r = answer < 0 ? answer : pg_wait(lane->pg, lane_round_trip_ms(lane));
    if (r < 0)
        return r;
    for (size_t row = 0; row < pg_row_count(pg_rows(lane->pg, answer)); row++) {
        r = add_producer(keys, uow_arena(lane->uow), pg_rows(lane->pg, answer), row);
        if (r == -ENOMEM)
            return r; /* its good messages would become dead letters */
        if (r < 0)
            log_error(&lane->log, "a row of platform.producers is unusable, and its producer's "
                                  "messages will be refused");
    }
    return 0;
}

int lane_load_keys(struct lane *lane)
{
    struct keyring *keys = keyring_new();
    int64_t loaded_ms;
    int r;

    if (!keys)
        return -ENOMEM;
    loaded_ms = monotonic_ms();
    uow_begin(lane->uow);
    r = add_all(lane, keys);
    if (r < 0) {
        keyring_free(keys);
        return r;
    }
    keyring_free(lane->keys);
    lane->keys = keys;
    lane->keys_loaded_ms = loaded_ms;
    return 0;
}

int lane_tick(struct lane *lane)
{
    int64_t now_ms = monotonic_ms();
    int r = 0;

    if (now_ms >= lane->next_hint_ms) {
        lane->next_hint_ms = now_ms + HINT_MS;
        hint(lane);
    }
    if (now_ms >= lane->next_keys_ms) {
        r = lane_load_keys(lane);
        lane->next_keys_ms = now_ms + 1000 * lane->options.config->credentials_s;
    }
    if (r == 0)
        r = suspect_acquit(lane);
    if (r == 0)
        r = timers_run(lane);
    return r < 0 ? r : retention_turn(lane);
}
