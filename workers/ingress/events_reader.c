#include "events_reader.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "bus/bus_reader.h"
#include "events_visible.h"
#include "log/log.h"
#include "metrics/metrics.h"
#include "runtime/envelope.h"
#include "runtime/record.h"

enum {
    RUN_MAX = 500, /* records in one go; then others have their turn */
    LOOK_MS = 250, /* should a wake be missed */
    BODY_BYTES = 4 << 20,
    QUEUED_KBYTES = 16384,
    RING_MIN = 256 << 10, /* for some of the largest, whatever the setting */
    RECORD_BYTES = 256,   /* about what the smallest event takes in the ring */
};

struct events_reader {
    struct loop *loop;
    const struct config *config;
    struct events_reader_owner owner;
    struct bus_reader *bus;
    struct loop_watch *watch;
    struct loop_timer *timer;
    struct keyring *keys;
    struct arena *arena; /* of one record */
    struct events_ring *ring;
    char topics[BUS_MAX_TOPICS][BUS_TOPIC_BYTES];
    const char *modules[BUS_MAX_TOPICS];
    size_t topic_count;
    struct events_places places;
    int32_t *partitions; /* of each place's topic */
    int64_t *offsets;
    struct metrics_series *skipped;
};

static void list_topics(struct events_reader *reader)
{
    for (size_t i = 0; i < message_count && reader->topic_count < BUS_MAX_TOPICS; i++) {
        size_t last = reader->topic_count;

        if (!events_is_shown(messages[i]) ||
            (last && strcmp(reader->modules[last - 1], messages[i]->module) == 0))
            continue;
        record_topic(messages[i], reader->topics[last]);
        reader->modules[last] = messages[i]->module;
        reader->topic_count++;
    }
}

int events_reader_set_keys(struct events_reader *reader, const struct config_keys *keys)
{
    struct keyring *ring = keyring_new();
    int r = ring ? 0 : -ENOMEM;

    for (size_t i = 0; i < keys->count && r == 0; i++)
        r = keyring_add_fleet(ring, span_text(keys->items[i].keyid), keys->items[i].secret);
    if (r < 0) {
        keyring_free(ring);
        return r;
    }
    keyring_free(reader->keys);
    reader->keys = ring;
    return 0;
}

static const char *module_of(const struct events_reader *reader, const char *topic)
{
    size_t i = 0;

    while (strcmp(reader->topics[i], topic) != 0)
        i++;
    return reader->modules[i];
}

static int32_t count_partitions(const struct bus_place *places, size_t count, const char *topic)
{
    int32_t partitions = 0;

    for (size_t i = 0; i < count; i++)
        partitions += places[i].topic == topic;
    return partitions;
}

static size_t ring_bytes(const struct config *config)
{
    return config->events_replay_bytes > RING_MIN ? (size_t)config->events_replay_bytes : RING_MIN;
}

static int take_places(struct events_reader *reader, const struct bus_place *places, size_t count)
{
    struct events_place *items = calloc(count + 1, sizeof *items);

    reader->places = (struct events_places){.items = items, .count = count};
    reader->offsets = calloc(count + 1, sizeof *reader->offsets);
    reader->partitions = calloc(count + 1, sizeof *reader->partitions);
    reader->ring = events_ring_new(ring_bytes(reader->config), count);
    if (!items || !reader->offsets || !reader->partitions || !reader->ring)
        return -ENOMEM;
    for (size_t i = 0; i < count; i++) {
        items[i] = (struct events_place){.module = module_of(reader, places[i].topic),
                                         .partition = places[i].partition};
        reader->offsets[i] = places[i].first;
        reader->partitions[i] = count_partitions(places, count, places[i].topic);
        events_ring_begin(reader->ring, i, places[i].first);
    }
    return 0;
}

static struct span header_of(const struct envelope *envelope, const char *name)
{
    for (size_t i = 0; i < envelope->header_count; i++)
        if (span_is(envelope->headers[i].name, name))
            return envelope->headers[i].value;
    return span_of(NULL, 0);
}

static void add_event(struct events_reader *reader, const struct bus_message *message, size_t place,
                      const struct envelope *envelope)
{
    const struct message *contract = envelope->message;
    struct event event = {
        .message = contract,
        .tenant = envelope->tenant,
        .id = envelope->id,
        .correlation = envelope->correlation,
        .subject = envelope->aggregate,
        .time = envelope->time,
        .appended_ms = message->append_ms,
        .offset = message->offset,
        .place = place,
        .actor = envelope->actor.text,
        .sequence = header_of(envelope, "ce_sequence"),
        .value = message->value,
        .json = span_is(envelope->content_type, CONTENT_JSON),
    };
    const struct event *kept;

    if (contract->scope == SCOPE_PLAYER)
        memcpy(&event.player, (const char *)envelope->body + contract->scope_field->offset,
               sizeof event.player);
    kept = events_ring_add(reader->ring, &event);
    if (kept)
        reader->owner.arrived(reader->owner.data, kept);
}

static void skip(struct events_reader *reader, const struct bus_message *message,
                 enum dead_cause cause, const char *detail)
{
    metrics_add(reader->skipped, 1);
    log_warning(&(struct log_context){.worker = "ingress", .error = detail},
                "an event on %s, partition %d, offset %lld is not shown: %s", message->topic,
                message->partition, (long long)message->offset, dead_cause_name(cause));
}

/* An event of a contract that this program does not know yet is nobody's business here. 0;
 * negative: the record was not taken, and no cursor is behind it. */
