/* fleetctl: the operator's tool. `fleetctl COMMAND --help` says how a command is used. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "config/config.h"
#include "fleetctl.h"
#include "runtime/process_settings.h"
#include "runtime/version.h"

static const struct {
    const char *name;
    int (*run)(int argc, char **argv);
    const char *sentence;
} commands[] = {
    {"migrate", cmd_migrate, "brings the database to the state that this version needs"},
    {"topics", cmd_topics, "makes the modules' topics and checks those that are there"},
    {"token", cmd_token, "mints a bearer token for a fleet in development mode"},
    {"producer", cmd_producer, "gives, lists and revokes credentials of event producers"},
    {"sign", cmd_sign, "signs a producer's commands and prints them for kcat"},
    {"decode", cmd_decode, "prints messages that kcat read as JSON, a line each"},
    {"describe", cmd_describe, "prints documents about every message and problem"},
    {"dlq", cmd_dlq, "lists dead letters, has them tried again, and discards them"},
    {"parked", cmd_parked, "lists messages that wait to be tried again, and decides about them"},
};

static void print_usage(FILE *to)
{
    fputs("usage: fleetctl COMMAND [OPTION]... | --check-config | --version | --help\n\n", to);
    for (size_t i = 0; i < COUNT_OF(commands); i++)
        fprintf(to, "  %-10s %s\n", commands[i].name, commands[i].sentence);
}

/* Every command reads its settings from the environment: what the file has joins it. */
static int read_config_file(void)
{
    cleanup(buf_deinit) struct buf said = {0};
    int r = config_file_export(environ, &said);

    if (said.size > 0)
        fwrite(said.data, 1, said.size, stderr);
    return r;
}

int main(int argc, char **argv)
{
    if (argc < 2) {
        print_usage(stderr);
        return EXIT_MISUSE;
    }
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "help") == 0) {
        print_usage(stdout);
        return EXIT_DONE;
    }
    if (strcmp(argv[1], "--version") == 0) {
        printf("idpmc-fleetctl %s (commit %s)\n", IDPMC_VERSION, version_commit);
        return EXIT_DONE;
    }
    if (strcmp(argv[1], "--check-config") == 0)
        return process_settings_check(0, NULL) < 0 ? EXIT_MISUSE : EXIT_DONE;
    if (read_config_file() < 0)
        return EXIT_MISUSE;
    for (size_t i = 0; i < COUNT_OF(commands); i++)
        if (strcmp(argv[1], commands[i].name) == 0)
            return commands[i].run(argc - 1, argv + 1);
    return complain(EXIT_MISUSE, "there is no command \"%s\"; `fleetctl --help` lists them",
                    argv[1]);
}
