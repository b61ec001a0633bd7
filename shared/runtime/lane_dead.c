/* Dead letters: a row with everything that came, in the batch's transaction, and through the outbox
 * a copy on the dead-letter topic for everybody's tools. */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>

#include "auth/digest.h"
#include "base/utf8.h"
#include "runtime/crash.h"
#include "runtime/lane_state.h"
#include "runtime/record.h"

enum {
    FINGERPRINT_TEXT = 16,
    COPY_HEADERS = 24,   /* of the original's, so that ours have room */
    COPY_BYTES = 900000, /* of key, headers and value; the row has all of it */
};

static size_t size_of(const struct bus_header *headers, size_t count)
{
    size_t size = 0;

    for (size_t i = 0; i < count; i++)
        size += headers[i].name.size + headers[i].value.size;
    return size;
}

/* Takes from the copy what makes it too large for its topic: the value, then the headers, then the
 * key. Says what, or NULL. */
static const char *fit_copy(struct bus_record *record, const struct bus_header *headers)
{
    const size_t value = record->value.size, key = record->key.size;
    const size_t rest = size_of(headers, record->header_count);

    if (value + key + rest <= COPY_BYTES)
        return NULL;
    record->value = span_of("", 0);
    if (key + rest <= COPY_BYTES)
        return "value";
    record->header_count = 0;
    if (key <= COPY_BYTES)
        return "value and headers";
    record->key = span_of("", 0);
    return "value, headers and key";
}

static void add_copy_header(struct bus_record *record, struct bus_header *all, const char *name,
                            const char *value)
{
    all[record->header_count++] = (struct bus_header){span_text(name), span_text(value)};
}

/* The copy has the original's key, value and headers, and some of ours that say where it came from
 * and why it died. */
static int pack_copy(struct lane *lane, struct arena *arena, const struct item *item,
                     const struct bus_header *headers, size_t count)
{
    struct bus_header all[BUS_MAX_HEADERS];
    char *topic = arena_printf(arena, "idpmc.%s.dlq", lane->module);
    char *partition = arena_printf(arena, "%d", item->message.partition);
    char *offset = arena_printf(arena, "%lld", (long long)item->message.offset);
    struct bus_record record = {.headers = all,
                                .header_count = count < COPY_HEADERS ? count : COPY_HEADERS,
                                .key = item->message.key,
                                .value = item->message.value};
    const char *left_out = fit_copy(&record, headers);

    if (!topic || !partition || !offset)
        return -ENOMEM;
    record.topic = span_text(topic);
    memcpy(all, headers, record.header_count * sizeof *all);
    add_copy_header(&record, all, "dl_cause", dead_cause_name(item->cause));
    add_copy_header(&record, all, "dl_detail", item->detail);
    add_copy_header(&record, all, "dl_topic", item->message.topic);
    add_copy_header(&record, all, "dl_partition", partition);
    add_copy_header(&record, all, "dl_offset", offset);
    if (left_out)
        add_copy_header(&record, all, "dl_left_out", left_out);
    record_pack(&record, &item->partition->records);
    item->partition->record_count++;
    return 0;
}

/* The arrays of the statement, in its order. */
enum {
    TOPIC,
    PART,
    AT,
    CAUSE,
    DETAIL,
    TRIES,
    TENANT,
    ID,
    TYPE,
    KEY,
    HEADERS,
    VALUE,
    TRACE,
    FINGERPRINT,
    APPENDED,
    COLUMNS
};

/* The longest beginning that the database takes as text: what came from outside may be no text at
 * all, and a row that cannot be written would hold the partition up for ever. */
static struct span text_of(struct span bytes)
{
    size_t size = 0, next;

    while ((next = utf8_next(span_of(bytes.data + size, bytes.size - size))) > 0 &&
           bytes.data[size] != '\0')
        size += next;
    return span_of(bytes.data, size);
}

/* The same for the same fault of the same type, whatever numbers and ids its words have. */
static void fingerprint_of(const struct item *item, char text[static FINGERPRINT_TEXT + 1])
{
    static const char hex[] = "0123456789abcdef";
    struct span type = envelope_type(&item->message);
    char words[DETAIL_BYTES + 128];
    size_t size = 0;
    struct digest digest;

    for (const char *c = item->detail; *c && size < DETAIL_BYTES; c++)
        if (!isxdigit((unsigned char)*c) && *c != '-')
            words[size++] = *c;
    size += (size_t)snprintf(words + size, sizeof words - size, "|%s|%.*s",
                             dead_cause_name(item->cause), (int)(type.size < 64 ? type.size : 64),
                             type.data ? type.data : "");
    digest = digest_of(span_of(words, size));
    for (size_t i = 0; i < FINGERPRINT_TEXT; i++)
        text[i] = hex[digest.bytes[i / 2] >> (i % 2 ? 0 : 4) & 15];
    text[FINGERPRINT_TEXT] = '\0';
}

