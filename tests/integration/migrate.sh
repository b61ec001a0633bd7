#!/bin/bash
# fleetctl migrate on scratch databases of the server that DATABASE_URL names, with folders of
# migrations made here: the order, what is refused, what a failure leaves, and two at once.
set -u
cd "$(dirname "$(realpath "$0")")/../.." || exit
. tests/support/waiting.sh

fleetctl=$(realpath -m "${BIN:-bin}")/fleetctl
server=$DATABASE_URL
scratch=migrate_$$
place=$(mktemp -d)
files=$place/migrations
unset IDPMC_DATABASE_URL

url_of() {
    sed -E "s#^(postgres(ql)?://[^/]*)/[^?]*#\1/$1#" <<<"$server"
}

sql() {
    psql "$DATABASE_URL" --no-psqlrc --quiet --tuples-only --no-align --command="$1"
}

finish() {
    DATABASE_URL=$server
    sql "drop database if exists $scratch with (force)"
    sql "drop role if exists idpmc_orchard; drop role if exists operator_$$"
    rm -rf "$place"
} 2>/dev/null
trap finish EXIT

# An empty database and, of the project's migrations, the platform's.
begin() {
    DATABASE_URL=$server
    sql "drop database if exists $scratch with (force)" 2>/dev/null
    sql "create database $scratch"
    DATABASE_URL=$(url_of "$scratch")
    export DATABASE_URL
    rm -rf "$files"
    mkdir -p "$files"/{core,apples,pears}
    cp -r migrations/platform "$files/"
    write pears 0001_pears "create table public.pears (n int)"
    write apples 0001_apples "create table public.apples (n int)"
    write core 0001_core "create table public.core (n int)"
}

write() {
    echo "$3;" >"$files/$1/$2.sql"
}

migrate() {
    "$fleetctl" migrate --migrations "$files" "$@" >"$place/out" 2>"$place/err"
}

# refused CODE WORDS: the last run's exit code and its one line on standard error.
refused() {
    migrate
    local code=$?
    [ "$code" -eq "$1" ] && [ "$(wc -l <"$place/err")" -eq 1 ] && grep -qF -- "$2" "$place/err" &&
        return 0
    echo "# exit code $code, wanted $1 and: $2"
    sed 's/^/# /' "$place/err"
    return 1
}

is() {
    local got
    got=$(sql "$1")
    [ "$got" = "$2" ] || { echo "# $1: got $got, wanted $2"; return 1; }
}

check() {
    begin
    if "$1"; then echo "ok $1"; else echo "not ok $1"; fi
}

test_platform_comes_first_core_second_the_others_by_name() {
    migrate || return 1
    cut -d / -f 1 "$place/out" | uniq | paste -s -d , |
        grep -qx 'applied platform,applied core,applied apples,applied pears'
}

test_a_second_run_applies_nothing() {
    migrate && migrate && grep -qx 'nothing to apply' "$place/out" &&
        is 'select count(*) from platform.migrations where number = 1' 4
}

test_each_file_is_recorded_with_its_checksum() {
    migrate || return 1
    is "select checksum from platform.migrations where module = 'pears'" \
        "$(sha256sum "$files/pears/0001_pears.sql" | cut -d ' ' -f 1)"
}

test_a_new_file_is_applied_to_an_old_database() {
    migrate || return 1
    write pears 0002_more "alter table public.pears add m int"
    migrate && grep -qx 'applied pears/0002_more.sql' "$place/out" &&
        [ "$(wc -l <"$place/out")" -eq 1 ]
}

test_the_plan_shows_what_would_run_and_changes_nothing() {
    migrate --plan && grep -qx 'would apply pears/0001_pears.sql' "$place/out" &&
        is "select count(*) from pg_namespace where nspname = 'platform'" 0
}

test_a_changed_file_is_refused_and_nothing_is_applied() {
    migrate || return 1
    write apples 0001_apples "create table public.apples (n bigint)"
    write pears 0002_more "alter table public.pears add m int"
    refused 1 "apples/0001_apples.sql: was changed after it was applied" &&
        is "select count(*) from platform.migrations where number = 2 and module = 'pears'" 0
}

test_a_gap_is_refused() {
    write pears 0003_more "select 1"
    refused 2 "pears/0003_more.sql: there is no 0002 before it" &&
        is "select count(*) from pg_namespace where nspname = 'platform'" 0
}

test_a_number_that_is_there_twice_is_refused() {
    write pears 0001_again "select 1"
    refused 2 "have the same number"
}

test_a_bad_file_name_is_refused() {
    local name
    for name in 2_more.sql 0002_More.sql 0002_more.sql.orig 0002.sql 0000_zero.sql; do
        touch "$files/pears/$name"
        refused 2 "pears/$name: a migration is called NNNN_what.sql" || return 1
        rm "$files/pears/$name"
    done
    mkdir "$files/Plums"
    refused 2 "Plums: is no module's name"
}

