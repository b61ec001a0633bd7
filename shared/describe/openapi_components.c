/* What operations refer to. */
#include <stdio.h>

#include "base/attr.h"
#include "describe/openapi.h"
#include "http/http_codes.h"
#include "http/http_response.h"

/* A name and JSON with ' for ". */
struct part {
    const char *name, *json;
};

#define UUID_SCHEMA "{'type': 'string', 'format': 'uuid'}"

static const struct part parameters[] = {
    {"organization", "{'name': 'X-Organization-ID', 'in': 'header', 'required': true, "
                     "'description': 'The organization that this is about; its sender must be a "
                     "member.', 'schema': {'type': 'string', 'format': 'uuid'}}"},
    {"idempotency_key",
     "{'name': 'Idempotency-Key', 'in': 'header', 'description': 'Makes the same command of the "
     "same key and body, however often it is sent. Absent: each request is a command of its own.', "
     "'schema': {'type': 'string', 'pattern': '^[!-~]{1,128}$'}}"},
    {"prefer", "{'name': 'Prefer', 'in': 'header', 'description': 'wait=N (RFC 7240): holds the "
               "answer for up to N seconds, 30 at the most, until the outcome is known; other "
               "preferences are passed over.', "
               "'schema': {'type': 'string'}, 'example': "
               "'wait=10'}"},
    {"traceparent",
     "{'name': 'traceparent', 'in': 'header', 'description': 'The trace to go on with "
     "(W3C Trace Context); one that is malformed is replaced by a new one.', "
     "'schema': {'type': 'string'}, "
     "'example': '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01'}"},
    {"if_none_match", "{'name': 'If-None-Match', 'in': 'header', 'description': 'ETags of answers "
                      "that are at hand: where one is still good the answer is 304.', "
                      "'schema': {'type': 'string'}}"},
    {"limit", "{'name': 'limit', 'in': 'query', 'description': 'Most items of one page.', "
              "'schema': {'type': 'integer', 'minimum': 1, 'maximum': 200, 'default': 50}}"},
    {"cursor", "{'name': 'cursor', 'in': 'query', 'description': 'Where the page begins: `next` of "
               "the one before. Absent: the first page.', 'schema': {'type': 'string'}}"},
    {"outcome_token",
     "{'name': 'token', 'in': 'path', 'required': true, 'description': 'Opaque, as the answer to "
     "the command has it.', 'schema': {'type': 'string', 'pattern': '^[A-Za-z0-9_-]+$'}}"},
    {"event_type", "{'name': 'type', 'in': 'query', 'description': 'A type of event, with or "
                   "without its version; several times for several. Absent: all.', 'schema': "
                   "{'type': 'array', 'items': {'type': 'string'}}, 'explode': true}"},
    {"event_player", "{'name': 'player', 'in': 'query', 'description': 'Only events of this "
                     "player.', 'schema': " UUID_SCHEMA "}"},
    {"last_event_id", "{'name': 'Last-Event-ID', 'in': 'header', 'description': 'The `id` that "
                      "came last: the stream goes on behind it. Absent: from now on.', 'schema': "
                      "{'type': 'string'}}"},
    {"code", "{'name': 'code', 'in': 'path', 'required': true, 'schema': {'type': 'string', "
             "'pattern': '^[a-z_]+$'}, 'example': 'invalid_body'}"},
    {"message_type",
     "{'name': 'type', 'in': 'path', 'required': true, 'description': 'With its version.', "
     "'schema': {'type': 'string', 'pattern': '^[a-z0-9.-]+$'}}"},
};

static const struct part headers[] = {
    {"Location", "{'description': 'Where the outcome is asked for.', 'schema': {'type': "
                 "'string'}}"},
    {"ETag", "{'description': 'Weak (RFC 9110, 8.8.3): for If-None-Match.', 'schema': {'type': "
             "'string'}}"},
    {"Link", "{'description': 'The next page, rel=next (RFC 8288); absent on the last one.', "
             "'schema': {'type': 'string'}}"},
    {"Retry-After", "{'description': 'Seconds to wait.', 'schema': {'type': 'integer', "
                    "'minimum': 1}}"},
    {"WWW-Authenticate", "{'description': 'Bearer (RFC 6750).', 'schema': {'type': 'string'}}"},
};

#define ACCEPTED_MEMBERS                                                                           \
    "'id': " UUID_SCHEMA ", 'type': {'type': 'string'}, 'organization': " UUID_SCHEMA ", "         \
    "'outcome': {'type': 'string', 'pattern': '^/v1/outcomes/'}"
#define DECIDED_MEMBERS                                                                            \
    "'code': {'type': 'string', 'description': 'Of a rejected one.'}, "                            \
    "'pointer': {'type': 'string', 'description': 'The field at fault.'}, "                        \
    "'decided_at': {'type': 'string', 'format': 'date-time'}"
