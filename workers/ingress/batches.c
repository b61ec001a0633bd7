/* POST /v1/batches: many commands of one sender for one organization, each with an answer of its
 * own. No transaction: what is good is published, whatever becomes of the others. */
#include "batch_read.h"

enum { UNDER_WAY_MAX = 64 };

static void write_result(struct buf *json, const struct submission *submission)
{
    const struct trace *trace = &call_request(submission->posting->call)->trace;
    struct outcome outcome;

    if (submission->problem) {
        http_problem_write(json, submission->problem, span_of(NULL, 0), trace);
        return;
    }
    outcome = submission_outcome(submission);
    buf_printf(json, "{\"status\":%d,", submission_status(submission));
    outcomes_write(json, &outcome, "state");
    buf_add_char(json, '}');
}

/* 200 all are applied; 202 all are at least accepted; 207 some are neither. */
static int status_of(const struct posting *posting, bool *ret_retry)
{
    int status = 200;

    for (size_t i = 0; i < posting->count; i++) {
        int one = submission_status(&posting->submissions[i]);

        *ret_retry |= one == 503;
        if (one != 200)
            status = one == 202 && status != 207 ? 202 : 207;
    }
    return status;
}

static void answer_results(struct posting *posting)
{
    const struct http_header headers[] = {
        {span_text("Cache-Control"), span_text("no-store")},
        {span_text("Retry-After"), span_text("1")},
    };
    cleanup(buf_deinit) struct buf json = {0};
    bool retry = false;
    int status = status_of(posting, &retry);

    buf_add_text(&json, "{\"results\":[");
    for (size_t i = 0; i < posting->count; i++) {
        if (i)
            buf_add_char(&json, ',');
        write_result(&json, &posting->submissions[i]);
    }
    buf_add_text(&json, "]}");
    if (buf_failed(&json)) {
        call_answer_fault(&posting->parts->calls, posting->call);
        return;
    }
    call_answer(&posting->parts->calls, posting->call,
                &(struct http_response){.status = status,
                                        .content_type = "application/json",
                                        .body = buf_span(&json),
                                        .headers = headers,
                                        .header_count = retry ? 2 : 1});
}

static void answer(struct posting *posting)
{
    posting->parts->batches--;
    if (posting->problem)
        call_answer_problem(&posting->parts->calls, posting->call, posting->problem);
    else
        answer_results(posting);
}

void batches_post(struct parts *parts, struct call *call)
{
    struct posting *posting;

    if (!doorkeeper_wants_tenant(&parts->calls, call))
        return;
    posting = posting_new(parts, call, batch_read, answer);
    if (!posting)
        return;
    parts->batches++;
    if (parts->batches > UNDER_WAY_MAX)
        posting_refuse(posting, "overloaded", "Too many batches are under way.");
    posting_start(posting);
}
