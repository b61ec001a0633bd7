/* bin/fleet: the ingress and the lanes of the workers that IDPMC_WORKERS lists, co-located in one
 * process. */
#include "runtime/main/edge.h"
#include "runtime/process.h"

int main(int argc, char **argv)
{
    static const struct process_options options = {
        .program = "fleet", .needs = CONFIG_FLEET, .lanes = true, .edge = &ingress_edge};

    return process_run(&options, argc, argv);
}
