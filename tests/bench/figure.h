/* What a benchmark found: figures, each with a value of every round, of one or several things that
 * are compared with one another (the fleet, its limits). Their JSON is what `make bench-compare`
 * reads. Nothing here needs a server. */
#ifndef BENCH_FIGURE_H
#define BENCH_FIGURE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/attr.h"
#include "base/buf.h"

enum { FIGURE_ROUNDS = 25, FIGURE_NAME = 80, FIGURE_UNIT = 24, FIGURES = 160 };

struct figure {
    char of[FIGURE_NAME]; /* whose; "" where there is one thing only */
    char name[FIGURE_NAME];
    char unit[FIGURE_UNIT];
    double rounds[FIGURE_ROUNDS];
    size_t count;
};

struct figures {
    struct figure items[FIGURES];
    size_t count;
};

struct summary {
    double median, least, most; /* the median of an even number is the mean of both in the middle */
};

/* Zeros without a value. The values stay in their order. */
struct summary summarize(const double *values, size_t count);
struct summary figure_summary(const struct figure *figure);

/* One more round of this figure. What does not fit is dropped, and false. */
bool figures_add(struct figures *figures, const char *of, const char *name, double value,
                 const char *unit);

/* NULL: there is none. */
const struct figure *figures_find(const struct figures *figures, const char *of, const char *name);

/* The figure "OF / THAN": round by round, what one has of another's figure. False: one of them is
 * missing, has another number of rounds, or a zero to divide by. */
bool figures_divide(struct figures *figures, const char *name, const char *of, const char *than);

/* As text: whole numbers where decimals say nothing. */
void figure_print(struct buf *out, double value);

/* The table for people: a line a figure with its median and, of several rounds, its range. */
void figures_table(const struct figures *figures, struct buf *out);

/* As a JSON array, and back. 0; -EINVAL: it is none of ours. */
void figures_write(const struct figures *figures, struct buf *json);
struct json;
must_check int figures_read(const struct json *array, struct figures *ret_figures);

/* The figures of one name and thing beside one another: both medians, the change, and whether the
 * ranges overlap. What stands on one side only is named. */
void figures_compare(const struct figures *a, const struct figures *b, struct buf *out);

/* A picture: rates as bars with their ranges, and where each thing's CPU goes. */
void figures_plot(const struct figures *figures, const char *title, struct buf *svg);

#endif
