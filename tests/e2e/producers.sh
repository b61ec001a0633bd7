#!/bin/bash
# The producers of docs/guides/producers: each is tested with the vectors, and sends a command that is
# applied. A language whose tools or packages are not to be had here is passed over, and that is said.
. "$(dirname "$(realpath "$0")")/../support/arrangement.sh"
arrangements=(co-located)
guides=$PWD/docs/guides/producers
built=$PWD/build/producers
export PYTHONDONTWRITEBYTECODE=yes

prepare() {
    prepare_club || return 1
    sensor=sensor-$(new_id)
    tell 0 "$fleetctl" producer add --id "$sensor" --tenant "$club" --type mc.record-check.v1 || return 1
    PRODUCER_SECRET=$(grep -hoE '[0-9a-f]{64}' "$place/out")
    export KAFKA_BROKERS PRODUCER_KEY=$sensor PRODUCER_SECRET PRODUCER_TENANT=$club
    mkdir -p "$built"
}

# can LANGUAGE COMMAND...: prepares what a language needs; where it can't, says so.
can() {
    local language=$1
    shift
    "$@" >"$place/$language" 2>&1 && return 0
    echo "# note: $language is passed over: $(grep . "$place/$language" | tail -n 1 | cut -c 1-120)"
    return 1
}

# sends BACK COMMAND...: it prints the id of a check of so many days ago, which is then applied.
sends() {
    local day
    day=$(today "-$1 days")
    shift
    tell 0 "$@" mc.record-check.v1 "$player" "$(check_of "$player" "$habit" "$day")" || return 1
    id=$(tail -n 1 "$place/out")
    soon 75 is_applied # workers learn of a credential within a minute
}

is_applied() {
    [ "$(sql "select outcome from mc.inbox where tenant = '$club' and id = '$id'")" = 0 ]
}

install_python() {
    [ -x "$built/python/bin/python" ] && "$built/python/bin/python" -c 'import confluent_kafka' && return
    python3 -m venv "$built/python" &&
        "$built/python/bin/pip" install --quiet --requirement "$guides/python/requirements.txt"
}

test_python() {
    can Python install_python || return 0
    tell 0 "$built/python/bin/python" "$guides/python/test_producer.py" &&
        sends 0 "$built/python/bin/python" "$guides/python/producer.py"
}

build_go() {
    go -C "$guides/go" build -o "$built/go-producer" .
}

test_go() {
    can Go build_go || return 0
    tell 0 go -C "$guides/go" test . && sends 1 "$built/go-producer"
}

# Kafka itself runs from jars that hold its client.
test_java() {
    local jars
    jars=$(echo .run/cache/kafka-*/)
    can Java java -version || return 0
    sends 2 java -cp "${jars%% *}*" "$guides/java/Producer.java"
}

run_in_both
