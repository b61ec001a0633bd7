/* fleetctl producer: credentials of those who publish straight to the topics. A secret is shown
 * once; a revoked credential stays, because it still proves what came before. */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "auth/digest.h"
#include "base/random.h"
#include "codec/message.h"
#include "fleetctl.h"
#include "local_env.h"

enum {
    MAX_LISTED = 64, /* tenants, resp. types, of one credential */
    ID_BYTES = 63,
    ARENA_BYTES = 16 << 20,
    ANSWER_MS = 10000,
};

struct options {
    const char *id;
    struct tenant_id tenants[MAX_LISTED];
    size_t tenant_count;
    const char *types[MAX_LISTED];
    size_t type_count;
};

/* What a subcommand works with. */
struct desk {
    struct pg *pg;
    struct arena *arena;
};

static void desk_deinit(struct desk *desk)
{
    pg_close(desk->pg);
    arena_free(desk->arena);
}

static void print_usage(FILE *to)
{
    fputs("usage: fleetctl producer add --id KEYID --tenant UUID... --type TYPE...\n"
          "       fleetctl producer list\n"
          "       fleetctl producer revoke --id KEYID\n\n"
          "  --id KEYID     the credential's name: 1 to 63 of a-z, 0-9 and \"-\"\n"
          "  --tenant UUID  an organization that it may speak for; may be given several times\n"
          "  --type TYPE    a command that it may send (mc.record-check.v1); several times as "
          "well\n\n"
          "IDPMC_DATABASE_URL or DATABASE_URL, or .run/env here or in a folder above, names the\n"
          "database and its operator.\n",
          to);
}

/* The rule of platform.producers. */
static bool id_is_valid(const char *id)
{
    size_t size = strlen(id);

    return size > 0 && size <= ID_BYTES && id[0] != '-' &&
           strspn(id, "abcdefghijklmnopqrstuvwxyz0123456789-") == size;
}

static int add_tenant(struct options *options, const char *text)
{
    if (options->tenant_count == MAX_LISTED)
        return complain(EXIT_MISUSE, "--tenant: %d are the most", MAX_LISTED);
    if (uuid_parse(span_text(text), &options->tenants[options->tenant_count].uuid) < 0)
        return complain(EXIT_MISUSE, "--tenant: \"%s\" is not a lower-case UUID", text);
    options->tenant_count++;
    return EXIT_DONE;
}

static int add_type(struct options *options, const char *text)
{
    const struct message *message = message_find(span_text(text));

    if (options->type_count == MAX_LISTED)
        return complain(EXIT_MISUSE, "--type: %d are the most", MAX_LISTED);
    if (!message || message->kind != MESSAGE_COMMAND) {
        complain(EXIT_MISUSE, "--type: there is no command \"%s\"; these are:", text);
        for (size_t i = 0; i < message_count; i++)
            if (messages[i]->kind == MESSAGE_COMMAND)
                fprintf(stderr, "  %s\n", messages[i]->type);
        return EXIT_MISUSE;
    }
    options->types[options->type_count++] = text;
    return EXIT_DONE;
}

static int take_option(struct options *options, int option)
{
    switch (option) {
    case 'h':
        print_usage(stdout);
        exit(EXIT_DONE);
    case 'i':
        options->id = optarg;
        if (id_is_valid(optarg))
            return EXIT_DONE;
        return complain(EXIT_MISUSE,
                        "--id: \"%s\" is not 1 to 63 of a-z, 0-9 and \"-\", which does not come "
                        "first",
                        optarg);
    case 't':
        return add_tenant(options, optarg);
    case 'y':
        return add_type(options, optarg);
    default:
        print_usage(stderr);
        return EXIT_MISUSE;
    }
}

static int read_options(int argc, char **argv, struct options *ret_options)
{
    static const struct option known[] = {
        {"id", required_argument, NULL, 'i'},
        {"tenant", required_argument, NULL, 't'},
        {"type", required_argument, NULL, 'y'},
        {"help", no_argument, NULL, 'h'},
        {0},
    };
    int option, code;

    while ((option = getopt_long(argc, argv, "", known, NULL)) != -1)
        if ((code = take_option(ret_options, option)) != EXIT_DONE)
            return code;
    if (optind < argc)
        return complain(EXIT_MISUSE, "\"%s\" is one word too many", argv[optind]);
    return EXIT_DONE;
}

static int desk_open(struct desk *desk)
{
    int code = local_env_load("env");

    desk->arena = arena_new(ARENA_BYTES);
    if (!desk->arena)
        return complain(EXIT_FAULT, "out of memory");
    return code == EXIT_DONE ? operator_connect(&desk->pg) : code;
}

/* One statement and its rows. NULL: it was told why. */
static const struct pg_rows *ask(struct desk *desk, const char *sql, const struct pg_param *params,
                                 size_t count, int *ret_code)
{
    int answer = pg_add(desk->pg, sql, params, count);

    if (answer < 0)
        *ret_code = complain(EXIT_FAULT, "out of memory");
    else if (pg_wait(desk->pg, ANSWER_MS) < 0)
        *ret_code = complain_of_database(desk->pg, "platform.producers");
    else
        return pg_rows(desk->pg, answer);
    return NULL;
}

