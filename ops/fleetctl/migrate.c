/* fleetctl migrate: applies the migrations that the database lacks, each in one transaction, under
 * an advisory lock, and gives the programs' roles their passwords. */
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "fleetctl.h"
#include "migration.h"
#include "role_password.h"
#include "runtime/crash.h"
#include "sql_text.h"

enum {
    MAX_FOLDERS = 16,
    ARENA_BYTES = 256 << 20,
    STATEMENT_TIMEOUT_MS = 60 * 60 * 1000, /* a migration may rewrite a large table */
};

struct options {
    const char *folders[MAX_FOLDERS];
    size_t folder_count;
    bool plan;
};

struct run {
    struct arena *arena;
    struct pg *pg;
    struct migrations migrations;
    bool *applied; /* for each of the migrations */
};

static void print_usage(FILE *to)
{
    fputs(
        "usage: fleetctl migrate [--plan] [--migrations FOLDER]...\n\n"
        "  --plan               shows what would be applied, and changes nothing\n"
        "  --migrations FOLDER  where <module>/NNNN_what.sql stand; may be given several times\n\n"
        "IDPMC_DATABASE_URL or DATABASE_URL names the database and its operator. Roles whose\n"
        "IDPMC_<MODULE>_DATABASE_URL or IDPMC_INGRESS_DATABASE_URL is set get its password.\n",
        to);
}

/* The folder in the tree that this program was built in; else the one where we are. */
static const char *default_folder(void)
{
    static const char beside[] = "/../migrations";
    static char path[4096];
    ssize_t size = readlink("/proc/self/exe", path, sizeof path - sizeof beside);

    if (size > 0) {
        char *name = memrchr(path, '/', (size_t)size);
        if (name) {
            memcpy(name, beside, sizeof beside);
            if (access(path, R_OK | X_OK) == 0)
                return path;
        }
    }
    return "migrations";
}

static int read_options(int argc, char **argv, struct options *ret_options)
{
    static const struct option known[] = {
        {"plan", no_argument, NULL, 'p'},
        {"migrations", required_argument, NULL, 'm'},
        {"help", no_argument, NULL, 'h'},
        {0},
    };
    struct options options = {0};
    int option;

    while ((option = getopt_long(argc, argv, "", known, NULL)) != -1) {
        if (option == 'h') {
            print_usage(stdout);
            exit(EXIT_DONE);
        }
        if (option == '?' || (option == 'm' && options.folder_count == MAX_FOLDERS)) {
            print_usage(stderr);
            return EXIT_MISUSE;
        }
        if (option == 'p')
            options.plan = true;
        else
            options.folders[options.folder_count++] = optarg;
    }
    if (optind < argc)
        return complain(EXIT_MISUSE, "migrate takes no argument \"%s\"", argv[optind]);
    if (options.folder_count == 0)
        options.folders[options.folder_count++] = default_folder();
    *ret_options = options;
    return EXIT_DONE;
}

/* One statement in a round trip of its own. */
static int ask(struct run *run, const char *sql, const struct pg_rows **ret_rows)
{
    int answer = pg_add(run->pg, sql, NULL, 0);

    if (answer < 0)
        return complain(EXIT_FAULT, "out of memory");
    if (pg_wait(run->pg, STATEMENT_TIMEOUT_MS) < 0)
        return complain_of_database(run->pg, "the database refused");
    *ret_rows = pg_rows(run->pg, answer);
    return EXIT_DONE;
}

/* The lock is the session's: it goes with the connection, however that ends. */
static int lock(struct run *run)
{
    const struct pg_rows *rows;
    int code = ask(run, "select pg_try_advisory_lock(hashtextextended('idpmc.migrate', 0))", &rows);

    if (code != EXIT_DONE || pg_get_bool(rows, 0, 0))
        return code;
    fputs("waiting for another migration of this database to end\n", stderr);
    return ask(run, "select pg_advisory_lock(hashtextextended('idpmc.migrate', 0))", &rows);
}

static int make_table(struct run *run)
{
    int r = pg_script(run->pg,
                      "create schema if not exists platform;"
                      "create table if not exists platform.migrations ("
                      "    module     text not null,"
                      "    number     int4 not null check (number > 0),"
                      "    name       text not null,"
                      "    checksum   text not null,"
                      "    applied_at timestamptz not null default now(),"
                      "    primary key (module, number)"
                      ");",
                      STATEMENT_TIMEOUT_MS);

    return r < 0 ? complain_of_database(run->pg, "cannot make platform.migrations") : EXIT_DONE;
}

/* One row of platform.migrations against the files. */
static int check_applied(struct run *run, const char *module, int number, struct span checksum)
{
    const struct migration *file = migrations_find(&run->migrations, module, number);

    if (!file && !migrations_find(&run->migrations, module, 1))
        return complain(EXIT_FAULT,
                        "the database has module \"%s\", of which there are no files here; name "
                        "their folder with --migrations",
                        module);
    if (!file)
        return complain(EXIT_FAULT,
                        "the database is newer than these files: it has %s/%04d; use the version "
                        "of fleetctl that knows it",
                        module, number);
    if (!span_is(checksum, file->checksum))
        return complain(EXIT_FAULT,
                        "%s: was changed after it was applied; restore it, and put the change into "
                        "a new file",
                        file->path);
    if (number > 1 && !run->applied[file - run->migrations.items - 1])
        return complain(EXIT_FAULT, "the database has %s/%04d without the one before it", module,
                        number);
    run->applied[file - run->migrations.items] = true;
    return EXIT_DONE;
}

