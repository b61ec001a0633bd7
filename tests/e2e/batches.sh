#!/bin/bash
# Many commands in one request: each with an answer of its own, in order, and none because of another.
. "$(dirname "$(realpath "$0")")/../support/arrangement.sh"

prepare() {
    prepare_club && user=$player && good=$(check_of "$player" "$habit")
}

# batch ITEMS [OPTION]...: the items are JSON, with commas between.
batch() {
    local items=$1
    shift
    printf '{"commands":[%s]}' "$items" >"$place/batch"
    post_batch "$@"
}

post_batch() {
    request POST /v1/batches --header 'Content-Type: application/json' --data "@$place/batch" "$@"
}

# item BODY [TYPE [KEY]]
item() {
    printf '{"type":"%s","body":%s%s}' "${2:-mc.record-check}" "$1" "${3:+,\"key\":\"$3\"}"
}

check_item() {
    item "$(check_of "$player" "$habit" "$(today "$1")" "${2:-true}")" mc.record-check "${3:-}"
}

# Those of the player; the fleet's own ticks come when they like.
commands_on_topic() {
    read_topic idpmc.mc.commands | grep -cF "\"ce_actor\":\"user:$player\""
}

outcomes_are() {
    local address
    for address in $(jq -r '.results[].outcome' "$place/results"); do
        get "$address" && wants 200 && has ".status == \"$1\"" || return 1
    done
}

test_each_command_is_accepted_with_an_outcome_of_its_own() {
    batch "$(check_item '-1 days'),$(check_item '-2 days'),$(check_item '-3 days')"
    wants 202 && has '[.results[] | [.status, .type, .state]] ==
        [range(3) | [202, "mc.record-check.v1", "accepted"]] and
        ([.results[].id] | unique | length == 3)' || return 1
    cp "$place/answer" "$place/results"
    soon 20 outcomes_are applied
}

test_who_waits_is_told_every_outcome() {
    batch "$(check_item '-1 days' false),$(check_item today)" --header 'Prefer: wait=10'
    wants 200 && has '[.results[] | .status, .state] == [200, "applied", 200, "applied"] and
        all(.results[]; .decided_at | length > 0)' || return 1
    batch "$(check_item '-1 days'),$(check_item tomorrow)" --header 'Prefer: wait=10'
    wants 207 && has '[.results[].status] == [200, 409] and (.results[1] |
        .code == "day_in_future" and .type == "/problems/day_in_future" and
        .errors[0].pointer == "#/commands/1/body/day" and (.outcome | startswith("/v1/outcomes/")))'
}

test_a_bad_command_does_not_stop_the_others() {
    local bad="{\"player\":\"$player\",\"habit\":\"$habit\",\"day\":\"today\",\"done\":true,\"x\":1}"
    batch "$(check_item today false),$(item "$bad"),$(item "$good" mc.no-such),$(item "$good" mc.close-day),
        $(item '{"name":"x","zone":"UTC","kind":"club"}' core.create-organization),
        $(item "$good" mc.record-check 'two words'),$(check_item today)"
    wants 207 && has '[.results[].status] == [202, 422, 404, 404, 422, 400, 202]' &&
        has '[.results[].code] == [null, "invalid_body", "unknown_type", "unknown_type",
            "not_in_batch", "malformed_idempotency_key", null]' &&
        has '[.results[1].errors[] | .pointer, .code] == ["#/commands/1/body/day", "not_a_date",
            "#/commands/1/body/x", "unknown_field"] and (.results[1].trace_id | length == 32)'
}

