#include "support/broker.h"

#include <CUnit/CUnit.h>
#include <librdkafka/rdkafka.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/date.h"
#include "support/database.h"

enum { ANSWER_MS = 20000 };

static rd_kafka_t *make_client(void)
{
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    char error[256];
    rd_kafka_t *client;

    rd_kafka_conf_set(conf, "bootstrap.servers", getenv("IDPMC_KAFKA_BROKERS"), error,
                      sizeof error);
    client = rd_kafka_new(RD_KAFKA_PRODUCER, conf, error, sizeof error);
    CU_ASSERT_PTR_NOT_NULL_FATAL(client);
    return client;
}

static void wait_for(rd_kafka_queue_t *queue)
{
    rd_kafka_event_t *event = rd_kafka_queue_poll(queue, ANSWER_MS);

    CU_ASSERT_PTR_NOT_NULL_FATAL(event);
    CU_ASSERT_EQUAL_FATAL(rd_kafka_event_error(event), RD_KAFKA_RESP_ERR_NO_ERROR);
    rd_kafka_event_destroy(event);
}

static bool has_topic(rd_kafka_t *client, const char *name)
{
    rd_kafka_topic_t *topic = rd_kafka_topic_new(client, name, NULL);
    const struct rd_kafka_metadata *metadata;
    bool found;

    CU_ASSERT_EQUAL_FATAL(rd_kafka_metadata(client, 0, topic, &metadata, ANSWER_MS),
                          RD_KAFKA_RESP_ERR_NO_ERROR);
    found = metadata->topic_cnt == 1 && !metadata->topics[0].err &&
            metadata->topics[0].partition_cnt > 0;
    rd_kafka_metadata_destroy(metadata);
    rd_kafka_topic_destroy(topic);
    return found;
}

void broker_await_topic(const char *topic, bool there)
{
    int64_t end_ms = monotonic_ms() + ANSWER_MS;
    rd_kafka_t *client = make_client();

    while (has_topic(client, topic) != there) {
        CU_ASSERT_FATAL(monotonic_ms() < end_ms);
        sleep_ms(50);
    }
    rd_kafka_destroy(client);
}

void broker_delete_topic(const char *topic)
{
    rd_kafka_t *client = make_client();
    rd_kafka_queue_t *queue = rd_kafka_queue_new(client);
    rd_kafka_DeleteTopic_t *request = rd_kafka_DeleteTopic_new(topic);

    rd_kafka_DeleteTopics(client, &request, 1, NULL, queue);
    wait_for(queue);
    rd_kafka_DeleteTopic_destroy(request);
    rd_kafka_queue_destroy(queue);
    rd_kafka_destroy(client);
    broker_await_topic(topic, false);
}

void broker_delete_records(const char *topic, int32_t partition, int64_t before)
{
    rd_kafka_t *client = make_client();
    rd_kafka_queue_t *queue = rd_kafka_queue_new(client);
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(1);
    rd_kafka_DeleteRecords_t *request;

    rd_kafka_topic_partition_list_add(list, topic, partition)->offset = before;
    request = rd_kafka_DeleteRecords_new(list);
    rd_kafka_DeleteRecords(client, &request, 1, NULL, queue);
    wait_for(queue);
    rd_kafka_DeleteRecords_destroy(request);
    rd_kafka_topic_partition_list_destroy(list);
    rd_kafka_queue_destroy(queue);
    rd_kafka_destroy(client);
}

void broker_limit_dlq(const char *topic, int most_bytes)
{
    rd_kafka_t *client = make_client();
    rd_kafka_queue_t *queue = rd_kafka_queue_new(client);
    rd_kafka_ConfigResource_t *resource =
        rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC, topic);
    char limit[16];

    snprintf(limit, sizeof limit, "%d", most_bytes);
    rd_kafka_ConfigResource_set_config(resource, "max.message.bytes", limit);
    rd_kafka_ConfigResource_set_config(resource, "cleanup.policy", "delete");
    rd_kafka_ConfigResource_set_config(resource, "retention.ms", "1209600000");
    rd_kafka_ConfigResource_set_config(resource, "message.timestamp.type", "LogAppendTime");
    rd_kafka_AlterConfigs(client, &resource, 1, NULL, queue);
    wait_for(queue);
    rd_kafka_ConfigResource_destroy(resource);
    rd_kafka_queue_destroy(queue);
    rd_kafka_destroy(client);
}

void broker_signal(int number)
{
    char path[4096];
    FILE *file;
    int pid = 0;

    snprintf(path, sizeof path, "%s/kafka.pid", getenv("RUN_ROOT"));
    file = fopen(path, "re");
    CU_ASSERT_PTR_NOT_NULL_FATAL(file);
    CU_ASSERT_FATAL(fscanf(file, "%d", &pid) == 1 && pid > 1);
    fclose(file);
    CU_ASSERT_EQUAL_FATAL(kill(pid, number), 0);
}
