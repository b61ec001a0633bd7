#!/bin/bash
# The private servers of ops/local: they keep what they acknowledged, say in a line why they cannot
# start, and leave other people's processes alone.
set -u
self=$(realpath "$0")
cd "$(dirname "$self")/../.."
name=local_servers
. ops/local/common.sh
set +e

place=$(mktemp -d)
root=$place/root
choose_ports

finish() {
    jobs -p | xargs -r kill 2>/dev/null
    ops/local/servers reset "$root" >/dev/null 2>&1
    rm -rf "$place"
}
trap finish EXIT

check() {
    if "$1"; then echo "ok $1"; else echo "not ok $1"; fi
}

server_pids() {
    cat "$root"/kafka.pid "$root"/postgres.pid "$root"/redis.pid
}

sql() {
    psql "$DATABASE_URL" --no-psqlrc --quiet --tuples-only --no-align "$@"
}

# Until all its threads have ended: while one is left, a start says that it runs.
kill_server() {
    terminate "$root/$1.pid" KILL 20
}

# soon COMMAND...: until it succeeds.
soon() {
    local end=$((SECONDS + 30))
    until "$@"; do
        [ "$SECONDS" -lt "$end" ] || { echo "# not in time: $*"; return 1; }
        sleep 0.05
    done
}

restart() {
    ops/local/servers start "$root" >"$place/start.out" 2>&1 || { cat "$place/start.out"; return 1; }
}

# one_line COMMAND...: fails, and says why in exactly one line, which is then in $said.
one_line() {
    said=$("$@" 2>&1) && { echo "# it succeeded: $said"; return 1; }
    [ "$(wc -l <<<"$said")" -eq 1 ] || { echo "# not one line: $said"; return 1; }
}

test_they_start_and_hold_nothing_of_their_starter() {
    exec 7>"$place/held"
    restart && . "$root/env" || return 1
    exec 7>&-
    ! find "/proc/$(pid_of "$root/kafka.pid")/fd" "/proc/$(pid_of "$root/postgres.pid")/fd" \
        "/proc/$(pid_of "$root/redis.pid")/fd" -lname "$place/held" | grep .
}

test_a_commit_is_on_disk_before_it_is_acknowledged() {
    local fsync commit
    fsync=$(sql --command='show fsync')
    commit=$(sql --command='show synchronous_commit')
    echo "# note: PostgreSQL runs with fsync=$fsync synchronous_commit=$commit"
    [ "$fsync $commit" = "on on" ]
}

test_secrets_are_for_their_owner_only() {
    [ "$(stat -c %a "$root/env" "$root/fleet.env" "$root/secrets" | sort -u)" = 600 ]
}

test_they_listen_on_loopback_only() {
    ! cat /proc/net/tcp /proc/net/tcp6 | awk '$4 == "0A" {print $2}' |
        grep -E ":($(printf '%04X|%04X|%04X|%04X' "$KAFKA_PORT" "$KAFKA_CONTROLLER_PORT" \
            "$POSTGRES_PORT" "$REDIS_PORT"))\$" |
        grep -vE '^(0100007F|0000000000000000FFFF00000100007F):'
}

test_a_second_start_changes_nothing() {
    local before
    before=$(server_pids)
    restart && [ "$(server_pids)" = "$before" ]
}

# Every number that psql printed was committed.
test_postgres_killed_in_a_burst_keeps_what_it_acknowledged() {
    local lost
    sql --command='create table kept (n int)' || return 1
    seq 200000 | sed 's/.*/insert into kept values (&) returning n;/' |
        sql >"$place/committed" 2>/dev/null &
    soon test -s "$place/committed" && sleep 1
    kill_server postgres
    wait $!
    restart || return 1
    [ -s "$place/committed" ] || return 1
    sql --command='select n from kept' | sort >"$place/kept"
    lost=$(sort "$place/committed" | comm -23 - "$place/kept" | wc -l)
    echo "# note: $(wc -l <"$place/committed") commits acknowledged before kill -9, $lost lost"
    [ "$lost" -eq 0 ]
}

create_topic() {
    java -Xmx128m -XX:TieredStopAtLevel=1 -cp "$(echo .run/cache/kafka-*/)*" \
        org.apache.kafka.tools.TopicCommand --bootstrap-server "$KAFKA_BROKERS" \
        --create --topic kept --partitions 3 >"$place/topic.out" 2>&1 || cat "$place/topic.out"
}

