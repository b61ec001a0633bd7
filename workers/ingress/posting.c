#include "posting.h"

#include <errno.h>

#include "runtime/record.h"

static void arrive(struct posting *posting)
{
    if (--posting->awaited == 0)
        posting->step(posting);
}

/* Lets every command that is not refused begin something; `step` follows when all of it has ended.
 * What begins and ends later counts itself as awaited. */
static void for_each(struct posting *posting, void (*begin)(struct submission *submission),
                     void (*step)(struct posting *posting))
{
    posting->awaited = 1; /* this loop */
    posting->step = step;
    for (size_t i = 0; i < posting->count; i++)
        if (!posting->submissions[i].problem)
            begin(&posting->submissions[i]);
    arrive(posting);
}

/* What the inbox says is final. Who does not wait is told it as an outcome, not as a problem. */
static void settle(struct submission *submission, const struct inbox_row *row)
{
    struct outcome outcome;

    submission->row = *row;
    submission->decided = true;
    outcome = submission_outcome(submission);
    if (!digest_equal(&row->digest, &submission->token.digest))
        submission->problem = &outcomes_reused;
    else if (submission->posting->wait_ms)
        submission->problem = outcomes_problem(submission->posting->call, &outcome);
}

/* ---- wait ----------------------------------------------------------------------------------- */
static void answer(struct posting *posting)
{
    posting->answer(posting);
}

static void on_outcome(void *data, int result, const struct inbox_row *row)
{
    struct submission *submission = data;

    (void)result; /* a database that is away leaves it pending: the command has been accepted */
    submission->ask = NULL;
    if (row)
        settle(submission, row);
    arrive(submission->posting);
}

static void await_outcome(struct submission *submission)
{
    struct posting *posting = submission->posting;

    if (submission->decided)
        return;
    submission->ask = inbox_wait(posting->parts->inbox, &submission->look.key, posting->wait_ms,
                                 on_outcome, submission);
    posting->awaited += submission->ask != NULL;
}

/* Who left does not wait: the place is given up at once. */
static void on_gone(struct http_exchange *exchange, void *data)
{
    struct posting *posting = data;

    (void)exchange;
    posting->gone = true;
    for (size_t i = 0; i < posting->count; i++)
        if (posting->submissions[i].ask)
            inbox_hurry(posting->submissions[i].ask);
}

static void await_outcomes(struct posting *posting)
{
    if (posting->wait_ms && !posting->gone)
        for_each(posting, await_outcome, answer);
    else
        answer(posting);
}

/* ---- publish -------------------------------------------------------------------------------- */
static void on_delivered(void *data, enum bus_delivery delivery)
{
    struct submission *submission = data;

    if (delivery == BUS_UNKNOWN)
        submission_refuse(submission, "unavailable",
                          "Whether the command was accepted is not known: send it again with the "
                          "same Idempotency-Key.");
    else if (delivery == BUS_REFUSED)
        submission_refuse(submission, "unavailable", "The command was not accepted.");
    arrive(submission->posting);
}

static int build_record(struct submission *submission, struct bus_record *ret_record)
{
    const struct posting *posting = submission->posting;
    const struct outcome_token *token = &submission->token;
    const struct trace child = trace_child(&call_request(posting->call)->trace);
    const struct record_fields fields = {
        .message = token->message,
        .tenant = token->tenant,
        .aggregate = message_aggregate(token->message, token->tenant, submission->body),
        .id = token->id,
        .worker = "ingress",
        .actor = span_text(posting->call->actor),
        .time = wall_clock_now(posting->parts->clock),
        .value = submission->value,
        .digest = &token->digest,
        .trace = &child,
        .source_offset = -1,
    };

    return record_build(&fields, keyring_signer(posting->parts->keyring), posting->parts->records,
                        ret_record);
}

/* The publisher takes a copy: the record's memory is free again at once. */
static void publish(struct submission *submission)
{
    struct posting *posting = submission->posting;
    struct bus_record record;
    int r;

    if (submission->decided)
        return;
    r = posting->full ? -EAGAIN : build_record(submission, &record);
    if (r == 0)
        r = publisher_send(posting->parts->publisher, &record, on_delivered, submission);
    arena_reset(posting->parts->records);
    if (r == 0) {
        posting->awaited++;
    } else if (r == -EAGAIN || r == -EIO || r == -ENOENT) {
        posting->full = true;
        submission_refuse(submission, "unavailable", "The command was not accepted.");
    } else {
        submission_refuse(submission, "internal_error", NULL);
    }
}

/* True: nothing is on its way to Kafka, and nothing goes there now. */
static bool is_shut(struct posting *posting)
{
    if (publisher_takes(posting->parts->publisher))
        return false;
    posting_refuse(posting, "unavailable", "Kafka does not answer; the command was not taken.");
    return true;
}

/* Those that are neither refused nor decided. */
static size_t count_open(const struct posting *posting)
{
    size_t count = 0;

    for (size_t i = 0; i < posting->count; i++)
        count += !posting->submissions[i].problem && !posting->submissions[i].decided;
    return count;
}

