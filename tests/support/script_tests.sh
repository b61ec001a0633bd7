# Sourced by test scripts: goes to the repository, makes $place (gone at the end), names $fleetctl,
# and offers what a script's `test_...` functions share. The script ends with run_tests.
# shellcheck shell=bash
set -u
self=$(realpath "$0")
cd "$(dirname "${BASH_SOURCE[0]}")/../.." || exit
fleetctl=$(realpath -m "${BIN:-bin}")/fleetctl
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT

# tell CODE COMMAND...: runs it with $place/out and $place/err, and wants this exit code.
tell() {
    local wanted=$1 code=0
    shift
    "$@" >"$place/out" 2>"$place/err" || code=$?
    [ "$code" -eq "$wanted" ] && return 0
    echo "# $*: exit code $code, wanted $wanted"
    sed 's/^/# /' "$place/err"
    return 1
}

# says FILE WORDS: that file of the last run ($place/out or err) has them.
says() {
    grep -qF -- "$2" "$place/$1" && return 0
    echo "# wanted in $1: $2"
    sed 's/^/# /' "$place/$1"
    return 1
}

run_tests() {
    local tests test
    mapfile -t tests < <(sed -n 's/^\(test_[a-z0-9_]*\)() {$/\1/p' "$self")
    echo "1..${#tests[@]}"
    for test in "${tests[@]}"; do
        if "$test"; then echo "ok $test"; else echo "not ok $test"; fi
    done
}