test_what_is_no_batch_is_refused_as_a_whole() {
    local before many
    before=$(commands_on_topic)
    wrong() {
        printf %s "$1" >"$place/batch"
        post_batch && wants "${@:2}"
    }
    wrong '{"commands":[' 400 malformed_json && wrong '' 400 malformed_json &&
        wrong "{\"commands\":[],\"commands\":[]}" 400 malformed_json &&
        wrong '[]' 422 invalid_body '#' && wrong '{}' 422 invalid_body '#/commands' &&
        wrong '{"commands":{}}' 422 invalid_body '#/commands' &&
        wrong '{"commands":[]}' 422 invalid_body '#/commands' &&
        wrong "{\"commands\":[$(item "$good")],\"atomic\":true}" 422 invalid_body '#' &&
        wrong "{\"commands\":[$(item "$good"),7]}" 422 invalid_body '#/commands/1' &&
        wrong "{\"commands\":[$(item "$good"),{}]}" 422 invalid_body '#/commands/1/type' &&
        wrong "{\"commands\":[$(item "$good"),$(item 7)]}" 422 invalid_body '#/commands/1/body' &&
        wrong "{\"commands\":[{\"type\":\"mc.record-check\",\"body\":$good,\"id\":\"x\"}]}" \
            422 invalid_body '#/commands/0' || return 1
    many=$(item "$good")
    many=$(printf "$many,%.0s" {1..501})
    wrong "{\"commands\":[${many%,}]}" 422 too_many_commands || return 1
    printf '{"commands":[%s"%01048600d"]}' "$many" 0 >"$place/batch"
    post_batch && wants 413 body_too_large || return 1
    request POST /v1/batches --header 'Content-Type: text/plain' --data '{}' &&
        wants 415 unsupported_media_type &&
        batch "$(item "$good")" --header 'Idempotency-Key: two words' &&
        wants 400 malformed_idempotency_key &&
        club='' batch "$(item "$good")" && wants 400 organization_malformed &&
        user=$(new_id) batch "$(item "$good")" && wants 403 not_a_member &&
        [ "$(commands_on_topic)" = "$before" ]
}

test_a_batch_can_be_sent_again() {
    local key ids
    key=batch-$(new_id)
    batch "$(check_item '-1 days'),$(check_item '-2 days' true "own-$key")" \
        --header "Idempotency-Key: $key" --header 'Prefer: wait=10'
    wants 200 || return 1
    ids=$(jq -c '[.results[].id]' "$place/answer")
    base=$second_ingress batch "$(check_item '-1 days'),$(check_item '-2 days' true "own-$key")" \
        --header "Idempotency-Key: $key"
    wants 202 && has "[.results[].id] == $ids and all(.results[]; .state == \"applied\")" || return 1
    post mc.record-check "$(check_of "$player" "$habit" "$(today '-1 days')")" \
        --header "Idempotency-Key: $key/0"
    wants 200 && has ".id == (${ids})[0]" || return 1
    batch "$(check_item '-1 days' false),$(check_item '-2 days' true "own-$key")" \
        --header "Idempotency-Key: $key"
    wants 207 && has '[.results[] | .status, .code] == [422, "idempotency_key_reused", 202, null]'
}

test_a_key_stands_for_one_command_of_a_batch() {
    local key
    key=once-$(new_id)
    batch "$(check_item '-1 days' true "$key"),$(check_item '-1 days' true "$key")"
    wants 207 && has '[.results[] | .status, .code] == [202, null, 422, "idempotency_key_reused"]'
}

# Said and unsaid 250 times on one day: the last one stands, and the events tell the turns in order.
test_the_largest_batch_keeps_its_order() {
    local turns
    printf -v turns '%s,' "$(check_item '-3 days' false)" "$(check_item '-3 days')"
    turns=$(yes "$turns" | head -n 250 | tr -d '\n')
    batch "${turns%,}" --header 'Prefer: wait=20'
    wants 200 && has '.results | length == 500 and all(.[]; .status == 200)' || return 1
    jq -r '.results[].id' "$place/answer" >"$place/ids"
    in_order() {
        read_topic idpmc.mc.events | jq -r --rawfile ids "$place/ids" '($ids | split("\n")) as $ids |
            select(.headers.ce_type == "mc.check-recorded.v1") | .headers.ce_causationid as $cause |
            select($ids | index($cause)) | $cause' >"$place/told"
        awk '!seen[$0]++' "$place/told" | cmp - "$place/ids"
    }
    soon 40 in_order
}

run_in_both
