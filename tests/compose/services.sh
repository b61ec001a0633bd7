# Sourced by arrangement.sh in the place of programs.sh: the fleet as compose's services, which the
# test of compose has started and will stop. ARRANGEMENT says which of its files they are from.
# shellcheck shell=bash
. tests/compose/tools.sh
case $ARRANGEMENT in
compose) arrangements=(co-located) ;;
fleet) arrangements=(split) ;;
esac
declare -A worker_admin

migrate() {
    :
}

start_arrangement() {
    local worker
    up || return 1
    second_ingress=$ingress
    [ "$ARRANGEMENT" = fleet ] || return 0
    admin=http://$(address_of ingress 9090 1)
    for worker in core mc; do
        worker_admin[$worker]=$(address_of "worker-$worker" 9090 1)
    done
}

stop_arrangement() {
    :
}

kill_parts() {
    compose kill "${fleet_services[@]}" >/dev/null 2>&1
}
