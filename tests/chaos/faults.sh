# Sourced by run: the faults by name. begin_ comes once before a run's faults, end_ after them; what a
# fault breaks it mends, and says when. Chance comes from the run's seed.
# shellcheck shell=bash
# shellcheck disable=SC2154 # $place, $list, ... are run's

kills=(kill-ingress kill-worker kill-broker kill-backend kill-postmaster stop-postgres kill-redis kill-all)
points_in() {
    grep -rhoE 'crash_point\("[a-z-]+"\)' "$@" | cut -d '"' -f 2 | sort -u
}
# All that the lanes have; those of the operator's tool stand in a file of their own.
mapfile -t lane_points < <(points_in shared/runtime)
. "$here/faults_fleetctl.sh"
crash_points=("${lane_points[@]}" "${migration_points[@]}" "${letter_points[@]}")
networks=(net-drop net-drop-to net-drop-from net-reset net-slow net-lossy)
others=(calm locked zombie storm lanes move clock descriptors memory disk-postgres disk-broker)
smoke_faults=calm,locked,kill-worker,kill-ingress,crash-before-commit,crash-after-commit,crash-after-send,kill-backend,kill-broker,kill-redis,zombie,storm,net-reset,net-drop,move,clock,crash-in-migration,crash-redriven

all_faults() {
    printf '%s\n' "${kills[@]}" "${crash_points[@]/#/crash-}" "${networks[@]}" "${others[@]}"
}

smoke_times() {
    case $1 in
    kill-worker | kill-ingress | kill-redis) echo 3 ;;
    storm) echo 2 ;;
    *) echo 1 ;;
    esac
}

# can_play FAULT: with a word about why not.
can_play() {
    case $1 in
    disk-*)
        [ "$(id -u)" -eq 0 ] && [ -n "$(small_disks_possible)" ] && return 0
        echo "$1: left out, it needs root and mounts" && return 1
        ;;
    esac
    all_faults | grep -x -- "$1" >/dev/null || fail "no such fault: $1; there are $(all_faults | paste -s -d ' ')"
}

begin_fault() {
    case $1 in
    crash-*) reached=0 tried=0 ;;
    clock) give_clocks ;;
    zombie) reached=0 tried=0 before=$(fenced) ;;
    esac
}

play_fault() {
    case $1 in
    crash-*) crash_at "${1#crash-}" ;;
    net-*) bad_network "${1#net-}" ;;
    disk-*) fill_disk "${1#disk-}" ;;
    *) "fault_${1//-/_}" ;;
    esac
}

end_fault() {
    case $1 in
    crash-*)
        ! is_one_of "${1#crash-}" "${letter_points[@]}" || end_letters
        note="reached $reached of $tried"
        ;;
    clock) take_clocks ;;
    zombie) note="reached $reached of $tried, $(($(fenced) - before)) fenced" ;;
    esac
}

# pick NAME...: one of them, by chance.
pick() {
    chance 1 $#
    picked=${*:echo_chance:1}
}

# ---- kills ------------------------------------------------------------------------------------------
restart_server() {
    ops/local/"$1"/server start "$RUN_ROOT" >>"$place/servers.log" 2>&1
}

stop_server() {
    ops/local/"$1"/server stop "$RUN_ROOT" >>"$place/servers.log" 2>&1
}

kill_server() {
    echo "$(now_ms) $2 to $1, process $(pid_of "$RUN_ROOT/$1.pid")"
    terminate "$RUN_ROOT/$1.pid" "$2" 20
}

fault_kill_ingress() {
    pick ingress ingress-second
    hit KILL "$picked"
}

fault_kill_worker() {
    pick "${workers[@]}"
    hit KILL "$picked"
}

fault_kill_broker() {
    kill_server kafka KILL
    pause 0 1500
    restart_server kafka
}

# The backend of some lane or of the ingress: PostgreSQL ends all others for it, and recovers.
fault_kill_backend() {
    local pids pid
    mapfile -t pids < <(psql --no-psqlrc --quiet --tuples-only --no-align "$DATABASE_URL" --command \
        "select pid from pg_stat_activity where usename like 'idpmc%' order by usename, pid")
    [ "${#pids[@]}" -gt 0 ] || return 0
    pick "${pids[@]}"
    pid=$picked
    echo "$(now_ms) KILL to backend $pid"
    kill -s KILL "$pid"
}

