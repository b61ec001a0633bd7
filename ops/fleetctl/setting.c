/* Settings of the tool: from the environment, or from the file that NAME_FILE names. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "fleetctl.h"

static void close_file(FILE **file)
{
    if (*file)
        fclose(*file);
}

static void free_line(char **line)
{
    free(*line);
}

/* The file's first line. */
static int read_file(const char *name, const char *path, struct buf *ret_text)
{
    cleanup(close_file) FILE *file = fopen(path, "re");
    cleanup(free_line) char *line = NULL;
    size_t capacity = 0;

    if (!file || getline(&line, &capacity, file) < 0)
        return complain(EXIT_MISUSE, "%s_FILE: %s: %s", name, path,
                        file && feof(file) ? "is empty" : strerror(errno));
    buf_add(ret_text, line, strcspn(line, "\n"));
    return EXIT_DONE;
}

int setting_read(const char *name, struct buf *ret_text)
{
    const char *text = getenv(name), *path;
    char file_name[128];

    snprintf(file_name, sizeof file_name, "%s_FILE", name);
    path = getenv(file_name);
    if (text && text[0] && path && path[0])
        return complain(EXIT_MISUSE, "%s and %s are both set; keep one", name, file_name);
    buf_clear(ret_text);
    if (path && path[0]) {
        int code = read_file(name, path, ret_text);
        if (code != EXIT_DONE)
            return code;
    } else {
        buf_add_text(ret_text, text ? text : "");
    }
    return buf_failed(ret_text) ? complain(EXIT_FAULT, "out of memory") : EXIT_DONE;
}
