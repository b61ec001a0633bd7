#!/bin/bash
# fleetctl producer on a scratch database of the server that DATABASE_URL names.
. "$(dirname "$(realpath "$0")")/../support/script_tests.sh"

server=$DATABASE_URL
scratch=producer_$$
club=0198c2a4-7d10-7c3e-9a51-0f6f2c1d4e5b
other=0198c2a4-7d10-7c3e-9a51-0f6f2c1d4e5c
unset IDPMC_DATABASE_URL

sql() {
    psql "$DATABASE_URL" --no-psqlrc --quiet --tuples-only --no-align --command="$1"
}

drop() {
    DATABASE_URL=$server sql "drop database if exists $scratch with (force)" 2>/dev/null
    rm -rf "$place"
}
trap drop EXIT

producer() {
    "$fleetctl" producer "$@"
}

add() {
    tell 0 producer add --id "$1" --tenant $club --type mc.record-check.v1
}

test_a_credential_is_kept_as_it_was_given() {
    tell 0 producer add --id scale --tenant $club --tenant $other --type mc.record-check.v1 \
        --type mc.define-habit.v1 || return 1
    grep -qx 'keyid scale' "$place/out" && grep -qx 'secret [0-9a-f]\{64\}' "$place/out" &&
        [ "$(sql "select encode(secret, 'hex') from platform.producers where keyid = 'scale'")" = \
            "$(sed -n 's/^secret //p' "$place/out")" ] &&
        [ "$(sql "select tenants, types, revoked_at is null from platform.producers")" = \
            "{$club,$other}|{mc.record-check.v1,mc.define-habit.v1}|t" ]
}

test_each_secret_is_new() {
    local first
    add clock && first=$(sed -n 's/^secret //p' "$place/out") && add watch &&
        [ "$(sed -n 's/^secret //p' "$place/out")" != "$first" ]
}

test_an_id_is_given_once() {
    add twice || return 1
    tell 2 producer add --id twice --tenant $club --type mc.record-check.v1 &&
        says err 'there is a producer "twice" already'
}

test_the_list_shows_no_secret() {
    local secret
    add listed && secret=$(sed -n 's/^secret //p' "$place/out") && tell 0 producer list &&
        says out $'\t'"$club"$'\t'mc.record-check.v1 && ! grep -q "$secret" "$place/out"
}

test_a_revoked_credential_stays_with_its_first_time() {
    local since
    add lost && tell 0 producer revoke --id lost && says out 'lost is revoked as of' || return 1
    since=$(sql "select revoked_at from platform.producers where keyid = 'lost'")
    [ -n "$since" ] && tell 0 producer revoke --id lost &&
        [ "$(sql "select revoked_at from platform.producers where keyid = 'lost'")" = "$since" ]
}

test_revoking_nobody_is_told() {
    tell 2 producer revoke --id nobody && says err 'there is no producer "nobody"'
}

test_what_no_producer_may_have_is_refused() {
    tell 2 producer add --id Scale --tenant $club --type mc.record-check.v1 &&
        says err '--id: "Scale" is not' &&
        tell 2 producer add --id s --tenant club --type mc.record-check.v1 &&
        says err '--tenant: "club" is not a lower-case UUID' &&
        tell 2 producer add --id s --tenant $club --type mc.record-check &&
        says err 'there is no command "mc.record-check"; these are:' &&
        says err '  mc.record-check.v1' &&
        tell 2 producer add --id s --tenant $club --type mc.check-recorded.v1 &&
        says err 'there is no command "mc.check-recorded.v1"' &&
        [ "$(sql "select count(*) from platform.producers where keyid = 's'")" = 0 ]
}

test_wrong_words_are_told() {
    tell 2 producer && says err 'usage: fleetctl producer add' &&
        tell 2 producer add --id s && says err 'wants --id, --tenant and --type' &&
        tell 2 producer list --id s && says err 'takes no option' &&
        tell 2 producer revoke && says err 'wants --id' &&
        tell 2 producer list more && says err '"more" is one word too many'
}

test_a_database_that_stays_away_is_told_from_a_mistake() {
    DATABASE_URL=postgresql://127.0.0.1:1/nothing tell 75 producer list
}

sql "create database $scratch"
DATABASE_URL=$(sed -E "s#^(postgres(ql)?://[^/]*)/[^?]*#\1/$scratch#" <<<"$server")
export DATABASE_URL
tell 0 "$fleetctl" migrate || exit 1
run_tests