#define COMMAND_EXAMPLE                                                                            \
    "'id': '0198c2a5-0a00-7000-8000-000000000001', 'type': 'module.message.v1', 'outcome': "       \
    "'/v1/outcomes/uZQyk4_B'"
#define DECIDED_EXAMPLE "'decided_at': '2026-11-22T18:00:00.120Z'"
#define PROBLEM_MEMBERS                                                                            \
    "'type': {'type': 'string', 'pattern': '^/problems/'}, 'title': {'type': 'string'}, "          \
    "'status': {'type': 'integer'}, 'detail': {'type': 'string'}, "                                \
    "'instance': {'type': 'string'}, 'code': {'type': 'string', 'pattern': '^[a-z_]+$'}, "         \
    "'trace_id': {'type': 'string', 'pattern': '^[0-9a-f]{32}$'}, 'errors': {'type': 'array', "    \
    "'items': {'$ref': '#/components/schemas/field_error'}}"

static const struct part schemas[] = {
    {"problem", "{'type': 'object', 'description': 'RFC 9457.', 'properties': {" PROBLEM_MEMBERS
                "}, 'required': ['type', 'title', 'status', 'code', 'trace_id']}"},
    {"command_problem",
     "{'description': 'Of a command that was decided: its id and the address of its outcome too.', "
     "'allOf': [{'$ref': '#/components/schemas/problem'}, {'type': 'object', 'properties': "
     "{'id': " UUID_SCHEMA ", 'outcome': {'type': 'string'}}}]}"},
    {"field_error", "{'type': 'object', 'properties': {'pointer': {'type': 'string', "
                    "'description': 'RFC 6901, as a fragment.', 'pattern': '^#'}, 'code': "
                    "{'type': 'string'}, 'detail': {'type': 'string'}}, "
                    "'required': ['pointer', 'code', 'detail']}"},
    {"accepted",
     "{'type': 'object', 'description': 'The command is durable and will be decided. "
     "Another status than `accepted`: it had come before, or the time was up.', 'properties': "
     "{" ACCEPTED_MEMBERS ", 'status': {'enum': ['accepted', 'pending', 'applied', 'rejected', "
     "'failed', 'parked']}, " DECIDED_MEMBERS
     "}, 'required': ['id', 'type', 'status', 'outcome'], 'examples': [{" COMMAND_EXAMPLE
     ", 'status': 'accepted'}]}"},
    {"applied", "{'type': 'object', 'description': 'The command had its effect.', 'properties': "
                "{" ACCEPTED_MEMBERS ", 'status': {'const': 'applied'}, " DECIDED_MEMBERS
                "}, 'required': ['id', 'type', 'status', 'outcome', 'decided_at'], 'examples': "
                "[{" COMMAND_EXAMPLE ", 'status': 'applied', " DECIDED_EXAMPLE "}]}"},
    {"outcome", "{'type': 'object', 'properties': {" ACCEPTED_MEMBERS ", 'status': {'enum': "
                "['pending', 'applied', 'rejected', 'failed', 'parked']}, " DECIDED_MEMBERS
                "}, 'required': ['id', 'type', 'status'], 'examples': [{'id': "
                "'0198c2a5-0a00-7000-8000-000000000001', 'type': 'module.message.v1', 'status': "
                "'rejected', 'code': 'day_in_future', 'pointer': '#/day', " DECIDED_EXAMPLE "}]}"},
    {"result",
     "{'description': 'The answer to one command of a batch.', 'oneOf': ["
     "{'title': 'accepted', 'type': 'object', 'properties': {'status': {'enum': [200, 202]}, "
     "'id': " UUID_SCHEMA ", 'type': {'type': 'string'}, 'state': {'enum': ['accepted', 'pending', "
     "'applied', 'rejected', 'failed', 'parked']}, 'outcome': {'type': 'string'}, " DECIDED_MEMBERS
     "}, 'required': ['status', 'id', 'type', 'state', 'outcome']}, "
     "{'allOf': [{'$ref': '#/components/schemas/command_problem'}, {'type': 'object', "
     "'properties': {'status': {'minimum': 400}}}]}]}"},
    {"results", "{'type': 'object', 'properties': {'results': {'type': 'array', 'items': "
                "{'$ref': '#/components/schemas/result'}}}, 'required': ['results'], 'examples': "
                "[{'results': [{" COMMAND_EXAMPLE ", 'status': 202, 'state': 'accepted'}]}]}"},
    {"page", "{'type': 'object', 'properties': {'next': {'type': 'string', 'description': 'The "
             "cursor of the next page; absent on the last one.'}}}"},
    {"status", "{'type': 'object', 'properties': {'status': {'type': 'string'}}, "
               "'required': ['status']}"},
    {"described_problem",
     "{'type': 'object', 'properties': {'code': {'type': 'string'}, 'status': {'type': 'integer'}, "
     "'title': {'type': 'string'}, 'cause': {'type': 'string'}, 'remedy': {'type': 'string'}, "
     "'commands': {'type': 'array', 'items': {'type': 'object', 'properties': {'type': {'type': "
     "'string'}, 'field': {'type': 'string'}, 'sentence': {'type': 'string'}}, 'required': "
     "['type', 'sentence']}}}, 'required': ['code', 'status', 'title', 'cause', 'remedy']}"},
};

