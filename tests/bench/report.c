/* A benchmark's report: a table for people and JSON for those who compare. */
#include <stdio.h>
#include <stdlib.h>

#include "bench.h"

static void add_text(struct report *report, const char *name, const char *text)
{
    printf("  %-44s %s\n", name, text);
    buf_add_text(&report->json, ",\n  ");
    buf_add_json(&report->json, span_text(name));
    buf_add_text(&report->json, ": ");
    buf_add_json(&report->json, span_text(text));
}

static void add_setting(struct report *report, struct bench *bench, const char *name)
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
    add_text(report, name, text);
}

void report_begin(struct report *report, const char *name, struct bench *bench)
{
    static const char *const settings[] = {"server_version", "fsync", "synchronous_commit",
                                           "full_page_writes", "shared_buffers"};
    const char *machine = getenv("BENCH_MACHINE");

    *report = (struct report){.name = name};
    printf("\n%s\n", name);
    buf_add_text(&report->json, "{\n  \"case\": ");
    buf_add_json(&report->json, span_text(name));
    for (size_t i = 0; i < COUNT_OF(settings); i++)
        add_setting(report, bench, settings[i]);
    add_text(report, "machine", machine ? machine : "unknown");
}

void report_figure(struct report *report, const char *name, double value, const char *unit)
{
    const bool whole = value >= 100 || value == (double)(long)value;
    int decimals = whole ? 0 : value >= 1 ? 2 : 4;

    printf("  %-44s %12.*f %s\n", name, decimals, value, unit);
    buf_add_text(&report->json, ",\n  ");
    buf_add_json(&report->json, span_text(name));
    buf_printf(&report->json, ": %.6g", value);
}

void report_bound(struct report *report, bool holds, const char *sentence)
{
    printf("  %-8s %s\n", holds ? "holds" : "BROKEN", sentence);
    report->broken += !holds;
}

int report_end(struct report *report)
{
    const char *folder = getenv("BENCH_OUT");
    char path[4096];
    FILE *file;

    buf_printf(&report->json, ",\n  \"broken bounds\": %u\n}\n", report->broken);
    snprintf(path, sizeof path, "%s/%s.json", folder ? folder : ".", report->name);
    file = fopen(path, "we");
    if (!file || buf_failed(&report->json) ||
        fwrite(report->json.data, 1, report->json.size, file) != report->json.size ||
        fclose(file) != 0)
        give_up("%s cannot be written", path);
    printf("  %s\n", path);
    buf_deinit(&report->json);
    return report->broken > 0;
}
