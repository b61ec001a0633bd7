/* Prometheus metrics: counters, gauges and histograms in base units, rendered as text exposition
 * format 0.0.4. Families and series live as long as the process. Any thread: values are atomics,
 * look-ups take a lock, so hot code keeps the series. */
#ifndef METRICS_METRICS_H
#define METRICS_METRICS_H

#include <stddef.h>

#include "base/buf.h"

enum { METRICS_LABELS = 4, METRICS_BUCKETS = 20 };

struct metrics_family;
struct metrics_series;

/* A family by its name; asking again for the same name gives the same family. `labels` holds up to
 * METRICS_LABELS names and ends with NULL; a tenant is never one of them. The strings are borrowed
 * for ever. Never NULL: without memory it is one that is never shown. */
struct metrics_family *metrics_counter(const char *name, const char *help,
                                       const char *const *labels);
struct metrics_family *metrics_gauge(const char *name, const char *help, const char *const *labels);

/* `buckets` are the upper bounds, ascending, ending with 0. */
struct metrics_family *metrics_histogram(const char *name, const char *help,
                                         const char *const *labels, const double *buckets);

/* The series of these label values (as many as labels, then NULL); made at zero when new. The
 * values are copied. */
struct metrics_series *metrics_series(struct metrics_family *family, const char *const *values);

/* Takes a series out of the output, where what it told of is gone (a partition given up). The
 * pointer stays valid. */
void metrics_hide(struct metrics_series *series);

void metrics_add(struct metrics_series *series,
                 double amount); /* counters: amount >= 0; gauges: any */
void metrics_set(struct metrics_series *series,
                 double value); /* gauges; shows a hidden one again */
void metrics_observe(struct metrics_series *series, double value); /* histograms */
double metrics_value(const struct metrics_series *series);         /* of a counter or gauge */

/* Appends everything that is not hidden. */
void metrics_render(struct buf *out);

#endif
