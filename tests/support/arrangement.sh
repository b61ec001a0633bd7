# Sourced by the end-to-end tests. Each of their tests runs in every arrangement of the fleet: with
# everything in one process and with each part in its own, beside a second ingress. How these are
# started says programs.sh, or the file that PARTS names. A script calls run_in_both at its end;
# `prepare` is its own, and runs in each arrangement before the tests.
# shellcheck shell=bash
. "$(dirname "${BASH_SOURCE[0]}")/script_tests.sh"
name=e2e
. ops/local/common.sh
set +e +o pipefail

programs=$PWD/${BIN:-bin}
case ${BIN:-} in /*) programs=$BIN fleetctl=$BIN/fleetctl ;; esac
# Where no day ends before the script has: what today is, is asked again and again.
zone=Europe/Oslo
case $(TZ=$zone date +%H) in 22 | 23) zone=America/New_York ;; esac
ingress=http://$IDPMC_HTTP_LISTEN
admin=http://$IDPMC_ADMIN_LISTEN
. "${PARTS:-tests/support/programs.sh}"

finish() {
    stop_arrangement KILL
    rm -rf "$place"
}
trap finish EXIT

run_in_both() {
    local tests test
    mapfile -t tests < <(sed -n 's/^\(test_[a-z0-9_]*\)() {$/\1/p' "$self")
    echo "1..$((${#arrangements[@]} * ${#tests[@]}))"
    migrate || return
    for arrangement in "${arrangements[@]}"; do
        start_arrangement
        if ! prepare; then
            echo "# $arrangement: what the tests need could not be made"
            stop_arrangement KILL
            continue
        fi
        for test in "${tests[@]}"; do
            if "$test"; then echo "ok $arrangement: $test"; else echo "not ok $arrangement: $test"; fi
        done
        stop_arrangement TERM
    done
}

# ---- requests ------------------------------------------------------------------------------------
new_id() {
    cat /proc/sys/kernel/random/uuid
}

token_of() {
    "$fleetctl" token --user "$1"
}

# request METHOD PATH [OPTION OF CURL]...: as $user for $club unless they are empty. Leaves $status,
# $answer, and the head in $place/head.
request() {
    local method=$1 path=$2
    shift 2
    : >"$place/answer"
    : >"$place/head"
    status=$(curl --silent --max-time 20 --request "$method" --output "$place/answer" \
        --dump-header "$place/head" --write-out '%{http_code}' \
        ${user:+--header "Authorization: Bearer $(cached_token "$user")"} \
        ${club:+--header "X-Organization-ID: $club"} "$@" "${base:-$ingress}$path")
    answer=$(cat "$place/answer")
}

cached_token() {
    [ -s "$place/token.$1" ] || token_of "$1" >"$place/token.$1"
    cat "$place/token.$1"
}

get() {
    request GET "$@"
}

# post TYPE BODY [OPTION]...: waits for the outcome. `send` does not wait.
post() {
    send "$@" --header 'Prefer: wait=10'
}

send() {
    local type=$1 body=$2
    shift 2
    request POST "/v1/commands/$type" --header 'Content-Type: application/json' --data "$body" "$@"
    id=$(jq -r '.id // empty' "$place/answer" 2>/dev/null)
}

head_field() {
    tr -d '\r' <"$place/head" | sed -n "s/^$1: //Ip" | tail -n 1
}

# wants STATUS [CODE [POINTER]]: of the last request; with a code it must be a problem document, as
# RFC 9457 has it.
wants() {
    if [ "$status" != "$1" ]; then
        echo "# wanted $1, not $status: $answer"
        return 1
    fi
    [ -n "${2:-}" ] || return 0
    [ "$(head_field Content-Type)" = application/problem+json ] &&
        jq -e --arg code "$2" --argjson status "$1" --arg pointer "${3:-}" '
            .code == $code and .type == "/problems/" + $code and .status == $status and
            (.title | length > 0) and (.trace_id | length == 32) and
            (.code == "malformed_request" or (.instance | startswith("/"))) and
            ($pointer == "" or any(.errors[]; .pointer == $pointer))' \
            "$place/answer" >/dev/null && return 0
    echo "# wanted a problem $2 ${3:-}: $(head_field Content-Type) $answer"
    return 1
}

# has FILTER: jq's filter holds for the last answer.
has() {
    jq -e "$1" "$place/answer" >/dev/null && return 0
    echo "# wanted $1 of $answer"
    return 1
}

# soon SECONDS COMMAND...: until it succeeds.
soon() {
    local end=$((SECONDS + $1))
    shift
    until "$@" >"$place/soon" 2>&1; do
        if [ "$SECONDS" -ge "$end" ]; then
            echo "# not in time: $*"
            cat "$place/soon"
            return 1
        fi
        sleep 0.05
    done
}

# ---- topics and database ---------------------------------------------------------------------------
# read_topic NAME: from the start, a message a line as JSON.
read_topic() {
    kcat -C -q -e -X fetch.wait.max.ms=10 -b "$KAFKA_BROKERS" -t "$1" \
        -f "$("$fleetctl" decode --format)" |
        "$fleetctl" decode
}

event_is_there() {
    read_topic "idpmc.${1%%.*}.events" >"$place/events"
    grep -F "\"ce_correlationid\":\"$2\"" "$place/events" | grep -F "\"ce_type\":\"$1.v1\"" \
        >"$place/found"
    jq -e -s "${3:-length == 1}" "$place/found" >/dev/null
}

# tells TYPE [FILTER]: of the command $id, or of what followed from it, there is one event of this
# type, or a list of events of which the filter holds.
tells() {
    soon 20 event_is_there "$1" "$id" "${2:-}" && return 0
    echo "# events of $id:"
    grep -F "$id" "$place/events" | sed 's/^/# /'
    return 1
}

# By its input, for thousands of ids are more than an argument holds.
sql() {
    psql "$DATABASE_URL" --no-psqlrc --quiet --tuples-only --no-align --set=ON_ERROR_STOP=1 <<<"$1"
}

# ---- the club that tests play with -----------------------------------------------------------------
today() {
    TZ=$zone date --date "${1:-today}" +%F
}

this_week() {
    TZ=$zone date +%G-W%V
}

# found_club NAME: by $user; in $club.
found_club() {
    club='' post core.create-organization "{\"name\":\"$1\",\"zone\":\"$zone\",\"kind\":\"club\"}"
    wants 200 && club=$(jq -r .organization "$place/answer")
}

add_member() {
    post core.add-member "{\"member\":\"$1\",\"roles\":[\"$2\"]}"
    wants 200
}

every_day='["monday","tuesday","wednesday","thursday","friday","saturday","sunday"]'

# habit_of PLAYER HABIT [FROM [TITLE]]: the body of mc.define-habit.
habit_of() {
    printf '{"player":"%s","habit":"%s","title":"%s","weekdays":%s,"weight":3,"from":"%s"}' \
        "$1" "$2" "${4:-Ball work}" "$every_day" "${3:-$(today)}"
}

# check_of PLAYER HABIT [DAY [DONE]]: the body of mc.record-check.
check_of() {
    printf '{"player":"%s","habit":"%s","day":"%s","done":%s}' "$1" "$2" "${3:-$(today)}" "${4:-true}"
}

# A club with an OrgAdmin, a coach, a player and the player's habit.
prepare_club() {
    admin_user=$(new_id) coach=$(new_id) player=$(new_id) team=$(new_id) habit=$(new_id)
    user=$admin_user
    found_club 'Fjord IL' && add_member "$coach" coach && add_member "$player" player || return 1
    post core.create-team "{\"team\":\"$team\",\"name\":\"Girls 13\"}"
    wants 200 || return 1
    post core.assign-to-team "{\"team\":\"$team\",\"member\":\"$coach\",\"as\":\"coach\"}"
    wants 200 || return 1
    post core.assign-to-team "{\"team\":\"$team\",\"member\":\"$player\",\"as\":\"player\"}"
    wants 200 || return 1
    user=$player
    post mc.define-habit "$(habit_of "$player" "$habit" "$(today '-3 days')")"
    wants 200
}

# ---- servers that stand still ------------------------------------------------------------------------
# children_of PID. A file at a time: a process that ends meanwhile must not end the list.
children_of() {
    cat /proc/[0-9]*/stat 2>/dev/null | awk -v parent="$1" '{
        number = $1
        sub(/.*\) /, "") # a name may have blanks
        if ($2 == parent) print number
    }'
}

# signal_server SIGNAL kafka|postgres|redis: to its first process, and to those of PostgreSQL that serve.
signal_server() {
    local pid
    pid=$(pid_of "$RUN_ROOT/$2.pid")
    # shellcheck disable=SC2046
    kill -s "$1" "$pid" $(children_of "$pid")
}