# One kcat a message: its exit code is the acknowledgement.
produce_until_refused() {
    local n
    for n in $(seq 1000); do
        echo "$n" | kcat -P -b "$KAFKA_BROKERS" -t kept -X acks=all -X message.timeout.ms=10000 \
            2>/dev/null || return
        echo "$n"
    done
}

test_kafka_killed_in_a_burst_keeps_what_it_acknowledged() {
    local lost
    create_topic
    produce_until_refused >"$place/delivered" &
    soon test -s "$place/delivered" && sleep 3
    kill_server kafka
    wait $!
    restart || return 1
    [ -s "$place/delivered" ] || return 1
    kcat -C -b "$KAFKA_BROKERS" -t kept -o beginning -e -q | sort -u >"$place/read"
    lost=$(sort -u "$place/delivered" | comm -23 - "$place/read" | wc -l)
    echo "# note: $(wc -l <"$place/delivered") records acknowledged before kill -9, $lost lost"
    [ "$lost" -eq 0 ]
}

test_a_taken_port_is_one_clear_line() {
    one_line env REDIS_PORT="$KAFKA_PORT" ops/local/redis/server start "$place/other" &&
        [[ $said == *"port $KAFKA_PORT is taken"*REDIS_PORT* ]]
}

# give_ports UNTIL: to a script that lives until that file is there.
give_ports() {
    TMPDIR=$place bash -c '. ops/local/common.sh
        for ((i = 0; i < 150; i++)); do free_port; done
        until [ -e "$0" ]; do sleep 0.05; done' "$1"
}

test_no_two_scripts_are_given_one_port() {
    local first second
    give_ports "$place/until" >"$place/given.1" &
    first=$!
    give_ports "$place/until" >"$place/given.2" &
    second=$!
    until [ "$(cat "$place"/given.? | wc -l)" -eq 300 ]; do sleep 0.05; done
    touch "$place/until"
    wait "$first" "$second"
    sort "$place"/given.? | uniq --repeated | sed 's/^/# given twice: /' | grep . && return 1
    give_ports "$place/until" >"$place/given.3"
    [ "$(wc -l <"$place/idpmc-ports-$UID")" -eq 150 ] && return 0
    echo "# ended scripts keep their ports"
    return 1
}

test_too_little_memory_is_one_clear_line() {
    one_line env LOCAL_MEMORY_MB=99999999 ops/local/servers start "$place/other" &&
        [[ $said == *"too little memory"*99999999* ]]
}

test_too_little_disk_is_one_clear_line() {
    one_line env LOCAL_DISK_MB=9999999999 ops/local/servers start "$place/other" &&
        [[ $said == *"too little disk"*9999999999* ]]
}

test_a_missing_program_is_one_clear_line() {
    mkdir "$place/bin" && cp -s /usr/bin/* "$place/bin" 2>/dev/null
    rm "$place/bin/redis-server"
    one_line env PATH="$place/bin" REDIS_PORT="$(free_port)" ops/local/redis/server start \
        "$place/other" && [[ $said == *redis-server*"make install"* ]]
}

# A pid file that outlived its process names a number that somebody else has now.
test_stop_leaves_a_stranger_with_an_old_number_alone() {
    local stranger
    mkdir -p "$place/other"
    sleep 60 &
    stranger=$!
    echo "$stranger 1" >"$place/other/redis.pid"
    ops/local/redis/server stop "$place/other" && kill -0 "$stranger"
}

test_postgres_stops_beside_a_process_of_its_own_that_is_frozen() {
    local frozen
    frozen=$(sql --command="select pid from pg_stat_activity where backend_type = 'checkpointer'")
    kill -s STOP "$frozen" || return 1
    LOCAL_STOP_S=1 ops/local/postgres/server stop "$root"
    [ -z "$(start_time "$frozen")" ] && restart && [ "$(sql --command='select 1')" = 1 ]
}

test_stop_ends_all_three_and_nothing_else() {
    local pids stranger
    stranger=$(free_port)
    redis-server --port "$stranger" --bind 127.0.0.1 --save '' --dir "$place" >/dev/null &
    pids=$(cut -d ' ' -f 1 "$root"/*.pid)
    soon answers "$stranger" && ops/local/servers stop "$root" || return 1
    for pid in $pids; do
        [ -z "$(start_time "$pid")" ] || return 1
    done
    answers "$stranger" && ops/local/servers stop "$root"
}

answers() {
    [ "$(redis-cli -p "$1" ping 2>/dev/null)" = PONG ]
}

mapfile -t tests < <(sed -n 's/^\(test_[a-z_]*\)() {$/\1/p' "$self")
echo "1..${#tests[@]}"
for test in "${tests[@]}"; do
    check "$test"
done
