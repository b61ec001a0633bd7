/* Problem codes: one as JSON, and docs/reference/problems.md, which has them all. */
#include <stdlib.h>
#include <string.h>

#include "base/attr.h"
#include "codec/codec_codes.h"
#include "codec/json_writer.h"
#include "codec/message.h"
#include "describe/describe.h"
#include "http/http_codes.h"

static void write_reject(struct json_writer *w, const struct message *message,
                         const struct reject *reject)
{
    json_open(w, '{');
    json_member_text(w, "type", message->type);
    json_member_text(w, "field", reject->field);
    json_member_text(w, "sentence", reject->sentence);
    json_close(w, '}');
}

static void write_rejects(struct json_writer *w, struct span code)
{
    for (size_t i = 0; i < message_count; i++)
        for (size_t j = 0; j < messages[i]->reject_count; j++) {
            const struct reject *reject = &messages[i]->rejects[j];

            if (span_is(code, reject->code))
                write_reject(w, messages[i], reject);
        }
}

static const char *reject_code(struct span code)
{
    for (size_t i = 0; i < message_count; i++)
        for (size_t j = 0; j < messages[i]->reject_count; j++)
            if (span_is(code, messages[i]->rejects[j].code))
                return messages[i]->rejects[j].code;
    return NULL;
}

bool describe_problem(struct span code, struct buf *out)
{
    struct json_writer w = {.out = out};
    const struct http_code *row = http_code_find(code);
    const char *reject = row ? NULL : reject_code(code);

    if (!row && !reject)
        return false;
    if (reject)
        row = http_code_answer(reject);
    json_open(&w, '{');
    json_member_text(&w, "code", reject ? reject : row->code);
    json_member_integer(&w, "status", row->status);
    json_member_text(&w, "title", row->title);
    if (reject) {
        json_member_text(&w, "cause", "A rule of the command's contract; its sentence says which.");
        json_member_open(&w, "commands", '[');
        write_rejects(&w, code);
        json_close(&w, ']');
    } else {
        json_member_text(&w, "cause", row->cause);
    }
    json_member_text(&w, "remedy", row->remedy);
    json_close(&w, '}');
    return true;
}

struct rejection {
    const struct message *message;
    const struct reject *reject;
};

static int by_code(const void *a, const void *b)
{
    const struct rejection *left = a, *right = b;
    int order = strcmp(left->reject->code, right->reject->code);

    return order ? order : strcmp(left->message->type, right->message->type);
}

static void free_rejections(struct rejection **rejections)
{
    free(*rejections);
}

static size_t count_rejects(void)
{
    size_t count = 0;

    for (size_t i = 0; i < message_count; i++)
        count += messages[i]->reject_count;
    return count;
}

static void add_rejections(struct buf *out)
{
    size_t count = count_rejects(), at = 0;
    cleanup(free_rejections) struct rejection *list = calloc(count + 1, sizeof *list);

    if (!list) {
        out->failed = true;
        return;
    }
    for (size_t i = 0; i < message_count; i++)
        for (size_t j = 0; j < messages[i]->reject_count; j++)
            list[at++] = (struct rejection){messages[i], &messages[i]->rejects[j]};
    qsort(list, count, sizeof *list, by_code);
    for (size_t i = 0; i < count; i++) {
        const char *field = list[i].reject->field;

        buf_printf(out, "| `%s` | `%s` | %s%s%s | %s |\n", list[i].reject->code,
                   list[i].message->name, field ? "`" : "", field ? field : "", field ? "`" : "",
                   list[i].reject->sentence);
    }
}

void describe_problems_page(struct buf *out)
{
    buf_add_text(out,
                 "# Problems\n\n"
                 "Every `code` that a client can meet, from the tables of the code and the "
                 "contracts (`make docs` writes this page).\nAn answer that is a problem is "
                 "`application/problem+json` (RFC 9457); its `type` is `/problems/<code>`, and "
                 "`GET` of that\naddress answers its row of this page.\n\n"
                 "## Of the edge\n\n"
                 "| code | status | title | cause | what to do |\n|---|---|---|---|---|\n");
    for (size_t i = 0; i < http_code_count; i++)
        buf_printf(out, "| `%s` | %d | %s | %s | %s |\n", http_codes[i].code, http_codes[i].status,
                   http_codes[i].title, http_codes[i].cause, http_codes[i].remedy);
    buf_printf(out,
               "\n## Of commands\n\n"
               "A worker's rejection is final for its command: a 409 for who waits, `code` of the "
               "outcome for who asks. What to do\nis what the sentence says.\n\n"
               "| code | command | field | because |\n|---|---|---|---|\n");
    add_rejections(out);
    buf_add_text(out, "\n## Of fields\n\n"
                      "In `errors` of `invalid_body`, each with the field's `pointer` and what was "
                      "expected.\n\n"
                      "| code | cause |\n|---|---|\n");
    for (size_t i = 0; i < codec_code_count; i++)
        buf_printf(out, "| `%s` | %s |\n", codec_codes[i].code, codec_codes[i].sentence);
}
