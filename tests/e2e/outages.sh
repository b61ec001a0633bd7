#!/bin/bash
# Parts are taken away under load: the cache, the processes, Kafka, PostgreSQL. What was promised
# holds, and nothing is promised that cannot be kept.
. "$(dirname "$(realpath "$0")")/../support/arrangement.sh"

prepare() {
    prepare_club && user=$player
}

server() {
    ops/local/"$1"/server "$2" "$RUN_ROOT" >"$place/server.out" 2>&1 || {
        cat "$place/server.out"
        return 1
    }
}

start_postgres() {
    POSTGRES_PASSWORD=$(sed -E 's#^[^:]*://[^:]*:([^@]*)@.*#\1#' <<<"$DATABASE_URL") \
        server postgres start
}

# A check that says something new, and the week as it is then.
write_and_read() {
    local done=$1 cell=$2
    post mc.record-check "$(check_of "$player" "$habit" "$(today)" "$done")"
    wants 200 || return 1
    get "/v1/mc/players/$player/weeks/$(this_week)"
    wants 200 && has ".habits[] | select(.habit == \"$habit\") |
        .days[$(($(TZ=$zone date +%u) - 1))] == \"$cell\""
}

test_without_redis_everything_works() {
    write_and_read true 'done' && terminate "$RUN_ROOT/redis.pid" KILL 5 &&
        write_and_read false open && write_and_read true 'done' && get /readyz && wants 200 &&
        post core.create-organization '{"name":"x","zone":"UTC","kind":"club"}' && wants 200 ||
        return 1
    server redis start && soon 20 write_and_read false open && write_and_read true 'done'
}

# It waits to hear whether its key came before, which nobody can say, until the time to drain is over.
test_who_waits_when_a_drain_ends_is_answered_too() {
    local address last
    last=$(free_address) address=$(free_address)
    IDPMC_DRAIN_MS=400 IDPMC_HTTP_LISTEN=$last IDPMC_ADMIN_LISTEN=$address launch \
        "$place/last.pid" "$place/last.log" env --unset=IDPMC_DATABASE_URL "$programs/ingress"
    started+=(last)
    wait_ready "$place/last.pid" "$place/last.log" 20 curl --silent --fail "http://$address/readyz" ||
        return 1
    base=http://$last write_and_read true 'done' || return 1
    signal_server STOP redis && signal_server STOP postgres
    (sleep 2 && terminate "$place/last.pid" TERM 10) &
    base=http://$last send mc.record-check "$(check_of "$player" "$habit")" \
        --header 'Idempotency-Key: last'
    signal_server CONT redis && signal_server CONT postgres
    wait $!
    wants 503 unavailable && grep -q 'ingress is drained' "$place/last.log"
}

# ---- kill -9 -------------------------------------------------------------------------------------
# The body of the check of habit $1; each is defined first, so that each check is an effect of its own.
make_habits() {
    local i
    habits=()
    for i in {1..40}; do
        habits+=("$(new_id)")
        send mc.define-habit "$(habit_of "$player" "${habits[-1]}" "$(today '-13 days')")"
        wants 202 || return 1
    done
    soon 40 habits_are_there
}

habits_are_there() {
    [ "$(sql "select count(*) from mc.habits where tenant = '$club' and player = '$player'")" -ge 40 ]
}

# A line for curl's configuration for each check: 40 habits on 14 days.
plan_burst() {
    local habit day token
    token=$(cached_token "$player")
    for day in {0..13}; do
        day=$(today "-$day days")
        for habit in "${habits[@]}"; do
            printf '%s\n' next "url = \"$ingress/v1/commands/mc.record-check\"" \
                "header = \"Authorization: Bearer $token\"" "header = \"X-Organization-ID: $club\"" \
                'header = "Content-Type: application/json"' 'header = "Prefer: wait=10"' \
                "header = \"Idempotency-Key: $day-$habit\"" 'max-time = 20' 'output = "/dev/null"' \
                "data = \"{\\\"player\\\":\\\"$player\\\",\\\"habit\\\":\\\"$habit\\\",\\\"day\\\":\\\"$day\\\",\\\"done\\\":true}\"" \
                "write-out = \"$day-$habit %{http_code}\\n\""
        done
    done >"$place/burst"
}

burst() {
    curl --silent --parallel --parallel-immediate --parallel-max 32 --config "$place/burst" \
        >>"$1" 2>/dev/null
}

count_marks() {
    sql "select sum(bit_count(said::bit(64))) from mc.days where tenant = '$club'
        and player = '$player'"
}

