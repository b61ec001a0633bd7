/* JSON as nearly every body is, from the bytes straight into the struct: known fields, texts
 * without escapes, integers of at most 18 digits, lists and structs, nothing wrong. Whatever is
 * unusual is left to the way by jansson's tree, and so is every error: what is taken here, that way
 * takes too, and makes the same of it. */
#ifndef CODEC_JSON_QUICK_H
#define CODEC_JSON_QUICK_H

#include "codec/decode.h"

enum { JSON_QUICK_LEFT = 100 }; /* to the other way, which begins anew; apart from the codec's */

/* 0, JSON_QUICK_LEFT or -ENOMEM. */
must_check int json_quick_read(struct decoding *decoding, struct span bytes);

#endif
