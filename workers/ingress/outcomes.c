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
    buf_printf(json, ",\"%s\":", name);
    buf_add_json(json, span_text(value));
}

static void add_what(struct buf *json, const struct outcome_token *token)
{
    char text[UUID_TEXT + 1];

    buf_printf(json, "\"id\":\"%s\"", uuid_format(token->id.uuid, text));
    add_text(json, "type", token->message->type);
    if (token->message->creates_tenant)
        add_text(json, "organization", uuid_format(token->tenant.uuid, text));
}

static void write_outcome(struct buf *json, const struct outcome_token *token,
                          const struct inbox_row *row, const char *address)
{
    const struct reject *reject = row ? reject_of(token->message, row->outcome) : NULL;
    char time[TIMESTAMP_TEXT + 1];

    buf_add_char(json, '{');
    add_what(json, token);
    add_text(json, "status", row || !address ? status_of(row) : "accepted");
    if (address)
        add_text(json, "outcome", address);
    if (row && row->outcome > 0)
        add_text(json, "code", code_of(token->message, row->outcome));
    if (reject && reject->field)
        buf_printf(json, ",\"pointer\":\"#/%s\"", reject->field);
    if (row)
        add_text(json, "decided_at", timestamp_format(row->decided_at, time));
    buf_add_char(json, '}');
}

static void answer_json(struct parts *parts, struct call *call, int status, struct span body,
                        const char *address)
{
    const struct http_header headers[] = {
        {span_text("Cache-Control"), span_text("no-store")},
        {span_text("Location"), span_text(address)},
    };

    call_answer(&parts->calls, call,
                &(struct http_response){.status = status,
                                        .content_type = "application/json",
                                        .body = body,
                                        .headers = headers,
                                        .header_count = address ? 2 : 1});
}

static void answer_reused(struct parts *parts, struct call *call)
{
    call_answer_problem(
        &parts->calls, call,
        &(struct http_problem){.code = "idempotency_key_reused",
                               .detail = "The Idempotency-Key was used before with another body."});
}

/* Id and address beside the problem's own members. */
static void write_members(struct buf *json, const struct outcome_token *token, const char *address)
{
    char text[UUID_TEXT + 1];

    add_text(json, "id", uuid_format(token->id.uuid, text));
    add_text(json, "outcome", address);
}

static void answer_rejected(struct parts *parts, struct call *call,
                            const struct outcome_token *token, const char *address, int32_t outcome)
{
    const struct reject *reject = reject_of(token->message, outcome);
    const char *sentence = reject ? reject->sentence : "The command was rejected.";
    cleanup(buf_deinit) struct buf members = {0};
    char pointer[CODEC_POINTER_BYTES];
    struct http_problem_error error = {pointer, code_of(token->message, outcome), sentence};

    if (outcome == REJECT_FORBIDDEN)
        sentence = "The organization does not permit this to you.";
    if (reject && reject->field)
        snprintf(pointer, sizeof pointer, "#/%s", reject->field);
    write_members(&members, token, address);
    call_answer_problem(&parts->calls, call,
                        &(struct http_problem){.code = code_of(token->message, outcome),
                                               .detail = sentence,
                                               .errors = &error,
                                               .error_count = reject && reject->field ? 1 : 0,
                                               .members = buf_span(&members)});
}

static void answer_failed(struct parts *parts, struct call *call, const struct outcome_token *token,
                          const char *address)
{
    cleanup(buf_deinit) struct buf members = {0};

    write_members(&members, token, address);
    call_answer_problem(&parts->calls, call,
                        &(struct http_problem){.code = "failed",
                                               .detail = "The command could not be processed; it "
                                                         "is kept for an operator to look at.",
                                               .members = buf_span(&members)});
}

void outcomes_answer_waiter(struct parts *parts, struct call *call,
                            const struct outcome_token *token, const char *address,
                            const struct inbox_row *row)
{
    cleanup(buf_deinit) struct buf json = {0};

    if (row && !digest_equal(&row->digest, &token->digest)) {
        answer_reused(parts, call);
    } else if (row && row->outcome > 0) {
        answer_rejected(parts, call, token, address, row->outcome);
    } else if (row && row->outcome == OUTCOME_FAILED) {
        answer_failed(parts, call, token, address);
    } else {
        write_outcome(&json, token, row, address);
        answer_json(parts, call, row && row->outcome == OUTCOME_APPLIED ? 200 : 202,
                    buf_span(&json), address);
    }
}

struct asking {
    struct parts *parts;
    struct call *call;
    struct outcome_token token;
};

static void on_told(void *data, int result, const struct inbox_row *row)
{
    struct asking *asking = data;
    struct parts *parts = asking->parts;
    cleanup(buf_deinit) struct buf json = {0};

    if (result < 0) {
        call_answer_unavailable(&parts->calls, asking->call, "The database does not answer.");
    } else if (row && !digest_equal(&row->digest, &asking->token.digest)) {
        answer_reused(parts, asking->call);
    } else {
        write_outcome(&json, &asking->token, row, NULL);
        answer_json(parts, asking->call, 200, buf_span(&json), NULL);
    }
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
