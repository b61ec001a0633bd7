#!/bin/bash
# A key and a body are one command, on whichever ingress they come, and whatever Redis says, forgets
# or makes up: one effect, and the first outcome for everybody who asks again.
. "$(dirname "$(realpath "$0")")/../support/arrangement.sh"

prepare() {
    prepare_club || return 1
    rival=$(new_id) user=$admin_user
    add_member "$rival" player && user=$player
}

redis() {
    redis-cli -u "$REDIS_URL" "$@" >/dev/null 2>&1
}

# A command's words in one text.
redis_lies() {
    local words
    read -ra words <<<"$1"
    redis "${words[@]}"
}

check() {
    check_of "$player" "$habit" "$(today "$1")" "${2:-true}"
}

# times_on_topic ID: how often the command was published.
times_on_topic() {
    read_topic "idpmc.${2:-mc}.commands" | grep -cF "\"ce_id\":\"$1\""
}

test_the_first_outcome_is_answered_and_nothing_published() {
    local key first
    key=again-$(new_id)
    post mc.record-check "$(check '-1 days')" --header "Idempotency-Key: $key"
    wants 200 || return 1
    first=$(jq -c '[.id, .decided_at]' "$place/answer")
    base=$second_ingress post mc.record-check "$(check '-1 days')" --header "Idempotency-Key: $key"
    wants 200 && has "[.id, .decided_at] == $first" || return 1
    send mc.record-check "$(check '-1 days')" --header "Idempotency-Key: $key"
    wants 202 && has "[.id, .decided_at] == $first and .status == \"applied\"" &&
        [ "$(times_on_topic "$id")" = 1 ]
}

test_a_first_rejection_is_answered_too() {
    local key first
    key=rejected-$(new_id)
    post mc.record-check "$(check tomorrow)" --header "Idempotency-Key: $key"
    wants 409 day_in_future || return 1
    first=$id
    base=$second_ingress post mc.record-check "$(check tomorrow)" --header "Idempotency-Key: $key"
    wants 409 day_in_future && [ "$id" = "$first" ] || return 1
    send mc.record-check "$(check tomorrow)" --header "Idempotency-Key: $key"
    wants 202 && has '.status == "rejected" and .code == "day_in_future"' &&
        [ "$(times_on_topic "$id")" = 1 ]
}

test_another_body_is_refused_at_the_post() {
    local key
    key=other-$(new_id)
    send mc.record-check "$(check '-1 days')" --header "Idempotency-Key: $key"
    wants 202 || return 1
    base=$second_ingress send mc.record-check "$(check '-1 days' false)" --header "Idempotency-Key: $key"
    wants 422 idempotency_key_reused
}

test_another_type_or_sender_has_keys_of_its_own() {
    local key first
    key=mine-$(new_id)
    post mc.record-check "$(check '-1 days')" --header "Idempotency-Key: $key"
    wants 200 && first=$id || return 1
    user=$coach post mc.record-check "$(check '-1 days' false)" --header "Idempotency-Key: $key"
    wants 200 && [ "$id" != "$first" ] || return 1
    post mc.define-habit "$(habit_of "$player" "$(new_id)")" --header "Idempotency-Key: $key"
    wants 200 && [ "$id" != "$first" ]
}

# What Redis holds of the keys says nothing that the inbox does not.
test_redis_that_forgets_or_lies_changes_no_answer() {
    local key name
    key=lie-$(new_id)
    post mc.record-check "$(check '-2 days')" --header "Idempotency-Key: $key"
    wants 200 || return 1
    name=$(redis-cli -u "$REDIS_URL" --scan --pattern "*:command:*:$id")
    [ -n "$name" ] || { echo "# no such key in Redis"; return 1; }
    for lie in "set $name x" "set $name $(printf '%032d' 0)" "del $name" "flushall"; do
        redis_lies "$lie"
        post mc.record-check "$(check '-2 days')" --header "Idempotency-Key: $key"
        wants 200 || return 1
        redis_lies "$lie"
        base=$second_ingress post mc.record-check "$(check '-2 days' false)" \
            --header "Idempotency-Key: $key"
        wants 422 idempotency_key_reused || return 1
    done
    [ "$(sql "select count(*) from mc.inbox where tenant = '$club' and id = '${name##*:}'")" = 1 ]
}

