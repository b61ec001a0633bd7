#include "runtime/record.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

#include "runtime/squeeze.h"

enum { MAX_HEADERS = 16, SHAPE_SHIFT = 24 };

/* Collects headers; values that may not live as long as the record are copied into the arena. */
struct header_list {
    struct arena *arena;
    struct bus_header items[MAX_HEADERS];
    size_t count;
    bool failed;
};

/* For a text that outlives the record. */
static struct span add_kept(struct header_list *list, const char *name, struct span value)
{
    if (list->count == MAX_HEADERS) {
        list->failed = true;
        return span_of(NULL, 0);
    }
    list->items[list->count++] = (struct bus_header){.name = span_text(name), .value = value};
    return value;
}

static struct span add_header(struct header_list *list, const char *name, struct span value)
{
    const char *copy = arena_copy(list->arena, value.data, value.size);

    if (!copy) {
        list->failed = true;
        return span_of(NULL, 0);
    }
    return add_kept(list, name, span_of(copy, value.size));
}

static struct span add_uuid(struct header_list *list, const char *name, struct uuid uuid)
{
    char text[UUID_TEXT + 1];

    return add_header(list, name, span_text(uuid_format(uuid, text)));
}

static void add_source(struct header_list *list, const char *worker)
{
    static const char prefix[] = "/idpmc/";
    const size_t prefix_size = sizeof prefix - 1, size = prefix_size + strlen(worker);
    char *source = arena_alloc(list->arena, size + 1);

    if (!source) {
        list->failed = true;
        return;
    }
    memcpy(source, prefix, prefix_size);
    memcpy(source + prefix_size, worker, size - prefix_size);
    add_kept(list, "ce_source", span_of(source, size));
}

char *record_topic(const struct message *message, char text[static BUS_TOPIC_BYTES])
{
    const char *const parts[] = {"idpmc.", message->module,
                                 message->kind == MESSAGE_COMMAND ? ".commands" : ".events"};
    size_t used = 0;

    for (size_t i = 0; i < COUNT_OF(parts); i++) {
        size_t size = strlen(parts[i]), room = BUS_TOPIC_BYTES - 1 - used;

        size = size < room ? size : room;
        memcpy(text + used, parts[i], size);
        used += size;
    }
    text[used] = '\0';
    return text;
}

static void add_optional_headers(struct header_list *list, const struct record_fields *fields)
{
    char text[TRACE_TEXT + 1];
    char sequence[32];

    if (fields->causation)
        add_uuid(list, "ce_causationid", fields->causation->uuid);
    if (fields->correlation)
        add_uuid(list, "ce_correlationid", fields->correlation->uuid);
    if (fields->trace)
        add_header(list, "traceparent", span_text(trace_format(fields->trace, text)));
    if (fields->source_offset >= 0) {
        snprintf(sequence, sizeof sequence, "%020" PRId64 ".%04u", fields->source_offset,
                 fields->place % 10000);
        add_header(list, "ce_sequence", span_text(sequence));
    }
}

int record_build(const struct record_fields *fields, const struct keyring_key *signer,
                 struct arena *arena, struct bus_record *ret_record)
{
    struct header_list list = {.arena = arena};
    char topic[BUS_TOPIC_BYTES], key[RECORD_KEY_TEXT + 1], time[TIMESTAMP_TEXT + 1],
        hex[DIGEST_TEXT + 1];
    struct bus_record record = {.value = fields->value};
    struct mac_fields proven;
    struct digest mac;

    record_topic(fields->message, topic);
    record.topic = span_of(arena_copy(arena, topic, strlen(topic)), strlen(topic));
    message_record_key(fields->tenant, fields->aggregate, key);
    record.key = span_of(arena_copy(arena, key, RECORD_KEY_TEXT), RECORD_KEY_TEXT);
    if (!record.topic.data || !record.key.data)
        return -ENOMEM;
    add_kept(&list, "ce_specversion", span_text("1.0"));
    proven = (struct mac_fields){
        .topic = record.topic,
        .key = record.key,
        .id = add_uuid(&list, "ce_id", fields->id.uuid),
        .type = add_kept(&list, "ce_type", span_text(fields->message->type)),
        .tenant = add_uuid(&list, "ce_tenant", fields->tenant.uuid),
        .actor = add_header(&list, "ce_actor", fields->actor),
        .time = add_header(&list, "ce_time", span_text(timestamp_format(fields->time, time))),
        .content_type = add_kept(&list, "content-type", span_text(CONTENT_MSGPACK)),
        .payload = fields->digest ? *fields->digest : digest_of(fields->value),
    };
    add_source(&list, fields->worker);
    add_uuid(&list, "ce_subject", fields->aggregate);
    add_optional_headers(&list, fields);
    mac = mac_with(&signer->mac, &proven);
    add_header(&list, "ce_keyid", span_text(signer->id));
    add_header(&list, "ce_mac", span_text(digest_format(&mac, hex)));
    record.headers = arena_copy(arena, list.items, list.count * sizeof list.items[0]);
    record.header_count = list.count;
    if (list.failed || !record.headers)
        return -ENOMEM;
    *ret_record = record;
    return 0;
}

