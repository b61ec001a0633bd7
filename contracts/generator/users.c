/* Whom a message concerns: the files that handle it, make it or read it, found by its names in C.
 */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lock.h"

struct search {
    const char *names[4];
    size_t count;
};

static bool is_word_byte(char c)
{
    return c == '_' || (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z');
}

/* Does the name stand in the line, and not as a part of a longer one? */
static bool has_name(const char *line, const char *name)
{
    size_t size = strlen(name);

    for (const char *at = strstr(line, name); at; at = strstr(at + 1, name))
        if ((at == line || !is_word_byte(at[-1])) && !is_word_byte(at[size]))
            return true;
    return false;
}

static bool has_any(const struct search *search, const char *line)
{
    for (size_t i = 0; i < search->count; i++)
        if (has_name(line, search->names[i]))
            return true;
    return false;
}

/* Says the first line of the file that has one of the names. */
static void search_file(const struct search *search, const char *path)
{
    FILE *file = fopen(path, "r");
    char *line = NULL;
    size_t capacity = 0;
    bool found = false;

    if (!file)
        give_up("cannot read %s: %s", path, strerror(errno));
    for (int number = 1; !found && getline(&line, &capacity, file) > 0; number++) {
        found = has_any(search, line);
        if (found)
            remark("    %s:%d: %.*s", path, number, (int)strcspn(line + strspn(line, " \t"), "\n"),
                   line + strspn(line, " \t"));
    }
    free(line);
    fclose(file);
}

static int is_visible(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

static bool is_source(const char *path)
{
    const char *dot = strrchr(path, '.');

    return dot && (strcmp(dot, ".c") == 0 || strcmp(dot, ".h") == 0);
}

static void search_folder(const struct search *search, const char *folder)
{
    struct dirent **entries;
    int count = scandir(folder, &entries, is_visible, alphasort);

    for (int i = 0; i < count; i++) {
        const char *path = keep_printf("%s/%s", folder, entries[i]->d_name);

        if (is_source(path))
            search_file(search, path);
        else
            search_folder(search, path); /* nothing, where it is no folder */
        free(entries[i]);
    }
    if (count >= 0)
        free(entries);
}

void name_users(const char *folder, const struct contract *contract)
{
    const char *c_name = contract->body.c_name;
    const struct search search = {
        .names = {keep_printf("%s_message", c_name), keep_printf("struct %s", c_name),
                  keep_printf("emit_%s", c_name), keep_printf("struct %s_answer", c_name)},
        .count = 4,
    };

    remark("  %s concerns, under %s:", contract->type, folder);
    search_folder(&search, folder);
}
