/* What the writers share. */
#ifndef GENERATOR_OUTPUT_H
#define GENERATOR_OUTPUT_H

#include <stdio.h>

#include "contract.h"

/* Text that grows in memory until it becomes a file. */
struct output {
    FILE *file;
    char *text;
    size_t size;
};

void output_open(struct output *output);

/* Writes what was printed to `path`, if that changes it, and frees it. */
void output_close(struct output *output, const char *path);

/* A comment from the column `indent` on, wrapped at 100 columns. */
void print_comment(FILE *file, int indent, const char *text);

/* A C string literal. */
void print_literal(FILE *file, const char *text);

/* The C type of one value: "struct user_id", "int64_t". Not of a list or map, which has none. */
const char *value_type(const struct field *field);

/* The structs of a shape's fields and its own, and the constants of its enums and unions. */
void print_structs(FILE *file, const struct shape *shape);
void print_constants(FILE *file, const struct shape *shape);

/* The table of a shape's fields behind the tables that it points to. */
void print_fields(FILE *file, const struct shape *shape);

/* Is this contract of the module? */
bool is_of(const struct contract *contract, const char *module);

/* What the three kinds of files are made of. */
void print_ids(FILE *file, const char *module, const struct contracts *contracts);
void print_header(FILE *file, const char *module, const struct contracts *contracts);
void print_emit(FILE *file, const char *module, const struct contracts *contracts);
void print_tables(FILE *file, const char *module, const struct contracts *contracts);

#endif
