#!/bin/bash
# What the ingress refuses, and how: one status and code for each mistake, as a problem document. And
# what it tells of its own health.
. "$(dirname "$(realpath "$0")")/../support/arrangement.sh"

prepare() {
    prepare_club && good=$(check_of "$player" "$habit") && user=$player
}

# ---- 400 -----------------------------------------------------------------------------------------
test_a_body_that_is_no_json() {
    send mc.record-check '{"player":' && wants 400 malformed_json &&
        send mc.record-check '' && wants 400 malformed_json &&
        send mc.record-check "$good$good" && wants 400 malformed_json &&
        send mc.record-check "${good%\}},\"done\":true}" && wants 400 malformed_json
}

test_an_organization_that_is_none_named_or_no_uuid() {
    local club=
    send mc.record-check "$good" && wants 400 organization_malformed || return 1
    for club in x 0198C2A4-7D10-7C3E-9A51-0F6F2C1D4E5B 00000000-0000-0000-0000-000000000000; do
        send mc.record-check "$good" && wants 400 organization_malformed || return 1
    done
}

test_an_idempotency_key_that_is_none() {
    local key
    for key in 'two words' '""' "$(printf 'k%.0s' {1..129})" "$(printf 'k\tk')"; do
        send mc.record-check "$good" --header "Idempotency-Key: $key"
        wants 400 malformed_idempotency_key || return 1
    done
    send mc.record-check "$good" --header "Idempotency-Key: $(printf 'k%.0s' {1..128})"
    wants 202
}

test_a_path_with_what_is_no_player_or_week() {
    get "/v1/mc/players/x/weeks/$(this_week)" && wants 400 malformed_parameter || return 1
    for week in 2026-47 2026-W00 2026-W54 2025-W53 20266-W01 2026-W47x; do
        get "/v1/mc/players/$player/weeks/$week" && wants 400 malformed_parameter || return 1
    done
}

# raw LINE...: sends these lines as they are, an empty one behind them.
raw() {
    local address=${ingress#http://}
    {
        exec 5<>"/dev/tcp/${address%:*}/${address#*:}"
        printf '%s\r\n' "$@" '' >&5
        timeout 5 cat <&5 >"$place/raw"
        exec 5>&-
    } 2>"$place/raw.err"
    status=$(sed -n '1s/^HTTP\/1\.1 \([0-9]*\).*/\1/p' "$place/raw")
    sed '1,/^\r$/d' "$place/raw" >"$place/answer"
    tr -d '\r' <"$place/raw" | sed '/^$/q' >"$place/head"
    answer=$(cat "$place/answer")
}

test_requests_that_two_servers_could_read_differently() {
    raw 'POST /v1/commands/mc.record-check HTTP/1.1' 'Host: a' 'Content-Length: 5' \
        'Content-Length: 6' && wants 400 malformed_request &&
        raw 'POST /v1/commands/mc.record-check HTTP/1.1' 'Host: a' 'Content-Length: 5' \
            'Transfer-Encoding: chunked' && wants 400 malformed_request &&
        raw 'GET /healthz HTTP/1.1' 'Host : a' && wants 400 malformed_request &&
        raw 'GET /healthz HTTP/1.1' 'X-A: 1' && wants 400 malformed_request &&
        raw 'GET /healthz HTTP/1.1' 'Host: a' "X-Long: $(printf 'x%.0s' {1..17000})" &&
        wants 400 malformed_request && raw 'nothing' && wants 400 malformed_request
}

# ---- 401 -----------------------------------------------------------------------------------------
base64url() {
    base64 --wrap=0 | tr -- '+/' '-_' | tr -d =
}

# token HEADER CLAIMS [SECRET]
make_token() {
    local signed
    signed=$(printf %s "$1" | base64url).$(printf %s "$2" | base64url)
    printf %s "$signed.$(printf %s "$signed" |
        openssl dgst -sha256 -hmac "${3:-$IDPMC_TOKEN_SECRET}" -binary | base64url)"
}

# claims [FILTER]: good ones, and jq's filter over them.
claims() {
    jq -cn --arg iss "$IDPMC_TOKEN_ISSUER" --arg aud "$IDPMC_TOKEN_AUDIENCE" --arg sub "$player" \
        '{$iss, $aud, $sub, exp: (now + 600 | floor)} | '"${1:-.}"
}

try_token() {
    local user=
    send mc.record-check "$good" --header "Authorization: Bearer $1"
}

hs256='{"alg":"HS256","typ":"JWT"}'

test_a_good_token_made_by_hand_passes() {
    try_token "$(make_token "$hs256" "$(claims)")" && wants 202
}

test_no_token() {
    local user=
    send mc.record-check "$good" && wants 401 token_missing &&
        head_field WWW-Authenticate | grep -q '^Bearer' &&
        send mc.record-check "$good" --header 'Authorization: Basic dTpw' && wants 401 token_missing
}

