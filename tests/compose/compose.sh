#!/bin/bash
# The image and both arrangements of compose, from nothing: what they are, what they say of missing
# settings, the end-to-end tests against them, a worker that is scaled out and back under load, and
# kill -9. Its tests build on each other and run in their order. Needs Docker with compose v2.
. "$(dirname "$(realpath "$0")")/../support/script_tests.sh"
. ops/local/common.sh
set +e +o pipefail
name=compose

export COMPOSE_ROOT=$place ARRANGEMENT=compose IDPMC_COMMIT IDPMC_VERSION
IDPMC_COMMIT=$(git rev-parse HEAD 2>/dev/null || echo unknown)
IDPMC_VERSION=$(sed -n 's/^#define IDPMC_VERSION "\(.*\)"/\1/p' shared/runtime/version.h)
project=idpmc-test-$$
image=idpmc:test-$$

finish() {
    . tests/compose/tools.sh
    ARRANGEMENT=fleet compose down --volumes --remove-orphans --timeout 1 >/dev/null 2>&1
    ARRANGEMENT=compose compose down --volumes --remove-orphans --timeout 1 >/dev/null 2>&1
    docker image rm --force "$image" >/dev/null 2>&1
    rm -rf "$place"
}

# set_in NAME VALUE: in the settings of this test.
set_in() {
    sed -i "s|^#\?$1=.*|$1=$2|" "$place/compose.env"
}

prepare() {
    docker compose version >/dev/null 2>&1 && docker version >/dev/null 2>&1 || {
        echo "not ok Docker: no engine with compose v2 answers"
        exit 1
    }
    choose_ports
    tell 0 compose/prepare "$place/compose.env" || exit 1
    set_in HTTP_PORT "$HTTP_PORT"
    set_in INGRESS_PORTS "$HTTP_PORT"
    set_in ADMIN_PORT "$ADMIN_PORT"
    set_in KAFKA_PORT "$KAFKA_PORT"
    set_in POSTGRES_PORT "$POSTGRES_PORT"
    set_in REDIS_PORT "$REDIS_PORT"
    set_in IDPMC_IMAGE "$image"
    set_in COMPOSE_PROJECT_NAME "$project"
    write_environment
    . tests/compose/tools.sh
}

# The files that `make run` writes, for those who ask the fleet: where things are on this machine.
write_environment() {
    local settings
    settings=$(docker compose --env-file "$place/compose.env" --file compose/compose.yaml config --format json)
    jq -r '.services.fleet.environment * .services.migrate.environment
        | to_entries[] | select(.value and .key != "IDPMC_CONFIG_FILE") | "export \(.key)='\''\(.value)'\''"' <<<"$settings" |
        sed -e "s/postgres:5432/127.0.0.1:$POSTGRES_PORT/" -e "s/kafka:9092/127.0.0.1:$KAFKA_PORT/" \
            -e "s/redis:6379/127.0.0.1:$REDIS_PORT/" >"$place/fleet.env"
    {
        cat "$place/fleet.env"
        echo "export IDPMC_HTTP_LISTEN=127.0.0.1:$HTTP_PORT IDPMC_ADMIN_LISTEN=127.0.0.1:$ADMIN_PORT"
    } >"$place/fleet.env.new"
    mv "$place/fleet.env.new" "$place/fleet.env"
    (
        . "$place/fleet.env"
        echo "export INGRESS_URL='http://127.0.0.1:$HTTP_PORT'"
        echo "export METRICS_URL='http://127.0.0.1:$ADMIN_PORT/metrics'"
        echo "export KAFKA_BROKERS='$IDPMC_KAFKA_BROKERS' DATABASE_URL='$IDPMC_DATABASE_URL'"
        echo "export REDIS_URL='$IDPMC_REDIS_URL'"
    ) >"$place/env"
}

