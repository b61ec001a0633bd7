/* A cursor over the bytes, led by the contract's table. */
#include "codec/json_quick.h"

#include "base/word.h"
#include "codec/text.h"

enum { DIGITS_MAX = 18 }; /* of what fits 64 bits whatever the digits are */

struct cursor {
    const char *at, *end;
};

static void pass_space(struct cursor *cursor)
{
    while (cursor->at < cursor->end && (*cursor->at == ' ' || *cursor->at == '\n' ||
                                        *cursor->at == '\r' || *cursor->at == '\t'))
        cursor->at++;
}

/* Takes the byte where it is the next one, whitespace or none before it. */
static bool take(struct cursor *cursor, char byte)
{
    pass_space(cursor);
    if (cursor->at == cursor->end || *cursor->at != byte)
        return false;
    cursor->at++;
    return true;
}

static bool take_word(struct cursor *cursor, const char *word)
{
    size_t size = strlen(word);

    if ((size_t)(cursor->end - cursor->at) < size || memcmp(cursor->at, word, size) != 0)
        return false;
    cursor->at += size;
    return true;
}

static bool is_plain(char c)
{
    return (unsigned char)c >= 0x20 && c != '"' && c != '\\';
}

/* A text whose first quote was taken; its UTF-8 is not looked at. False: it holds an escape or a
 * control character, or does not end. */
static bool take_text(struct cursor *cursor, struct span *ret_text)
{
    const char *begin = cursor->at, *at = begin;

    for (; cursor->end - at >= WORD_BYTES; at += WORD_BYTES) {
        uint64_t word = word_load(at);

        if (word_has_below(word, 0x20) || word_has(word, '"') || word_has(word, '\\'))
            break;
    }
    while (at < cursor->end && is_plain(*at))
        at++;
    if (at == cursor->end || *at != '"')
        return false;
    cursor->at = at + 1;
    *ret_text = span_of(begin, (size_t)(at - begin));
    return true;
}

static bool take_integer(struct cursor *cursor, int64_t *ret_integer)
{
    bool negative = take_word(cursor, "-");
    const char *begin = cursor->at;
    int64_t integer = 0;

    while (cursor->at < cursor->end && cursor->at - begin < DIGITS_MAX && *cursor->at >= '0' &&
           *cursor->at <= '9')
        integer = integer * 10 + (*cursor->at++ - '0');
    if (cursor->at == begin || (*begin == '0' && cursor->at - begin > 1))
        return false;
    *ret_integer = negative ? -integer : integer;
    return true; /* a digit more, a point or an exponent is not what may follow a value */
}

static bool take_single(struct cursor *cursor, struct value *ret_value)
{
    if (take(cursor, '"')) {
        ret_value->kind = VALUE_TEXT;
        if (!take_text(cursor, &ret_value->text))
            return false;
        ret_value->characters = text_characters(ret_value->text);
        return ret_value->characters >= 0;
    }
    ret_value->kind = VALUE_BOOLEAN;
    ret_value->boolean = take_word(cursor, "true");
    if (ret_value->boolean || take_word(cursor, "false"))
        return true;
    ret_value->kind = VALUE_INTEGER;
    return take_integer(cursor, &ret_value->integer);
}

/* What was told of an error is told again, and better, by the other way. */
static int settle(const struct decoding *d, int r)
{
    if (r < 0)
        return r;
    return r > 0 || d->errors->count ? JSON_QUICK_LEFT : 0;
}

/* The items of a list whose bracket was taken, if it is well formed: its end is looked for. */
static size_t count_items(struct cursor rest)
{
    size_t count = 1, depth = 0;
    struct span text;

    if (take(&rest, ']'))
        return 0;
    for (; rest.at < rest.end; rest.at++) {
        while (take(&rest, '"'))
            if (!take_text(&rest, &text))
                return count;
        if (rest.at == rest.end)
            break;
        if (*rest.at == '[' || *rest.at == '{')
            depth++;
        else if ((*rest.at == ']' || *rest.at == '}') && depth-- == 0)
            break;
        else if (*rest.at == ',' && depth == 0)
            count++;
    }
    return count;
}

static int read_value(struct decoding *d, const struct place *place, const struct field *field,
                      struct cursor *cursor, void *at);

static int read_list(struct decoding *d, const struct place *place, const struct field *field,
                     struct cursor *cursor, void *at)
{
    struct value list = {.kind = VALUE_LIST};
    uint8_t *items = NULL;
    int r;

    if (!take(cursor, '['))
        return JSON_QUICK_LEFT;
    list.count = count_items(*cursor);
    r = settle(d, decoding_items(d, place, field, &list, at, &items));
    for (size_t i = 0; r == 0 && i < list.count; i++) {
        const struct place item = place_item(place, i);

        if (i > 0 && !take(cursor, ','))
            return JSON_QUICK_LEFT;
        r = read_value(d, &item, field->item, cursor, items + i * field->item_size);
    }
    return r || take(cursor, ']') ? r : JSON_QUICK_LEFT;
}

static int read_pair(struct decoding *d, struct level *level, struct cursor *cursor)
{
    const struct field *field = NULL;
    enum key_kind kind = KEY_UNKNOWN;
    struct place place;
    struct span key;

    if (!take(cursor, '"') || !take_text(cursor, &key) || !take(cursor, ':') ||
        decoding_key(d, level, key, &kind, &field) || kind != KEY_FIELD)
        return JSON_QUICK_LEFT;
    place = place_field(level->place, field);
    return read_value(d, &place, field, cursor, decoding_slot(level, field));
}

static int read_level(struct decoding *d, struct level *level, struct cursor *cursor)
{
    bool ended, more;
    int r = 0;

    if (!take(cursor, '{'))
        return JSON_QUICK_LEFT;
    ended = take(cursor, '}');
    for (more = !ended; more && r == 0; more = r == 0 && take(cursor, ','))
        r = read_pair(d, level, cursor);
    if (r)
        return r;
    if (!ended && !take(cursor, '}'))
        return JSON_QUICK_LEFT;
    decoding_missing(d, level);
    return settle(d, 0);
}

static int read_value(struct decoding *d, const struct place *place, const struct field *field,
                      struct cursor *cursor, void *at)
{
    struct level level;
    struct value value;

    switch (field->type) {
    case FIELD_LIST:
        return read_list(d, place, field, cursor, at);
    case FIELD_STRUCT:
        level = decoding_level(place, field->fields, field->field_count, at);
        return read_level(d, &level, cursor);
    case FIELD_MAP:
    case FIELD_UNION:
        return JSON_QUICK_LEFT; /* a tag may stand behind what it explains */
    default:
        if (!take_single(cursor, &value))
            return JSON_QUICK_LEFT;
        return settle(d, decoding_store(d, place, field, &value, at));
    }
}

int json_quick_read(struct decoding *decoding, struct span bytes)
{
    const struct place body = {0};
    struct level level = decoding_level(&body, decoding->message->fields,
                                        decoding->message->field_count, decoding->body);
    struct cursor cursor = {bytes.data, bytes.data};
    int r;

    if (bytes.size)
        cursor.end += bytes.size;
    r = read_level(decoding, &level, &cursor);
    pass_space(&cursor);
    return r || cursor.at == cursor.end ? r : JSON_QUICK_LEFT;
}
