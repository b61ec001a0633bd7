#include "queries.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "auth/digest.h"
#include "codec/codec.h"
#include "cursor.h"
#include "doorkeeper.h"
#include "http/http_etag.h"
#include "log/log.h"
#include "question.h"
#include "runtime/uow.h"

enum {
    ROUND_BYTES = 64 << 20,
    ROUND_MAX = 500,
    CACHED_MS = 600000,
    QUARTER_US = 15 * 60 * 1000000,
    ETAG_TEXT = 4 + 32, /* W/"..." */
};

struct offer {
    const struct worker *worker;
    const struct query *query;
    void *settings;
};

enum stage { CHECK, LOAD };

struct asking {
    struct asking *next;
    struct queries *queries;
    struct call *call;
    const struct offer *offer;
    struct question question;
    struct query_call query_call;
    struct command command; /* in whose name the unit of work loads */
    enum stage stage;
    bool alone;        /* after a round that failed: it may have been this one's fault */
    unsigned awaiting; /* answers that are to come before the cache is asked: rights and version */
    bool permitted, has_version, failed;
    int64_t version;
    int malformed; /* the number of a parameter, from 1; 0: none */
};

struct queries {
    struct call_pool *calls;
    struct versions *versions;
    struct cache *cache;
    const uint8_t *seal_key;
    struct database_part part;
    struct uow *uow;
    struct asking *first, **last; /* in order; the first `in_round` are asked */
    size_t count, in_round;
    struct offer *offers;
    size_t offer_count;
};

static void answer_forbidden(struct asking *asking)
{
    call_answer_problem(
        asking->queries->calls, asking->call,
        &(struct http_problem){.code = "forbidden",
                               .detail = "The organization does not permit this to you."});
}

static void answer_unavailable(struct asking *asking)
{
    call_answer_unavailable(asking->queries->calls, asking->call, "The database does not answer.");
}

/* The body and the Link of a page behind which there is another (RFC 8288). */
static int write_next(const struct asking *asking, struct span items, struct uuid from,
                      struct buf *body, struct buf *link)
{
    cleanup(buf_deinit) struct buf cursor = {0};
    int r = cursor_write(&asking->question.about, from, asking->queries->seal_key, &cursor);

    if (r < 0)
        return r;
    buf_add(body, items.data, items.size - 1); /* but for the brace */
    buf_printf(body, ",\"next\":\"%s\"}", cursor.data);
    buf_add_char(link, '<');
    question_write_next(call_request(asking->call), buf_span(&cursor), link);
    buf_add_text(link, ">; rel=\"next\"");
    return buf_failed(body) || buf_failed(link) ? -ENOMEM : 0;
}

/* `known` is what the cache may know: the answer, and behind a line's end the key of the next
 * page's first row. A cursor is sealed anew each time, so the tag is of what is known. */
static void answer_known(struct asking *asking, struct span known)
{
    struct span given = http_request_header(call_request(asking->call), "If-None-Match");
    const char *end = known.size ? memchr(known.data, '\n', known.size) : NULL;
    struct span body = end ? span_of(known.data, (size_t)(end - known.data)) : known;
    cleanup(buf_deinit) struct buf page = {0}, link = {0};
    char text[DIGEST_TEXT + 1], etag[ETAG_TEXT + 1];
    struct digest digest = digest_of(known);
    struct http_header headers[] = {
        {span_text("Cache-Control"), span_text("private, no-cache")},
        {span_text("ETag"), span_of(etag, ETAG_TEXT)},
        {span_text("Link"), span_of(NULL, 0)},
    };
    struct uuid from;
    bool same;

    if (end && (uuid_parse(span_of(end + 1, known.size - body.size - 1), &from) < 0 ||
                write_next(asking, body, from, &page, &link) < 0)) {
        call_answer_fault(asking->queries->calls, asking->call);
        return;
    }
    headers[2].value = buf_span(&link);
    digest_format(&digest, text);
    snprintf(etag, sizeof etag, "W/\"%.32s\"", text);
    same = http_etag_matches(given, span_of(etag, ETAG_TEXT));
    call_answer(asking->queries->calls, asking->call,
                &(struct http_response){.status = same ? 304 : 200,
                                        .content_type = same ? NULL : "application/json",
                                        .body = same  ? span_of(NULL, 0)
                                                : end ? buf_span(&page)
                                                      : body,
                                        .headers = headers,
                                        .header_count = end ? 3 : 2});
}

