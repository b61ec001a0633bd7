#include "question.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>

#include "base/hex.h"
#include "codec/codec.h"
#include "cursor.h"

enum { PARAMS_MAX = 64, LIMIT_DEFAULT = 50, LIMIT_MAX = 200, CURSOR_MAX = 256 };

enum { REFUSED = 1 }; /* positive: the call has been answered */

/* What every paged query takes beside its contract's fields. */
struct paging {
    bool has_limit;
    int64_t limit;
    bool has_cursor;
    struct span cursor;
};

static const struct field paging_fields[] = {
    {
        .name = "limit",
        .type = FIELD_INTEGER,
        .optional = true,
        .offset = offsetof(struct paging, limit),
        .has_offset = offsetof(struct paging, has_limit),
        .min = 1,
        .max = LIMIT_MAX,
    },
    {
        .name = "cursor",
        .type = FIELD_STRING,
        .optional = true,
        .offset = offsetof(struct paging, cursor),
        .has_offset = offsetof(struct paging, has_cursor),
        .min = 1,
        .max = CURSOR_MAX,
    },
};

static const struct message paging_message = {
    .name = "a paged query",
    .kind = MESSAGE_QUERY,
    .fields = paging_fields,
    .field_count = COUNT_OF(paging_fields),
    .size = sizeof(struct paging),
};

/* A call on its way to a question: its parameters, percent-decoded. */
struct reading {
    struct call_pool *calls;
    struct call *call;
    const struct message *message;
    const uint8_t *seal_key;
    struct codec_param own[PARAMS_MAX], paging[PARAMS_MAX]; /* the contract's, the page's */
    size_t own_count, paging_count;
};

static int refuse(struct call_pool *calls, struct call *call, const struct codec_errors *errors)
{
    struct http_problem_error list[CODEC_MAX_ERRORS];

    for (size_t i = 0; i < errors->count; i++)
        list[i] = (struct http_problem_error){.pointer = errors->list[i].pointer,
                                              .code = errors->list[i].code,
                                              .detail = errors->list[i].detail};
    call_answer_problem(
        calls, call,
        &(struct http_problem){.code = "malformed_parameter",
                               .detail = "The errors say which parameters are wrong.",
                               .errors = list,
                               .error_count = errors->count});
    return REFUSED;
}

static int point_at(struct call_pool *calls, struct call *call, struct span name, const char *code,
                    const char *detail)
{
    struct codec_errors errors = {.count = 1};
    struct codec_error *error = &errors.list[0];

    snprintf(error->pointer, sizeof error->pointer, "#/%.*s", (int)name.size, name.data);
    snprintf(error->detail, sizeof error->detail, "%s", detail);
    error->code = code;
    return refuse(calls, call, &errors);
}

/* A "%" and two digits (RFC 3986, section 2.1). 0 or -EINVAL. */
static int percent_byte(struct span text, char *ret_byte)
{
    char digits[2];
    uint8_t byte;

    if (text.size < 3)
        return -EINVAL;
    for (size_t i = 0; i < 2; i++)
        digits[i] = (char)tolower((unsigned char)text.data[1 + i]);
    if (hex_parse(digits, &byte, 1) < 0)
        return -EINVAL;
    *ret_byte = (char)byte;
    return 0;
}

/* A "+" is a plus. 0, -ENOMEM, or -EINVAL, which the guard of heads has kept away. */
static int percent_decode(struct arena *arena, struct span text, struct span *ret_decoded)
{
    char *bytes = arena_copy(arena, text.data, text.size);
    size_t size = 0;

    if (!bytes)
        return -ENOMEM;
    for (size_t i = 0; i < text.size; i++) {
        bytes[size] = text.data[i];
        if (text.data[i] == '%') {
            if (percent_byte(span_of(text.data + i, text.size - i), &bytes[size]) < 0)
                return -EINVAL;
            i += 2;
        }
        size++;
    }
    *ret_decoded = span_of(bytes, size);
    return 0;
}

static int add_param(struct reading *reading, struct span name, struct span value)
{
    struct codec_param param = {.name = name};
    int r = percent_decode(reading->call->arena, value, &param.text);

    if (r < 0)
        return r;
    if (reading->own_count + reading->paging_count == PARAMS_MAX)
        return point_at(reading->calls, reading->call, name, "too_many",
                        "expected 64 parameters at most");
    if (reading->message->paged && (span_is(name, "limit") || span_is(name, "cursor")))
        reading->paging[reading->paging_count++] = param;
    else
        reading->own[reading->own_count++] = param;
    return 0;
}

/* The segments in braces, in the order of the path. */
static int add_path(struct reading *reading)
{
    const char *at = reading->message->path;
    int r = 0;

    for (size_t i = 0; i < reading->call->param_count && r == 0; i++) {
        const char *begin = strchr(at, '{') + 1, *end = strchr(begin, '}');

        r = add_param(reading, span_of(begin, (size_t)(end - begin)), reading->call->params[i]);
        at = end;
    }
    return r;
}

