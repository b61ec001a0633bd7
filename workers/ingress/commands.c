/* POST /v1/commands/{type}: checked against its contract, published, and accepted only when Kafka
 * has it. */
#include <errno.h>
#include <strings.h>

#include "base/date.h"
#include "codec/codec.h"
#include "log/log.h"
#include "outcomes.h"
#include "runtime/record.h"

enum { KEY_MAX = 128, WAIT_MAX_S = 30, ADDRESS_BYTES = 512 };

struct posting {
    struct parts *parts;
    struct call *call;
    const struct message *message;
    const void *body;
    struct span key; /* Idempotency-Key; or empty */
    int64_t wait_ms;
    struct outcome_token token;
    const char *address; /* of the outcome */
};

static void refuse(struct posting *posting, const char *code, const char *detail)
{
    call_answer_problem(&posting->parts->calls, posting->call,
                        &(struct http_problem){.code = code, .detail = detail});
}

/* What no token may send is not served here. */
static bool find_message(struct posting *posting)
{
    posting->message = message_find_command(posting->call->params[0]);
    if (posting->message && posting->message->scope != SCOPE_NONE)
        return true;
    refuse(
        posting, "unknown_type",
        "The path names no command that can be sent here, as /v1/commands/mc.record-check does.");
    return false;
}

/* "application/json", in any case, with or without parameters. */
static bool is_json(struct span type)
{
    static const char json[] = "application/json";
    size_t size = sizeof json - 1;

    if (type.size < size || strncasecmp(type.data, json, size) != 0)
        return false;
    return type.size == size || type.data[size] == ';' || type.data[size] == ' ';
}

static bool check_content_type(struct posting *posting)
{
    if (is_json(http_request_header(call_request(posting->call), "Content-Type")))
        return true;
    refuse(posting, "unsupported_media_type", "The body has to be application/json.");
    return false;
}

static void refuse_invalid(struct posting *posting, const struct codec_errors *errors)
{
    struct http_problem_error list[CODEC_MAX_ERRORS];

    for (size_t i = 0; i < errors->count; i++)
        list[i] = (struct http_problem_error){.pointer = errors->list[i].pointer,
                                              .code = errors->list[i].code,
                                              .detail = errors->list[i].detail};
    call_answer_problem(&posting->parts->calls, posting->call,
                        &(struct http_problem){.code = "invalid_body",
                                               .detail = "The errors say which fields are wrong.",
                                               .errors = list,
                                               .error_count = errors->count});
}

static bool decode_body(struct posting *posting)
{
    const struct http_request *request = call_request(posting->call);
    struct codec_errors errors = {.count = 0};
    int r = codec_decode_json(posting->message, request->body, CODEC_UNKNOWN_REFUSED,
                              posting->call->arena, &errors, &posting->body);

    if (r == CODEC_MALFORMED)
        refuse(posting, "malformed_json", errors.count ? errors.list[0].detail : NULL);
    else if (r == CODEC_INVALID)
        refuse_invalid(posting, &errors);
    else if (r < 0)
        call_answer_fault(&posting->parts->calls, posting->call);
    return r == 0;
}

/* As draft-ietf-httpapi-idempotency-key-header has it, a string in quotes, or without them. */
static bool read_key(struct posting *posting)
{
    struct span key = http_request_header(call_request(posting->call), "Idempotency-Key");
    bool good = true;

    if (!key.data)
        return true;
    if (key.size >= 2 && key.data[0] == '"' && key.data[key.size - 1] == '"')
        key = span_of(key.data + 1, key.size - 2);
    for (size_t i = 0; i < key.size; i++)
        good &= key.data[i] > ' ' && key.data[i] < 0x7f;
    posting->key = key;
    if (good && key.size >= 1 && key.size <= KEY_MAX)
        return true;
    refuse(posting, "malformed_idempotency_key",
           "Idempotency-Key has 1 to 128 visible ASCII characters.");
    return false;
}

/* RFC 7240: "wait=10" among the preferences; what is not understood is passed over. */
static int64_t read_wait(const struct http_request *request)
{
    struct span rest = http_request_header(request, "Prefer");

    while (rest.size) {
        const char *end = memchr(rest.data, ',', rest.size);
        size_t size = end ? (size_t)(end - rest.data) : rest.size, at = 0;
        int64_t seconds = 0;

        while (at < size && rest.data[at] == ' ')
            at++;
        if (size - at > 5 && strncasecmp(rest.data + at, "wait=", 5) == 0) {
            for (at += 5; at < size && rest.data[at] >= '0' && rest.data[at] <= '9'; at++)
                if (seconds <= WAIT_MAX_S)
                    seconds = seconds * 10 + (rest.data[at] - '0');
            return (seconds < WAIT_MAX_S ? seconds : WAIT_MAX_S) * 1000;
        }
        rest = end ? span_of(end + 1, rest.size - size - 1) : span_of(NULL, 0);
    }
    return 0;
}

static struct message_id command_id(const struct posting *posting)
{
    const struct message *message = posting->message;
    struct tenant_id scope =
        message->creates_tenant ? (struct tenant_id){{{0}}} : posting->call->tenant;

