/* A report's picture: what each thing reached a second, as bars with the range of the rounds, and
 * below where the CPU of a command (or request) goes. SVG, by hand: a bar is a line of text. */
#include <string.h>

#include "figure.h"

enum {
    WIDTH = 860,
    LABEL = 300, /* left of the bars */
    BARS = 400,  /* the longest bar */
    ROW = 26,
    TOP = 56,
    TITLE = 34, /* of a panel */
    COLOURS = 6,
};

static const char rate_unit[] = "/s", cpu_name[] = "CPU of ";
static const char *const colours[COLOURS] = {"#3b6ea5", "#d98032", "#5a9f5a",
                                             "#9a63a8", "#8c8c8c", "#c44e52"};

static bool is_rate(const struct figure *figure)
{
    return strcmp(figure->unit, rate_unit) == 0;
}

static bool is_cpu(const struct figure *figure)
{
    return strncmp(figure->name, cpu_name, strlen(cpu_name)) == 0;
}

/* Names come from us, but a "<" in one must not end the picture. */
static void add_text(struct buf *svg, const char *text)
{
    for (; *text; text++)
        if (strchr("<>&", *text))
            buf_add_text(svg, *text == '<' ? "&lt;" : *text == '>' ? "&gt;" : "&amp;");
        else
            buf_add_char(svg, *text);
}

static void label(struct buf *svg, double x, int y, const char *anchor, const char *of,
                  const char *text)
{
    buf_printf(svg, "<text x=\"%.1f\" y=\"%d\" text-anchor=\"%s\">", x, y + ROW / 2 + 1, anchor);
    add_text(svg, of);
    if (*of && *text)
        buf_add_text(svg, ", ");
    add_text(svg, text);
    buf_add_text(svg, "</text>\n");
}

static void box(struct buf *svg, double x, int y, double width, const char *colour)
{
    buf_printf(svg, "<rect x=\"%.1f\" y=\"%d\" width=\"%.1f\" height=\"%d\" fill=\"%s\"/>\n", x, y,
               width, ROW - 8, colour);
}

static void heading(struct buf *svg, int y, const char *text)
{
    buf_printf(svg, "<text x=\"12\" y=\"%d\" font-weight=\"bold\">%s</text>\n", y, text);
}

/* From the least to the most, over the bar of the median. */
static void whisker(struct buf *svg, int y, double from, double to)
{
    const int middle = y + (ROW - 8) / 2;

    buf_printf(svg,
               "<path d=\"M%.1f %dH%.1fM%.1f %dv8M%.1f %dv8\" stroke=\"#222\" fill=\"none\"/>\n",
               LABEL + from, middle, LABEL + to, LABEL + from, middle - 4, LABEL + to, middle - 4);
}

static double most_rate(const struct figures *figures)
{
    double most = 0;

    for (size_t i = 0; i < figures->count; i++) {
        const double value = figure_summary(&figures->items[i]).most;

        if (is_rate(&figures->items[i]) && value > most)
            most = value;
    }
    return most;
}

static int plot_rates(const struct figures *figures, struct buf *svg, int y)
{
    const double scale = BARS / most_rate(figures);

    heading(svg, y, "a second: median, and the range of the rounds");
    y += TITLE - ROW / 2 - 4;
    for (size_t i = 0; i < figures->count; i++) {
        const struct figure *figure = &figures->items[i];
        const struct summary summary = figure_summary(figure);
        cleanup(buf_deinit) struct buf value = {0};

        if (!is_rate(figure))
            continue;
        label(svg, LABEL - 10, y, "end", figure->of, figure->name);
        box(svg, LABEL, y, summary.median * scale, colours[0]);
        whisker(svg, y, summary.least * scale, summary.most * scale);
        figure_print(&value, summary.median);
        label(svg, LABEL + summary.most * scale + 8, y, "start", "", value.data);
        y += ROW;
    }
    return y + TITLE;
}

