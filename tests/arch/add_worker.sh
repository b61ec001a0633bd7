#!/bin/bash
# A worker is added by adding folders, a message by adding files and two rows. The commands of the
# guide are run, word by word, in a copy of the tree; afterwards git must see added files only, and the
# new worker must be a program.
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

# in_scratch COMMAND...: as somebody in a shell of their own.
in_scratch() {
    (
        cd "$scratch" || exit 1
        unset MAKEFLAGS MAKELEVEL MFLAGS BIN
        set -e
        "$@"
    )
}

run_guide() {
    eval "$(guide_commands)"
}

follow_guide() {
    in_scratch run_guide
}

edited_files() {
    git -C "$1" status --porcelain --untracked-files=all | grep -v '^?? '
}

make_scratch

test_the_guide_makes_a_worker() {
    [ "$(guide_commands | wc -l)" -ge 3 ] || { echo "# $guide has no commands"; return 1; }
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

test_its_test_says_what_to_fill_in() {
    tell 2 in_scratch make unit ONLY=workers/abacus || return 1
    says out "abacus.move-bead decides nothing yet: fill in contracts/abacus/move-bead.yaml" &&
        says out "ok     1  build/tests/unit/workers/abacus/test_worker"
}

test_a_message_of_a_worker_that_is_there_adds_rows() {
    git -C "$scratch" checkout --quiet Makefile
    tell 0 in_scratch make new-message MODULE=mc NAME=praise-player || return 1
    edited_files "$scratch" >"$place/out"
    says out ' M workers/mc/worker.c' && says out ' M workers/mc/handlers/handlers.h' &&
        [ "$(wc -l <"$place/out")" -eq 2 ] && tell 0 in_scratch make build/workers/mc.o
}

test_what_is_there_is_never_written_over() {
    git -C "$scratch" stash --quiet --include-untracked && git -C "$scratch" stash apply --quiet
    tell 2 in_scratch make new-worker NAME=abacus && says err 'workers/abacus is there already' &&
        tell 2 in_scratch make new-message MODULE=abacus NAME=move-bead &&
        says err 'move-bead.yaml is there already' &&
        git -C "$scratch" diff --quiet 'stash@{0}' -- workers
}

test_bad_names_are_refused_with_a_sentence() {
    local bad
    for bad in '' Abacus 1st a my-worker my_worker ../abacus averyveryverylongname1 'a b'; do
        tell 2 in_scratch make new-worker NAME="$bad" && says err 'is no name of a worker' || return 1
    done
    for bad in mc ingress user; do
        tell 2 in_scratch make new-worker NAME=$bad || return 1
    done
    for bad in '' Praise praise praise_player praise-Player -praise ../praise-it praise--it; do
        tell 2 in_scratch make new-message MODULE=mc NAME="$bad" &&
            says err 'is no name of a command' || return 1
    done
    tell 2 in_scratch make new-message MODULE=nobody NAME=praise-player && says err 'those with handlers are:'
}

run_tests
