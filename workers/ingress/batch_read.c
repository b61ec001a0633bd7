#include "batch_read.h"

#include <stdio.h>

#include "codec/codec.h"
#include "fields.h"

enum { POINTER_BYTES = 48 };

/* What is wrong with the form of the document. */
struct form {
    struct posting *posting;
    struct http_problem_error errors[CODEC_MAX_ERRORS];
    size_t count;
};

static void complain(struct form *form, const char *pointer, const char *code, const char *detail)
{
    const char *copy;

    if (form->count == CODEC_MAX_ERRORS)
        return;
    copy = arena_printf(form->posting->call->arena, "%s", pointer);
    form->errors[form->count++] = (struct http_problem_error){copy ? copy : "#", code, detail};
}

/* The member of a command, which has to be of this kind. */
static bool check_member(struct form *form, const struct json *item, size_t index, const char *name,
                         enum json_kind kind, bool required)
{
    const struct json *value = json_get(item, name);
    char pointer[POINTER_BYTES];

    snprintf(pointer, sizeof pointer, "#/commands/%zu/%s", index, name);
    if (!value && required)
        complain(form, pointer, "missing", "the member is required");
    else if (value && json_kind(value) != kind)
        complain(form, pointer, "wrong_type",
                 kind == JSON_KIND_TEXT ? "expected a text" : "expected an object of fields");
    return value != NULL;
}

static void check_item(struct form *form, const struct json *item, size_t index)
{
    char pointer[POINTER_BYTES];
    size_t known = 0;

    snprintf(pointer, sizeof pointer, "#/commands/%zu", index);
    if (json_kind(item) != JSON_KIND_OBJECT) {
        complain(form, pointer, "wrong_type", "expected an object with type and body");
        return;
    }
    known += check_member(form, item, index, "type", JSON_KIND_TEXT, true);
    known += check_member(form, item, index, "key", JSON_KIND_TEXT, false);
    known += check_member(form, item, index, "body", JSON_KIND_OBJECT, true);
    if (json_members(item) > known)
        complain(form, pointer, "unknown_field", "a command has type, key and body only");
}

static void check_form(struct form *form, const struct json *document)
{
    const struct json *commands = json_get(document, "commands");

    if (json_kind(document) != JSON_KIND_OBJECT)
        complain(form, "#", "wrong_type", "expected an object with the list commands");
    else if (!commands)
        complain(form, "#/commands", "missing", "the list is required");
    else if (json_kind(commands) != JSON_KIND_ARRAY)
        complain(form, "#/commands", "wrong_type", "expected a list of commands");
    else if (json_count(commands) == 0)
        complain(form, "#/commands", "too_few", "expected at least 1 command");
    if (json_members(document) > 1 && commands)
        complain(form, "#", "unknown_field", "a batch has commands only");
    for (size_t i = 0; i < json_count(commands); i++)
        check_item(form, json_at(commands, i), i);
}

/* False: all is refused. */
static bool has_form(struct posting *posting, const struct json *document)
{
    struct form form = {.posting = posting};
    struct http_problem_error *errors;

    if (json_count(json_get(document, "commands")) > BATCH_MAX_COMMANDS) {
        posting_refuse(posting, "too_many_commands", "A batch has 1 to 500 commands.");
        return false;
    }
    check_form(&form, document);
    if (form.count == 0)
        return true;
    errors = arena_array(posting->call->arena, form.count, sizeof *errors);
    if (!errors) {
        posting->problem = &call_fault;
        return false;
    }
    memcpy(errors, form.errors, form.count * sizeof *errors);
    posting->problem = call_keep_problem(
        posting->call,
        &(struct http_problem){.code = "invalid_body",
                               .detail = "The body is no batch; the errors say where.",
                               .errors = errors,
                               .error_count = form.count});
    return false;
}

/* A command's own key; or the batch's key and the command's place, so that the whole batch can be
 * sent again. Empty: no key. The copies outlive the document. */
