/* A TZif file (RFC 8536), and the rule in its footer alone where the first byte is odd. Every
 * instant lies in one period. */
#include "base/tzif.h"
#include "fuzz.h"

static const int64_t instants[] = {-62135596800, -2208988800, 0,           951782400,
                                   1700000000,   4102444800,  253402300799};

static void check(struct tz_period period, int64_t at)
{
    HOLDS(period.start <= at && at < period.end);
    HOLDS(period.offset_s >= -TZ_MAX_OFFSET_S && period.offset_s <= TZ_MAX_OFFSET_S);
}

static void read_rule(struct span text)
{
    struct tz_rule rule;

    if (tz_rule_parse(text, &rule) < 0)
        return;
    for (size_t i = 0; i < COUNT_OF(instants); i++)
        check(tz_rule_period(&rule, instants[i]), instants[i]);
}

static void read_file(struct span bytes)
{
    struct tzif tzif;

    if (tzif_parse(bytes, &tzif) < 0)
        return;
    for (size_t i = 0; i < COUNT_OF(instants); i++)
        check(tzif_period(&tzif, instants[i]), instants[i]);
    tzif_deinit(&tzif);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct span input = span_of(data, size);
    bool rule = take_byte(&input) & 1;
    char *copy = copy_exactly(input);

    if (rule)
        read_rule(span_of(copy, input.size));
    else
        read_file(span_of(copy, input.size));
    free(copy);
    return 0;
}
