/* The rows of an answer, and binary values in them. struct pg_rows is libpq's PGresult under a name
 * of our own; libpq takes NULL for an answer without rows. */
#include <stdlib.h>

#include "pg/pg_binary.h"
#include "pg/pg_internal.h"

static const PGresult *result_of(const struct pg_rows *rows)
{
    return (const PGresult *)rows;
}

size_t pg_row_count(const struct pg_rows *rows)
{
    return (size_t)PQntuples(result_of(rows));
}

size_t pg_column_count(const struct pg_rows *rows)
{
    return (size_t)PQnfields(result_of(rows));
}

uint32_t pg_column_type(const struct pg_rows *rows, size_t column)
{
    return PQftype(result_of(rows), (int)column);
}

int64_t pg_affected(const struct pg_rows *rows)
{
    return rows ? atoll(PQcmdTuples((PGresult *)rows)) : 0;
}

bool pg_null(const struct pg_rows *rows, size_t row, size_t column)
{
    return PQgetisnull(result_of(rows), (int)row, (int)column);
}

struct span pg_value(const struct pg_rows *rows, size_t row, size_t column)
{
    if (pg_null(rows, row, column))
        return (struct span){0};
    return span_of(PQgetvalue(result_of(rows), (int)row, (int)column),
                   (size_t)PQgetlength(result_of(rows), (int)row, (int)column));
}

/* A number of exactly `size` bytes; 0 for anything else. */
static uint64_t number(const struct pg_rows *rows, size_t row, size_t column, size_t size)
{
    struct span value = pg_value(rows, row, column);

    return value.size == size ? take_be(value.data, size) : 0;
}

struct uuid pg_get_uuid(const struct pg_rows *rows, size_t row, size_t column)
{
    struct span value = pg_value(rows, row, column);
    struct uuid uuid = {0};

    if (value.size == sizeof uuid.bytes)
        memcpy(uuid.bytes, value.data, sizeof uuid.bytes);
    return uuid;
}

int32_t pg_get_int4(const struct pg_rows *rows, size_t row, size_t column)
{
    return (int32_t)(uint32_t)number(rows, row, column, 4);
}

int64_t pg_get_int8(const struct pg_rows *rows, size_t row, size_t column)
{
    return (int64_t)number(rows, row, column, 8);
}

bool pg_get_bool(const struct pg_rows *rows, size_t row, size_t column)
{
    return number(rows, row, column, 1) != 0;
}

/* PostgreSQL's infinities lie outside of what dates may be: they come out as the nearest number. */
struct date pg_get_date(const struct pg_rows *rows, size_t row, size_t column)
{
    struct span value = pg_value(rows, row, column);
    int64_t days;

    if (value.size != 4)
        return (struct date){0};
    days = (int64_t)(int32_t)(uint32_t)take_be(value.data, 4) + PG_EPOCH_DAYS;
    return (struct date){days > INT32_MAX ? INT32_MAX : (int32_t)days};
}

struct timestamp pg_get_timestamp(const struct pg_rows *rows, size_t row, size_t column)
{
    struct span value = pg_value(rows, row, column);
    int64_t us;

    if (value.size != 8)
        return (struct timestamp){0};
    us = (int64_t)take_be(value.data, 8);
    return (struct timestamp){us > INT64_MAX - PG_EPOCH_US ? INT64_MAX : us + PG_EPOCH_US};
}