static void enqueue(struct asking *asking, enum stage stage)
{
    struct queries *queries = asking->queries;

    asking->stage = stage;
    asking->next = NULL;
    *queries->last = asking;
    queries->last = &asking->next;
    queries->count++;
}

/* An answer depends on the clock by the organization's day at most, and days begin at a quarter of
 * an hour everywhere: the quarter is a part of the key. */
static int key_of(const struct asking *asking, struct cache_key *ret_key)
{
    const struct page *page = &asking->query_call.page;
    char about[DIGEST_TEXT + 1], quarter[24], limit[24], from[UUID_TEXT + 1];
    struct span parts[4];

    snprintf(quarter, sizeof quarter, "%lld", (long long)(asking->query_call.at.us / QUARTER_US));
    snprintf(limit, sizeof limit, "%zu", page->limit);
    parts[0] = span_text(digest_format(&asking->question.about, about));
    parts[1] = span_text(quarter);
    parts[2] = span_text(limit);
    parts[3] = span_text(uuid_format(page->from, from));
    return cache_key(asking->query_call.tenant, asking->question.message->name, parts,
                     asking->question.message->paged ? 4 : 2, ret_key);
}

static void on_cached(void *data, struct span value)
{
    struct asking *asking = data;

    if (value.data)
        answer_known(asking, value);
    else
        enqueue(asking, LOAD);
}

/* Rights and version are there. */
static void look_in_cache(struct asking *asking)
{
    struct cache_key key;

    if (asking->failed)
        answer_unavailable(asking);
    else if (!asking->permitted)
        answer_forbidden(asking);
    else if (asking->has_version && key_of(asking, &key) == 0)
        cache_get(asking->queries->cache, &key, asking->version, on_cached, asking);
    else
        enqueue(asking, LOAD);
}

static void on_version(void *data, int result, int64_t version)
{
    struct asking *asking = data;

    asking->has_version = result == 0;
    asking->version = version;
    if (--asking->awaiting == 0)
        look_in_cache(asking);
}

static bool wants(void *data)
{
    return ((struct queries *)data)->count > 0;
}

/* Whom it is about, where the scope names somebody. */
static const struct user_id *subject_of(const struct asking *asking)
{
    const struct message *message = asking->question.message;

    if (message->scope != SCOPE_PLAYER)
        return NULL;
    return (const void *)((const char *)asking->question.params + message->scope_field->offset);
}

static int want(struct uow *uow, struct asking *asking)
{
    const struct query *query = asking->offer->query;

    uow_enter(uow, asking->offer->worker->name, &asking->command);
    asking->malformed = 0;
    if (asking->stage == CHECK)
        uow_want_permission(uow, asking->query_call.actor, query->on->permission,
                            subject_of(asking));
    else
        asking->malformed = query->load(uow, &asking->query_call);
    return uow_leave_load(uow);
}

/* How many go together: whoever spoilt a round perhaps goes alone. */
static size_t size_of_round(const struct queries *queries)
{
    size_t count = 0;

    if (queries->first->alone)
        return 1;
    for (const struct asking *at = queries->first; at && !at->alone && count < ROUND_MAX;
         at = at->next)
        count++;
    return count;
}

