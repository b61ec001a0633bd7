/* Figures: added, summed up, divided, printed. */
#include "figure.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int compare(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

struct summary summarize(const double *values, size_t count)
{
    double sorted[FIGURE_ROUNDS];

    if (count > FIGURE_ROUNDS)
        count = FIGURE_ROUNDS;
    if (count == 0)
        return (struct summary){.median = 0};
    memcpy(sorted, values, count * sizeof *values);
    qsort(sorted, count, sizeof *sorted, compare);
    return (struct summary){
        .median = (sorted[(count - 1) / 2] + sorted[count / 2]) / 2,
        .least = sorted[0],
        .most = sorted[count - 1],
    };
}

struct summary figure_summary(const struct figure *figure)
{
    return summarize(figure->rounds, figure->count);
}

static void set_text(char *to, size_t size, const char *text)
{
    size_t length = strnlen(text, size - 1);

    memcpy(to, text, length);
    to[length] = '\0';
}

const struct figure *figures_find(const struct figures *figures, const char *of, const char *name)
{
    for (size_t i = 0; i < figures->count; i++)
        if (strcmp(figures->items[i].of, of) == 0 && strcmp(figures->items[i].name, name) == 0)
            return &figures->items[i];
    return NULL;
}

bool figures_add(struct figures *figures, const char *of, const char *name, double value,
                 const char *unit)
{
    struct figure *figure = (struct figure *)figures_find(figures, of, name);

    if (!figure) {
        if (figures->count == FIGURES)
            return false;
        figure = &figures->items[figures->count++];
        *figure = (struct figure){.count = 0};
        set_text(figure->of, sizeof figure->of, of);
        set_text(figure->name, sizeof figure->name, name);
        set_text(figure->unit, sizeof figure->unit, unit);
    }
    if (figure->count == FIGURE_ROUNDS)
        return false;
    figure->rounds[figure->count++] = value;
    return true;
}

bool figures_divide(struct figures *figures, const char *name, const char *of, const char *than)
{
    const struct figure *a = figures_find(figures, of, name);
    const struct figure *b = figures_find(figures, than, name);
    char both[2 * FIGURE_NAME];
    double ratios[FIGURE_ROUNDS];

    if (!a || !b || a->count != b->count)
        return false;
    for (size_t i = 0; i < a->count; i++) {
        if (b->rounds[i] == 0)
            return false;
        ratios[i] = a->rounds[i] / b->rounds[i];
    }
    snprintf(both, sizeof both, "%s / %s", of, than);
    for (size_t i = 0, count = a->count; i < count; i++)
        if (!figures_add(figures, both, name, ratios[i], ""))
            return false;
    return true;
}

void figure_print(struct buf *out, double value)
{
    const bool whole = value >= 100 || value <= -100 || value == (double)(long)value;
    const int decimals = whole ? 0 : value >= 10 ? 1 : value >= 1 ? 2 : 4;

    buf_printf(out, "%.*f", decimals, value);
}

static void print_range(struct buf *line, const struct summary *summary)
{
    buf_add_char(line, '[');
    figure_print(line, summary->least);
    buf_add_text(line, " .. ");
    figure_print(line, summary->most);
    buf_add_char(line, ']');
}

static void print_figure(const struct figure *figure, struct buf *out)
{
    const struct summary summary = figure_summary(figure);
    cleanup(buf_deinit) struct buf value = {0}, range = {0};

    figure_print(&value, summary.median);
    if (figure->count > 1)
        print_range(&range, &summary);
    buf_printf(out, "  %-46s %10s  %-22s %s\n", figure->name, value.data,
               range.data ? range.data : "", figure->unit);
}

/* What is of nobody comes first, then each thing with its own figures together. */
void figures_table(const struct figures *figures, struct buf *out)
{
    for (size_t i = 0; i < figures->count; i++) {
        const char *of = figures->items[i].of;
        bool told = false;

        for (size_t earlier = 0; earlier < i && !told; earlier++)
            told = strcmp(figures->items[earlier].of, of) == 0;
        if (told)
            continue;
        if (*of)
            buf_printf(out, "  -- %s\n", of);
        for (size_t j = i; j < figures->count; j++)
            if (strcmp(figures->items[j].of, of) == 0)
                print_figure(&figures->items[j], out);
    }
}