/* A span's size, with its shape in the highest byte, and its bytes. */
static void pack_text(struct span text, struct buf *out)
{
    char bytes[SQUEEZE_BYTES];
    size_t size;
    unsigned shape = squeeze(text, bytes, &size);

    if (shape != SQUEEZE_PLAIN)
        text = span_of(bytes, size);
    buf_add_be32(out, (uint32_t)text.size | shape << SHAPE_SHIFT);
    buf_add(out, text.data, text.size);
}

static void pack_span(struct span span, struct buf *out)
{
    buf_add_be32(out, (uint32_t)span.size);
    buf_add(out, span.data, span.size);
}

void record_pack(const struct bus_record *record, struct buf *out)
{
    pack_span(record->topic, out);
    pack_text(record->key, out);
    pack_span(record->value, out);
    buf_add_be32(out, (uint32_t)record->header_count);
    for (size_t i = 0; i < record->header_count; i++) {
        pack_span(record->headers[i].name, out);
        pack_text(record->headers[i].value, out);
    }
}

static bool take_number(struct span *rest, uint32_t *ret_number)
{
    const unsigned char *bytes = (const unsigned char *)rest->data;

    if (rest->size < 4)
        return false;
    *ret_number =
        (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
    *rest = span_of(rest->data + 4, rest->size - 4);
    return true;
}

static bool take_bytes(struct span *rest, uint32_t size, struct span *ret_bytes)
{
    if (size > rest->size)
        return false;
    *ret_bytes = span_of(rest->data, size);
    *rest = span_of(rest->data + size, rest->size - size);
    return true;
}

static bool take_span(struct span *rest, struct span *ret_span)
{
    uint32_t size;

    return take_number(rest, &size) && take_bytes(rest, size, ret_span);
}

static int stretch(unsigned shape, struct span bytes, struct arena *arena, struct span *ret_text)
{
    size_t size = 0, text_size = squeeze_text_size(shape, &size);
    char *text;

    if (text_size == 0 || size != bytes.size)
        return -EBADMSG;
    text = arena_alloc(arena, text_size);
    if (!text)
        return -ENOMEM;
    squeeze_stretch(shape, bytes.data, text);
    *ret_text = span_of(text, text_size);
    return 0;
}

static int take_text(struct span *rest, struct arena *arena, struct span *ret_text)
{
    struct span bytes;
    uint32_t number;

    if (!take_number(rest, &number) ||
        !take_bytes(rest, number & ((UINT32_C(1) << SHAPE_SHIFT) - 1), &bytes))
        return -EBADMSG;
    if (number >> SHAPE_SHIFT != SQUEEZE_PLAIN)
        return stretch(number >> SHAPE_SHIFT, bytes, arena, ret_text);
    *ret_text = bytes;
    return 0;
}

static int take_headers(struct span *rest, struct arena *arena, uint32_t count,
                        struct bus_header *headers)
{
    for (uint32_t i = 0; i < count; i++) {
        int r = take_span(rest, &headers[i].name) ? take_text(rest, arena, &headers[i].value)
                                                  : -EBADMSG;

        if (r < 0)
            return r;
    }
    return 0;
}

int record_unpack(struct span *rest, struct arena *arena, struct bus_record *ret_record)
{
    struct bus_record record;
    struct bus_header *headers;
    uint32_t count;
    int r;

    if (rest->size == 0)
        return 0;
    if (!take_span(rest, &record.topic))
        return -EBADMSG;
    r = take_text(rest, arena, &record.key);
    if (r < 0)
        return r;
    if (!take_span(rest, &record.value) || !take_number(rest, &count) || count > BUS_MAX_HEADERS)
        return -EBADMSG;
    headers = arena_array(arena, count, sizeof *headers);
    if (!headers)
        return -ENOMEM;
    r = take_headers(rest, arena, count, headers);
    if (r < 0)
        return r;
    record.headers = headers;
    record.header_count = count;
    *ret_record = record;
    return 1;
}

struct span record_keep_headers(const struct bus_header *headers, size_t count, struct arena *arena)
{
    cleanup(buf_deinit) struct buf packed = {0};

    for (size_t i = 0; i < count; i++) {
        pack_span(headers[i].name, &packed);
        pack_span(headers[i].value, &packed);
    }
    if (buf_failed(&packed))
        return span_of(NULL, 0);
    return span_of(arena_copy(arena, packed.data, packed.size), packed.size);
}

int record_unpack_headers(struct span packed, struct arena *arena,
                          const struct bus_header **ret_headers)
{
    struct bus_header *headers = arena_array(arena, BUS_MAX_HEADERS, sizeof *headers);
    int count = 0;

    if (!headers)
        return -ENOMEM;
    for (; packed.size > 0; count++)
        if (count == BUS_MAX_HEADERS || !take_span(&packed, &headers[count].name) ||
            !take_span(&packed, &headers[count].value))
            return -EBADMSG;
    *ret_headers = headers;
    return count;
}
