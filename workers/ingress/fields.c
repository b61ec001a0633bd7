#include "fields.h"

#include <strings.h>

enum { KEY_MAX = 128 };

bool fields_say_json(const struct http_request *request)
{
    static const char json[] = "application/json";
    struct span type = http_request_header(request, "Content-Type");
    size_t size = sizeof json - 1;

    if (type.size < size || strncasecmp(type.data, json, size) != 0)
        return false;
    return type.size == size || type.data[size] == ';' || type.data[size] == ' ';
}

/* What is not understood among the preferences is passed over. */
int64_t fields_wait_ms(const struct http_request *request, int64_t max_s)
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
                if (seconds <= max_s)
                    seconds = seconds * 10 + (rest.data[at] - '0');
            return (seconds < max_s ? seconds : max_s) * 1000;
        }
        rest = end ? span_of(end + 1, rest.size - size - 1) : span_of(NULL, 0);
    }
    return 0;
}

struct span fields_idempotency_key(const struct http_request *request)
{
    struct span key = http_request_header(request, "Idempotency-Key");

    if (key.size >= 2 && key.data[0] == '"' && key.data[key.size - 1] == '"')
        key = span_of(key.data + 1, key.size - 2);
    return key;
}

bool idempotency_key_is_good(struct span key)
{
    for (size_t i = 0; i < key.size; i++)
        if (key.data[i] <= ' ' || key.data[i] >= 0x7f)
            return false;
    return key.size >= 1 && key.size <= KEY_MAX;
}
