/* Prepared statements of a connection, found by their content. */
#include <stdio.h>
#include <stdlib.h>

#include "base/hash.h"
#include "pg/pg_internal.h"

static uint64_t hash_of(const char *sql, const struct pg_param *params, size_t count)
{
    uint64_t hash = hash_bytes(0, sql, strlen(sql));

    for (size_t i = 0; i < count; i++)
        hash = hash_bytes(hash, &params[i].type, sizeof params[i].type);
    return hash;
}

static bool same(const struct pg_statement *statement, const char *sql,
                 const struct pg_param *params, size_t count)
{
    if (statement->type_count != count)
        return false;
    for (size_t i = 0; i < count; i++)
        if (statement->types[i] != params[i].type)
            return false;
    return strcmp(statement->sql, sql) == 0;
}

static void give_name(struct pg_statements *statements, struct pg_statement *statement)
{
    snprintf(statement->name, sizeof statement->name, "s%u", statements->named++);
}

struct pg_statement *pg_statement_find(struct pg_statements *statements, const char *sql,
                                       const struct pg_param *params, size_t count)
{
    uint64_t hash = hash_of(sql, params, count);
    struct pg_statement **bucket = &statements->buckets[hash % PG_STATEMENT_BUCKETS];
    struct pg_statement *statement;

    for (statement = *bucket; statement; statement = statement->next)
        if (statement->hash == hash && same(statement, sql, params, count))
            return statement;

    statement = calloc(1, sizeof *statement + count * sizeof statement->types[0]);
    if (!statement)
        return NULL;
    statement->sql = sql;
    statement->hash = hash;
    statement->type_count = count;
    for (size_t i = 0; i < count; i++)
        statement->types[i] = params[i].type;
    give_name(statements, statement);
    statement->next = *bucket;
    *bucket = statement;
    return statement;
}

void pg_statement_forget(struct pg_statements *statements, struct pg_statement *statement)
{
    statement->state = PG_UNKNOWN;
    give_name(statements, statement);
}

void pg_statements_deinit(struct pg_statements *statements)
{
    for (size_t i = 0; i < PG_STATEMENT_BUCKETS; i++) {
        struct pg_statement *statement = statements->buckets[i];
        while (statement) {
            struct pg_statement *next = statement->next;
            free(statement);
            statement = next;
        }
        statements->buckets[i] = NULL;
    }
}
