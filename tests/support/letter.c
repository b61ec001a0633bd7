#include "support/letter.h"

#include <CUnit/CUnit.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/date.h"
#include "base/hex.h"
#include "base/random.h"
#include "bus/bus_producer.h"
#include "codec/codec.h"
#include "support/database.h"

enum { ARRIVE_MS = 60000, MAX_HEADERS = 16 + LETTER_MORE };

static void on_delivered(void *context, void *record, enum bus_delivery result, const char *error)
{
    (void)context;
    (void)record;
    if (result != BUS_DELIVERED)
        printf("# a letter was not delivered: %s\n", error ? error : "");
}

static struct bus_producer *the_office;

static struct bus_producer *post_office(void)
{
    const struct bus_producer_options options = {
        .brokers = getenv("IDPMC_KAFKA_BROKERS"),
        .client_id = "tests",
        .message_timeout_ms = ARRIVE_MS,
        .linger_ms = 1,
        .delivered = on_delivered,
    };
    char error[256];

    if (!the_office)
        the_office = bus_producer_new(&options, error);
    CU_ASSERT_PTR_NOT_NULL_FATAL(the_office);
    return the_office;
}

static void copy_text(char to[static LETTER_TEXT], const char *text)
{
    CU_ASSERT_FATAL(strlen(text) < LETTER_TEXT);
    strcpy(to, text);
}

/* The first of IDPMC_FLEET_KEYS: keyid:64hex[,...]. */
static void sign_as_fleet(struct letter *letter)
{
    const char *keys = getenv("IDPMC_FLEET_KEYS"), *colon = keys ? strchr(keys, ':') : NULL;

    CU_ASSERT_PTR_NOT_NULL_FATAL(colon);
    snprintf(letter->keyid, sizeof letter->keyid, "%.*s", (int)(colon - keys), keys);
    CU_ASSERT_EQUAL_FATAL(hex_parse(colon + 1, letter->secret, MAC_KEY_BYTES), 0);
}

static void encode(struct letter *letter, const struct message *message, const void *body)
{
    cleanup(buf_deinit) struct buf value = {0};

    CU_ASSERT_EQUAL_FATAL(codec_encode_msgpack(message, body, &value), 0);
    CU_ASSERT_FATAL(value.size <= sizeof letter->value);
    memcpy(letter->value, value.data, value.size);
    letter->value_size = value.size;
}

struct letter letter_of(const struct message *message, struct tenant_id tenant,
                        struct user_id actor, const void *body)
{
    struct letter letter = {.value_size = 0};
    const struct uuid aggregate = message_aggregate(message, tenant, body);

    snprintf(letter.topic, sizeof letter.topic, "idpmc.%s.%s", message->module,
             message->kind == MESSAGE_COMMAND ? "commands" : "events");
    copy_text(letter.tenant, id_text(tenant.uuid));
    snprintf(letter.key, sizeof letter.key, "%s/%s", id_text(tenant.uuid), id_text(aggregate));
    copy_text(letter.id, id_text(new_user().uuid));
    copy_text(letter.type, message->type);
    snprintf(letter.actor, sizeof letter.actor, "user:%s", id_text(actor.uuid));
    copy_text(letter.source, "/idpmc/ingress");
    timestamp_format(timestamp_now(), letter.time);
    copy_text(letter.content_type, "application/vnd.msgpack");
    encode(&letter, message, body);
    sign_as_fleet(&letter);
    letter_sign(&letter);
    return letter;
}

static struct span value_of(const struct letter *letter)
{
    return span_of(letter->big_value ? letter->big_value : letter->value, letter->value_size);
}

void letter_sign(struct letter *letter)
{
    const struct mac_fields fields = {
        .topic = span_text(letter->topic),
        .key = span_text(letter->key),
        .id = span_text(letter->id),
        .type = span_text(letter->type),
        .tenant = span_text(letter->tenant),
        .actor = span_text(letter->actor),
        .time = span_text(letter->time),
        .content_type = span_text(letter->content_type),
        .payload = digest_of(value_of(letter)),
    };
    struct digest mac = mac_of(letter->secret, &fields);

    digest_format(&mac, letter->mac);
}

static size_t list_more(const struct letter *letter, struct bus_header *headers)
{
    static char names[LETTER_MORE][16];
    const char *value = letter->more_value ? letter->more_value : "more";

    for (unsigned i = 0; i < letter->more; i++) {
        snprintf(names[i], sizeof names[i], "x-%u", i);
        headers[i] = (struct bus_header){span_text(names[i]), span_text(value)};
    }
    return letter->more;
}

static size_t list_headers(const struct letter *letter, struct bus_header *headers)
{
    const struct {
        const char *name, *value;
    } all[] = {
        {"ce_specversion", "1.0"},
        {"ce_id", letter->id},
        {"ce_type", letter->type},
        {"ce_source", letter->source},
        {"ce_subject", strchr(letter->key, '/') ? strchr(letter->key, '/') + 1 : ""},
        {"ce_time", letter->time},
        {"content-type", letter->content_type},
        {"ce_tenant", letter->tenant},
        {"ce_actor", letter->actor},
        {"ce_keyid", letter->keyid},
        {"ce_mac", letter->mac},
    };
    size_t count = 0;

    for (size_t i = 0; i < COUNT_OF(all); i++) {
        int copies = letter->without && strcmp(letter->without, all[i].name) == 0 ? 0
                     : letter->twice && strcmp(letter->twice, all[i].name) == 0   ? 2
                                                                                  : 1;
        while (copies-- > 0)
            headers[count++] = (struct bus_header){span_text(all[i].name), span_text(all[i].value)};
    }
    return count + list_more(letter, headers + count);
}

void letter_post(const struct letter *letter)
{
    struct bus_header headers[MAX_HEADERS];
    const struct bus_record record = {
        .topic = span_text(letter->topic),
        .key = span_text(letter->key),
        .value = value_of(letter),
        .headers = headers,
        .header_count = list_headers(letter, headers),
    };
    int r;

    while ((r = bus_producer_send(post_office(), &record, NULL)) == -EAGAIN)
        bus_producer_poll(post_office(), 10);
    CU_ASSERT_EQUAL_FATAL(r, 0);
}

void letters_arrive(void)
{
    CU_ASSERT_TRUE_FATAL(bus_producer_flush(post_office(), ARRIVE_MS));
}

void letters_forget_topics(void)
{
    letters_arrive();
    bus_producer_free(the_office);
    the_office = NULL;
}

struct producer producer_make(struct tenant_id tenant, const char *type)
{
    struct producer producer;
    char hex[2 * MAC_KEY_BYTES + 1];

    random_fill(producer.secret, sizeof producer.secret);
    *hex_format(producer.secret, sizeof producer.secret, hex) = '\0';
    snprintf(producer.id, sizeof producer.id, "p%s", id_text(new_user().uuid));
    sql("insert into platform.producers (keyid, secret, tenants, types)"
        " values ('%s', '\\x%s', array['%s'::uuid], array['%s'])",
        producer.id, hex, id_text(tenant.uuid), type);
    return producer;
}

void letter_from(struct letter *letter, const struct producer *producer)
{
    copy_text(letter->keyid, producer->id);
    memcpy(letter->secret, producer->secret, sizeof letter->secret);
    snprintf(letter->actor, sizeof letter->actor, "producer:%s", producer->id);
    snprintf(letter->source, sizeof letter->source, "/producers/%s", producer->id);
    letter_sign(letter);
}
