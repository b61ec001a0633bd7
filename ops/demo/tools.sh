# What the demo is played with; sourced. Commands go through the ingress with curl, the topics are
# read with kcat and the database with psql: nothing here asks the fleet for its own numbers.
# shellcheck shell=bash
name=demo
. "$(dirname "${BASH_SOURCE[0]}")/../local/common.sh"

bin=${BIN:-$repo/bin}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'echo "demo: stopped in line $LINENO" >&2' ERR

new_id() {
    cat /proc/sys/kernel/random/uuid
}

token_for() {
    "$bin/fleetctl" token --user "$1"
}

# post TOKEN ORGANIZATION TYPE BODY [KEY]: sends a command, waits for its outcome, and leaves the
# answer in $answer and its status in $status. The organization is "" where there is none yet.
post() {
    status=$(curl --silent --max-time 20 --output "$work/answer" --write-out '%{http_code}' \
        --header "Authorization: Bearer $1" --header 'Content-Type: application/json' \
        --header 'Prefer: wait=15' ${2:+--header "X-Organization-ID: $2"} \
        ${5:+--header "Idempotency-Key: $5"} --data "$4" "$INGRESS_URL/v1/commands/$3") || true
    answer=$(cat "$work/answer")
}

# As post; everything but "applied" ends the demo.
must_post() {
    post "$@"
    [ "$status" = 200 ] || fail "$3 was answered with $status: $answer"
}

# get TOKEN ORGANIZATION PATH
get() {
    status=$(curl --silent --max-time 10 --output "$work/answer" --write-out '%{http_code}' \
        --header "Authorization: Bearer $1" --header "X-Organization-ID: $2" "$INGRESS_URL$3") || true
    answer=$(cat "$work/answer")
}

# A plan is a file with a command a line: key, token, organization, type, body, tabs between.
# send PLAN ANSWERS: many at a time over few connections; appends `key status` lines as they come,
# with status 000 where no answer came.
send() {
    awk -F '\t' -v url="$INGRESS_URL/v1/commands/" -v config="$2.config" '{
        body = $5
        gsub(/["\\]/, "\\\\&", body)
        printf "next\nurl = \"%s%s\"\ndata = \"%s\"\n", url, $4, body >config
        printf "header = \"Authorization: Bearer %s\"\nheader = \"X-Organization-ID: %s\"\n", $2, $3 >config
        printf "header = \"Idempotency-Key: %s\"\nheader = \"Prefer: wait=15\"\n", $1 >config
        printf "header = \"Content-Type: application/json\"\nmax-time = 30\n" >config
        printf "output = \"/dev/null\"\nwrite-out = \"%s %%{http_code}\\n\"\n", $1 >config
    }' "$1"
    curl --silent --parallel --parallel-immediate --parallel-max 128 --config "$2.config" \
        >>"$2" 2>/dev/null || true
}

# unanswered PLAN ANSWERS: the lines of the plan whose fate nobody told: neither applied (200) nor
# promised (202).
unanswered() {
    awk -F '\t' 'NR == FNR {split($0, a, " "); told[a[1]] = told[a[1]] || a[2] ~ /^20[02]$/; next}
        !told[$1]' "$2" "$1"
}

# must_send PLAN: sends it and wants all of it applied.
must_send() {
    local answers=$1.answers bad
    send "$1" "$answers"
    bad=$(grep -c -v ' 200$' "$answers") || true
    [ "$bad" -eq 0 ] || fail "$bad of $(wc -l <"$1") commands were not applied: $(cut -d ' ' -f 2 \
        "$answers" | sort | uniq -c | tr -s ' \n' ' ')"
}

# sql QUERY: as the operator, who sees every tenant; bars between columns.
sql() {
    psql "$DATABASE_URL" --no-psqlrc --quiet --tuples-only --no-align --command="$1"
}

# topic NAME ORGANIZATION: what the topic holds of an organization, from the start, each id once, as
# JSON in a line.
topic() {
    kcat -C -q -e -X fetch.wait.max.ms=10 -b "$KAFKA_BROKERS" -t "$1" \
        -f "$("$bin/fleetctl" decode --format)" |
        "$bin/fleetctl" decode | grep -F "\"key\":\"$2/" |
        awk 'match($0, /"ce_id":"[^"]*"/) && !seen[substr($0, RSTART, RLENGTH)]++'
}

# eventually SECONDS WANTED COMMAND...: until the command prints what is wanted.
eventually() {
    local end=$((SECONDS + $1)) wanted=$2 seen
    shift 2
    until seen=$("$@") && [ "$seen" = "$wanted" ]; do
        [ "$SECONDS" -lt "$end" ] || fail "wanted $wanted, and it stays at $seen: ${*: -1}"
        sleep 0.1
    done
}

# seconds BEGAN_MS: from then to now, as 1.2
seconds() {
    local ms=$(($(now_ms) - $1))
    printf '%d.%d' $((ms / 1000)) $((ms % 1000 / 100))
}

chapter() {
    if [ -t 1 ]; then printf '\n\033[1m%s\033[0m\n' "$*"; else printf '\n%s\n' "$*"; fi
}

say() {
    printf '  %s\n' "$*"
}
