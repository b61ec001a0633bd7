/* Checks on the raw head of a request. See the header for why they are ours. */
#include "http/http_guard.h"

#include <strings.h>

#include "base/attr.h"
#include "base/word.h"

enum character {
    TOKEN = 1,  /* RFC 9110 section 5.6.2 */
    TARGET = 2, /* RFC 3986: path and query, with "/", "?" and "%" */
    HOST = 4,   /* a name, an address or a port */
    FIELD = 8,  /* of a field's value: visible, space, tab, obs-text */
    HEXADECIMAL = 16,
    DIGIT = 32,
};

static unsigned class_of(unsigned char c)
{
    bool digit = c >= '0' && c <= '9';
    bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    unsigned class = 0;

    if (digit || letter || (c && strchr("!#$%&'*+-.^_`|~", c)))
        class |= TOKEN;
    if (digit || letter || (c && strchr("-._~!$&'()*+,;=:@/?%", c)))
        class |= TARGET;
    if (digit || letter || (c && strchr("-._~:[]", c)))
        class |= HOST;
    if (c >= 0x20 ? c != 0x7f : c == '\t')
        class |= FIELD;
    if (digit || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'))
        class |= HEXADECIMAL;
    if (digit)
        class |= DIGIT;
    return class;
}

static unsigned char classes[256];

__attribute__((constructor)) static void fill_classes(void)
{
    for (unsigned c = 0; c < 256; c++)
        classes[c] = (unsigned char)class_of((unsigned char)c);
}

static bool is(char c, enum character class)
{
    return classes[(unsigned char)c] & class;
}

static bool all(struct span text, enum character class)
{
    for (size_t i = 0; i < text.size; i++)
        if (!is(text.data[i], class))
            return false;
    return text.size > 0;
}

/* In any case of letters: names of fields and hosts. */
static bool same_name(struct span a, struct span b)
{
    return a.size == b.size && strncasecmp(a.data, b.data, a.size) == 0;
}

/* Passes over what is nothing but visible characters, spaces and obs-text, as nearly all of a line
 * is; what stands where it ends has to be looked at. */
static size_t skip_visible(struct span bytes, size_t at, size_t end)
{
    for (; end - at >= WORD_BYTES; at += WORD_BYTES) {
        uint64_t word = word_load(bytes.data + at);

        if (word_has_below(word, 0x20) || word_has(word, 0x7f))
            break;
    }
    return at;
}

const char *http_guard_scan(struct span bytes, size_t *scanned, size_t *ret_head_size)
{
    size_t end = bytes.size < HTTP_HEAD_MAX ? bytes.size : HTTP_HEAD_MAX;

    *ret_head_size = 0;
    for (size_t i = *scanned; i < end; i++) {
        char c, before;

        if (i == 0 || bytes.data[i - 1] == '\n')
            *scanned = i = skip_visible(bytes, i, end);
        if (i == end)
            break;
        c = bytes.data[i];
        before = i > 0 ? bytes.data[i - 1] : '\0';
        if ((before == '\r') != (c == '\n'))
            return "Lines of the head end with CR LF, and neither stands alone.";
        if (c != '\r' && c != '\n' && !is(c, FIELD))
            return "The head holds a control character.";
        *scanned = i + 1;
        if (c == '\n' && i == 1)
            return "The head begins with an empty line.";
        if (c == '\n' && i >= 3 && bytes.data[i - 2] == '\n') {
            *ret_head_size = i + 1;
            return NULL;
        }
    }
    return bytes.size >= HTTP_HEAD_MAX ? "The head is larger than 16384 bytes." : NULL;
}

static struct span take_line(struct span *rest)
{
    const char *end = memchr(rest->data, '\r', rest->size);
    struct span line = span_of(rest->data, (size_t)(end - rest->data));

    *rest = span_of(end + 2, rest->size - line.size - 2);
    return line;
}

/* The text up to the first space; *rest goes on behind it. No space: everything. */
static struct span take_word(struct span *rest)
{
    const char *end = rest->size ? memchr(rest->data, ' ', rest->size) : NULL;
    struct span word = *rest;

    if (!end) {
        *rest = span_of(NULL, 0);
        return word;
    }
    word.size = (size_t)(end - rest->data);
    *rest = span_of(end + 1, rest->size - word.size - 1);
    return word;
}

struct span http_guard_authority(struct span target)
{
    static const char *const schemes[] = {"http://", "https://"};

    for (size_t i = 0; i < COUNT_OF(schemes); i++) {
        size_t size = strlen(schemes[i]), end = size;

        if (target.size < size || strncasecmp(target.data, schemes[i], size) != 0)
            continue;
        while (end < target.size && target.data[end] != '/' && target.data[end] != '?')
            end++;
        return span_of(target.data + size, end - size);
    }
    return span_of(NULL, 0);
}

/* Path and query, or the same behind scheme and authority, which every server has to take
 * (RFC 9112, 3.2.2). */
static const char *check_target(struct span target, struct span *ret_authority)
{
    struct span authority = http_guard_authority(target);

    if (target.size > HTTP_TARGET_MAX)
        return "The request target is longer than 2048 bytes.";
    if (!authority.data && (target.size == 0 || target.data[0] != '/'))
        return "The request target is a path, or an address that begins with http:// or https://.";
    if (authority.data && !all(authority, HOST))
        return "The address in the request target names a host, and nothing but a port beside it.";
    *ret_authority = authority;
    if (authority.data)
        target = span_of(authority.data + authority.size,
                         (size_t)(target.data + target.size - authority.data) - authority.size);
    if (target.size && !all(target, TARGET))
        return "The request target holds a character that has to be percent-encoded.";
    for (size_t i = 0; i < target.size; i++) {
        if (target.data[i] != '%')
            continue;
        if (i + 2 >= target.size || !is(target.data[i + 1], HEXADECIMAL) ||
            !is(target.data[i + 2], HEXADECIMAL))
            return "A percent sign in the request target is followed by two hexadecimal digits.";
        if (target.data[i + 1] == '0' && target.data[i + 2] == '0')
            return "The request target holds an encoded NUL.";
    }
    return NULL;
}

struct request_line {
    struct span authority; /* of the target; {NULL, 0} where that is a path */
    bool may_have_body;
    bool http10;
};

static const char *check_request_line(struct span line, struct request_line *ret_line)
{
    struct span rest = line, method = take_word(&rest), target = take_word(&rest);
    const char *breach;

    if (!all(method, TOKEN))
        return "The request line begins with a method.";
    ret_line->authority = span_of(NULL, 0);
    /* "*" is the server as a whole, and for OPTIONS only (RFC 9112, 3.2.4). */
    if (!(span_is(method, "OPTIONS") && span_is(target, "*")) &&
        (breach = check_target(target, &ret_line->authority)))
        return breach;
    if (!span_is(rest, "HTTP/1.1") && !span_is(rest, "HTTP/1.0"))
        return "The request line is a method, a target and HTTP/1.1 or HTTP/1.0, with one space "
               "between them.";
    ret_line->http10 = span_is(rest, "HTTP/1.0");
    ret_line->may_have_body = !span_is(method, "GET") && !span_is(method, "HEAD") &&
                              !span_is(method, "DELETE") && !span_is(method, "OPTIONS") &&
                              !span_is(method, "TRACE") && !span_is(method, "CONNECT");
    return NULL;
}

/* Fields that may stand once at most: two of them and two readers may each believe another. */
enum once {
    ONCE_HOST,
    ONCE_LENGTH,
    ONCE_ENCODING,
    ONCE_AUTHORIZATION,
    ONCE_ORGANIZATION,
    ONCE_CONTENT_TYPE,
    ONCE_IDEMPOTENCY_KEY,
    ONCE_EXPECT,
    ONCE_CONTENT_ENCODING,
    ONCE_COUNT
};
#define ONCE(name)                                                                                 \
    {                                                                                              \
        {name, sizeof(name) - 1}, "There is more than one " name "."                               \
    }
static const struct {
    struct span name;
    const char *breach;
} once_fields[ONCE_COUNT] = {
    ONCE("Host"),
    ONCE("Content-Length"),
    ONCE("Transfer-Encoding"),
    ONCE("Authorization"),
    ONCE("X-Organization-ID"),
    ONCE("Content-Type"),
    ONCE("Idempotency-Key"),
    ONCE("Expect"),
    ONCE("Content-Encoding"),
};

struct fields {
    struct span values[ONCE_COUNT];
    bool seen[ONCE_COUNT];
    size_t count;
};

static struct span trim(struct span value)
{
    while (value.size && (value.data[0] == ' ' || value.data[0] == '\t'))
        value = span_of(value.data + 1, value.size - 1);
    while (value.size && (value.data[value.size - 1] == ' ' || value.data[value.size - 1] == '\t'))
        value.size--;
    return value;
}

static const char *note_field(struct fields *fields, struct span name, struct span value)
{
    for (size_t i = 0; i < ONCE_COUNT; i++) {
        if (!same_name(name, once_fields[i].name))
            continue;
        if (fields->seen[i])
            return once_fields[i].breach;
        fields->seen[i] = true;
        fields->values[i] = value;
    }
    return NULL;
}

static const char *check_field(struct span line, struct fields *fields)
{
    const char *colon;
    struct span name, value;

    if (line.data[0] == ' ' || line.data[0] == '\t')
        return "A header field is folded over two lines.";
    colon = memchr(line.data, ':', line.size);
    if (!colon)
        return "A header field has no colon.";
    name = span_of(line.data, (size_t)(colon - line.data));
    if (!all(name, TOKEN))
        return "A header field's name holds nothing but letters, digits and !#$%&'*+-.^_`|~, and "
               "no "
               "space stands before the colon.";
    if (++fields->count > HTTP_HEADERS_MAX)
        return "There are more than 64 header fields.";
    value = trim(span_of(colon + 1, line.size - name.size - 1));
    return note_field(fields, name, value);
}

static const char *read_length(struct span value, uint64_t *ret_length)
{
    uint64_t length = 0;

    if (!all(value, DIGIT) || value.size > 18 || (value.size > 1 && value.data[0] == '0'))
        return "Content-Length is a plain decimal number.";
    for (size_t i = 0; i < value.size; i++)
        length = length * 10 + (uint64_t)(value.data[i] - '0');
    *ret_length = length;
    return NULL;
}

static const char *check_framing(const struct fields *fields, const struct request_line *line,
                                 struct http_framing *ret_framing)
{
    struct http_framing framing = {.chunked = fields->seen[ONCE_ENCODING],
                                   .has_length = fields->seen[ONCE_LENGTH]};
    const char *breach;

    if (framing.chunked && framing.has_length)
        return "Content-Length and Transfer-Encoding stand together.";
    if (framing.chunked && !same_name(fields->values[ONCE_ENCODING], span_text("chunked")))
        return "The only Transfer-Encoding that is served is chunked.";
    if (framing.chunked && line->http10)
        return "HTTP/1.0 has no Transfer-Encoding.";
    if (framing.has_length && (breach = read_length(fields->values[ONCE_LENGTH], &framing.length)))
        return breach;
    if (!line->may_have_body && (framing.chunked || framing.length > 0))
        return "A request of this method has no body.";
    *ret_framing = framing;
    return NULL;
}

const char *http_guard_head(struct span head, struct http_framing *ret_framing)
{
    struct fields fields = {0};
    struct request_line request_line;
    struct span rest = head, line = take_line(&rest);
    const char *breach = check_request_line(line, &request_line);

    if (breach)
        return breach;
    for (line = take_line(&rest); line.size; line = take_line(&rest))
        if ((breach = check_field(line, &fields)))
            return breach;
    if (!fields.seen[ONCE_HOST] || !all(fields.values[ONCE_HOST], HOST))
        return "There is exactly one Host, a name or an address with or without a port.";
    /* A client sends the same in both places (RFC 9112, 3.2). Where they differ, somebody on the
     * way may have believed the other one. */
    if (request_line.authority.data && !same_name(request_line.authority, fields.values[ONCE_HOST]))
        return "Host names another server than the request target does.";
    return check_framing(&fields, &request_line, ret_framing);
}

enum chunk_place {
    CHUNK_SIZE, /* the size line, up to its CR */
    CHUNK_SIZE_LF,
    CHUNK_BYTES,
    CHUNK_CR, /* behind the bytes */
    CHUNK_LF,
    CHUNK_END_CR, /* behind the last chunk's size line */
    CHUNK_END_LF,
    CHUNK_DONE,
};

enum { CHUNK_SIZE_DIGITS = 8 };

static unsigned hex_value(char c)
{
    return c <= '9' ? (unsigned)(c - '0') : (unsigned)((c | 0x20) - 'a' + 10);
}

/* One byte of what stands round the chunks. */
static const char *step_chunks(struct http_chunks *chunks, char c)
{
    switch (chunks->place) {
    case CHUNK_SIZE:
        if (is(c, HEXADECIMAL) && chunks->digits < CHUNK_SIZE_DIGITS) {
            chunks->left = chunks->left * 16 + hex_value(c);
            chunks->digits++;
            return NULL;
        }
        if (c != '\r' || chunks->digits == 0)
            return "A chunk's size is one to eight hexadecimal digits, without extensions.";
        break;
    case CHUNK_CR:
    case CHUNK_END_CR:
        if (c != '\r')
            return chunks->place == CHUNK_CR ? "A chunk is longer than its size."
                                             : "Trailers behind a chunked body are not served.";
        break;
    default:
        if (c != '\n')
            return "Lines of a chunked body end with CR LF.";
    }
    switch (chunks->place) {
    case CHUNK_SIZE_LF:
        chunks->digits = 0;
        chunks->place = chunks->left ? CHUNK_BYTES : CHUNK_END_CR;
        break;
    case CHUNK_LF:
        chunks->place = CHUNK_SIZE;
        break;
    default:
        chunks->place++;
    }
    return NULL;
}

const char *http_chunks_decode(struct http_chunks *chunks, struct span bytes, char *out,
                               size_t *ret_used, size_t *ret_out_size, bool *ret_done)
{
    size_t used = 0, out_size = 0;

    while (used < bytes.size && chunks->place != CHUNK_DONE) {
        if (chunks->place == CHUNK_BYTES) {
            size_t size = bytes.size - used < chunks->left ? bytes.size - used : chunks->left;

            memmove(out + out_size, bytes.data + used, size);
            used += size;
            out_size += size;
            chunks->left -= size;
            if (chunks->left == 0)
                chunks->place = CHUNK_CR;
        } else {
            const char *breach = step_chunks(chunks, bytes.data[used++]);

            if (breach)
                return breach;
        }
    }
    *ret_used = used;
    *ret_out_size = out_size;
    *ret_done = chunks->place == CHUNK_DONE;
    return NULL;
}
