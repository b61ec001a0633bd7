#include "metrics/metrics.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum kind { COUNTER, GAUGE, HISTOGRAM };

static const char *const kind_names[] = {"counter", "gauge", "histogram"};

struct metrics_series {
    struct metrics_series *next; /* by label values, ascending */
    struct metrics_family *family;
    char *values[METRICS_LABELS];
    _Atomic double value; /* a histogram's sum */
    atomic_bool hidden;
    /* A histogram's: how many fell between the bound before and this one; the last is beyond all.
     */
    _Atomic uint64_t counts[];
};

struct metrics_family {
    struct metrics_family *next; /* by name, ascending */
    const char *name, *help;
    enum kind kind;
    const char *labels[METRICS_LABELS];
    size_t label_count;
    const double *buckets;
    size_t bucket_count;
    struct metrics_series *series;
};

/* Guards the lists. Values are atomics and are changed without it. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct metrics_family *families;

/* What there was no memory for is measured here, and never shown: who asked keeps what it got, and
 * a measure is not worth a process. */
static struct metrics_family nowhere;
static union {
    struct metrics_series series;
    char room[sizeof(struct metrics_series) + sizeof(uint64_t)]; /* for one of its counts */
} lost = {.series = {.family = &nowhere}};

static struct metrics_family *family_new(enum kind kind, const char *name, const char *help,
                                         const char *const *labels, const double *buckets)
{
    struct metrics_family *family = calloc(1, sizeof *family);

    if (!family)
        return NULL;
    family->kind = kind;
    family->name = name;
    family->help = help;
    family->buckets = buckets;
    while (labels && labels[family->label_count] && family->label_count < METRICS_LABELS) {
        family->labels[family->label_count] = labels[family->label_count];
        family->label_count++;
    }
    while (buckets && buckets[family->bucket_count] > 0 && family->bucket_count < METRICS_BUCKETS)
        family->bucket_count++;
    return family;
}

static struct metrics_family *family_get(enum kind kind, const char *name, const char *help,
                                         const char *const *labels, const double *buckets)
{
    struct metrics_family **at = &families, *family = NULL;

    pthread_mutex_lock(&lock);
    while (*at && strcmp((*at)->name, name) < 0)
        at = &(*at)->next;
    if (!*at || strcmp((*at)->name, name) != 0) {
        family = family_new(kind, name, help, labels, buckets);
        if (family) {
            family->next = *at;
            *at = family;
        }
    } else {
        family = *at;
    }
    pthread_mutex_unlock(&lock);
    return family ? family : &nowhere;
}

struct metrics_family *metrics_counter(const char *name, const char *help,
                                       const char *const *labels)
{
    return family_get(COUNTER, name, help, labels, NULL);
}

struct metrics_family *metrics_gauge(const char *name, const char *help, const char *const *labels)
{
    return family_get(GAUGE, name, help, labels, NULL);
}

struct metrics_family *metrics_histogram(const char *name, const char *help,
                                         const char *const *labels, const double *buckets)
{
    return family_get(HISTOGRAM, name, help, labels, buckets);
}

static int compare_values(const struct metrics_series *series, const char *const *values)
{
    int order = 0;

    for (size_t i = 0; i < series->family->label_count && order == 0; i++)
        order = strcmp(series->values[i], values[i]);
    return order;
}

static void series_free(struct metrics_series *series)
{
    for (size_t i = 0; i < series->family->label_count; i++)
        free(series->values[i]);
    free(series);
}

static struct metrics_series *series_new(struct metrics_family *family, const char *const *values)
{
    size_t counts = family->kind == HISTOGRAM ? family->bucket_count + 1 : 0;
    struct metrics_series *series = calloc(1, sizeof *series + counts * sizeof series->counts[0]);

    if (!series)
        return NULL;
    series->family = family;
    for (size_t i = 0; i < family->label_count; i++) {
        series->values[i] = strdup(values[i]);
        if (!series->values[i]) {
            series_free(series);
            return NULL;
        }
    }
    return series;
}

struct metrics_series *metrics_series(struct metrics_family *family, const char *const *values)
{
    struct metrics_series **at = &family->series, *series = NULL;

    if (family == &nowhere)
        return &lost.series;
    pthread_mutex_lock(&lock);
    while (*at && compare_values(*at, values) < 0)
        at = &(*at)->next;
    if (!*at || compare_values(*at, values) != 0) {
        series = series_new(family, values);
        if (series) {
            series->next = *at;
            *at = series;
        }
    } else {
        series = *at;
    }
    pthread_mutex_unlock(&lock);
    return series ? series : &lost.series;
}

