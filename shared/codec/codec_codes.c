/* The table of field errors' codes. */
#include "codec/codec_codes.h"

#include "base/attr.h"

const struct codec_code codec_codes[] = {
    {"duplicate_field", "The key stands twice."},
    {"malformed",
     "The body as a whole is no JSON object, resp. no MessagePack map; or a parameter is "
     "not of the form that its description says."},
    {"missing", "The field is required and is not there."},
    {"not_a_date", "The text is no day of the calendar, as 2026-11-22 is."},
    {"not_a_decimal", "The text is no decimal, or has too many digits behind the point."},
    {"not_a_time", "The text is no instant, as 2026-11-22T18:00:00.000Z is."},
    {"not_a_uuid", "The text is no UUID in lower case."},
    {"not_one_of", "The text is none of the field's words."},
    {"nul_refused", "The text holds the character U+0000."},
    {"null_refused", "The value is null, resp. nil: a field that is not there is left out."},
    {"too_deep", "The body nests lists and maps more than 32 deep."},
    {"too_few", "The list has fewer items, or the map fewer pairs, than it must have."},
    {"too_large", "The number is above its bound, or beyond 64 bits."},
    {"too_long", "The text has too many characters, or the whole body too many bytes."},
    {"too_many",
     "The list has too many items, the map too many pairs, or an object more than 256 keys."},
    {"too_short", "The text has too few characters."},
    {"too_small", "The number is below its bound."},
    {"unknown_field", "The contract has no such field."},
    {"wrong_type", "The value is of another type, for example a fraction for an integer."},
};

const size_t codec_code_count = COUNT_OF(codec_codes);
