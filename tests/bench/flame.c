#include "flame.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#define LEAST_WIDTH 0.5

enum { DEPTH = 128, WIDTH = 1200, ROW = 17, HEAD = 40, CHARACTER = 7 };

/* A function as it was called from here. */
struct frame {
    char *name;
    size_t samples;
    struct frame *callees, *next;
};

struct flame {
    struct frame all;   /* of every program */
    char *stack[DEPTH]; /* of the sample that is read: the program, then leaf to root */
    size_t depth;
};

struct flame *flame_new(void)
{
    return calloc(1, sizeof(struct flame));
}

static void free_callees(struct frame *frame)
{
    struct frame *next;

    for (struct frame *callee = frame->callees; callee; callee = next) {
        next = callee->next;
        free_callees(callee);
        free(callee->name);
        free(callee);
    }
}

static void clear_stack(struct flame *flame)
{
    while (flame->depth > 0)
        free(flame->stack[--flame->depth]);
}

void flame_free(struct flame *flame)
{
    if (!flame)
        return;
    clear_stack(flame);
    free_callees(&flame->all);
    free(flame);
}

/* The callee of this name, known or new; NULL without memory. */
static struct frame *callee_of(struct frame *frame, const char *name)
{
    struct frame *callee;

    for (callee = frame->callees; callee; callee = callee->next)
        if (strcmp(callee->name, name) == 0)
            return callee;
    callee = calloc(1, sizeof *callee);
    if (!callee)
        return NULL;
    callee->name = strdup(name);
    if (!callee->name) {
        free(callee);
        return NULL;
    }
    callee->next = frame->callees;
    frame->callees = callee;
    return callee;
}

static bool take_sample(struct flame *flame)
{
    struct frame *frame = &flame->all;

    if (flame->depth == 0)
        return true;
    frame->samples++;
    for (size_t i = 0; i < flame->depth && frame; i++) {
        frame = callee_of(frame, flame->stack[i == 0 ? 0 : flame->depth - i]);
        if (frame)
            frame->samples++;
    }
    clear_stack(flame);
    return frame != NULL;
}

static bool push(struct flame *flame, const char *name, size_t size)
{
    if (flame->depth == DEPTH)
        return true; /* the root is cut off */
    flame->stack[flame->depth] = strndup(name, size);
    return flame->stack[flame->depth++] != NULL;
}

/* "  7f00 name+0x1f" behind a program's line. */
static bool read_frame(struct flame *flame, const char *line)
{
    const char *name = line + strspn(line, " \t");
    size_t size;

    name += strcspn(name, " \t");
    name += strspn(name, " \t");
    size = strlen(name);
    for (size_t i = size; i > 3; i--)
        if (strncmp(name + i - 3, "+0x", 3) == 0)
            size = i - 3;
    return flame->depth == 0 || push(flame, name, size);
}

bool flame_read(struct flame *flame, const char *line)
{
    size_t size = strlen(line);

    while (size > 0 && isspace((unsigned char)line[size - 1]))
        size--;
    if (size == 0)
        return take_sample(flame);
    if (isspace((unsigned char)*line))
        return read_frame(flame, line);
    clear_stack(flame);
    return push(flame, line, size);
}

size_t flame_samples(const struct flame *flame)
{
    return flame->all.samples;
}

static double width_of(const struct flame *flame, const struct frame *frame)
{
    return flame->all.samples > 0 ? (double)frame->samples * WIDTH / (double)flame->all.samples : 0;
}

/* Of what is wide enough to be seen. */
static size_t depth_of(const struct flame *flame, const struct frame *frame)
{
    size_t deepest = 0;

    if (width_of(flame, frame) < LEAST_WIDTH)
        return 0;
    for (const struct frame *callee = frame->callees; callee; callee = callee->next) {
        const size_t depth = depth_of(flame, callee);

        deepest = depth > deepest ? depth : deepest;
    }
    return deepest + 1;
}

static void add_text(struct buf *svg, const char *text, size_t most)
{
    for (size_t i = 0; i < most && text[i]; i++)
        if (strchr("<>&", text[i]))
            buf_add_text(svg, text[i] == '<' ? "&lt;" : text[i] == '>' ? "&gt;" : "&amp;");
        else
            buf_add_char(svg, text[i]);
}

/* The same for a name wherever it stands. */
static unsigned colour_of(const char *name)
{
    unsigned hash = 2166136261u;

    for (; *name; name++)
        hash = (hash ^ (unsigned char)*name) * 16777619u;
    return (0xd0u + (hash & 0x1fu)) << 16 | (0x70u + (hash >> 8 & 0x5fu)) << 8 | 0x50u;
}

static void plot_frame(const struct flame *flame, const struct frame *frame, double x, double y,
                       struct buf *svg)
{
    const double width = width_of(flame, frame);

    if (width < LEAST_WIDTH)
        return;
    buf_printf(svg,
               "<g><rect x=\"%.1f\" y=\"%.0f\" width=\"%.1f\" height=\"%d\" fill=\"#%06x\" "
               "stroke=\"white\"/><title>",
               x, y, width, ROW - 1, colour_of(frame->name));
    add_text(svg, frame->name, (size_t)-1);
    buf_printf(svg, ", %.1f %%</title>", width * 100 / WIDTH);
    if (width > 4 * CHARACTER) {
        buf_printf(svg, "<text x=\"%.1f\" y=\"%.0f\">", x + 3, y + ROW - 5);
        add_text(svg, frame->name, (size_t)(width / CHARACTER));
        buf_add_text(svg, "</text>");
    }
    buf_add_text(svg, "</g>\n");
    for (const struct frame *callee = frame->callees; callee; callee = callee->next) {
        plot_frame(flame, callee, x, y - ROW, svg);
        x += width_of(flame, callee);
    }
}

void flame_plot(const struct flame *flame, const char *title, struct buf *svg)
{
    const size_t rows = depth_of(flame, &flame->all);
    double x = 0;

    buf_printf(svg,
               "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%zu\" "
               "font-family=\"monospace\" font-size=\"11\">\n"
               "<rect width=\"100%%\" height=\"100%%\" fill=\"white\"/>\n"
               "<text x=\"8\" y=\"24\" font-size=\"16\">",
               WIDTH, rows * ROW + HEAD);
    add_text(svg, title, (size_t)-1);
    buf_printf(svg, ": %zu samples</text>\n", flame->all.samples);
    for (const struct frame *program = flame->all.callees; program; program = program->next) {
        plot_frame(flame, program, x, HEAD + ((double)rows - 2) * ROW, svg);
        x += width_of(flame, program);
    }
    buf_add_text(svg, "</svg>\n");
}
