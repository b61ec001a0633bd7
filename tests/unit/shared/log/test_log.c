#include <CUnit/CUnit.h>
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/date.h"
#include "log/log.h"

/* What was written to standard error between capture_start and capture_stop. */
static struct {
    int saved, file;
    char text[256 * 1024];
} capture;

static void capture_start(void)
{
    char path[] = "/tmp/test_log.XXXXXX";

    capture.file = mkstemp(path);
    unlink(path);
    capture.saved = dup(STDERR_FILENO);
    dup2(capture.file, STDERR_FILENO);
    memset(capture.text, 0, sizeof capture.text);
}

static const char *capture_stop(void)
{
    ssize_t size = pread(capture.file, capture.text, sizeof capture.text - 1, 0);

    dup2(capture.saved, STDERR_FILENO);
    close(capture.saved);
    close(capture.file);
    CU_ASSERT_TRUE(size >= 0);
    return capture.text;
}

/* The line without its time, whose form is checked. */
static const char *without_time(const char *line)
{
    enum { TIME_AT = sizeof "{\"time\":\"" - 1 };
    struct timestamp time;

    CU_ASSERT_EQUAL_FATAL(strncmp(line, "{\"time\":\"", TIME_AT), 0);
    CU_ASSERT_EQUAL(timestamp_parse(span_of(line + TIME_AT, TIMESTAMP_TEXT), &time), 0);
    return line + TIME_AT + TIMESTAMP_TEXT;
}

/* One line, whole: an object's end, a line feed and nothing more; quotes in pairs. */
static void assert_one_object(const char *line)
{
    size_t size = strlen(line), quotes = 0;

    CU_ASSERT_TRUE(size <= 8192);
    CU_ASSERT_PTR_EQUAL(strchr(line, '\n'), line + size - 1);
    CU_ASSERT_STRING_EQUAL(line + size - 3, "\"}\n");
    for (size_t i = 0; i < size; i++) {
        if (line[i] == '\\')
            i++;
        else
            quotes += line[i] == '"';
    }
    CU_ASSERT_EQUAL(quotes % 4, 0);
}

void test_a_line_without_context_has_time_level_and_message(void)
{
    capture_start();
    log_write(LOG_INFO, NULL, "read %d of %s", 3, "many");
    CU_ASSERT_STRING_EQUAL(without_time(capture_stop()),
                           "\",\"level\":\"info\",\"message\":\"read 3 of many\"}\n");
}

void test_everything_known_is_told_in_order(void)
{
    static const struct tenant_id tenant = {{{0xaa}}};
    static const struct message_id message_id = {{{0xbb}}};
    struct log_context context = {
        .worker = "mc",
        .tenant = &tenant,
        .message_id = &message_id,
        .type = "mc.record-check.v1",
        .trace_id = span_text("0af7651916cd43dd8448eb211c80319c"),
        .error = "ERROR:  no \"such\" table\n",
    };

    capture_start();
    log_error(&context, "the batch failed");
    CU_ASSERT_STRING_EQUAL(without_time(capture_stop()),
                           "\",\"level\":\"error\",\"message\":\"the batch failed\","
                           "\"worker\":\"mc\","
                           "\"tenant\":\"aa000000-0000-0000-0000-000000000000\","
                           "\"message_id\":\"bb000000-0000-0000-0000-000000000000\","
                           "\"type\":\"mc.record-check.v1\","
                           "\"trace_id\":\"0af7651916cd43dd8448eb211c80319c\","
                           "\"error\":\"ERROR:  no \\\"such\\\" table\\u000a\"}\n");
}

void test_what_is_not_known_is_left_out(void)
{
    struct log_context context = {.worker = "core", .error = ""};

    capture_start();
    log_warning(&context, "w");
    CU_ASSERT_STRING_EQUAL(without_time(capture_stop()),
                           "\",\"level\":\"warning\",\"message\":\"w\",\"worker\":\"core\"}\n");
}

void test_nothing_in_a_text_can_begin_a_second_line_or_field(void)
{
    capture_start();
    log_info(NULL, "a\n{\"level\":\"error\"}\r\x01\xff\\");
    CU_ASSERT_STRING_EQUAL(without_time(capture_stop()),
                           "\",\"level\":\"info\",\"message\":\"a\\u000a{\\\"level\\\":"
                           "\\\"error\\\"}\\u000d\\u0001\xef\xbf\xbd\\\\\"}\n");
}

