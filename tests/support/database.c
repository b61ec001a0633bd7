#include "support/database.h"

#include <CUnit/CUnit.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "pg/pg.h"

enum { TIMEOUT_MS = 30000, AGAIN_MS = 20, TEXT_BYTES = 64 << 20 };

static struct pg *connection;

/* Statements are prepared under their text, which has to live as long as the connection. */
static struct arena *texts(void)
{
    static struct arena *arena;

    if (!arena)
        arena = arena_new(TEXT_BYTES);
    return arena;
}

void sleep_ms(int ms)
{
    nanosleep(&(struct timespec){.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000L}, NULL);
}

static printf_like(1, 0) const char *write_text(const char *format, va_list args)
{
    char text[16384];
    int size = vsnprintf(text, sizeof text, format, args);

    CU_ASSERT_FATAL(size >= 0 && (size_t)size < sizeof text);
    return arena_copy(texts(), text, (size_t)size);
}

static void connect_once(void)
{
    const char *url = getenv("DATABASE_URL");

    CU_ASSERT_PTR_NOT_NULL_FATAL(url);
    connection = pg_connect(url, "tests");
    if (connection && pg_wait(connection, TIMEOUT_MS) == 0)
        return;
    pg_close(connection);
    connection = NULL;
}

static void connect_database(void)
{
    int64_t end_ms = monotonic_ms() + TIMEOUT_MS;

    while (!connection && monotonic_ms() < end_ms) {
        connect_once();
        if (!connection)
            sleep_ms(AGAIN_MS);
    }
    CU_ASSERT_PTR_NOT_NULL_FATAL(connection);
}

static void refuse(const char *text)
{
    printf("# %s: %s\n", pg_failure(connection)->message, text);
    pg_close(connection);
    connection = NULL;
    CU_FAIL_FATAL("the SQL above failed");
}

void sql(const char *format, ...)
{
    va_list args;
    const char *text;

    va_start(args, format);
    text = write_text(format, args);
    va_end(args);
    connect_database();
    if (pg_script(connection, text, TIMEOUT_MS) < 0)
        refuse(text);
}

/* A connection that broke since the last question is made anew. */
static printf_like(1, 0) struct span ask(const char *format, va_list args)
{
    const char *expression = write_text(format, args);
    char *text = arena_printf(texts(), "select (%s)::text", expression);
    const struct pg_rows *rows;
    int answer = -1, r = -EIO;

    for (int attempt = 0; attempt < 2 && r == -EIO; attempt++) {
        connect_database();
        answer = pg_add(connection, text, NULL, 0);
        r = answer < 0 ? answer : pg_wait(connection, TIMEOUT_MS);
        if (r == -EIO) {
            pg_close(connection);
            connection = NULL;
        }
    }
    if (r < 0)
        refuse(text);
    rows = pg_rows(connection, answer);
    return pg_row_count(rows) == 0 ? span_text(NULL) : pg_value(rows, 0, 0);
}

static printf_like(1, 0) int64_t ask_number(const char *format, va_list args)
{
    char text[32];
    struct span answer = ask(format, args);

    if (answer.size == 0)
        return -1;
    snprintf(text, sizeof text, "%.*s", (int)answer.size, answer.data);
    return strtoll(text, NULL, 10);
}

int64_t sql_number(const char *format, ...)
{
    va_list args;
    int64_t number;

    va_start(args, format);
    number = ask_number(format, args);
    va_end(args);
    return number;
}

const char *sql_text(const char *format, ...)
{
    static char text[65536];
    va_list args;
    struct span answer;

    va_start(args, format);
    answer = ask(format, args);
    va_end(args);
    snprintf(text, sizeof text, "%.*s", (int)answer.size, answer.size ? answer.data : "");
    return text;
}

bool sql_becomes(int64_t wanted, int timeout_ms, const char *format, ...)
{
    int64_t end_ms = monotonic_ms() + timeout_ms, is;

    do {
        va_list args;

        va_start(args, format);
        is = ask_number(format, args);
        va_end(args);
        if (is == wanted)
            return true;
        sleep_ms(AGAIN_MS);
    } while (monotonic_ms() < end_ms);
    printf("# %lld, not %lld: %s\n", (long long)is, (long long)wanted, format);
    return false;
}

static void run_fleetctl(const char *arguments)
{
    const char *folder = getenv("BIN");
    char command[4096];

    CU_ASSERT_PTR_NOT_NULL_FATAL(folder);
    snprintf(command, sizeof command, "%s/fleetctl %s >/dev/null", folder, arguments);
    CU_ASSERT_EQUAL_FATAL(system(command), 0);
}

void database_ready(void)
{
    static bool done;

    if (done)
        return;
    run_fleetctl("migrate --migrations migrations --migrations tests/support/tally/migrations");
    run_fleetctl("topics core mc tally");
    done = true;
}

struct tenant_id new_tenant(void)
{
    return (struct tenant_id){uuid_v7(timestamp_now().us / 1000)};
}

struct user_id new_user(void)
{
    return (struct user_id){uuid_v7(timestamp_now().us / 1000)};
}

const char *id_text(struct uuid uuid)
{
    char text[UUID_TEXT + 1];

    return arena_copy(texts(), uuid_format(uuid, text), UUID_TEXT);
}

void sql_found_organization(struct tenant_id tenant, struct user_id member, int roles)
{
    const char *id = id_text(tenant.uuid);

    sql("insert into core.organizations (tenant, name, zone, kind, admins)"
        " values ('%s', 'Tests', 'UTC', 0, 1);"
        "insert into platform.tenants (tenant, zone) values ('%s', 'UTC');"
        "insert into core.members (tenant, member, roles) values ('%s', '%s', %d)",
        id, id, id, id_text(member.uuid), roles);
}
