/* Finds, reads and orders the files; every mistake in them is found before the database is asked.
 */
#include "migration.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "fleetctl.h"
#include "sql_text.h"

enum { MAX_FILE_BYTES = 16 << 20 };

struct reader {
    struct arena *arena;
    struct migration *items;
    size_t count, capacity;
};

static void close_directory(DIR **directory)
{
    if (*directory)
        closedir(*directory);
}

static void close_file(FILE **file)
{
    if (*file)
        fclose(*file);
}

static int no_memory(void)
{
    return complain(EXIT_FAULT, "out of memory");
}

static bool is_module(const char *name)
{
    return islower((unsigned char)name[0]) &&
           name[strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_")] == '\0';
}

/* The number of "0001_what.sql"; 0 for another name. */
static int number_of(const char *name)
{
    size_t digits = strspn(name, "0123456789");
    const char *what = name + digits + 1;
    size_t length;

    if (digits != 4 || name[digits] != '_')
        return 0;
    length = strspn(what, "abcdefghijklmnopqrstuvwxyz0123456789_-");
    return length > 0 && strcmp(what + length, ".sql") == 0 ? atoi(name) : 0;
}

static int read_text(struct arena *arena, const char *path, struct span *ret_text)
{
    cleanup(close_file) FILE *file = fopen(path, "re");
    cleanup(buf_deinit) struct buf text = {0};
    char piece[65536];
    size_t size;

    if (!file)
        return complain(EXIT_MISUSE, "%s: %s", path, strerror(errno));
    while ((size = fread(piece, 1, sizeof piece, file)) > 0 && text.size <= MAX_FILE_BYTES)
        buf_add(&text, piece, size);
    if (ferror(file))
        return complain(EXIT_MISUSE, "%s: %s", path, strerror(errno));
    if (text.size > MAX_FILE_BYTES)
        return complain(EXIT_MISUSE, "%s: is larger than %d MiB", path, MAX_FILE_BYTES >> 20);
    if (text.size > 0 && memchr(text.data, '\0', text.size))
        return complain(EXIT_MISUSE, "%s: has a NUL byte, so it is no SQL text", path);
    *ret_text = span_of(arena_copy(arena, text.data ? text.data : "", text.size), text.size);
    return ret_text->data && !buf_failed(&text) ? EXIT_DONE : no_memory();
}

/* A file runs inside one transaction, which is not its own to end. */
static int check_statements(const char *path, const char *sql)
{
    static const char *const refused[] = {"begin", "start", "commit", "end", "rollback", "abort"};
    const char *end;

    for (const char *at = sql; (at = sql_next(at, &end)) != NULL; at = end) {
        for (size_t i = 0; i < COUNT_OF(refused); i++) {
            size_t size = strlen(refused[i]);
            if (strncasecmp(at, refused[i], size) == 0 && !isalnum((unsigned char)at[size]) &&
                at[size] != '_')
                return complain(EXIT_MISUSE,
                                "%s:%u: \"%s\": a migration runs in one transaction that fleetctl "
                                "begins and ends; take this statement out",
                                path, sql_line(sql, at), refused[i]);
        }
    }
    return EXIT_DONE;
}

static int add(struct reader *reader, const struct migration *migration)
{
    if (reader->count == reader->capacity) {
        size_t capacity = reader->capacity ? 2 * reader->capacity : 64;
        struct migration *grown = arena_array(reader->arena, capacity, sizeof *grown);
        if (!grown)
            return no_memory();
        if (reader->count)
            memcpy(grown, reader->items, reader->count * sizeof *grown);
        reader->items = grown;
        reader->capacity = capacity;
    }
    reader->items[reader->count++] = *migration;
    return EXIT_DONE;
}

static int read_file(struct reader *reader, const char *folder, const char *module,
                     const char *name)
{
    struct migration migration = {
        .module = module,
        .number = number_of(name),
        .name = arena_printf(reader->arena, "%s", name),
        .path = arena_printf(reader->arena, "%s/%s/%s", folder, module, name),
    };
    struct span text;
    struct digest digest;
    int code;

    if (!migration.name || !migration.path)
        return no_memory();
    if (migration.number == 0)
        return complain(EXIT_MISUSE,
                        "%s: a migration is called NNNN_what.sql: four digits from 0001, small "
                        "letters",
                        migration.path);
    code = read_text(reader->arena, migration.path, &text);
    if (code != EXIT_DONE)
        return code;
    digest = digest_of(text);
    digest_format(&digest, migration.checksum);
    migration.sql = text.data;
    code = check_statements(migration.path, migration.sql);
    return code == EXIT_DONE ? add(reader, &migration) : code;
}

static bool is_ignored(const char *name)
{
    return name[0] == '.' || strcmp(name, "README.md") == 0;
}

static int read_module(struct reader *reader, const char *folder, const char *name)
{
    const char *module = arena_printf(reader->arena, "%s", name);
    const char *path = arena_printf(reader->arena, "%s/%s", folder, name);
    cleanup(close_directory) DIR *directory = NULL;
    const struct dirent *entry;

    if (!module || !path)
        return no_memory();
    if (!is_module(module))
        return complain(EXIT_MISUSE, "%s: is no module's name", path);
    directory = opendir(path);
    if (!directory)
        return complain(EXIT_MISUSE, "%s: %s", path, strerror(errno));
    while ((entry = readdir(directory)) != NULL) {
        int code = is_ignored(entry->d_name) ? EXIT_DONE
                                             : read_file(reader, folder, module, entry->d_name);
        if (code != EXIT_DONE)
            return code;
    }
    return EXIT_DONE;
}

static int read_folder(struct reader *reader, const char *folder)
{
    cleanup(close_directory) DIR *directory = opendir(folder);
    const struct dirent *entry;

    if (!directory)
        return complain(EXIT_MISUSE, "%s: %s; name the folder with --migrations", folder,
                        strerror(errno));
    while ((entry = readdir(directory)) != NULL) {
        int code =
            is_ignored(entry->d_name) ? EXIT_DONE : read_module(reader, folder, entry->d_name);
        if (code != EXIT_DONE)
            return code;
    }
    return EXIT_DONE;
}

/* platform, core, then the others. */
static int rank(const char *module)
{
    if (strcmp(module, "platform") == 0)
        return 0;
    return strcmp(module, "core") == 0 ? 1 : 2;
}

static int in_order(const void *left, const void *right)
{
    const struct migration *a = left, *b = right;
    int order = rank(a->module) - rank(b->module);

    if (order == 0)
        order = strcmp(a->module, b->module);
    return order != 0 ? order : a->number - b->number;
}

static int check_numbers(const struct reader *reader)
{
    for (size_t i = 0; i < reader->count; i++) {
        const struct migration *here = &reader->items[i];
        const struct migration *before = i > 0 ? here - 1 : NULL;
        int last = before && strcmp(before->module, here->module) == 0 ? before->number : 0;

        if (here->number == last)
            return complain(EXIT_MISUSE, "%s and %s have the same number", before->path,
                            here->path);
        if (here->number != last + 1)
            return complain(EXIT_MISUSE, "%s: there is no %04d before it", here->path,
                            here->number - 1);
    }
    return EXIT_DONE;
}

int migrations_read(struct arena *arena, const char *const *folders, size_t count,
                    struct migrations *ret_migrations)
{
    struct reader reader = {.arena = arena};
    int code;

    for (size_t i = 0; i < count; i++) {
        code = read_folder(&reader, folders[i]);
        if (code != EXIT_DONE)
            return code;
    }
    if (reader.count == 0)
        return complain(EXIT_MISUSE, "%s: there is no migration in it", folders[0]);
    qsort(reader.items, reader.count, sizeof *reader.items, in_order);
    code = check_numbers(&reader);
    if (code == EXIT_DONE)
        *ret_migrations = (struct migrations){.items = reader.items, .count = reader.count};
    return code;
}

const struct migration *migrations_find(const struct migrations *migrations, const char *module,
                                        int number)
{
    for (size_t i = 0; i < migrations->count; i++)
        if (migrations->items[i].number == number &&
            strcmp(migrations->items[i].module, module) == 0)
            return &migrations->items[i];
    return NULL;
}
