/* Answers that tell what became of a command. */
#ifndef INGRESS_OUTCOMES_H
#define INGRESS_OUTCOMES_H

#include "inbox.h"
#include "outcome_token.h"
#include "parts.h"

/* The answer to somebody who waited: 200 applied; 409 or 403 rejected and 500 failed as problems;
 * 422 where the id was used for another payload; 202 where nothing is known yet (`row` NULL) or the
 * command is parked. `address` is the outcome's. */
void outcomes_answer_waiter(struct parts *parts, struct call *call,
                            const struct outcome_token *token, const char *address,
                            const struct inbox_row *row);

#endif
