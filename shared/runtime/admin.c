#include "runtime/admin.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "http/http_server.h"
#include "metrics/metrics.h"

struct admin {
    struct http_server *server;
    struct http_router *router;
    struct admin_asks asks;
};

static void answer(struct http_exchange *exchange, int status, const char *content_type,
                   const struct buf *body)
{
    http_answer(exchange, &(struct http_response){.status = status,
                                                  .content_type = content_type,
                                                  .body = buf_span(body)});
}

void admin_answer_health(struct http_exchange *exchange)
{
    cleanup(buf_deinit) struct buf body = {0};

    buf_add_text(&body, "{\"status\":\"ok\"}\n");
    answer(exchange, 200, "application/json", &body);
}

void admin_answer_readiness(struct http_exchange *exchange, bool ready, const struct buf *away)
{
    cleanup(buf_deinit) struct buf body = {0};

    buf_printf(&body, "{\"status\":\"%s\"", ready ? "ready" : "not_ready");
    if (away->size > 0) {
        buf_add_text(&body, ",\"away\":");
        buf_add_json(&body, buf_span(away));
    }
    buf_add_text(&body, "}\n");
    answer(exchange, ready ? 200 : 503, "application/json", &body);
}

static void healthz(struct http_exchange *exchange, void *data)
{
    cleanup(buf_deinit) struct buf stuck = {0}, body = {0};
    const struct admin *admin = data;

    if (admin->asks.alive(admin->asks.data, &stuck)) {
        admin_answer_health(exchange);
        return;
    }
    buf_add_text(&body, "{\"status\":\"stuck\",\"stuck\":");
    buf_add_json(&body, buf_span(&stuck));
    buf_add_text(&body, "}\n");
    answer(exchange, 503, "application/json", &body);
}

static void readyz(struct http_exchange *exchange, void *data)
{
    cleanup(buf_deinit) struct buf away = {0};
    const struct admin *admin = data;
    bool ready = admin->asks.ready(admin->asks.data, &away);

    admin_answer_readiness(exchange, ready, &away);
}

static void metrics(struct http_exchange *exchange, void *data)
{
    cleanup(buf_deinit) struct buf body = {0};

    (void)data;
    metrics_render(&body);
    answer(exchange, 200, "text/plain; version=0.0.4; charset=utf-8", &body);
}

static void handle(struct http_exchange *exchange, void *data)
{
    http_router_handle(((const struct admin *)data)->router, exchange);
}

int admin_start(struct loop *loop, const char *listen, const struct admin_asks *asks,
                struct admin **ret_admin, struct buf *error)
{
    struct admin *admin = calloc(1, sizeof *admin);
    int r = -ENOMEM;

    if (!admin)
        return r;
    admin->asks = *asks;
    admin->router = http_router_new();
    if (!admin->router)
        goto fail;
    if ((r = http_router_add(admin->router, "GET", "/healthz", healthz, admin)) < 0 ||
        (r = http_router_add(admin->router, "GET", "/readyz", readyz, admin)) < 0 ||
        (r = http_router_add(admin->router, "GET", "/metrics", metrics, admin)) < 0)
        goto fail;
    r = http_server_start(loop, listen, &(struct http_handler){.handle = handle, .data = admin},
                          &http_limits_default, &admin->server);
    if (r < 0) {
        buf_printf(error, "cannot listen on %s (IDPMC_ADMIN_LISTEN): %s", listen, strerror(-r));
        goto fail;
    }
    *ret_admin = admin;
    return 0;
fail:
    admin_free(admin);
    return r;
}

void admin_free(struct admin *admin)
{
    if (!admin)
        return;
    http_server_free(admin->server);
    http_router_free(admin->router);
    free(admin);
}
