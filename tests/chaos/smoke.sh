#!/bin/bash
# The fault suite's short form as a test script: one run of each cheap fault with a fixed seed, beside
# servers of its own.
cd "$(dirname "$(realpath "$0")")/../.." || exit
unset RUN_ROOT SEED MINUTES FAULT
output=$(mktemp)
trap 'rm -f "$output"' EXIT
tests/chaos/run smoke 2>&1 | tee "$output"
status=${PIPESTATUS[0]}
broken=$(sed -nE 's/^[0-9]+ passed, ([0-9]+) failed$/\1/p' "$output")
if [ "$status" -eq 0 ] && [ "$broken" = 0 ]; then
    echo 'ok nothing is lost, doubled or out of order under the smoke test of faults'
else
    echo 'not ok nothing is lost, doubled or out of order under the smoke test of faults'
    exit 1
fi
