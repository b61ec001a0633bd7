/* Authenticated requests, and what must come of them. */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "auth/token.h"
#include "codec/codec.h"
#include "edge.h"

enum {
    REQUESTS = 2000, /* different ones */
    SENDERS = 500,   /* players who send them, each with a token */
    READY_S = 20,
    TOKEN_S = 7200,
};

void bench_add_token(const struct bench *bench, const struct bench_player *player,
                     struct buf *request)
{
    const struct config *config = bench->config;

    if (token_mint(span_text(config->issuers[0].secret), NULL, config->issuers[0].issuer,
                   config->issuers[0].audience, player->user, timestamp_now(), TOKEN_S,
                   request) < 0)
        give_up("a token could not be minted");
}

void bench_command(const struct bench *bench, const struct bench_player *sender,
                   const struct message *message, const void *body, struct buf *request)
{
    cleanup(buf_deinit) struct buf json = {0};
    char tenant[UUID_TEXT + 1];

    if (codec_encode_json(message, body, &json) < 0)
        give_up("a command could not be encoded");
    buf_printf(request,
               "POST /v1/commands/%s HTTP/1.1\r\nHost: %s\r\n"
               "Content-Type: application/json\r\nX-Organization-ID: %s\r\n"
               "Content-Length: %zu\r\nAuthorization: Bearer ",
               message->name, bench->config->http_listen,
               uuid_format(sender->club->tenant.uuid, tenant), json.size);
    bench_add_token(bench, sender, request);
    buf_add_text(request, "\r\n\r\n");
    buf_add(request, json.data, json.size);
    if (buf_failed(request))
        give_up("no memory");
}

void bench_request(const struct bench *bench, const struct bench_player *player, size_t i,
                   struct buf *request)
{
    const struct mc_record_check check = {
        .player = player->user,
        .habit = player->habits[i % HABITS],
        .day = date_of_seconds(timestamp_seconds(timestamp_now())),
        .done = i / HABITS % 2 == 0,
    };

    bench_command(bench, player, &mc_record_check_message, &check, request);
}

void bench_week_request(const struct bench *bench, const struct bench_player *player,
                        size_t weeks_back, struct span etag, struct buf *request)
{
    const struct date today = date_of_seconds(timestamp_seconds(timestamp_now()));
    char text[UUID_TEXT + 1], tenant[UUID_TEXT + 1], week[WEEK_TEXT + 1];

    buf_printf(request, "GET /v1/mc/players/%s/weeks/%s HTTP/1.1\r\nHost: %s\r\n",
               uuid_format(player->user.uuid, text),
               week_format(date_add(today, -(int32_t)weeks_back * DAYS_OF_WEEK), week),
               bench->config->http_listen);
    buf_printf(request, "X-Organization-ID: %s\r\n",
               uuid_format(player->club->tenant.uuid, tenant));
    if (etag.size > 0)
        buf_printf(request, "If-None-Match: %.*s\r\n", (int)etag.size, etag.data);
    buf_add_text(request, "Authorization: Bearer ");
    bench_add_token(bench, player, request);
    buf_add_text(request, "\r\n\r\n");
    if (buf_failed(request))
        give_up("no memory");
}

struct buf *bench_new_requests(size_t count)
{
    struct buf *requests = calloc(count, sizeof *requests);

    if (!requests)
        give_up("no memory");
    return requests;
}

struct buf *bench_requests(const struct bench *bench, size_t *ret_count)
{
    struct buf *requests = bench_new_requests(REQUESTS);

    for (size_t i = 0; i < REQUESTS; i++)
        bench_request(bench, &bench->population->players[i % SENDERS * (PLAYERS / SENDERS)],
                      i / SENDERS + i, &requests[i]);
    *ret_count = REQUESTS;
    return requests;
}

struct buf *edge_checks(const struct bench *bench, size_t senders, size_t *ret_count)
{
    const size_t count = senders * HABITS * 2;
    struct buf *requests = bench_new_requests(count);

    for (size_t i = 0; i < count; i++)
        bench_request(bench, &bench->population->players[i % senders * (PLAYERS / senders)],
                      i / senders, &requests[i]);
    *ret_count = count;
    return requests;
}

void bench_wait_ready(const struct bench *bench, pid_t ingress)
{
    int64_t end_ms = monotonic_ms() + READY_S * 1000;

    for (bool ready = false; !ready;) {
        cleanup(buf_deinit) struct buf page = bench_page(bench, "/readyz");

        ready = page.data && strncmp(page.data, "HTTP/1.1 200 ", 13) == 0;
        if (!bench_runs(ingress) || monotonic_ms() > end_ms)
            give_up("the ingress is not ready; its log is in RUN_ROOT");
        if (!ready)
            nanosleep(&(struct timespec){.tv_nsec = 50000000}, NULL);
    }
}

void edge_tell_others(struct report *report, const struct load_result *result, const char *sentence)
{
    report_bound(report, result->others == 0, sentence);
    if (result->others > 0)
        printf("  %zu others, the first: %s\n", result->others, result->first_other);
}

void edge_check_applied(struct bench *bench, struct report *report, size_t accepted)
{
    report_bound(report,
                 bench_number(bench, "select count(*) from mc.inbox where outcome = 0") >=
                     (int64_t)accepted,
                 "as many commands were applied as got a 202");
}
