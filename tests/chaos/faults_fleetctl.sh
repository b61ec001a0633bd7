# Sourced by run: faults that hit the operator's tool in its work, while the fleet is under load.
# shellcheck shell=bash
# shellcheck disable=SC2154 # $place, $list, ... are run's

mapfile -t migration_points < <(points_in ops/fleetctl/migrate.c)
mapfile -t letter_points < <(points_in ops/fleetctl/dlq_*.c ops/fleetctl/parked_*.c)

# sql STATEMENT: what the operator sees.
sql() {
    psql --no-psqlrc --quiet --tuples-only --no-align --set=ON_ERROR_STOP=1 "$DATABASE_URL" --command "$1"
}

# is_one_of WORD WORD...: is the first among the others? To the end: who writes to a pipe that nobody
# reads any more fails, and the pipe with it.
is_one_of() {
    local wanted=$1
    shift
    printf '%s\n' "$@" | grep -x -- "$wanted" >/dev/null
}

# ---- migrations ---------------------------------------------------------------------------------------
# Each time there is one more migration of a module of its own. It also changes the busiest table, so
# that it waits for the lanes and they for it.
write_migration() {
    local folder=$place/migrations/scratch
    mkdir -p "$folder"
    {
        [ "$1" -gt 1 ] || echo 'create schema scratch; create table scratch.steps (number int4 not null);'
        echo "insert into scratch.steps values ($1);"
        echo "alter table tally.counters add column step_$1 int4;"
        [ "$1" -eq 1 ] || echo "alter table tally.counters drop column step_$(($1 - 1));"
    } >"$folder/$(printf %04d "$1")_step.sql"
}

# How often the database has the step in its tables, and how often in its list of migrations.
step_stands() {
    [ "$(sql "select to_regclass('scratch.steps') is not null")" = t ] || { echo '0 0' && return; }
    sql "select (select count(*) from scratch.steps where number = $1), ' ',
        (select count(*) from platform.migrations where module = 'scratch' and number = $1)" | tr -d '|' |
        tr -s ' '
}

# Killed at the point it has left all or nothing; the next run completes it, and it is there once.
migrate_at() {
    local point=$1 number code=0 wanted='0 0'
    number=$(($(find "$place/migrations/scratch" -name '*.sql' 2>/dev/null | wc -l) + 1))
    write_migration "$number"
    tried=$((tried + 1))
    is_one_of "$point" after-migration before-passwords && wanted='1 1'
    CRASH_AT=$point migrate || code=$?
    echo "$(now_ms) migration $number ends with $code at $point"
    if [ "$code" -eq 137 ]; then
        reached=$((reached + 1))
        [ "$(step_stands "$number")" = "$wanted" ] ||
            breach "migration $number stands $(step_stands "$number") times after $point, not $wanted"
    fi
    pause 0 1500
    migrate || breach "migration $number does not go through after $point"
    [ "$(step_stands "$number")" = '1 1' ] ||
        breach "migration $number was killed at $point and stands $(step_stands "$number") times"
}

# ---- dead letters -------------------------------------------------------------------------------------
# Letters are commands of the load on counters that nothing else counts on, so nothing else is held up
# where the table refuses them for a while: they die, or are parked.
prepare_letters() {
    local point
    for point in "${letter_points[@]}"; do
        case ,$list, in *",crash-$point,"*) ;; *) continue ;; esac
        export IDPMC_CULPRIT_KEYS=1000 # so many at once are a fault of the table elsewhere, and stop a lane
        sql "create table tally.refused (state text);
            grant select on tally.refused to idpmc_tally;
            create function tally.refuse() returns trigger language plpgsql as \$\$
            declare why text; begin
                select r.state into why from tally.refused r limit 1;
                if found then raise exception 'refused for a while' using errcode = why; end if;
                return new;
            end \$\$;
            grant execute on function tally.refuse() to idpmc_tally;
            create trigger refuse before insert or update on tally.counters
                for each row when (new.counter::text like '$letter_counters%') execute function tally.refuse()"
        return 0
    done
}
letter_counters=$(sed -n 's/^#define LETTER_COUNTERS "\(.*\)"$/\1/p' "$here/chaos.h")

refuse_letters() {
    sql "insert into tally.refused values ('$1')"
    echo "$(now_ms) letters are refused with $1"
}

accept_letters() {
    sql 'delete from tally.refused'
    echo "$(now_ms) letters are accepted"
}

# letters_of TABLE: the keys of letters there, of dead ones those that are open.
letters_of() {
    local open=''
    [ "$1" != dead ] || open='and resolved is null'
    sql "select distinct convert_from(key, 'UTF8') from tally.$1
        where convert_from(key, 'UTF8') like '%/$letter_counters%' $open order by 1"
}

wait_for_letters() {
    local end=$((SECONDS + 15))
    until [ -n "$(letters_of "$1")" ]; do
        [ "$SECONDS" -lt "$end" ] || return 1
        sleep 0.2
    done
    pause 500 2500
}

# It ends with 1 where it left letters whose key has gone on; the judge knows which may be left.
redrive() {
    local code=0
    "$BIN/fleetctl" dlq redrive --module tally --cause culprit --rate 50 --max-replays 1000 --by chaos || code=$?
    echo "$(now_ms) dlq redrive ends with $code"
    return "$code"
}

redrive_again() {
    local code=0
    redrive || code=$?
    [ "$code" -le 1 ] || breach "dlq redrive fails with $code"
}

redrive_at() {
    local code=0
    refuse_letters 23514
    wait_for_letters dead || echo "$(now_ms) no letter has died"
    accept_letters
    tried=$((tried + 1))
    chance 1 2
    CRASH_AT=$1:$echo_chance redrive || code=$?
    [ "$code" -ne 137 ] || reached=$((reached + 1))
    pause 0 1000
    redrive_again
}

# Parked letters are discarded one key after another: the first try of each is killed.
discard_at() {
    local keys=() key code
    refuse_letters 55P03
    wait_for_letters parked || echo "$(now_ms) no letter is parked"
    mapfile -t keys < <(letters_of parked | head -n 3)
    for key in "${keys[@]}"; do
        tried=$((tried + 1)) code=0
        CRASH_AT=$1 discard "$key" || code=$?
        [ "$code" -ne 137 ] || reached=$((reached + 1))
        letters_of parked | grep -xF "$key" >/dev/null || breach "key $key is not parked any more after $1"
        pause 0 500
        discard "$key" || breach "parked discard fails with $?"
    done
    accept_letters
}

discard() {
    "$BIN/fleetctl" parked discard --module tally --key "$1" --yes --by chaos
}

letters_at() {
    case $1 in
    discard*) discard_at "$1" ;;
    *) redrive_at "$1" ;;
    esac
}

# Whatever died late is redriven too: the judge asks for each letter.
end_letters() {
    sleep 2
    redrive_again >>"$place/faults" 2>&1
}
