# What the scripts of this folder share; sourced, with `name` set to the server it speaks of.
# shellcheck shell=bash
set -euo pipefail

repo=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)

fail() {
    echo "${name:-local}: $*" >&2
    exit 1
}

need_program() {
    command -v "$1" >/dev/null || fail "the program $1 is missing; run: make install"
}

random_hex() {
    od -An -v -tx1 -N "$1" /dev/urandom | tr -d ' \n'
}

# Somebody listens on this TCP port, on any address.
port_taken() {
    local hex
    hex=$(printf '%04X' "$1")
    cat /proc/net/tcp /proc/net/tcp6 2>/dev/null |
        awk -v port=":$hex" '$4 == "0A" && substr($2, length($2) - 4) == port {found = 1}
            END {exit !found}'
}

need_port() {
    ! port_taken "$1" || fail "port $1 is taken by another program; stop that one or set $2"
}

# A port that nobody listens on and that no other script was given. A script keeps what it was given
# until it ends, since it may not listen at once, or stop and listen again. Who has which stands in a
# book, locked while it is read and written: PORT PID BEGAN.
free_port() {
    local book=${TMPDIR:-/tmp}/idpmc-ports-$UID port pid began
    local -A given=() alive=()
    # shellcheck disable=SC2094 # it is locked
    (
        flock 9
        while read -r port pid began; do
            [ -n "${alive[$pid]:-}" ] || alive[$pid]=$(start_time "$pid" || echo no)
            [ "${alive[$pid]}" != "$began" ] || given[$port]="$pid $began"
        done <"$book"
        while :; do
            port=$((20000 + RANDOM % 12000))
            [ -n "${given[$port]:-}" ] || port_taken "$port" || break
        done
        given[$port]="$$ $(start_time $$)"
        echo "$port"
        for port in "${!given[@]}"; do
            echo "$port ${given[$port]}"
        done >"$book"
    ) 9>>"$book"
}

# Free ports for a set of servers of one's own, exported under the names that the scripts read.
choose_ports() {
    local variable
    for variable in KAFKA_PORT KAFKA_CONTROLLER_PORT POSTGRES_PORT REDIS_PORT HTTP_PORT ADMIN_PORT; do
        export "$variable=$(free_port)"
    done
}

# The names of the workers in a folder of workers.
workers_in() {
    local file
    for file in "$repo/$1"/*/worker.c; do
        [ ! -e "$file" ] || basename "$(dirname "$file")"
    done
}

# A process is ours when the number and the start time in its pid file are those of a live one, so
# that a number used again is never mistaken for it. One whose first thread has ended lives on in the
# others, and holds its ports, until they have ended too.
start_time() {
    local stat
    { read -r stat <"/proc/$1/stat"; } 2>/dev/null || return 1
    stat=${stat##*) }
    # shellcheck disable=SC2086 # fields are words
    set -- $stat
    [ "$1" = Z ] && [ "${18}" -le 1 ] || echo "${20}"
}

running() {
    local pid began
    { read -r pid began <"$1"; } 2>/dev/null || return 1
    [ "$(start_time "$pid")" = "$began" ]
}

pid_of() {
    local pid began
    read -r pid began <"$1" && echo "$pid"
}

# launch PIDFILE LOG COMMAND...: a process of its own session with nothing of ours open.
launch() {
    local pidfile=$1 log=$2 pid
    shift 2
    (
        for fd in /proc/self/fd/*; do
            fd=${fd##*/}
            [ "$fd" -le 2 ] || eval "exec $fd>&-"
        done
        exec setsid "$@"
    ) </dev/null >>"$log" 2>&1 &
    pid=$!
    disown
    echo "$pid $(start_time "$pid")" >"$pidfile"
}

# wait_ready PIDFILE LOG SECONDS COMMAND...: until the command succeeds or the process is gone.
wait_ready() {
    local pidfile=$1 log=$2 end=$((SECONDS + $3))
    shift 3
    until "$@" >/dev/null 2>&1; do
        if ! running "$pidfile"; then
            rm -f "$pidfile"
            fail "ended while starting: $(last_words "$log") (all of it in $log)"
        fi
        [ "$SECONDS" -lt "$end" ] || fail "not ready in time; see $log"
        sleep 0.1
    done
}

last_words() {
    local end
    end=$(tail -n 20 "$1")
    { grep -E 'FATAL|ERROR|rror' <<<"$end" || echo "$end"; } | tail -n 1 | cut -c 1-300
}

# terminate PIDFILE SIGNAL SECONDS [SIGNAL SECONDS]...: asks, waits, asks in another way, and at last
# kills; harmless when nothing runs.
terminate() {
    local pidfile=$1 end pid
    pid=$(running "$pidfile" && pid_of "$pidfile") || true
    shift
    while [ $# -gt 0 ] && running "$pidfile"; do
        kill -s "$1" "$pid" 2>/dev/null || true # it may have ended just now
        end=$((SECONDS + $2))
        while running "$pidfile" && [ "$SECONDS" -lt "$end" ]; do
            sleep 0.05
        done
        shift 2
    done
    while running "$pidfile"; do
        kill -s KILL "$pid" 2>/dev/null || true
        sleep 0.05
    done
    rm -f "$pidfile"
}

now_ms() {
    echo $((${EPOCHREALTIME/[.,]/} / 1000))
}

said_ready() {
    local ms=$(($(now_ms) - $1))
    printf '%-10s ready after %d.%d s on %s\n' "$name" $((ms / 1000)) $((ms % 1000 / 100)) "$2"
}

status_line() {
    if running "$pidfile"; then
        printf '%-10s runs on %s, process %d\n' "$name" "$address" "$(pid_of "$pidfile")"
    else
        printf '%-10s does not run\n' "$name"
        return 1
    fi
}

# start_once: the caller's `start`, unless its process runs already; says how long it took.
start_once() {
    local began
    began=$(now_ms)
    running "$pidfile" && status_line && return
    mkdir -p "$root/log"
    start
    said_ready "$began" "$address"
}

# server VERB SIGNAL SECONDS...: what each of these scripts does with start, stop and status.
server() {
    local verb=$1
    shift
    case $verb in
    start) start_once ;;
    stop) terminate "$pidfile" "$@" ;;
    status) status_line ;;
    *) fail "unknown verb '$verb': start, stop or status" ;;
    esac
}
