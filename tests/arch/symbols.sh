#!/bin/bash
# What the linker sees: a worker's object exports its descriptor and nothing else; nobody names a
# worker; and what only tests have is in no released program.
. "$(dirname "$(realpath "$0")")/../support/gates.sh"

# Takes a folder of workers' objects.
extra_symbols() {
    local object name wanted
    for object in "$1"/*.o; do
        name=$(basename "$object" .o)
        wanted="worker_$name"
        [ "$name" != ingress ] || wanted='ingress_[a-z_]+'
        nm --extern-only --defined-only "$object" | awk '{print $3}' | grep -vxE "$wanted" |
            sed "s|^|$object exports |"
        nm --extern-only --defined-only "$object" | awk '{print $3}' | grep -qxE "$wanted" ||
            echo "$object does not export $wanted"
    done
}

module_names() {
    tree_files "$1" 'workers/*/worker.c' 'tests/support/*/worker.c' |
        awk -F / '{print $(NF - 1)}' | paste -s -d '|'
}

# A file without its comments.
code_of() {
    case $1 in
    *.[ch]) gcc -fpreprocessed -dD -E -P "$1" 2>/dev/null ;;
    *) sed 's/#.*//' "$1" ;;
    esac
}

# Rights are read from core_api, and core keeps the list of tenants: both are the architecture's.
without_known() {
    case $1 in
    shared/runtime/uow_rights.c) sed 's/core_api//g' ;;
    shared/runtime/isolation.c) sed "s/\$1 = 'core' and n.nspname = 'platform'//" ;;
    *) cat ;;
    esac
}

# Files that have such a word at all are looked at without their comments.
named_workers() {
    local root=$1 file word
    word="(^|[^a-zA-Z])($(module_names "$root"))([^a-zA-Z]|$)"
    tree_files "$root" Makefile 'shared/*' | (cd "$root" && xargs -r grep -lE "$word") |
        while read -r file; do
            code_of "$root/$file" | grep -v '<openssl/' | without_known "$file" |
                grep -E "$word" | sed "s|^|$file: |"
        done
}

# Takes a folder of programs.
parts_of_tests() {
    local program name
    for program in "$1"/*; do
        for name in tests/support/*/worker.c; do
            name=$(basename "$(dirname "$name")")
            ! grep -qa "$name" "$program" || echo "$program contains $name"
        done
    done
}

objects() {
    ls "$build"/workers/*.o >/dev/null 2>&1 || echo "there are no objects in $build/workers"
    extra_symbols "$build/workers"
}

programs() {
    ls "$bin"/worker-* >/dev/null 2>&1 || echo "there are no programs in $bin"
    parts_of_tests "$bin"
}

test_a_worker_exports_one_symbol() {
    holds objects
}

test_a_second_symbol_is_caught() {
    mkdir -p "$place/objects"
    echo 'int worker_mc; int mc_habit_save;' | gcc -x c -c - -o "$place/objects/mc.o"
    echo 'int ingress_start; int worker_core;' | gcc -x c -c - -o "$place/objects/ingress.o"
    echo 'int worker_mc;' | gcc -x c -c - -o "$place/objects/core.o"
    extra_symbols "$place/objects" >"$place/out"
    says out "mc.o exports mc_habit_save" && says out "ingress.o exports worker_core" &&
        says out "core.o exports worker_mc" && says out "core.o does not export worker_core"
}

test_no_worker_is_named_outside_its_folders() {
    holds named_workers
}

test_a_named_worker_is_caught() {
    catches named_workers Makefile 'bin/worker-mc: build/workers/mc.o' &&
        catches named_workers shared/runtime/lane.c 'extern const struct worker worker_core;' &&
        catches named_workers shared/runtime/uow_rights.c 'char *x = "from core.members";' &&
        catches named_workers shared/config/config_setting.c 'char *x = "IDPMC_TALLY"; int tally;'
}

test_no_released_program_contains_what_only_tests_have() {
    holds programs
}

test_a_program_with_a_worker_of_the_tests_is_caught() {
    mkdir -p "$place/programs"
    echo 'const char worker_tally[] = "x";' | gcc -x c -c - -o "$place/programs/fleet"
    parts_of_tests "$place/programs" >"$place/out"
    says out "programs/fleet contains tally"
}

run_tests
