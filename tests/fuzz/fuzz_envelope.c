/* A message as it comes from Kafka: key, headers and value, of which the MAC is made to hold unless
 * the input brings one, so that what lies behind the proof is reached.
 *
 * One byte of ways, two of the value's size, the value; then "name\0value\n" for each header. */
#include "codec/codec.h"
#include "fuzz.h"
#include "runtime/envelope.h"
#include "runtime/record.h"

enum { BY_PRODUCER = 1, PARTITIONS = 12 };

static const struct timestamp now = {INT64_C(1700000000) * 1000000};
static const uint8_t secret[MAC_KEY_BYTES] = {7};
static const struct tenant_id club = {{{1, [15] = 1}}};

struct input_headers {
    struct bus_header list[BUS_MAX_HEADERS + 8];
    size_t count;
};

/* In place of librdkafka's. */
int bus_message_headers(const struct bus_message *message, struct bus_header *ret_headers,
                        size_t max)
{
    const struct input_headers *headers = message->handle;

    if (headers->count > max)
        return -7;
    memcpy(ret_headers, headers->list, headers->count * sizeof *ret_headers);
    return (int)headers->count;
}

static struct keyring *make_ring(void)
{
    struct keyring *ring = keyring_new();
    static const struct span types[] = {{"core.add-member.v1", 18}, {"mc.record-check.v1", 18}};
    const struct keyring_producer producer = {.id = span_text("school"),
                                              .secret = span_of(secret, sizeof secret),
                                              .tenants = &club,
                                              .tenant_count = 1,
                                              .types = types,
                                              .type_count = 2};

    HOLDS(ring && keyring_add_fleet(ring, span_text("fleet"), secret) == 0);
    HOLDS(keyring_add_producer(ring, &producer) == 0);
    return ring;
}

static struct span find(const struct input_headers *headers, const char *name)
{
    for (size_t i = 0; i < headers->count; i++)
        if (span_is(headers->list[i].name, name))
            return headers->list[i].value;
    return span_of(NULL, 0);
}

static void add(struct input_headers *headers, const char *name, struct span value)
{
    if (!find(headers, name).data && headers->count < COUNT_OF(headers->list))
        headers->list[headers->count++] = (struct bus_header){span_text(name), value};
}

static void read_headers(struct span input, struct input_headers *headers)
{
    while (input.size && headers->count < BUS_MAX_HEADERS + 1) {
        struct span line = take_until(&input, '\n');
        struct span name = take_until(&line, '\0');

        headers->list[headers->count++] = (struct bus_header){name, line};
    }
}

/* What is missing is added, so that an input need not begin with all of it. */
static void complete(struct input_headers *headers, unsigned ways)
{
    add(headers, "ce_specversion", span_text("1.0"));
    add(headers, "ce_id", span_text("01890000-0000-7000-8000-000000000001"));
    add(headers, "ce_type", span_text("mc.record-check.v1"));
    add(headers, "ce_source", span_text(ways & BY_PRODUCER ? "/producers/school" : "/idpmc/x"));
    add(headers, "ce_subject", span_text("x"));
    add(headers, "ce_time", span_text("2023-11-14T22:13:20Z"));
    add(headers, "content-type", span_text(CONTENT_MSGPACK));
    add(headers, "ce_tenant", span_text("01000000-0000-0000-0000-000000000001"));
    add(headers, "ce_actor", span_text(ways & BY_PRODUCER ? "producer:school" : "system:x"));
    add(headers, "ce_keyid", span_text(ways & BY_PRODUCER ? "school" : "fleet"));
}

static void prove(struct input_headers *headers, const struct bus_message *message,
                  char text[DIGEST_TEXT + 1])
{
    const struct mac_fields fields = {
        .topic = span_text(message->topic),
        .key = message->key,
        .id = find(headers, "ce_id"),
        .type = find(headers, "ce_type"),
        .tenant = find(headers, "ce_tenant"),
        .actor = find(headers, "ce_actor"),
        .time = find(headers, "ce_time"),
        .content_type = find(headers, "content-type"),
        .payload = digest_of(message->value),
    };
    struct digest mac = mac_of(secret, &fields);

    add(headers, "ce_mac", span_text(digest_format(&mac, text)));
}

static void judge(int r, const struct envelope *envelope, const char *detail)
{
    HOLDS(r >= DEAD_NONE && r <= DEAD_CULPRIT);
    HOLDS(memchr(detail, '\0', DETAIL_BYTES) && (r == 0 || dead_cause_name((enum dead_cause)r)));
    HOLDS(r != DEAD_NONE || (envelope->proven && envelope->message && envelope->body));
    HOLDS(!envelope->proven || r != DEAD_MISSING_PROOF);
}

/* The key that the body derives is known when it was opened once: then the rest is reached. */
static void open_again(struct bus_message *message, struct input_headers *headers,
                       const struct envelope_rules *rules, struct arena *arena,
                       const struct envelope *first)
{
    char key[RECORD_KEY_TEXT + 1], mac[DIGEST_TEXT + 1], detail[DETAIL_BYTES] = "";
    char topic[BUS_TOPIC_BYTES];
    struct envelope envelope;

    if (!first->message || !first->body || headers->count == 0 ||
        !span_is(headers->list[headers->count - 1].name, "ce_mac"))
        return;
    headers->count--;
    message->topic = record_topic(first->message, topic);
    message_record_key(first->tenant, message_aggregate(first->message, first->tenant, first->body),
                       key);
    message->key = span_text(key);
    prove(headers, message, mac);
    for (message->partition = 0; message->partition < PARTITIONS; message->partition++)
        judge(envelope_open(message, rules, arena, &envelope, detail), &envelope, detail);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct keyring *ring;
    struct span input = span_of(data, size);
    unsigned ways = take_byte(&input);
    size_t value_size = take_byte(&input);
    struct span value = take_bytes(&input, value_size << 8 | take_byte(&input));
    char *copy = copy_exactly(value), mac[DIGEST_TEXT + 1], detail[DETAIL_BYTES] = "";
    struct input_headers headers = {.count = 0};
    struct bus_message message = {.topic = "idpmc.mc.commands",
                                  .append_ms = now.us / 1000,
                                  .key = span_text("x"),
                                  .value = span_of(copy, value.size),
                                  .handle = &headers};
    struct envelope_rules rules = {.partitions = PARTITIONS, .now = now};
    struct arena *arena = arena_new(16 << 20);
    struct envelope envelope;
    int r;

    if (!ring)
        ring = make_ring();
    HOLDS(arena);
    rules.keys = ring;
    read_headers(input, &headers);
    (void)envelope_type(&message);
    complete(&headers, ways);
    prove(&headers, &message, mac);
    r = envelope_open(&message, &rules, arena, &envelope, detail);
    judge(r, &envelope, detail);
    open_again(&message, &headers, &rules, arena, &envelope);
    arena_free(arena);
    free(copy);
    return 0;
}
