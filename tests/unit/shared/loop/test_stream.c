/* Streams over loopback, both ends on one loop. */
#include <CUnit/CUnit.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "loop/stream.h"

enum { LARGE = 4 << 20 };

struct fixture {
    struct loop *loop;
    struct loop_listener *listener;
    struct loop_stream *server, *client;
    size_t received;
    int opened, drained, ended, error;
    char port[8];
    uint8_t peer[16];
};

static void echo(void *data, struct span bytes)
{
    struct fixture *f = data;

    CU_ASSERT_EQUAL(loop_stream_write(f->server, bytes), 0);
}

static void on_server_ended(void *data, int error)
{
    struct fixture *f = data;

    (void)error;
    loop_stream_shutdown(f->server);
}

static const struct loop_stream_events server_events = {.received = echo, .ended = on_server_ended};

static void on_accepted(void *data, struct loop_stream *stream)
{
    struct fixture *f = data;

    f->server = stream;
    CU_ASSERT_EQUAL(loop_stream_peer(stream, f->peer), 0);
    loop_stream_start(stream, &server_events, f);
}

static void on_opened(void *data)
{
    struct fixture *f = data;
    char *large = calloc(1, LARGE);

    f->opened++;
    CU_ASSERT_EQUAL(loop_stream_write(f->client, span_of(large, LARGE)), 0);
    loop_stream_shutdown(f->client);
    free(large);
}

static void on_received(void *data, struct span bytes)
{
    ((struct fixture *)data)->received += bytes.size;
}

static void on_drained(void *data)
{
    ((struct fixture *)data)->drained++;
}

static void on_ended(void *data, int error)
{
    struct fixture *f = data;

    f->ended++;
    f->error = error;
    loop_stop(f->loop);
}

static const struct loop_stream_events client_events = {
    .opened = on_opened, .received = on_received, .drained = on_drained, .ended = on_ended};

static void listen_somewhere(struct fixture *f, const char *address)
{
    *f = (struct fixture){.loop = loop_new()};
    CU_ASSERT_EQUAL_FATAL(loop_listen(f->loop, address, on_accepted, f, &f->listener), 0);
    snprintf(f->port, sizeof f->port, "%d", loop_listener_port(f->listener));
}

static void release(struct fixture *f)
{
    loop_stream_free(f->client);
    loop_stream_free(f->server);
    loop_listener_free(f->listener);
    loop_free(f->loop);
}

void test_everything_that_is_written_arrives(void)
{
    struct fixture f;
    static const uint8_t loopback[16] = {[10] = 0xff, 0xff, 127, 0, 0, 1};

    listen_somewhere(&f, "127.0.0.1:0");
    f.client = loop_stream_connect(f.loop, "127.0.0.1", f.port, 0, &client_events, &f);
    loop_run(f.loop);
    CU_ASSERT_EQUAL(f.opened, 1);
    CU_ASSERT_EQUAL(f.received, LARGE);
    CU_ASSERT(f.drained >= 1);
    CU_ASSERT_EQUAL(f.ended, 1);
    CU_ASSERT_EQUAL(f.error, 0);
    CU_ASSERT_EQUAL(memcmp(f.peer, loopback, sizeof loopback), 0);
    release(&f);
}

void test_a_port_where_nobody_listens_ends_with_an_error(void)
{
    struct fixture f;

    listen_somewhere(&f, "127.0.0.1:0");
    loop_listener_free(f.listener);
    f.listener = NULL;
    f.client = loop_stream_connect(f.loop, "127.0.0.1", f.port, 0, &client_events, &f);
    loop_run(f.loop);
    CU_ASSERT_EQUAL(f.opened, 0);
    CU_ASSERT_EQUAL(f.error, -ECONNREFUSED);
    release(&f);
}

/* As on machines where "localhost" is ::1 first, and a server listens on 127.0.0.1 only. */
void test_trying_again_tries_each_address_of_a_name(void)
{
    bool opened = false;

    for (unsigned turn = 0; turn < 4 && !opened; turn++) {
        struct fixture f;

        listen_somewhere(&f, "127.0.0.1:0");
        f.client = loop_stream_connect(f.loop, "localhost", f.port, turn, &client_events, &f);
        loop_run(f.loop);
        opened = f.opened == 1;
        release(&f);
    }
    CU_ASSERT_TRUE(opened);
}

void test_a_stream_may_be_freed_while_it_connects(void)
{
    struct fixture f;

    listen_somewhere(&f, "127.0.0.1:0");
    f.client = loop_stream_connect(f.loop, "localhost", f.port, 0, &client_events, &f);
    loop_stream_free(f.client);
    f.client = NULL;
    release(&f);
    CU_ASSERT_EQUAL(f.opened, 0);
}
