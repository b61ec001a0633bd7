/* Checks as signed records, and their way into the topic. */
#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include "bench.h"
#include "bus/bus_producer.h"
#include "bus/bus_scan.h"
#include "codec/codec.h"

enum { ARENA_BYTES = 65536, DELIVERY_MS = 30000, SCAN_MS = 30000 };

struct preload {
    struct bus_producer *producer;
    struct arena *arena;
    const struct keyring_key *signer;
    struct buf value;
};

static void delivered(void *context, void *record, enum bus_delivery result, const char *error)
{
    (void)context;
    (void)record;
    if (result != BUS_DELIVERED)
        give_up("Kafka did not take a command: %s", error);
}

static struct bus_record make_record(struct preload *preload, const struct check *check)
{
    char actor[8 + UUID_TEXT] = "user:";
    struct record_fields fields = {
        .message = &mc_record_check_message,
        .tenant = check->player->club->tenant,
        .aggregate = check->player->user.uuid,
        .id = check->id,
        .worker = "ingress",
        .time = check->time,
        .source_offset = -1,
    };
    struct bus_record record;

    arena_reset(preload->arena);
    buf_clear(&preload->value);
    uuid_format(check->actor.uuid, actor + strlen(actor));
    fields.actor = span_text(actor);
    if (codec_encode_msgpack(fields.message, &check->body, &preload->value) < 0)
        give_up("a check could not be encoded");
    fields.value = buf_span(&preload->value);
    if (record_build(&fields, preload->signer, preload->arena, &record) < 0)
        give_up("no memory");
    return record;
}

static void send_check(struct preload *preload, const struct check *check)
{
    struct bus_record record = make_record(preload, check);
    int r;

    while ((r = bus_producer_send(preload->producer, &record, NULL)) == -EAGAIN)
        bus_producer_poll(preload->producer, 10);
    if (r < 0)
        give_up("Kafka's client does not take a command: %s", strerror(-r));
}

/* The offset of the partition's next record. A topic that was made just now may not be known yet.
 */
static int64_t find_end(struct bench *bench, int32_t partition)
{
    const int64_t limit_ms = monotonic_ms() + SCAN_MS;
    int64_t low, end;
    char error[256];

    for (;;) {
        struct bus_scan *scan =
            bus_scan_open(bench->config->kafka_brokers, "bench", "idpmc.mc.commands", partition,
                          SCAN_MS, &low, &end, error);

        bus_scan_close(scan);
        if (scan)
            return end;
        if (monotonic_ms() > limit_ms)
            give_up("the topic's end is not known: %s", error);
        usleep(100000);
    }
}

double bench_preload(struct bench *bench, struct course *course, size_t count)
{
    const double began = cpu_of(getpid());
    char error[256];
    struct preload preload = {
        .producer =
            bus_producer_new(&(struct bus_producer_options){.brokers = bench->config->kafka_brokers,
                                                            .client_id = "bench",
                                                            .message_timeout_ms = DELIVERY_MS,
                                                            .linger_ms = 5,
                                                            .delivered = delivered},
                             error),
        .arena = arena_new(ARENA_BYTES),
        .signer = keyring_signer(bench->keys),
    };

    if (!preload.producer || !preload.arena)
        give_up("no producer could be made: %s", error);
    for (int32_t i = 0; i < PARTITIONS; i++)
        bench->base[i] = find_end(bench, i);
    for (size_t i = 0; i < count; i++)
        send_check(&preload, course_next(course));
    if (!bus_producer_flush(preload.producer, DELIVERY_MS))
        give_up("Kafka did not take all commands within %d ms", DELIVERY_MS);
    bus_producer_free(preload.producer);
    arena_free(preload.arena);
    buf_deinit(&preload.value);
    return cpu_of(getpid()) - began;
}
