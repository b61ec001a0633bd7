#include "bus/bus_conf.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <time.h>

#include "log/log.h"

/* The client's own words go where all words go. */
static void on_log(const rd_kafka_t *client, int level, const char *facility, const char *text)
{
    (void)client;
    if (level <= 3)
        log_error(&(struct log_context){.error = text}, "the Kafka client reports %s", facility);
    else
        log_debug(&(struct log_context){.error = text}, "the Kafka client reports %s", facility);
}

static bool set_all(rd_kafka_conf_t *conf, const struct bus_setting *settings, size_t count,
                    char error[static 256])
{
    for (size_t i = 0; i < count; i++)
        if (rd_kafka_conf_set(conf, settings[i].name, settings[i].value, error, 256) !=
            RD_KAFKA_CONF_OK)
            return false;
    return true;
}

rd_kafka_conf_t *bus_conf_new(const char *brokers, const char *client_id,
                              const struct bus_setting *settings, size_t count,
                              char error[static 256])
{
    const struct bus_setting common[] = {
        {"bootstrap.servers", brokers},        {"client.id", client_id},
        {"socket.nagle.disable", "true"},      {"socket.keepalive.enable", "true"},
        {"allow.auto.create.topics", "false"}, {"topic.metadata.refresh.interval.ms", "30000"},
        {"reconnect.backoff.ms", "50"},        {"reconnect.backoff.max.ms", "1000"},
        {"log.connection.close", "false"},
    };
    rd_kafka_conf_t *conf = rd_kafka_conf_new();

    if (!set_all(conf, common, COUNT_OF(common), error) || !set_all(conf, settings, count, error)) {
        rd_kafka_conf_destroy(conf);
        return NULL;
    }
    rd_kafka_conf_set_log_cb(conf, on_log);
    return conf;
}

rd_kafka_t *bus_onlooker_new(const char *brokers, const char *client_id, const char *group,
                             const struct bus_setting *settings, size_t count,
                             char error[static 256])
{
    const struct bus_setting common[] = {
        {"group.id", group},
        {"enable.auto.commit", "false"},
        {"enable.auto.offset.store", "false"},
        {"auto.offset.reset", "error"},
        {"isolation.level", "read_committed"},
        {"check.crcs", "true"},
    };
    rd_kafka_conf_t *conf = bus_conf_new(brokers, client_id, common, COUNT_OF(common), error);
    rd_kafka_t *client = NULL;

    if (conf && set_all(conf, settings, count, error))
        client = rd_kafka_new(RD_KAFKA_CONSUMER, conf, error, 256);
    if (client)
        rd_kafka_poll_set_consumer(client);
    else if (conf)
        rd_kafka_conf_destroy(conf);
    return client;
}

int bus_partitions(rd_kafka_t *client, const char *name, int timeout_ms)
{
    rd_kafka_topic_t *topic = rd_kafka_topic_new(client, name, NULL);
    const struct rd_kafka_metadata *metadata = NULL;
    rd_kafka_resp_err_t err;
    int r = -ENOENT;

    if (!topic)
        return -EIO;
    err = rd_kafka_metadata(client, 0, topic, &metadata, timeout_ms);
    if (err)
        r = err == RD_KAFKA_RESP_ERR__TIMED_OUT || err == RD_KAFKA_RESP_ERR__TRANSPORT ? -ETIMEDOUT
                                                                                       : -EIO;
    else if (metadata->topic_cnt == 1 && !metadata->topics[0].err &&
             metadata->topics[0].partition_cnt > 0)
        r = metadata->topics[0].partition_cnt;
    if (metadata)
        rd_kafka_metadata_destroy(metadata);
    rd_kafka_topic_destroy(topic);
    return r;
}

static void *destroy(void *client)
{
    rd_kafka_destroy_flags(client, RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE);
    return NULL;
}

void bus_destroy_later(rd_kafka_t *client)
{
    pthread_t thread;

    if (pthread_create(&thread, NULL, destroy, client) == 0)
        pthread_detach(thread);
}

void bus_destroy(rd_kafka_t *client, int timeout_ms)
{
    struct timespec deadline;
    pthread_t thread;

    if (pthread_create(&thread, NULL, destroy, client) != 0)
        return; /* no thread to be had: the process's end will do it */
    clock_gettime(CLOCK_MONOTONIC, &deadline);
    deadline.tv_sec += timeout_ms / 1000;
    deadline.tv_nsec += (long)(timeout_ms % 1000) * 1000000;
    if (deadline.tv_nsec >= 1000000000) {
        deadline.tv_sec++;
        deadline.tv_nsec -= 1000000000;
    }
    if (pthread_clockjoin_np(thread, NULL, CLOCK_MONOTONIC, &deadline) != 0) {
        log_warning(NULL, "a Kafka client does not end within %d ms and is left behind",
                    timeout_ms);
        pthread_detach(thread);
    }
}
