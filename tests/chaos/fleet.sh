# Sourced by run: the fleet of a fault run as processes that are started again when they end, and the
# network between them and the servers.
# shellcheck shell=bash
# shellcheck disable=SC2154 # $place is run's
declare -A keeper=() http_of=() proxied=()
http_first=127.0.0.1:${IDPMC_HTTP_LISTEN##*:}
export IDPMC_KAFKA_SESSION_MS=6000 IDPMC_CREDENTIALS_S=2 IDPMC_LOG_LEVEL=info
POSTGRES_PASSWORD=$(sed -E 's#^[^:]*://[^:]*:([^@]*)@.*#\1#' <<<"$DATABASE_URL")
export POSTGRES_PASSWORD

# keep NAME PROGRAM [NAME=VALUE]...
keep() {
    local program=$1 binary=$2
    shift 2
    rm -f "$place/$program.pid"
    env --unset=IDPMC_DATABASE_URL IDPMC_ADMIN_LISTEN="127.0.0.1:$(free_port)" "$@" \
        "$CHAOS" keep "$program" "$place" "$TEST_BIN/$binary" >>"$place/keepers.log" 2>&1 &
    keeper[$program]=$!
}

# let_go NAME: drains it.
let_go() {
    kill -TERM "${keeper[$1]}" 2>/dev/null || true
    wait "${keeper[$1]}" 2>/dev/null || true
    unset "keeper[$1]"
}

pid_of_program() {
    cat "$place/$1.pid" 2>/dev/null || echo 0
}

# hit SIGNAL NAME
hit() {
    local pid
    pid=$(pid_of_program "$2")
    [ "$pid" -gt 1 ] && kill -s "$1" "$pid" 2>/dev/null || true
    echo "$(now_ms) $1 to $2, process $pid"
}

ends_of() {
    { wc -l <"$place/$1.ends"; } 2>/dev/null || echo 0
}

# arm NAME LINE...: the next one begins with this in its environment, once.
arm() {
    printf '%s\n' "${@:2}" >"$place/$1.arm"
}

# rearm NAME LINE...: it ends, and the next one begins so.
rearm() {
    arm "$@"
    hit TERM "$1"
}

# ---- the network ------------------------------------------------------------------------------------
start_proxy() {
    local target=$2 port=PROXY_$1
    echo pass >"$place/net.$1"
    "$CHAOS" proxy "${!port}" "$target" "$place/net.$1" >>"$place/keepers.log" 2>&1 &
    keeper[proxy-$1]=$!
}

start_network() {
    start_proxy edge_kafka "$PROXY_EDGE"
    start_proxy lanes_kafka "$PROXY_LANES"
    start_proxy edge_postgres "$POSTGRES_PORT"
    start_proxy lanes_postgres "$POSTGRES_PORT"
    start_proxy any_redis "$REDIS_PORT"
}

# The settings of a part of the fleet: straight to the servers, or over the bad network.
through() {
    local module url
    case ,$list, in *,net-*) ;; *) return 0 ;; esac
    echo "IDPMC_REDIS_URL=redis://127.0.0.1:$PROXY_any_redis"
    if [ "$1" = edge ]; then
        echo "IDPMC_KAFKA_BROKERS=127.0.0.1:$PROXY_edge_kafka"
        echo "IDPMC_INGRESS_DATABASE_URL=${IDPMC_INGRESS_DATABASE_URL/:$POSTGRES_PORT/:$PROXY_edge_postgres}"
        return
    fi
    echo "IDPMC_KAFKA_BROKERS=127.0.0.1:$PROXY_lanes_kafka"
    for module in CORE MC TALLY; do
        url=IDPMC_${module}_DATABASE_URL
        echo "$url=${!url/:$POSTGRES_PORT/:$PROXY_lanes_postgres}"
    done
}

# ---- the fleet ----------------------------------------------------------------------------------------
keep_ingress() {
    local settings
    mapfile -t settings < <(through edge)
    keep "$1" ingress IDPMC_HTTP_LISTEN="$2" "${settings[@]}"
}

# The second one of tally has so small batches that they are often full: what stands behind them is
# fetched while they are under way.
keep_worker() {
    local settings
    mapfile -t settings < <(through lanes)
    [ "$1" != worker-tally-second ] || settings+=(IDPMC_BATCH_MAX=100)
    keep "$1" "$(sed 's/-second$//; s/-third$//' <<<"$1")" "${settings[@]}"
}

workers=(worker-tally worker-tally-second worker-mc worker-core)

start_split() {
    local worker
    keep_ingress ingress "$http_first"
    for worker in "${workers[@]}"; do
        keep_worker "$worker"
    done
}

stop_split() {
    local program
    for program in ingress "${workers[@]}"; do
        let_go "$program"
    done
}

wait_for_http() {
    local end=$((SECONDS + 40))
    until curl --silent --max-time 2 --output /dev/null "http://$1/healthz"; do
        [ "$SECONDS" -lt "$end" ] || fail "the ingress at $1 does not answer; see $place"
        sleep 0.1
    done
}

migrate() {
    env IDPMC_DATABASE_URL="$DATABASE_URL" "$BIN/fleetctl" migrate --migrations migrations \
        --migrations tests/support/tally/migrations --migrations "$place/migrations"
}

start_fleet() {
    mkdir -p "$place/migrations" # of faults
    migrate >/dev/null
    prepare_letters
    "$BIN/fleetctl" topics core mc tally >/dev/null
    case ,$list, in *,net-*) start_network ;; esac
    case ,$list, in *,disk-*) move_to_small_disks ;; esac
    http_second=127.0.0.1:$(free_port)
    keep_ingress ingress-second "$http_second"
    start_split
    wait_for_http "$http_first"
    wait_for_http "$http_second"
}

stop_fleet() {
    local program
    [ -z "${keeper[load]:-}" ] || kill -KILL "${keeper[load]}" 2>/dev/null || true
    for program in "${!keeper[@]}"; do
        kill -TERM "${keeper[$program]}" 2>/dev/null || true
    done
    wait
}
