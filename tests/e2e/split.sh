#!/bin/bash
# The edge with a process for itself and for each worker.
arrangement=(ingress worker-core worker-mc)
. "$(dirname "$(realpath "$0")")/../support/edge_tests.sh"
