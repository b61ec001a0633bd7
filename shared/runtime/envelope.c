#include "runtime/envelope.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

#include "base/murmur2.h"
#include "runtime/record.h"

const char *dead_cause_name(enum dead_cause cause)
{
    static const char *const names[] = {
        [DEAD_NONE] = "none",
        [DEAD_UNDECODABLE] = "undecodable",
        [DEAD_MISSING_PROOF] = "missing_proof",
        [DEAD_WRONG_PROOF] = "wrong_proof",
        [DEAD_WRONG_KEY] = "wrong_key",
        [DEAD_UNKNOWN_TYPE] = "unknown_type",
        [DEAD_OVERSIZED] = "oversized",
        [DEAD_TOO_OLD] = "too_old",
        [DEAD_TOO_NEW] = "too_new",
        [DEAD_ID_REUSED] = "id_reused",
        [DEAD_CULPRIT] = "culprit",
        [DEAD_CRASH] = "crash",
        [DEAD_EXHAUSTED] = "attempts_exhausted",
    };

    return names[cause];
}

/* The headers that we know, by place. */
enum known {
    SPECVERSION,
    ID,
    TYPE,
    SOURCE,
    SUBJECT,
    TIME,
    CONTENT_TYPE,
    TENANT,
    ACTOR,
    KEYID,
    MAC, /* required */
    CAUSATION,
    CORRELATION,
    TRACEPARENT,
    SEQUENCE, /* optional */
    KNOWN_HEADERS,
};

#define NAME(text)                                                                                 \
    {                                                                                              \
        text, sizeof(text) - 1                                                                     \
    }
static const struct span known_names[KNOWN_HEADERS] = {
    NAME("ce_specversion"),   NAME("ce_id"),       NAME("ce_type"),      NAME("ce_source"),
    NAME("ce_subject"),       NAME("ce_time"),     NAME("content-type"), NAME("ce_tenant"),
    NAME("ce_actor"),         NAME("ce_keyid"),    NAME("ce_mac"),       NAME("ce_causationid"),
    NAME("ce_correlationid"), NAME("traceparent"), NAME("ce_sequence"),
};

struct opening {
    const struct bus_message *message;
    const struct envelope_rules *rules;
    struct arena *arena;
    struct envelope *envelope;
    struct span known[KNOWN_HEADERS]; /* data NULL: not there */
    const struct keyring_key *key;
    char *detail;
};

static int dead(struct opening *opening, enum dead_cause cause, const char *format, ...)
    printf_like(3, 4);
static int dead(struct opening *opening, enum dead_cause cause, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    vsnprintf(opening->detail, DETAIL_BYTES, format, args);
    va_end(args);
    return (int)cause;
}

static int known_index(struct span name)
{
    for (int i = 0; i < KNOWN_HEADERS; i++)
        if (span_equal(name, known_names[i]))
            return i;
    return -1;
}

struct span envelope_type(const struct bus_message *message)
{
    struct bus_header headers[BUS_MAX_HEADERS];
    int count = bus_message_headers(message, headers, BUS_MAX_HEADERS);

    for (int i = 0; i < count; i++)
        if (span_equal(headers[i].name, known_names[TYPE]))
            return headers[i].value;
    return span_of(NULL, 0);
}

static int read_headers(struct opening *opening)
{
    struct envelope *envelope = opening->envelope;
    int count = bus_message_headers(opening->message, envelope->headers, BUS_MAX_HEADERS);

    if (count < 0)
        return dead(opening, DEAD_UNDECODABLE, "more than %d headers", BUS_MAX_HEADERS);
    envelope->header_count = (size_t)count;
    for (int i = 0; i < count; i++) {
        int known = known_index(envelope->headers[i].name);

        if (known < 0)
            continue;
        if (opening->known[known].data)
            return dead(opening, DEAD_UNDECODABLE, "header %s comes twice",
                        known_names[known].data);
        opening->known[known] =
            span_of(envelope->headers[i].value.data ? envelope->headers[i].value.data : "",
                    envelope->headers[i].value.size);
    }
    if (!opening->known[KEYID].data || !opening->known[MAC].data)
        return dead(opening, DEAD_MISSING_PROOF, "header %s is missing",
                    opening->known[KEYID].data ? "ce_mac" : "ce_keyid");
    for (int i = 0; i < CAUSATION; i++)
        if (!opening->known[i].data)
            return dead(opening, DEAD_UNDECODABLE, "header %s is missing", known_names[i].data);
    if (!span_is(opening->known[SPECVERSION], "1.0"))
        return dead(opening, DEAD_UNDECODABLE, "ce_specversion is not 1.0");
    return 0;
}

