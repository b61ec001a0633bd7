/* Documents about what the fleet takes and says, made from its tables: the contracts (messages[] of
 * codec/message.h) and the codes of problems. The same tables make the same bytes. A buffer that
 * fails says so at its end. Any thread. */
#ifndef DESCRIBE_DESCRIBE_H
#define DESCRIBE_DESCRIBE_H

#include <stdbool.h>

#include "base/buf.h"
#include "codec/message.h"

/* OpenAPI 3.1 of everything that the edge serves: each command and query by its own path, the
 * routes beside them, and every problem. */
void describe_openapi(struct buf *out);

/* AsyncAPI 3.0 of the topics, from the view of a producer of commands and reader of events. */
void describe_asyncapi(struct buf *out);

/* JSON Schema (2020-12): every message under `$defs`, by its type; and one message alone, a query's
 * answer with it. False, and nothing is appended: there is no message of this type. */
void describe_schemas(struct buf *out);
bool describe_schema(struct span type, struct buf *out);

/* What GET /problems/{code} answers: code, status, title, cause and remedy of the edge's own code;
 * of a contract's reject code also the commands that reject by it. False, and nothing is appended:
 * there is no such code. */
bool describe_problem(struct span code, struct buf *out);

/* Who handles a message: `next` answers one name after the other, counted by `i`, then NULL. */
struct describe_handlers {
    const char *(*next)(const struct message *message, size_t i);
};

/* Pages of docs/reference, as Markdown: of every message, and of every code. */
void describe_messages_page(const struct describe_handlers *handlers, struct buf *out);
void describe_problems_page(struct buf *out);

#endif
