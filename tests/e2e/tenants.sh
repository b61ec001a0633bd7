#!/bin/bash
# One organization never sees or changes another's: by HTTP, by the topics, by the cache.
. "$(dirname "$(realpath "$0")")/../support/arrangement.sh"

# Two clubs that share a player; each club's habit of the player has an id of its own.
prepare() {
    prepare_club || return 1
    home=$club home_habit=$habit
    stranger=$(new_id) other_habit=$(new_id) sensor=sensor-$(new_id) revoked=revoked-$(new_id)
    user=$stranger
    found_club 'Harbour FC' && add_member "$player" player || return 1
    other=$club
    user=$player
    post mc.define-habit "$(habit_of "$player" "$other_habit" "$(today)" 'Only here')"
    wants 200 || return 1
    add_producer "$sensor" && add_producer "$revoked" &&
        tell 0 "$fleetctl" producer revoke --id "$revoked" || return 1
    producer_since=$SECONDS
    club=$home
}

add_producer() {
    tell 0 "$fleetctl" producer add --id "$1" --tenant "$home" --type mc.record-check.v1 &&
        grep -hoE '[0-9a-f]{64}' "$place/out" >"$place/$1.secret"
}

week() {
    get "/v1/mc/players/${1:-$player}/weeks/$(this_week)"
}

marks_of() {
    sql "select coalesce(sum(bit_count(said::bit(64))), 0) from mc.days where tenant = '$1'"
}

test_the_same_player_has_another_week_in_each_club() {
    local user=$player turn
    for turn in 'not from a cache' 'perhaps from one'; do
        club=$home week && wants 200 &&
            has "[.habits[].habit] | index(\"$home_habit\") and (index(\"$other_habit\") | not)" &&
            club=$other week && wants 200 &&
            has "[.habits[].habit] == [\"$other_habit\"]" || { echo "# $turn"; return 1; }
    done
}

test_keys_of_the_cache_begin_with_the_tenant() {
    local keys
    keys=$(redis-cli -u "$REDIS_URL" --scan) || return 1
    grep -q "^idpmc1:$home:" <<<"$keys" && grep -q "^idpmc1:$other:" <<<"$keys" &&
        ! grep -vE '^idpmc1:[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}:' <<<"$keys"
}

test_a_week_of_another_club_is_not_told() {
    local user=$stranger
    club=$home week
    wants 403 forbidden || return 1
    club=$other week "$(new_id)"
    [ "$status" = 200 ] && has '.habits == []'
}

test_a_command_to_another_club_is_refused() {
    local user=$coach before
    before=$(marks_of "$other")
    club=$other post mc.record-check "$(check_of "$player" "$other_habit")"
    wants 403 not_a_member && [ "$(marks_of "$other")" = "$before" ]
}

test_a_club_that_does_not_exist_looks_like_one_that_is_not_yours() {
    local user=$player club
    club=$(new_id)
    post mc.record-check "$(check_of "$player" "$home_habit")"
    wants 403 not_a_member
}

test_ids_of_another_club_in_a_body_mean_nothing() {
    local user=$stranger club=$other
    post mc.assign-habit "{\"team\":\"$team\",\"habit\":\"$(new_id)\",\"title\":\"x\",
        \"weekdays\":[\"monday\"],\"weight\":1,\"from\":\"$(today)\"}"
    wants 409 unknown_team '#/team' || return 1
    post core.remove-member "{\"member\":\"$coach\"}"
    wants 409 unknown_member '#/member' || return 1
    post mc.record-check "$(check_of "$player" "$home_habit")"
    wants 409 unknown_habit '#/habit' || return 1
    post mc.define-habit "$(habit_of "$coach" "$(new_id)")"
    wants 409 not_a_player '#/player'
}

test_an_outcome_of_another_club_is_told_to_nobody_there() {
    local user=$player address
    post mc.record-check "$(check_of "$player" "$home_habit")"
    wants 200 || return 1
    address=$(jq -r .outcome "$place/answer")
    user=$stranger club=$other get "$address"
    wants 404 unknown_outcome
}

# signed TENANT BODY [OPTION]...: published by the producer; its id is $id.
signed() {
    local tenant=$1 body=$2
    shift 2
    id=$(new_id)
    "$fleetctl" sign --key "$sensor" --secret-file "$place/$sensor.secret" --tenant "$tenant" \
        --type mc.record-check.v1 --body "$body" --id "$id" "$@" | sh
}

dead_letter() {
    read_topic idpmc.mc.dlq | grep -F "\"ce_id\":\"$id\"" >"$place/found"
    jq -e -s "length == 1 and (.[0].headers | .dl_cause == \"$1\" and .dl_topic == \"idpmc.mc.commands\")" \
        "$place/found"
}

# Workers look for new credentials every ten seconds.
test_a_producer_speaks_for_its_own_club() {
    while [ $((SECONDS - producer_since)) -lt 11 ]; do
        sleep 0.2
    done
    signed "$home" "$(check_of "$player" "$home_habit" "$(today '-2 days')")"
    tells mc.check-recorded ".[0].headers.ce_tenant == \"$home\""
}

test_a_producer_cannot_speak_for_another_club() {
    local before
    before=$(marks_of "$other")
    signed "$other" "$(check_of "$player" "$other_habit")"
    soon 20 dead_letter wrong_proof && [ "$(marks_of "$other")" = "$before" ] &&
        [ "$(sql "select count(*) from mc.inbox where id = '$id'")" = 0 ]
}

# The key's tenant, its header and the MAC must be one: a line that names another club in one place.
test_a_tenant_that_is_swapped_after_signing_is_a_dead_letter() {
    local line before
    before=$(marks_of "$other")
    id=$(new_id)
    line=$("$fleetctl" sign --key "$sensor" --secret-file "$place/$sensor.secret" --tenant "$home" \
        --type mc.record-check.v1 --body "$(check_of "$player" "$other_habit")" --id "$id")
    sh <<<"${line//$home/$other}"
    soon 20 dead_letter wrong_proof && [ "$(marks_of "$other")" = "$before" ]
}

test_a_revoked_producer_is_refused() {
    local sensor=$revoked before
    before=$(marks_of "$home")
    signed "$home" "$(check_of "$player" "$home_habit" "$(today '-1 days')")"
    soon 20 dead_letter wrong_proof && jq -e '.headers.dl_detail | contains("revoked")' \
        "$place/found" >/dev/null && [ "$(marks_of "$home")" = "$before" ]
}

run_in_both