fault_kill_postmaster() {
    kill_server postgres KILL
    pause 0 1500
    restart_server postgres
}

fault_stop_postgres() {
    kill_server postgres QUIT
    pause 0 3000
    restart_server postgres
}

fault_kill_redis() {
    kill_server redis KILL
    pause 0 1500
    restart_server redis
}

fault_kill_all() {
    local part pids=()
    for part in ingress ingress-second "${workers[@]}"; do
        hit KILL "$part"
    done
    for part in kafka postgres redis; do
        kill_server "$part" KILL &
        pids+=($!)
    done
    wait "${pids[@]}"
    ops/local/servers start "$RUN_ROOT" >>"$place/servers.log" 2>&1
}

# ---- crash points -----------------------------------------------------------------------------------
crash_at() {
    if is_one_of "$1" "${migration_points[@]}"; then
        migrate_at "$1"
    elif is_one_of "$1" "${letter_points[@]}"; then
        letters_at "$1"
    elif [ "$1" = after-trying ]; then
        crash_while_trying
    else
        crash_lane_at "$1"
    fi
}

# Who ends thrice at the first message that waits is right to suspect it, and condemns it where it
# is so again: what the faults before this one did is got over first, so that no message stands where
# three of them hit by chance. Partitions where nothing comes stay as they are, and condemn nothing.
wait_for_progress() {
    local end=$((SECONDS + 30))
    until [ "$(sql 'select count(*) from tally.position where claims > 1 or tries > 0')" = 0 ]; do
        [ "$SECONDS" -lt "$end" ] || { echo "$(now_ms) some partitions have not moved" && return; }
        sleep 0.1
    done
}

# The worker ends by itself at the n-th time that it comes there; a point that it never reaches is told.
# What leads there besides the load is done meanwhile.
crash_lane_at() {
    local ends end program most=1
    pick worker-tally worker-tally-second
    program=$picked
    wait_for_progress
    case $1 in *load | *commit | *send | *delivery | *publish | *delete) most=12 ;; esac
    chance 1 "$most"
    ends=$(ends_of "$program")
    rearm "$program" "CRASH_AT=$1:$echo_chance"
    tried=$((tried + 1))
    end=$((SECONDS + 30))
    until [ "$(ends_of "$program")" -gt "$ends" ] || [ "$SECONDS" -ge "$end" ]; do sleep 0.05; done
    lead_to "$1" "$program" &
    until [ "$(ends_of "$program")" -ge $((ends + 2)) ]; do
        if [ "$SECONDS" -ge "$end" ]; then
            echo "$(now_ms) $program does not come to $1"
            hit KILL "$program"
            return 0
        fi
        sleep 0.05
    done
    tail -n 1 "$place/$program.ends" | grep 'signal 9$' >/dev/null || {
        echo "$(now_ms) $program ended, but not at $1"
        return 0
    }
    reached=$((reached + 1))
    echo "$(now_ms) $program came to $1"
}

# Only what was claimed thrice and did not move is tried message by message: two crashes lead there,
# while nobody else is there to go on with it. What is tried so is a batch of each partition, which is
# kept small: a load as this one's would have to be waited for for minutes.
crash_while_trying() {
    local program other ends end=$((SECONDS + 90)) i few=IDPMC_BATCH_MAX=50
    pick worker-tally worker-tally-second
    program=$picked
    other=$([ "$program" = worker-tally ] && echo worker-tally-second || echo worker-tally)
    wait_for_progress
    let_go "$other"
    tried=$((tried + 1))
    ends=$(($(ends_of "$program") + 1))
    rearm "$program" CRASH_AT=before-commit $few
    chance 1 3
    for i in CRASH_AT=before-commit "CRASH_AT=after-trying:$echo_chance" ''; do
        ends=$((ends + 1))
        until [ "$(ends_of "$program")" -ge "$ends" ] || [ "$SECONDS" -ge "$end" ]; do sleep 0.05; done
        arm "$program" "$i" $few
    done
    if [ "$SECONDS" -ge "$end" ]; then
        echo "$(now_ms) $program does not come to after-trying"
        hit KILL "$program"
    else
        reached=$((reached + 1))
        echo "$(now_ms) $program came to after-trying"
    fi
    arm "$other" $few
    keep_worker "$other"
}