/* Asked again: many may have come this far at the same time. */
static void depart(void *data)
{
    struct posting *posting = data;

    if (is_shut(posting))
        answer(posting);
    else
        for_each(posting, publish, await_outcomes);
}

/* What is decided needs no Kafka. */
static void publish_all(struct posting *posting)
{
    const size_t count = count_open(posting);

    posting->departure = (struct departure){.go = depart, .data = posting};
    if (count > 0)
        publisher_gather(posting->parts->publisher, &posting->departure, count);
    else
        for_each(posting, publish, await_outcomes);
}

/* ---- look ----------------------------------------------------------------------------------- */
static void on_looked(void *data, const struct inbox_row *row)
{
    struct submission *submission = data;

    if (row)
        settle(submission, row);
    arrive(submission->posting);
}

static struct message_id command_id(const struct submission *submission)
{
    const struct message *message = submission->message;
    const struct call *call = submission->posting->call;
    struct tenant_id scope = message->creates_tenant ? (struct tenant_id){{{0}}} : call->tenant;

    if (submission->key.size == 0)
        return (struct message_id){
            uuid_v7(wall_clock_now(submission->posting->parts->clock).us / 1000)};
    return derive_command(message->module, scope, span_text(call->actor), message->type,
                          submission->key);
}

static const char *make_address(const struct submission *submission)
{
    const struct posting *posting = submission->posting;
    struct buf *text = &posting->parts->scratch;

    buf_clear(text);
    buf_add_text(text, "/v1/outcomes/");
    if (outcome_token_write(&submission->token, posting->parts->config->seal_key, text) < 0)
        return NULL;
    return arena_copy(posting->call->arena, text->data, text->size);
}

static int encode(struct submission *submission)
{
    struct buf *value = &submission->posting->parts->scratch;
    const char *copy;
    int r;

    buf_clear(value);
    r = codec_encode_msgpack(submission->message, submission->body, value);
    if (r < 0)
        return r;
    copy = arena_copy(submission->posting->call->arena, value->data, value->size);
    submission->value = span_of(copy, value->size);
    return copy ? 0 : -ENOMEM;
}

/* Gives the command its id and the address of its outcome. */
static int identify(struct submission *submission)
{
    const struct posting *posting = submission->posting;
    struct outcome_token *token = &submission->token;

    *token = (struct outcome_token){.message = submission->message,
                                    .tenant = posting->call->tenant,
                                    .actor = posting->call->user,
                                    .id = command_id(submission),
                                    .digest = digest_of(submission->value)};
    if (token->message->creates_tenant)
        token->tenant =
            derive_organization(span_text(posting->call->issuer), token->actor, token->id);
    submission->address = make_address(submission);
    return submission->address ? 0 : -ENOMEM;
}

static void look(struct submission *submission)
{
    const struct outcome_token *token = &submission->token;
    struct posting *posting = submission->posting;

    if (encode(submission) < 0 || identify(submission) < 0) {
        submission_refuse(submission, "internal_error", NULL);
        return;
    }
    submission->look = (struct first_outcome){.inbox = posting->parts->inbox,
                                              .key = {.module = token->message->module,
                                                      .tenant = token->tenant,
                                                      .actor = token->actor,
                                                      .id = token->id},
                                              .digest = token->digest,
                                              .told = on_looked,
                                              .data = submission};
    if (submission->key.size == 0)
        return;
    posting->awaited++;
    first_outcome_look(&submission->look, posting->parts->cache);
}

static void look_all(struct posting *posting)
{
    for_each(posting, look, publish_all);
}

/* ---- member --------------------------------------------------------------------------------- */
bool posting_pay(struct posting *posting, int64_t cost)
{
    unsigned of = QUOTA_USER | (posting->for_anybody ? 0 : QUOTA_ORGANIZATION);

    if (cost == 1)
        return true;
    posting->problem = quota_take(posting->parts->quota, posting->call, of, cost, 1);
    return !posting->problem;
}

static void read_all(struct posting *posting)
{
    posting->read(posting);
    if (posting->problem)
        answer(posting);
    else
        look_all(posting);
}

static void on_member(void *data, enum member_answer answer_of_members)
{
    struct posting *posting = data;

    if (answer_of_members == MEMBER_NO)
        posting_refuse(posting, "not_a_member",
                       "You do not belong to the organization that X-Organization-ID names.");
    else if (answer_of_members == MEMBER_UNKNOWN)
        posting_refuse(posting, "unavailable", "The database does not answer.");
    else
        posting->problem =
            quota_take(posting->parts->quota, posting->call, QUOTA_ORGANIZATION, 1, 0);
    if (posting->problem)
        answer(posting);
    else
        read_all(posting);
}

void posting_start(struct posting *posting)
{
    const struct call *call = posting->call;

    http_exchange_on_gone(call->exchange, on_gone, posting);
    if (posting->problem || is_shut(posting))
        answer(posting);
    else if (posting->for_anybody)
        read_all(posting);
    else
        members_check(posting->parts->members, call->tenant, call->user, on_member, posting);
}
