/* An outside producer with a credential of its own, straight to the topic: it tries again with the
 * same id until Kafka says that it has the record. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "auth/keyring.h"
#include "bus/bus_producer.h"
#include "codec/codec.h"
#include "contracts/tally.h"
#include "load.h"
#include "runtime/record.h"

enum { ARENA_BYTES = 1 << 20, TIMEOUT_MS = 5000, AGAIN_MS = 200 };

struct direct {
    struct load *load;
    struct bus_producer *producer;
    struct keyring *keys;
    struct arena *arena;
    struct slot {
        struct direct *direct;
        unsigned tenant, key;
        uint32_t number;
        bool under_way, open; /* open: made, and not delivered yet */
        int64_t again_ms;
    } slots[DIRECT_TENANTS * DIRECT_COUNTERS];
    unsigned turn;
};

static struct uuid id_of(const struct load *load, const struct command *command)
{
    return direct_id(&load->population, command->key - COUNTERS, command->sequence);
}

static void on_delivered(void *context, void *record, enum bus_delivery result, const char *error)
{
    struct slot *slot = record;
    struct load *load = slot->direct->load;
    char id[UUID_TEXT + 1];

    (void)context;
    (void)error;
    uuid_format(id_of(load, &load->commands[slot->number]), id);
    slot->under_way = false;
    slot->open = result != BUS_DELIVERED;
    slot->again_ms = monotonic_ms() + AGAIN_MS;
    load_answered(load, slot->number, false,
                  result == BUS_DELIVERED ? ANSWER_ACCEPTED : ANSWER_UNKNOWN, 0, id);
}

static void make_producer(struct direct *direct)
{
    static const char *const topics[] = {"idpmc.tally.commands", NULL};
    const struct bus_producer_options options = {
        .brokers = needed_setting("KAFKA_BROKERS"),
        .client_id = "chaos",
        .message_timeout_ms = TIMEOUT_MS,
        .linger_ms = 1,
        .topics = topics,
        .delivered = on_delivered,
    };
    char error[256];

    direct->producer = bus_producer_new(&options, error);
    if (!direct->producer)
        give_up("no producer: %s", error);
}

struct direct *direct_open(struct load *load)
{
    struct direct *direct = calloc(1, sizeof *direct);
    struct tenant_id tenants[DIRECT_TENANTS];
    const struct span type = span_text("tally.count.v1");
    struct keyring_producer credential = {
        .id = span_text(load->population.producer),
        .secret = span_of(load->population.producer_secret, MAC_KEY_BYTES),
        .tenants = tenants,
        .tenant_count = DIRECT_TENANTS,
        .types = &type,
        .type_count = 1,
    };

    if (!direct)
        give_up("no memory");
    for (unsigned i = 0; i < COUNT_OF(direct->slots); i++)
        direct->slots[i] = (struct slot){
            .direct = direct, .tenant = i % DIRECT_TENANTS, .key = COUNTERS + i / DIRECT_TENANTS};
    for (size_t i = 0; i < DIRECT_TENANTS; i++)
        tenants[i] = load->population.tenants[i].tenant;
    direct->load = load;
    direct->arena = arena_new(ARENA_BYTES);
    direct->keys = keyring_new();
    if (!direct->arena || !direct->keys || keyring_add_producer(direct->keys, &credential) < 0)
        give_up("no memory");
    make_producer(direct);
    return direct;
}

/* The record as an outside producer sends it: record_build names a worker of the fleet as its
 * source, which no proof covers. */
static int send_as_producer(struct direct *direct, struct slot *slot, struct bus_record *record)
{
    struct bus_header headers[BUS_MAX_HEADERS];
    char source[16 + PRODUCER_TEXT];

    snprintf(source, sizeof source, "/producers/%s", direct->load->population.producer);
    memcpy(headers, record->headers, record->header_count * sizeof *headers);
    for (size_t i = 0; i < record->header_count; i++)
        if (span_is(headers[i].name, "ce_source"))
            headers[i].value = span_text(source);
    record->headers = headers;
    return bus_producer_send(direct->producer, record, slot);
}

static int send_command(struct direct *direct, struct slot *slot)
{
    const struct load *load = direct->load;
    const struct command *command = &load->commands[slot->number];
    const struct chaos_tenant *tenant = &load->population.tenants[command->tenant];
    const struct tally_count body = {.counter = {tenant->counters[command->key]},
                                     .sequence = command->sequence};
    cleanup(buf_deinit) struct buf value = {0};
    char actor[16 + PRODUCER_TEXT];
    struct bus_record record;
    struct record_fields fields = {
        .message = &tally_count_message,
        .tenant = tenant->tenant,
        .aggregate = tenant->counters[command->key],
        .id = {id_of(load, command)},
        .worker = "chaos",
        .time = timestamp_now(),
        .source_offset = -1,
    };

    snprintf(actor, sizeof actor, "producer:%s", load->population.producer);
    fields.actor = span_text(actor);
    arena_reset(direct->arena);
    if (codec_encode_msgpack(&tally_count_message, &body, &value) < 0)
        give_up("a count could not be encoded");
    fields.value = buf_span(&value);
    if (record_build(&fields, keyring_find(direct->keys, span_text(load->population.producer)),
                     direct->arena, &record) < 0)
        give_up("no memory");
    return send_as_producer(direct, slot, &record);
}

static void try_slot(struct direct *direct, struct slot *slot, bool fresh, size_t *allowed)
{
    struct load *load = direct->load;

    if (slot->under_way || (slot->open && monotonic_ms() < slot->again_ms))
        return;
    if (!slot->open) {
        struct command *command;

        if (!fresh || *allowed == 0)
            return;
        command = load_make(load, KIND_DIRECT, slot->tenant, slot->key,
                            load->sequences[slot->tenant][slot->key]++);
        history_command(load->history, command);
        slot->number = command->number;
        slot->open = true;
        --*allowed;
    }
    slot->under_way = send_command(direct, slot) == 0;
    slot->again_ms = monotonic_ms() + AGAIN_MS;
}

void direct_turn(struct direct *direct, bool fresh, size_t *allowed)
{
    size_t few = *allowed / 8;

    bus_producer_poll(direct->producer, 0);
    if (bus_producer_fatal(direct->producer)) {
        bus_producer_free(direct->producer);
        make_producer(direct);
    }
    *allowed -= few;
    for (unsigned i = 0; i < COUNT_OF(direct->slots); i++)
        try_slot(direct, &direct->slots[direct->turn++ % COUNT_OF(direct->slots)], fresh, &few);
    *allowed += few;
}

void direct_close(struct direct *direct)
{
    bus_producer_free(direct->producer);
    keyring_free(direct->keys);
    arena_free(direct->arena);
    free(direct);
}