static int queue(void *data, struct pg *pg, struct arena *arena)
{
    struct queries *queries = data;
    struct asking *asking = queries->first;
    int r = 0;

    (void)arena; /* the unit of work has its own */
    queries->in_round = size_of_round(queries);
    uow_begin(queries->uow);
    for (size_t i = 0; i < queries->in_round && r == 0; i++, asking = asking->next)
        r = want(queries->uow, asking);
    return r < 0 ? r : uow_queue_loads(queries->uow, pg);
}

static struct asking *take_first(struct queries *queries)
{
    struct asking *asking = queries->first;

    queries->first = asking->next;
    if (!queries->first)
        queries->last = &queries->first;
    queries->count--;
    return asking;
}

static void settle_check(struct asking *asking)
{
    struct uow *uow = asking->queries->uow;

    uow_enter(uow, asking->offer->worker->name, &asking->command);
    asking->permitted = uow_permitted(uow, asking->query_call.actor,
                                      asking->question.message->permission, subject_of(asking));
    if (--asking->awaiting == 0)
        look_in_cache(asking);
}

static void answer_fault(struct asking *asking, int error)
{
    log_error(&(struct log_context){.worker = "ingress",
                                    .tenant = &asking->query_call.tenant,
                                    .type = asking->question.message->type,
                                    .error = strerror(-error)},
              "a query failed");
    call_answer_fault(asking->queries->calls, asking->call);
}

/* Appends what can be known of the answer, as answer_known takes it. */
static int render(struct asking *asking, struct buf *known)
{
    const struct query *query = asking->offer->query;
    struct uow *uow = asking->queries->uow;
    void *answer = arena_alloc(uow_arena(uow), query->on->answer->size);
    char from[UUID_TEXT + 1];
    struct uuid next;
    int r = -ENOMEM;

    uow_enter(uow, asking->offer->worker->name, &asking->command);
    if (answer)
        r = query->answer(uow, &asking->query_call, answer);
    if (r == 0)
        r = codec_encode_json(query->on->answer, answer, known);
    if (r == 0 && query->on->paged && uow_page_next(uow, &next))
        buf_printf(known, "\n%s", uuid_format(next, from));
    if (r == 0 && buf_failed(known))
        r = -ENOMEM;
    return uow_leave(uow, r);
}

/* What one of a round takes for its answer, the others lack. */
static bool shared_memory(const struct asking *asking, int error)
{
    return error == -ENOMEM && !asking->alone;
}

static void enqueue_alone(struct asking *asking)
{
    asking->alone = true;
    enqueue(asking, asking->stage);
}

static void settle_load(struct asking *asking)
{
    cleanup(buf_deinit) struct buf known = {0};
    struct cache_key key;
    int r;

    if (asking->malformed > 0) {
        question_refuse_param(&asking->question, asking->queries->calls, asking->call,
                              (size_t)asking->malformed);
        return;
    }
    r = render(asking, &known);
    if (r == -ENOENT) {
        call_answer_problem(
            asking->queries->calls, asking->call,
            &(struct http_problem){.code = "not_found", .detail = "There is no such thing."});
    } else if (shared_memory(asking, r)) {
        enqueue_alone(asking);
    } else if (r < 0) {
        answer_fault(asking, r);
    } else {
        if (asking->has_version && key_of(asking, &key) == 0)
            cache_set(asking->queries->cache, &key, asking->version, buf_span(&known), CACHED_MS);
        answer_known(asking, buf_span(&known));
    }
}

/* One of them may have made the round fail: each tries again alone, and then it is its own fault.
 */
static void try_alone(struct queries *queries, int error)
{
    for (size_t count = queries->in_round; count; count--) {
        struct asking *asking = take_first(queries);

        if (asking->alone)
            answer_fault(asking, error);
        else
            enqueue_alone(asking);
    }
}

static void take(void *data, struct pg *pg)
{
    struct queries *queries = data;
    int r = uow_take_loads(queries->uow, pg, 0);

    if (r < 0) {
        try_alone(queries, r);
        return;
    }
    for (size_t count = queries->in_round; count; count--) {
        struct asking *asking = take_first(queries);

        if (asking->stage == CHECK)
            settle_check(asking);
        else
            settle_load(asking);
    }
}

