#!/bin/bash
# What the live stream does at its bounds, and while Kafka or PostgreSQL is away. In one arrangement:
# the others do not differ in it.
. "$(dirname "$(realpath "$0")")/../support/arrangement.sh"
. tests/support/listening.sh
arrangements=("${arrangements[0]}")

server() {
    ops/local/"$1"/server "$2" "$RUN_ROOT" >"$place/server.out" 2>&1 || {
        cat "$place/server.out"
        return 1
    }
}

test_a_stream_outlives_a_restart_of_kafka() {
    local user=$player
    listen long || return 1
    server kafka stop && server kafka start || return 1
    taken() {
        post mc.record-check "$(check_of "$player" "$habit" "$(today '-1 days')")" \
            --header 'Idempotency-Key: after-kafka'
        wants 200
    }
    soon 20 taken && heard long "any(.correlationid == \"$id\")" &&
        listens long || return 1
    hush long
}

start_postgres() {
    POSTGRES_PASSWORD=$(sed -E 's#^[^:]*://[^:]*:([^@]*)@.*#\1#' <<<"$DATABASE_URL") \
        server postgres start
}

test_while_postgres_is_away_streams_go_on_and_nobody_new_is_let_in() {
    local user=$player status
    listen steady || return 1
    server postgres stop || return 1
    user=$coach get /v1/events --max-time 8
    start_postgres || return 1
    wants 503 unavailable && [ "$(head_field Retry-After)" -ge 1 ] || return 1
    taken() {
        post mc.record-check "$(check_of "$player" "$habit" "$(today '-2 days')")" \
            --header 'Idempotency-Key: after-postgres'
        wants 200
    }
    soon 20 taken && heard steady "any(.correlationid == \"$id\")" &&
        listens steady || return 1
    hush steady
}

# start_small [OPTION OF ENV]...: an ingress of its own with small bounds.
start_small() {
    small=$(free_address) small_admin=$(free_address)
    IDPMC_EVENTS_REPLAY_S=2 IDPMC_EVENTS_STREAMS=3 IDPMC_EVENTS_STREAMS_PER_USER=2 \
        IDPMC_HTTP_LISTEN=$small IDPMC_ADMIN_LISTEN=$small_admin launch "$place/small.pid" \
        "$place/small.log" env --unset=IDPMC_DATABASE_URL "$@" "$programs/ingress"
    started+=(small)
    wait_ready "$place/small.pid" "$place/small.log" 20 \
        curl --silent --fail "http://$small_admin/readyz"
}

test_bounds_are_told() {
    local user=$player base cursor
    start_small && base=http://$small || return 1
    listen one && listen two || return 1
    get /v1/events && wants 429 too_many_streams && [ "$(head_field Retry-After)" -ge 1 ] || return 1
    user=$loner listen three || return 1
    user=$coach get /v1/events && wants 503 overloaded && [ "$(head_field Retry-After)" -ge 1 ] ||
        return 1
    cursor=$(last_id one)
    hush one two
    post mc.define-habit "$(habit_of "$player" "$(new_id)")" && wants 200 || return 1
    soon 15 replay_is_gone || return 1
    "$fleetctl" token --user "$player" --ttl 5s >"$place/token.$player"
    listen short
    rm "$place/token.$player"
    soon 20 ended short token_expired || return 1
    terminate "$place/small.pid" TERM 10 && soon 20 ended three shutting_down
}

test_what_new_keys_sign_is_told_after_a_hangup() {
    local user=$player first
    (umask 077 && echo "IDPMC_FLEET_KEYS=former:$(random_hex 32)" >"$place/keys")
    start_small --unset=IDPMC_FLEET_KEYS IDPMC_CONFIG_FILE="$place/keys" &&
        base=http://$small listen rotated || return 1
    post mc.record-check "$(check_of "$player" "$habit" "$(today '-1 days')" false)" && wants 200 &&
        first=$id && soon 20 grep -q 'is not shown' "$place/small.log" || return 1
    echo "IDPMC_FLEET_KEYS=$IDPMC_FLEET_KEYS" >"$place/keys"
    kill -HUP "$(pid_of "$place/small.pid")"
    soon 20 grep -q 'changed: IDPMC_FLEET_KEYS' "$place/small.log" &&
        post mc.record-check "$(check_of "$player" "$habit" "$(today '-1 days')")" && wants 200 &&
        heard rotated "any(.correlationid == \"$id\") and all(.correlationid != \"$first\")" ||
        return 1
    hush rotated
    terminate "$place/small.pid" TERM 10
}

replay_is_gone() {
    get /v1/events --header "Last-Event-ID: $cursor" --max-time 1
    wants 410 replay_too_old
}

# ---- who does not keep up ------------------------------------------------------------------------
# 6,000 checks, each of which says something new: some 5 MB of stream, more than sockets hold.
flood() {
    local i
    for i in true false; do
        check_of "$player" "$habit" "$(today)" "$i"
    done | jq -c -s '{commands: [range(250) as $i | .[] | {type: "mc.record-check", body: .}]}' \
        >"$place/batch"
    for i in {1..12}; do
        request POST /v1/batches --header 'Content-Type: application/json' --data "@$place/batch"
        wants 202 || return 1
    done
}

flooded() {
    [ "$(told "$1" | jq -r .id | sort -u | wc -l)" = 6000 ] && [ "$(told "$1" | wc -l)" = 6000 ]
}

is_dropped() {
    curl --silent "http://$small_admin/metrics" |
        grep -qxF 'idpmc_event_stream_drops_total{reason="slow"} 1'
}

test_who_takes_nothing_is_dropped_and_holds_nobody_up() {
    local user=$player base query='?type=mc.check-recorded'
    start_small && base=http://$small || return 1
    post mc.record-check "$(check_of "$player" "$habit" "$(today)" false)" && wants 200 || return 1
    listen frozen && listen keen || return 1
    kill -s STOP "${listeners[frozen]}"
    flood || return 1
    soon 30 flooded keen && soon 20 is_dropped || {
        echo "# told $(told keen | wc -l)"
        curl --silent "http://$small_admin/metrics" | grep event_stream | sed 's/^/# /'
        return 1
    }
    kill -s CONT "${listeners[frozen]}"
    hush frozen keen
    terminate "$place/small.pid" TERM 10
}

run_in_both
