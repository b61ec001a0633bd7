/* Jansson with memory that may run out: it takes a failed allocation for bad syntax in some places,
 * and reads beyond its buffer in others. Private to shared/codec. */
#ifndef CODEC_JSON_MEMORY_H
#define CODEC_JSON_MEMORY_H

#include <jansson.h>

#include "base/attr.h"
#include "base/span.h"

/* As json_loadb. 0; -EINVAL with the reason in *error; or -ENOMEM, and nothing is left. Any thread.
 */
must_check int json_memory_load(struct span text, size_t flags, json_error_t *error,
                                json_t **ret_document);

#endif
