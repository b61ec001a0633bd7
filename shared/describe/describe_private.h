/* What the documents share. For the files of this folder. */
#ifndef DESCRIBE_DESCRIBE_PRIVATE_H
#define DESCRIBE_DESCRIBE_PRIVATE_H

#include "codec/json_writer.h"
#include "codec/message.h"

/* A value: the JSON Schema (2020-12, and what OpenAPI 3.1 and AsyncAPI 3.0 take of it) of a field,
 * resp. of a body. A closed one refuses keys that the contract does not have, as HTTP does; on
 * topics and in answers unknown keys are passed over. */
enum schema_kind { SCHEMA_OPEN, SCHEMA_CLOSED };
void describe_field_schema(struct json_writer *w, const struct field *field, enum schema_kind kind);
void describe_body_schema(struct json_writer *w, const struct message *message,
                          enum schema_kind kind);

/* A value: a body with every field, made of the fields' examples. */
void describe_example(struct json_writer *w, const struct message *message);

/* Can it be sent by HTTP: is it a newest version that some token may send? */
bool describe_is_served(const struct message *message);

/* Who may send or ask it, as a sentence. */
void describe_who(struct buf *out, const struct message *message);

/* What the body's record key is made of, as words behind "<tenant>/". */
const char *describe_aggregate(const struct message *message);

/* The index of the first message behind `i` (or of `i` itself) that is of this kind and module;
 * message_count: none. A module of NULL is any. */
size_t describe_next(size_t i, const char *module, enum message_kind kind);

/* Each module once, in the order of messages[]: does a message before it have it? */
bool describe_is_first_of_module(size_t i);

#endif
