/* Numbers as PostgreSQL's binary format has them: big-endian, and dates counted from 2000-01-01. */
#ifndef PG_BINARY_H
#define PG_BINARY_H

#include "pg/pg.h"

enum {
    PG_EPOCH_DAYS = 10957,          /* from 1970-01-01 to 2000-01-01 */
    PG_MAX_VALUE_BYTES = 0x3fffffff /* the server's own limit of a value */
};
#define PG_EPOCH_US (PG_EPOCH_DAYS * INT64_C(86400000000))

/* The lowest `size` bytes of a value. */
static inline void put_be(void *to, uint64_t value, size_t size)
{
    uint8_t *bytes = to;

    for (size_t i = size; i-- > 0; value >>= 8)
        bytes[i] = (uint8_t)value;
}

static inline uint64_t take_be(const void *from, size_t size)
{
    const uint8_t *bytes = from;
    uint64_t value = 0;

    for (size_t i = 0; i < size; i++)
        value = value << 8 | bytes[i];
    return value;
}

static inline uint32_t binary_date(struct date value)
{
    return (uint32_t)value.days - PG_EPOCH_DAYS;
}

static inline uint64_t binary_timestamp(struct timestamp value)
{
    return (uint64_t)value.us - (uint64_t)PG_EPOCH_US;
}

#endif
