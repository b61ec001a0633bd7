/* Documents of no contract: parsed, walked, and written so that they are read back the same. */
#include "auth/token.h"
#include "base/attr.h"
#include "codec/json.h"
#include "fuzz.h"

static void ask(const struct json *value)
{
    struct span text = span_of(NULL, 0);
    double number;

    if (json_text(value, &text))
        HOLDS(json_kind(value) == JSON_KIND_TEXT && text.data[text.size] == '\0');
    if (json_number(value, &number))
        HOLDS(json_kind(value) == JSON_KIND_NUMBER);
    for (size_t i = 0; i < json_count(value); i++)
        ask(json_at(value, i));
    HOLDS(!json_at(value, json_count(value)));
    (void)json_get(value, "kid");
}

static void write_and_read(const struct json *document, struct span wanted)
{
    cleanup(buf_deinit) struct buf text = {0};
    struct json *again;

    HOLDS(json_write(document, &text) == 0);
    if (wanted.data) {
        HOLDS(span_equal(buf_span(&text), wanted));
        return;
    }
    if (text.size > JSON_MAX_BYTES)
        return;
    HOLDS(json_parse(buf_span(&text), &again) == 0);
    write_and_read(again, buf_span(&text));
    json_free(again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *bytes = copy_exactly(span_of(data, size));
    struct json *document;

    if (json_parse(span_of(bytes, size), &document) == 0) {
        ask(document);
        write_and_read(document, span_of(NULL, 0));
        json_free(document);
    }
    free(bytes);
    return 0;
}