static int take_record(struct events_reader *reader, const struct bus_message *message,
                       size_t place)
{
    const struct envelope_rules rules = {
        .keys = reader->keys, .partitions = reader->partitions[place], .now = timestamp_now()};
    struct envelope envelope;
    char detail[DETAIL_BYTES] = "";
    int r;

    if (message->offset < reader->offsets[place])
        return 0;
    arena_reset(reader->arena);
    r = envelope_open(message, &rules, reader->arena, &envelope, detail);
    if (r < 0)
        return r;
    reader->offsets[place] = message->offset + 1;
    if (r == 0 && events_is_shown(envelope.message))
        add_event(reader, message, place, &envelope);
    else if (r != 0 && r != DEAD_UNKNOWN_TYPE)
        skip(reader, message, (enum dead_cause)r, detail);
    return 0;
}

/* Takes what is there, up to a bound. The number of records, or negative. */
static int take_run(struct events_reader *reader)
{
    struct bus_message message;
    size_t place;
    int count = 0, r = 1;

    while (count < RUN_MAX && (r = bus_reader_poll(reader->bus, &message, &place)) == 1) {
        r = take_record(reader, &message, place);
        bus_message_release(&message);
        if (r < 0)
            break;
        count++;
    }
    return r < 0 ? r : count;
}

static bool place(struct events_reader *reader)
{
    size_t count;
    const struct bus_place *places = bus_reader_places(reader->bus, &count);

    if (!places)
        return false;
    if (take_places(reader, places, count) < 0) {
        reader->owner.failed(reader->owner.data);
        return false;
    }
    reader->owner.placed(reader->owner.data);
    return true;
}

static void expire(struct events_reader *reader)
{
    int64_t now_ms = timestamp_now().us / 1000;

    events_ring_expire(reader->ring, now_ms - reader->config->events_replay_s * 1000);
}

static void read_on(void *data)
{
    struct events_reader *reader = data;
    int r;

    loop_timer_start(reader->timer, LOOK_MS, 0);
    if (!reader->ring && !place(reader))
        return;
    r = take_run(reader);
    if (r < 0) {
        log_warning(&(struct log_context){.worker = "ingress", .error = strerror(-r)},
                    "the events have to be read anew");
        reader->owner.failed(reader->owner.data);
        return;
    }
    expire(reader);
    if (r == RUN_MAX)
        loop_timer_start(reader->timer, 0, 0);
    if (r > 0)
        reader->owner.paused(reader->owner.data);
}

static void on_readable(void *data, unsigned events)
{
    (void)events;
    read_on(data);
}

static int open_bus(struct events_reader *reader)
{
    const char *topics[BUS_MAX_TOPICS];
    char error[256] = "";
    const struct bus_reader_options options = {
        .brokers = reader->config->kafka_brokers,
        .client_id = "idpmc-ingress-events",
        .group = "idpmc.ingress.events",
        .topics = topics,
        .topic_count = reader->topic_count,
        .since_ms = timestamp_now().us / 1000 - reader->config->events_replay_s * 1000,
        .records_max = (int64_t)ring_bytes(reader->config) / RECORD_BYTES,
        .queued_kbytes = QUEUED_KBYTES,
    };

    for (size_t i = 0; i < reader->topic_count; i++)
        topics[i] = reader->topics[i];
    reader->bus = bus_reader_new(&options, error);
    if (reader->bus)
        return 0;
    log_error(&(struct log_context){.worker = "ingress", .error = error},
              "no reader of events could be made");
    return -EIO;
}

static int start(struct events_reader *reader)
{
    static const char *const labels[] = {"result", NULL};

    reader->skipped = metrics_series(
        metrics_counter("idpmc_event_stream_events_total",
                        "Events that were sent to live streams, and those that could not be shown.",
                        labels),
        (const char *const[]){"skipped", NULL});
    list_topics(reader);
    reader->arena = arena_new(BODY_BYTES);
    reader->timer = loop_timer_new(reader->loop, read_on, reader);
    if (!reader->arena || !reader->timer ||
        events_reader_set_keys(reader, &reader->config->fleet_keys) < 0 || open_bus(reader) < 0)
        return -ENOMEM;
    reader->watch = loop_watch_new(reader->loop, bus_reader_fd(reader->bus), on_readable, reader);
    if (!reader->watch)
        return -ENOMEM;
    loop_watch_set(reader->watch, LOOP_READABLE);
    loop_timer_start(reader->timer, LOOK_MS, 0);
    return 0;
}

struct events_reader *events_reader_new(struct loop *loop, const struct config *config,
                                        const struct events_reader_owner *owner)
{
    struct events_reader *reader = calloc(1, sizeof *reader);

    if (!reader)
        return NULL;
    reader->loop = loop;
    reader->config = config;
    reader->owner = *owner;
    if (start(reader) == 0)
        return reader;
    events_reader_free(reader, 0);
    return NULL;
}

void events_reader_free(struct events_reader *reader, int wait_ms)
{
    if (!reader)
        return;
    loop_watch_free(reader->watch);
    loop_timer_free(reader->timer);
    bus_reader_close(reader->bus, wait_ms);
    keyring_free(reader->keys);
    arena_free(reader->arena);
    events_ring_free(reader->ring);
    free((void *)(uintptr_t)reader->places.items);
    free(reader->partitions);
    free(reader->offsets);
    free(reader);
}

bool events_reader_is_placed(const struct events_reader *reader)
{
    return reader->ring != NULL;
}

struct events_ring *events_reader_ring(const struct events_reader *reader)
{
    return reader->ring;
}

struct events_places events_reader_places(const struct events_reader *reader)
{
    return reader->places;
}

const int64_t *events_reader_offsets(const struct events_reader *reader)
{
    return reader->offsets;
}

int64_t events_reader_end(const struct events_reader *reader, size_t index)
{
    int64_t end = bus_reader_end(reader->bus, index);

    return end > reader->offsets[index] ? end : reader->offsets[index];
}
