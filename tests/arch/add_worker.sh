#!/bin/bash
# A worker is added by adding folders. The commands of the guide are run, word by word, in a copy of
# the tree; afterwards git must see added files only, and the new worker must be a program.
. "$(dirname "$(realpath "$0")")/../support/gates.sh"

guide=docs/guides/add-a-worker.md
scratch=$place/scratch

guide_commands() {
    awk '/^```sh$/ {inside = 1; next} /^```$/ {inside = 0} inside' "$guide"
}

# With the objects that are there, so that only what is new is compiled.
make_scratch() {
    copy_tree "$scratch"
    git -C "$scratch" add --all
    git -C "$scratch" -c user.name=test -c user.email=test@localhost commit --quiet -m start
    mkdir "$scratch/build"
    for part in obj gen test-gen flags sources contracts-generator libidpmc.a; do
        [ ! -e "$build/$part" ] || cp -a "$build/$part" "$scratch/build/"
    done
}

follow_guide() {
    (
        cd "$scratch" || exit 1
        unset MAKEFLAGS MAKELEVEL MFLAGS BIN
        set -e
        eval "$(guide_commands)"
    )
}

edited_files() {
    git -C "$1" status --porcelain --untracked-files=all | grep -v '^?? '
}

make_scratch

test_the_guide_makes_a_worker() {
    [ "$(guide_commands | wc -l)" -ge 5 ] || { echo "# $guide has no commands"; return 1; }
    tell 0 follow_guide || return 1
    [ -x "$scratch/bin/worker-abacus" ] || { echo "# there is no bin/worker-abacus"; return 1; }
    nm --extern-only --defined-only "$scratch/build/workers/abacus.o" | awk '{print $3}' >"$place/out"
    [ "$(cat "$place/out")" = worker_abacus ] && return 0
    sed 's/^/# exports /' "$place/out"
    return 1
}

test_it_edits_no_file_that_was_there() {
    local added
    holds_in_scratch || return 1
    added=$(git -C "$scratch" status --porcelain --untracked-files=all | wc -l)
    [ "$added" -ge 8 ] || { echo "# only $added files were added"; return 1; }
}

holds_in_scratch() {
    local edited
    edited=$(edited_files "$scratch")
    [ -z "$edited" ] && return 0
    sed 's/^/# edited: /' <<<"$edited"
    return 1
}

test_an_edited_file_is_caught() {
    echo '# abacus' >>"$scratch/Makefile"
    edited_files "$scratch" >"$place/out"
    says out ' M Makefile'
}

run_tests
