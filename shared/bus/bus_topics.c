#include "bus/bus_topics.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/date.h"
#include "bus/bus_conf.h"

enum { REQUEST_MS = 10000, RETRY_MS = 300 };

struct bus_topics {
    rd_kafka_t *client;
    rd_kafka_queue_t *queue;
};

struct bus_topics *bus_topics_open(const char *brokers, char error[static 256])
{
    struct bus_topics *topics = calloc(1, sizeof *topics);
    rd_kafka_conf_t *conf = topics ? bus_conf_new(brokers, "fleetctl", NULL, 0, error) : NULL;

    if (conf)
        topics->client = rd_kafka_new(RD_KAFKA_PRODUCER, conf, error, 256);
    if (!conf || !topics->client) {
        if (conf)
            rd_kafka_conf_destroy(conf);
        free(topics);
        return NULL;
    }
    topics->queue = rd_kafka_queue_new(topics->client);
    return topics;
}

void bus_topics_close(struct bus_topics *topics)
{
    if (!topics)
        return;
    rd_kafka_queue_destroy(topics->queue);
    bus_destroy(topics->client, 2000);
    free(topics);
}

/* The answer to one request, or NULL when time is up. */
static rd_kafka_event_t *wait_for(struct bus_topics *topics, rd_kafka_event_type_t type,
                                  int timeout_ms)
{
    int64_t deadline = monotonic_ms() + timeout_ms;
    rd_kafka_event_t *event;

    while ((event = rd_kafka_queue_poll(topics->queue, (int)(deadline - monotonic_ms())))) {
        if (rd_kafka_event_type(event) == type)
            return event;
        rd_kafka_event_destroy(event);
    }
    return NULL;
}

static rd_kafka_NewTopic_t *describe(const struct bus_topic *topic, char error[static 256])
{
    rd_kafka_NewTopic_t *fresh =
        rd_kafka_NewTopic_new(topic->name, topic->partitions, -1, error, 256);

    for (size_t i = 0; fresh && i < topic->setting_count; i++)
        rd_kafka_NewTopic_set_config(fresh, topic->settings[i].name, topic->settings[i].value);
    return fresh;
}

static rd_kafka_resp_err_t result_of(rd_kafka_event_t *event, char error[static 256])
{
    const rd_kafka_topic_result_t **results;
    rd_kafka_resp_err_t err = event ? rd_kafka_event_error(event) : RD_KAFKA_RESP_ERR__TIMED_OUT;
    size_t count;

    if (err) {
        snprintf(error, 256, "%s", rd_kafka_err2str(err));
        return err;
    }
    results =
        rd_kafka_CreateTopics_result_topics(rd_kafka_event_CreateTopics_result(event), &count);
    err = count == 1 ? rd_kafka_topic_result_error(results[0]) : RD_KAFKA_RESP_ERR_UNKNOWN;
    if (err)
        snprintf(error, 256, "%s",
                 rd_kafka_topic_result_error_string(results[0])
                     ? rd_kafka_topic_result_error_string(results[0])
                     : rd_kafka_err2str(err));
    return err;
}

static rd_kafka_resp_err_t make_once(struct bus_topics *topics, const struct bus_topic *topic,
                                     char error[static 256])
{
    rd_kafka_NewTopic_t *fresh = describe(topic, error);
    rd_kafka_event_t *event;
    rd_kafka_resp_err_t err;

    if (!fresh)
        return RD_KAFKA_RESP_ERR__INVALID_ARG;
    rd_kafka_CreateTopics(topics->client, &fresh, 1, NULL, topics->queue);
    event = wait_for(topics, RD_KAFKA_EVENT_CREATETOPICS_RESULT, REQUEST_MS);
    err = result_of(event, error);
    if (event)
        rd_kafka_event_destroy(event);
    rd_kafka_NewTopic_destroy(fresh);
    return err;
}

/* Brokers that are away or that have just started say so for a while. */
static bool is_passing(rd_kafka_resp_err_t err)
{
    return err == RD_KAFKA_RESP_ERR__TIMED_OUT || err == RD_KAFKA_RESP_ERR__TRANSPORT ||
           err == RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN || err == RD_KAFKA_RESP_ERR_NOT_CONTROLLER ||
           err == RD_KAFKA_RESP_ERR_COORDINATOR_LOAD_IN_PROGRESS ||
           err == RD_KAFKA_RESP_ERR_INVALID_REPLICATION_FACTOR ||
           err == RD_KAFKA_RESP_ERR_REQUEST_TIMED_OUT;
}

