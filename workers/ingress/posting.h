/* Commands of one request on their way: one of POST /v1/commands/{type}, many of POST /v1/batches.
 *
 *   member   does the sender belong to the organization, and is there something left of its quota?
 *   read     the reader's: each is checked against its contract, and refused where it breaks it
 *   look     commands with a key: did they come before?
 *   publish  the others, in their order
 *   wait     where the request asks for it, for the outcomes
 *   answer   the reader's again, once
 *
 * Each step ends when it has ended for every command, so that what is published keeps its order.
 * A refused command takes part in no step that follows. */
#ifndef INGRESS_POSTING_H
#define INGRESS_POSTING_H

#include "codec/codec.h"
#include "first_outcome.h"
#include "outcomes.h"
#include "parts.h"

struct posting;

struct submission {
    struct posting *posting;
    /* Set by the reader: */
    const struct message *message;
    const void *body;
    struct span key;     /* Idempotency-Key; or empty */
    const char *pointer; /* where the body stands in what was sent, as a URI fragment: "#" */

    struct span value; /* the body, encoded */
    struct outcome_token token;
    const char *address; /* of the outcome; NULL until the command has an id */
    struct first_outcome look;
    struct inbox_ask *ask; /* its outcome is awaited */
    bool decided;
    struct inbox_row row;               /* where it is decided */
    const struct http_problem *problem; /* not NULL: refused, or it did not end well */
};

struct posting {
    struct parts *parts;
    struct call *call;
    int64_t wait_ms;
    struct submission *submissions;
    size_t count;
    const struct http_problem *problem; /* of all, and nothing was published */
    bool for_anybody; /* set by the reader: only who founds an organization need not belong to it */

    /* Makes submissions of the body, which is not looked at before. */
    void (*read)(struct posting *posting);

    /* Answers the call, after which all this is gone. */
    void (*answer)(struct posting *posting);

    void (*step)(struct posting *posting); /* what follows when nothing is awaited any more */
    size_t awaited;
    struct departure departure; /* to Kafka, with others */
    bool gone;                  /* the client has left */
    bool full; /* the publisher takes no more: nothing may overtake what it refused */
};

/* In the call's memory, with no submission yet. NULL: without memory, and the call has been
 * answered. */
struct posting *posting_new(struct parts *parts, struct call *call,
                            void (*read)(struct posting *posting),
                            void (*answer)(struct posting *posting));

/* Makes `count` submissions, to be read. False: without memory, and all is refused. */
bool posting_make_room(struct posting *posting, size_t count);

/* Refuses all, or one. The texts live as long as the call. */
void posting_refuse(struct posting *posting, const char *code, const char *detail);
void submission_refuse(struct submission *submission, const char *code, const char *detail);

/* Takes the decoder's result: refuses what it refused, with pointers into what was sent. */
void submission_take_body(struct submission *submission, int result,
                          const struct codec_errors *errors);

/* Takes as many tokens as the commands cost, less the one that the request has cost. False: all is
 * refused. */
must_check bool posting_pay(struct posting *posting, int64_t cost);

/* All goes by itself from here, and ends with `answer`, perhaps during the call. */
void posting_start(struct posting *posting);

/* The status that one command is answered with: its problem's; 200 applied, as far as somebody
 * waits for that; else 202. */
int submission_status(const struct submission *submission);

/* What is told of one command that was published, or that came before. */
struct outcome submission_outcome(const struct submission *submission);

#endif