static void fail(void *data)
{
    struct queries *queries = data;

    for (size_t count = queries->count; count; count--) {
        struct asking *asking = take_first(queries);

        asking->failed = true;
        if (asking->stage == LOAD || --asking->awaiting == 0)
            answer_unavailable(asking);
    }
}

static void *read_settings(const struct config *config, const struct worker *worker)
{
    char *settings = calloc(1, worker->settings_size ? worker->settings_size : 1);

    for (const struct setting *at = worker->settings; settings && at && at->name; at++) {
        int64_t value = config_number(config, worker->name, at->name);

        memcpy(settings + at->offset, &value, sizeof value);
    }
    return settings;
}

static int add_offers(struct queries *queries, const struct config *config)
{
    for (const struct worker *const *worker = workers; *worker; worker++) {
        for (const struct query *query = (*worker)->queries; query && query->on; query++) {
            struct offer *offers =
                reallocarray(queries->offers, queries->offer_count + 1, sizeof *offers);
            void *settings = read_settings(config, *worker);

            if (!offers || !settings) {
                free(settings);
                return -ENOMEM;
            }
            queries->offers = offers;
            offers[queries->offer_count++] =
                (struct offer){.worker = *worker, .query = query, .settings = settings};
        }
    }
    return 0;
}

struct queries *queries_new(const struct config *config, struct call_pool *calls,
                            struct database *database, struct versions *versions,
                            struct cache *cache)
{
    struct queries *queries = calloc(1, sizeof *queries);

    if (!queries)
        return NULL;
    queries->calls = calls;
    queries->versions = versions;
    queries->cache = cache;
    queries->seal_key = config->seal_key;
    queries->last = &queries->first;
    queries->uow = uow_new(ROUND_BYTES);
    if (!queries->uow || add_offers(queries, config) < 0) {
        queries_free(queries);
        return NULL;
    }
    queries->part = (struct database_part){
        .wants = wants, .queue = queue, .take = take, .fail = fail, .data = queries};
    database_add(database, &queries->part);
    return queries;
}

void queries_free(struct queries *queries)
{
    if (!queries)
        return;
    uow_free(queries->uow);
    for (size_t i = 0; i < queries->offer_count; i++)
        free(queries->offers[i].settings);
    free(queries->offers);
    free(queries);
}

const struct query *queries_at(const struct queries *queries, size_t index)
{
    return index < queries->offer_count ? queries->offers[index].query : NULL;
}

static void fill(struct asking *asking)
{
    struct call *call = asking->call;

    asking->query_call = (struct query_call){.tenant = call->tenant,
                                             .actor = call->user,
                                             .at = timestamp_now(),
                                             .params = asking->question.params,
                                             .settings = asking->offer->settings,
                                             .page = asking->question.page};
    asking->command = (struct command){
        .tenant = call->tenant,
        .actor = {.kind = ACTOR_USER, .user = call->user, .text = span_text(call->actor)},
        .at = asking->query_call.at};
}

void queries_answer(struct queries *queries, size_t index, struct call *call)
{
    const struct offer *offer = &queries->offers[index];
    const struct message *message = offer->query->on;
    struct asking *asking;

    if (!doorkeeper_wants_tenant(queries->calls, call))
        return;
    asking = arena_alloc(call->arena, sizeof *asking);
    if (!asking) {
        call_answer_fault(queries->calls, call);
        return;
    }
    asking->queries = queries;
    asking->call = call;
    asking->offer = offer;
    if (!question_read(message, queries->calls, call, queries->seal_key, &asking->question))
        return;
    fill(asking);
    asking->awaiting = 2;
    enqueue(asking, CHECK);
    versions_ask(queries->versions, message->module, call->tenant,
                 message_aggregate(message, call->tenant, asking->question.params), on_version,
                 asking);
}
