#include "local_env.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fleetctl.h"

static void close_file(FILE **file)
{
    if (*file)
        fclose(*file);
}

static void free_text(char **text)
{
    free(*text);
}

/* Opens .run/`name` of the nearest folder that has it; `path` says which. NULL: none has. */
static FILE *open_nearest(const char *name, char path[static PATH_MAX])
{
    char folder[PATH_MAX];
    char *slash;

    if (!getcwd(folder, sizeof folder))
        return NULL;
    do {
        FILE *file = NULL;

        if (snprintf(path, PATH_MAX, "%s/.run/%s", folder, name) < PATH_MAX)
            file = fopen(path, "re");
        if (file)
            return file;
        slash = strrchr(folder, '/');
        if (slash)
            *slash = '\0';
    } while (slash);
    return NULL;
}

/* "export NAME='value'": false where the line is something else. */
static bool take_line(char *line)
{
    static const char head[] = "export ";
    size_t size = strcspn(line, "\n");
    char *name = line + strlen(head), *equals;

    line[size] = '\0';
    if (size == 0 || line[0] == '#')
        return true;
    equals = strstr(line, "='");
    if (strncmp(line, head, strlen(head)) != 0 || !equals || equals <= name ||
        line + size - 1 < equals + 2 || line[size - 1] != '\'')
        return false;
    *equals = '\0';
    line[size - 1] = '\0';
    return setenv(name, equals + 2, 0) == 0;
}

int local_env_load(const char *name)
{
    char path[PATH_MAX];
    cleanup(close_file) FILE *file = open_nearest(name, path);
    cleanup(free_text) char *line = NULL;
    size_t capacity = 0, number = 0;

    while (file && getline(&line, &capacity, file) > 0)
        if (++number, !take_line(line))
            return complain(EXIT_MISUSE, "%s, line %zu: expected export NAME='value'", path,
                            number);
    return EXIT_DONE;
}
