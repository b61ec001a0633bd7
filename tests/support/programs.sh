# Sourced by arrangement.sh: the fleet as programs on this machine, co-located (bin/fleet) and split
# (bin/ingress, bin/worker-*). What stands in for it offers the same names: arrangements, migrate,
# start_arrangement, stop_arrangement SIGNAL, kill_parts, $second_ingress, worker_admin[WORKER].
# shellcheck shell=bash
arrangements=(co-located split)

# The released programs know the released workers only.
workers=$(workers_in workers | paste -s -d ,)
export IDPMC_WORKERS=$workers
for variable in "${!IDPMC_@}"; do
    case $variable in IDPMC_*_DATABASE_URL)
        module=${variable#IDPMC_} module=${module%_DATABASE_URL}
        case ",ingress,$workers," in *",${module,,},"*) ;; *) unset "$variable" ;; esac
        ;;
    esac
done
started=()
declare -A worker_admin

# start_program NAME HTTP_ADDRESS ADMIN_ADDRESS: and waits until it is ready.
start_program() {
    local pidfile=$place/$1.pid log=$place/$1.log binary=${1%-second}
    IDPMC_HTTP_LISTEN=$2 IDPMC_ADMIN_LISTEN=$3 \
        launch "$pidfile" "$log" env --unset=IDPMC_DATABASE_URL "$programs/$binary"
    started+=("$1")
    wait_ready "$pidfile" "$log" 40 curl --silent --fail --max-time 2 "http://$3/readyz"
}

free_address() {
    echo "127.0.0.1:$(free_port)"
}

start_parts() {
    local worker
    if [ "$arrangement" = co-located ]; then
        start_program fleet "$IDPMC_HTTP_LISTEN" "$IDPMC_ADMIN_LISTEN"
        return
    fi
    start_program ingress "$IDPMC_HTTP_LISTEN" "$IDPMC_ADMIN_LISTEN"
    for worker in ${workers//,/ }; do
        worker_admin[$worker]=$(free_address)
        start_program "worker-$worker" "$IDPMC_HTTP_LISTEN" "${worker_admin[$worker]}"
    done
}

start_arrangement() {
    local address
    address=$(free_address)
    second_ingress=http://$address
    start_parts
    start_program ingress-second "$address" "$(free_address)"
}

stop_arrangement() {
    local program
    for program in "${started[@]}"; do
        terminate "$place/$program.pid" "$1" 20
    done
    started=()
}

# kill -9 of all that works, and of the first ingress; the second one stays.
kill_parts() {
    local program kept=()
    for program in "${started[@]}"; do
        if [ "$program" = ingress-second ]; then
            kept+=("$program")
        else
            terminate "$place/$program.pid" KILL 5
        fi
    done
    started=("${kept[@]}")
}

migrate() {
    tell 0 env IDPMC_DATABASE_URL="$DATABASE_URL" "$fleetctl" migrate --migrations migrations \
        --migrations tests/support/tally/migrations && tell 0 "$fleetctl" topics
}
