/* Formats answers. */
#include "http/http_response.h"

#include "http/http_codes.h"

static const struct {
    int status;
    const char *phrase;
} phrases[] = {
    {200, "OK"},
    {202, "Accepted"},
    {204, "No Content"},
    {207, "Multi-Status"},
    {304, "Not Modified"},
    {400, "Bad Request"},
    {401, "Unauthorized"},
    {403, "Forbidden"},
    {404, "Not Found"},
    {405, "Method Not Allowed"},
    {408, "Request Timeout"},
    {409, "Conflict"},
    {410, "Gone"},
    {413, "Content Too Large"},
    {415, "Unsupported Media Type"},
    {417, "Expectation Failed"},
    {422, "Unprocessable Content"},
    {429, "Too Many Requests"},
    {500, "Internal Server Error"},
    {503, "Service Unavailable"},
};

const char *http_status_phrase(int status)
{
    for (size_t i = 0; i < sizeof phrases / sizeof phrases[0]; i++)
        if (phrases[i].status == status)
            return phrases[i].phrase;
    return "Unknown";
}

static void add_member(struct buf *out, const char *name, const char *value)
{
    buf_printf(out, ",\"%s\":", name);
    buf_add_json(out, span_text(value));
}

static void add_errors(struct buf *out, const struct http_problem *problem)
{
    buf_add_text(out, ",\"errors\":[");
    for (size_t i = 0; i < problem->error_count; i++) {
        const struct http_problem_error *error = &problem->errors[i];

        buf_add_text(out, i ? ",{\"pointer\":" : "{\"pointer\":");
        buf_add_json(out, span_text(error->pointer));
        add_member(out, "code", error->code);
        add_member(out, "detail", error->detail);
        buf_add_char(out, '}');
    }
    buf_add_char(out, ']');
}

void http_problem_write(struct buf *out, const struct http_problem *problem, struct span instance,
                        const struct trace *trace)
{
    const struct http_code *row = http_code_answer(problem->code);
    char trace_id[TRACE_ID_TEXT + 1];

    buf_printf(out, "{\"type\":\"/problems/%s\"", problem->code);
    add_member(out, "title", row->title);
    buf_printf(out, ",\"status\":%d", row->status);
    if (problem->detail)
        add_member(out, "detail", problem->detail);
    if (instance.size) {
        buf_add_text(out, ",\"instance\":");
        buf_add_json(out, instance);
    }
    add_member(out, "code", problem->code);
    add_member(out, "trace_id", trace_id_format(trace, trace_id));
    if (problem->error_count)
        add_errors(out, problem);
    buf_add(out, problem->members.data, problem->members.size);
    buf_add_char(out, '}');
}

static void add_field(struct buf *out, struct span name, struct span value)
{
    buf_add(out, name.data, name.size);
    buf_add(out, ": ", 2);
    buf_add(out, value.data, value.size);
    buf_add(out, "\r\n", 2);
}

static void add_body_end(struct buf *out, const struct http_response *response,
                         enum http_body_end end)
{
    if (end == HTTP_BODY_CHUNKED)
        buf_add_text(out, "Transfer-Encoding: chunked\r\n");
    if (end != HTTP_BODY_BY_LENGTH || response->status == 204 || response->status == 304)
        return;
    buf_add_text(out, "Content-Length: ");
    buf_add_number(out, (int64_t)response->body.size);
    buf_add(out, "\r\n", 2);
}

void http_response_write(struct buf *out, const struct http_response *response,
                         const struct http_response_frame *frame)
{
    bool has_body = frame->end == HTTP_BODY_BY_LENGTH && !frame->head && response->status != 204 &&
                    response->status != 304;

    buf_add_text(out, "HTTP/1.1 ");
    buf_add_number(out, response->status);
    buf_add_char(out, ' ');
    buf_add_text(out, http_status_phrase(response->status));
    buf_add_text(out, "\r\nDate: ");
    buf_add_text(out, frame->date);
    buf_add_text(out, "\r\nX-Content-Type-Options: nosniff\r\n");
    if (frame->secure)
        buf_add_text(out, "Strict-Transport-Security: max-age=31536000\r\n");
    if (frame->close)
        buf_add_text(out, "Connection: close\r\n");
    if (response->content_type)
        add_field(out, span_text("Content-Type"), span_text(response->content_type));
    for (size_t i = 0; i < response->header_count; i++)
        add_field(out, response->headers[i].name, response->headers[i].value);
    buf_add(out, frame->fields.data, frame->fields.size);
    add_body_end(out, response, frame->end);
    buf_add(out, "\r\n", 2);
    if (has_body)
        buf_add(out, response->body.data, response->body.size);
}