test_a_file_that_is_no_text_is_refused() {
    printf 'select 1;\0' >"$files/pears/0002_more.sql"
    refused 2 "pears/0002_more.sql: has a NUL byte"
}

test_a_newer_database_is_refused() {
    write pears 0002_more "select 1"
    migrate || return 1
    rm "$files/pears/0002_more.sql"
    refused 1 "the database is newer than these files: it has pears/0002"
}

test_a_module_without_files_is_refused() {
    migrate || return 1
    rm -r "$files/pears"
    refused 1 'the database has module "pears", of which there are no files here'
}

test_a_folder_that_is_not_there_is_refused() {
    rm -r "$files"
    refused 2 "No such file or directory; name the folder with --migrations"
}

test_several_folders_are_one() {
    mkdir "$place/more"
    mv "$files/pears" "$place/more/"
    migrate --migrations "$place/more" && grep -qx 'applied pears/0001_pears.sql' "$place/out"
    local status=$?
    rm -r "$place/more"
    return $status
}

test_a_failing_file_names_its_line_and_leaves_nothing() {
    printf "create table public.left_behind (n int);\n\nselect 'grün'\n  from public.nowhere;\n" \
        >"$files/pears/0002_more.sql"
    refused 1 'pears/0002_more.sql:4: relation "public.nowhere" does not exist (SQLSTATE 42P01)' &&
        is "select to_regclass('public.left_behind') is null" t &&
        is "select to_regclass('public.pears') is not null" t &&
        is "select max(number) from platform.migrations where module = 'pears'" 1
}

test_where_the_server_names_no_place_the_statement_does() {
    printf -- "-- a comment; with 'quotes\ncreate table public.t (n int check (n > 0));\n;\ninsert into public.t\nvalues (0);\n" \
        >"$files/pears/0002_more.sql"
    refused 1 "pears/0002_more.sql:4: "
}

test_a_file_may_not_end_its_transaction() {
    printf 'select 1;\n-- done\ncommit;\n' >"$files/pears/0002_more.sql"
    refused 2 'pears/0002_more.sql:3: "commit": a migration runs in one transaction'
}

test_a_name_without_its_schema_is_refused() {
    write pears 0002_more "create table plums (n int)"
    refused 1 "no schema has been selected to create in"
}

test_two_at_once_apply_each_file_once() {
    local first second
    write pears 0002_slow "select pg_sleep(0.5)"
    "$fleetctl" migrate --migrations "$files" >"$place/one" 2>&1 &
    first=$!
    "$fleetctl" migrate --migrations "$files" >"$place/two" 2>&1 &
    second=$!
    wait $first && wait $second || { cat "$place/one" "$place/two" | sed 's/^/# /'; return 1; }
    grep -hqE "^fleetctl: waiting for another migration of this database to end, for up to 300 s: pid [0-9]+ \\(.+, fleetctl\\)" "$place/one" "$place/two" &&
        [ "$(cat "$place/one" "$place/two" | grep -c '^applied pears/0002_slow.sql$')" -eq 1 ] &&
        [ "$(cat "$place/one" "$place/two" | grep -c '^nothing to apply$')" -eq 1 ]
}

# What somebody reads in a transaction that stays open until let_go, which a program that inherits the
# pipe does not put off.
hold_pears() {
    exec {held}> >(psql "$DATABASE_URL" --no-psqlrc --quiet >/dev/null)
    holder=$!
    echo 'begin; select * from public.pears;' >&"$held"
    wait_for "exists (select from pg_stat_activity where datname = '$scratch' and state = 'idle in transaction')"
}

let_go() {
    echo 'rollback; select pg_advisory_unlock_all();' >&"$held"
    exec {held}>&-
    wait "$holder"
}

waits="exists (select from pg_stat_activity where datname = '$scratch' and application_name = 'fleetctl'
    and wait_event_type = 'Lock')"

test_a_migration_that_waits_for_a_table_lets_others_through() {
    local pid
    migrate || return 1
    write pears 0002_more "alter table public.pears add m int"
    hold_pears || return 1
    migrate &
    pid=$!
    wait_for "$waits" && [ "$(PGOPTIONS='-c statement_timeout=30s' sql 'select count(*) from public.pears')" = 0 ]
    local answered=$?
    let_go
    wait $pid && [ $answered -eq 0 ] && grep -qx 'applied pears/0002_more.sql' "$place/out" &&
        is "select count(*) from pg_attribute where attrelid = 'public.pears'::regclass and attname = 'm'" 1
}

