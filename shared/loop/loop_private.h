/* What loop.c and stream.c share. */
#ifndef LOOP_PRIVATE_H
#define LOOP_PRIVATE_H

#include <uv.h>

#include "loop/loop.h"

enum { LOOP_READ_BYTES = 65536 };

struct loop {
    uv_loop_t uv;
    uv_prepare_t before_wait;
    uv_check_t after_wait;
    struct loop_turn *turns;
    char *read_bytes; /* every stream reads into it: what arrives is handed on at once */
};

/* Closes a handle whose `data` points to the object that holds it, and frees the object. */
void loop_close_handle(uv_handle_t *handle);

#endif