void test_lines_below_the_level_are_dropped(void)
{
    capture_start();
    log_debug(NULL, "quiet");
    CU_ASSERT_STRING_EQUAL(capture_stop(), "");
    log_set_level(LOG_ERROR);
    capture_start();
    log_warning(NULL, "quiet");
    CU_ASSERT_STRING_EQUAL(capture_stop(), "");
    log_set_level(LOG_DEBUG);
    capture_start();
    log_debug(NULL, "loud");
    CU_ASSERT_PTR_NOT_NULL(strstr(capture_stop(), "\"level\":\"debug\",\"message\":\"loud\""));
    log_set_level(LOG_INFO);
}

/* The worst that a field can hold is control characters: six bytes for each. */
void test_a_line_is_bounded_and_stays_whole(void)
{
    static char tabs[20001], letters[20001];
    struct log_context context = {
        .worker = tabs, .type = tabs, .trace_id = span_of(tabs, 20000), .error = tabs};

    memset(tabs, '\t', sizeof tabs - 1);
    memset(letters, 'x', sizeof letters - 1);
    capture_start();
    log_error(&context, "%s", tabs);
    assert_one_object(capture_stop());
    CU_ASSERT_TRUE(strlen(capture.text) > 7000);
    capture_start();
    log_error(NULL, "%s", letters);
    assert_one_object(capture_stop());
    CU_ASSERT_PTR_NOT_NULL(strstr(capture.text, "xxx...\"}"));
}

void test_a_long_message_does_not_hide_the_error(void)
{
    static char letters[20001];
    struct log_context context = {.error = "disk full"};

    memset(letters, 'x', sizeof letters - 1);
    capture_start();
    log_error(&context, "%s", letters);
    CU_ASSERT_PTR_NOT_NULL(strstr(capture_stop(), "\"error\":\"disk full\"}\n"));
}

void test_a_cut_falls_between_two_characters(void)
{
    static char text[9001];

    for (size_t i = 0; i + 3 < sizeof text; i += 3)
        memcpy(text + i, "\xe2\x82\xac", 3);
    for (size_t shift = 0; shift < 3; shift++) {
        capture_start();
        log_info(NULL, "%.*s%s", (int)shift, "ab", text);
        assert_one_object(capture_stop());
        CU_ASSERT_PTR_NULL(strstr(capture.text, "\xef\xbf\xbd"));
        CU_ASSERT_PTR_NOT_NULL(strstr(capture.text, "\xe2\x82\xac...\"}"));
    }
}

void test_errno_survives_a_line(void)
{
    capture_start();
    errno = ENOENT;
    log_info(NULL, "%s", "x");
    CU_ASSERT_EQUAL(errno, ENOENT);
    capture_stop();
}

void test_a_log_that_cannot_be_written_stops_nothing(void)
{
    int saved = dup(STDERR_FILENO);

    close(STDERR_FILENO);
    log_error(NULL, "nobody hears this");
    dup2(saved, STDERR_FILENO);
    close(saved);
}

static void *write_lines(void *data)
{
    (void)data;
    for (int i = 0; i < 200; i++)
        log_info(NULL, "a line of one thread, number %d", i);
    return NULL;
}

void test_lines_of_several_threads_do_not_mix(void)
{
    static const char start[] = "\",\"level\":\"info\",\"message\":\"a line of one thread, number ";
    pthread_t threads[4];
    size_t lines = 0, whole = 0;

    capture_start();
    for (size_t i = 0; i < COUNT_OF(threads); i++)
        CU_ASSERT_EQUAL_FATAL(pthread_create(&threads[i], NULL, write_lines, NULL), 0);
    for (size_t i = 0; i < COUNT_OF(threads); i++)
        pthread_join(threads[i], NULL);
    capture_stop();
    for (char *save, *line = strtok_r(capture.text, "\n", &save); line;
         line = strtok_r(NULL, "\n", &save)) {
        whole +=
            strncmp(without_time(line), start, strlen(start)) == 0 && line[strlen(line) - 1] == '}';
        lines++;
    }
    CU_ASSERT_EQUAL(whole, 800);
    CU_ASSERT_EQUAL(lines, 800);
}

void test_levels_are_read_by_name(void)
{
    enum log_level level = LOG_INFO;

    CU_ASSERT_EQUAL(log_level_parse(span_text("debug"), &level), 0);
    CU_ASSERT_EQUAL(level, LOG_DEBUG);
    CU_ASSERT_EQUAL(log_level_parse(span_text("error"), &level), 0);
    CU_ASSERT_EQUAL(level, LOG_ERROR);
    CU_ASSERT_EQUAL(log_level_parse(span_text("ERROR"), &level), -EINVAL);
    CU_ASSERT_EQUAL(log_level_parse(span_text("warn"), &level), -EINVAL);
    CU_ASSERT_EQUAL(log_level_parse(span_text(""), &level), -EINVAL);
    CU_ASSERT_EQUAL(level, LOG_ERROR);
}
