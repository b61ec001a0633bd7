#!/bin/bash
# fleetctl sign: what it prints, checked by openssl after docs/reference/wire.md and not by the code
# that made it, and what it refuses.
. "$(dirname "$(realpath "$0")")/../support/script_tests.sh"

club=0198c2a4-7d10-7c3e-9a51-0f6f2c1d4e5b
player=0198c2a4-8e21-7f4f-8b62-1a7f3d2e5f6c
id=0198c2a5-0a00-7000-8000-000000000001
body='{"player":"'$player'","habit":"'$id'","day":"2026-11-22","done":true}'
secret=000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f
export IDPMC_PRODUCER_SECRET=$secret KAFKA_BROKERS=${KAFKA_BROKERS:-none}

sign() {
    "$fleetctl" sign --key scale --tenant $club "$@"
}

check() {
    sign --type mc.record-check.v1 --body "${1:-$body}" "${@:2}"
}

# Runs the printed line with a kcat that writes down its arguments and its input.
mkdir "$place/bin"
cat >"$place/bin/kcat" <<'PROGRAM'
#!/bin/bash
printf '%s\n' "$@" >"$KCAT_SAW"
cat >"$KCAT_SAW.value"
PROGRAM
chmod +x "$place/bin/kcat"

publish() {
    (cd "$place" && KCAT_SAW=$place/kcat PATH=$place/bin:$PATH sh "$place/out")
}

header() {
    sed -n "s/^$1=//p" "$place/kcat"
}

# A part with its length in front.
framed() {
    printf "$(printf '\\x%02x' $((${#1} >> 24)) $((${#1} >> 16 & 255)) $((${#1} >> 8 & 255)) \
        $((${#1} & 255)))"
    printf %s "$1"
}

# The MAC of what kcat saw.
mac() {
    {
        printf idpmc1
        framed idpmc.mc.commands
        framed "$club/$player"
        framed "$(header ce_id)"
        framed "$(header ce_type)"
        framed "$(header ce_tenant)"
        framed "$(header ce_actor)"
        framed "$(header ce_time)"
        framed "$(header content-type)"
        printf '\0\0\0\040'
        openssl dgst -sha256 -binary "$place/kcat.value"
    } | openssl dgst -sha256 -mac HMAC -macopt "hexkey:$secret" -r | cut -d ' ' -f 1
}

test_the_printed_line_publishes_what_the_wire_wants() {
    tell 0 check "$body" --id $id --time 2026-11-22T18:00:00Z && publish || return 1
    [ "$(cat "$place/kcat.value")" = "$body" ] && [ "$(header ce_mac)" = "$(mac)" ] &&
        [ "$(header ce_specversion)" = 1.0 ] && [ "$(header ce_id)" = $id ] &&
        [ "$(header ce_type)" = mc.record-check.v1 ] && [ "$(header ce_tenant)" = $club ] &&
        [ "$(header ce_source)" = /producers/scale ] && [ "$(header ce_subject)" = $player ] &&
        [ "$(header ce_actor)" = producer:scale ] && [ "$(header ce_keyid)" = scale ] &&
        [ "$(header ce_time)" = 2026-11-22T18:00:00.000Z ] &&
        [ "$(header content-type)" = application/json ] &&
        grep -qx "$club/$player" "$place/kcat" && grep -qx idpmc.mc.commands "$place/kcat"
}

test_the_value_is_one_line_in_the_contracts_order() {
    tell 0 check "{
        \"done\": true, \"day\": \"2026-11-22\",
        \"habit\": \"$id\", \"player\": \"$player\" }" && publish &&
        [ "$(cat "$place/kcat.value")" = "$body" ] && [ "$(header ce_mac)" = "$(mac)" ]
}

test_an_id_and_a_time_are_made_where_none_is_given() {
    local first began made
    began=$(date +%s)
    tell 0 check && publish && first=$(header ce_id) && tell 0 check && publish &&
        [ "$(header ce_id)" != "$first" ] &&
        made=$(date --date "$(header ce_time)" +%s) && [ "$made" -ge "$began" ] &&
        [ "$made" -le "$(date +%s)" ]
}

