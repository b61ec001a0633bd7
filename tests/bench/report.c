/* A benchmark's report: a table for people, JSON for those who compare, a picture. */
#include <stdio.h>
#include <stdlib.h>

#include "bench.h"

static void add_setting(struct report *report, const char *name, const char *text)
{
    buf_printf(&report->table, "  %-46s %s\n", name, text);
    buf_add_text(&report->settings, report->settings.size > 0 ? ",\n    " : "    ");
    buf_add_json(&report->settings, span_text(name));
    buf_add_text(&report->settings, ": ");
    buf_add_json(&report->settings, span_text(text));
}

static void add_server_setting(struct report *report, struct bench *bench, const char *name)
{
    char text[128];
    struct arena *arena = arena_new(4096);
    struct pg_param param;
    int answer;

    if (!arena)
        give_up("no memory");
    param = pg_text(arena, span_text(name));
    answer = pg_add(bench->pg, "select current_setting($1::text)", &param, 1);
    if (answer < 0 || pg_wait(bench->pg, 5000) < 0)
        give_up("PostgreSQL has no setting %s", name);
    snprintf(text, sizeof text, "%.*s", (int)pg_value(pg_rows(bench->pg, answer), 0, 0).size,
             pg_value(pg_rows(bench->pg, answer), 0, 0).data);
    arena_free(arena);
    add_setting(report, name, text);
}

static void add_environment(struct report *report, const char *name, const char *variable)
{
    const char *value = getenv(variable);

    add_setting(report, name, value ? value : "unknown");
}

static void add_number(struct report *report, const char *name, long number)
{
    char text[24];

    snprintf(text, sizeof text, "%ld", number);
    add_setting(report, name, text);
}

void report_begin(struct report *report, const char *name, struct bench *bench)
{
    static const char *const settings[] = {REPORT_SERVER};

    *report = (struct report){.name = name, .of = "", .figures = calloc(1, sizeof(struct figures))};
    if (!report->figures)
        give_up("no memory");
    for (size_t i = 0; i < COUNT_OF(settings); i++)
        add_server_setting(report, bench, settings[i]);
    add_environment(report, "machine", "BENCH_MACHINE");
    add_environment(report, "cores", "BENCH_CORES");
    add_environment(report, "commit", "BENCH_COMMIT");
    add_number(report, "number", (long)bench->number);
    add_number(report, "repeat", bench->repeat);
}

void report_of(struct report *report, const char *of)
{
    report->of = of;
}

void report_figure(struct report *report, const char *name, double value, const char *unit)
{
    if (!figures_add(report->figures, report->of, name, value, unit))
        give_up("too many figures: %s", name);
}

double report_median(const struct report *report, const char *of, const char *name)
{
    const struct figure *figure = figures_find(report->figures, of, name);

    return figure ? figure_summary(figure).median : 0;
}

double report_ratio(struct report *report, const char *name, const char *of, const char *than)
{
    char both[2 * FIGURE_NAME];

    if (!figures_divide(report->figures, name, of, than))
        return 0;
    snprintf(both, sizeof both, "%s / %s", of, than);
    return report_median(report, both, name);
}

static void add_verdict(struct report *report, enum verdict_kind kind, bool holds,
                        const char *sentence)
{
    struct verdict *verdict = report->verdicts;

    while (verdict < report->verdicts + report->verdict_count &&
           strcmp(verdict->sentence, sentence) != 0)
        verdict++;
    if (verdict == report->verdicts + VERDICTS)
        give_up("too many bounds: %s", sentence);
    if (verdict == report->verdicts + report->verdict_count) {
        report->verdict_count++;
        *verdict = (struct verdict){.kind = kind, .holds = true};
        snprintf(verdict->sentence, sizeof verdict->sentence, "%s", sentence);
    }
    verdict->holds &= holds;
}

