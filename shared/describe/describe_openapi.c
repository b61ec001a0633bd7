/* OpenAPI 3.1: https://spec.openapis.org/oas/v3.1.0. The frame, and an operation for each command
 * and query. */
#include <stdio.h>
#include <string.h>

#include "base/attr.h"
#include "describe/describe.h"
#include "describe/openapi.h"

enum { ID_BYTES = 128 };

static const char about[] =
    "Commands are accepted with 202 once they are durable, and decided by a worker: the answer's "
    "`outcome` says where to ask what became of one, `Prefer: wait=N` waits for it. A command that "
    "is sent again with the same Idempotency-Key is the same command. Queries answer what was "
    "decided, with an ETag. Every problem is an RFC 9457 document whose `type` can be opened.";

void openapi_open(struct json_writer *w, const char *path, const char *method, const char *id,
                  const char *tag, const char *summary)
{
    json_member_open(w, path, '{');
    json_member_open(w, method, '{');
    json_member_text(w, "operationId", id);
    json_member_open(w, "tags", '[');
    json_put_text(w, tag);
    json_close(w, ']');
    json_member_text(w, "summary", summary);
}

static void close_operation(struct json_writer *w)
{
    json_close(w, '}');
    json_close(w, '}');
}

static void write_description(struct json_writer *w, const struct message *message)
{
    cleanup(buf_deinit) struct buf text = {0};

    describe_who(&text, message);
    if (message->kind == MESSAGE_COMMAND)
        buf_printf(&text, " Commands of the same `%s` are decided in the order in which they came.",
                   describe_aggregate(message));
    json_member_text(w, "description", text.data);
}

static void write_reject_example(struct json_writer *w, const struct reject *reject)
{
    json_member_open(w, reject->code, '{');
    json_member_text(w, "summary", reject->sentence);
    json_key(w, "value");
    openapi_write_problem_example(w, reject->code, reject->sentence);
    json_close(w, '}');
}

/* Only who waits is told so; `rejected` stands for codes of other versions of the contract. */
static void write_rejection(struct json_writer *w, const struct message *message)
{
    static const struct reject other = {.code = "rejected",
                                        .sentence = "The command was rejected by a newer rule."};

    json_member_open(w, "409", '{');
    json_member_text(w, "description", "The worker rejected the command (with Prefer: wait).");
    json_member_template(w, "headers", "{'Location': {'$ref': '#/components/headers/Location'}}");
    json_member_open(w, "content", '{');
    json_member_open(w, "application/problem+json", '{');
    json_member_template(w, "schema", "{'$ref': '#/components/schemas/command_problem'}");
    json_member_open(w, "examples", '{');
    for (size_t i = 0; i < message->reject_count; i++)
        write_reject_example(w, &message->rejects[i]);
    if (message->reject_count == 0)
        write_reject_example(w, &other);
    json_close(w, '}');
    json_close(w, '}');
    json_close(w, '}');
    json_close(w, '}');
}

static void write_command_responses(struct json_writer *w, const struct message *message)
{
    static const int problems[] = {400, 401, 403, 408, 413, 415, 417, 422, 429, 500, 503, 0};

    json_member_open(w, "responses", '{');
    json_member_template(w, "200", "{'$ref': '#/components/responses/applied'}");
    json_member_template(w, "202", "{'$ref': '#/components/responses/accepted'}");
    write_rejection(w, message);
    openapi_write_problems(w, problems);
    json_close(w, '}');
}

static void write_command(struct json_writer *w, const struct message *message)
{
    char path[ID_BYTES];

    snprintf(path, sizeof path, "/v1/commands/%s", message->name);
    openapi_open(w, path, "post", message->name, message->module, message->sentence);
    write_description(w, message);
    json_member_open(w, "parameters", '[');
    if (!message->creates_tenant)
        openapi_write_parameter(w, "organization");
    openapi_write_parameter(w, "idempotency_key");
    openapi_write_parameter(w, "prefer");
    openapi_write_parameter(w, "traceparent");
    json_close(w, ']');
    json_member_template(w, "requestBody",
                         "{'required': true, 'content': {'application/json': "
                         "{'schema': {'$ref': '#/components/schemas/%s'}}}}",
                         message->type);
    write_command_responses(w, message);
    close_operation(w);
}

