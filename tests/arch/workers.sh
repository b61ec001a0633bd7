#!/bin/bash
# A worker is data and pure functions: its rules see base and ids, its handlers the unit of work, and
# nothing in it sees another worker. SQL stands where everybody looks for it.
. "$(dirname "$(realpath "$0")")/../support/gates.sh"

# Every worker but the ingress, and those that tests have.
worker_sources=('workers/*.[ch]' ':!workers/ingress' 'tests/support/*/*.[ch]')

module_of() {
    case $1 in
    workers/*) cut -d / -f 2 <<<"$1" ;;
    *) cut -d / -f 3 <<<"$1" ;;
    esac
}

is_below_root() {
    [[ $1 != *../../* && $1 != /* ]]
}

# domain/: rules. Its own files, base, and the ids of its module's contracts.
allowed_in_domain() {
    case $2 in
    base/* | "contracts/$1_ids.h") return 0 ;;
    *) [[ $2 != */* ]] ;;
    esac
}

# Handlers and the rest: their module's files, contracts, base, and the worker's interface.
allowed_in_worker() {
    case $2 in
    base/* | contracts/* | runtime/worker.h) return 0 ;;
    ../store.h | ../settings.h | ../domain/* | domain/* | handlers/*) is_below_root "$2" ;;
    *) [[ $2 != */* ]] ;;
    esac
}

foreign_includes() {
    local file name kind
    includes "$1" "${worker_sources[@]}" | grep '"' | while read -r file name; do
        kind=worker
        [[ $file != */domain/* ]] || kind=domain
        name=${name//\"/}
        "allowed_in_$kind" "$(module_of "$file")" "$name" || echo "$file includes \"$name\""
    done
}

# The ingress reaches workers through the table of workers alone.
reaching_ingress() {
    includes "$1" 'workers/ingress/*.[ch]' | grep -E '"(.*\.\./|workers/|contracts/)' |
        sed 's/ / includes /'
}

# Rules and handlers do no input or output: of the C library they need types and memory's compare.
impure_includes() {
    includes "$1" 'workers/*/domain/*.[ch]' 'workers/*/handlers/*.[ch]' |
        grep -E ' <' | grep -vE '<(errno|inttypes|limits|stdbool|stddef|stdint|string)\.h>' |
        sed 's/ / includes /'
}

sql='"[^"]*\b(select |insert into |update [a-z_%@]+\.|delete from |merge into |truncate )'
sql_places=(':!workers/*/store.c' ':!workers/*/queries.c' ':!ops/fleetctl/*'
    ':!shared/runtime/lane_sql.c' ':!shared/runtime/lane_tick.c' ':!shared/runtime/lane_timer.c'
    ':!shared/runtime/uow_load.c' ':!shared/runtime/uow_rights.c' ':!shared/runtime/isolation.c'
    ':!workers/ingress/inbox.c' ':!workers/ingress/members.c' ':!workers/ingress/versions.c'
    ':!workers/ingress/events_rights.c' ':!workers/ingress/wall_clock.c')

stray_sql() {
    tree_files "$1" 'shared/*.[ch]' 'workers/*.[ch]' 'ops/*.[ch]' "${sql_places[@]}" |
        (cd "$1" && xargs -r grep -nHEi "$sql")
}

test_workers_include_nothing_but_what_is_theirs() {
    holds foreign_includes
}

test_a_domain_that_sees_more_than_its_ids_is_caught() {
    catches foreign_includes workers/mc/domain/day.c '#include "contracts/mc.h"' &&
        catches foreign_includes workers/mc/domain/day.c '#include "../store.h"' &&
        catches foreign_includes workers/core/domain/membership.h '#include "runtime/worker.h"'
}

test_a_handler_that_sees_the_machine_is_caught() {
    catches foreign_includes workers/mc/handlers/close_day.c '#include "pg/pg.h"' &&
        catches foreign_includes workers/mc/handlers/close_day.c '#include "runtime/uow.h"'
}

test_a_worker_that_includes_another_is_caught() {
    catches foreign_includes workers/mc/store.c '#include "../core/store.h"' &&
        catches foreign_includes workers/mc/handlers/close_day.c '#include "../../core/store.h"' &&
        catches foreign_includes workers/mc/store.c '#include "domain/../../core/store.h"'
}

test_the_ingress_includes_no_worker_and_no_contract() {
    holds reaching_ingress
}

test_an_ingress_that_knows_a_worker_is_caught() {
    catches reaching_ingress workers/ingress/queries.c '#include "../mc/store.h"' &&
        catches reaching_ingress workers/ingress/commands.c '#include "contracts/mc.h"'
}

test_rules_and_handlers_do_no_input_or_output() {
    holds impure_includes
}

test_a_handler_with_a_clock_of_its_own_is_caught() {
    catches impure_includes workers/mc/handlers/close_day.c '#include <time.h>' &&
        catches impure_includes workers/mc/domain/day.c '#include <stdio.h>'
}

test_sql_stands_in_its_places_only() {
    holds stray_sql
}

test_sql_elsewhere_is_caught() {
    catches stray_sql workers/mc/handlers/close_day.c 'char *x = "select 1 from mc.days";' &&
        catches stray_sql shared/runtime/lane.c 'char *x = "delete from core.members";' &&
        catches stray_sql workers/core/domain/membership.c 'char *x = "UPDATE core.members set a=1";'
}

run_tests
