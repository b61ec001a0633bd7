/* Good contracts, and a folder of the test's own in which the generator runs in a child, since it
 * ends its process where it cannot go on. */
#ifndef GENERATOR_PLACE_H
#define GENERATOR_PLACE_H

#include <CUnit/CUnit.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../../../../contracts/generator/contract.h"

enum { PATH_BYTES = 512, TEXT_BYTES = 65536 };

static const char command[] = "name: mc.record-check\n"
                              "version: 1\n"
                              "kind: command\n"
                              "sentence: Says whether a habit was done on a day.\n"
                              "key: player\n"
                              "permission: mc.check.record\n"
                              "scope: player\n"
                              "scope_field: player\n"
                              "fields:\n"
                              "  - name: player\n" /* line 10 */
                              "    type: uuid\n"
                              "    of: user\n"
                              "    example: 0198c2a4-7b21-7d44-8e32-7c1a5d3fab22\n"
                              "    sentence: Whose check it is.\n"
                              "  - name: title\n" /* line 15 */
                              "    type: string\n"
                              "    min: 1\n"
                              "    max: 80\n"
                              "    personal: true\n"
                              "    example: Read\n" /* line 20 */
                              "    sentence: What it is called.\n"
                              "  - name: weight\n"
                              "    type: integer\n"
                              "    min: -1\n"
                              "    max: 10\n" /* line 25 */
                              "    required: false\n"
                              "    unit: points\n"
                              "    example: 3\n"
                              "    sentence: How much it counts.\n"
                              "  - name: roles\n" /* line 30 */
                              "    type: list\n"
                              "    min: 1\n"
                              "    max: 3\n"
                              "    item: {type: enum, values: [player, coach], example: coach}\n"
                              "    example: [player]\n" /* line 35 */
                              "    sentence: In which roles.\n"
                              "rejects:\n"
                              "  - code: day_too_old\n"
                              "    field: weight\n"
                              "    sentence: The day is too far back.\n" /* line 40 */
                              "  - code: unknown_habit\n"
                              "    sentence: There is no such habit.\n";

static const char event[] = "name: mc.recorded\n"
                            "version: 1\n"
                            "kind: event\n"
                            "sentence: A check was recorded.\n"
                            "key: organization\n"
                            "fields:\n"
                            "  - name: habit\n"
                            "    type: uuid\n"
                            "    of: habit\n"
                            "    example: 0198c2a5-1d43-7f66-8a54-9e3c7f51cd44\n" /* line 10 */
                            "    sentence: The habit.\n";

static const char query[] = "name: mc.week\n"
                            "version: 1\n"
                            "kind: query\n"
                            "sentence: A player's week.\n"
                            "key: player\n"
                            "permission: mc.week.read\n"
                            "scope: player\n"
                            "scope_field: player\n"
                            "path: /v1/mc/players/{player}/weeks/{week}\n"
                            "fields:\n" /* line 10 */
                            "  - name: player\n"
                            "    type: uuid\n"
                            "    of: user\n"
                            "    example: 0198c2a4-7b21-7d44-8e32-7c1a5d3fab22\n"
                            "    sentence: Whose week it is.\n" /* line 15 */
                            "  - name: week\n"
                            "    type: string\n"
                            "    min: 8\n"
                            "    max: 8\n"
                            "    example: 2026-W47\n" /* line 20 */
                            "    sentence: The week.\n"
                            "  - name: all\n"
                            "    type: boolean\n"
                            "    required: false\n"
                            "    example: true\n" /* line 25 */
                            "    sentence: Also what is retired.\n"
                            "answer:\n"
                            "  - name: score\n"
                            "    type: integer\n"
                            "    min: 0\n" /* line 30 */
                            "    max: 100\n"
                            "    unit: percent\n"
                            "    example: 75\n"
                            "    sentence: The week's score.\n";