# ---- the image -------------------------------------------------------------------------------------
test_the_image_builds() {
    tell 0 docker build --quiet --file compose/Dockerfile --build-arg COMMIT="$IDPMC_COMMIT" \
        --build-arg VERSION="$IDPMC_VERSION" --tag "$image" . || return 1
    echo "# note: the image has $(of_image '{{.Size}}' | numfmt --to=si)B;" \
        "its base $(docker image inspect debian:trixie-slim --format '{{.Size}}' | numfmt --to=si)B," \
        "the programs $(docker run --rm --entrypoint du "$image" -cb /usr/local/bin | tail -n 1 | cut -f 1 | numfmt --to=si)B"
}

of_image() {
    docker image inspect "$image" --format "$1"
}

test_the_image_has_every_program_by_its_name() {
    local program
    for program in fleet ingress worker-core worker-mc fleetctl; do
        tell 0 docker run --rm --read-only "$image" "$program" --version &&
            says out "$IDPMC_VERSION" && says out "${IDPMC_COMMIT:0:12}" || return 1
    done
}

test_the_image_says_what_it_is() {
    [ "$(of_image '{{index .Config.Labels "org.opencontainers.image.revision"}}')" = "$IDPMC_COMMIT" ] &&
        [ "$(of_image '{{index .Config.Labels "org.opencontainers.image.version"}}')" = "$IDPMC_VERSION" ] &&
        [ "$(of_image '{{.Config.User}}')" = 10001:10001 ] &&
        [ "$(of_image '{{join .Config.Healthcheck.Test " "}}')" = 'CMD fleet --healthcheck' ]
}

test_a_container_without_settings_says_what_it_needs() {
    local program wanted
    for program in fleet ingress worker-mc; do
        wanted=IDPMC_FLEET_KEYS
        tell 2 docker run --rm "$image" "$program" && says err "$wanted is not set" || return 1
    done
}

# ---- missing and wrong settings ----------------------------------------------------------------------
# complains SERVICE WORDS: started alone with what the settings say now, it ends with an error that
# has these words, and it says it once.
complains() {
    local code=0
    compose run --rm --no-deps "$1" >"$place/out" 2>&1 || code=$?
    [ "$code" -eq 2 ] && [ "$(grep -cF -- "$2" "$place/out")" -eq 1 ] && return 0
    echo "# $1: exit code $code, wanted 2 and once: $2"
    sed 's/^/# /' "$place/out"
    return 1
}

test_a_missing_secret_is_one_clear_error() {
    local kept status=0
    kept=$(cat "$place/compose.env")
    set_in IDPMC_SEAL_KEY ''
    complains fleet IDPMC_SEAL_KEY || status=1
    printf '%s\n' "$kept" >"$place/compose.env"
    set_in IDPMC_LANES nonsense
    complains fleet IDPMC_LANES || status=1
    printf '%s\n' "$kept" >"$place/compose.env"
    return "$status"
}

# ---- co-located --------------------------------------------------------------------------------------
in_arrangement() {
    (
        . "$place/env"
        . "$place/fleet.env"
        export ARRANGEMENT=$1 FLEET=$PWD/tests/compose/fleet PARTS=$PWD/tests/compose/services.sh
        shift
        "$@"
    )
}

# The end-to-end tests that need nothing but the fleet's addresses.
end_to_end() {
    local script bad=0
    for script in commands refusals tenants; do
        in_arrangement "$1" "tests/e2e/$script.sh" >"$place/$script.out" 2>&1
        if grep -q '^not ok' "$place/$script.out" || ! grep -q '^ok' "$place/$script.out"; then
            sed 's/^/# /' "$place/$script.out"
            bad=1
        fi
    done
    return "$bad"
}

play() {
    in_arrangement "$1" ops/demo/demo "$place" >"$place/demo.out" 2>&1 && return 0
    tail -n 25 "$place/demo.out" | sed 's/^/# /'
    return 1
}

test_co_located_everything_comes_up_healthy() {
    up && [ "$(containers | wc -l)" -eq 6 ]
}

