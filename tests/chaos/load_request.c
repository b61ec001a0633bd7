/* Requests as text, and what their answers say of each command. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "load.h"

static const char *type_of(enum kind kind)
{
    switch (kind) {
    case KIND_CHECK:
    case KIND_NO_HABIT:
        return "mc.record-check";
    case KIND_TEAM:
        return "core.create-team";
    default:
        return "tally.count";
    }
}

static void write_check(const struct load *load, const struct command *command, struct buf *out)
{
    const struct chaos_tenant *tenant = &load->population.tenants[command->tenant];
    const bool known = command->kind == KIND_CHECK;
    char player[UUID_TEXT + 1], habit[UUID_TEXT + 1], day[DATE_TEXT + 1];
    int64_t what = known ? command->sequence : 16 * (int64_t)load->first_day;

    uuid_format(tenant->actor.uuid, player);
    uuid_format(known ? tenant->habits[what / 2 % HABITS] : tenant->tenant.uuid, habit);
    date_format(date_of_seconds(what / 16 * 86400), day);
    buf_printf(out, "{\"player\":\"%s\",\"habit\":\"%s\",\"day\":\"%s\",\"done\":%s}", player,
               habit, day, what % 2 ? "true" : "false");
}

static void write_body(const struct load *load, const struct command *command, struct buf *out)
{
    char id[UUID_TEXT + 1];

    switch (command->kind) {
    case KIND_CHECK:
    case KIND_NO_HABIT:
        write_check(load, command, out);
        return;
    case KIND_TEAM:
        buf_printf(out, "{\"team\":\"%s\",\"name\":\"Team %" PRIu32 "\"}",
                   uuid_format(team_id(&load->population, command->number), id), command->number);
        return;
    default:
        break;
    }
    uuid_format(command->kind == KIND_LETTER
                    ? letter_counter(&load->population, command->tenant, command->sequence)
                    : load->population.tenants[command->tenant].counters[command->key],
                id);
    buf_printf(out, "{\"counter\":\"%s\",\"sequence\":%s%" PRId64 "%s}", id,
               command->kind == KIND_INVALID ? "-" : "", command->sequence,
               command->kind == KIND_CULPRIT ? ",\"weight\":150" : "");
}

static void write_batch(const struct load *load, const struct parcel *parcel, struct buf *out)
{
    char key[IDEMPOTENCY_TEXT];

    buf_add_text(out, "{\"commands\":[");
    for (size_t i = 0; i < parcel->count; i++) {
        const struct command *command = &load->commands[parcel->numbers[i]];

        buf_printf(out, "%s{\"type\":\"%s\",\"key\":\"%s\",\"body\":", i ? "," : "",
                   type_of(command->kind),
                   idempotency_key(load->population.seed, command->idempotent, key));
        write_body(load, command, out);
        buf_add_char(out, '}');
    }
    buf_add_text(out, "]}");
}

void http_write(const struct load *load, const struct parcel *parcel, const char *host,
                struct buf *request)
{
    const struct command *first = &load->commands[parcel->numbers[0]];
    const unsigned sender =
        first->kind == KIND_STRANGER ? (first->tenant + 1) % TENANTS : first->tenant;
    cleanup(buf_deinit) struct buf body = {0};
    char tenant[UUID_TEXT + 1], key[IDEMPOTENCY_TEXT];

    if (parcel->batch)
        write_batch(load, parcel, &body);
    else
        write_body(load, first, &body);
    if (parcel->batch)
        buf_add_text(request, "POST /v1/batches HTTP/1.1\r\n");
    else
        buf_printf(request, "POST /v1/commands/%s HTTP/1.1\r\nIdempotency-Key: %s\r\n",
                   type_of(first->kind),
                   idempotency_key(load->population.seed, first->idempotent, key));
    if (parcel->waits)
        buf_printf(request, "Prefer: wait=%d\r\n", WAIT_S);
    buf_printf(request,
               "Host: %s\r\nContent-Type: application/json\r\nX-Organization-ID: %s\r\n"
               "Content-Length: %zu\r\nAuthorization: Bearer ",
               host, uuid_format(load->population.tenants[first->tenant].tenant.uuid, tenant),
               body.size);
    buf_add(request, load->tokens[sender].data, load->tokens[sender].size);
    buf_add_text(request, "\r\n\r\n");
    buf_add(request, body.data, body.size);
    if (buf_failed(request))
        give_up("no memory");
}

/* ---- answers
 * -------------------------------------------------------------------------------------- */
static enum answer judge_status(int status, const char *text)
{
    switch (status) {
    case 200:
        return ANSWER_APPLIED;
    case 202:
        return ANSWER_ACCEPTED;
    case 400:
    case 401:
    case 403:
    case 404:
    case 413:
    case 415:
    case 422:
        return ANSWER_REFUSED;
    case 409: /* a reused id, or the rejection that somebody waited for */
        return strstr(text, "\"id_reused\"") ? ANSWER_REFUSED : ANSWER_ACCEPTED;
    default:
        return ANSWER_UNKNOWN;
    }
}

static void take_one(struct load *load, const struct parcel *parcel, size_t i, int status,
                     const char *text)
{
    const char *id = strstr(text, "\"id\":\"");
    char copy[UUID_TEXT + 1] = "";

    if (id && strlen(id + 6) > UUID_TEXT)
        memcpy(copy, id + 6, UUID_TEXT);
    load_answered(load, parcel->numbers[i], parcel->echo, judge_status(status, text), status, copy);
}

/* The end of the object that begins here. */
static const char *skip_object(const char *text)
{
    int depth = 0;
    bool quoted = false;

    for (; *text; text++) {
        if (quoted) {
            if (*text == '\\' && text[1])
                text++;
            else
                quoted = *text != '"';
            continue;
        }
        quoted = *text == '"';
        depth += (*text == '{') - (*text == '}');
        if (depth == 0 && *text == '}')
            return text + 1;
    }
    return text;
}

static void take_results(struct load *load, const struct parcel *parcel, const char *text)
{
    for (size_t i = 0; i < parcel->count; i++) {
        const char *begin = strchr(text, '{'), *end = begin ? skip_object(begin) : NULL;
        char *copy = begin ? strndup(begin, (size_t)(end - begin)) : strdup("");
        const char *status;

        if (!copy)
            give_up("no memory");
        status = strstr(copy, "\"status\":");
        take_one(load, parcel, i, status ? atoi(status + 9) : 0, copy);
        free(copy);
        text = end ? end : text;
    }
}

void http_take_answer(struct load *load, const struct parcel *parcel, int status, const char *body)
{
    const char *results = parcel->batch ? strstr(body, "\"results\":[") : NULL;

    if (results) {
        take_results(load, parcel, results + 11);
        return;
    }
    for (size_t i = 0; i < parcel->count; i++)
        take_one(load, parcel, i, status, body);
}
