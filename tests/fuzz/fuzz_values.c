/* Values as text: what is read is written so that it is read back the same. A byte for which. */
#include "auth/base64url.h"
#include "auth/digest.h"
#include "base/date.h"
#include "base/decimal.h"
#include "base/hash.h"
#include "base/id.h"
#include "base/utf8.h"
#include "cache/cache_url.h"
#include "codec/text.h"
#include "fuzz.h"

static void read_uuid(struct span text)
{
    char again[UUID_TEXT + 1];
    struct uuid uuid;

    if (uuid_parse(text, &uuid) == 0)
        HOLDS(span_is(text, uuid_format(uuid, again)));
}

static void read_date(struct span text)
{
    char again[DATE_TEXT + 1];
    struct date date, monday;

    if (date_parse(text, &date) == 0)
        HOLDS(text_has_date(date) && span_is(text, date_format(date, again)));
    if (week_parse(text, &monday) == 0)
        HOLDS(date_weekday(monday) == MONDAY && text_has_date(date_add(monday, SUNDAY - MONDAY)) &&
              span_is(text, week_format(monday, again)));
}

static void read_time(struct span text)
{
    char again[TIMESTAMP_TEXT + 1];
    struct timestamp time, back;

    if (timestamp_parse(text, &time) < 0)
        return;
    HOLDS(text_has_time(time));
    HOLDS(timestamp_parse(span_text(timestamp_format(time, again)), &back) == 0);
    HOLDS(back.us <= time.us && time.us - back.us < 1000);
}

static void read_decimal(struct span text)
{
    unsigned scale = take_byte(&text) % 19;
    char again[DECIMAL_TEXT + 1];
    int64_t value, back;

    if (decimal_parse(text, scale, &value) == 0)
        HOLDS(decimal_parse(span_text(decimal_format(value, scale, again)), scale, &back) == 0 &&
              back == value);
}

static void read_base64url(struct span text)
{
    cleanup(buf_deinit) struct buf bytes = {0}, again = {0};

    if (base64url_decode(text, &bytes) < 0) {
        HOLDS(bytes.size == 0);
        return;
    }
    base64url_encode(buf_span(&bytes), &again);
    HOLDS(span_equal(text, buf_span(&again)));
}

static void read_digest(struct span text)
{
    char again[DIGEST_TEXT + 1];
    struct digest digest;

    if (digest_parse(text, &digest) == 0)
        HOLDS(span_is(text, digest_format(&digest, again)));
}

/* Two ways to look at UTF-8 agree, and escaping leaves JSON. */
static void read_utf8(struct span text)
{
    int64_t characters = text_characters(text), counted = 0;
    cleanup(buf_deinit) struct buf json = {0};
    struct span rest = text;
    size_t next;

    while ((next = utf8_next(rest)) > 0) {
        take_bytes(&rest, next);
        counted++;
    }
    HOLDS(characters == (rest.size ? -1 : counted));
    HOLDS(utf8_cut(text, 5).size <= 5 && utf8_cut(text, 5).size <= text.size);
    buf_add_json(&json, text);
    HOLDS(text_characters(buf_span(&json)) >= 2);
}

static void read_cache_url(struct span text)
{
    struct cache_url url;
    char *copy = copy_text(text);

    if (cache_url_parse(copy, &url) == 0)
        HOLDS(url.host[0] && url.port[0] && strlen(url.port) < sizeof url.port);
    free(copy);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static void (*const readers[])(struct span text) = {read_uuid,    read_date,      read_time,
                                                        read_decimal, read_base64url, read_digest,
                                                        read_utf8,    read_cache_url};
    struct span input = span_of(data, size);
    size_t which = take_byte(&input) % COUNT_OF(readers);
    char *copy = copy_exactly(input);

    readers[which](span_of(copy, input.size));
    free(copy);
    return 0;
}
