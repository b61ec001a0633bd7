/* A query's parameters, which are all text, to a contract's struct. */
#include <errno.h>

#include "base/decimal.h"
#include "codec/decode.h"
#include "codec/text.h"

static void integer_value(struct span text, struct value *ret_value)
{
    int r = decimal_parse(text, 0, &ret_value->integer);

    if (r == -EINVAL)
        return;
    ret_value->kind = r == 0 ? VALUE_INTEGER : VALUE_HUGE;
    /* VALUE_HUGE is above every bound, so what is below them all becomes the least integer */
    if (r == -ERANGE && text.data[0] == '-') {
        ret_value->kind = VALUE_INTEGER;
        ret_value->integer = INT64_MIN;
    }
}

static void boolean_value(struct span text, struct value *ret_value)
{
    ret_value->boolean = span_is(text, "true");
    if (ret_value->boolean || span_is(text, "false"))
        ret_value->kind = VALUE_BOOLEAN;
}

/* A text that is no number, resp. not true or false, stays a text, which the field refuses. */
static void value_of(const struct field *field, struct span text, struct value *ret_value)
{
    *ret_value =
        (struct value){.kind = VALUE_TEXT, .text = text, .characters = text_characters(text)};
    if (field->type == FIELD_INTEGER)
        integer_value(text, ret_value);
    else if (field->type == FIELD_BOOLEAN)
        boolean_value(text, ret_value);
}

static int read_param(struct decoding *d, struct level *level, const struct codec_param *param)
{
    const struct field *field = NULL;
    enum key_kind kind = KEY_UNKNOWN;
    struct place place;
    struct value value;
    int r = decoding_key(d, level, param->name, &kind, &field);

    if (r)
        return r;
    if (kind == KEY_UNKNOWN) {
        decoding_unknown(d, level, param->name);
        return 0;
    }
    place = place_field(level->place, field);
    value_of(field, param->text, &value);
    if (value.characters < 0)
        return decoding_malformed(d, &place, "malformed", "expected a text in UTF-8");
    return decoding_store(d, &place, field, &value, decoding_slot(level, field));
}

int codec_decode_params(const struct message *message, const struct codec_param *params,
                        size_t count, struct arena *arena, struct codec_errors *ret_errors,
                        const void **ret_body)
{
    struct decoding d = {
        .message = message, .unknown = CODEC_UNKNOWN_REFUSED, .arena = arena, .errors = ret_errors};
    const struct place body = {0};
    struct level level;
    int r = decoding_begin(&d, span_of(NULL, 0));

    level = decoding_level(&body, message->fields, message->field_count, d.body);
    for (size_t i = 0; r == 0 && i < count; i++)
        r = read_param(&d, &level, &params[i]);
    if (r == 0)
        decoding_missing(&d, &level);
    return decoding_end(&d, r, ret_body);
}