/* Nothing of a message is believed before its MAC holds. */
static int check_proof(struct opening *opening)
{
    const struct span *known = opening->known;
    struct digest mac, said;
    const struct mac_fields fields = {
        .topic = span_text(opening->message->topic),
        .key = opening->message->key,
        .id = known[ID],
        .type = known[TYPE],
        .tenant = known[TENANT],
        .actor = known[ACTOR],
        .time = known[TIME],
        .content_type = known[CONTENT_TYPE],
        .payload = opening->envelope->digest,
    };

    opening->key = keyring_find(opening->rules->keys, known[KEYID]);
    opening->envelope->unknown_key = !opening->key;
    if (!opening->key)
        return dead(opening, DEAD_WRONG_PROOF, "no such key as ce_keyid names");
    mac = mac_with(&opening->key->mac, &fields);
    if (digest_parse(known[MAC], &said) < 0 || !digest_equal(&mac, &said))
        return dead(opening, DEAD_WRONG_PROOF, "ce_mac does not prove this message");
    if (!keyring_in_force(opening->key, (struct timestamp){opening->message->append_ms * 1000}))
        return dead(opening, DEAD_WRONG_PROOF, "key %s was revoked before the message came",
                    opening->key->id);
    return 0;
}

static bool has_prefix(struct span text, const char *prefix)
{
    size_t size = strlen(prefix);

    return text.size > size && memcmp(text.data, prefix, size) == 0;
}

static int read_actor(struct opening *opening)
{
    struct span text = opening->known[ACTOR];
    struct actor *actor = &opening->envelope->actor;

    actor->text = text;
    if (has_prefix(text, "user:") &&
        uuid_parse(span_of(text.data + 5, text.size - 5), &actor->user.uuid) == 0)
        actor->kind = ACTOR_USER;
    else if (has_prefix(text, "producer:"))
        actor->kind = ACTOR_PRODUCER;
    else if (has_prefix(text, "system:"))
        actor->kind = ACTOR_SYSTEM;
    else
        return dead(opening, DEAD_UNDECODABLE,
                    "ce_actor is none of user:<uuid>, producer:<keyid>, system:<worker>");
    return 0;
}

/* An outside producer speaks for itself, within what its credential allows. */
static int check_producer(struct opening *opening)
{
    const struct keyring_key *key = opening->key;
    char source[KEY_ID_BYTES + 16], actor[KEY_ID_BYTES + 16];

    if (key->kind == KEYRING_FLEET)
        return 0;
    snprintf(source, sizeof source, "/producers/%s", key->id);
    snprintf(actor, sizeof actor, "producer:%s", key->id);
    if (!span_is(opening->known[ACTOR], actor))
        return dead(opening, DEAD_WRONG_PROOF, "a producer's ce_actor must be %s", actor);
    if (!span_is(opening->known[SOURCE], source))
        return dead(opening, DEAD_WRONG_PROOF, "a producer's ce_source must be %s", source);
    if (!keyring_allows(key, opening->envelope->tenant, opening->known[TYPE]))
        return dead(opening, DEAD_WRONG_PROOF, "key %s may not send this type for this tenant",
                    key->id);
    return 0;
}

static int read_identity(struct opening *opening)
{
    struct envelope *envelope = opening->envelope;
    const struct span *known = opening->known;

    if (uuid_parse(known[ID], &envelope->id.uuid) < 0)
        return dead(opening, DEAD_UNDECODABLE, "ce_id is not a lower-case UUID");
    if (uuid_parse(known[TENANT], &envelope->tenant.uuid) < 0)
        return dead(opening, DEAD_UNDECODABLE, "ce_tenant is not a lower-case UUID");
    envelope->correlation = envelope->id;
    if (known[CORRELATION].data && uuid_parse(known[CORRELATION], &envelope->correlation.uuid) < 0)
        return dead(opening, DEAD_UNDECODABLE, "ce_correlationid is not a lower-case UUID");
    envelope->has_trace =
        known[TRACEPARENT].data && trace_parse(known[TRACEPARENT], &envelope->trace) == 0;
    return read_actor(opening);
}

static int find_contract(struct opening *opening)
{
    struct envelope *envelope = opening->envelope;

    envelope->message = message_find(opening->known[TYPE]);
    if (!envelope->message || envelope->message->kind == MESSAGE_QUERY)
        return dead(opening, DEAD_UNKNOWN_TYPE, "there is no contract of this type and version");
    if (opening->key->kind == KEYRING_PRODUCER && envelope->message->kind != MESSAGE_COMMAND)
        return dead(opening, DEAD_WRONG_PROOF, "a producer may not send events");
    return 0;
}

