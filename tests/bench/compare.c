/* Figures as JSON, and those of two runs beside one another. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench.h"
#include "codec/json.h"

static void write_text(struct buf *json, const char *name, const char *text)
{
    buf_add_json(json, span_text(name));
    buf_add_text(json, ": ");
    buf_add_json(json, span_text(text));
    buf_add_text(json, ", ");
}

static void write_figure(const struct figure *figure, struct buf *json)
{
    const struct summary summary = figure_summary(figure);

    buf_add_text(json, "    {");
    write_text(json, "of", figure->of);
    write_text(json, "name", figure->name);
    write_text(json, "unit", figure->unit);
    buf_printf(json, "\"median\": %.6g, \"least\": %.6g, \"most\": %.6g,\n     \"rounds\": [",
               summary.median, summary.least, summary.most);
    for (size_t i = 0; i < figure->count; i++)
        buf_printf(json, "%s%.6g", i > 0 ? ", " : "", figure->rounds[i]);
    buf_add_text(json, "]}");
}

void figures_write(const struct figures *figures, struct buf *json)
{
    buf_add_text(json, "[\n");
    for (size_t i = 0; i < figures->count; i++) {
        write_figure(&figures->items[i], json);
        buf_add_text(json, i + 1 < figures->count ? ",\n" : "\n");
    }
    buf_add_text(json, "  ]");
}

static int read_figure(const struct json *object, struct figures *figures)
{
    const struct json *rounds = json_get(object, "rounds");
    struct span of, name, unit;

    if (!json_text(json_get(object, "of"), &of) || !json_text(json_get(object, "name"), &name) ||
        !json_text(json_get(object, "unit"), &unit) || json_count(rounds) == 0)
        return -EINVAL;
    for (size_t i = 0; i < json_count(rounds); i++) {
        double value;

        if (!json_number(json_at(rounds, i), &value) ||
            !figures_add(figures, of.data, name.data, value, unit.data))
            return -EINVAL;
    }
    return 0;
}

int figures_read(const struct json *array, struct figures *ret_figures)
{
    int r = json_kind(array) == JSON_KIND_ARRAY ? 0 : -EINVAL;

    ret_figures->count = 0;
    for (size_t i = 0; i < json_count(array) && r == 0; i++)
        r = read_figure(json_at(array, i), ret_figures);
    return r;
}

static void compare_figure(const struct figure *a, const struct figure *b, struct buf *out)
{
    const struct summary x = figure_summary(a), y = figure_summary(b);
    const bool overlap = x.least <= y.most && y.least <= x.most;
    cleanup(buf_deinit) struct buf first = {0}, second = {0}, name = {0}, change = {0};

    buf_printf(&name, "%s%s%s", a->of, *a->of ? ": " : "", a->name);
    figure_print(&first, x.median);
    figure_print(&second, y.median);
    if (x.median != 0)
        buf_printf(&change, "%+.1f %%", (y.median / x.median - 1) * 100);
    buf_printf(out, "  %-60s %10s %10s %9s  %-7s %s\n", name.data, first.data, second.data,
               change.data ? change.data : "", overlap ? "overlap" : "APART", a->unit);
}

void figures_compare(const struct figures *a, const struct figures *b, struct buf *out)
{
    const struct figure *other;

    for (size_t i = 0; i < a->count; i++) {
        other = figures_find(b, a->items[i].of, a->items[i].name);
        if (other)
            compare_figure(&a->items[i], other, out);
        else
            buf_printf(out, "  %s: %s: only in A\n", a->items[i].of, a->items[i].name);
    }
    for (size_t i = 0; i < b->count; i++)
        if (!figures_find(a, b->items[i].of, b->items[i].name))
            buf_printf(out, "  %s: %s: only in B\n", b->items[i].of, b->items[i].name);
}

/* A report's file, whole; ends the program where it is none. */
static struct json *open_report(const char *path, struct figures *figures)
{
    struct json *document;
    struct buf text = {0};
    FILE *file = fopen(path, "re");
    char bytes[4096];
    size_t size;

    if (!file)
        give_up("%s cannot be read", path);
    while ((size = fread(bytes, 1, sizeof bytes, file)) > 0)
        buf_add(&text, bytes, size);
    fclose(file);
    if (json_parse(buf_span(&text), &document) < 0 ||
        figures_read(json_get(document, "figures"), figures) < 0)
        give_up("%s is no report of a benchmark", path);
    buf_deinit(&text);
    return document;
}

/* What was set otherwise makes figures that cannot be compared. */
static void compare_settings(const struct json *a, const struct json *b)
{
    static const char *const names[] = {REPORT_SETTINGS};

    for (size_t i = 0; i < COUNT_OF(names); i++) {
        struct span x = span_text("?"), y = span_text("?");

        json_text(json_get(json_get(a, "settings"), names[i]), &x);
        json_text(json_get(json_get(b, "settings"), names[i]), &y);
        if (x.size != y.size || memcmp(x.data, y.data, x.size) != 0)
            printf("  differs: %-24s A %s, B %s\n", names[i], x.data, y.data);
    }
}

int bench_compare(const char *a, const char *b)
{
    struct figures *before = calloc(1, sizeof *before), *after = calloc(1, sizeof *after);
    cleanup(buf_deinit) struct buf out = {0};
    struct json *x, *y;
    struct span name = span_text("?");

    if (!before || !after)
        give_up("no memory");
    x = open_report(a, before);
    y = open_report(b, after);
    json_text(json_get(x, "case"), &name);
    printf("\n%s\n", name.data);
    compare_settings(x, y);
    figures_compare(before, after, &out);
    printf("  %-60s %10s %10s %9s  %s\n%s", "", "A", "B", "change", "ranges", out.data);
    json_free(x);
    json_free(y);
    free(before);
    free(after);
    return 0;
}
