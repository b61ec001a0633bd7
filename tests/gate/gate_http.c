/* A client's command as it comes from the socket: the guard alone, the guard and the parser, and a
 * body in chunks. */
#include <string.h>

#include "gate.h"
#include "http/http_request.h"

#define TOKEN                                                                                      \
    "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJpc3MiOiJodHRwczovL2F1dGguZXhhbXBsZS5vcmciLCJhdWQiOi"  \
    "JpZHBtYyIsInN1YiI6IjAxOThjMmE0LTExMTEtNzIyMi04MzMzLTQ0NDQ1NTU1NjY2NiIsImV4cCI6MTgwMDAwMDYwMC" \
    "wiaWF0IjoxODAwMDAwMDAwfQ.Fs3Y1n5m2yP2Xw0oT0mE2bN2r8kQ1o6yq7cYk3iX9aA"
#define CHUNK "400\r\n"

enum { CHUNKS = 4, CHUNK_BYTES = 0x400 };

static const char head[] =
    "POST /v1/commands/mc.record-check HTTP/1.1\r\n"
    "Host: api.example.org\r\n"
    "User-Agent: idpmc-web/1.4 (Mozilla/5.0; X11; Linux x86_64)\r\n"
    "Accept: application/json\r\n"
    "Accept-Encoding: gzip, deflate, br\r\n"
    "Accept-Language: nb-NO,nb;q=0.9,en;q=0.7\r\n"
    "Authorization: Bearer " TOKEN "\r\n"
    "Content-Type: application/json\r\n"
    "Content-Length: 136\r\n"
    "Idempotency-Key: 0198c2a6-0f31-7a55-9c43-1d2e3f405162\r\n"
    "Origin: https://app.example.org\r\n"
    "Prefer: wait=5\r\n"
    "X-Organization-ID: 0198c2a3-5a11-7c33-8d21-6b0f4c2e9a11\r\n"
    "traceparent: 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01\r\n"
    "Connection: keep-alive\r\n\r\n";

static char chunked[CHUNKS * (CHUNK_BYTES + sizeof CHUNK + 2) + 8], body[sizeof chunked];
static size_t chunked_size;

static void prepare_nothing(void)
{
}

static void prepare_chunks(void)
{
    char *to = chunked;

    for (int i = 0; i < CHUNKS; i++) {
        to = stpcpy(to, CHUNK);
        memset(to, 'a' + i, CHUNK_BYTES);
        to = stpcpy(to + CHUNK_BYTES, "\r\n");
    }
    chunked_size = (size_t)(stpcpy(to, "0\r\n\r\n") - chunked);
}

static void guard(void)
{
    const struct span bytes = span_of(head, sizeof head - 1);
    struct http_framing framing;
    size_t scanned = 0, size = 0;

    must(!http_guard_scan(bytes, &scanned, &size) && size == bytes.size, "the guard saw no head");
    must(!http_guard_head(bytes, &framing) && framing.length == 136, "the guard refused a head");
}

static void read_request(void)
{
    struct http_request request;

    must(!http_request_read(span_of(head, sizeof head - 1), &request) && request.header_count == 14,
         "a request was refused");
    must(http_request_header(&request, "X-Organization-ID").size == 36 &&
             http_request_header(&request, "Authorization").size > 7,
         "a field was not found");
}

static void decode_chunks(void)
{
    struct http_chunks chunks = {0};
    size_t used, size;
    bool done;

    must(!http_chunks_decode(&chunks, span_of(chunked, chunked_size), body, &used, &size, &done) &&
             done && size == (size_t)CHUNKS * CHUNK_BYTES,
         "a body in chunks was refused");
}

static void round_of_guard(void)
{
    gate_step(guard);
}

static void round_of_requests(void)
{
    gate_step(read_request);
}

static void round_of_chunks(void)
{
    gate_step(decode_chunks);
}

const struct gate_case gate_cases[] = {
    {"http-guard", prepare_nothing, round_of_guard, 1},
    {"http-request", prepare_nothing, round_of_requests, 1},
    {"http-chunks", prepare_chunks, round_of_chunks, 1},
    {0},
};
