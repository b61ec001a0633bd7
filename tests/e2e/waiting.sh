#!/bin/bash
# Many who wait at once, what did not change meanwhile, and a stop in the middle of it.
. "$(dirname "$(realpath "$0")")/../support/arrangement.sh"

prepare() {
    prepare_club && good=$(check_of "$player" "$habit") && user=$player
}

# checks COUNT [LINE OF CURL'S CONFIG]...: so many commands of the player for curl, 300 at a time.
checks() {
    local count=$1 i
    shift
    for ((i = 0; i < count; i++)); do
        printf 'next\nurl = "%s/v1/commands/mc.record-check"\n' "$ingress"
        printf 'header = "Authorization: Bearer %s"\n' "$(<"$place/token.$player")"
        printf 'header = "X-Organization-ID: %s"\nheader = "Content-Type: application/json"\n' "$club"
        printf 'data = "%s"\nmax-time = 30\n' "${good//\"/\\\"}"
        printf '%s\n' "$@"
    done >"$place/checks"
    curl --silent --no-progress-meter --parallel --parallel-immediate --parallel-max 300 \
        --config "$place/checks" 2>/dev/null
}

threads_of_ingress() {
    ls "/proc/$(cut -d ' ' -f 1 "$place/${started[0]}.pid")/task" | wc -l
}

test_many_wait_at_once_and_there_is_no_thread_for_each() {
    local before
    get "/v1/mc/players/$player/weeks/$(this_week)" && wants 200 || return 1
    before=$(threads_of_ingress)
    checks 300 'header = "Prefer: wait=20"' 'output = "/dev/null"' 'write-out = "%{http_code}\n"' \
        >"$place/statuses"
    [ "$(grep -cx 200 "$place/statuses")" = 300 ] && [ "$(threads_of_ingress)" -le $((before + 4)) ] &&
        return 0
    echo "# $before threads before, $(threads_of_ingress) now; answers:"
    sort "$place/statuses" | uniq -c | sed 's/^/# /'
    return 1
}

# The days before today are closed one after another, and a week says which are.
days_are_closed() {
    [ "$(sql "select closed_through from mc.players where tenant = '$club'
        and player = '$player'")" = "$(today yesterday)" ]
}

test_an_answer_that_did_not_change_is_not_sent_again() {
    local etag
    soon 40 days_are_closed || return 1
    get "/v1/mc/players/$player/weeks/$(this_week)"
    wants 200 || return 1
    etag=$(head_field ETag)
    get "/v1/mc/players/$player/weeks/$(this_week)" --header "If-None-Match: $etag"
    wants 304 && [ "$(head_field ETag)" = "$etag" ] && [ -z "$answer" ] || return 1
    get "/v1/mc/players/$player/weeks/$(this_week)" --header 'If-None-Match: "another"'
    wants 200
}

test_what_was_accepted_before_a_stop_is_applied_after_it() {
    local ids
    : >"$place/accepted" # at once: it holds the other arrangement's
    checks 1500 >>"$place/accepted" &
    soon 20 grep -q accepted "$place/accepted" || return 1
    stop_arrangement TERM
    wait
    start_arrangement
    ids=$(grep -o '"id":"[^"]*","type":"[^"]*","status":"accepted"' "$place/accepted" | cut -d '"' -f 4)
    [ -n "$ids" ] || { echo "# nothing was accepted before the stop:"; head -c 500 "$place/accepted"; return 1; }
    soon 40 all_decided "${ids//$'\n'/,}"
}

all_decided() {
    [ "$(sql "select count(*) from unnest('{$1}'::uuid[]) a(id)
        where not exists (select from mc.inbox i where i.id = a.id and i.outcome = 0)")" = 0 ]
}

run_in_both