/* The CPU of one thing's parts together. */
static double cpu_of(const struct figures *figures, const char *of)
{
    double sum = 0;

    for (size_t i = 0; i < figures->count; i++)
        if (is_cpu(&figures->items[i]) && strcmp(figures->items[i].of, of) == 0)
            sum += figure_summary(&figures->items[i]).median;
    return sum;
}

/* Whether it is the first figure of its kind in which this text, of the thing or of the part, comes
 * up: then it gets a row, or a colour. */
static bool is_first(const struct figures *figures, size_t index, bool by_name)
{
    const struct figure *figure = &figures->items[index];

    for (size_t i = 0; i < index; i++)
        if (is_cpu(&figures->items[i]) &&
            strcmp(by_name ? figures->items[i].name : figures->items[i].of,
                   by_name ? figure->name : figure->of) == 0)
            return false;
    return is_cpu(figure);
}

static const char *colour_of(const struct figures *figures, const char *name)
{
    size_t colour = 0;

    for (size_t i = 0; i < figures->count; i++) {
        if (is_first(figures, i, true) && strcmp(figures->items[i].name, name) == 0)
            break;
        colour += is_first(figures, i, true);
    }
    return colours[colour % COLOURS];
}

static void plot_parts(const struct figures *figures, const char *of, struct buf *svg, int y,
                       double scale)
{
    double x = LABEL;
    cleanup(buf_deinit) struct buf sum = {0};

    for (size_t i = 0; i < figures->count; i++) {
        const struct figure *figure = &figures->items[i];

        if (!is_cpu(figure) || strcmp(figure->of, of) != 0)
            continue;
        box(svg, x, y, figure_summary(figure).median * scale, colour_of(figures, figure->name));
        x += figure_summary(figure).median * scale;
    }
    figure_print(&sum, cpu_of(figures, of));
    label(svg, LABEL - 10, y, "end", *of ? of : "CPU", "");
    label(svg, x + 8, y, "start", "", sum.data);
}

static int plot_cpus(const struct figures *figures, struct buf *svg, int y, const char *unit)
{
    double most = 0;

    for (size_t i = 0; i < figures->count; i++)
        if (cpu_of(figures, figures->items[i].of) > most)
            most = cpu_of(figures, figures->items[i].of);
    buf_printf(svg, "<text x=\"12\" y=\"%d\" font-weight=\"bold\">CPU, %s</text>\n", y, unit);
    y += TITLE - ROW / 2 - 4;
    for (size_t i = 0; i < figures->count; i++)
        if (is_first(figures, i, false)) {
            plot_parts(figures, figures->items[i].of, svg, y, most > 0 ? BARS / most : 0);
            y += ROW;
        }
    for (size_t i = 0; i < figures->count; i++)
        if (is_first(figures, i, true)) {
            box(svg, LABEL, y, 14, colour_of(figures, figures->items[i].name));
            label(svg, LABEL + 22, y, "start", "", figures->items[i].name + strlen(cpu_name));
            y += ROW;
        }
    return y;
}

void figures_plot(const struct figures *figures, const char *title, struct buf *svg)
{
    cleanup(buf_deinit) struct buf body = {0};
    const char *unit = NULL;
    int y = TOP;

    if (most_rate(figures) > 0)
        y = plot_rates(figures, &body, y + 10);
    for (size_t i = figures->count; i > 0; i--)
        if (is_cpu(&figures->items[i - 1]))
            unit = figures->items[i - 1].unit;
    if (unit)
        y = plot_cpus(figures, &body, y, unit);
    buf_printf(svg,
               "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%d\" "
               "font-family=\"sans-serif\" font-size=\"13\">\n"
               "<rect width=\"100%%\" height=\"100%%\" fill=\"white\"/>\n"
               "<text x=\"12\" y=\"28\" font-size=\"18\">",
               WIDTH, y + TITLE);
    add_text(svg, title);
    buf_add_text(svg, "</text>\n");
    if (body.size > 0)
        buf_add(svg, body.data, body.size);
    buf_add_text(svg, "</svg>\n");
}
