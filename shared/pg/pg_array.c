/* One-dimensional arrays in PostgreSQL's binary format (array_send in its arrayfuncs.c): number of
 * dimensions, whether there are NULLs, element type, and for the one dimension its length and lower
 * bound; then each element's size and bytes. The header in `data` is kept right all the time. */
#include "pg/pg_binary.h"

enum {
    AT_DIMENSIONS = 0,
    AT_NULLS = 4,
    AT_ELEMENT = 8,
    AT_LENGTH = 12,
    AT_BOUND = 16,
    HEADER = 20
};
enum { EMPTY_BYTES = 12, GUESSED_ELEMENT_BYTES = 20 };

static enum pg_type array_of(enum pg_type element)
{
    switch (element) {
    case PG_BOOL:
        return PG_BOOL_ARRAY;
    case PG_BYTEA:
        return PG_BYTEA_ARRAY;
    case PG_INT4:
        return PG_INT4_ARRAY;
    case PG_INT8:
        return PG_INT8_ARRAY;
    case PG_DATE:
        return PG_DATE_ARRAY;
    case PG_TIMESTAMPTZ:
        return PG_TIMESTAMPTZ_ARRAY;
    case PG_UUID:
        return PG_UUID_ARRAY;
    default:
        return PG_TEXT_ARRAY;
    }
}

void pg_array_init(struct pg_array *array, struct arena *arena, enum pg_type element, size_t count)
{
    *array = (struct pg_array){.element = element, .arena = arena};
    array->failed = count > PG_MAX_VALUE_BYTES / GUESSED_ELEMENT_BYTES;
    if (array->failed)
        return;
    array->capacity = HEADER + count * GUESSED_ELEMENT_BYTES;
    array->data = arena_alloc(arena, array->capacity);
    array->failed = !array->data;
    if (array->failed)
        return;
    array->size = HEADER;
    put_be(array->data + AT_ELEMENT, element, 4);
    put_be(array->data + AT_BOUND, 1, 4);
}

/* `size` more bytes at the end; NULL when the array has failed. */
static char *extend(struct pg_array *array, size_t size)
{
    char *at;

    if (array->failed || size > PG_MAX_VALUE_BYTES - array->size) {
        array->failed = true;
        return NULL;
    }
    if (size > array->capacity - array->size) {
        size_t wanted = 2 * (array->size + size);
        char *grown = arena_alloc(array->arena, wanted);
        if (!grown) {
            array->failed = true;
            return NULL;
        }
        memcpy(grown, array->data, array->size);
        array->data = grown;
        array->capacity = wanted;
    }
    at = array->data + array->size;
    array->size += size;
    return at;
}

void pg_array_add(struct pg_array *array, const void *binary, size_t size)
{
    size_t kept = binary ? size : 0;
    char *at = extend(array, 4 + kept);

    if (!at)
        return;
    put_be(at, binary ? size : UINT32_MAX, 4); /* a NULL has the size -1 */
    if (kept)
        memcpy(at + 4, binary, kept);
    if (!binary)
        put_be(array->data + AT_NULLS, 1, 4);
    put_be(array->data + AT_DIMENSIONS, 1, 4);
    put_be(array->data + AT_LENGTH, take_be(array->data + AT_LENGTH, 4) + 1, 4);
}

static void add_be(struct pg_array *array, uint64_t value, size_t size)
{
    uint8_t bytes[sizeof value];

    put_be(bytes, value, size);
    pg_array_add(array, bytes, size);
}

void pg_array_add_uuid(struct pg_array *array, struct uuid value)
{
    pg_array_add(array, value.bytes, sizeof value.bytes);
}

void pg_array_add_span(struct pg_array *array, struct span value)
{
    pg_array_add(array, value.size ? value.data : "", value.size);
}

void pg_array_add_int4(struct pg_array *array, int32_t value)
{
    add_be(array, (uint32_t)value, 4);
}

void pg_array_add_int8(struct pg_array *array, int64_t value)
{
    add_be(array, (uint64_t)value, 8);
}

void pg_array_add_bool(struct pg_array *array, bool value)
{
    add_be(array, value, 1);
}

void pg_array_add_date(struct pg_array *array, struct date value)
{
    add_be(array, binary_date(value), 4);
}

void pg_array_add_timestamp(struct pg_array *array, struct timestamp value)
{
    add_be(array, binary_timestamp(value), 8);
}

struct pg_param pg_array_param(const struct pg_array *array)
{
    struct pg_param made = {.type = array_of(array->element), .data = array->data, .size = -1};

    if (!array->failed)
        made.size = array->size == HEADER ? EMPTY_BYTES : (int)array->size;
    return made;
}
