/* What `fleetctl topics` says of topics that somebody made otherwise: what is unsafe fails, and
 * what an operator may have chosen does not, for a fleet waits for it to succeed. */
#include <CUnit/CUnit.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "bus/bus_topics.h"
#include "support/broker.h"

enum { ANSWER_MS = 30000 };

#define COMMANDS "idpmc.orchard.commands"
#define EVENTS "idpmc.orchard.events"
#define DLQ "idpmc.orchard.dlq"

/* As `fleetctl topics` makes it, but for one setting (NULL: none) and the partitions. */
static void make(const char *name, int32_t partitions, const char *setting, const char *value)
{
    struct bus_topic_setting settings[] = {
        {"cleanup.policy", "delete", 0, 0},
        {"retention.ms", strcmp(name, DLQ) == 0 ? "1209600000" : "604800000", 0, 0},
        {"retention.bytes", "-1", 0, 0},
        {"max.message.bytes", "1048576", 0, 0},
        {"message.timestamp.type", "LogAppendTime", 0, 0},
    };
    struct bus_topic topic = {name, partitions, settings, COUNT_OF(settings)};
    struct buf said = {0};
    char error[256] = "";
    struct bus_topics *topics = bus_topics_open(getenv("IDPMC_KAFKA_BROKERS"), error);

    CU_ASSERT_PTR_NOT_NULL_FATAL(topics);
    for (size_t i = 0; i < COUNT_OF(settings); i++)
        if (setting && strcmp(settings[i].name, setting) == 0)
            settings[i].value = value;
    CU_ASSERT_EQUAL_FATAL(bus_topic_make(topics, &topic, ANSWER_MS, &said), 0);
    bus_topics_close(topics);
    buf_deinit(&said);
    broker_await_topic(name, true);
}

/* What `fleetctl topics` says on both outputs, and its exit code. */
static int topics_say(char said[static 4096])
{
    FILE *pipe = popen("\"$BIN/fleetctl\" topics orchard 2>&1", "re");
    size_t size;
    int status;

    CU_ASSERT_PTR_NOT_NULL_FATAL(pipe);
    size = fread(said, 1, 4095, pipe);
    said[size] = '\0';
    status = pclose(pipe);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/* A topic of which this is other is told with these words, and the exit code is that; then all are
 * gone again. */
static void judged(const char *name, int32_t partitions, const char *setting, const char *value,
                   int wanted, const char *words)
{
    char said[4096];
    int code;

    make(name, partitions, setting, value);
    code = topics_say(said);
    CU_ASSERT_EQUAL(code, wanted);
    CU_ASSERT_PTR_NOT_NULL(strstr(said, words));
    if (code != wanted || !strstr(said, words))
        printf("# %s: %d, %s", name, code, said);
    broker_delete_topic(COMMANDS);
    broker_delete_topic(EVENTS);
    broker_delete_topic(DLQ);
}

static void fails(const char *name, const char *setting, const char *value, const char *words)
{
    judged(name, 12, setting, value, 1, words);
}

static void warns(const char *name, const char *setting, const char *value, const char *words)
{
    judged(name, 12, setting, value, 0, words);
}

void test_what_is_as_it_is_made_is_checked_in_silence(void)
{
    char said[4096];

    judged(COMMANDS, 12, NULL, NULL, 0, "checked " COMMANDS "\nmade    " EVENTS);
    make(COMMANDS, 12, NULL, NULL);
    CU_ASSERT_EQUAL(topics_say(said), 0);
    CU_ASSERT_PTR_NULL(strstr(said, "warning"));
    broker_delete_topic(COMMANDS);
    broker_delete_topic(EVENTS);
    broker_delete_topic(DLQ);
}

void test_commands_stay_as_long_as_a_worker_may_be_away_and_no_longer_than_they_are_known(void)
{
    fails(COMMANDS, "retention.ms", "604799999",
          "topic " COMMANDS ": retention.ms is 604799999 and should be 604800000");
    fails(COMMANDS, "retention.ms", "2592000001", "retention.ms is 2592000001 and should be");
    fails(COMMANDS, "retention.ms", "-1", "retention.ms is -1 and should be");
    warns(COMMANDS, "retention.ms", "2592000000",
          "warning: topic " COMMANDS ": retention.ms is 2592000000, and by default 604800000");
}

void test_another_retention_of_events_and_dead_letters_is_a_warning(void)
{
    warns(EVENTS, "retention.ms", "3600000",
          "warning: topic " EVENTS ": retention.ms is 3600000, and by default 604800000");
    warns(EVENTS, "retention.ms", "-1", "retention.ms is -1, and by default");
    warns(DLQ, "retention.ms", "86400000", "retention.ms is 86400000, and by default 1209600000");
}

void test_commands_are_deleted_for_no_size(void)
{
    fails(COMMANDS, "retention.bytes", "1073741824",
          "topic " COMMANDS ": retention.bytes is 1073741824 and should be -1");
    fails(COMMANDS, "retention.bytes", "9223372036854775807",
          "retention.bytes is 9223372036854775807 and");
}

void test_a_bound_of_the_size_of_events_and_dead_letters_is_a_warning(void)
{
    warns(EVENTS, "retention.bytes", "1073741824",
          "warning: topic " EVENTS ": retention.bytes is 1073741824, and by default -1");
    warns(DLQ, "retention.bytes", "1073741824", "retention.bytes is 1073741824, and by default -1");
}

void test_more_partitions_are_a_warning_and_fewer_fail(void)
{
    judged(COMMANDS, 24, NULL, NULL, 0,
           "warning: topic " COMMANDS " has 24 partitions, and by default 12");
    judged(COMMANDS, 11, NULL, NULL, 1, "topic " COMMANDS " has 11 partitions and should have 12");
}

void test_what_loses_or_refuses_records_fails(void)
{
    fails(COMMANDS, "cleanup.policy", "compact", "cleanup.policy is compact and should be delete");
    fails(EVENTS, "cleanup.policy", "compact,delete", "cleanup.policy is compact,delete and");
    fails(COMMANDS, "message.timestamp.type", "CreateTime", "message.timestamp.type is CreateTime");
    fails(DLQ, "max.message.bytes", "1000000", "max.message.bytes is 1000000 and should be");
    warns(DLQ, "max.message.bytes", "2000000", "max.message.bytes is 2000000, and by default");
}
