/* What the command line asks of a program of the fleet. */
#ifndef RUNTIME_PROCESS_COMMAND_H
#define RUNTIME_PROCESS_COMMAND_H

enum process_command {
    PROCESS_RUN,
    PROCESS_CHECK_CONFIG,
    PROCESS_CHECK_READY,
    PROCESS_CHECK_LIVE,
    PROCESS_VERSION,
    PROCESS_HELP,
    PROCESS_MISUSE, /* which was said on standard error */
};

enum process_command process_command_parse(const char *program, int argc, char **argv);

/* Prints the usage, and all options, on standard output. */
void process_command_help(const char *program);

#endif
