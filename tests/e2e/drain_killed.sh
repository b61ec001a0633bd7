#!/bin/bash
# kill -9 in the place of any step of a drain: what was accepted is done by those who come next.
. "$(dirname "$(realpath "$0")")/../support/drains.sh"

killed_at() {
    stop_arrangement TERM
    CRASH_AT=$1 start_arrangement
    begin_load && drain_parts && [[ $codes == *137* ]] || echo "# nothing was killed at $1: $codes"
    all_is_kept
    local result=$?
    [[ $codes == *137* ]] && return "$result"
}

test_killed_before_a_drain_nothing_is_lost() {
    killed_at drain-flush
}

test_killed_after_what_was_under_way_left_nothing_is_lost() {
    killed_at drain-clean
}

test_killed_before_leaving_the_group_nothing_is_lost() {
    killed_at drain-leave
}

test_killed_after_leaving_the_group_nothing_is_lost() {
    killed_at drain-left
}

run_in_both
