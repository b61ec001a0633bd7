/* fleetctl dlq show: one dead letter whole, as JSON: what was sent, by its contract where that can
 * be read, why it died, and what became of it. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/utf8.h"
#include "bus/bus.h"
#include "codec/codec.h"
#include "dlq.h"
#include "letters_list.h"
#include "runtime/record.h"

enum { FOUND_MAX = 10, RAW_BYTES = 4096, TEXT_BYTES = 1024 };

static const char find_sql[] =
    "select d.topic, d.part, d.at, d.cause, coalesce(d.detail, ''), d.attempts, d.tenant, d.id,"
    "       d.type, d.key, d.headers, d.value, d.trace, d.died_at, d.fingerprint, d.appended,"
    "       d.replays, d.resolved, d.resolved_at, d.resolved_by,"
    "       (select i.outcome from @.inbox i where i.tenant = d.tenant and i.id = d.id),"
    "       exists (select from @.parked k"
    "                where k.topic = d.topic and k.part = d.part and k.at = d.at)"
    "  from @.dead d where " LETTERS_DIED " order by d.died_at desc, d.at desc limit 10";

enum {
    TOPIC,
    PART,
    AT,
    CAUSE,
    DETAIL,
    TRIES,
    TENANT,
    ID,
    TYPE,
    KEY,
    HEADERS,
    VALUE,
    TRACE,
    DIED,
    FINGERPRINT,
    APPENDED,
    REPLAYS,
    RESOLVED,
    RESOLVED_AT,
    RESOLVED_BY,
    OUTCOME,
    PARKED
};

static void put_span(struct json_writer *w, const char *name, struct span text)
{
    json_member_span(w, name, utf8_cut(text, TEXT_BYTES));
}

static void put_column(struct json_writer *w, const char *name, const struct pg_rows *rows,
                       size_t column)
{
    if (!pg_null(rows, 0, column))
        put_span(w, name, pg_value(rows, 0, column));
}

static void put_uuid(struct json_writer *w, const char *name, const struct pg_rows *rows,
                     size_t column)
{
    char text[UUID_TEXT + 1];

    if (!pg_null(rows, 0, column))
        json_member_text(w, name, uuid_format(pg_get_uuid(rows, 0, column), text));
}

static const char *outcome_name(int32_t outcome)
{
    return outcome == 0    ? "applied"
           : outcome == -1 ? "failed"
           : outcome == -2 ? "parked"
                           : "rejected";
}

/* The headers as they came, a list of pairs: a name may stand twice. */
static int put_headers(struct json_writer *w, struct arena *arena, struct span packed,
                       struct span *ret_type, bool *ret_json)
{
    const struct bus_header *headers;
    int count = record_unpack_headers(packed, arena, &headers);

    if (count == -EBADMSG) {
        json_member_text(w, "headers_unreadable", "the row's headers are not as they are packed");
        return 0;
    }
    if (count < 0)
        return count;
    json_member_open(w, "headers", '[');
    for (int i = 0; i < count; i++) {
        json_open(w, '{');
        put_span(w, "name", headers[i].name);
        put_span(w, "value", headers[i].value);
        json_close(w, '}');
        if (span_is(headers[i].name, "ce_type"))
            *ret_type = headers[i].value;
        if (span_is(headers[i].name, "content-type"))
            *ret_json = span_is(headers[i].value, CONTENT_JSON);
    }
    json_close(w, ']');
    return 0;
}

/* What no contract reads may say anything about anybody. */
static void put_raw(struct json_writer *w, struct span value, bool personal, const char *why)
{
    struct span some = span_of(value.data, value.size < RAW_BYTES ? value.size : RAW_BYTES);
    cleanup(buf_deinit) struct buf hex = {0};

    json_member_text(w, "value_unreadable", why);
    if (!personal)
        return;
    for (size_t i = 0; i < some.size; i++)
        buf_printf(&hex, "%02x", (uint8_t)some.data[i]);
    if (buf_failed(&hex))
        w->out->failed = true;
    json_member_span(w, "value_hex", buf_span(&hex));
}

static int put_value(struct json_writer *w, struct arena *arena, struct span value,
                     struct span type, bool json, bool personal)
{
    const struct message *message = message_find(type);
    struct codec_errors errors = {.count = 0};
    cleanup(buf_deinit) struct buf text = {0};
    const void *body;
    int r;

    json_member_integer(w, "value_bytes", (int64_t)value.size);
    if (!message) {
        put_raw(w, value, personal, "no contract has this type");
        return 0;
    }
    r = (json ? codec_decode_json : codec_decode_msgpack)(message, value, CODEC_UNKNOWN_IGNORED,
                                                          arena, &errors, &body);
    if (r > 0)
        put_raw(w, value, personal, errors.list[0].detail);
    if (r != 0)
        return r < 0 ? r : 0;
    r = (personal ? codec_encode_json : codec_encode_json_impersonal)(message, body, &text);
    if (r < 0)
        return r;
    json_member_raw(w, "value", text.data);
    return 0;
}