    if (posting->key.size == 0)
        return (struct message_id){uuid_v7(timestamp_now().us / 1000)};
    return derive_command(message->module, scope, span_text(posting->call->actor), message->type,
                          posting->key);
}

static const char *make_address(struct posting *posting)
{
    cleanup(buf_deinit) struct buf text = {0};

    buf_add_text(&text, "/v1/outcomes/");
    if (outcome_token_write(&posting->token, posting->parts->config->seal_key, &text) < 0)
        return NULL;
    return arena_copy(posting->call->arena, text.data, text.size);
}

static void on_outcome(void *data, int result, const struct inbox_row *row)
{
    struct posting *posting = data;

    (void)result; /* a database that is away leaves it pending: the command has been accepted */
    outcomes_answer_waiter(posting->parts, posting->call, &posting->token, posting->address, row);
}

static void on_gone(struct http_exchange *exchange, void *data)
{
    (void)exchange;
    inbox_hurry(data);
}

static void accept(struct posting *posting)
{
    const struct inbox_key key = {.module = posting->message->module,
                                  .tenant = posting->token.tenant,
                                  .actor = posting->token.actor,
                                  .id = posting->token.id};
    struct inbox_ask *ask = NULL;

    if (posting->wait_ms)
        ask = inbox_wait(posting->parts->inbox, &key, posting->wait_ms, on_outcome, posting);
    if (ask)
        http_exchange_on_gone(posting->call->exchange, on_gone, ask);
    else
        on_outcome(posting, 0, NULL);
}

static void on_delivered(void *data, enum bus_delivery delivery)
{
    struct posting *posting = data;
    struct call_pool *calls = &posting->parts->calls;

    switch (delivery) {
    case BUS_DELIVERED:
        accept(posting);
        break;
    case BUS_UNKNOWN:
        call_answer_unavailable(calls, posting->call,
                                "Whether the command was accepted is not known: send it again with "
                                "the same Idempotency-Key.");
        break;
    case BUS_REFUSED:
        call_answer_unavailable(calls, posting->call, "The command was not accepted.");
        break;
    }
}

static int build_record(struct posting *posting, struct span value, struct bus_record *ret_record)
{
    const struct http_request *request = call_request(posting->call);
    const struct trace child = trace_child(&request->trace);
    const struct record_fields fields = {
        .message = posting->message,
        .tenant = posting->token.tenant,
        .aggregate = message_aggregate(posting->message, posting->token.tenant, posting->body),
        .id = posting->token.id,
        .worker = "ingress",
        .actor = span_text(posting->call->actor),
        .time = timestamp_now(),
        .value = value,
        .trace = &child,
        .source_offset = -1,
    };

    return record_build(&fields, keyring_signer(posting->parts->keyring), posting->call->arena,
                        ret_record);
}

static void seal_token(struct posting *posting, struct span value)
{
    struct message_id id = command_id(posting);
    struct tenant_id tenant = posting->call->tenant;

    if (posting->message->creates_tenant)
        tenant = derive_organization(span_text(posting->parts->config->issuers[0].issuer),
                                     posting->call->user, id);
    posting->token = (struct outcome_token){.message = posting->message,
                                            .tenant = tenant,
                                            .actor = posting->call->user,
                                            .id = id,
                                            .digest = digest_of(value)};
    posting->address = make_address(posting);
}

static void publish(struct posting *posting)
{
    cleanup(buf_deinit) struct buf value = {0};
    struct bus_record record;
    int r = codec_encode_msgpack(posting->message, posting->body, &value);

    if (r == 0) {
        seal_token(posting, buf_span(&value));
        r = posting->address ? build_record(posting, buf_span(&value), &record) : -ENOMEM;
    }
    if (r == 0)
        r = publisher_send(posting->parts->publisher, &record, on_delivered, posting);
    if (r == -EAGAIN || r == -EIO || r == -ENOENT)
        call_answer_unavailable(&posting->parts->calls, posting->call,
                                "The command was not accepted.");
    else if (r < 0)
        call_answer_fault(&posting->parts->calls, posting->call);
}

static void on_member(void *data, enum member_answer answer)
{
    struct posting *posting = data;

    if (answer == MEMBER_YES)
        publish(posting);
    else if (answer == MEMBER_NO)
        refuse(posting, "not_a_member",
               "You do not belong to the organization that X-Organization-ID names.");
    else
        call_answer_unavailable(&posting->parts->calls, posting->call,
                                "The database does not answer.");
}

void commands_post(struct parts *parts, struct call *call)
{
    struct posting *posting = arena_alloc(call->arena, sizeof *posting);

    if (!posting) {
        call_answer_fault(&parts->calls, call);
        return;
    }
    posting->parts = parts;
    posting->call = call;
    if (!find_message(posting) ||
        (!posting->message->creates_tenant && !doorkeeper_wants_tenant(&parts->calls, call)) ||
        !check_content_type(posting) || !decode_body(posting) || !read_key(posting))
        return;
    posting->wait_ms = read_wait(call_request(call));
    if (posting->message->creates_tenant)
        publish(posting);
    else
        members_check(parts->members, call->tenant, call->user, on_member, posting);
}
