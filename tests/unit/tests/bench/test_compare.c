#include <CUnit/CUnit.h>
#include <errno.h>
#include <string.h>

#include "bench/figure.h"
#include "codec/json.h"

static struct figures before, after;

static void add_rounds(struct figures *figures, const char *of, const char *name,
                       const double values[3])
{
    for (size_t i = 0; i < 3; i++)
        CU_ASSERT_TRUE(figures_add(figures, of, name, values[i], "/s"));
}

static int read_text(const char *text, struct figures *ret_figures)
{
    struct json *document = NULL;
    int r = json_parse(span_text(text), &document);

    if (r == 0)
        r = figures_read(document, ret_figures);
    json_free(document);
    return r;
}

/* The line of the comparison that has this name. */
static const char *line_of(struct buf *out, const char *name)
{
    char *line = strstr(out->data, name);

    CU_ASSERT_PTR_NOT_NULL_FATAL(line);
    *strchrnul(line, '\n') = '\0';
    return line;
}

void test_figures_come_back_from_json_as_they_were(void)
{
    cleanup(buf_deinit) struct buf json = {0};

    before.count = 0;
    add_rounds(&before, "fleet", "a \"quoted\" name", (const double[]){20500, 0.25, 3e9});
    add_rounds(&before, "", "other", (const double[]){1, 2, 3});
    figures_write(&before, &json);
    CU_ASSERT_EQUAL_FATAL(read_text(json.data, &after), 0);
    CU_ASSERT_EQUAL(after.count, 2);
    CU_ASSERT_STRING_EQUAL(after.items[0].of, "fleet");
    CU_ASSERT_STRING_EQUAL(after.items[0].name, "a \"quoted\" name");
    CU_ASSERT_STRING_EQUAL(after.items[0].unit, "/s");
    CU_ASSERT_EQUAL(after.items[0].count, 3);
    CU_ASSERT_EQUAL(after.items[0].rounds[0], 20500);
    CU_ASSERT_EQUAL(after.items[0].rounds[1], 0.25);
    CU_ASSERT_EQUAL(after.items[0].rounds[2], 3e9);
    CU_ASSERT_STRING_EQUAL(after.items[1].of, "");
}

void test_no_figures_are_an_empty_array(void)
{
    cleanup(buf_deinit) struct buf json = {0};

    before.count = 0;
    figures_write(&before, &json);
    CU_ASSERT_EQUAL(read_text(json.data, &after), 0);
    CU_ASSERT_EQUAL(after.count, 0);
}

void test_what_is_no_report_is_refused(void)
{
    CU_ASSERT_EQUAL(read_text("{}", &after), -EINVAL);
    CU_ASSERT_EQUAL(read_text("[{\"of\": \"\", \"name\": \"x\", \"unit\": \"\"}]", &after),
                    -EINVAL);
    CU_ASSERT_EQUAL(
        read_text("[{\"of\": \"\", \"name\": \"x\", \"unit\": \"\", \"rounds\": []}]", &after),
        -EINVAL);
    CU_ASSERT_EQUAL(
        read_text("[{\"of\": \"\", \"name\": \"x\", \"unit\": \"\", \"rounds\": [\"1\"]}]", &after),
        -EINVAL);
    CU_ASSERT_EQUAL(
        read_text("[{\"of\": 1, \"name\": \"x\", \"unit\": \"\", \"rounds\": [1]}]", &after),
        -EINVAL);
}

void test_ranges_that_touch_overlap_and_others_stand_apart(void)
{
    cleanup(buf_deinit) struct buf out = {0}, again = {0};
    const char *line;

    before.count = after.count = 0;
    add_rounds(&before, "fleet", "noise", (const double[]){100, 90, 110});
    add_rounds(&after, "fleet", "noise", (const double[]){120, 110, 130});
    add_rounds(&before, "fleet", "gain", (const double[]){100, 90, 110});
    add_rounds(&after, "fleet", "gain", (const double[]){150, 111, 160});
    figures_compare(&before, &after, &out);
    figures_compare(&after, &before, &again);
    line = line_of(&out, "fleet: noise");
    CU_ASSERT_PTR_NOT_NULL(strstr(line, "+20.0 %"));
    CU_ASSERT_PTR_NOT_NULL(strstr(line, "overlap"));
    line = line + strlen(line) + 1;
    CU_ASSERT_PTR_NOT_NULL(strstr(line, "fleet: gain"));
    CU_ASSERT_PTR_NOT_NULL(strstr(line, "+50.0 %"));
    CU_ASSERT_PTR_NOT_NULL(strstr(line, "APART"));
    CU_ASSERT_PTR_NOT_NULL(strstr(line_of(&again, "fleet: gain"), "-33.3 %"));
}

void test_what_only_one_has_is_named(void)
{
    cleanup(buf_deinit) struct buf out = {0};

    before.count = after.count = 0;
    add_rounds(&before, "fleet", "old", (const double[]){1, 2, 3});
    add_rounds(&after, "fleet", "new", (const double[]){1, 2, 3});
    figures_compare(&before, &after, &out);
    CU_ASSERT_PTR_NOT_NULL(strstr(out.data, "fleet: old: only in A"));
    CU_ASSERT_PTR_NOT_NULL(strstr(out.data, "fleet: new: only in B"));
}

void test_a_change_from_nothing_has_no_percentage(void)
{
    cleanup(buf_deinit) struct buf out = {0};

    before.count = after.count = 0;
    add_rounds(&before, "", "errors", (const double[]){0, 0, 0});
    add_rounds(&after, "", "errors", (const double[]){1, 1, 1});
    figures_compare(&before, &after, &out);
    CU_ASSERT_PTR_NULL(strchr(out.data, '%'));
    CU_ASSERT_PTR_NOT_NULL(strstr(out.data, "APART"));
}
