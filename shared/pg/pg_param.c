/* Parameters in PostgreSQL's binary format. */
#include "pg/pg_binary.h"

/* `bytes` in the arena; marked where there is no memory. */
static struct pg_param param(struct arena *arena, enum pg_type type, const void *bytes, size_t size)
{
    struct pg_param made = {.type = type, .size = -1};

    if (size > PG_MAX_VALUE_BYTES)
        return made;
    made.data = arena_copy(arena, size ? bytes : "", size);
    if (made.data)
        made.size = (int)size;
    return made;
}

static struct pg_param param_be(struct arena *arena, enum pg_type type, uint64_t value, size_t size)
{
    uint8_t bytes[sizeof value];

    put_be(bytes, value, size);
    return param(arena, type, bytes, size);
}

struct pg_param pg_uuid(struct arena *arena, struct uuid value)
{
    return param(arena, PG_UUID, value.bytes, sizeof value.bytes);
}

struct pg_param pg_text(struct arena *arena, struct span value)
{
    return param(arena, PG_TEXT, value.data, value.size);
}

struct pg_param pg_bytea(struct arena *arena, struct span value)
{
    return param(arena, PG_BYTEA, value.data, value.size);
}

struct pg_param pg_int4(struct arena *arena, int32_t value)
{
    return param_be(arena, PG_INT4, (uint32_t)value, 4);
}

struct pg_param pg_int8(struct arena *arena, int64_t value)
{
    return param_be(arena, PG_INT8, (uint64_t)value, 8);
}

struct pg_param pg_bool(struct arena *arena, bool value)
{
    return param_be(arena, PG_BOOL, value, 1);
}

struct pg_param pg_date(struct arena *arena, struct date value)
{
    return param_be(arena, PG_DATE, binary_date(value), 4);
}

struct pg_param pg_timestamp(struct arena *arena, struct timestamp value)
{
    return param_be(arena, PG_TIMESTAMPTZ, binary_timestamp(value), 8);
}