# plan_race KEY BODY...: the bodies in turn, 16 requests, on both ingresses in turn.
plan_race() {
    local key=$1 i base bodies=("${@:2}")
    for i in {0..15}; do
        base=$ingress
        [ $((i / 2 % 2)) = 0 ] || base=$second_ingress
        printf '%s\n' next "url = \"$base/v1/commands/mc.define-habit\"" \
            "header = \"Authorization: Bearer $token\"" "header = \"X-Organization-ID: $club\"" \
            'header = "Content-Type: application/json"' 'header = "Prefer: wait=10"' \
            "header = \"Idempotency-Key: $key\"" 'max-time = 20' "output = \"$place/race.$i\"" \
            "data = \"${bodies[i % ${#bodies[@]}]//\"/\\\"}\"" \
            "write-out = \"$((i % ${#bodies[@]})) %{http_code}\\n\""
    done
}

# race BODY...: leaves a line `BODY STATUS` for each request in $place/raced; one body has won.
race() {
    local token
    token=$(cached_token "$user")
    rm -f "$place"/race.*
    plan_race "race-$(new_id)" "$@" >"$place/plan"
    curl --silent --parallel --parallel-immediate --parallel-max 16 --config "$place/plan" \
        >"$place/raced" 2>/dev/null
    [ "$(wc -l <"$place/raced")" = 16 ] && [ "$(sort -u "$place/raced" | wc -l)" = $# ] &&
        [ "$(sort -u "$place/raced" | grep -c ' 200$')" = 1 ] &&
        [ "$(sort -u "$place/raced" | grep -c ' 422$')" = $(($# - 1)) ] &&
        [ "$(jq -r '.id // empty' "$place"/race.* | sort -u | wc -l)" = 1 ] && return 0
    sort "$place/raced" | uniq -c | sed 's/^/# /'
    return 1
}

# has_habits COUNT HABIT...: so many of them are there.
has_habits() {
    [ "$(sql "select count(*) from mc.habits where tenant = '$club' and habit in
        ($(printf "'%s'," "${@:2}" | sed 's/,$//'))")" = "$1" ]
}

# One body; two for one player, which one partition puts into order; two for two players, where
# nothing but the id is in common.
race_in_all_ways() {
    local user=$admin_user a b c
    a=$(new_id) b=$(new_id) c=$(new_id)
    race "$(habit_of "$player" "$a")" && has_habits 1 "$a" || return 1
    race "$(habit_of "$player" "$b")" "$(habit_of "$player" "$c")" && has_habits 1 "$b" "$c" || return 1
    b=$(new_id) c=$(new_id)
    race "$(habit_of "$player" "$b")" "$(habit_of "$rival" "$c")" && has_habits 1 "$b" "$c"
}

test_of_many_at_once_one_has_the_effect() {
    race_in_all_ways
}

test_of_many_at_once_one_has_the_effect_while_redis_is_flushed() {
    local flusher code=0
    (while redis flushall; do :; done) &
    flusher=$!
    race_in_all_ways || code=1
    kill "$flusher"
    wait "$flusher" 2>/dev/null
    return "$code"
}

test_without_redis_the_inbox_knows() {
    local code=0
    terminate "$RUN_ROOT/redis.pid" KILL 5
    race_in_all_ways && test_the_first_outcome_is_answered_and_nothing_published || code=1
    ops/local/redis/server start "$RUN_ROOT" >/dev/null || return 1
    return "$code"
}

run_in_both
