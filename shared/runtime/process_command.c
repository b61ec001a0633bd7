#include "runtime/process_command.h"

#include <stdio.h>
#include <string.h>

#include "base/attr.h"

static const struct option {
    const char *name;
    enum process_command command;
    const char *sentence;
} options[] = {
    {"--check-config", PROCESS_CHECK_CONFIG,
     "prints each setting and where it comes from, and every mistake; ends with 0 or 2"},
    {"--healthcheck", PROCESS_CHECK_READY, "the same as --healthcheck=ready"},
    {"--healthcheck=ready", PROCESS_CHECK_READY,
     "asks the program that runs with these settings whether it can work; ends with 0 or 1"},
    {"--healthcheck=live", PROCESS_CHECK_LIVE, "asks it whether it turns at all"},
    {"--version", PROCESS_VERSION, "prints version and commit"},
    {"--help", PROCESS_HELP, "prints this"},
};

static void print_usage(const char *program, FILE *to)
{
    fprintf(to, "usage: %s [OPTION]\n", program);
}

void process_command_help(const char *program)
{
    print_usage(program, stdout);
    printf("\nWithout an option it runs until SIGTERM. SIGHUP reads the settings again.\n\n");
    for (size_t i = 0; i < COUNT_OF(options); i++)
        printf("  %-20s  %s\n", options[i].name, options[i].sentence);
    printf("\nSettings come from the environment, and from the file that IDPMC_CONFIG_FILE names:\n"
           "docs/reference/settings.md lists them, docs/guides/operations.md tells of the rest.\n");
}

enum process_command process_command_parse(const char *program, int argc, char **argv)
{
    if (argc <= 1)
        return PROCESS_RUN;
    for (size_t i = 0; argc == 2 && i < COUNT_OF(options); i++)
        if (strcmp(argv[1], options[i].name) == 0)
            return options[i].command;
    if (argc == 2)
        fprintf(stderr, "%s: there is no option \"%s\"\n", program, argv[1]);
    else
        fprintf(stderr, "%s: one option at a time\n", program);
    print_usage(program, stderr);
    fprintf(stderr, "`%s --help` lists the options\n", program);
    return PROCESS_MISUSE;
}