static const char nested[] = "name: mc.measured\n"
                             "version: 1\n"
                             "kind: event\n"
                             "sentence: Something was measured.\n"
                             "key: organization\n"
                             "fields:\n"
                             "  - name: load\n"
                             "    type: decimal\n"
                             "    scale: 2\n"
                             "    min: \"-1.00\"\n" /* line 10 */
                             "    max: \"12.5\"\n"
                             "    unit: kilograms\n"
                             "    example: \"2.50\"\n"
                             "    sentence: How much.\n"
                             "  - name: target\n" /* line 15 */
                             "    type: struct\n"
                             "    sentence: What is aimed at.\n"
                             "    fields:\n"
                             "      - name: inner\n"
                             "        type: struct\n" /* line 20 */
                             "        sentence: Further inside.\n"
                             "        fields:\n"
                             "          - name: team\n"
                             "            type: uuid\n"
                             "            of: team\n" /* line 25 */
                             "            example: 0198c2a4-7b21-7d44-8e32-7c1a5d3fab22\n"
                             "            sentence: Whose.\n"
                             "  - name: marks\n"
                             "    type: map\n"
                             "    key: {type: string, min: 1, max: 5, example: left}\n" /* 30 */
                             "    item: {type: integer, min: 0, max: 9, unit: points, example: 3}\n"
                             "    min: 1\n"
                             "    max: 4\n"
                             "    example: {left: 3, right: 4}\n"
                             "    sentence: Points by name.\n" /* line 35 */
                             "  - name: measure\n"
                             "    type: union\n"
                             "    tag: kind\n"
                             "    sentence: How it was measured.\n"
                             "    alternatives:\n" /* line 40 */
                             "      - name: count\n"
                             "        sentence: By counting.\n"
                             "        fields:\n"
                             "          - name: done\n"
                             "            type: boolean\n" /* line 45 */
                             "            example: true\n"
                             "            sentence: Whether it was done.\n"
                             "      - name: nothing\n"
                             "        sentence: Not at all.\n"
                             "        fields: []\n"; /* line 50 */

struct place {
    char root[PATH_BYTES];
};

static inline void path_in(const struct place *place, const char *name,
                           char path[static 2 * PATH_BYTES])
{
    snprintf(path, 2 * PATH_BYTES, "%s/%s", place->root, name);
}

/* Makes the folders that a file stands in. */
static inline void make_folders(char *path)
{
    for (char *slash = strchr(path + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        mkdir(path, 0777);
        *slash = '/';
    }
}

static inline void drop(const struct place *place, const char *name)
{
    char path[2 * PATH_BYTES];

    path_in(place, name, path);
    CU_ASSERT_EQUAL(unlink(path), 0);
}

static inline void put(const struct place *place, const char *name, const char *text)
{
    char path[2 * PATH_BYTES];
    FILE *file;

    path_in(place, name, path);
    make_folders(path);
    file = fopen(path, "w");
    CU_ASSERT_PTR_NOT_NULL_FATAL(file);
    fputs(text, file);
    fclose(file);
}

static inline void get(const struct place *place, const char *name, char text[static TEXT_BYTES])
{
    char path[2 * PATH_BYTES];
    FILE *file;

    path_in(place, name, path);
    file = fopen(path, "r");
    CU_ASSERT_PTR_NOT_NULL_FATAL(file);
    text[fread(text, 1, TEXT_BYTES - 1, file)] = '\0';
    fclose(file);
}

/* A new folder with an empty folder of contracts, mc. */
static inline void place_open(struct place *place)
{
    char path[2 * PATH_BYTES];
    const char *base = getenv("TMPDIR");

    snprintf(place->root, sizeof place->root, "%s/generator.XXXXXX", base ? base : "/tmp");
    CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(place->root));
    path_in(place, "mc", path);
    CU_ASSERT_EQUAL_FATAL(mkdir(path, 0777), 0);
}

static inline void place_close(const struct place *place)
{
    char *const arguments[] = {"rm", "-rf", (char *)place->root, NULL};
    pid_t child = fork();

    if (child == 0) {
        execvp("rm", arguments);
        _exit(127);
    }
    waitpid(child, NULL, 0);
}

/* Runs `work` in a child inside the place, its stderr going to the file "said". Gives the exit
 * code. */
static inline int run(const struct place *place, int (*work)(void))
{
    int status = -1;
    pid_t child = fork();

    if (child == 0) {
        if (chdir(place->root) != 0 || !freopen("said", "w", stderr) ||
            !freopen("printed", "w", stdout))
            _exit(99);
        exit(work());
    }
    waitpid(child, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static inline int generate_mc(void)
{
    static const char *const folders[] = {"mc"};

    return generate("out", folders, 1);
}

/* A contract with its only `what` replaced by `with`. */
static inline void changed(char text[static TEXT_BYTES], const char *good, const char *what,
                           const char *with)
{
    const char *at = strstr(good, what);

    CU_ASSERT_PTR_NOT_NULL_FATAL(at);
    CU_ASSERT_PTR_NULL_FATAL(strstr(at + 1, what));
    snprintf(text, TEXT_BYTES, "%.*s%s%s", (int)(at - good), good, with, at + strlen(what));
}

#endif
