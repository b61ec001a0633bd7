#!/bin/bash
# How much users and organizations may send, by two ingresses that count together, and each for
# itself while Redis is away.
export IDPMC_QUOTA_SUBJECT_PER_S=1 IDPMC_QUOTA_SUBJECT_BURST=40
export IDPMC_QUOTA_TENANT_PER_S=1 IDPMC_QUOTA_TENANT_BURST=150
. "$(dirname "$(realpath "$0")")/../support/arrangement.sh"

prepare() {
    prepare_club
}

# found_team COUNT: a club of its own with so many players, who have all that they may send.
found_team() {
    local i
    club='' user=$(new_id) members=()
    found_club 'Quota IL' || return 1
    for ((i = 0; i < $1; i++)); do
        members+=("$(new_id)")
        add_member "${members[-1]}" player || return 1
    done
}

# send_checks COUNT USER [BASE]...: at once, to these in turn; they are rejected later, for there is no
# such habit. Leaves the statuses in $place/statuses.
send_checks() {
    local count=$1 sender=$2 i body
    shift 2
    [ $# -gt 0 ] || set -- "$ingress"
    body=$(check_of "$sender" "$habit")
    cached_token "$sender" >/dev/null
    for ((i = 1; i <= count; i++)); do
        printf 'next\nurl = "%s/v1/commands/mc.record-check"\n' "$1"
        set -- "${@:2}" "$1"
        printf 'header = "Authorization: Bearer %s"\n' "$(<"$place/token.$sender")"
        printf 'header = "X-Organization-ID: %s"\nheader = "Content-Type: application/json"\n' "$club"
        printf 'data = "%s"\nmax-time = 30\noutput = "/dev/null"\nwrite-out = "%%{http_code}\\n"\n' \
            "${body//\"/\\\"}"
    done >"$place/checks"
    curl --silent --no-progress-meter --config "$place/checks" >"$place/statuses" 2>/dev/null
}

count_of() {
    grep -cx "$1" "$place/statuses"
}

# were_between LEAST MOST: so many of them were taken, and all others met the quota.
were_between() {
    local taken all
    taken=$(count_of 202) all=$(wc -l <"$place/statuses")
    [ "$taken" -ge "$1" ] && [ "$taken" -le "$2" ] && [ $((taken + $(count_of 429))) = "$all" ] &&
        return 0
    echo "# wanted $1 to $2 taken of $all:"
    sort "$place/statuses" | uniq -c | sed 's/^/# /'
    return 1
}

on_topic_of() {
    read_topic idpmc.mc.commands | grep -cF "\"ce_actor\":\"user:$1\""
}

test_who_sends_more_than_the_quota_is_told_so_and_nobody_else() {
    local i
    found_team 2 || return 1
    send_checks 70 "${members[0]}"
    were_between 40 65 && [ "$(on_topic_of "${members[0]}")" = "$(count_of 202)" ] || return 1
    for ((i = 0; i < 400; i++)); do # one comes back each second
        user=${members[0]} send mc.record-check '{'
        [ "$status" != 429 ] || break
    done
    wants 429 quota_exceeded && [ "$(head_field Retry-After)" -ge 1 ] &&
        [ "$(head_field RateLimit-Policy)" = '"user";q=40;w=40' ] &&
        [[ $(head_field RateLimit) =~ ^\"user\"\;r=0\;t=(39|40)$ ]] ||
        { sed 's/^/# /' "$place/head"; return 1; }
    user=${members[1]} send mc.record-check "$(check_of "${members[1]}" "$habit")"
    wants 202 && [ "$(head_field RateLimit-Policy)" = \
        '"user";q=40;w=40, "organization";q=150;w=150' ] && [[ $(head_field RateLimit) =~ ^\"user\"\;r=39\;t=1,\ \"organization\"\;r=[0-9]+\;t=[0-9]+$ ]]
}

test_all_ingresses_count_together() {
    local taken
    found_team 1 || return 1
    send_checks 60 "${members[0]}"
    were_between 40 60 || return 1
    sleep 1.2 # what the first one has not told yet it tells with the next request
    send_checks 60 "${members[0]}" "$ingress" "$second_ingress"
    taken=$(awk 'NR % 2 == 0 && $1 == 202' "$place/statuses" | wc -l)
    [ "$taken" -le 20 ] || { echo "# the second ingress took $taken of 30"; return 1; }
}

test_an_organization_has_a_quota_that_its_members_share() {
    local member i
    found_team 6 || return 1
    for member in "${members[@]}"; do
        send_checks 36 "$member"
    done
    [ "$(count_of 202)" -lt 36 ] || { echo "# all 216 were taken"; return 1; }
    for ((i = 0; i < 400; i++)); do # one comes back each second
        user=${members[5]} send mc.record-check "$(check_of "$user" "$habit")"
        [ "$status" != 429 ] || break
    done
    wants 429 quota_exceeded && has '.detail | startswith("The organization")'
}

# send_batch COUNT: of $user's checks.
send_batch() {
    local item
    item="{\"type\":\"mc.record-check\",\"body\":$(check_of "$user" "$habit")}"
    request POST /v1/batches --header 'Content-Type: application/json' \
        --data "{\"commands\":[$(printf "$item,%.0s" $(seq 2 "$1"))$item]}"
}

test_a_batch_costs_as_much_as_it_has_commands() {
    found_team 1 && user=${members[0]} || return 1
    send_batch 30
    wants 202 && send_batch 30 && wants 429 quota_exceeded && send_batch 2 && wants 202 || return 1
    soon 20 eval "[ \$(on_topic_of $user) = 32 ]"
}

test_what_much_comes_of_costs_as_much() {
    local body
    found_team 1 && user=${members[0]} || return 1
    send_batch 30
    wants 202 || return 1
    body="{\"team\":\"$(new_id)\",\"habit\":\"$(new_id)\",\"title\":\"Run\",\"weekdays\":[\"monday\"],
           \"weight\":1,\"from\":\"$(today)\"}"
    send mc.assign-habit "$body" && wants 429 quota_exceeded &&
        request POST /v1/batches --header 'Content-Type: application/json' \
            --data "{\"commands\":[{\"type\":\"mc.assign-habit\",\"body\":$body}]}" &&
        wants 429 quota_exceeded && send_batch 2 && wants 202
}

# It goes when the bucket is full, which then is in debt: otherwise it never could.
test_a_batch_larger_than_the_burst_goes_once_the_bucket_is_full() {
    found_team 1 && user=${members[0]} || return 1
    send_batch 60
    wants 202 && [[ $(head_field RateLimit) =~ ^\"user\"\;r=0\;t=(59|60), ]] ||
        { sed 's/^/# /' "$place/head"; return 1; }
    send_batch 2
    wants 429 quota_exceeded && soon 20 eval "[ \$(on_topic_of $user) = 60 ]"
}

test_a_malformed_organization_costs_a_token_like_any_request() {
    found_team 1 && user=${members[0]} || return 1
    send_batch 60
    wants 202 || return 1
    club=x request GET /v1/outcomes/x
    wants 429 quota_exceeded && [ "$(head_field RateLimit-Policy)" = '"user";q=40;w=40' ]
}

test_queries_and_outcomes_cost_their_user_only() {
    local i
    found_team 1 && user=${members[0]} || return 1
    for ((i = 0; i < 400; i++)); do # one comes back each second
        get "/v1/mc/players/$user/weeks/$(this_week)"
        [ "$status" = 200 ] || break
    done
    wants 429 quota_exceeded && [ "$i" -ge 40 ] &&
        [ "$(head_field RateLimit-Policy)" = '"user";q=40;w=40' ]
}

test_while_redis_is_away_each_ingress_counts_for_itself() {
    found_team 1 || return 1
    terminate "$RUN_ROOT/redis.pid" KILL 5
    send_checks 60 "${members[0]}"
    were_between 40 58 && send_checks 60 "${members[0]}" "$second_ingress" && were_between 40 58
    local result=$?
    ops/local/redis/server start "$RUN_ROOT" >"$place/server.out" 2>&1 || cat "$place/server.out"
    return "$result"
}

run_in_both
