#!/bin/bash
# fleetctl token: what a token holds, where its settings come from, and where none is made.
. "$(dirname "$(realpath "$0")")/../support/script_tests.sh"

user=0198c2a4-1111-7222-8333-444455556666
unset "${!IDPMC_@}"

# A checkout with a fleet of its own; tokens are asked for from a folder inside.
mkdir -p "$place/checkout/.run" "$place/checkout/docs/guides"
cat >"$place/checkout/.run/fleet.env" <<'LINES'
# made by a test
export IDPMC_MODE='development'
export IDPMC_TOKEN_SECRET='a secret of this test, 32 bytes...'
export IDPMC_TOKEN_ISSUER='http://127.0.0.1/development'
export IDPMC_TOKEN_AUDIENCE='authenticated'
export IDPMC_MC_DATABASE_URL='postgresql://idpmc_mc@127.0.0.1/idpmc'
LINES

token() {
    (cd "$place/checkout/docs/guides" && "$fleetctl" token "$@")
}

claims() {
    tr -d '\n' <"$place/out" | cut -d . -f 2 | tr -- '-_' '+/' |
        awk '{while (length % 4) $0 = $0 "="; print}' | base64 --decode
}

test_a_token_holds_who_for_whom_and_until_when() {
    tell 0 token --user $user --ttl 2h || return 1
    claims | jq -e --arg user $user '.sub == $user and .iss == "http://127.0.0.1/development" and
        .aud == "authenticated" and .exp - .iat == 7200' >"$place/err"
}

test_a_token_is_valid_for_an_hour_unless_told() {
    tell 0 token --user $user && claims | jq -e '.exp - .iat == 3600' >"$place/err"
}

test_its_signature_is_hmac_sha256_by_the_setting() {
    local signed
    tell 0 token --user $user || return 1
    signed=$(cut -d . -f 1,2 "$place/out")
    [ "$(cut -d . -f 3 "$place/out")" = "$(printf %s "$signed" |
        openssl dgst -sha256 -hmac 'a secret of this test, 32 bytes...' -binary |
        base64 --wrap=0 | tr -- '+/' '-_' | tr -d =)" ]
}

test_the_environment_comes_before_the_file() {
    IDPMC_TOKEN_AUDIENCE=others tell 0 token --user $user || return 1
    [ "$(claims | jq -r .aud)" = others ]
}

test_the_secret_may_stand_in_a_file() {
    printf 'another secret of this test, 32 bytes' >"$place/secret"
    chmod 600 "$place/secret"
    (cd "$place" && IDPMC_MODE=development IDPMC_TOKEN_ISSUER=i IDPMC_TOKEN_AUDIENCE=a \
        IDPMC_TOKEN_SECRET_FILE=$place/secret tell 0 "$fleetctl" token --user $user)
}

test_production_mints_no_token() {
    IDPMC_MODE=production tell 2 token --user $user &&
        says err "IDPMC_MODE is production" && [ ! -s "$place/out" ]
}

test_no_mode_is_not_development() {
    (cd "$place" && tell 2 "$fleetctl" token --user $user) && says err "IDPMC_MODE is not set"
}

test_a_weak_secret_is_refused_and_not_shown() {
    IDPMC_TOKEN_SECRET=hunter2 tell 2 token --user $user &&
        says err "IDPMC_TOKEN_SECRET has 7 bytes" && ! grep -q hunter2 "$place/err"
}

test_a_broken_line_is_named() {
    mkdir -p "$place/broken/.run"
    printf "export IDPMC_MODE='development'\nIDPMC_LANES=2\n" >"$place/broken/.run/fleet.env"
    (cd "$place/broken" && tell 2 "$fleetctl" token --user $user) &&
        says err "$place/broken/.run/fleet.env, line 2: expected export NAME='value'"
}

test_wrong_words_are_told() {
    local ttl
    tell 2 token && says err "usage: fleetctl token" &&
        tell 2 token --user somebody && says err '--user: "somebody" is not a lower-case UUID' ||
        return 1
    for ttl in 0s -1s 31d 1 h 1hour 1e3s '' 99999999999999999999s; do
        tell 2 token --user $user --ttl "$ttl" && says err "--ttl: \"$ttl\"" || return 1
    done
}

run_tests