lead_to() {
    case $1 in
    *park* | *retr*) lock_counters ;;
    *drain* | *leav* | *flush*) sleep 4 && hit TERM "$2" ;;
    revoked | *sweep | swept) sleep 3 && hit TERM "$([ "$2" = worker-tally ] && echo worker-tally-second || echo worker-tally)" ;;
    esac
}

# The most used counters of the run are locked for a while, so that their keys are parked. Its first
# tenants are those of its producer.
lock_counters() {
    psql --no-psqlrc --quiet "$DATABASE_URL" --command "begin" --command "
        select from tally.counters where (tenant, counter) in (
            select tenant, counter from tally.counters
             where tenant = any((select tenants from platform.producers
                                  order by created_at desc limit 1)::uuid[])
             order by count desc limit 5) for update" \
        --command "select pg_sleep(14)" --command "commit" >/dev/null 2>&1 || true
}

fault_locked() {
    echo "$(now_ms) five counters are locked"
    lock_counters
    echo "$(now_ms) and free again"
}

# ---- zombies ------------------------------------------------------------------------------------------
# It stands still until others have its partitions, and goes on where it was: stopped anywhere, or in
# the middle of a batch, whose transaction must then fail.
fault_zombie() {
    local program point
    pick worker-tally worker-tally-second
    program=$picked
    pick anywhere after-load before-commit before-commit after-commit after-publish
    point=$picked
    tried=$((tried + 1))
    if [ "$point" = anywhere ]; then
        hit STOP "$program"
    else
        chance 1 8
        freeze_at "$program" "$point:$echo_chance" || return 0
    fi
    reached=$((reached + 1))
    sleep 8
    hit CONT "$program"
    pause 1000 2000
}

stands_still() {
    [ "$(sed 's/.*) //; s/ .*//' "/proc/$(pid_of_program "$1")/stat" 2>/dev/null)" = T ]
}

freeze_at() {
    local end=$((SECONDS + 15))
    rearm "$1" "FREEZE_AT=$2"
    until stands_still "$1"; do
        if [ "$SECONDS" -ge "$end" ]; then
            echo "$(now_ms) $1 does not come to $2"
            hit KILL "$1"
            return 1
        fi
        sleep 0.05
    done
    echo "$(now_ms) $1 stands still at $2"
}

# Transactions of zombies that the fence refused.
fenced() {
    cat "$place"/worker-tally*.log | grep -c 'a claim is lost' || true
}

# Nothing: what the load and the judge say of a fleet that is left alone.
fault_calm() {
    sleep 2
}

# A member comes and goes every two seconds.
fault_storm() {
    local i
    for i in 1 2 3; do
        keep_worker worker-tally-third
        sleep 2
        let_go worker-tally-third
        echo "$(now_ms) a third member came and went"
    done
}

fault_lanes() {
    pick worker-tally worker-tally-second worker-mc worker-core
    chance 1 4
    rearm "$picked" "IDPMC_LANES=$echo_chance"
    pause 1500 3000
}

# From split to co-located and back, under load: each step drains.
fault_move() {
    stop_split
    mapfile -t settings < <(through lanes; through edge)
    keep fleet fleet IDPMC_HTTP_LISTEN="$http_first" "${settings[@]}"
    wait_for_http "$http_first"
    pause 1500 3000
    let_go fleet
    start_split
    wait_for_http "$http_first"
    echo "$(now_ms) co-located and back"
}

# Programs get a clock for the run, and none is left to other faults: it wakes who waits now and then,
# which might help somebody who should not need it.
give_clocks() {
    local program end=$((SECONDS + 30))
    clocks=(ingress ingress-second "${workers[@]}")
    for program in "${clocks[@]}"; do
        "$CHAOS" set-clock "$place/clock.$program" 0
        rearm "$program" "LD_PRELOAD=$(dirname "$CHAOS")/clock.so" "CHAOS_CLOCK=$place/clock.$program"
    done >>"$place/faults"
    for program in "${clocks[@]}"; do
        until has_clock "$program" || [ "$SECONDS" -ge "$end" ]; do sleep 0.1; done
        has_clock "$program" || breach "$program does not come back with a clock" >>"$place/faults"
    done
    wait_for_http "$http_first"
    wait_for_http "$http_second"
}

