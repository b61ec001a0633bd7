# What the scripts of this folder share; sourced, with `name` set to the script's.
# shellcheck shell=bash
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/../.."

fail() {
    echo "new-$name: $*" >&2
    exit 2
}

# fill TEMPLATE FILE: the template with @module@, @MODULE@ and others filled in, by sed's words in
# `words`. A file that is there is never touched: all were looked for before the first was written.
fill() {
    mkdir -p "$(dirname "$2")"
    sed "${words[@]}" "ops/new/$name/$1.in" >"$2"
    echo "wrote   $2"
}

free() {
    local path
    for path in "$@"; do
        [ ! -e "$path" ] || fail "$path is there already; nothing was written"
    done
}