test_tokens_that_prove_nothing() {
    local token none bad
    none=$(printf '{"alg":"none"}' | base64url).$(claims | base64url).
    token=$(make_token "$hs256" "$(claims)")
    for bad in x a.b.c "$none" "${token%.*}." "${token%????}AAAA" \
        "$(make_token "$hs256" "$(claims)" 'another secret, 32 bytes or more')" \
        "$(make_token '{"alg":"HS512"}' "$(claims)")" \
        "$(make_token "$hs256" "$(claims '.exp = (now - 600 | floor)')")" \
        "$(make_token "$hs256" "$(claims 'del(.exp)')")" \
        "$(make_token "$hs256" "$(claims '.nbf = (now + 600 | floor)')")" \
        "$(make_token "$hs256" "$(claims '.aud = "others"')")" \
        "$(make_token "$hs256" "$(claims '.iss = "others"')")" \
        "$(make_token "$hs256" "$(claims '.sub = "me"')")" \
        "$(make_token "$hs256" "$(claims 'del(.sub)')")"; do
        try_token "$bad"
        if [ "$status" != 401 ] || [ "$(head_field Content-Type)" != application/problem+json ] ||
            ! head_field WWW-Authenticate | grep -q invalid_token; then
            echo "# $(cut -d . -f 1,2 --output-delimiter=' ' <<<"$bad"): $status $answer"
            return 1
        fi
    done
}

# ---- 404 to 422 ------------------------------------------------------------------------------------
test_what_is_not_there() {
    send mc.no-such "$good" && wants 404 unknown_type &&
        send mc.record-check.v1 "$good" && wants 404 unknown_type &&
        send mc.check-recorded "$good" && wants 404 unknown_type &&
        get /v1/nothing && wants 404 not_found && get / && wants 404 not_found
}

test_commands_of_the_fleet_itself_are_not_served() {
    send mc.close-day "{\"player\":\"$player\",\"day\":\"$(today)\"}" && wants 404 unknown_type &&
        send mc.retire-habits "{\"player\":\"$player\",\"day\":\"$(today)\"}" &&
        wants 404 unknown_type
}

test_a_method_that_is_not_served() {
    get /v1/commands/mc.record-check && wants 405 method_not_allowed &&
        [ "$(head_field Allow)" = "POST, OPTIONS" ] &&
        request DELETE "/v1/outcomes/x" && wants 405 method_not_allowed &&
        head_field Allow | grep -q GET
}

test_a_body_that_is_too_large() {
    printf '{"player":"%s"}' "$(printf 'x%.0s' {1..70000})" >"$place/large"
    request POST /v1/commands/mc.record-check --header 'Content-Type: application/json' \
        --data "@$place/large"
    wants 413 body_too_large || return 1
    request POST /v1/commands/mc.record-check --header 'Content-Type: application/json' \
        --header 'Transfer-Encoding: chunked' --data "@$place/large"
    wants 413 body_too_large
}

test_a_body_that_is_not_said_to_be_json() {
    request POST /v1/commands/mc.record-check --data "$good"
    wants 415 unsupported_media_type || return 1
    request POST /v1/commands/mc.record-check --header 'Content-Type:' --data "$good"
    wants 415 unsupported_media_type || return 1
    request POST /v1/commands/mc.record-check --header 'Content-Type: APPLICATION/JSON; charset=utf-8' \
        --data "$good"
    wants 202
}

# breaks POINTER CODE BODY
breaks() {
    send mc.define-habit "$3" && wants 422 invalid_body "$1" &&
        has ".errors[] | select(.pointer == \"$1\") | .code == \"$2\" and (.detail | length > 0)"
}

test_bodies_that_break_their_contract() {
    local body
    body=$(habit_of "$player" "$(new_id)")
    breaks '#/player' missing "$(jq -c 'del(.player)' <<<"$body")" &&
        breaks '#/player' not_a_uuid "$(jq -c '.player = "x"' <<<"$body")" &&
        breaks '#/more' unknown_field "$(jq -c '.more = 1' <<<"$body")" &&
        breaks '#/weight' too_large "$(jq -c '.weight = 11' <<<"$body")" &&
        breaks '#/weight' too_small "$(jq -c '.weight = 0' <<<"$body")" &&
        breaks '#/weight' wrong_type "$(jq -c '.weight = "3"' <<<"$body")" &&
        breaks '#/title' too_short "$(jq -c '.title = ""' <<<"$body")" &&
        breaks '#/title' null_refused "$(jq -c '.title = null' <<<"$body")" &&
        breaks '#/weekdays' too_few "$(jq -c '.weekdays = []' <<<"$body")" &&
        breaks '#/weekdays/0' not_one_of "$(jq -c '.weekdays = ["someday"]' <<<"$body")" &&
        breaks '#/from' not_a_date "$(jq -c '.from = "2026-02-30"' <<<"$body")"
}

