# shellcheck shell=bash
# Sourced behind arrangement.sh by tests of the live stream: who listens, what they were told, and a
# club to listen to.
declare -A listeners
export IDPMC_EVENTS_STREAMS_PER_USER=20 # a test that fails leaves some open

# listen NAME [OPTION OF CURL]...: a stream of $user's, with $query, until `hush NAME`.
listen() {
    local name=$1
    shift
    : >"$place/$name.stream"
    curl --silent --no-buffer --max-time 60 --dump-header "$place/$name.head" \
        --output "$place/$name.stream" --header "Authorization: Bearer $(cached_token "$user")" \
        --header "X-Organization-ID: $club" "$@" "${base:-$ingress}/v1/events${query:-}" &
    listeners[$name]=$!
    soon 20 grep -q '^id: ' "$place/$name.stream"
}

# Does it listen still? Its number may be another process's, once it has ended by itself.
listens() {
    jobs -pr | grep -qx "${listeners[$1]}"
}

hush() {
    local name
    for name in "$@"; do
        ! listens "$name" || kill "${listeners[$name]}" 2>/dev/null
        wait "${listeners[$name]}" 2>/dev/null
    done
    return 0
}

# What a stream told, an event a line: only what came whole counts.
told() {
    awk '/^data: / {data = substr($0, 7)} /^event: / {type = $2}
         /^$/ {if (data != "" && type != "end") print data; data = ""; type = ""}' \
        "$place/$1.stream"
}

# The id that a client would send when it comes back.
last_id() {
    awk '/^id: / {id = substr($0, 5)} /^$/ {if (id != "") last = id; id = ""} END {print last}' \
        "$place/$1.stream"
}

# ended NAME REASON: the stream's last words.
ended() {
    grep -A 1 '^event: end$' "$place/$1.stream" | grep -qF "{\"reason\":\"$2\"}" &&
        ! listens "$1"
}

# heard NAME FILTER: jq's filter holds for the list of what a stream told, soon. All that reads Kafka
# may have to reconnect first.
heard() {
    soon 40 hears "$@" && return 0
    told "$1" | jq -c '[.type, .subject, .data]' | sed "s/^/# $1: /"
    return 1
}

hears() {
    told "$1" | jq -e -s "$2" >/dev/null
}

# A club of its own with an admin, a coach of a team, a player in it and one who is not, each with a
# habit. The other club is $other_club, with $other_admin.
prepare() {
    prepare_club || return 1
    other_club=$club other_admin=$admin_user
    prepare_club || return 1
    loner=$(new_id) loner_habit=$(new_id)
    user=$admin_user
    add_member "$loner" player || return 1
    post mc.define-habit "$(habit_of "$loner" "$loner_habit" "$(today '-3 days')")"
    wants 200
}