static void add_proven(struct pg_array *arrays, const struct item *item)
{
    const struct envelope *envelope = item->envelope;
    char trace[TRACE_ID_TEXT + 1];

    if (!envelope || !envelope->proven) {
        pg_array_add(&arrays[TENANT], NULL, 0);
        pg_array_add(&arrays[ID], NULL, 0);
        pg_array_add(&arrays[TYPE], NULL, 0);
        pg_array_add(&arrays[TRACE], NULL, 0);
        return;
    }
    pg_array_add_uuid(&arrays[TENANT], envelope->tenant.uuid);
    pg_array_add_uuid(&arrays[ID], envelope->id.uuid);
    pg_array_add_span(&arrays[TYPE], text_of(envelope_type(&item->message)));
    if (envelope->has_trace)
        pg_array_add_span(&arrays[TRACE], span_text(trace_id_format(&envelope->trace, trace)));
    else
        pg_array_add(&arrays[TRACE], NULL, 0);
}

static int add_item(struct lane *lane, struct arena *arena, struct pg_array *arrays,
                    const struct item *item)
{
    struct bus_header headers[BUS_MAX_HEADERS];
    int count = bus_message_headers(&item->message, headers, BUS_MAX_HEADERS);
    size_t header_count = count < 0 ? BUS_MAX_HEADERS : (size_t)count;
    struct span packed = record_keep_headers(headers, header_count, arena);
    char fingerprint[FINGERPRINT_TEXT + 1];

    if (!packed.data)
        return -ENOMEM;
    fingerprint_of(item, fingerprint);
    pg_array_add_span(&arrays[FINGERPRINT], span_text(fingerprint));
    pg_array_add_timestamp(&arrays[APPENDED], (struct timestamp){item->message.append_ms * 1000});
    pg_array_add_span(&arrays[TOPIC], span_text(item->message.topic));
    pg_array_add_int4(&arrays[PART], item->message.partition);
    pg_array_add_int8(&arrays[AT], item->message.offset);
    pg_array_add_span(&arrays[CAUSE], span_text(dead_cause_name(item->cause)));
    pg_array_add_span(&arrays[DETAIL], text_of(span_text(item->detail)));
    pg_array_add_int4(&arrays[TRIES], (int32_t)item->attempts);
    pg_array_add_span(&arrays[KEY], item->message.key);
    pg_array_add_span(&arrays[HEADERS], packed);
    pg_array_add_span(&arrays[VALUE], item->message.value);
    add_proven(arrays, item);
    return pack_copy(lane, arena, item, headers, header_count);
}

int dead_queue_add(struct lane *lane, struct arena *arena, const struct item *items, size_t count)
{
    static const enum pg_type types[COLUMNS] = {
        [TOPIC] = PG_TEXT,  [PART] = PG_INT4,        [AT] = PG_INT8,
        [CAUSE] = PG_TEXT,  [DETAIL] = PG_TEXT,      [TRIES] = PG_INT4,
        [TENANT] = PG_UUID, [ID] = PG_UUID,          [TYPE] = PG_TEXT,
        [KEY] = PG_BYTEA,   [HEADERS] = PG_BYTEA,    [VALUE] = PG_BYTEA,
        [TRACE] = PG_TEXT,  [FINGERPRINT] = PG_TEXT, [APPENDED] = PG_TIMESTAMPTZ,
    };
    struct pg_array arrays[COLUMNS];
    struct pg_param params[COLUMNS];
    size_t dead = 0;

    for (size_t i = 0; i < count; i++)
        dead += items[i].fate == FATE_DEAD;
    if (dead == 0)
        return 0;
    for (int column = 0; column < COLUMNS; column++)
        pg_array_init(&arrays[column], arena, types[column], dead);
    for (size_t i = 0; i < count; i++) {
        int r = items[i].fate == FATE_DEAD ? add_item(lane, arena, arrays, &items[i]) : 0;
        if (r < 0)
            return r;
    }
    for (int column = 0; column < COLUMNS; column++)
        params[column] = pg_array_param(&arrays[column]);
    crash_point("dead");
    return pg_add(lane->pg, lane->sql.dead_add, params, COLUMNS);
}
