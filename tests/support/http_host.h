/* An HTTP server on loopback in a thread of its own, for tests that are its clients. */
#ifndef SUPPORT_HTTP_HOST_H
#define SUPPORT_HTTP_HOST_H

#include <pthread.h>

#include "http/http_server.h"

struct http_host {
    struct loop *loop;
    struct http_server *server;
    int port;
    pthread_t thread;
    struct loop_wake *wake;
    void (*job)(void *data);
    void *data;
    pthread_mutex_t mutex;
    pthread_cond_t done;
};

/* Starts a server; the handler runs on the thread. */
void http_host_start(struct http_host *host, const struct http_handler *handler,
                     const struct http_limits *limits);

/* Runs a job on the thread, and waits until it is done. */
void http_host_do(struct http_host *host, void (*job)(void *data), void *data);

/* Frees the server, unless a job has freed it and set it to NULL, and ends the thread. */
void http_host_stop(struct http_host *host);

#endif
