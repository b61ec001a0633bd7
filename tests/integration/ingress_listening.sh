#!/bin/bash
# The ingress with a certificate and allowed origins: what curl and openssl see of it, a renewed
# certificate at SIGHUP, and the one line that says which file or origin it cannot use.
. "$(dirname "$(realpath "$0")")/../support/script_tests.sh"
name=listening
. ops/local/common.sh
set +e +o pipefail

programs=$(realpath -m "${BIN:-bin}")
port=$(free_port) admin=127.0.0.1:$(free_port)
export IDPMC_HTTP_LISTEN=127.0.0.1:$port IDPMC_ADMIN_LISTEN=$admin
unset IDPMC_DATABASE_URL IDPMC_CORE_DATABASE_URL IDPMC_MC_DATABASE_URL IDPMC_TALLY_DATABASE_URL
unset IDPMC_WORKERS
finish() {
    terminate "$place/ingress.pid" KILL 5
    rm -rf "$place"
}
trap finish EXIT

# certificate NAME [OPTION]...: $place/NAME.pem and NAME.key, for 127.0.0.1.
certificate() {
    local file=$1
    shift
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=localhost \
        -addext subjectAltName=IP:127.0.0.1 -days 2 "$@" \
        -keyout "$place/$file.key" -out "$place/$file.pem" 2>/dev/null
}

use() {
    cp "$place/$1.pem" "$place/current.pem" && cp "$place/${2:-$1}.key" "$place/current.key"
}

health_by() {
    curl --silent --fail --max-time 5 --cacert "$place/$1.pem" "https://127.0.0.1:$port/healthz" \
        >"$place/out" 2>"$place/err"
}

hello() {
    timeout 10 openssl s_client -connect "127.0.0.1:$port" -CAfile "$place/first.pem" "$@" \
        </dev/null >"$place/out" 2>&1
}

# soon COMMAND...: until it succeeds.
soon() {
    local end=$((SECONDS + 10))
    until "$@"; do
        [ "$SECONDS" -lt "$end" ] || return 1
        sleep 0.05
    done
}

logged() {
    grep -F -- "$1" "$place/log" | grep -qF -- "$2"
}

start() {
    use first
    IDPMC_TLS_CERTIFICATE_FILE=$place/current.pem IDPMC_TLS_KEY_FILE=$place/current.key \
        IDPMC_CORS_ORIGINS=https://app.example.org launch "$place/ingress.pid" "$place/log" "$programs/ingress"
    wait_ready "$place/ingress.pid" "$place/log" 20 health_by first
}

certificate first && certificate second && start || exit 1

test_curl_trusts_the_certificate_and_is_told_to_stay() {
    health_by first && says out '"ok"' &&
        curl --silent --head --cacert "$place/first.pem" "https://127.0.0.1:$port/healthz" \
            >"$place/out" && says out 'Strict-Transport-Security: max-age='
}

test_a_client_that_does_not_trust_it_gets_nothing() {
    ! health_by second && [ ! -s "$place/out" ]
}

test_tls_12_and_13_are_spoken_and_nothing_older() {
    hello -tls1_3 && says out 'Verify return code: 0 (ok)' &&
        hello -tls1_2 && says out 'Verify return code: 0 (ok)' || return 1
    ! hello -tls1_1 -cipher DEFAULT@SECLEVEL=0 && says out 'alert protocol version'
}

test_http_11_is_chosen_and_http_2_refused() {
    hello -alpn h2,http/1.1 && says out 'ALPN protocol: http/1.1' || return 1
    ! hello -alpn h2 && says out 'no application protocol'
}

test_plain_http_is_told_to_use_https() {
    curl --silent --max-time 5 "http://127.0.0.1:$port/healthz" >"$place/out"
    says out 'This port speaks TLS'
}

test_a_renewed_certificate_is_taken_at_sighup() {
    use second && kill -HUP "$(pid_of "$place/ingress.pid")" && soon health_by second
}

test_files_that_do_not_fit_are_told_and_the_old_ones_stay() {
    use first second && : >"$place/log" && kill -HUP "$(pid_of "$place/ingress.pid")" &&
        soon logged IDPMC_TLS_KEY_FILE 'is not the key of the certificate' && health_by second ||
        return 1
    rm "$place/current.pem"
    kill -HUP "$(pid_of "$place/ingress.pid")"
    soon logged IDPMC_TLS_CERTIFICATE_FILE 'current.pem' && health_by second
}

# refused CERTIFICATE KEY SETTING WORDS: it does not start, and says why once; a check says the same.
refused() {
    refused_by "$@" && refused_by "$@" --check-config
}

refused_by() {
    local code=0
    IDPMC_HTTP_LISTEN=127.0.0.1:0 IDPMC_ADMIN_LISTEN=127.0.0.1:0 IDPMC_TLS_CERTIFICATE_FILE=$1 \
        IDPMC_TLS_KEY_FILE=$2 timeout 20 "$programs/ingress" "${@:5}" 2>"$place/out" >"$place/shown" ||
        code=$?
    if [ "$code" -ne 2 ]; then
        echo "# exit code $code, wanted 2"
        sed 's/^/# /' "$place/out"
        return 1
    fi
    says out "$3" && says out "$4" && [ "$(grep -c "$3" "$place/out")" -eq 1 ]
}

test_files_that_cannot_be_used_at_start_are_named() {
    refused "$place/none.pem" "$place/first.key" IDPMC_TLS_CERTIFICATE_FILE "$place/none.pem" &&
        refused "$place/first.key" "$place/first.key" IDPMC_TLS_CERTIFICATE_FILE 'in PEM' &&
        refused "$place/first.pem" "$place/first.pem" IDPMC_TLS_KEY_FILE 'in PEM' &&
        refused "$place/first.pem" "$place/second.key" IDPMC_TLS_KEY_FILE 'not the key'
}

test_a_key_set_that_is_none_is_named() {
    local code=0
    echo '{"keys": 5}' >"$place/keys.json"
    (
        unset IDPMC_TOKEN_SECRET
        IDPMC_TOKEN_JWKS_FILE=$place/keys.json "$programs/ingress" --check-config 2>"$place/out" \
            >"$place/shown"
    ) || code=$?
    [ "$code" -eq 2 ] && says out "$place/keys.json, the key set of the issuer default: a key set is"
}

test_an_allowed_page_may_ask_for_a_preflight() {
    curl --silent --cacert "$place/second.pem" --request OPTIONS --dump-header "$place/out" \
        --header 'Origin: https://app.example.org' --header 'Access-Control-Request-Method: POST' \
        "https://127.0.0.1:$port/v1/commands/mc.record-check" && says out '204 No Content' &&
        says out 'Access-Control-Allow-Origin: https://app.example.org'
}

test_an_origin_that_is_none_is_named() {
    export IDPMC_CORS_ORIGINS=https://app.example.org/
    refused "$place/first.pem" "$place/first.key" IDPMC_CORS_ORIGINS 'no slash at its end'
    local code=$?
    unset IDPMC_CORS_ORIGINS
    return $code
}

run_tests