static int check_database(struct run *run)
{
    const struct pg_rows *rows;
    int code = ask(run, "select to_regclass('platform.migrations') is not null", &rows);

    if (code != EXIT_DONE || !pg_get_bool(rows, 0, 0))
        return code;
    code =
        ask(run, "select module, number, checksum from platform.migrations order by module, number",
            &rows);
    for (size_t i = 0; code == EXIT_DONE && i < pg_row_count(rows); i++) {
        struct span module = pg_value(rows, i, 0);
        const char *name = arena_copy(run->arena, module.data, module.size);
        if (!name)
            return complain(EXIT_FAULT, "out of memory");
        code = check_applied(run, name, pg_get_int4(rows, i, 1), pg_value(rows, i, 2));
    }
    return code;
}

/* Where in the file the server's last failure lies: where it says, or else where the failed
 * statement begins. */
static unsigned line_of_failure(const struct pg_failure *failure, const char *sql)
{
    const char *at = sql, *end = sql;

    if (failure->position > 0)
        return sql_line(sql, sql_character(sql, failure->position));
    for (int i = 0; i <= failure->answer; i++) {
        const char *next = sql_next(end, &end);
        if (!next)
            break;
        at = next;
    }
    return sql_line(sql, at);
}

static int record(struct run *run, const struct migration *migration)
{
    const struct pg_param params[] = {
        pg_text(run->arena, span_text(migration->module)),
        pg_int4(run->arena, migration->number),
        pg_text(run->arena, span_text(migration->name)),
        pg_text(run->arena, span_text(migration->checksum)),
    };

    if (pg_add(run->pg,
               "insert into platform.migrations (module, number, name, checksum)"
               " values ($1, $2, $3, $4)",
               params, COUNT_OF(params)) < 0 ||
        pg_add(run->pg, "commit", NULL, 0) < 0)
        return complain(EXIT_FAULT, "out of memory");
    if (pg_wait(run->pg, STATEMENT_TIMEOUT_MS) < 0)
        return complain_of_database(run->pg, migration->path);
    return EXIT_DONE;
}

/* Names in migrations say their schema; none is searched. What fails is rolled back with the
 * session, which ends here. */
static int apply(struct run *run, const struct migration *migration)
{
    if (pg_script(run->pg, "begin; set local search_path = ''", STATEMENT_TIMEOUT_MS) < 0)
        return complain_of_database(run->pg, migration->path);
    if (pg_script(run->pg, migration->sql, STATEMENT_TIMEOUT_MS) < 0) {
        cleanup(buf_deinit) struct buf about = {0};
        buf_printf(&about, "%s:%u", migration->path,
                   line_of_failure(pg_failure(run->pg), migration->sql));
        return complain_of_database(run->pg, buf_failed(&about) ? migration->path : about.data);
    }
    crash_point("in-migration");
    return record(run, migration);
}

static int apply_all(struct run *run, bool plan)
{
    size_t count = 0;

    for (size_t i = 0; i < run->migrations.count; i++) {
        const struct migration *migration = &run->migrations.items[i];
        if (run->applied[i])
            continue;
        if (!plan) {
            int code;
            crash_point("before-migration");
            code = apply(run, migration);
            if (code != EXIT_DONE)
                return code;
            crash_point("after-migration");
        }
        printf("%s %s/%s\n", plan ? "would apply" : "applied", migration->module, migration->name);
        count++;
    }
    if (count == 0)
        puts("nothing to apply");
    return EXIT_DONE;
}

static int migrate(struct run *run, bool plan)
{
    int code = plan ? EXIT_DONE : lock(run);

    if (code == EXIT_DONE && !plan)
        code = make_table(run);
    if (code == EXIT_DONE)
        code = check_database(run);
    if (code == EXIT_DONE)
        code = apply_all(run, plan);
    crash_point("before-passwords");
    if (code == EXIT_DONE && !plan)
        code = role_passwords_set(run->pg, &run->migrations);
    return code;
}

int cmd_migrate(int argc, char **argv)
{
    struct options options;
    struct run run = {.arena = arena_new(ARENA_BYTES)};
    int code =
        run.arena ? read_options(argc, argv, &options) : complain(EXIT_FAULT, "out of memory");

    if (code == EXIT_DONE)
        code = migrations_read(run.arena, options.folders, options.folder_count, &run.migrations);
    if (code == EXIT_DONE)
        code = operator_connect(&run.pg);
    if (code == EXIT_DONE) {
        run.applied = arena_array(run.arena, run.migrations.count, sizeof *run.applied);
        code = run.applied ? migrate(&run, options.plan) : complain(EXIT_FAULT, "out of memory");
    }
    pg_close(run.pg);
    arena_free(run.arena);
    return code;
}
