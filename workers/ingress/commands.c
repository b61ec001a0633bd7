/* POST /v1/commands/{type}: one command, as posting.h says. */
#include "codec/codec.h"
#include "fields.h"
#include "posting.h"

static void answer(struct posting *posting)
{
    const struct submission *submission = posting->submissions;
    const struct http_problem *problem = posting->problem ? posting->problem : submission->problem;
    struct outcome outcome;

    if (problem) {
        call_answer_problem(&posting->parts->calls, posting->call, problem);
        return;
    }
    outcome = submission_outcome(submission);
    outcomes_answer(posting->parts, posting->call, submission_status(submission), &outcome);
}

/* What no token may send is not served here. */
static const struct message *find_message(const struct call *call)
{
    const struct message *message = message_find_command(call->params[0]);

    return message && message->scope != SCOPE_NONE ? message : NULL;
}

static bool decode_body(struct submission *submission)
{
    struct call *call = submission->posting->call;
    struct codec_errors errors;
    int r = codec_decode_json(submission->message, call_request(call)->body, CODEC_UNKNOWN_REFUSED,
                              call->arena, &errors, &submission->body);

    if (r == CODEC_MALFORMED)
        submission_refuse(submission, "malformed_json",
                          arena_printf(call->arena, "%s", errors.list[0].detail));
    else
        submission_take_body(submission, r, &errors);
    return r == 0;
}

static void read_command(struct posting *posting)
{
    const struct http_request *request = call_request(posting->call);
    struct submission *submission = posting->submissions;

    if (!fields_say_json(request)) {
        submission_refuse(submission, "unsupported_media_type",
                          "The body has to be application/json.");
        return;
    }
    if (!decode_body(submission) || !posting_pay(submission->posting, submission->message->cost))
        return;
    submission->key = fields_idempotency_key(request);
    if (submission->key.data && !idempotency_key_is_good(submission->key))
        submission_refuse(submission, "malformed_idempotency_key",
                          "Idempotency-Key has 1 to 128 visible ASCII characters.");
}

void commands_post(struct parts *parts, struct call *call)
{
    const struct message *message = find_message(call);
    struct posting *posting;

    if (message && !message->creates_tenant && !doorkeeper_wants_tenant(&parts->calls, call))
        return;
    posting = posting_new(parts, call, read_command, answer);
    if (!posting)
        return;
    if (!message) {
        posting_refuse(
            posting, "unknown_type",
            "The path names no command that can be sent here, as /v1/commands/mc.record-check "
            "does.");
    } else if (posting_make_room(posting, 1)) {
        posting->submissions->message = message;
        posting->for_anybody = message->creates_tenant;
    }
    posting_start(posting);
}