void metrics_hide(struct metrics_series *series)
{
    atomic_store(&series->hidden, true);
}

static void add(_Atomic double *value, double amount)
{
    double before = atomic_load_explicit(value, memory_order_relaxed);

    while (!atomic_compare_exchange_weak_explicit(value, &before, before + amount,
                                                  memory_order_relaxed, memory_order_relaxed))
        ;
}

void metrics_add(struct metrics_series *series, double amount)
{
    add(&series->value, amount);
}

void metrics_set(struct metrics_series *series, double value)
{
    atomic_store_explicit(&series->value, value, memory_order_relaxed);
    atomic_store(&series->hidden, false);
}

void metrics_observe(struct metrics_series *series, double value)
{
    const struct metrics_family *family = series->family;
    size_t bucket = 0;

    while (bucket < family->bucket_count && value > family->buckets[bucket])
        bucket++;
    atomic_fetch_add_explicit(&series->counts[bucket], 1, memory_order_relaxed);
    add(&series->value, value);
}

double metrics_value(const struct metrics_series *series)
{
    return atomic_load_explicit(&series->value, memory_order_relaxed);
}

static void put_escaped(struct buf *out, const char *text, bool quote_too)
{
    for (; *text; text++) {
        if (*text == '\n')
            buf_add_text(out, "\\n");
        else if (*text == '\\' || (quote_too && *text == '"'))
            buf_printf(out, "\\%c", *text);
        else
            buf_add_char(out, *text);
    }
}

/* As few digits as give the same number back, so that 0.005 stays 0.005. */
static void put_number(struct buf *out, double value)
{
    char text[32];

    for (int digits = 15; digits <= 17; digits++) {
        snprintf(text, sizeof text, "%.*g", digits, value);
        if (strtod(text, NULL) == value)
            break;
    }
    buf_add_text(out, text);
}

/* A bucket's bound is one more label, `le`; NULL where there is none. */
static void put_labels(struct buf *out, const struct metrics_series *series, const double *bound,
                       bool is_bucket)
{
    const struct metrics_family *family = series->family;
    const char *before = "{";

    for (size_t i = 0; i < family->label_count; i++) {
        buf_printf(out, "%s%s=\"", before, family->labels[i]);
        put_escaped(out, series->values[i], true);
        buf_add_char(out, '"');
        before = ",";
    }
    if (is_bucket) {
        buf_printf(out, "%sle=\"", before);
        if (bound)
            put_number(out, *bound);
        else
            buf_add_text(out, "+Inf");
        buf_add_char(out, '"');
        before = ",";
    }
    if (*before == ',')
        buf_add_char(out, '}');
}

static void render_histogram(struct buf *out, const struct metrics_series *series)
{
    const struct metrics_family *family = series->family;
    uint64_t count = 0;

    for (size_t i = 0; i <= family->bucket_count; i++) {
        count += atomic_load_explicit(&series->counts[i], memory_order_relaxed);
        buf_printf(out, "%s_bucket", family->name);
        put_labels(out, series, i < family->bucket_count ? &family->buckets[i] : NULL, true);
        buf_printf(out, " %llu\n", (unsigned long long)count);
    }
    buf_printf(out, "%s_sum", family->name);
    put_labels(out, series, NULL, false);
    buf_add_char(out, ' ');
    put_number(out, metrics_value(series));
    buf_printf(out, "\n%s_count", family->name);
    put_labels(out, series, NULL, false);
    buf_printf(out, " %llu\n", (unsigned long long)count);
}

static void render_value(struct buf *out, const struct metrics_series *series)
{
    buf_add_text(out, series->family->name);
    put_labels(out, series, NULL, false);
    buf_add_char(out, ' ');
    put_number(out, metrics_value(series));
    buf_add_char(out, '\n');
}

static void render_family(struct buf *out, const struct metrics_family *family)
{
    buf_printf(out, "# HELP %s ", family->name);
    put_escaped(out, family->help, false);
    buf_printf(out, "\n# TYPE %s %s\n", family->name, kind_names[family->kind]);
    for (const struct metrics_series *series = family->series; series; series = series->next) {
        if (atomic_load(&series->hidden))
            continue;
        if (family->kind == HISTOGRAM)
            render_histogram(out, series);
        else
            render_value(out, series);
    }
}

void metrics_render(struct buf *out)
{
    pthread_mutex_lock(&lock);
    for (const struct metrics_family *family = families; family; family = family->next)
        render_family(out, family);
    pthread_mutex_unlock(&lock);
}
