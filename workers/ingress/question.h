/* What a reader asks: the parameters of a query's path and of what stands behind the "?", as its
 * contract has them, and which page. */
#ifndef INGRESS_QUESTION_H
#define INGRESS_QUESTION_H

#include "auth/digest.h"
#include "call.h"
#include "runtime/worker.h"

struct question {
    const struct message *message;
    const void *params;  /* the contract's struct, in the call's arena */
    struct page page;    /* of a paged query */
    struct digest about; /* of tenant, query and parameters, but not of the page */
};

/* Reads what the call, whose tenant is known, asks of a query. False: the call has been answered
 * with what is wrong. */
must_check bool question_read(const struct message *message, struct call_pool *calls,
                              struct call *call, const uint8_t seal_key[static 32],
                              struct question *ret_question);

/* Answers that the `n`-th parameter of the contract, from 1, is malformed. */
void question_refuse_param(const struct question *question, struct call_pool *calls,
                           struct call *call, size_t n);

/* Appends the target of the next page, "/v1/core/members?role=coach&cursor=...": the request's with
 * another cursor. */
void question_write_next(const struct http_request *request, struct span cursor, struct buf *out);

#endif
