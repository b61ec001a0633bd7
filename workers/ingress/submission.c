/* What the reader of a request does with each of its commands, and how one is told to have ended.
 */
#include "codec/codec.h"
#include "fields.h"
#include "http/http_codes.h"
#include "posting.h"

struct posting *posting_new(struct parts *parts, struct call *call,
                            void (*read)(struct posting *posting),
                            void (*answer)(struct posting *posting))
{
    struct posting *posting = arena_alloc(call->arena, sizeof *posting);

    if (!posting) {
        call_answer_fault(&parts->calls, call);
        return NULL;
    }
    *posting =
        (struct posting){.parts = parts,
                         .call = call,
                         .wait_ms = fields_wait_ms(call_request(call), parts->config->wait_max_s),
                         .read = read,
                         .answer = answer};
    return posting;
}

bool posting_make_room(struct posting *posting, size_t count)
{
    posting->submissions = arena_array(posting->call->arena, count, sizeof posting->submissions[0]);
    if (!posting->submissions) {
        posting->problem = &call_fault;
        return false;
    }
    for (size_t i = 0; i < count; i++)
        posting->submissions[i] = (struct submission){.posting = posting, .pointer = "#"};
    posting->count = count;
    return true;
}

void posting_refuse(struct posting *posting, const char *code, const char *detail)
{
    posting->problem =
        call_keep_problem(posting->call, &(struct http_problem){.code = code, .detail = detail});
}

void submission_refuse(struct submission *submission, const char *code, const char *detail)
{
    submission->problem = call_keep_problem(submission->posting->call,
                                            &(struct http_problem){.code = code, .detail = detail});
}

/* The codec points into the body, whose own place comes before that; its texts do not outlive the
 * reading. False without memory. */
static bool keep_error(struct submission *submission, const struct codec_error *error,
                       struct http_problem_error *ret_error)
{
    struct arena *arena = submission->posting->call->arena;

    ret_error->pointer = arena_printf(arena, "%s%s", submission->pointer, error->pointer + 1);
    ret_error->code = error->code;
    ret_error->detail = arena_copy(arena, error->detail, strlen(error->detail));
    return ret_error->pointer && ret_error->detail;
}

static void refuse_invalid(struct submission *submission, const struct codec_errors *errors)
{
    struct call *call = submission->posting->call;
    struct http_problem_error *list = arena_array(call->arena, errors->count, sizeof *list);

    for (size_t i = 0; list && i < errors->count; i++)
        if (!keep_error(submission, &errors->list[i], &list[i]))
            list = NULL;
    if (!list)
        submission->problem = &call_fault;
    else
        submission->problem = call_keep_problem(
            call, &(struct http_problem){.code = "invalid_body",
                                         .detail = "The errors say which fields are wrong.",
                                         .errors = list,
                                         .error_count = errors->count});
}

void submission_take_body(struct submission *submission, int result,
                          const struct codec_errors *errors)
{
    if (result == CODEC_MALFORMED || result == CODEC_INVALID)
        refuse_invalid(submission, errors);
    else if (result < 0)
        submission->problem = &call_fault;
}

int submission_status(const struct submission *submission)
{
    const struct http_problem *problem = submission->problem;

    if (problem)
        return http_code_answer(problem->code)->status;
    return submission->posting->wait_ms && submission->decided &&
                   submission->row.outcome == OUTCOME_APPLIED
               ? 200
               : 202;
}

struct outcome submission_outcome(const struct submission *submission)
{
    return (struct outcome){.token = &submission->token,
                            .address = submission->address,
                            .pointer = submission->pointer,
                            .row = submission->decided ? &submission->row : NULL};
}