test_every_port_is_on_loopback() {
    local ports
    ports=$(containers | xargs docker inspect --format \
        '{{range .NetworkSettings.Ports}}{{range .}}{{.HostIp}} {{end}}{{end}}' | tr ' ' '\n' | sort -u | grep .)
    [ "$ports" = 127.0.0.1 ] && return 0
    echo "# published on: $ports"
    return 1
}

test_nothing_of_ours_can_write_to_its_root() {
    local id
    for id in $(containers fleet migrate topics); do
        [ "$(docker inspect --format '{{.HostConfig.ReadonlyRootfs}} {{.HostConfig.CapDrop}}' "$id")" = \
            'true [ALL]' ] || return 1
    done
}

test_co_located_end_to_end() {
    end_to_end compose
}

test_co_located_the_demo_plays_with_kill_9_in_its_middle() {
    play compose
}

# ---- scaled out ---------------------------------------------------------------------------------------
test_the_fleet_moves_out_on_the_same_data() {
    local before after
    . "$place/env"
    before=$(psql "$DATABASE_URL" -Atc 'select count(*) from mc.inbox')
    ARRANGEMENT=fleet
    . tests/compose/tools.sh
    up || return 1
    after=$(psql "$DATABASE_URL" -Atc 'select count(*) from mc.inbox')
    [ "$before" -gt 1000 ] && [ "$after" -ge "$before" ] &&
        [ -z "$(docker ps --quiet --filter "label=com.docker.compose.project=$project" \
            --filter label=com.docker.compose.service=fleet)" ]
}

test_scaled_out_end_to_end() {
    end_to_end fleet
}

# Workers come and go, and one is killed, while the demo sends and counts.
scale_while() {
    local demo=$1
    while kill -0 "$demo" 2>/dev/null; do
        compose up --detach --no-recreate --scale worker-mc=3 >/dev/null 2>&1
        echo 3 >>"$place/scaled"
        sleep 3
        kill -0 "$demo" 2>/dev/null || break
        compose up --detach --no-recreate --scale worker-mc=1 >/dev/null 2>&1
        echo 1 >>"$place/scaled"
        sleep 3
    done
}

test_a_worker_scales_to_three_and_back_under_load_and_the_counts_agree() {
    local demo
    : >"$place/scaled"
    play fleet >"$place/play.out" &
    demo=$!
    scale_while "$demo"
    if ! wait "$demo"; then
        cat "$place/play.out"
        return 1
    fi
    [ "$(grep -c 3 "$place/scaled")" -ge 1 ] && [ "$(grep -c 1 "$place/scaled")" -ge 1 ] && return 0
    echo "# the demo was over before anything was scaled"
    return 1
}

test_a_killed_container_s_work_goes_on_elsewhere() {
    local victim
    compose up --detach --no-recreate --scale worker-mc=3 >/dev/null 2>&1
    victim=$(containers worker-mc | head -n 1)
    docker kill "$victim" >/dev/null
    in_arrangement fleet tests/e2e/commands.sh >"$place/killed.out" 2>&1
    grep -q '^ok' "$place/killed.out" && ! grep -q '^not ok' "$place/killed.out" && return 0
    sed 's/^/# /' "$place/killed.out"
    return 1
}

test_the_ingress_scales_over_a_range_of_ports() {
    local number
    set_in INGRESS_PORTS "$((HTTP_PORT + 10))-$((HTTP_PORT + 13))"
    up --scale ingress=2 || return 1
    for number in 1 2; do
        tell 0 curl --silent --fail --max-time 5 --output /dev/null \
            "http://$(compose port --index "$number" ingress 8080)/readyz" || return 1
    done
}

test_everything_goes_down() {
    compose down --volumes --timeout 20 >/dev/null 2>&1
    [ -z "$(docker ps --all --quiet --filter "label=com.docker.compose.project=$project")" ]
}

trap finish EXIT
prepare
run_tests