#define JSON_OF(schema) "'application/json': {'schema': {'$ref': '#/components/schemas/" schema "'}"

static const struct part responses[] = {
    {"accepted",
     "{'description': 'Accepted; waiting ended before an outcome was there.', "
     "'headers': {'Location': {'$ref': '#/components/headers/Location'}}, 'content': {" JSON_OF(
         "accepted") "}}}"},
    {"applied", "{'description': 'Applied (with Prefer: wait).', 'headers': {'Location': {'$ref': "
                "'#/components/headers/Location'}}, 'content': {" JSON_OF("applied") "}}}"},
    {"outcome", "{'description': 'What is known of it.', 'content': {" JSON_OF("outcome") "}}}"},
    {"batch_applied",
     "{'description': 'Every command was applied (with Prefer: wait).', 'content': "
     "{" JSON_OF("results") "}}}"},
    {"batch_accepted",
     "{'description': 'Every command was accepted, or applied.', 'content': {" JSON_OF(
         "results") "}}}"},
    {"batch_mixed",
     "{'description': 'Some commands were refused or rejected.', 'content': {" JSON_OF(
         "results") "}}}"},
    {"stream", "{'description': 'The stream, until the token expires or the reader is too slow.', "
               "'content': {'text/event-stream': {'schema': {'type': 'string'}}}}"},
    {"not_modified", "{'description': 'What is at hand is still good.', 'headers': {'ETag': "
                     "{'$ref': '#/components/headers/ETag'}}}"},
    {"described_problem",
     "{'description': 'What it is.', 'content': {" JSON_OF("described_problem") "}}}"},
    {"status", "{'description': 'Yes.', 'content': {" JSON_OF("status") "}}}"},
    {"not_ready", "{'description': 'No, or too much is under way.', 'content': {" JSON_OF(
                      "status") "}, 'application/problem+json': {'schema': {'$ref': "
                                "'#/components/schemas/problem'}}}}"},
    {"document", "{'description': 'The document.', 'headers': {'ETag': {'$ref': "
                 "'#/components/headers/ETag'}}, 'content': {'application/json': {'schema': "
                 "{'type': 'object'}}}}"},
};

static void write_parts(struct json_writer *w, const struct part *parts, size_t count)
{
    for (size_t i = 0; i < count; i++)
        json_member_template(w, parts[i].name, "%s", parts[i].json);
}

void openapi_write_parameter(struct json_writer *w, const char *name)
{
    json_put_template(w, "{'$ref': '#/components/parameters/%s'}", name);
}

void openapi_write_problems(struct json_writer *w, const int *statuses)
{
    for (; *statuses; statuses++) {
        char status[12];

        snprintf(status, sizeof status, "%d", *statuses);
        json_member_template(w, status, "{'$ref': '#/components/responses/problem_%d'}", *statuses);
    }
}

void openapi_write_problem_example(struct json_writer *w, const char *code, const char *detail)
{
    const struct http_code *row = http_code_answer(code);

    json_open(w, '{');
    json_member_template(w, "type", "'/problems/%s'", code);
    json_member_text(w, "title", row->title);
    json_member_integer(w, "status", row->status);
    json_member_text(w, "detail", detail);
    json_member_text(w, "code", code);
    json_member_text(w, "trace_id", "4bf92f3577b34da6a3ce929d0e0e4736");
    json_close(w, '}');
}

static void write_problem_headers(struct json_writer *w, int status)
{
    if (status == 401)
        json_member_template(w, "headers",
                             "{'WWW-Authenticate': {'$ref': "
                             "'#/components/headers/WWW-Authenticate'}}");
    if (status == 429 || status == 503)
        json_member_template(w, "headers",
                             "{'Retry-After': {'$ref': '#/components/headers/Retry-After'}}");
}

