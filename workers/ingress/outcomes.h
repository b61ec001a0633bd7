/* Answers that tell what became of a command. */
#ifndef INGRESS_OUTCOMES_H
#define INGRESS_OUTCOMES_H

#include "inbox.h"
#include "outcome_token.h"
#include "parts.h"

/* What is told of a command. */
struct outcome {
    const struct outcome_token *token;
    const char *address;         /* of the outcome; NULL: it was asked there */
    const char *pointer;         /* where the command's body stood in what was sent: "#" */
    const struct inbox_row *row; /* NULL: nothing is known yet */
};

/* How a decided command ended that did not end well: rejected (409, or 403) or failed (500), in the
 * call's memory. NULL: applied, parked, or not decided. */
const struct http_problem *outcomes_problem(struct call *call, const struct outcome *outcome);

/* The id was used before for another payload (422). */
extern const struct http_problem outcomes_reused;

/* Appends the members of an outcome's document, without braces; its state under the name `state`.
 */
void outcomes_write(struct buf *json, const struct outcome *outcome, const char *state);

/* Answers the outcome's document; with an address it is the Location, too. */
void outcomes_answer(struct parts *parts, struct call *call, int status,
                     const struct outcome *outcome);

#endif
