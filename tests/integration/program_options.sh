#!/bin/bash
# What the programs of the fleet answer on the command line, and at SIGHUP. Servers are away here on
# purpose: none of this may need them.
. "$(dirname "$(realpath "$0")")/../support/script_tests.sh"
name=options
. ops/local/common.sh
set +e +o pipefail

unset "${!IDPMC_@}"
bin=$(realpath -m "${BIN:-bin}")
hex=000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f
port=$(free_port)
log=$place/log
runs=

settings() {
    cat <<LINES
# of a test
IDPMC_MODE=development
IDPMC_LOG_LEVEL=${1:-info}
IDPMC_KAFKA_BROKERS=127.0.0.1:1
IDPMC_HTTP_LISTEN=127.0.0.1:0
IDPMC_ADMIN_LISTEN=127.0.0.1:$port
IDPMC_INGRESS_DATABASE_URL=postgresql://idpmc_ingress:s3cret@127.0.0.1:1/idpmc
IDPMC_CORE_DATABASE_URL=postgresql://idpmc_core:s3cret@127.0.0.1:1/idpmc
IDPMC_MC_DATABASE_URL=postgresql://idpmc_mc:s3cret@127.0.0.1:1/idpmc
IDPMC_FLEET_KEYS=${2:-one}:$hex
IDPMC_SEAL_KEY_FILE=$place/seal
IDPMC_TOKEN_ISSUER=http://127.0.0.1/development
IDPMC_TOKEN_AUDIENCE=authenticated
IDPMC_TOKEN_SECRET=$hex
IDPMC_LANES=${3:-1}
LINES
}

(umask 077 && settings >"$place/env" && echo $hex >"$place/seal")
export IDPMC_CONFIG_FILE=$place/env

# start PROGRAM: until its admin port answers.
start() {
    settings >"$place/env"
    "$bin/$1" 2>"$log" &
    runs=$!
    for _ in {1..400}; do
        "$bin/$1" --healthcheck=live 2>"$place/err" && return 0
        sleep 0.05
    done
    echo "# $1 does not answer"
    return 1
}

end() {
    local code=0
    kill -TERM $runs
    wait $runs || code=$?
    runs=
    [ $code -eq 0 ] || echo "# it ended with $code"
    return $code
}

# logged WORDS: soon enough.
logged() {
    for _ in {1..400}; do
        grep -qF -- "$1" "$log" && return 0
        sleep 0.05
    done
    echo "# wanted in the log: $1"
    sed 's/^/# /' "$log"
    return 1
}

programs="fleet ingress worker-core worker-mc"

test_a_version_names_its_commit() {
    for program in $programs fleetctl; do
        tell 0 "$bin/$program" --version || return 1
        grep -qE "^idpmc-$program [0-9.]+ \(commit [0-9a-z]+\)$" "$place/out" || return 1
    done
}

test_help_lists_every_option() {
    tell 0 "$bin/fleet" --help && says out --check-config && says out --healthcheck=live &&
        says out --version && says out IDPMC_CONFIG_FILE
}

test_other_options_are_misuse() {
    tell 2 "$bin/fleet" --chekc-config && says err 'there is no option "--chekc-config"' &&
        says err usage && tell 2 "$bin/fleet" --version --help && says err 'one option at a time'
}

test_a_check_shows_what_is_in_force_and_where_from() {
    for program in $programs; do
        IDPMC_LANES=3 tell 0 "$bin/$program" --check-config &&
            says out "IDPMC_LANES=3  # environment" &&
            says out "IDPMC_KAFKA_BROKERS=127.0.0.1:1  # $place/env:4" &&
            says out "IDPMC_SEAL_KEY=(hidden)  # $place/seal in $place/env:11" &&
            says out "IDPMC_BATCH_MAX=2000  # default" &&
            says err "IDPMC_LANES is passed over" || return 1
        ! grep -qE "s3cret|$hex" "$place/out" "$place/err" || return 1
    done
    tell 0 "$bin/fleetctl" --check-config && says out "IDPMC_LANES=1  # $place/env:15"
}

test_a_check_names_every_mistake_at_once() {
    settings loud one 65 >"$place/env"
    echo "IDPMC_KAFKA_BROKER=x" >>"$place/env"
    IDPMC_MODE=prod tell 2 "$bin/fleet" --check-config &&
        says err "$place/env:3: IDPMC_LOG_LEVEL is \"loud\"; wanted: debug, info" &&
        says err "$place/env:15: IDPMC_LANES is \"65\"" &&
        says err "did you mean IDPMC_KAFKA_BROKERS?" &&
        says err 'IDPMC_MODE is "prod"' && says out "IDPMC_LANES=(wrong)"
    local code=$?
    settings >"$place/env"
    return $code
}

test_fleetctl_takes_the_file_too() {
    tell 0 "$bin/fleetctl" token --user 0198c2a4-1111-7222-8333-444455556666 || return 1
    echo "IDPMC_LANES" >>"$place/env"
    tell 2 "$bin/fleetctl" token --user 0198c2a4-1111-7222-8333-444455556666 &&
        says err "$place/env:16: is no NAME=value"
    local code=$?
    settings >"$place/env"
    return $code
}

test_a_program_with_mistakes_does_not_start() {
    IDPMC_LANES=0 tell 2 "$bin/worker-mc" && says err 'IDPMC_LANES is "0"'
}

test_health_says_what_is_away() {
    tell 1 "$bin/worker-mc" --healthcheck && says err "nothing answers on 127.0.0.1:$port" || return 1
    start worker-mc && tell 1 "$bin/worker-mc" --healthcheck && says err "1 of 1 lanes" &&
        tell 1 "$bin/worker-mc" --healthcheck=ready && tell 0 "$bin/worker-mc" --healthcheck=live
    local code=$?
    end && return $code
}

test_hangup_changes_what_can_change_and_names_the_rest() {
    for program in worker-core ingress; do
        start $program || return 1
        settings debug two 2 >"$place/env"
        kill -HUP $runs
        logged "needs a restart: IDPMC_LANES" &&
            logged "the settings are read again; changed: IDPMC_LOG_LEVEL, IDPMC_FLEET_KEYS"
        local code=$?
        end && [ $code -eq 0 ] || return 1
    done
}

test_hangup_with_mistakes_changes_nothing() {
    start ingress || return 1
    settings loud two 0 >"$place/env"
    kill -HUP $runs
    logged "the settings have mistakes, so none is changed" &&
        logged 'IDPMC_LOG_LEVEL is \"loud\"' && logged 'IDPMC_LANES is \"0\"' &&
        settings >"$place/env" && tell 0 "$bin/ingress" --healthcheck=live
    local code=$?
    end && return $code
}

run_tests
[ -z "$runs" ] || kill -KILL "$runs"
