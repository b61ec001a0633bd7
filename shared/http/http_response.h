/* Answers: plain ones, and problem documents (RFC 9457). */
#ifndef HTTP_HTTP_RESPONSE_H
#define HTTP_HTTP_RESPONSE_H

#include "base/buf.h"
#include "base/span.h"
#include "http/http_request.h"

/* What an answer holds beside Date, Content-Length and Connection, which the server adds. Borrowed
 * for the call. A header's value holds no control character: it is made here, not by a client. */
struct http_response {
    int status;
    const char *content_type; /* NULL: no body */
    struct span body;
    const struct http_header *headers;
    size_t header_count;
};

struct http_problem_error {
    const char *pointer; /* "#/weight" */
    const char *code;    /* snake_case */
    const char *detail;
};

/* Status and title are those of the code: http/http_codes.h. */
struct http_problem {
    const char *code;   /* of the table, or a contract's reject code */
    const char *detail; /* a sentence for this one; or NULL */
    const struct http_problem_error *errors;
    size_t error_count;
    const struct http_header *headers;
    size_t header_count;
    int retry_after_s;   /* above 0: Retry-After */
    struct span members; /* more members as JSON, each with a comma before it; or empty */
};

/* "Not Found"; "Unknown" for a number that is no status. */
const char *http_status_phrase(int status);

/* Appends the document. `instance` is the path of the request, or empty. */
void http_problem_write(struct buf *out, const struct http_problem *problem, struct span instance,
                        const struct trace *trace);

/* How the end of a body is told (RFC 9112 section 6). */
enum http_body_end { HTTP_BODY_BY_LENGTH, HTTP_BODY_CHUNKED, HTTP_BODY_BY_CLOSE };

/* What the connection adds to an answer. */
struct http_response_frame {
    const char *date;   /* the value of the Date field */
    bool close;         /* the connection ends behind it */
    bool head;          /* it answers HEAD: it has the length of the body, but not the body */
    bool secure;        /* it goes over TLS: the client is told to stay with it (RFC 6797) */
    struct span fields; /* more header fields, lines with their ends; or empty */
    enum http_body_end end;
};

/* Appends status line, header fields and body; of a body that is not told by its length, only the
 * header fields. */
void http_response_write(struct buf *out, const struct http_response *response,
                         const struct http_response_frame *frame);

#endif
