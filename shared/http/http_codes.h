/* The codes of every problem that the edge answers: one table, from which come statuses and titles,
 * the answers of GET /problems/{code}, and the documents. Constant data, any thread. */
#ifndef HTTP_HTTP_CODES_H
#define HTTP_HTTP_CODES_H

#include <stddef.h>

#include "base/span.h"

struct http_code {
    const char *code; /* snake_case, stable */
    int status;
    const char *title;  /* the same for every problem of this code (RFC 9457, 3.1.3) */
    const char *cause;  /* sentences: what makes the edge say so */
    const char *remedy; /* what the client does about it */
};

/* Sorted by status, then by code. */
extern const struct http_code http_codes[];
extern const size_t http_code_count;

/* The row of a code, or NULL. */
const struct http_code *http_code_find(struct span code);

/* The row by which a problem of this code is answered: its own, or that of `rejected` for the
 * reject code of a contract. */
const struct http_code *http_code_answer(const char *code);

#endif
