/* Writes JSON (RFC 8259) that no contract describes: commas and quotes are its own matter, so that
 * what is written in order is valid. One thread; fails as its buffer does. */
#ifndef CODEC_JSON_WRITER_H
#define CODEC_JSON_WRITER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/buf.h"

/* `struct json_writer w = {.out = &buf};` */
struct json_writer {
    struct buf *out;
    bool lines;     /* for people: a line for each member and item */
    bool after_key; /* the next one is a member's value */
    bool follows;   /* something stands before it in the same object or list */
    unsigned depth; /* of what is open */
};

/* Each is a value: of a list, behind a key, or the whole document. */
void json_open(struct json_writer *w, char bracket); /* '{' or '[' */
void json_close(struct json_writer *w, char bracket);
void json_put_text(struct json_writer *w, const char *text); /* NULL is null */
void json_put_span(struct json_writer *w, struct span text);
void json_put_integer(struct json_writer *w, int64_t number);
void json_put_boolean(struct json_writer *w, bool boolean);

/* A value that is JSON already. */
void json_put_raw(struct json_writer *w, const char *json);

/* A value as a template, with ' where JSON has ": "{'$ref': '#/defs/%s'}". What it inserts are
 * names and numbers, which need no escaping. */
void json_put_template(struct json_writer *w, const char *format, ...) printf_like(2, 3);

/* A key; its value follows. A raw one is JSON already, with its quotes. */
void json_key(struct json_writer *w, const char *key);
void json_key_span(struct json_writer *w, struct span key);
void json_key_raw(struct json_writer *w, const char *json);

/* Keys with their values; without a text nothing is written. */
void json_member_text(struct json_writer *w, const char *key, const char *text);
void json_member_span(struct json_writer *w, const char *key, struct span text); /* also an empty */
void json_member_integer(struct json_writer *w, const char *key, int64_t number);
void json_member_boolean(struct json_writer *w, const char *key, bool boolean);
void json_member_raw(struct json_writer *w, const char *key, const char *json);
void json_member_open(struct json_writer *w, const char *key, char bracket);
void json_member_template(struct json_writer *w, const char *key, const char *format, ...)
    printf_like(3, 4);

#endif
