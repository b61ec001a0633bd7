#include "base/tzif.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { HEADER_BYTES = 44, TYPE_BYTES = 6, MAX_CHANGES = 1 << 16, MAX_TYPES = 256 };

struct header {
    char version;
    size_t ut_count, standard_count, leap_count, change_count, type_count, name_bytes;
};

/* A block of the file, after its header. */
struct block {
    const uint8_t *times, *indexes, *types;
};

static uint32_t be32(const uint8_t *bytes)
{
    return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
}

static int64_t time_at(const uint8_t *times, size_t index, size_t time_bytes)
{
    const uint8_t *bytes = times + index * time_bytes;

    if (time_bytes == 4)
        return (int32_t)be32(bytes);
    return (int64_t)((uint64_t)be32(bytes) << 32 | be32(bytes + 4));
}

/* Takes `size` bytes off the front; NULL: there are fewer. */
static const uint8_t *take(struct span *bytes, size_t size)
{
    const uint8_t *taken = (const uint8_t *)bytes->data;

    if (size > bytes->size)
        return NULL;
    *bytes = span_of(bytes->data + size, bytes->size - size);
    return taken;
}

static int header_take(struct span *bytes, struct header *ret_header)
{
    const uint8_t *at = take(bytes, HEADER_BYTES);
    struct header header;

    if (!at || memcmp(at, "TZif", 4) != 0)
        return -EINVAL;
    header = (struct header){
        .version = (char)at[4],
        .ut_count = be32(at + 20),
        .standard_count = be32(at + 24),
        .leap_count = be32(at + 28),
        .change_count = be32(at + 32),
        .type_count = be32(at + 36),
        .name_bytes = be32(at + 40),
    };
    if (header.change_count > MAX_CHANGES || header.type_count > MAX_TYPES ||
        header.leap_count > 0 || header.type_count == 0)
        return -EINVAL;
    *ret_header = header;
    return 0;
}

static int block_take(struct span *bytes, const struct header *header, size_t time_bytes,
                      struct block *ret_block)
{
    struct block block;

    block.times = take(bytes, header->change_count * time_bytes);
    block.indexes = block.times ? take(bytes, header->change_count) : NULL;
    block.types = block.indexes ? take(bytes, header->type_count * TYPE_BYTES) : NULL;
    if (!block.types || !take(bytes, header->name_bytes) || !take(bytes, header->standard_count) ||
        !take(bytes, header->ut_count))
        return -EINVAL;
    *ret_block = block;
    return 0;
}

/* The text between two line feeds behind the last block; empty: no rule is known. */
static int footer_take(struct span bytes, struct tzif *tzif)
{
    const char *end;

    if (bytes.size < 2 || bytes.data[0] != '\n')
        return -EINVAL;
    end = memchr(bytes.data + 1, '\n', bytes.size - 1);
    if (!end)
        return -EINVAL;
    if (end == bytes.data + 1)
        return 0;
    tzif->has_rule = true;
    return tz_rule_parse(span_of(bytes.data + 1, (size_t)(end - bytes.data - 1)), &tzif->rule);
}

static int offset_of(const struct header *header, const struct block *block, uint8_t type,
                     int32_t *ret_offset_s)
{
    int32_t offset_s;

    if (type >= header->type_count)
        return -EINVAL;
    offset_s = (int32_t)be32(block->types + (size_t)type * TYPE_BYTES);
    if (offset_s <= -TZ_MAX_OFFSET_S || offset_s >= TZ_MAX_OFFSET_S)
        return -EINVAL;
    *ret_offset_s = offset_s;
    return 0;
}

static int changes_fill(const struct header *header, const struct block *block, size_t time_bytes,
                        struct tzif *tzif)
{
    int r = offset_of(header, block, 0, &tzif->first_offset_s);

    for (size_t i = 0; r == 0 && i < header->change_count; i++) {
        struct tzif_change *change = &tzif->changes[i];

        change->at = time_at(block->times, i, time_bytes);
        if (i > 0 && change->at <= change[-1].at)
            return -EINVAL;
        r = offset_of(header, block, block->indexes[i], &change->offset_s);
    }
    return r;
}

int tzif_parse(struct span bytes, struct tzif *ret_tzif)
{
    cleanup(tzif_deinit) struct tzif tzif = {0};
    struct header header;
    struct block block;
    size_t time_bytes = 4;
    int r;

    r = header_take(&bytes, &header);
    if (r == 0)
        r = block_take(&bytes, &header, time_bytes, &block);
    if (r == 0 && header.version != '\0') {
        /* From version 2 on everything stands there again with 64 bits. */
        time_bytes = 8;
        r = header_take(&bytes, &header);
        if (r == 0)
            r = block_take(&bytes, &header, time_bytes, &block);
        if (r == 0)
            r = footer_take(bytes, &tzif);
    }
    if (r < 0)
        return r;
    tzif.count = header.change_count;
    tzif.changes = calloc(tzif.count + 1, sizeof *tzif.changes);
    if (!tzif.changes)
        return -ENOMEM;
    r = changes_fill(&header, &block, time_bytes, &tzif);
    if (r < 0)
        return r;
    *ret_tzif = tzif;
    tzif.changes = NULL;
    return 0;
}

void tzif_deinit(struct tzif *tzif)
{
    free(tzif->changes);
    tzif->changes = NULL;
}

/* How many changes came at or before `at`. */
static size_t changes_until(const struct tzif *tzif, int64_t at)
{
    size_t low = 0, high = tzif->count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (tzif->changes[middle].at <= at)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

struct tz_period tzif_period(const struct tzif *tzif, int64_t at)
{
    size_t until = changes_until(tzif, at);
    struct tz_period period = {INT64_MIN, INT64_MAX, tzif->first_offset_s};

    if (until == tzif->count && tzif->has_rule) {
        period = tz_rule_period(&tzif->rule, at);
        if (until > 0 && period.start < tzif->changes[until - 1].at)
            period.start = tzif->changes[until - 1].at;
        return period;
    }
    if (until > 0) {
        period.start = tzif->changes[until - 1].at;
        period.offset_s = tzif->changes[until - 1].offset_s;
    }
    if (until < tzif->count)
        period.end = tzif->changes[until].at;
    return period;
}
