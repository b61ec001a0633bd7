/* fleetctl topics: makes the modules' topics and checks those that are there. What an operator may
 * have chosen is told and does not fail: a fleet waits for this to succeed. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bus/bus_topics.h"
#include "fleetctl.h"
#include "runtime/envelope.h"
#include "runtime/worker.h"

static const char usage[] =
    "usage: fleetctl topics [MODULE]...\n\n"
    "Makes the topics of the modules that this program knows, or of those that are named, and\n"
    "checks partitions and settings of the ones that are there: 1 where they are unsafe, and a\n"
    "warning where they are merely others. IDPMC_KAFKA_BROKERS says where.";

enum { PARTITIONS = 12, TIMEOUT_MS = 30000, DAY_MS = 86400 * 1000 };

/* The forms of docs/reference/wire.md. A dead letter is kept for longer than what it was. Commands
 * stay as long as a worker may be away, and never longer than the inbox knows them; how long the
 * others do is for those to say who read them (-1: for ever). A bound of a partition's size deletes
 * before the time is over, and so it is judged as the time is: commands have none. */
static const struct {
    const char *suffix, *retention_ms;
    int64_t least_ms, most_ms, most_bytes;
} kinds[] = {
    {"commands", "604800000", (int64_t)7 * DAY_MS, (int64_t)INBOX_RETENTION_DAYS *DAY_MS, -1},
    {"events", "604800000", -1, INT64_MAX, INT64_MAX},
    {"dlq", "1209600000", -1, INT64_MAX, INT64_MAX},
};

/* Each line of the text with `prefix` in front. */
static int complain_of_lines(int code, const char *prefix, const struct buf *text)
{
    const char *line = text->size > 0 ? text->data : "";

    for (const char *end; (end = strchr(line, '\n')) != NULL; line = end + 1)
        complain(code, "%s%.*s", prefix, (int)(end - line), line);
    return code;
}

static int make_and_check(struct bus_topics *topics, const char *module, size_t kind)
{
    cleanup(buf_deinit) struct buf said = {0}, differs = {0};
    char name[BUS_TOPIC_BYTES];
    const struct bus_topic_setting settings[] = {
        {"cleanup.policy", "delete", 0, 0},
        {"retention.ms", kinds[kind].retention_ms, kinds[kind].least_ms, kinds[kind].most_ms},
        {"retention.bytes", "-1", -1, kinds[kind].most_bytes},
        {"max.message.bytes", "1048576", 1048576, INT64_MAX},
        {"message.timestamp.type", "LogAppendTime", 0, 0},
    };
    struct bus_topic topic = {
        .name = name,
        .partitions = PARTITIONS,
        .settings = settings,
        .setting_count = COUNT_OF(settings),
    };
    int r;

    snprintf(name, sizeof name, "idpmc.%s.%s", module, kinds[kind].suffix);
    r = bus_topic_make(topics, &topic, TIMEOUT_MS, &said);
    if (r < 0)
        return complain(r == -ETIMEDOUT ? EXIT_UNAVAILABLE : EXIT_FAULT, "%s", said.data);
    if (r == 0) {
        printf("made    %s with %d partitions\n", name, PARTITIONS);
        return EXIT_DONE;
    }
    r = bus_topic_check(topics, &topic, TIMEOUT_MS, &said, &differs);
    complain_of_lines(EXIT_DONE, "warning: ", &differs);
    if (r != 0)
        return complain_of_lines(EXIT_FAULT, "", &said);
    printf("checked %s\n", name);
    return EXIT_DONE;
}

static int make_module(struct bus_topics *topics, const char *module)
{
    int code = EXIT_DONE;

    for (size_t kind = 0; kind < COUNT_OF(kinds); kind++) {
        int r = make_and_check(topics, module, kind);
        code = code ? code : r;
    }
    return code;
}

static int make_all(struct bus_topics *topics, int argc, char **argv)
{
    int code = EXIT_DONE;

    for (int i = 1; i < argc && code == EXIT_DONE; i++)
        code = make_module(topics, argv[i]);
    for (size_t i = 0; argc == 1 && workers[i] && code == EXIT_DONE; i++)
        code = make_module(topics, workers[i]->name);
    return code;
}

int cmd_topics(int argc, char **argv)
{
    cleanup(buf_deinit) struct buf brokers = {0};
    struct bus_topics *topics;
    char error[256];
    int code;

    if (argc > 1 && strcmp(argv[1], "--help") == 0) {
        puts(usage);
        return EXIT_DONE;
    }
    for (int i = 1; i < argc; i++)
        if (argv[i][0] == '-')
            return complain(EXIT_MISUSE, "topics: no option %s; usage: fleetctl topics [MODULE]...",
                            argv[i]);
    code = setting_read("IDPMC_KAFKA_BROKERS", &brokers);
    if (code != EXIT_DONE)
        return code;
    if (brokers.size == 0)
        return complain(EXIT_MISUSE,
                        "topics: set IDPMC_KAFKA_BROKERS, for example to 127.0.0.1:9092");
    topics = bus_topics_open(brokers.data, error);
    if (!topics)
        return complain(EXIT_FAULT, "topics: %s", error);
    code = make_all(topics, argc, argv);
    bus_topics_close(topics);
    return code;
}
