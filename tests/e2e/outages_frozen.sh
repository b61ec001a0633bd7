#!/bin/bash
# A part is frozen under load for longer than every deadline: its connections stay, and nothing
# answers. Every request is answered in its time, health is told, and afterwards all goes on by
# itself: each command that was accepted has its outcome.
#
# In one arrangement only: what is asked here is the ingress, which is the same in all of them.
. "$(dirname "$(realpath "$0")")/../support/arrangement.sh"
arrangements=("${arrangements[0]}")

prepare() {
    prepare_club && user=$player && good=$(check_of "$player" "$habit")
}

# load: three clients at a time send commands and queries, until $place/loading is gone. A line for
# each answer: seconds, status, Retry-After, and a command's id.
load_until_told() {
    local n
    : >"$place/loading"
    for n in 1 2 3; do
        while [ -e "$place/loading" ]; do
            curl --silent --max-time 20 --output "$place/answer.$n" --dump-header "$place/head.$n" \
                --write-out 'command %{time_total} %{http_code} ' --header "Authorization: Bearer $(<"$place/token.$player")" \
                --header "X-Organization-ID: $club" --header 'Content-Type: application/json' \
                --data "$good" "$ingress/v1/commands/mc.record-check"
            printf '%s %s\n' "$(tr -d '\r' <"$place/head.$n" | sed -n 's/^Retry-After: /retry=/Ip')" \
                "$(jq -r '.id // empty' "$place/answer.$n" 2>/dev/null)"
            curl --silent --max-time 20 --output /dev/null --header "Authorization: Bearer $(<"$place/token.$player")" \
                --write-out 'query %{time_total} %{http_code}\n' --header "X-Organization-ID: $club" \
                "$ingress/v1/mc/players/$player/weeks/$(this_week)"
        done >>"$place/answers.$n" &
        clients+=($!)
    done
}

# watch_health: until $place/loading is gone, what the two say, a line at a time.
watch_health() {
    local ready
    while [ -e "$place/loading" ]; do
        curl --silent --max-time 5 --output /dev/null --write-out 'healthz %{http_code}\n' "$ingress/healthz"
        curl --silent --max-time 5 --output /dev/null --write-out 'healthz %{http_code}\n' "$admin/healthz"
        ready=$(curl --silent --max-time 5 --output "$place/readiness" --write-out '%{http_code}' "$ingress/readyz")
        printf 'readyz %s %s\n' "$ready" "$(tr -d '\n' <"$place/readiness")"
        sleep 0.3
    done >>"$place/health" &
    clients+=($!)
}

all_decided() {
    [ "$(sql "select count(*) from unnest('{$1}'::uuid[]) a(id)
        where not exists (select from mc.inbox i where i.id = a.id and i.outcome = 0)")" = 0 ]
}

works() {
    post mc.record-check "$good" && wants 200 && get "/v1/mc/players/$player/weeks/$(this_week)" &&
        wants 200 && get /readyz && wants 200
}

# Answers in time, with a 503 that says when to come again where there is no good one.
answers_are_bounded() {
    cat "$place"/answers.* >"$place/answers"
    awk '$2 > 12 || ($3 != 200 && $3 != 202 && $3 != 503) ||
            ($1 == "command" && $3 == 503 && $4 !~ /^retry=[1-9]/) {bad++; if (bad < 6) print "# " $0}
        END {exit bad > 0}' "$place/answers"
}

# frozen PART SECONDS: leaves answers and health of the time.
frozen() {
    local part=$1 seconds=$2 ids
    clients=()
    rm -f "$place"/answers* "$place/health"
    cached_token "$player" >/dev/null
    load_until_told && watch_health
    sleep 1
    signal_server STOP "$part"
    sleep "$seconds"
    cp "$place/health" "$place/health.frozen"
    signal_server CONT "$part"
    soon 30 works || { rm "$place/loading"; wait "${clients[@]}"; return 1; }
    sleep 1
    rm "$place/loading"
    wait "${clients[@]}"
    answers_are_bounded || return 1
    ! grep -v ' 200$' "$place/health" | grep healthz || return 1
    ids=$(awk '$1 == "command" && $3 == 202 {print $NF}' "$place/answers")
    [ -n "$ids" ] || { echo "# nothing was accepted at all"; return 1; }
    echo "# note: $arrangement: beside a frozen $part the slowest of $(wc -l <"$place/answers") answers took $(
        awk '$2 > most {most = $2} END {print most}' "$place/answers") s; $(
        grep -c ' 503 ' "$place/answers") were 503"
    soon 40 all_decided "${ids//$'\n'/,}"
}

# was_not_ready WHAT: at the end of the frozen time.
was_not_ready() {
    grep '^readyz' "$place/health.frozen" | tail -n 1 | grep "^readyz 503 .*$1" >/dev/null && return 0
    echo "# readiness was, at the end:"
    tail -n 3 "$place/health.frozen" | sed 's/^/# /'
    return 1
}

# The deadlines of the edge are 5 s.
test_beside_a_frozen_kafka_every_request_is_answered_in_its_time() {
    frozen kafka 12 && was_not_ready kafka
}

test_beside_a_frozen_postgres_every_request_is_answered_in_its_time() {
    frozen postgres 12 && was_not_ready postgresql
}

# at_once COUNT: so many commands at the same time. A line for each: seconds and status.
at_once() {
    curl --silent --no-progress-meter --parallel --parallel-immediate --parallel-max "$1" \
        --max-time 20 --output /dev/null --write-out '%{time_total} %{http_code}\n' \
        --header "Authorization: Bearer $(<"$place/token.$player")" --data "$good" \
        --header "X-Organization-ID: $club" --header 'Content-Type: application/json' \
        "$ingress/v1/commands/mc.record-check?[1-$1]" 2>/dev/null
}

# The deadline of a command is 5 s; who is told at once does not come near it.
test_while_kafka_is_frozen_a_few_find_out_and_the_others_are_told_at_once() {
    local result
    cached_token "$player" >/dev/null
    signal_server STOP kafka
    at_once 60 >"$place/first"
    at_once 60 >"$place/second"
    get "/v1/mc/players/$player/weeks/$(this_week)" && wants 200 && get /healthz && wants 200
    result=$?
    signal_server CONT kafka
    soon 30 works || return 1
    [ "$result" = 0 ] && [ "$(grep -c ' 503$' "$place/first")" = 60 ] &&
        [ "$(grep -c ' 503$' "$place/second")" = 60 ] &&
        [ "$(awk '$1 >= 4.5' "$place/second" | wc -l)" -le 16 ] && return 0
    sort -n "$place/second" | sed 's/^/# /' | tail -n 20
    return 1
}

# It is a cache: nobody is refused for it, and the ingress stays ready.
test_beside_a_frozen_redis_all_goes_on() {
    frozen redis 5 && ! grep -E ' 503( |$)' "$place/answers" && ! grep '^readyz 503' "$place/health.frozen"
}

run_in_both