static int insert(struct desk *desk, const struct options *options, const struct digest *secret)
{
    struct pg_array tenants, types;
    const struct pg_rows *rows;
    int code = EXIT_DONE;

    pg_array_init(&tenants, desk->arena, PG_UUID, options->tenant_count);
    for (size_t i = 0; i < options->tenant_count; i++)
        pg_array_add_uuid(&tenants, options->tenants[i].uuid);
    pg_array_init(&types, desk->arena, PG_TEXT, options->type_count);
    for (size_t i = 0; i < options->type_count; i++)
        pg_array_add_span(&types, span_text(options->types[i]));
    rows = ask(desk,
               "insert into platform.producers (keyid, secret, tenants, types) "
               "values ($1, $2, $3, $4) on conflict do nothing returning keyid",
               (struct pg_param[]){pg_text(desk->arena, span_text(options->id)),
                                   pg_bytea(desk->arena, span_of(secret->bytes, DIGEST_BYTES)),
                                   pg_array_param(&tenants), pg_array_param(&types)},
               4, &code);
    if (rows && pg_row_count(rows) == 0)
        return complain(EXIT_MISUSE,
                        "there is a producer \"%s\" already; a new secret needs a new id, and "
                        "revoking the old one",
                        options->id);
    return code;
}

static int run_add(struct desk *desk, const struct options *options)
{
    struct digest secret; /* as many bytes as a secret has, and written alike */
    char text[DIGEST_TEXT + 1];
    int code;

    if (!options->id || options->tenant_count == 0 || options->type_count == 0)
        return complain(EXIT_MISUSE, "producer add wants --id, --tenant and --type");
    if ((code = desk_open(desk)) != EXIT_DONE)
        return code;
    random_fill(secret.bytes, sizeof secret.bytes);
    if ((code = insert(desk, options, &secret)) != EXIT_DONE)
        return code;
    printf("keyid %s\nsecret %s\n", options->id, digest_format(&secret, text));
    fputs("The secret is shown this once. Workers know the credential within 60 s.\n", stderr);
    return EXIT_DONE;
}

static void print_row(const struct pg_rows *rows, size_t row)
{
    struct span text[3];
    char created[TIMESTAMP_TEXT + 1], revoked[TIMESTAMP_TEXT + 1] = "-";

    for (size_t i = 0; i < COUNT_OF(text); i++)
        text[i] = pg_value(rows, row, i);
    timestamp_format(pg_get_timestamp(rows, row, 3), created);
    if (!pg_null(rows, row, 4))
        timestamp_format(pg_get_timestamp(rows, row, 4), revoked);
    printf("%.*s\t%s\t%s\t%.*s\t%.*s\n", (int)text[0].size, text[0].data, created, revoked,
           (int)text[1].size, text[1].data, (int)text[2].size, text[2].data);
}

static int run_list(struct desk *desk, const struct options *options)
{
    const struct pg_rows *rows;
    int code;

    if (options->id || options->tenant_count > 0 || options->type_count > 0)
        return complain(EXIT_MISUSE, "producer list takes no option");
    if ((code = desk_open(desk)) != EXIT_DONE)
        return code;
    rows = ask(desk,
               "select keyid, array_to_string(tenants, ','), array_to_string(types, ','), "
               "created_at, revoked_at from platform.producers order by keyid",
               NULL, 0, &code);
    if (!rows)
        return code;
    puts("KEYID\tCREATED\tREVOKED\tTENANTS\tTYPES");
    for (size_t i = 0; i < pg_row_count(rows); i++)
        print_row(rows, i);
    return EXIT_DONE;
}

static int run_revoke(struct desk *desk, const struct options *options)
{
    const struct pg_rows *rows;
    char text[TIMESTAMP_TEXT + 1];
    int code;

    if (!options->id || options->tenant_count > 0 || options->type_count > 0)
        return complain(EXIT_MISUSE, "producer revoke wants --id and nothing else");
    if ((code = desk_open(desk)) != EXIT_DONE)
        return code;
    rows = ask(desk,
               "update platform.producers set revoked_at = coalesce(revoked_at, now()) "
               "where keyid = $1 returning revoked_at",
               (struct pg_param[]){pg_text(desk->arena, span_text(options->id))}, 1, &code);
    if (!rows)
        return code;
    if (pg_row_count(rows) == 0)
        return complain(EXIT_MISUSE, "there is no producer \"%s\"; `fleetctl producer list`",
                        options->id);
    printf("%s is revoked as of %s; in force within 60 s\n", options->id,
           timestamp_format(pg_get_timestamp(rows, 0, 0), text));
    return EXIT_DONE;
}

int cmd_producer(int argc, char **argv)
{
    static const struct {
        const char *name;
        int (*run)(struct desk *desk, const struct options *options);
    } actions[] = {{"add", run_add}, {"list", run_list}, {"revoke", run_revoke}};
    cleanup(desk_deinit) struct desk desk = {0};
    struct options options = {0};
    int code;

    if (argc > 1 && strcmp(argv[1], "--help") == 0) {
        print_usage(stdout);
        return EXIT_DONE;
    }
    for (size_t i = 0; argc > 1 && i < COUNT_OF(actions); i++) {
        if (strcmp(argv[1], actions[i].name) != 0)
            continue;
        code = read_options(argc - 1, argv + 1, &options);
        return code == EXIT_DONE ? actions[i].run(&desk, &options) : code;
    }
    print_usage(stderr);
    return EXIT_MISUSE;
}
