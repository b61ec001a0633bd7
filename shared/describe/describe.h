/* Documents about what the fleet takes and says, made from its tables: the contracts (messages[] of
 * codec/message.h) and the codes of problems. The same tables make the same bytes. A buffer that
 * fails says so at its end. Any thread. */
#ifndef DESCRIBE_DESCRIBE_H
#define DESCRIBE_DESCRIBE_H

#include <stdbool.h>

#include "base/buf.h"

/* What GET /problems/{code} answers: code, status, title, cause and remedy of the edge's own code;
 * of a contract's reject code also the commands that reject by it. False, and nothing is appended:
 * there is no such code. */
bool describe_problem(struct span code, struct buf *out);

#endif