test_a_table_that_stays_held_is_told_with_who_has_it() {
    migrate || return 1
    write pears 0002_more "create table public.left_behind (n int); alter table public.pears add m int"
    hold_pears || return 1
    local pid
    pid=$(sql "select pid from pg_stat_activity where datname = '$scratch' and state = 'idle in transaction'")
    migrate --tries 2
    local code=$?
    let_go
    [ $code -eq 75 ] && [ "$(wc -l <"$place/err")" -eq 2 ] &&
        grep -qE "pears/0002_more.sql: others hold a lock that it needs: try 1 of 2; in a transaction for [0-9]+ s: pid $pid \\(.*, psql\\)" "$place/err" &&
        grep -qE "try 2 of 2; .*pid $pid .*; nothing of it was applied" "$place/err" &&
        is "select to_regclass('public.left_behind') is null" t || { sed 's/^/# /' "$place/err"; return 1; }
    migrate && grep -qx 'applied pears/0002_more.sql' "$place/out"
}

# Somebody has the lock that one migration has at a time, until let_go.
hold_lock() {
    hold_pears || return 1
    echo "select pg_advisory_lock(hashtextextended('idpmc.migrate', 0));" >&"$held"
    wait_for "exists (select from pg_locks where locktype = 'advisory' and granted)"
}

test_a_migration_that_does_not_end_is_told_and_not_waited_for_without_bound() {
    local pid begun
    migrate || return 1
    write pears 0002_more "create table public.more (n int)"
    hold_lock || return 1
    pid=$(sql "select pid from pg_locks where locktype = 'advisory' and granted")
    begun=$SECONDS
    migrate --wait 2
    local code=$?
    [ $code -eq 75 ] && [ $((SECONDS - begun)) -le 30 ] && [ "$(wc -l <"$place/err")" -eq 2 ] &&
        grep -qE "^fleetctl: waiting for another migration of this database to end, for up to 2 s: pid $pid \\(.+, psql\\).*, connected for [0-9]+ s$" "$place/err" &&
        grep -qE "^fleetctl: another migration did not end within 2 s: pid $pid .*; nothing was applied; let it end, or end it \\(select pg_terminate_backend\\($pid\\)\\), and migrate again$" "$place/err" &&
        is "select to_regclass('public.more') is null" t
    local told=$?
    let_go
    [ $told -eq 0 ] || { echo "# exit code $code"; sed 's/^/# /' "$place/err"; return 1; }
    migrate && grep -qx 'applied pears/0002_more.sql' "$place/out"
}

# What the wait for the lock was bounded by does not bound what the file does afterwards.
test_a_migration_that_ends_in_time_is_followed() {
    local pid
    migrate || return 1
    write pears 0002_more "select pg_sleep(2); create table public.more (n int)"
    hold_lock || return 1
    "$fleetctl" migrate --wait 60 --migrations "$files" >"$place/out" 2>"$place/err" &
    pid=$!
    wait_for "exists (select from pg_locks where locktype = 'advisory' and not granted)"
    local waited=$?
    let_go
    wait $pid && [ $waited -eq 0 ] && [ "$(wc -l <"$place/err")" -eq 1 ] &&
        grep -qx 'applied pears/0002_more.sql' "$place/out"
}

# killed WAITS: a migration that is killed while it waits so leaves nothing that goes on waiting.
killed() {
    "$fleetctl" migrate --migrations "$files" >"$place/out" 2>"$place/err" &
    wait_for "$1" || return 1
    kill -9 $!
    wait $! 2>/dev/null
    wait_for "not exists (select from pg_stat_activity where datname = '$scratch' and application_name = 'fleetctl')"
}

# kill -9 tells the server nothing: it looks for its client by itself, also where no time bounds the wait.
test_a_killed_migration_waits_for_nothing() {
    local gone
    migrate || return 1
    write pears 0002_more "alter table public.pears add m int"
    hold_pears || return 1
    killed "$waits" &&
        echo "select pg_advisory_lock(hashtextextended('idpmc.migrate', 0));" >&"$held" &&
        wait_for "exists (select from pg_locks where locktype = 'advisory' and granted)" &&
        killed "exists (select from pg_locks where locktype = 'advisory' and not granted)"
    gone=$?
    let_go
    return $gone
}

test_a_role_gets_the_password_of_its_url() {
    local worker host
    host=$(sed -E 's#^[^/]*//([^@/]*@)?([^/]*)/.*#\2#' <<<"$DATABASE_URL")
    worker="postgresql://idpmc_orchard:a%20secret@$host/$scratch"
    mkdir "$files/orchard"
    write orchard 0001_orchard "select platform.create_module('orchard')"
    IDPMC_ORCHARD_DATABASE_URL=$worker migrate || return 1
    [ "$(psql "$worker" -XAtc 'select current_user')" = idpmc_orchard ] &&
        is "select rolpassword like 'SCRAM-SHA-256%' from pg_authid where rolname = 'idpmc_orchard'" t
}