static bool read_key(struct submission *submission, const struct json *item, size_t index)
{
    struct arena *arena = submission->posting->call->arena;
    struct span batch_key = fields_idempotency_key(call_request(submission->posting->call)), own;
    const char *copy;

    if (!json_get(item, "key")) {
        if (!batch_key.size)
            return true;
        copy = arena_printf(arena, "%.*s/%zu", (int)batch_key.size, batch_key.data, index);
        submission->key = span_text(copy);
    } else {
        if (!json_text(json_get(item, "key"), &own) || !idempotency_key_is_good(own)) {
            submission_refuse(submission, "malformed_idempotency_key",
                              "A key has 1 to 128 visible ASCII characters.");
            return false;
        }
        copy = arena_copy(arena, own.data, own.size);
        submission->key = span_of(copy, own.size);
    }
    if (!copy)
        submission->problem = &call_fault;
    return copy != NULL;
}

static bool find_message(struct submission *submission, const struct json *item)
{
    struct span type;

    if (json_text(json_get(item, "type"), &type))
        submission->message = message_find_command(type);
    if (!submission->message || submission->message->scope == SCOPE_NONE) {
        submission_refuse(
            submission, "unknown_type",
            "There is no command of this type that can be sent here, as mc.record-check can.");
        return false;
    }
    if (submission->message->creates_tenant) {
        submission_refuse(submission, "not_in_batch",
                          "The command founds an organization, and a batch is for one.");
        return false;
    }
    return true;
}

/* The key makes the id, so that the second of the two cannot be a command of its own. */
static bool key_is_new(struct submission *submission, size_t index)
{
    const struct submission *all = submission->posting->submissions;

    for (size_t i = 0; i < index && submission->key.size; i++) {
        if (all[i].message == submission->message && span_equal(all[i].key, submission->key)) {
            submission_refuse(submission, "idempotency_key_reused",
                              "An earlier command of this batch has the same type and key.");
            return false;
        }
    }
    return true;
}

static void read_item(struct submission *submission, const struct json *item, size_t index)
{
    struct arena *arena = submission->posting->call->arena;
    struct codec_errors errors;
    const char *pointer = arena_printf(arena, "#/commands/%zu/body", index);
    int r;

    if (!pointer) {
        submission->problem = &call_fault;
        return;
    }
    submission->pointer = pointer;
    if (!find_message(submission, item) || !read_key(submission, item, index) ||
        !key_is_new(submission, index))
        return;
    r = codec_decode_json_value(submission->message, json_get(item, "body"), CODEC_UNKNOWN_REFUSED,
                                arena, &errors, &submission->body);
    submission_take_body(submission, r, &errors);
}

static int64_t cost_of(const struct json *commands)
{
    int64_t cost = 0;

    for (size_t i = 0; i < json_count(commands); i++) {
        const struct message *message = NULL;
        struct span type;

        if (json_text(json_get(json_at(commands, i), "type"), &type))
            message = message_find_command(type);
        cost += message ? message->cost : 1;
    }
    return cost;
}

static void read_items(struct posting *posting, const struct json *document)
{
    const struct json *commands = json_get(document, "commands");

    if (!has_form(posting, document) || !posting_pay(posting, cost_of(commands)) ||
        !posting_make_room(posting, json_count(commands)))
        return;
    for (size_t i = 0; i < posting->count; i++)
        read_item(&posting->submissions[i], json_at(commands, i), i);
}

static void parse(struct posting *posting)
{
    struct codec_errors errors;
    struct json *document;
    int r =
        codec_parse_json(call_request(posting->call)->body, BATCH_MAX_BYTES, &errors, &document);

    if (r < 0) {
        posting->problem = &call_fault;
        return;
    }
    if (r == CODEC_MALFORMED) {
        posting_refuse(posting, "malformed_json",
                       arena_printf(posting->call->arena, "%s", errors.list[0].detail));
        return;
    }
    read_items(posting, document);
    json_free(document);
}

void batch_read(struct posting *posting)
{
    const struct http_request *request = call_request(posting->call);
    struct span key = fields_idempotency_key(request);

    if (!fields_say_json(request))
        posting_refuse(posting, "unsupported_media_type", "The body has to be application/json.");
    else if (key.data && !idempotency_key_is_good(key))
        posting_refuse(posting, "malformed_idempotency_key",
                       "Idempotency-Key has 1 to 128 visible ASCII characters.");
    else
        parse(posting);
}