has_clock() {
    grep -q '/clock\.so$' "/proc/$(pid_of_program "$1")/maps" 2>/dev/null
}

take_clocks() {
    local program
    for program in "${clocks[@]}"; do
        hit TERM "$program"
    done >>"$place/faults"
}

# set_clocks SECONDS NAME...: so much ahead of this machine's.
set_clocks() {
    local seconds=$1 program
    shift
    for program in "$@"; do
        "$CHAOS" set-clock "$place/clock.$program" "$seconds"
    done
    echo "$(now_ms) the clock of $* is ahead by $seconds s"
}

# An hour ahead or behind, of one program or of all, for some seconds, and right again.
fault_clock() {
    local parts=("${clocks[@]}") hours
    pick "${parts[@]}" all all
    [ "$picked" = all ] || parts=("$picked")
    chance 0 1
    hours=$((2 * echo_chance - 1))
    set_clocks $((hours * 3600)) "${parts[@]}"
    pause 2000 8000
    set_clocks 0 "${parts[@]}"
    pause 1000 2000
}

# Below 60 MB nothing of it starts, from 80 MB on it is connected, and up to 150 MB a request or a batch
# may be what finds no more. Most of what it has otherwise is reserved and never used.
fault_memory() {
    pick ingress ingress-second "${workers[@]}"
    chance 50 150
    echo "$(now_ms) $picked gets $echo_chance MB"
    rearm "$picked" "AS=$echo_chance"
    pause 3000 5000
    hit KILL "$picked"
}

fault_descriptors() {
    pick ingress ingress-second "${workers[@]}"
    chance 12 60
    rearm "$picked" "NOFILE=$echo_chance"
    pause 3000 5000
    hit KILL "$picked"
}

# ---- the network ------------------------------------------------------------------------------------
bad_network() {
    pick edge_kafka lanes_kafka edge_postgres lanes_postgres any_redis
    echo "$(now_ms) $1 at $picked"
    echo "$1" >"$place/net.$picked"
    pause 1000 8000
    echo pass >"$place/net.$picked"
    echo "$(now_ms) $picked passes again"
}

# ---- disks ------------------------------------------------------------------------------------------
# Mounts of our own, if this process has been given some (run does).
small_disks_possible() {
    [ "$(readlink /proc/self/ns/mnt)" = "$(readlink /proc/1/ns/mnt)" ] || echo yes
}

# The servers' data goes to disks of a size, before anything runs.
move_to_small_disks() {
    local postgres
    postgres=$(cat "$RUN_ROOT/postgres.place")
    stop_server kafka
    stop_server postgres
    move_to_disk "$RUN_ROOT/kafka" 900m
    move_to_disk "$postgres" 900m
    restart_server kafka
    restart_server postgres
}

move_to_disk() {
    local owner
    owner=$(stat -c %U:%G "$1")
    mv "$1" "$1.before"
    mkdir -m "$(stat -c %a "$1.before")" "$1"
    mount -t tmpfs -o "size=$2,mode=$(stat -c %a "$1.before")" chaos "$1"
    chown "$owner" "$1"
    cp -a "$1.before/." "$1/"
    rm -rf "$1.before"
}

# Their folders can be removed then; the servers end on what they have open.
leave_small_disks() {
    case ,$list, in *,disk-*) umount --lazy "$RUN_ROOT/kafka" "$(cat "$RUN_ROOT/postgres.place")" || true ;; esac
}

fill_disk() {
    local folder
    folder=$([ "$1" = postgres ] && cat "$RUN_ROOT/postgres.place" || echo "$RUN_ROOT/kafka")
    echo "$(now_ms) the disk of $1 is full"
    cat /dev/zero >"$folder/ballast" 2>/dev/null || true
    pause 4000 8000
    rm -f "$folder/ballast"
    echo "$(now_ms) it has room again"
    case $1 in
    postgres) running "$RUN_ROOT/postgres.pid" || restart_server postgres ;;
    *) running "$RUN_ROOT/kafka.pid" || restart_server kafka ;;
    esac
}