test_every_mistake_is_told_at_once() {
    send mc.define-habit '{"weight":11,"more":1}' && wants 422 invalid_body '#/weight' &&
        has '[.errors[].pointer] | contains(["#/player", "#/habit", "#/title", "#/more"])'
}

# ---- documents -------------------------------------------------------------------------------------
test_the_type_of_a_problem_leads_to_its_description() {
    local user='' club=''
    get /v1/nothing && wants 404 not_found && get "$(jq -r .type "$place/answer")" && wants 200 &&
        has '.code == "not_found" and .status == 404 and (.cause, .remedy | endswith("."))' &&
        get /problems/already_member && wants 200 &&
        has '.status == 409 and any(.commands[]; .type == "core.add-member.v1")' &&
        get /problems/no_such_code && wants 404 not_found
}

test_the_documents_are_served_to_anybody() {
    local user='' club='' path tag
    for path in /openapi.json /asyncapi.json /schemas/mc.record-check.v1; do
        get "$path" && wants 200 && [ "$(head_field Content-Type)" = application/json ] &&
            has '.openapi == "3.1.0" or .asyncapi == "3.0.0" or .title == "mc.record-check.v1"' ||
            return 1
        tag=$(head_field ETag)
        get "$path" --header "If-None-Match: \"x\", ${tag#W/}" && wants 304 || return 1
    done
    get /schemas/mc.record-check && wants 404 not_found
}

# ---- before the body ------------------------------------------------------------------------------
# first_line LINES: what is answered to a head of which the body never comes; nothing, if it is waited
# for.
first_line() {
    local address=${ingress#http://} line=
    exec 7<>"/dev/tcp/${address%:*}/${address##*:}"
    printf 'POST /v1/%s HTTP/1.1\r\nHost: a\r\nContent-Length: 50000\r\n%s\r\nhalf of' "$1" "$2" >&7
    read -r -t "$3" -u 7 line
    exec 7<&- 7>&-
    echo "${line%$'\r'}"
}

test_strangers_are_told_before_their_body_has_come() {
    local good bad
    good="Authorization: Bearer $(cached_token "$player")"$'\r\n'
    bad='Authorization: Bearer a.b.c'$'\r\n'
    [ "$(first_line commands/mc.record-check '' 4)" = 'HTTP/1.1 401 Unauthorized' ] &&
        [ "$(first_line commands/mc.record-check "$bad" 4)" = 'HTTP/1.1 401 Unauthorized' ] &&
        [ "$(first_line batches "$bad" 4)" = 'HTTP/1.1 401 Unauthorized' ] &&
        [ "$(first_line nowhere "$good" 4)" = 'HTTP/1.1 404 Not Found' ] &&
        [ "$(first_line outcomes/x "$good" 4)" = 'HTTP/1.1 405 Method Not Allowed' ] &&
        [ -z "$(first_line commands/mc.record-check "$good" 1)" ]
}

# ---- health and metrics --------------------------------------------------------------------------
test_health_is_told_without_a_token() {
    local user='' club='' base
    get /healthz && wants 200 && get /readyz && wants 200 && has '.status == "ready"' || return 1
    base=$admin
    get /healthz && wants 200 && get /readyz && wants 200
}

test_metrics_count_what_happened_and_name_no_tenant() {
    local base=$admin user='' club='' metric
    get /metrics && wants 200 || return 1
    for metric in idpmc_http_requests_total idpmc_http_request_seconds_bucket idpmc_build_info; do
        grep -q "^$metric{" "$place/answer" || { echo "# no $metric"; return 1; }
    done
    grep -q '^idpmc_http_requests_total{.*route="/v1/commands/{type}",status="422"} [1-9]' \
        "$place/answer" && ! grep -qE '[0-9a-f]{8}-[0-9a-f]{4}-' "$place/answer"
}

test_workers_tell_their_lag_and_what_they_did() {
    local base user='' club='' metric
    [ "$arrangement" = co-located ] && base=$admin || base=http://${worker_admin[mc]}
    get /metrics && wants 200 || return 1
    for metric in idpmc_batch_messages_bucket idpmc_lag_messages idpmc_lag_seconds \
        idpmc_transaction_seconds_bucket idpmc_outbox_rows idpmc_claims_total; do
        grep -q "^$metric{.*module=\"mc\"" "$place/answer" || { echo "# no $metric"; return 1; }
    done
    grep -q '^idpmc_messages_total{module="mc",type="mc.define-habit.v1",outcome="applied"} [1-9]' \
        "$place/answer"
}

run_in_both
