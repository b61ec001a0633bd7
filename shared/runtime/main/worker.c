/* bin/worker-<name>: one worker alone. */
#include "runtime/process.h"

int main(int argc, char **argv)
{
    static const struct process_options options = {
        .program = "worker", .needs = CONFIG_WORKER, .lanes = true};

    return process_run(&options, argc, argv);
}
