/* The topics from their start to their end: which commands are there, and what happened. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/hash.h"
#include "bus/bus_reader.h"
#include "codec/codec.h"
#include "contracts/tally.h"
#include "judge.h"

enum { READ_MS = 60000, LOOK_MS = 2, QUEUE_KBYTES = 65536, DECODE_BYTES = 1 << 20 };

static const char *const command_topics[MODULES] = {
    [TALLY] = "idpmc.tally.commands", [CORE] = "idpmc.core.commands", [MC] = "idpmc.mc.commands"};
static const char *const event_topics[MODULES] = {
    [TALLY] = "idpmc.tally.events", [CORE] = "idpmc.core.events", [MC] = "idpmc.mc.events"};
static const char *const event_types[MODULES] = {
    [TALLY] = "tally.counted.v1", [CORE] = "core.team-created.v1", [MC] = "mc.check-recorded.v1"};

static enum module module_of(const char *topic)
{
    enum module module = TALLY;

    while (module < MODULES && strcmp(topic, command_topics[module]) != 0 &&
           strcmp(topic, event_topics[module]) != 0)
        module++;
    return module;
}

static struct span header(const struct bus_header *headers, int count, const char *name)
{
    for (int i = 0; i < count; i++)
        if (span_is(headers[i].name, name))
            return headers[i].value;
    return span_of("", 0);
}

/* The two ids of a record's key. False: none of this run's. */
static bool read_key(const struct judge *judge, struct span key, unsigned *ret_tenant,
                     struct uuid *ret_aggregate)
{
    struct uuid tenant;

    if (key.size != 2 * UUID_TEXT + 1 || uuid_parse(span_of(key.data, UUID_TEXT), &tenant) < 0 ||
        uuid_parse(span_of(key.data + UUID_TEXT + 1, UUID_TEXT), ret_aggregate) < 0)
        return false;
    *ret_tenant = judge_tenant(judge, tenant);
    return *ret_tenant < TENANTS;
}

static void take_command(struct judge *judge, const struct bus_message *message)
{
    struct bus_header headers[BUS_MAX_HEADERS];
    int count = bus_message_headers(message, headers, BUS_MAX_HEADERS);
    struct uuid aggregate, id;
    struct found *command;
    unsigned tenant;

    if (!read_key(judge, message->key, &tenant, &aggregate) ||
        uuid_parse(header(headers, count, "ce_id"), &id) < 0)
        return;
    command = judge_find(judge, tenant, id);
    if (command)
        command->on_topic = true;
}

static struct happened *new_event(struct judge *judge)
{
    if (judge->event_count == judge->event_capacity) {
        judge->event_capacity = judge->event_capacity ? 2 * judge->event_capacity : 65536;
        judge->events = realloc(judge->events, judge->event_capacity * sizeof *judge->events);
        if (!judge->events)
            give_up("no memory");
    }
    judge->events[judge->event_count] = (struct happened){.arrival = judge->event_count};
    return &judge->events[judge->event_count++];
}

static void read_counted(struct span value, struct happened *event)
{
    struct arena *arena = arena_new(DECODE_BYTES);
    struct codec_errors errors = {.count = 0};
    const struct tally_counted *counted;
    const void *body;

    if (arena && codec_decode_msgpack(&tally_counted_message, value, CODEC_UNKNOWN_REFUSED, arena,
                                      &errors, &body) == 0) {
        counted = body;
        event->number = counted->sequence;
        event->count = counted->count;
        event->h = counted->h;
        event->right_type = uuid_equal(counted->counter.uuid, event->aggregate);
    }
    arena_free(arena);
}

