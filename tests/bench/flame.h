/* A flame graph of what `perf script -F comm,ip,sym` prints: samples with their stacks, the callers
 * below, each as wide as the share of the samples that it is in. Pure but for the memory. */
#ifndef BENCH_FLAME_H
#define BENCH_FLAME_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"

struct flame;

/* NULL without memory. The caller frees it. */
struct flame *flame_new(void);
void flame_free(struct flame *flame); /* NULL is allowed */

/* The next line of the text, without its end. False: no memory. */
bool flame_read(struct flame *flame, const char *line);

/* Samples whose stack is complete. */
size_t flame_samples(const struct flame *flame);

/* The picture. What is narrower than half a pixel is left out. */
void flame_plot(const struct flame *flame, const char *title, struct buf *svg);

#endif
