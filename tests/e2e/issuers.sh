#!/bin/bash
# Two issuers of tokens: the development secret's, and one whose keys stand behind a URL, where they
# change, break and go away while everything runs.
. "$(dirname "$(realpath "$0")")/../support/arrangement.sh"
arrangements=(co-located)
server_port=$(free_port)
export IDPMC_TOKEN_ISSUERS=school IDPMC_JWKS_REFRESH_S=10
export IDPMC_TOKEN_SCHOOL_ISSUER=https://id.school.example IDPMC_TOKEN_SCHOOL_AUDIENCE=idpmc
export IDPMC_TOKEN_SCHOOL_JWKS_URL=http://127.0.0.1:$server_port/jwks.json

start_server() {
    launch "$place/server.pid" "$place/server.log" java -Xmx64m "$PWD/tests/support/FileServer.java" \
        "$server_port" "$place/served"
    wait_ready "$place/server.pid" "$place/server.log" 30 curl --silent "http://127.0.0.1:$server_port/"
}

stop_all() {
    terminate "$place/server.pid" KILL 5
    finish
}
trap stop_all EXIT

base64url() {
    basenc --base64url --wrap=0 | tr -d =
}

# make_key NAME: an Ed25519 key.
make_key() {
    [ -s "$place/$1.pem" ] || openssl genpkey -algorithm ed25519 -out "$place/$1.pem"
}

# serve NAME...: the issuer's keys from now on.
serve() {
    local name keys=()
    for name in "$@"; do
        make_key "$name"
        keys+=("{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"use\":\"sig\",\"kid\":\"$name\",\"x\":\"$(
            openssl pkey -in "$place/$name.pem" -pubout -outform DER | tail -c 32 | base64url)\"}")
    done
    echo "{\"keys\":[$(IFS=,; echo "${keys[*]}")]}" >"$place/served/next"
    mv "$place/served/next" "$place/served/jwks.json"
}

# be NAME USER: speaks from now on with a token of the school for this user, by this key.
be() {
    local text
    make_key "$1"
    text=$(printf '{"alg":"EdDSA","kid":"%s"}' "$1" | base64url).$(
        printf '{"iss":"%s","aud":"idpmc","sub":"%s","exp":%d}' "$IDPMC_TOKEN_SCHOOL_ISSUER" "$2" \
            $((EPOCHSECONDS + 600)) | base64url)
    printf %s "$text" >"$place/covered"
    user=$2
    echo "$text.$(openssl pkeyutl -sign -rawin -inkey "$place/$1.pem" -in "$place/covered" |
        base64url)" >"$place/token.$2"
}

founds() {
    local club=
    post core.create-organization '{"name":"Vestre IL","zone":"Europe/Oslo","kind":"club"}'
    wants "$@"
}

prepare() {
    pupil=$(new_id)
    serve first
    soon 30 ready
}

ready() {
    curl --silent --fail "$ingress/readyz"
}

refreshes() {
    curl --silent "$admin/metrics" |
        sed -n "s/^idpmc_jwks_refreshes_total{issuer=\"school\",result=\"$1\"} //p" | grep . || echo 0
}

test_each_issuer_says_who_its_users_are() {
    be first "$pupil" && founds 200 || return 1
    user=$(new_id) && founds 200
}

test_an_issuer_proves_no_token_of_the_other() {
    user=$(new_id)
    env -u IDPMC_TOKEN_ISSUERS -u IDPMC_TOKEN_SCHOOL_ISSUER -u IDPMC_TOKEN_SCHOOL_AUDIENCE \
        -u IDPMC_TOKEN_SCHOOL_JWKS_URL IDPMC_TOKEN_ISSUER="$IDPMC_TOKEN_SCHOOL_ISSUER" \
        IDPMC_TOKEN_AUDIENCE=idpmc "$fleetctl" token --user "$user" >"$place/token.$user" || return 1
    founds 401 token_invalid
}

test_a_rotated_key_is_taken_at_once_and_the_former_is_refused() {
    be first "$pupil" && founds 200 && cp "$place/token.$pupil" "$place/former" || return 1
    serve second
    be second "$pupil" && founds 200 || return 1
    cp "$place/former" "$place/token.$pupil"
    founds 401 token_invalid
}

test_without_its_server_the_last_good_keys_stay() {
    local before
    before=$(refreshes failed)
    terminate "$place/server.pid" KILL 5
    hang_up && soon 10 failed_more_than "$before" && be second "$pupil" && founds 200 &&
        be third "$pupil" && founds 401 token_invalid || return 1
    start_server
    serve third
    hang_up && soon 10 be_let_in third
}

# Key sets are read again now.
hang_up() {
    kill -s HUP "$(pid_of "$place/fleet.pid")"
}

failed_more_than() {
    [ "$(refreshes failed)" -gt "$1" ]
}

be_let_in() {
    be "$1" "$pupil" && founds 200
}

mkdir -p "$place/served"
serve first
start_server
run_in_both
