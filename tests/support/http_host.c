#include "support/http_host.h"

#include <CUnit/CUnit.h>

static void on_wake(void *data)
{
    struct http_host *host = data;

    pthread_mutex_lock(&host->mutex);
    if (host->job)
        host->job(host->data);
    host->job = NULL;
    pthread_cond_signal(&host->done);
    pthread_mutex_unlock(&host->mutex);
}

static void *run(void *data)
{
    loop_run(((struct http_host *)data)->loop);
    return NULL;
}

void http_host_start(struct http_host *host, const struct http_handler *handler,
                     const struct http_limits *limits)
{
    *host = (struct http_host){.loop = loop_new()};
    pthread_mutex_init(&host->mutex, NULL);
    pthread_cond_init(&host->done, NULL);
    host->wake = loop_wake_new(host->loop, on_wake, host);
    CU_ASSERT_EQUAL_FATAL(
        http_server_start(host->loop, "127.0.0.1:0", handler, limits, &host->server), 0);
    host->port = http_server_port(host->server);
    CU_ASSERT_EQUAL_FATAL(pthread_create(&host->thread, NULL, run, host), 0);
}

void http_host_do(struct http_host *host, void (*job)(void *data), void *data)
{
    pthread_mutex_lock(&host->mutex);
    host->job = job;
    host->data = data;
    loop_wake_send(host->wake);
    while (host->job)
        pthread_cond_wait(&host->done, &host->mutex);
    pthread_mutex_unlock(&host->mutex);
}

static void end(void *data)
{
    struct http_host *host = data;

    http_server_free(host->server);
    loop_stop(host->loop);
}

void http_host_stop(struct http_host *host)
{
    http_host_do(host, end, host);
    pthread_join(host->thread, NULL);
    loop_wake_free(host->wake);
    loop_free(host->loop);
    pthread_cond_destroy(&host->done);
    pthread_mutex_destroy(&host->mutex);
}
