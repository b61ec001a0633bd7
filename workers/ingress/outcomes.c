#include "outcomes.h"

#include <stdio.h>

#include "codec/codec.h"

static const char *status_of(const struct inbox_row *row)
{
    if (!row)
        return "pending";
    switch (row->outcome) {
    case OUTCOME_APPLIED:
        return "applied";
    case OUTCOME_FAILED:
        return "failed";
    case OUTCOME_PARKED:
        return "parked";
    default:
        return "rejected";
    }
}

/* The contract's reject, or NULL where the runtime or another version of the contract rejected. */
static const struct reject *reject_of(const struct message *message, int32_t outcome)
{
    if (outcome < 1 || (size_t)outcome > message->reject_count)
        return NULL;
    return &message->rejects[outcome - 1];
}

static const char *code_of(const struct message *message, int32_t outcome)
{
    const struct reject *reject = reject_of(message, outcome);

    if (outcome == REJECT_FORBIDDEN)
        return "forbidden";
    return reject ? reject->code : "rejected";
}

static void add_text(struct buf *json, const char *name, const char *value)
{
    buf_add_text(json, ",\"");
    buf_add_text(json, name);
    buf_add_text(json, "\":");
    buf_add_json(json, span_text(value));
}

static void add_what(struct buf *json, const struct outcome_token *token)
{
    char text[UUID_TEXT + 1];

    buf_add_text(json, "\"id\":\"");
    buf_add_text(json, uuid_format(token->id.uuid, text));
    buf_add_char(json, '"');
    add_text(json, "type", token->message->type);
    if (token->message->creates_tenant)
        add_text(json, "organization", uuid_format(token->tenant.uuid, text));
}

void outcomes_write(struct buf *json, const struct outcome *outcome, const char *state)
{
    const struct message *message = outcome->token->message;
    const struct inbox_row *row = outcome->row;
    const struct reject *reject = row ? reject_of(message, row->outcome) : NULL;
    char time[TIMESTAMP_TEXT + 1];

    add_what(json, outcome->token);
    add_text(json, state, row || !outcome->address ? status_of(row) : "accepted");
    if (outcome->address)
        add_text(json, "outcome", outcome->address);
    if (row && row->outcome > 0)
        add_text(json, "code", code_of(message, row->outcome));
    if (reject && reject->field)
        buf_printf(json, ",\"pointer\":\"%s/%s\"", outcome->pointer, reject->field);
    if (row)
        add_text(json, "decided_at", timestamp_format(row->decided_at, time));
}

void outcomes_answer(struct parts *parts, struct call *call, int status,
                     const struct outcome *outcome)
{
    const struct http_header headers[] = {
        {span_text("Cache-Control"), span_text("no-store")},
        {span_text("Location"), span_text(outcome->address)},
    };
    struct buf *json = &parts->scratch;

    buf_clear(json);
    buf_add_char(json, '{');
    outcomes_write(json, outcome, "status");
    buf_add_char(json, '}');
    call_answer(&parts->calls, call,
                &(struct http_response){.status = status,
                                        .content_type = "application/json",
                                        .body = buf_span(json),
                                        .headers = headers,
                                        .header_count = outcome->address ? 2 : 1});
}

/* Id and address, beside the problem's own members; empty without memory. */
static struct span make_members(struct call *call, const struct outcome *outcome)
{
    cleanup(buf_deinit) struct buf json = {0};
    char text[UUID_TEXT + 1];
    const char *copy;

    add_text(&json, "id", uuid_format(outcome->token->id.uuid, text));
    add_text(&json, "outcome", outcome->address);
    copy = arena_copy(call->arena, json.data, json.size);
    return span_of(copy, copy ? json.size : 0);
}

static const struct http_problem *make_rejected(struct call *call, const struct outcome *outcome)
{
    const struct message *message = outcome->token->message;
    const struct reject *reject = reject_of(message, outcome->row->outcome);
    bool has_field = reject && reject->field;
    struct http_problem_error *error = arena_alloc(call->arena, sizeof *error);
    struct http_problem problem = {.code = code_of(message, outcome->row->outcome),
                                   .detail =
                                       reject ? reject->sentence : "The command was rejected.",
                                   .errors = error,
                                   .error_count = error && has_field ? 1 : 0,
                                   .members = make_members(call, outcome)};

    if (outcome->row->outcome == REJECT_FORBIDDEN)
        problem.detail = "The organization does not permit this to you.";
    if (problem.error_count)
        *error = (struct http_problem_error){
            .pointer = arena_printf(call->arena, "%s/%s", outcome->pointer, reject->field),
            .code = problem.code,
            .detail = problem.detail};
    return call_keep_problem(call, &problem);
}

const struct http_problem *outcomes_problem(struct call *call, const struct outcome *outcome)
{
    if (outcome->row && outcome->row->outcome > 0)
        return make_rejected(call, outcome);
    if (outcome->row && outcome->row->outcome == OUTCOME_FAILED)
        return call_keep_problem(
            call, &(struct http_problem){.code = "failed",
                                         .detail = "The command could not be processed; it is kept "
                                                   "for an operator to look at.",
                                         .members = make_members(call, outcome)});
    return NULL;
}

const struct http_problem outcomes_reused = {
    .code = "idempotency_key_reused",
    .detail = "The Idempotency-Key was used before with another body."};

struct asking {
    struct parts *parts;
    struct call *call;
    struct outcome_token token;
};

static void on_told(void *data, int result, const struct inbox_row *row)
{
    struct asking *asking = data;
    struct parts *parts = asking->parts;

    if (result < 0)
        call_answer_unavailable(&parts->calls, asking->call, "The database does not answer.");
    else if (row && !digest_equal(&row->digest, &asking->token.digest))
        call_answer_problem(&parts->calls, asking->call, &outcomes_reused);
    else
        outcomes_answer(parts, asking->call, 200,
                        &(struct outcome){.token = &asking->token, .pointer = "#", .row = row});
}

static void answer_unknown(struct parts *parts, struct call *call)
{
    call_answer_problem(&parts->calls, call,
                        &(struct http_problem){.code = "unknown_outcome",
                                               .detail = "No command of yours has this outcome."});
}

void outcomes_get(struct parts *parts, struct call *call)
{
    struct asking *asking = arena_alloc(call->arena, sizeof *asking);
    struct inbox_key key;

    if (!asking) {
        call_answer_fault(&parts->calls, call);
        return;
    }
    asking->parts = parts;
    asking->call = call;
    if (outcome_token_read(call->params[0], parts->config->seal_key, &asking->token) < 0 ||
        !uuid_equal(asking->token.actor.uuid, call->user.uuid)) {
        answer_unknown(parts, call);
        return;
    }
    key = (struct inbox_key){.module = asking->token.message->module,
                             .tenant = asking->token.tenant,
                             .actor = asking->token.actor,
                             .id = asking->token.id};
    if (!inbox_wait(parts->inbox, &key, 0, on_told, asking))
        call_answer_fault(&parts->calls, call);
}
