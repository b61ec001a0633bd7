/* What is served beside the contracts' own commands and queries. */
#include "describe/openapi.h"

static void close_operation(struct json_writer *w)
{
    json_close(w, '}');
    json_close(w, '}');
}

void openapi_write_open_to_all(struct json_writer *w)
{
    json_member_template(w, "security", "[]");
}

static void write_batches(struct json_writer *w)
{
    static const int problems[] = {400, 401, 403, 408, 413, 415, 417, 422, 429, 500, 503, 0};

    openapi_open(w, "/v1/batches", "post", "batch", "edge",
                 "Sends up to 500 commands of one organization at once.");
    json_member_text(w, "description",
                     "No transaction: each command is checked, and those that are good are "
                     "published in their order. `results` has an answer for each, in that order, "
                     "with the `status` that it would have had alone.");
    json_member_open(w, "parameters", '[');
    openapi_write_parameter(w, "organization");
    openapi_write_parameter(w, "idempotency_key");
    openapi_write_parameter(w, "prefer");
    openapi_write_parameter(w, "traceparent");
    json_close(w, ']');
    json_member_template(w, "requestBody",
                         "{'required': true, 'content': {'application/json': "
                         "{'schema': {'$ref': '#/components/schemas/batch'}}}}");
    json_member_open(w, "responses", '{');
    json_member_template(w, "200", "{'$ref': '#/components/responses/batch_applied'}");
    json_member_template(w, "202", "{'$ref': '#/components/responses/batch_accepted'}");
    json_member_template(w, "207", "{'$ref': '#/components/responses/batch_mixed'}");
    openapi_write_problems(w, problems);
    json_close(w, '}');
    close_operation(w);
}

static void write_outcome(struct json_writer *w)
{
    static const int problems[] = {400, 401, 404, 408, 413, 415, 417, 422, 429, 500, 503, 0};

    openapi_open(w, "/v1/outcomes/{token}", "get", "outcome", "edge", "What became of a command.");
    json_member_open(w, "parameters", '[');
    openapi_write_parameter(w, "outcome_token");
    openapi_write_parameter(w, "traceparent");
    json_close(w, ']');
    json_member_open(w, "responses", '{');
    json_member_template(w, "200", "{'$ref': '#/components/responses/outcome'}");
    openapi_write_problems(w, problems);
    json_close(w, '}');
    close_operation(w);
}

static void write_events(struct json_writer *w)
{
    static const int problems[] = {400, 401, 403, 404, 408, 410, 413, 415, 417, 429, 500, 503, 0};

    openapi_open(w, "/v1/events", "get", "events", "edge",
                 "What happens in the organization, as far as the asker may see it, as a stream.");
    json_member_text(w, "description",
                     "Server-sent events: `event` is the type, `data` the CloudEvent as JSON, `id` "
                     "where the stream can be resumed from by Last-Event-ID. The last event is "
                     "`end`, with a reason.");
    json_member_open(w, "parameters", '[');
    openapi_write_parameter(w, "organization");
    openapi_write_parameter(w, "event_type");
    openapi_write_parameter(w, "event_player");
    openapi_write_parameter(w, "last_event_id");
    openapi_write_parameter(w, "traceparent");
    json_close(w, ']');
    json_member_open(w, "responses", '{');
    json_member_template(w, "200", "{'$ref': '#/components/responses/stream'}");
    openapi_write_problems(w, problems);
    json_close(w, '}');
    close_operation(w);
}

/* One that anybody may ask; `answer` names the response of its 200. */
static void write_open(struct json_writer *w, const char *path, const char *id, const char *summary,
                       const char *parameter, const char *answer, const int *problems)
{
    openapi_open(w, path, "get", id, "service", summary);
    openapi_write_open_to_all(w);
    json_member_open(w, "parameters", '[');
    if (parameter)
        openapi_write_parameter(w, parameter);
    openapi_write_parameter(w, "traceparent");
    json_close(w, ']');
    json_member_open(w, "responses", '{');
    json_member_template(w, "200", "{'$ref': '#/components/responses/%s'}", answer);
    openapi_write_problems(w, problems);
}

static void close_open(struct json_writer *w)
{
    json_close(w, '}');
    close_operation(w);
}

static void write_document(struct json_writer *w, const char *path, const char *id,
                           const char *summary, const char *parameter)
{
    static const int problems[] = {400, 404, 408, 413, 415, 417, 500, 503, 0};

    write_open(w, path, id, summary, parameter, "document", problems);
    json_member_template(w, "304", "{'$ref': '#/components/responses/not_modified'}");
    close_open(w);
}

static void write_service(struct json_writer *w)
{
    static const int problems[] = {400, 408, 413, 415, 417, 500, 503, 0};
    static const int of_readiness[] = {400, 408, 413, 415, 417, 500, 0};
    static const int of_problem[] = {400, 404, 408, 413, 415, 417, 500, 503, 0};

    write_open(w, "/problems/{code}", "problem", "Cause and remedy of a problem.", "code",
               "described_problem", of_problem);
    close_open(w);
    write_open(w, "/healthz", "healthz", "Does the process turn its loop?", NULL, "status",
               problems);
    close_open(w);
    write_open(w, "/readyz", "readyz", "Can it do its work? If not, what is away?", NULL, "status",
               of_readiness);
    json_member_template(w, "503", "{'$ref': '#/components/responses/not_ready'}");
    close_open(w);
    write_document(w, "/openapi.json", "openapi", "This document.", NULL);
    write_document(w, "/asyncapi.json", "asyncapi", "The topics, as AsyncAPI 3.0.", NULL);
    write_document(w, "/schemas/{type}", "schema", "The JSON Schema of a message.", "message_type");
}

void openapi_write_fixed_paths(struct json_writer *w)
{
    write_batches(w);
    write_outcome(w);
    write_events(w);
    write_service(w);
}