check_events() {
    read_topic idpmc.mc.events | jq -r --arg player "$player" --argjson habits \
        "$(printf '"%s",' "${habits[@]}" | sed 's/,$//; s/.*/[&]/')" '
        select(.headers.ce_type == "mc.check-recorded.v1" and .value.player == $player and
            (.value.habit | IN($habits[]))) | .headers.ce_id' | sort -u | wc -l
}

all_events_are_there() {
    [ "$(check_events)" = 560 ]
}

test_kill_9_in_the_middle_loses_and_doubles_nothing() {
    local marks promised before
    make_habits && plan_burst || return 1
    before=$(count_marks)
    : >"$place/first"
    burst "$place/first" &
    until [ "$(grep -c ' 20[02]$' "$place/first")" -ge 100 ]; do
        sleep 0.01
    done
    kill_parts
    wait $!
    promised=$(grep -c ' 20[02]$' "$place/first")
    [ "$promised" -lt 560 ] || { echo "# the burst was over before the kill"; return 1; }
    echo "# note: $arrangement: killed after $promised of 560 answers"
    start_parts
    : >"$place/second"
    burst "$place/second"
    [ "$(grep -c ' 200$' "$place/second")" = 560 ] || {
        cut -d ' ' -f 2 "$place/second" | sort | uniq -c | sed 's/^/# /'
        return 1
    }
    marks=$(($(count_marks) - ${before:-0}))
    [ "$marks" = 560 ] || { echo "# $marks marks"; return 1; }
    soon 40 all_events_are_there
}

# ---- Kafka and PostgreSQL --------------------------------------------------------------------------
# A batch is told for each of its commands that it is not known; sent again it is known.
test_while_kafka_hangs_each_command_of_a_batch_is_unknown() {
    local pid key items
    key=hung-$(new_id) pid=$(pid_of "$RUN_ROOT/kafka.pid")
    items="$(printf '{"type":"mc.record-check","body":%s}' \
        "$(check_of "$player" "$habit" "$(today '-1 days')")")"
    batch() {
        request POST /v1/batches --header 'Content-Type: application/json' \
            --header "Idempotency-Key: $key" --header 'Prefer: wait=10' \
            --data "{\"commands\":[$items,$items,{\"type\":\"mc.no-such\",\"body\":{}}]}"
    }
    kill -s STOP "$pid"
    batch
    kill -s CONT "$pid"
    wants 207 && [ "$(head_field Retry-After)" -ge 1 ] &&
        has '[.results[] | .status, .code] == [503, "unavailable", 503, "unavailable",
            404, "unknown_type"]' || return 1
    taken_again() {
        batch
        wants 207 && has '[.results[].status] == [200, 200, 404]'
    }
    soon 20 taken_again
}

# Not taken in a time that a client waits for, and never a 202.
test_while_kafka_hangs_nothing_is_promised() {
    local began before key pid
    key=hung-$(new_id) pid=$(pid_of "$RUN_ROOT/kafka.pid")
    before=$(now_ms)
    kill -s STOP "$pid"
    send mc.record-check "$(check_of "$player" "$habit" "$(today '-1 days')")" \
        --header "Idempotency-Key: $key"
    kill -s CONT "$pid"
    began=$(($(now_ms) - before))
    wants 503 unavailable && [ "$(head_field Retry-After)" -ge 1 ] && [ "$began" -lt 10000 ] ||
        { echo "# after $began ms"; return 1; }
    taken_again() {
        post mc.record-check "$(check_of "$player" "$habit" "$(today '-1 days')")" \
            --header "Idempotency-Key: $key"
        wants 200
    }
    soon 20 taken_again && [ "$(sql "select count(*) from mc.inbox where tenant = '$club'
        and id = '$id'")" = 1 ]
}

test_while_postgres_is_away_nothing_is_promised_that_is_not_kept() {
    local began
    server postgres stop || return 1
    sleep 2.5
    began=$(now_ms)
    send mc.record-check "$(check_of "$player" "$habit" "$(today '-2 days')")"
    began=$(($(now_ms) - began))
    start_postgres || return 1
    wants 503 unavailable && [ "$(head_field Retry-After)" -ge 1 ] && [ "$began" -lt 10000 ] ||
        { echo "# after $began ms"; return 1; }
    works_again() {
        post mc.record-check "$(check_of "$player" "$habit" "$(today '-2 days')")"
        wants 200
    }
    soon 20 works_again
}

run_in_both