/* All codes of one status: rows of the table from `first` on. */
static void write_problem_response(struct json_writer *w, const struct http_code *first)
{
    const struct http_code *end = http_codes + http_code_count;
    char name[24];

    snprintf(name, sizeof name, "problem_%d", first->status);
    json_member_open(w, name, '{');
    json_member_text(w, "description", http_status_phrase(first->status));
    write_problem_headers(w, first->status);
    json_member_open(w, "content", '{');
    json_member_open(w, "application/problem+json", '{');
    json_member_template(w, "schema", "{'$ref': '#/components/schemas/problem'}");
    json_member_open(w, "examples", '{');
    for (const struct http_code *row = first; row < end && row->status == first->status; row++) {
        json_member_open(w, row->code, '{');
        json_member_text(w, "summary", row->cause);
        json_key(w, "value");
        openapi_write_problem_example(w, row->code, row->cause);
        json_close(w, '}');
    }
    json_close(w, '}');
    json_close(w, '}');
    json_close(w, '}');
    json_close(w, '}');
}

static void write_responses(struct json_writer *w)
{
    json_member_open(w, "responses", '{');
    write_parts(w, responses, COUNT_OF(responses));
    for (size_t i = 0; i < http_code_count; i++)
        if (i == 0 || http_codes[i].status != http_codes[i - 1].status)
            write_problem_response(w, &http_codes[i]);
    json_close(w, '}');
}

static void write_batch_item(struct json_writer *w, const struct message *message)
{
    json_open(w, '{');
    json_member_template(w, "title", "'%s'", message->name);
    json_member_text(w, "type", "object");
    json_member_template(w, "properties",
                         "{'type': {'const': '%s'}, 'key': {'type': 'string', 'pattern': "
                         "'^[!-~]{1,128}$', 'description': 'As Idempotency-Key.'}, "
                         "'body': {'$ref': '#/components/schemas/%s'}}",
                         message->name, message->type);
    json_member_template(w, "required", "['type', 'body']");
    json_member_boolean(w, "additionalProperties", false);
    json_close(w, '}');
}

/* Commands that make their own organization are not for batches. */
static bool is_for_batches(const struct message *message)
{
    return describe_is_served(message) && !message->creates_tenant;
}

static void write_batch_example(struct json_writer *w)
{
    size_t i = 0;

    while (i < message_count && !is_for_batches(messages[i]))
        i++;
    if (i == message_count)
        return;
    json_member_open(w, "examples", '[');
    json_open(w, '{');
    json_member_open(w, "commands", '[');
    json_open(w, '{');
    json_member_text(w, "type", messages[i]->name);
    json_key(w, "body");
    describe_example(w, messages[i]);
    json_close(w, '}');
    json_close(w, ']');
    json_close(w, '}');
    json_close(w, ']');
}

static void write_batch(struct json_writer *w)
{
    json_member_open(w, "batch", '{');
    json_member_text(w, "type", "object");
    json_member_open(w, "properties", '{');
    json_member_open(w, "commands", '{');
    json_member_text(w, "type", "array");
    json_member_integer(w, "minItems", 1);
    json_member_integer(w, "maxItems", 500);
    json_member_open(w, "items", '{');
    json_member_open(w, "oneOf", '[');
    for (size_t i = 0; i < message_count; i++)
        if (is_for_batches(messages[i]))
            write_batch_item(w, messages[i]);
    json_close(w, ']');
    json_close(w, '}');
    json_close(w, '}');
    json_close(w, '}');
    json_member_template(w, "required", "['commands']");
    json_member_boolean(w, "additionalProperties", false);
    write_batch_example(w);
    json_close(w, '}');
}

static void write_schemas(struct json_writer *w)
{
    json_member_open(w, "schemas", '{');
    write_parts(w, schemas, COUNT_OF(schemas));
    write_batch(w);
    for (size_t i = 0; i < message_count; i++) {
        if (describe_is_served(messages[i])) {
            json_key(w, messages[i]->type);
            describe_body_schema(w, messages[i], SCHEMA_CLOSED);
        } else if (messages[i]->kind == MESSAGE_QUERY) {
            cleanup(buf_deinit) struct buf name = {0};

            buf_printf(&name, "%s.answer", messages[i]->type);
            json_key(w, name.data);
            describe_body_schema(w, messages[i]->answer, SCHEMA_OPEN);
        }
    }
    json_close(w, '}');
}

void openapi_write_components(struct json_writer *w)
{
    json_open(w, '{');
    json_member_template(
        w, "securitySchemes",
        "{'bearer': {'type': 'http', 'scheme': 'bearer', 'bearerFormat': 'JWT', "
        "'description': 'A JSON web token with iss, aud, exp and sub (a UUID).'}}");
    json_member_open(w, "parameters", '{');
    write_parts(w, parameters, COUNT_OF(parameters));
    json_close(w, '}');
    json_member_open(w, "headers", '{');
    write_parts(w, headers, COUNT_OF(headers));
    json_close(w, '}');
    write_schemas(w);
    write_responses(w);
    json_close(w, '}');
}
