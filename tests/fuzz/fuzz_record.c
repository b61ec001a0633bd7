/* Records as the outbox keeps them, and headers as parked messages do: what unpacks is packed so
 * that the same unpacks. A text may come squeezed or as it is; what we pack is squeezed. */
#include <errno.h>

#include "fuzz.h"
#include "runtime/record.h"

static void read_headers(struct span bytes, struct arena *arena)
{
    const struct bus_header *headers;
    int count = record_unpack_headers(bytes, arena, &headers);

    HOLDS(count == -EBADMSG || (count >= 0 && count <= BUS_MAX_HEADERS));
    if (count >= 0)
        HOLDS(span_equal(record_keep_headers(headers, (size_t)count, arena), bytes));
}

static bool same(const struct bus_record *a, const struct bus_record *b)
{
    if (!span_equal(a->topic, b->topic) || !span_equal(a->key, b->key) ||
        !span_equal(a->value, b->value) || a->header_count != b->header_count)
        return false;
    for (size_t i = 0; i < a->header_count; i++)
        if (!span_equal(a->headers[i].name, b->headers[i].name) ||
            !span_equal(a->headers[i].value, b->headers[i].value))
            return false;
    return true;
}

static void pack_again(const struct bus_record *record, struct arena *arena)
{
    cleanup(buf_deinit) struct buf packed = {0};
    struct bus_record again;
    struct span rest;

    record_pack(record, &packed);
    rest = buf_span(&packed);
    HOLDS(record_unpack(&rest, arena, &again) == 1 && rest.size == 0);
    HOLDS(same(record, &again));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *bytes = copy_exactly(span_of(data, size));
    struct arena *arena = arena_new(16 << 20);
    struct span rest = span_of(bytes, size);
    struct bus_record record;
    int r;

    HOLDS(arena);
    while ((r = record_unpack(&rest, arena, &record)) == 1)
        pack_again(&record, arena);
    HOLDS(r == -EBADMSG || (r == 0 && rest.size == 0));
    read_headers(span_of(bytes, size), arena);
    arena_free(arena);
    free(bytes);
    return 0;
}
