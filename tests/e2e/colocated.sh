#!/bin/bash
# The edge with everything in one process.
arrangement=(fleet)
. "$(dirname "$(realpath "$0")")/../support/edge_tests.sh"
