# Sourced by the tests of drains, in place of arrangement.sh: programs are children of the script,
# so that it learns how they ended.
# shellcheck shell=bash
export IDPMC_KAFKA_SESSION_MS=6000 IDPMC_QUOTA_SUBJECT_PER_S=0 IDPMC_QUOTA_TENANT_PER_S=0
. "$(dirname "${BASH_SOURCE[0]}")/arrangement.sh"

launch() {
    local pidfile=$1 log=$2 pid
    shift 2
    setsid "$@" </dev/null >>"$log" 2>&1 &
    pid=$!
    echo "$pid $(start_time "$pid")" >"$pidfile"
}

prepare() {
    prepare_club && user=$player && good=$(check_of "$player" "$habit")
}

# load: checks, 100 at a time, for as long as somebody answers; the answers go to $place/accepted.
load() {
    exec curl --silent --no-buffer --no-progress-meter --parallel --parallel-immediate \
        --parallel-max 100 --max-time 30 --header "Authorization: Bearer $(<"$place/token.$player")" \
        --header "X-Organization-ID: $club" --header 'Content-Type: application/json' \
        --data "$good" "$ingress/v1/commands/mc.record-check?[1-1000000]" \
        >"$place/accepted" 2>/dev/null
}

accepted() {
    grep -o '"id":"[^"]*","type":"[^"]*","status":"accepted"' "$place/accepted" | cut -d '"' -f 4
}

enough_accepted() {
    [ "$(accepted | wc -l)" -ge 100 ]
}

# begin_load: returns when some were accepted, and more are on their way.
begin_load() {
    cached_token "$player" >/dev/null
    : >"$place/accepted"
    load &
    loader=$!
    soon 20 enough_accepted
}

# drain_parts: asks all processes at once, under way or not. Leaves how each ended in $codes, and how
# long the slowest took in $took_ms.
drain_parts() {
    local program pids=() pid began
    began=$(now_ms)
    for program in "${started[@]}"; do
        pids+=("$(pid_of "$place/$program.pid")")
    done
    kill -s TERM "${pids[@]}" 2>/dev/null # one may be gone already
    codes=''
    for pid in "${pids[@]}"; do
        wait "$pid"
        codes+="$? "
    done
    took_ms=$(($(now_ms) - began))
    started=()
    kill -s TERM "$loader"
    wait "$loader" || true
}

# ended WANTED MOST_MS: each exit code is one of those, and all were there in time.
ended() {
    [[ $codes =~ ^(($1)\ )+$ ]] && [ "$took_ms" -le "$2" ] && return 0
    echo "# ended with $codes after $took_ms ms; wanted $1 within $2 ms"
    return 1
}

all_decided() {
    [ "$(sql "select count(*) from unnest('{$1}'::uuid[]) a(id)
        where not exists (select from mc.inbox i where i.id = a.id and i.outcome = 0)")" = 0 ]
}

# all_is_kept: with the processes that are started now, each 202 has its outcome.
all_is_kept() {
    local ids
    ids=$(accepted | paste -s -d ,)
    start_arrangement
    soon 40 all_decided "$ids"
}
