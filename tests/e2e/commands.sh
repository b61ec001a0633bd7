#!/bin/bash
# Every command through the ingress, every event that follows, and how outcomes are told.
. "$(dirname "$(realpath "$0")")/../support/arrangement.sh"

prepare() {
    prepare_club
}

test_an_organization_is_founded_and_told() {
    local user club=''
    user=$(new_id)
    post core.create-organization '{"name":"Harbour FC","zone":"Pacific/Auckland","kind":"club"}'
    wants 200 && has '.status == "applied" and (.decided_at | endswith("Z"))' &&
        has '.type == "core.create-organization.v1"' &&
        tells core.organization-created ".[0].value == {\"admin\": \"$user\", \"kind\": \"club\"}"
}

test_members_come_change_and_go() {
    local user=$admin_user member
    member=$(new_id)
    post core.add-member "{\"member\":\"$member\",\"roles\":[\"player\",\"coach\"]}"
    wants 200 && tells core.member-added ".[0].value.roles == [\"player\", \"coach\"]" || return 1
    post core.change-roles "{\"member\":\"$member\",\"roles\":[\"player\"]}"
    wants 200 && tells core.roles-changed ".[0].value.roles == [\"player\"]" || return 1
    post mc.define-habit "$(habit_of "$member" "$(new_id)")"
    wants 200 || return 1
    post core.remove-member "{\"member\":\"$member\"}"
    wants 200 && tells core.member-removed ".[0].value.member == \"$member\"" &&
        tells mc.habit-retired ".[0].value.player == \"$member\""
}

test_teams_are_made_and_filled() {
    local user=$admin_user new_team
    new_team=$(new_id)
    post core.create-team "{\"team\":\"$new_team\",\"name\":\"Boys 13\"}"
    wants 200 && tells core.team-created ".[0].value == {\"team\": \"$new_team\"}" || return 1
    post core.assign-to-team "{\"team\":\"$new_team\",\"member\":\"$player\",\"as\":\"player\"}"
    wants 200 && tells core.team-assigned ".[0].value.as == \"player\""
}

test_a_habit_goes_to_a_whole_team() {
    local user=$coach new_habit
    new_habit=$(new_id)
    post mc.assign-habit "{\"team\":\"$team\",\"habit\":\"$new_habit\",\"title\":\"Stretch\",
        \"weekdays\":[\"monday\"],\"weight\":1,\"from\":\"$(today)\"}"
    wants 200 && tells mc.habit-assigned '.[0].value.players == 1' &&
        tells mc.habit-defined ".[0].value.player == \"$player\""
}