test_a_url_of_another_role_is_refused() {
    mkdir "$files/orchard"
    write orchard 0001_orchard "select platform.create_module('orchard')"
    export IDPMC_ORCHARD_DATABASE_URL="postgresql://idpmc_mc:x@127.0.0.1/x"
    refused 2 "IDPMC_ORCHARD_DATABASE_URL must log in as idpmc_orchard"
    local status=$?
    unset IDPMC_ORCHARD_DATABASE_URL
    return $status
}

# A role that an earlier operator made would not be this one's to alter: the module has a name of its own.
test_an_operator_need_not_be_superuser() {
    sql "drop database $scratch" 2>/dev/null
    DATABASE_URL=$server
    sql "create role operator_$$ login createrole password 'operator';
         grant idpmc_worker, idpmc_ingress, idpmc_api_owner, idpmc_core to operator_$$ with admin option"
    sql "drop database if exists $scratch"
    sql "create database $scratch owner operator_$$"
    DATABASE_URL=$(sed -E "s#//([^@/]*@)?#//operator_$$:operator@#" <<<"$(url_of "$scratch")")
    mkdir "$files/meadow"
    write meadow 0001_meadow "select platform.create_module('meadow');
        create table meadow.trees (tenant uuid primary key);
        select platform.tenant_table('meadow.trees');
        create view meadow_api.trees as select tenant from meadow.trees;
        select platform.api_view('meadow_api.trees')"
    rm -r "$files"/{core,apples,pears}
    migrate || { sed 's/^/# /' "$place/err"; return 1; }
    is "select relowner::regrole from pg_class where oid = 'meadow_api.trees'::regclass" \
        idpmc_api_owner
}

test_a_database_that_stays_away_is_told_from_a_mistake() {
    DATABASE_URL=postgresql://127.0.0.1:1/nothing refused 75 "cannot connect to the database" &&
        DATABASE_URL=$(url_of no_such_database) refused 1 'database "no_such_database" does not exist' &&
        DATABASE_URL='' refused 2 "which database? Set IDPMC_DATABASE_URL"
}

test_a_url_may_stand_in_a_file() {
    echo "$DATABASE_URL" >"$place/url"
    DATABASE_URL='' IDPMC_DATABASE_URL_FILE=$place/url migrate --plan || return 1
    DATABASE_URL='' IDPMC_DATABASE_URL_FILE=$place/nowhere \
        refused 2 "IDPMC_DATABASE_URL_FILE: $place/nowhere: No such file" &&
        DATABASE_URL='' IDPMC_DATABASE_URL_FILE=/dev/null refused 2 "/dev/null: is empty" &&
        DATABASE_URL_FILE=$place/url refused 2 "DATABASE_URL and DATABASE_URL_FILE are both set"
}

# Each file is in the database whole or not at all, and the next run goes on where the killed one was.
test_a_kill_at_any_step_leaves_what_the_next_run_completes() {
    local point code last
    last=$(($(find migrations/platform -name '*.sql' | wc -l) + 3)) # ours
    for point in {before,in,after}-migration:{1,2,"$last"} before-passwords; do
        begin
        CRASH_AT=$point migrate
        code=$?
        [ "$code" -eq 137 ] || { echo "# $point: exit code $code"; return 1; }
        is "select count(*) from platform.migrations where module in ('apples', 'pears')
            and to_regclass('public.' || module) is null" 0 2>/dev/null || return 1
        migrate || { echo "# after $point:"; sed 's/^/# /' "$place/err"; return 1; }
        is "select count(*) from platform.migrations" "$last" &&
            is "select count(*) from public.apples, public.pears, public.core" 0 || return 1
    done
}

test_wrong_usage_is_told() {
    migrate --planned
    [ $? -eq 2 ] && grep -q '^usage: ' "$place/err" || return 1
    migrate surplus
    [ $? -eq 2 ] && grep -q 'takes no argument "surplus"' "$place/err" || return 1
    migrate --tries 0
    [ $? -eq 2 ] && grep -q -- '--tries: "0" is not a number from 1 to' "$place/err" || return 1
    migrate --wait 5m
    [ $? -eq 2 ] && grep -q -- '--wait: "5m" is not a number from 1 to' "$place/err" || return 1
    "$fleetctl" migrations 2>"$place/err"
    [ $? -eq 2 ] && grep -q 'there is no command "migrations"' "$place/err"
}

declare -F | awk '$3 ~ /^test_/ {print $3}' >"$place/tests"
echo "1..$(wc -l <"$place/tests")"
while read -r test; do
    check "$test"
done <"$place/tests"