static bool is_in_path(const struct message *query, const struct field *field)
{
    char braced[ID_BYTES];

    snprintf(braced, sizeof braced, "{%s}", field->name);
    return strstr(query->path, braced) != NULL;
}

static void write_field_parameter(struct json_writer *w, const struct message *query,
                                  const struct field *field)
{
    bool in_path = is_in_path(query, field);

    json_open(w, '{');
    json_member_text(w, "name", field->name);
    json_member_text(w, "in", in_path ? "path" : "query");
    if (in_path)
        json_member_boolean(w, "required", true);
    json_member_text(w, "description", field->sentence);
    json_key(w, "schema");
    describe_field_schema(w, field, SCHEMA_CLOSED);
    json_close(w, '}');
}

static void write_query_parameters(struct json_writer *w, const struct message *query)
{
    json_member_open(w, "parameters", '[');
    openapi_write_parameter(w, "organization");
    for (size_t i = 0; i < query->field_count; i++)
        write_field_parameter(w, query, &query->fields[i]);
    if (query->paged) {
        openapi_write_parameter(w, "limit");
        openapi_write_parameter(w, "cursor");
    }
    openapi_write_parameter(w, "if_none_match");
    openapi_write_parameter(w, "traceparent");
    json_close(w, ']');
}

static void write_answer_schema(struct json_writer *w, const struct message *query)
{
    if (query->paged)
        json_member_template(w, "schema",
                             "{'allOf': [{'$ref': '#/components/schemas/%s.answer'}, "
                             "{'$ref': '#/components/schemas/page'}]}",
                             query->type);
    else
        json_member_template(w, "schema", "{'$ref': '#/components/schemas/%s.answer'}",
                             query->type);
}

static void write_query_responses(struct json_writer *w, const struct message *query)
{
    static const int problems[] = {400, 401, 403, 404, 408, 413, 415, 417, 429, 500, 503, 0};

    json_member_open(w, "responses", '{');
    json_member_open(w, "200", '{');
    json_member_text(w, "description", query->answer->sentence);
    json_member_template(w, "headers", "{'ETag': {'$ref': '#/components/headers/ETag'}%s}",
                         query->paged ? ", 'Link': {'$ref': '#/components/headers/Link'}" : "");
    json_member_open(w, "content", '{');
    json_member_open(w, "application/json", '{');
    write_answer_schema(w, query);
    json_close(w, '}');
    json_close(w, '}');
    json_close(w, '}');
    json_member_template(w, "304", "{'$ref': '#/components/responses/not_modified'}");
    openapi_write_problems(w, problems);
    json_close(w, '}');
}

static void write_query(struct json_writer *w, const struct message *query)
{
    openapi_open(w, query->path, "get", query->name, query->module, query->sentence);
    write_description(w, query);
    write_query_parameters(w, query);
    write_query_responses(w, query);
    close_operation(w);
}

static void write_tags(struct json_writer *w)
{
    json_member_open(w, "tags", '[');
    for (size_t i = 0; i < message_count; i++)
        if (describe_is_first_of_module(i))
            json_put_template(w, "{'name': '%s'}", messages[i]->module);
    json_put_template(w, "{'name': 'edge', 'description': 'What is the same for every module'}");
    json_put_template(w, "{'name': 'service', 'description': 'Health, and what describes it'}");
    json_close(w, ']');
}

static void write_paths(struct json_writer *w)
{
    json_member_open(w, "paths", '{');
    for (size_t i = 0; i < message_count; i++) {
        if (describe_is_served(messages[i]))
            write_command(w, messages[i]);
        else if (messages[i]->kind == MESSAGE_QUERY)
            write_query(w, messages[i]);
    }
    openapi_write_fixed_paths(w);
    json_close(w, '}');
}

void describe_openapi(struct buf *out)
{
    struct json_writer w = {.out = out};

    json_open(&w, '{');
    json_member_text(&w, "openapi", "3.1.0");
    json_member_open(&w, "info", '{');
    json_member_text(&w, "title", "IDP-MC");
    json_member_text(&w, "version", "1");
    json_member_text(&w, "description", about);
    json_close(&w, '}');
    json_member_template(&w, "servers", "[{'url': '/'}]");
    json_member_template(&w, "security", "[{'bearer': []}]");
    write_tags(&w);
    write_paths(&w);
    json_key(&w, "components");
    openapi_write_components(&w);
    json_close(&w, '}');
}
