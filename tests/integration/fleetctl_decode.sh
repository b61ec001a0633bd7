#!/bin/bash
# fleetctl decode: what kcat reads, as JSON; no server is needed to see it.
. "$(dirname "$(realpath "$0")")/../support/script_tests.sh"

club=0198c2a4-7d10-7c3e-9a51-0f6f2c1d4e5b
player=0198c2a4-8e21-7f4f-8b62-1a7f3d2e5f6c
key=$club/$player
body='{"player":"'$player'","day":"2026-11-22"}'

# message TYPE CONTENT_TYPE HEADERS: as kcat prints it; the value comes on standard input.
message() {
    cat >"$place/value"
    printf 'idpmc.mc.commands 3 17 %d %d ce_type=%s,content-type=%s%s\n%s' ${#key} \
        "$(wc -c <"$place/value")" "$1" "$2" "${3:-}" "$key"
    cat "$place/value"
}

decode() {
    "$fleetctl" decode <"$place/in"
}

is() {
    jq -e -s "$1" "$place/out" >/dev/null && return 0
    echo "# wanted $1:"
    sed 's/^/# /' "$place/out"
    return 1
}

test_a_json_value_and_its_headers() {
    message mc.close-day.v1 application/json ",ce_tenant=$club" <<<"$body" >"$place/in"
    tell 0 decode && is ".[0].value == $body and .[0].partition == 3 and .[0].offset == 17 and
        .[0].key == \"$key\" and .[0].headers.ce_tenant == \"$club\""
}

test_a_messagepack_value() {
    printf '\x82\xa6player\xd9\x24%s\xa3day\xaa2026-11-22' $player |
        message mc.close-day.v1 application/vnd.msgpack >"$place/in"
    tell 0 decode && is ".[0].value == $body"
}

test_a_header_may_hold_commas() {
    message mc.close-day.v1 application/json ',dl_detail=no, not this,dl_offset=4' <<<"$body" \
        >"$place/in"
    tell 0 decode && is '.[0].headers | .dl_detail == "no, not this" and .dl_offset == "4"'
}

test_what_cannot_be_read_says_why_and_the_next_is_read() {
    {
        message mc.no-such.v1 application/json <<<"$body"
        printf '\xc1' | message mc.close-day.v1 application/vnd.msgpack
        message mc.close-day.v1 application/json <<<'{"player":"x"}'
        printf '' | message mc.close-day.v1 application/json
        message mc.close-day.v1 application/json <<<"$body"
    } >"$place/in"
    tell 0 decode && is 'length == 5 and (.[:4] | all((.unreadable | length > 0) and (has("value") |
        not))) and (.[4] | has("value"))'
}

test_a_message_without_key_and_value() {
    printf 'idpmc.mc.events 0 0 -1 -1 \n' >"$place/in"
    tell 0 decode && is '.[0].key == "" and .[0].headers == {} and (.[0].unreadable | length > 0)'
}

test_input_that_kcat_did_not_print() {
    echo 'something else' >"$place/in"
    tell 1 decode && says err '--format' || return 1
    printf 'idpmc.mc.events 0 0 73 900000000 \n' >"$place/in"
    tell 1 decode && says err '--format' || return 1
    message mc.close-day.v1 application/json <<<"$body" | head -c -5 >"$place/in"
    tell 1 decode && says err '--format'
}

test_usage() {
    tell 0 "$fleetctl" decode --help && says out 'usage: kcat' &&
        tell 2 "$fleetctl" decode --no-such && says err 'usage: kcat' &&
        tell 0 "$fleetctl" decode --format && says out '%h'
}

run_tests