static int put_message(struct json_writer *w, struct letters_desk *desk, const struct pg_rows *rows)
{
    struct span type = {0};
    bool json = false;
    int r;

    put_column(w, "key", rows, KEY);
    r = put_headers(w, desk->scratch, pg_value(rows, 0, HEADERS), &type, &json);
    if (r < 0)
        return r;
    return put_value(w, desk->scratch, pg_value(rows, 0, VALUE), type, json,
                     desk->options->personal);
}

static int put_row(struct json_writer *w, struct letters_desk *desk, const char *module,
                   const struct pg_rows *rows)
{
    int r;

    json_open(w, '{');
    json_member_text(w, "module", module);
    letters_json_place(w, rows, 0, TOPIC);
    put_column(w, "cause", rows, CAUSE);
    put_column(w, "detail", rows, DETAIL);
    put_column(w, "fingerprint", rows, FINGERPRINT);
    json_member_integer(w, "attempts", pg_get_int4(rows, 0, TRIES));
    letters_json_time(w, "appended", rows, 0, APPENDED);
    letters_json_time(w, "died", rows, 0, DIED);
    json_member_boolean(w, "proven", !pg_null(rows, 0, TENANT));
    put_uuid(w, "tenant", rows, TENANT);
    put_uuid(w, "id", rows, ID);
    put_column(w, "type", rows, TYPE);
    put_column(w, "trace", rows, TRACE);
    if (!pg_null(rows, 0, OUTCOME))
        json_member_text(w, "outcome", outcome_name(pg_get_int4(rows, 0, OUTCOME)));
    json_member_boolean(w, "parked", pg_get_bool(rows, 0, PARKED));
    json_member_integer(w, "replays", pg_get_int4(rows, 0, REPLAYS));
    put_column(w, "resolved", rows, RESOLVED);
    letters_json_time(w, "resolved_at", rows, 0, RESOLVED_AT);
    put_column(w, "resolved_by", rows, RESOLVED_BY);
    r = put_message(w, desk, rows);
    json_close(w, '}');
    return r;
}

static int print_row(struct letters_desk *desk, const char *module, const struct pg_rows *rows)
{
    cleanup(buf_deinit) struct buf json = {0}, shown = {0};
    struct json_writer writer = {.out = &json, .lines = true};
    int r = put_row(&writer, desk, module, rows);

    screen_add_json(&shown, buf_span(&json));
    if (r < 0 || buf_failed(&json) || buf_failed(&shown))
        return complain(EXIT_FAULT, "dlq show: %s", strerror(r < 0 ? -r : ENOMEM));
    puts(shown.data);
    return EXIT_DONE;
}

static void remember(const struct pg_rows *rows, char places[static FOUND_MAX][LETTERS_PLACE],
                     size_t *count)
{
    for (size_t i = 0; i < pg_row_count(rows) && *count < FOUND_MAX; i++)
        letters_row_place(rows, i, TOPIC, places[(*count)++]);
}

static int complain_of_many(char places[static FOUND_MAX][LETTERS_PLACE], size_t count)
{
    complain(EXIT_MISUSE, "dlq show: more than one matches; name one:");
    for (size_t i = 0; i < count; i++)
        fprintf(stderr, "  %s\n", places[i]);
    return EXIT_MISUSE;
}

static const struct pg_rows *find(struct letters_desk *desk, const char *module, int *ret_code)
{
    struct pg_param params[LETTERS_PARAMS];

    letters_params(desk, params);
    return letters_ask(desk, letters_sql(desk, find_sql, module), params, LETTERS_PARAMS, ret_code);
}

static int show(struct letters_desk *desk)
{
    char places[FOUND_MAX][LETTERS_PLACE];
    size_t count = 0, found = 0;
    const struct pg_rows *rows;
    int code = EXIT_DONE;

    for (size_t i = 0; i < desk->module_count; i++) {
        rows = find(desk, desk->modules[i], &code);
        if (!rows)
            return code;
        found = pg_row_count(rows) > 0 ? i : found;
        remember(rows, places, &count);
    }
    if (count > 1)
        return complain_of_many(places, count);
    rows = count == 1 ? find(desk, desk->modules[found], &code) : NULL;
    if (code == EXIT_DONE && (!rows || pg_row_count(rows) != 1))
        return complain(EXIT_MISUSE, "dlq show: no dead letter is so");
    return rows ? print_row(desk, desk->modules[found], rows) : code;
}

/* Found by whatever the filter says, resolved or not, in whatever module. */
int dlq_show(const struct letters_options *options)
{
    cleanup(letters_close) struct letters_desk desk = {0};
    struct letters_options all = *options;
    int code;

    all.all = true;
    code = letters_open(&desk, &all);
    return code == EXIT_DONE ? show(&desk) : code;
}
