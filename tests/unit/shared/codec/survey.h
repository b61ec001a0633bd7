/* Bodies of tally.survey, which has a field of every type at every depth, from JSON in which a test
 * changes one field, in both formats. */
#ifndef CODEC_SURVEY_H
#define CODEC_SURVEY_H

#include <CUnit/CUnit.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/attr.h"
#include "codec/codec.h"
#include "contracts/tally.h"

enum { SURVEY_ARENA_BYTES = 1 << 20 };

typedef int decoder(const struct message *message, struct span bytes, enum codec_unknown unknown,
                    struct arena *arena, struct codec_errors *ret_errors, const void **ret_body);
typedef int encoder(const struct message *message, const void *body, struct buf *out);

struct survey_part {
    const char *name, *json;
};

#define SURVEY_COUNTER "\"0198c2a5-2e54-7077-9b65-af4d8062de55\""
#define SURVEY_TEAM "\"0198c2a5-0c32-7e55-9f43-8d2b6e40bc33\""

static const struct survey_part survey_parts[] = {
    {"counter", SURVEY_COUNTER},
    {"load", "\"12.50\""},
    {"target", "{\"from\":\"2026-11-23\"}"},
    {"marks", "{\"left\":3}"},
    {"measure", "{\"kind\":\"yes_no\"}"},
};

/* The required fields as JSON, with `name` set to `json` instead, left out where that is NULL, or
 * added where it is none of them. */
static inline void survey_json(struct buf *out, const char *name, const char *json)
{
    bool found = false;

    buf_clear(out);
    for (size_t i = 0; i < COUNT_OF(survey_parts); i++) {
        bool it = strcmp(survey_parts[i].name, name) == 0;
        const char *value = it ? json : survey_parts[i].json;

        found |= it;
        if (value)
            buf_printf(out, "%c\"%s\":%s", out->size ? ',' : '{', survey_parts[i].name, value);
    }
    if (!found && *name)
        buf_printf(out, ",\"%s\":%s", name, json);
    buf_add_char(out, '}');
}

static inline void survey_pack_number(const char **at, struct buf *out)
{
    char *end;
    long long number = strtoll(*at, &end, 10);

    if (*end == '.') {
        end += strspn(end, ".0123456789");
        buf_add(out, "\xcb\0\0\0\0\0\0\0\0", 9);
    } else {
        buf_add_char(out, (char)0xd3);
        buf_add_be64(out, (uint64_t)number);
    }
    *at = end;
}

static inline void survey_pack_text(const char **at, struct buf *out)
{
    size_t size = strcspn(*at + 1, "\"");

    buf_add_char(out, (char)0xda);
    buf_add_be16(out, (uint16_t)size);
    buf_add(out, *at + 1, size);
    *at += size + 2;
}

static inline void survey_pack(const char **at, struct buf *out);

static inline void survey_pack_container(const char **at, struct buf *out)
{
    bool map = *(*at)++ == '{';
    size_t start = out->size;
    unsigned parts = 0;

    buf_add(out, map ? "\xde\0\0" : "\xdc\0\0", 3);
    for (; **at != '}' && **at != ']'; parts++) {
        *at += **at == ',';
        if (map)
            survey_pack_text(at, out);
        *at += **at == ':';
        survey_pack(at, out);
    }
    ++*at;
    out->data[start + 1] = (char)(parts >> 8);
    out->data[start + 2] = (char)parts;
}

/* The same as MessagePack, also where keys stand twice. Knows no white space and no escapes. */
static inline void survey_pack(const char **at, struct buf *out)
{
    switch (**at) {
    case '{':
    case '[':
        survey_pack_container(at, out);
        break;
    case '"':
        survey_pack_text(at, out);
        break;
    case 't':
    case 'f':
        buf_add_char(out, (char)(**at == 't' ? 0xc3 : 0xc2));
        *at += **at == 't' ? 4 : 5;
        break;
    case 'n':
        buf_add_char(out, (char)0xc0);
        *at += 4;
        break;
    default:
        survey_pack_number(at, out);
    }
}

static inline void survey_to_msgpack(const struct buf *json, struct buf *out)
{
    const char *at = json->data;

    buf_clear(out);
    survey_pack(&at, out);
    CU_ASSERT_EQUAL(*at, '\0');
}

#endif
