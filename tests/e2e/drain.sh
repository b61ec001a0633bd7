#!/bin/bash
# SIGTERM under load: every process ends in time, whatever hangs at that moment, and what was accepted
# is done by those who come next.
. "$(dirname "$(realpath "$0")")/../support/drains.sh"

test_a_drain_at_full_load_ends_well_and_loses_nothing() {
    begin_load && drain_parts && ended 0 10000 && echo "# note: $arrangement: drained in $took_ms ms"
    local result=$?
    all_is_kept && return "$result"
}

# frozen KIND: it does not answer from before the signal until all have ended.
frozen() {
    begin_load && signal_server STOP "$1" && drain_parts
    signal_server CONT "$1"
    ended '0|75' 11000 && echo "# note: $arrangement: drained beside a frozen $1 in $took_ms ms: $codes"
    local result=$?
    all_is_kept && return "$result"
}

test_a_drain_beside_a_frozen_kafka_ends_in_time_and_loses_nothing() {
    frozen kafka
}

test_a_drain_beside_a_frozen_postgres_ends_in_time_and_loses_nothing() {
    frozen postgres
}

test_a_second_signal_ends_it_at_once() {
    local program pids=() result
    begin_load || return 1
    signal_server STOP kafka
    signal_server STOP postgres
    for program in "${started[@]}"; do
        pids+=("$(pid_of "$place/$program.pid")")
    done
    kill -s TERM "${pids[@]}"
    sleep 0.7
    drain_parts
    signal_server CONT postgres
    signal_server CONT kafka
    ended '0|1' 3000
    result=$?
    all_is_kept && return "$result"
}

run_in_both
