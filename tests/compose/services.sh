# Sourced by arrangement.sh in the place of programs.sh: the fleet as compose's services, which the
# test of compose has started. ARRANGEMENT says which of its files they are from.
# shellcheck shell=bash
. tests/compose/tools.sh
arrangements=("$ARRANGEMENT")
declare -A worker_admin
second_ingress=$ingress

migrate() {
    :
}

start_arrangement() {
    local worker
    up || return 1
    [ "$ARRANGEMENT" = fleet ] || return 0
    second_ingress=http://$(address_of ingress 8080 2)
    admin=http://$(address_of ingress 9090 1)
    for worker in core mc; do
        worker_admin[$worker]=$(address_of "worker-$worker" 9090 1)
    done
}

# What is stopped with TERM is started again; at a script's end everything runs on.
stop_arrangement() {
    [ "$1" != TERM ] || compose stop --timeout 20 "${fleet_services[@]}" >/dev/null 2>&1
}

kill_parts() {
    compose kill "${fleet_services[@]}" >/dev/null 2>&1
}