test_text_cannot_leave_its_quotes() {
    local title="it's \$(touch broken) \`touch broken\`; touch broken"
    tell 0 sign --type mc.define-habit.v1 --body "$(jq -nc --arg title "$title" --arg player $player \
        --arg id $id '{habit: $id, player: $player, title: $title, weekdays: ["monday"], weight: 3,
            from: "2026-11-22"}')" && publish && [ ! -e "$place/broken" ] &&
        [ "$(jq -r .title "$place/kcat.value")" = "$title" ]
}

test_lines_make_a_line_each() {
    printf '%s\n' "{\"type\":\"mc.record-check.v1\",\"body\":$body}" '' \
        "{\"type\":\"mc.record-check.v1\",\"body\":$body,\"id\":\"$id\"}" >"$place/lines"
    tell 0 sign --lines <"$place/lines" && [ "$(wc -l <"$place/out")" -eq 2 ] &&
        sed -i 1d "$place/out" && publish && [ "$(header ce_id)" = $id ] &&
        [ "$(header ce_mac)" = "$(mac)" ]
}

# The partitions are those of the Java client's murmur2 for these keys, of 12.
test_kcat_puts_it_on_its_keys_partition() {
    local case key seen
    tell 0 "$fleetctl" topics || return 1
    for case in 1:9 2:7 3:6; do
        key=${player%?}${case%:*}
        tell 0 check "${body/$player/$key}" || return 1
        sh "$place/out" || return 1
        seen=$(kcat -C -q -e -b "$KAFKA_BROKERS" -t idpmc.mc.commands -p "${case#*:}" -f '%k %s\n' |
            grep -a "^$club/")
        # other tests of this topic use the examples' ids as well
        grep -qxF "$club/$key ${body/$player/$key}" <<<"$seen" || { echo "# saw: $seen"; return 1; }
    done
}

test_a_wrong_line_is_named() {
    printf '%s\n' "{\"type\":\"mc.record-check.v1\",\"body\":$body}" '{"type":"mc.record-check.v1"}' \
        >"$place/lines"
    tell 2 sign --lines <"$place/lines" && says err 'line 2 of standard input' &&
        [ "$(wc -l <"$place/out")" -eq 1 ]
}

test_a_body_against_its_contract_is_not_signed() {
    tell 2 check '{"player":"x","day":3,"more":1}' && [ ! -s "$place/out" ] &&
        says err '#/player: ' && says err '#/day: ' && says err '#/more: ' &&
        says err '#/habit: ' && tell 2 check 'no json' && says err '(malformed)'
}

test_what_is_no_producers_command_is_refused() {
    tell 2 sign --type mc.record-check --body "$body" && says err 'a type has a version' &&
        tell 2 sign --type mc.check-recorded.v1 --body "$body" && says err 'there is no command' &&
        tell 2 sign --type core.create-organization.v1 --body '{}' &&
        says err 'which only the ingress can name'
}

test_the_secret_may_stand_in_a_file() {
    (umask 077 && echo $secret >"$place/secret")
    IDPMC_PRODUCER_SECRET='' tell 0 check "$body" --secret-file "$place/secret" && publish &&
        [ "$(header ce_mac)" = "$(mac)" ]
}

test_a_missing_or_wrong_secret_is_told_and_not_shown() {
    IDPMC_PRODUCER_SECRET='' tell 2 check && says err 'which secret?' &&
        IDPMC_PRODUCER_SECRET=${secret}00 tell 2 check && says err '64 lower-case hexadecimal' &&
        ! grep -q 0001020304 "$place/err" &&
        tell 2 check "$body" --secret-file "$place/nowhere" && says err 'No such file'
}

test_wrong_words_are_told() {
    tell 2 sign && says err 'usage: fleetctl sign' &&
        tell 2 check "$body" --lines && says err 'usage: fleetctl sign' &&
        tell 2 check "$body" --id 7 && says err 'id: "7" is not a lower-case UUID' &&
        tell 2 check "$body" --time yesterday && says err 'time: "yesterday" is not like' &&
        tell 2 check "$body" --tenant club && says err '--tenant: "club" is not' &&
        tell 2 check "$body" --key 'a b' && says err '--key: "a b" is not a key id'
}

run_tests