/* Cuts the first "name=value" off, up to the "&". A name without "=" has an empty value. */
static void cut_pair(struct span *rest, struct span *ret_name, struct span *ret_value)
{
    const char *end = memchr(rest->data, '&', rest->size);
    size_t size = end ? (size_t)(end - rest->data) : rest->size;
    const char *equals = memchr(rest->data, '=', size);
    size_t name = equals ? (size_t)(equals - rest->data) : size;

    *ret_name = span_of(rest->data, name);
    *ret_value = span_of(rest->data + name + !!equals, size - name - !!equals);
    *rest = end ? span_of(end + 1, rest->size - size - 1) : span_of(NULL, 0);
}

static int add_query(struct reading *reading)
{
    struct span rest = call_request(reading->call)->query, name, value;
    int r = 0;

    while (rest.size && r == 0) {
        cut_pair(&rest, &name, &value);
        r = add_param(reading, name, value);
    }
    return r;
}

static int decode(struct reading *reading, const struct message *message,
                  const struct codec_param *params, size_t count, const void **ret_params)
{
    struct codec_errors errors = {.count = 0};
    int r = codec_decode_params(message, params, count, reading->call->arena, &errors, ret_params);

    return r > 0 ? refuse(reading->calls, reading->call, &errors) : r;
}

/* The parameters as MessagePack in the contract's order: one text for one question. */
static int digest_question(const struct reading *reading, struct question *question)
{
    cleanup(buf_deinit) struct buf bytes = {0};
    int r;

    buf_add(&bytes, &reading->call->tenant, sizeof reading->call->tenant);
    buf_add_text(&bytes, question->message->type);
    buf_add_char(&bytes, '\n');
    r = codec_encode_msgpack(question->message, question->params, &bytes);
    if (r < 0 || buf_failed(&bytes))
        return r < 0 ? r : -ENOMEM;
    question->about = digest_of(buf_span(&bytes));
    return 0;
}

static int read_cursor(struct reading *reading, struct span text, struct question *question)
{
    int r = cursor_read(text, &question->about, reading->seal_key, &question->page.from);

    if (r != -EBADMSG)
        return r;
    call_answer_problem(
        reading->calls, reading->call,
        &(struct http_problem){.code = "malformed_cursor",
                               .detail = "This question, with these parameters, was not answered "
                                         "with this cursor."});
    return REFUSED;
}

static int read_page(struct reading *reading, struct question *question)
{
    const struct paging *paging;
    const void *decoded;
    int r = decode(reading, &paging_message, reading->paging, reading->paging_count, &decoded);

    if (r != 0)
        return r;
    paging = decoded;
    question->page.limit = paging->has_limit ? (size_t)paging->limit : LIMIT_DEFAULT;
    return paging->has_cursor ? read_cursor(reading, paging->cursor, question) : 0;
}

static int read_question(struct reading *reading, struct question *question)
{
    int r = add_path(reading);

    if (r == 0)
        r = add_query(reading);
    if (r == 0)
        r = decode(reading, reading->message, reading->own, reading->own_count, &question->params);
    if (r == 0)
        r = digest_question(reading, question);
    if (r == 0 && reading->message->paged)
        r = read_page(reading, question);
    return r;
}

bool question_read(const struct message *message, struct call_pool *calls, struct call *call,
                   const uint8_t seal_key[static 32], struct question *ret_question)
{
    struct question question = {.message = message};
    struct reading reading = {
        .calls = calls, .call = call, .message = message, .seal_key = seal_key};
    int r = read_question(&reading, &question);

    if (r < 0)
        call_answer_fault(calls, call);
    else if (r == 0)
        *ret_question = question;
    return r == 0;
}

void question_refuse_param(const struct question *question, struct call_pool *calls,
                           struct call *call, size_t n)
{
    const struct field *field = &question->message->fields[n - 1];
    char detail[160];

    snprintf(detail, sizeof detail, "expected a value such as %s", field->example);
    point_at(calls, call, span_text(field->name), "malformed", detail);
}

void question_write_next(const struct http_request *request, struct span cursor, struct buf *out)
{
    struct span rest = request->query, name, value;

    buf_add(out, request->path.data, request->path.size);
    buf_add_char(out, '?');
    while (rest.size) {
        cut_pair(&rest, &name, &value);
        if (span_is(name, "cursor"))
            continue;
        buf_add(out, name.data, name.size);
        buf_add_char(out, '=');
        buf_add(out, value.data, value.size);
        buf_add_char(out, '&');
    }
    buf_add_text(out, "cursor=");
    buf_add(out, cursor.data, cursor.size);
}
