#!/bin/bash
# Released contracts are promises: contracts/lock holds them, and `make contracts-check` refuses what
# breaks who relies on them. The rules have their own tests beside the generator's.
. "$(dirname "$(realpath "$0")")/../support/gates.sh"

generator=$build/contracts-generator

# locks TASK ROOT: what the generator says about the locks of a tree.
locks() {
    (
        cd "$2" || exit 1
        folders=()
        for folder in contracts/*/; do
            ! compgen -G "$folder*.yaml" >/dev/null || folders+=(--contracts "${folder%/}")
        done
        "$generator" "$1" contracts/lock "${folders[@]}" --users workers 2>&1
    )
}

broken_promises() {
    locks --check "$1"
}

field='  - {name: extra, type: date, example: 2026-11-22, sentence: Comes late.}'

test_every_contract_is_locked_and_keeps_its_lock() {
    holds broken_promises
}

test_a_contract_that_breaks_its_lock_is_caught() {
    catches broken_promises contracts/core/team-created.yaml "$field"
}

test_a_change_names_whom_it_concerns() {
    before broken_promises >/dev/null
    sed -i 's/max: 10$/max: 9/' "$place/copy/contracts/mc/define-habit.yaml"
    broken_promises "$place/copy" >"$place/said"
    grep -q '^contracts/mc/define-habit.yaml:[0-9]*: bound-tightened: ' "$place/said" &&
        grep -q '^    workers/mc/handlers/define_habit.c:[0-9]*: ' "$place/said" &&
        grep -q '^    workers/mc/worker.c:[0-9]*: {&mc_define_habit_message, ' "$place/said" &&
        return 0
    sed 's/^/# /' "$place/said"
    return 1
}

test_a_lock_that_breaks_a_promise_is_not_made() {
    local copy=$place/copy lock=contracts/lock/mc.define-habit.v1.lock
    locks --lock "$copy" >"$place/said"
    cmp "$lock" "$copy/$lock" || return 1
    cp contracts/mc/define-habit.yaml "$copy/contracts/mc/"
    locks --lock "$copy" && holds broken_promises
}

run_tests
