/* Records as the outbox keeps them, and headers as parked messages do: what unpacks, packs to the
 * same bytes. */
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

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *bytes = copy_exactly(span_of(data, size));
    struct arena *arena = arena_new(16 << 20);
    struct span rest = span_of(bytes, size), taken = rest;
    cleanup(buf_deinit) struct buf packed = {0};
    struct bus_record record;
    int r;

    HOLDS(arena);
    while ((r = record_unpack(&rest, arena, &record)) == 1) {
        record_pack(&record, &packed);
        taken = rest;
    }
    HOLDS(r == -EBADMSG || (r == 0 && rest.size == 0));
    HOLDS(span_equal(buf_span(&packed), span_of(bytes, size - taken.size)));
    read_headers(span_of(bytes, size), arena);
    arena_free(arena);
    free(bytes);
    return 0;
}
