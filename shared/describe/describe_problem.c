/* One problem code as JSON. */
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
