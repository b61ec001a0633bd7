/* The parts of the OpenAPI document. For the files of this folder. */
#ifndef DESCRIBE_OPENAPI_H
#define DESCRIBE_OPENAPI_H

#include "describe/describe_private.h"

/* Members of `responses`: the problems of these statuses (0 ends the list), by reference. */
void openapi_write_problems(struct json_writer *w, const int *statuses);

/* A problem document as an example. */
void openapi_write_problem_example(struct json_writer *w, const char *code, const char *detail);

/* Members of `paths` for what is served beside the contracts' commands and queries. */
void openapi_write_fixed_paths(struct json_writer *w);

/* The value of `components`. */
void openapi_write_components(struct json_writer *w);

/* Parameters that many operations take, as items of `parameters`, by reference. */
void openapi_write_parameter(struct json_writer *w, const char *name);

/* Opens an operation: the method, its id, tag and summary. The caller closes it and its path. */
void openapi_open(struct json_writer *w, const char *path, const char *method, const char *id,
                  const char *tag, const char *summary);

/* `security: []`: no token is needed. */
void openapi_write_open_to_all(struct json_writer *w);

#endif