static void take_event(struct judge *judge, const struct bus_message *message)
{
    struct bus_header headers[BUS_MAX_HEADERS];
    int count = bus_message_headers(message, headers, BUS_MAX_HEADERS);
    enum module module = module_of(message->topic);
    struct span sequence = header(headers, count, "ce_sequence");
    struct happened *event;
    struct uuid aggregate;
    unsigned tenant;

    if (module == MODULES || !span_is(header(headers, count, "ce_type"), event_types[module]) ||
        !read_key(judge, message->key, &tenant, &aggregate))
        return;
    event = new_event(judge);
    event->module = module;
    event->tenant = tenant;
    event->aggregate = aggregate;
    event->value = hash_bytes(0, message->value.data, message->value.size);
    event->right_type = true;
    if (uuid_parse(header(headers, count, "ce_id"), &event->id) < 0 ||
        uuid_parse(header(headers, count, "ce_causationid"), &event->cause) < 0 ||
        sequence.size != sizeof event->sequence - 1)
        event->right_type = false;
    else
        memcpy(event->sequence, sequence.data, sequence.size);
    if (module == TALLY && event->right_type)
        read_counted(message->value, event);
}

/* ---- reading
 * -------------------------------------------------------------------------------------- */
static struct bus_reader *open_reader(const char *const *topics)
{
    const struct bus_reader_options options = {
        .brokers = needed_setting("KAFKA_BROKERS"),
        .client_id = "chaos-judge",
        .group = "chaos-judge",
        .topics = topics,
        .topic_count = MODULES,
        .records_max = INT64_MAX,
        .queued_kbytes = QUEUE_KBYTES,
    };
    char error[256];
    struct bus_reader *reader = bus_reader_new(&options, error);

    if (!reader)
        give_up("the topics cannot be read: %s", error);
    return reader;
}

static void wait_a_moment(void)
{
    nanosleep(&(struct timespec){.tv_nsec = LOOK_MS * 1000000L}, NULL);
}

static const struct bus_place *wait_for_places(struct bus_reader *reader, size_t *ret_count)
{
    int64_t late_ms = monotonic_ms() + READ_MS;
    const struct bus_place *places;

    while (!(places = bus_reader_places(reader, ret_count))) {
        if (monotonic_ms() > late_ms)
            give_up("Kafka does not say where its topics end");
        wait_a_moment();
    }
    return places;
}

static void read_all(struct judge *judge, struct bus_reader *reader,
                     void (*take)(struct judge *judge, const struct bus_message *message))
{
    size_t count, place, left = 0;
    const struct bus_place *places = wait_for_places(reader, &count);
    bool *done = calloc(count + 1, sizeof *done);
    int64_t late_ms = monotonic_ms() + READ_MS;
    struct bus_message message;

    if (!done)
        give_up("no memory");
    for (size_t i = 0; i < count; i++) {
        if (places[i].first > 0)
            give_up("%s/%d is not there from its start any more", places[i].topic,
                    places[i].partition);
        done[i] = places[i].end <= places[i].first;
        left += !done[i];
    }
    while (left > 0) {
        int r = bus_reader_poll(reader, &message, &place);

        if (r < 0 || monotonic_ms() > late_ms)
            give_up("a topic cannot be read to its end: %s", r < 0 ? strerror(-r) : "too slow");
        if (r == 0) {
            wait_a_moment();
            continue;
        }
        if (!done[place])
            take(judge, &message);
        if (!done[place] && message.offset + 1 >= places[place].end) {
            done[place] = true;
            left--;
        }
        bus_message_release(&message);
    }
    free(done);
}

void topics_read_commands(struct judge *judge, int64_t ends[MODULES][PARTITIONS_MOST])
{
    struct bus_reader *reader = open_reader(command_topics);
    const struct bus_place *places;
    size_t count;

    read_all(judge, reader, take_command);
    places = bus_reader_places(reader, &count);
    for (size_t i = 0; i < count; i++) {
        enum module module = module_of(places[i].topic);

        if (module == MODULES || places[i].partition >= PARTITIONS_MOST)
            give_up("%s has a partition too many", places[i].topic);
        ends[module][places[i].partition] = places[i].end;
    }
    bus_reader_close(reader, READ_MS);
}

void topics_read_events(struct judge *judge)
{
    struct bus_reader *reader = open_reader(event_topics);

    read_all(judge, reader, take_event);
    bus_reader_close(reader, READ_MS);
}