void report_bound(struct report *report, bool holds, const char *sentence)
{
    add_verdict(report, BOUND, holds, sentence);
}

static void add_goal(struct report *report, double value, bool holds, const char *relation,
                     double goal, const char *sentence)
{
    cleanup(buf_deinit) struct buf text = {0};

    buf_printf(&text, "%s %s ", sentence, relation);
    figure_print(&text, goal);
    buf_add_text(&text, ": ");
    figure_print(&text, value);
    add_verdict(report, GOAL, holds, text.data);
}

void report_goal_least(struct report *report, double value, double goal, const char *sentence)
{
    add_goal(report, value, value >= goal, ">=", goal, sentence);
}

void report_goal_most(struct report *report, double value, double goal, const char *sentence)
{
    add_goal(report, value, value <= goal, "<=", goal, sentence);
}

static const char *verdict_word(const struct verdict *verdict)
{
    if (verdict->kind == GOAL)
        return verdict->holds ? "met" : "NOT MET";
    return verdict->holds ? "holds" : "BROKEN";
}

static size_t count_broken(const struct report *report, enum verdict_kind kind)
{
    size_t count = 0;

    for (size_t i = 0; i < report->verdict_count; i++)
        count += report->verdicts[i].kind == kind && !report->verdicts[i].holds;
    return count;
}

static void write_verdicts(const struct report *report, struct buf *json)
{
    for (size_t i = 0; i < report->verdict_count; i++) {
        const struct verdict *verdict = &report->verdicts[i];

        buf_printf(json, "%s    {\"kind\": \"%s\", \"holds\": %s, \"says\": ", i > 0 ? ",\n" : "",
                   verdict->kind == GOAL ? "goal" : "bound", verdict->holds ? "true" : "false");
        buf_add_json(json, span_text(verdict->sentence));
        buf_add_char(json, '}');
    }
}

static void write_json(const struct report *report, struct buf *json)
{
    buf_add_text(json, "{\n  \"case\": ");
    buf_add_json(json, span_text(report->name));
    buf_add_text(json, ",\n  \"settings\": {\n");
    buf_add(json, report->settings.data, report->settings.size);
    buf_add_text(json, "\n  },\n  \"figures\": ");
    figures_write(report->figures, json);
    buf_add_text(json, ",\n  \"bounds\": [\n");
    write_verdicts(report, json);
    buf_printf(json, "\n  ],\n  \"broken bounds\": %zu,\n  \"missed goals\": %zu\n}\n",
               count_broken(report, BOUND), count_broken(report, GOAL));
}

static void keep(const struct report *report, const char *ending, struct buf *content)
{
    const char *folder = getenv("BENCH_OUT");
    char path[4096];
    FILE *file;

    snprintf(path, sizeof path, "%s/%s.%s", folder ? folder : ".", report->name, ending);
    file = fopen(path, "we");
    if (!file || buf_failed(content) ||
        fwrite(content->data, 1, content->size, file) != content->size || fclose(file) != 0)
        give_up("%s cannot be written", path);
    printf("  %s\n", path);
    buf_deinit(content);
}

int report_end(struct report *report)
{
    const char *strict = getenv("STRICT");
    struct buf json = {0}, svg = {0};
    size_t broken = count_broken(report, BOUND);

    if (strict && strcmp(strict, "yes") == 0)
        broken += count_broken(report, GOAL);
    figures_table(report->figures, &report->table);
    printf("\n%s\n%.*s", report->name, (int)report->table.size, report->table.data);
    for (size_t i = 0; i < report->verdict_count; i++)
        printf("  %-8s %s\n", verdict_word(&report->verdicts[i]), report->verdicts[i].sentence);
    write_json(report, &json);
    keep(report, "json", &json);
    figures_plot(report->figures, report->name, &svg);
    keep(report, "svg", &svg);
    buf_deinit(&report->settings);
    buf_deinit(&report->table);
    free(report->figures);
    return broken > 0;
}