/* The sender's time, but never after the broker's, which is the same for all who read it. This
 * machine's clock condemns nothing as too new: were it an hour behind, it would condemn everything.
 * Nor does one that is behind make anything younger than it was when it came: retention may have
 * deleted what the inbox knew of it. */
static int check_time(struct opening *opening)
{
    const struct timestamp appended = {opening->message->append_ms * 1000};
    struct envelope *envelope = opening->envelope;
    struct timestamp now = opening->rules->now;
    int64_t ahead_us;

    if (timestamp_parse(opening->known[TIME], &envelope->time) < 0)
        return dead(opening, DEAD_UNDECODABLE, "ce_time is not RFC 3339 in UTC");
    ahead_us = envelope->time.us - appended.us;
    if (opening->key->kind == KEYRING_FLEET && ahead_us > (int64_t)CLOCK_AHEAD_S * 1000000)
        return dead(opening, DEAD_TOO_NEW, "ce_time is more than %d s after the broker's time",
                    CLOCK_AHEAD_S);
    if (ahead_us > 0)
        envelope->time = appended;
    if (now.us < appended.us)
        now = appended;
    if (!opening->rules->remembered && envelope_is_too_old(envelope->time, now))
        return dead(opening, DEAD_TOO_OLD, "ce_time is more than %d days ago",
                    INBOX_RETENTION_DAYS);
    return 0;
}

static int decode_body(struct opening *opening)
{
    struct envelope *envelope = opening->envelope;
    struct codec_errors errors;
    int r;

    envelope->content_type = opening->known[CONTENT_TYPE];
    if (span_is(envelope->content_type, CONTENT_MSGPACK))
        r = codec_decode_msgpack(envelope->message, opening->message->value, CODEC_UNKNOWN_IGNORED,
                                 opening->arena, &errors, &envelope->body);
    else if (span_is(envelope->content_type, CONTENT_JSON))
        r = codec_decode_json(envelope->message, opening->message->value, CODEC_UNKNOWN_IGNORED,
                              opening->arena, &errors, &envelope->body);
    else
        return dead(opening, DEAD_UNDECODABLE,
                    "content-type is neither " CONTENT_MSGPACK " nor " CONTENT_JSON);
    if (r <= 0)
        return r;
    return dead(opening, DEAD_UNDECODABLE, "%s: %s: %s", errors.list[0].pointer,
                errors.list[0].code, errors.list[0].detail);
}

/* The key is derived again: a producer that chose another would break the order of the aggregate,
 * or reach into another's. */
static int check_key(struct opening *opening)
{
    struct envelope *envelope = opening->envelope;
    char key[RECORD_KEY_TEXT + 1], topic[BUS_TOPIC_BYTES];
    int32_t partition;

    record_topic(envelope->message, topic);
    if (strcmp(opening->message->topic, topic) != 0)
        return dead(opening, DEAD_WRONG_KEY, "the type belongs on topic %s", topic);
    envelope->aggregate = message_aggregate(envelope->message, envelope->tenant, envelope->body);
    message_record_key(envelope->tenant, envelope->aggregate, key);
    if (!span_is(opening->message->key, key))
        return dead(opening, DEAD_WRONG_KEY, "the record key must be %s", key);
    envelope->key_hash = murmur2(opening->message->key);
    partition = (int32_t)(envelope->key_hash & 0x7fffffff) % opening->rules->partitions;
    if (partition != opening->message->partition)
        return dead(opening, DEAD_WRONG_KEY, "the key belongs to partition %d by murmur2",
                    partition);
    return 0;
}

int envelope_open(const struct bus_message *message, const struct envelope_rules *rules,
                  struct arena *arena, struct envelope *ret_envelope,
                  char detail[static DETAIL_BYTES])
{
    struct opening opening = {.message = message,
                              .rules = rules,
                              .arena = arena,
                              .envelope = ret_envelope,
                              .detail = detail};
    int r;

    *ret_envelope = (struct envelope){.header_count = 0};
    if (message->value.size > CODEC_MAX_BYTES)
        return dead(&opening, DEAD_OVERSIZED, "the value has more than %d bytes", CODEC_MAX_BYTES);
    ret_envelope->digest = digest_of(message->value);
    if ((r = read_headers(&opening)) != 0 || (r = check_proof(&opening)) != 0 ||
        (r = read_identity(&opening)) != 0 || (r = check_producer(&opening)) != 0)
        return r;
    ret_envelope->proven = true; /* only now: a credential must not reach another tenant's inbox */
    if ((r = find_contract(&opening)) != 0)
        return r;
    if (rules->condemned != DEAD_NONE)
        return (int)rules->condemned;
    if ((r = check_time(&opening)) != 0 || (r = decode_body(&opening)) != 0)
        return r;
    return check_key(&opening);
}
