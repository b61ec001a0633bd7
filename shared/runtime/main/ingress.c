/* bin/ingress: the edge alone. It contains the workers for their queries. */
#include "runtime/main/edge.h"
#include "runtime/process.h"

int main(int argc, char **argv)
{
    static const struct process_options options = {
        .program = "ingress", .needs = CONFIG_INGRESS, .edge = &ingress_edge};

    return process_run(&options, argc, argv);
}
