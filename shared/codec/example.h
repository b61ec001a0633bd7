/* Examples of whole values, made of the examples of their parts: for the documents, and for the
 * tests that keep contracts honest. Any thread; fails as its buffer does. */
#ifndef CODEC_EXAMPLE_H
#define CODEC_EXAMPLE_H

#include "base/buf.h"
#include "codec/message.h"

/* Appends a body as a JSON object with every field, the optional ones too. The decoder takes it. */
void message_example(const struct message *message, struct buf *json);

/* Appends one value of a field, item or key as JSON: of a union the first alternative, of a list or
 * map of structs as few as it may have, but one. */
void field_example(const struct field *field, struct buf *json);

#endif