test_a_habit_begins_is_checked_and_ends() {
    local user player new_habit
    user=$(new_id) new_habit=$(new_id)
    player=$user
    user=$admin_user add_member "$player" player || return 1
    post mc.define-habit "$(habit_of "$player" "$new_habit")"
    wants 200 && tells mc.habit-defined ".[0].value.habit == \"$new_habit\" and
        (.[0].value | has(\"title\") | not)" || return 1
    post mc.record-check "$(check_of "$player" "$new_habit")"
    wants 200 && tells mc.check-recorded '.[0].value | .score == 100 and .weight_done == 3 and
        .weight_due == 3 and .done' || return 1
    post mc.record-check "$(check_of "$player" "$new_habit" "$(today)" false)"
    wants 200 && tells mc.check-recorded '.[0].value | .score == 0 and (.done | not)' || return 1
    post mc.retire-habit "{\"player\":\"$player\",\"habit\":\"$new_habit\",\"day\":\"$(today)\"}"
    wants 200 && tells mc.habit-retired ".[0].value.day == \"$(today)\""
}

day_is_closed() {
    [ "$(sql "select closed from mc.days where tenant = '$club' and player = '$player'
        and day = '$1'")" = t ]
}

# The days of the habit that `prepare` made, three of which are over.
test_days_that_are_over_are_closed_and_scored_anew() {
    local user=$player day
    day=$(today yesterday)
    soon 40 day_is_closed "$day" || return 1
    read_topic idpmc.mc.events | jq -e -s "[.[] | select(.headers.ce_type == \"mc.day-closed.v1\" and
        .value.player == \"$player\") | .value.day] | sort == [\"$(today '-3 days')\",
        \"$(today '-2 days')\", \"$day\"]" >/dev/null || return 1
    post mc.record-check "$(check_of "$player" "$habit" "$day")"
    wants 200 && tells mc.check-recorded && tells mc.day-rescored ".[0].value | .day == \"$day\" and
        .score == 100"
}

test_a_week_is_a_grid() {
    local user=$coach
    get "/v1/mc/players/$player/weeks/$(this_week)"
    wants 200 && has ".player == \"$player\" and .week == \"$(this_week)\" and (.days | length == 7)" &&
        has ".habits[] | select(.habit == \"$habit\") | (.days | length == 7) and .weight == 3 and
            all(.days[]; IN(\"done\", \"missed\", \"open\", \"not_due\"))" || return 1
    get "/v1/mc/players/$player/weeks/$(this_week)" --header "If-None-Match: $(head_field ETag)"
    wants 304
}

# ---- outcomes ------------------------------------------------------------------------------------
test_accepted_is_told_with_an_address_where_the_outcome_appears() {
    local user=$player address
    send mc.record-check "$(check_of "$player" "$habit")"
    wants 202 && has '.status == "accepted" and .type == "mc.record-check.v1"' || return 1
    address=$(head_field Location)
    has ".outcome == \"$address\"" && soon 20 outcome_is "$address" applied &&
        has ".id == \"$id\" and .type == \"mc.record-check.v1\" and (.decided_at | length > 0)"
}

# outcome_is ADDRESS STATUS
outcome_is() {
    get "$1"
    wants 200 && has ".status == \"$2\""
}

test_a_rejection_is_a_problem_and_an_outcome() {
    local user=$player address
    post mc.record-check "$(check_of "$player" "$habit" "$(today tomorrow)")"
    wants 409 day_in_future '#/day' && has '(.id | length == 36)' || return 1
    address=$(jq -r .outcome "$place/answer")
    outcome_is "$address" rejected && has '.code == "day_in_future" and .pointer == "#/day"'
}

test_what_the_roles_do_not_allow_is_forbidden() {
    local user=$player
    post core.add-member "{\"member\":\"$(new_id)\",\"roles\":[\"player\"]}"
    wants 403 forbidden && outcome_is "$(jq -r .outcome "$place/answer")" rejected &&
        has '.code == "forbidden"'
}

test_an_outcome_is_told_to_its_sender_alone() {
    local user=$player address
    post mc.record-check "$(check_of "$player" "$habit")"
    address=$(jq -r .outcome "$place/answer")
    user=$coach
    get "$address"
    wants 404 unknown_outcome || return 1
    user=$player
    get "${address%?????}AAAAA"
    wants 404 unknown_outcome || return 1
    get "/v1/outcomes/x"
    wants 404 unknown_outcome
}

test_the_same_key_and_body_are_one_command() {
    local user=$player first
    post mc.record-check "$(check_of "$player" "$habit" "$(today '-2 days')")" \
        --header 'Idempotency-Key: "twice"'
    wants 200 || return 1
    first=$id
    base=$second_ingress post mc.record-check "$(check_of "$player" "$habit" "$(today '-2 days')")" \
        --header 'Idempotency-Key: twice'
    wants 200 && [ "$id" = "$first" ] && tells mc.check-recorded 'length == 1' &&
        [ "$(sql "select count(*) from mc.inbox where tenant = '$club' and id = '$id'")" = 1 ]
}

test_the_same_key_with_another_body_is_refused() {
    local user=$player
    post mc.record-check "$(check_of "$player" "$habit")" --header 'Idempotency-Key: again'
    wants 200 || return 1
    post mc.record-check "$(check_of "$player" "$habit" "$(today)" false)" \
        --header 'Idempotency-Key: again'
    wants 422 idempotency_key_reused
}

test_who_waited_reads_the_write_on_another_ingress() {
    local user=$player turn said cell
    for turn in 1 2 3 4 5 6; do
        said=$([ $((turn % 2)) -eq 0 ] && echo true || echo false)
        cell=$([ "$said" = true ] && echo 'done' || echo open)
        post mc.record-check "$(check_of "$player" "$habit" "$(today)" "$said")"
        wants 200 || return 1
        base=$second_ingress get "/v1/mc/players/$player/weeks/$(this_week)"
        wants 200 && has ".habits[] | select(.habit == \"$habit\") |
            .days[$(($(TZ=$zone date +%u) - 1))] == \"$cell\"" || return 1
    done
}

test_a_trace_goes_through_to_the_event() {
    local user=$player trace
    trace=$(od -An -v -tx1 -N 16 /dev/urandom | tr -d ' \n')
    post mc.record-check "$(check_of "$player" "$habit" "$(today '-1 days')" false)" \
        --header "traceparent: 00-$trace-00f067aa0ba902b7-01"
    wants 200 && tells mc.check-recorded ".[0].headers | .traceparent | startswith(\"00-$trace-\")"
}

run_in_both
