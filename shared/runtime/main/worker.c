/* bin/worker-<name>: one worker alone. */
#include <errno.h>

#include "runtime/process.h"

int main(int argc, char **argv)
{
    const struct process_options options = {
        .program = program_invocation_short_name, .needs = CONFIG_WORKER, .lanes = true};

    return process_run(&options, argc, argv);
}
