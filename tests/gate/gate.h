/* What the programs of the gate share. Each gate_<part>.c is a program of its own with main.c, and
 * plays the cases of its table; tests/gate/run counts their instructions under callgrind. Inputs,
 * randomness (main.c) and time are fixed, so that a case takes the same instructions each time. */
#ifndef GATE_GATE_H
#define GATE_GATE_H

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/span.h"

/* A case prepares once, and plays rounds of so many operations. A round hands what is to be counted
 * to gate_step, in one or several steps; what stands between them costs nothing. The first round
 * warms up, and is not counted. */
struct gate_case {
    const char *name; /* NULL: the end of the table */
    void (*prepare)(void);
    void (*round)(void);
    unsigned operations;
};

/* Of each program. */
extern const struct gate_case gate_cases[];

void gate_step(void (*step)(void));

/* Not assert(): a case that fails would be a cheap one. */
static inline void must(bool held, const char *what)
{
    if (held)
        return;
    fprintf(stderr, "gate: %s\n", what);
    abort();
}

#endif