int bus_topic_make(struct bus_topics *topics, const struct bus_topic *topic, int timeout_ms,
                   struct buf *error)
{
    int64_t deadline = monotonic_ms() + timeout_ms;
    char reason[256] = "";
    rd_kafka_resp_err_t err;

    while (is_passing(err = make_once(topics, topic, reason)) && monotonic_ms() < deadline)
        nanosleep(&(struct timespec){.tv_nsec = RETRY_MS * 1000000L}, NULL);
    if (!err)
        return 0;
    if (err == RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS)
        return 1;
    buf_printf(error, "topic %s cannot be made: %s", topic->name, reason);
    return is_passing(err) ? -ETIMEDOUT : -EIO;
}

static const char *value_of(const rd_kafka_ConfigEntry_t **entries, size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(rd_kafka_ConfigEntry_name(entries[i]), name) == 0)
            return rd_kafka_ConfigEntry_value(entries[i]);
    return NULL;
}

static bool is_allowed(const struct bus_topic_setting *setting, const char *value)
{
    char *end;
    long long number = strtoll(value, &end, 10);

    return (setting->least != 0 || setting->most != 0) && end > value && *end == '\0' &&
           number >= setting->least && number <= setting->most;
}

static int compare_settings(const rd_kafka_ConfigResource_t *resource,
                            const struct bus_topic *topic, struct buf *wrong, struct buf *differs)
{
    size_t count;
    const rd_kafka_ConfigEntry_t **entries = rd_kafka_ConfigResource_configs(resource, &count);
    int lines = 0;

    for (size_t i = 0; i < topic->setting_count; i++) {
        const struct bus_topic_setting *setting = &topic->settings[i];
        const char *value = value_of(entries, count, setting->name);

        if (value && strcmp(value, setting->value) == 0)
            continue;
        if (value && is_allowed(setting, value)) {
            buf_printf(differs, "topic %s: %s is %s, and by default %s\n", topic->name,
                       setting->name, value, setting->value);
            continue;
        }
        buf_printf(wrong, "topic %s: %s is %s and should be %s\n", topic->name, setting->name,
                   value ? value : "not set", setting->value);
        lines++;
    }
    return lines;
}

static int check_settings(struct bus_topics *topics, const struct bus_topic *topic, int timeout_ms,
                          struct buf *wrong, struct buf *differs)
{
    rd_kafka_ConfigResource_t *resource =
        rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC, topic->name);
    const rd_kafka_ConfigResource_t **answers;
    rd_kafka_event_t *event;
    size_t count = 0;
    int lines = -EIO;

    if (!resource)
        return -ENOMEM;
    rd_kafka_DescribeConfigs(topics->client, &resource, 1, NULL, topics->queue);
    event = wait_for(topics, RD_KAFKA_EVENT_DESCRIBECONFIGS_RESULT, timeout_ms);
    rd_kafka_ConfigResource_destroy(resource);
    if (event && !rd_kafka_event_error(event)) {
        answers = rd_kafka_DescribeConfigs_result_resources(
            rd_kafka_event_DescribeConfigs_result(event), &count);
        if (count == 1 && !rd_kafka_ConfigResource_error(answers[0]))
            lines = compare_settings(answers[0], topic, wrong, differs);
    }
    if (lines < 0)
        buf_printf(wrong, "topic %s: its settings cannot be read\n", topic->name);
    if (event)
        rd_kafka_event_destroy(event);
    return lines;
}

int bus_topic_check(struct bus_topics *topics, const struct bus_topic *topic, int timeout_ms,
                    struct buf *wrong, struct buf *differs)
{
    int64_t deadline = monotonic_ms() + timeout_ms;
    int partitions, lines;

    /* A topic that was made a moment ago is not known to each broker yet. */
    while ((partitions = bus_partitions(topics->client, topic->name, timeout_ms)) == -ENOENT &&
           monotonic_ms() < deadline)
        nanosleep(&(struct timespec){.tv_nsec = RETRY_MS * 1000000L}, NULL);

    if (partitions < 0) {
        buf_printf(wrong, "topic %s: %s\n", topic->name,
                   partitions == -ENOENT ? "there is no such topic" : "the brokers do not answer");
        return partitions;
    }
    lines = check_settings(topics, topic, timeout_ms, wrong, differs);
    if (partitions > topic->partitions)
        buf_printf(differs, "topic %s has %d partitions, and by default %d\n", topic->name,
                   partitions, topic->partitions);
    if (lines >= 0 && partitions < topic->partitions) {
        buf_printf(wrong, "topic %s has %d partitions and should have %d\n", topic->name,
                   partitions, topic->partitions);
        lines++;
    }
    return lines;
}
