#!/bin/bash
# The live stream: who sees what, and that nothing is missed or told twice, whatever happens to the
# connection, the ingress or Kafka.
. "$(dirname "$(realpath "$0")")/../support/arrangement.sh"
. tests/support/listening.sh

test_each_sees_what_they_may_see_and_no_other_club() {
    local user name fence query='?type=mc.check-recorded&type=core.team-created'
    for name in admin_user coach player loner; do
        user=${!name} listen "$name" || return 1
    done
    club=$other_club user=$other_admin listen other || return 1
    user=$player post mc.record-check "$(check_of "$player" "$habit")" && wants 200 || return 1
    user=$loner post mc.record-check "$(check_of "$loner" "$loner_habit")" && wants 200 || return 1
    fence=$(new_id)
    user=$admin_user post core.create-team "{\"team\":\"$fence\",\"name\":\"x\"}" && wants 200 &&
        club=$other_club user=$other_admin post core.create-team "{\"team\":\"$fence\",\"name\":\"x\"}" &&
        wants 200 || return 1
    for name in admin_user coach player loner other; do
        heard "$name" "any(.type == \"core.team-created.v1\" and .data.team == \"$fence\")" || return 1
    done
    sleep 0.3
    # Topics have no order between them.
    heard admin_user "(map(.data.player) | sort) == ([null, \"$player\", \"$loner\"] | sort)" &&
        heard coach "(map(.data.player) | sort) == [null, \"$player\"]" &&
        heard player "(map(.data.player) | sort) == [null, \"$player\"]" &&
        heard loner "(map(.data.player) | sort) == [null, \"$loner\"]" &&
        heard other "map(.type) == [\"core.team-created.v1\"]" || return 1
    hush admin_user coach player loner other
}

test_a_player_is_told_of_no_places_in_teams_but_their_own() {
    local user=$admin_user name own mate member fence query='?type=core.team-assigned&type=core.team-created'
    own=$(new_id) mate=$(new_id) fence=$(new_id)
    add_member "$own" player && add_member "$mate" player || return 1
    for name in admin_user coach own; do
        user=${!name} listen "$name" || return 1
    done
    for member in "$mate" "$own"; do
        post core.assign-to-team "{\"team\":\"$team\",\"member\":\"$member\",\"as\":\"player\"}"
        wants 200 || return 1
    done
    post core.create-team "{\"team\":\"$fence\",\"name\":\"x\"}" && wants 200 || return 1
    # They are one key's: what comes before the fence has been told before it.
    for name in admin_user coach own; do
        heard "$name" "any(.data.team == \"$fence\")" || return 1
    done
    heard admin_user "map(.data.member) == [\"$mate\", \"$own\", null]" &&
        heard coach "map(.data.member) == [\"$mate\", \"$own\", null]" &&
        heard own "map(.data.member) == [\"$own\", null]" || return 1
    hush admin_user coach own
}

test_an_event_is_a_cloud_event_with_its_cause() {
    local user=$player query="?type=mc.check-recorded&player=$player"
    listen mine || return 1
    post mc.define-habit "$(habit_of "$player" "$(new_id)")" && wants 200 || return 1
    post mc.record-check "$(check_of "$player" "$habit" "$(today)" false)" && wants 200 || return 1
    heard mine "length == 1 and (.[0] | .specversion == \"1.0\" and (.id | length == 36) and
        .source == \"/idpmc/mc\" and .type == \"mc.check-recorded.v1\" and .subject == \"$player\" and
        .datacontenttype == \"application/json\" and .tenant == \"$club\" and
        .actor == \"user:$player\" and .correlationid == \"$id\" and (.sequence | length == 25) and
        (.time | endswith(\"Z\")) and .data.habit == \"$habit\" and .data.done == false)" &&
        grep -q '^event: mc.check-recorded.v1$' "$place/mine.stream" &&
        grep -q '^retry: [0-9]*$' "$place/mine.stream" &&
        grep -qi '^Content-Type: text/event-stream' "$place/mine.head" || return 1
    hush mine
}

test_what_cannot_be_asked_is_refused() {
    local user=$player cursor
    listen here || return 1
    cursor=$(last_id here)
    hush here
    get /v1/events --header "Last-Event-ID: ${cursor%?????}AAAAA" && wants 400 malformed_cursor &&
        get /v1/events --header "Last-Event-ID: 17" && wants 400 malformed_cursor &&
        get '/v1/events?type=mc.nothing' && wants 404 unknown_type &&
        get '/v1/events?type=mc.record-check' && wants 404 unknown_type &&
        get '/v1/events?player=me' && wants 400 malformed_parameter &&
        get '/v1/events?since=1' && wants 400 malformed_parameter &&
        club='' get /v1/events && wants 400 organization_malformed &&
        user='' get /v1/events && wants 401 token_missing &&
        user=$(new_id) get /v1/events && wants 403 not_a_member &&
        club=$other_club user=$other_admin get /v1/events --header "Last-Event-ID: $cursor" &&
        wants 400 malformed_cursor && get /v1/events --head && wants 200 &&
        [ "$(head_field Content-Type)" = text/event-stream ]
}

# ---- nothing is missed or told twice -------------------------------------------------------------
# 200 checks, each of another habit or day, without waiting.
make_habits() {
    local i
    habits=()
    for i in {1..20}; do
        habits+=("$(new_id)")
        send mc.define-habit "$(habit_of "$player" "${habits[-1]}" "$(today '-13 days')")"
        wants 202 || return 1
    done
}

burst() {
    local habit day token
    token=$(cached_token "$player")
    for day in {0..9}; do
        for habit in "${habits[@]}"; do
            printf '%s\n' next "url = \"${base:-$ingress}/v1/commands/mc.record-check\"" \
                "header = \"Authorization: Bearer $token\"" "header = \"X-Organization-ID: $club\"" \
                'header = "Content-Type: application/json"' 'max-time = 20' 'output = "/dev/null"' \
                "data = \"{\\\"player\\\":\\\"$player\\\",\\\"habit\\\":\\\"$habit\\\",\\\"day\\\":\\\"$(today "-$day days")\\\",\\\"done\\\":true}\""
        done
    done >"$place/burst"
    curl --silent --parallel --parallel-max 4 --config "$place/burst" >/dev/null 2>&1
}

checks_of() {
    told "$1" | jq -r --arg habits "${habits[*]}" \
        'select(.data.habit as $habit | $habits | contains($habit)) | .id'
}

# All 200 were told by these streams together, each once.
told_once() {
    local name ids
    ids=$(for name in "$@"; do checks_of "$name"; done)
    [ "$(wc -l <<<"$ids")" = 200 ] && [ "$(sort -u <<<"$ids" | wc -l)" = 200 ]
}

test_who_comes_back_on_any_ingress_misses_nothing_and_hears_nothing_twice() {
    local user=$player query='?type=mc.check-recorded' turn cursor='' names=()
    make_habits && listen part0 || return 1
    names=(part0)
    burst &
    for turn in {1..8}; do
        sleep 0.15
        hush "part$((turn - 1))"
        cursor=$(last_id "part$((turn - 1))")
        base=$([ $((turn % 2)) = 1 ] && echo "$second_ingress" || echo "$ingress") \
            listen "part$turn" --header "Last-Event-ID: $cursor" || return 1
        names+=("part$turn")
    done
    soon 40 told_once "${names[@]}" || { wc -l "$place"/part*.stream | sed 's/^/# /'; return 1; }
    hush part8
}

test_a_restart_of_the_ingress_is_a_pause_of_its_streams() {
    local user=$player query='?type=mc.check-recorded'
    make_habits && listen before || return 1
    base=$second_ingress burst &
    sleep 0.3
    kill_parts
    start_parts || return 1
    listen after --header "Last-Event-ID: $(last_id before)" || return 1
    soon 40 told_once before after || { wc -l "$place"/*.stream | sed 's/^/# /'; return 1; }
    hush before after
}

# ---- when a stream ends --------------------------------------------------------------------------
test_a_revoked_member_is_sent_away() {
    local member
    member=$(new_id)
    user=$admin_user add_member "$member" player && user=$member listen gone || return 1
    user=$admin_user post core.remove-member "{\"member\":\"$member\"}" && wants 200 || return 1
    soon 20 ended gone not_a_member && user=$member get /v1/events && wants 403 not_a_member
}

# More players than one coach's stream knows, in a team at once: commands would take too long.
crowd_team() {
    sql "with player as (insert into core.members (tenant, member, roles)
                         select '$club', gen_random_uuid(), 1 from generate_series(1, 5001)
                         returning member)
         insert into core.team_members (tenant, member, team, roles)
         select '$club', member, '$1', 1 from player;
         update core.teams set members = members + 5001 where tenant = '$club' and team = '$1'"
}

test_a_coach_of_too_many_players_is_sent_away_and_an_admin_is_not() {
    local user=$admin_user many crowd
    many=$(new_id) crowd=$(new_id)
    add_member "$many" coach && post core.create-team "{\"team\":\"$crowd\",\"name\":\"x\"}" &&
        wants 200 &&
        post core.assign-to-team "{\"team\":\"$crowd\",\"member\":\"$many\",\"as\":\"coach\"}" &&
        wants 200 && user=$many listen many && listen admin_user && crowd_team "$crowd" || return 1
    post core.create-team "{\"team\":\"$(new_id)\",\"name\":\"x\"}" && wants 200 || return 1
    soon 20 ended many too_many_players && user=$many get /v1/events &&
        wants 403 too_many_players && listens admin_user || return 1
    post core.change-roles "{\"member\":\"$many\",\"roles\":[\"coach\",\"org_admin\"]}" && wants 200 &&
        soon 20 lets_in "$many" && user=$many listen many && sleep 3 && listens many || return 1
    hush many admin_user
}

lets_in() {
    user=$1 get /v1/events --head && [ "$status" = 200 ]
}

# The player's check, which says something new; a second after the player was told of it.
tell_another_check() {
    said=$([ "$said" = true ] && echo false || echo true)
    user=$player post mc.record-check "$(check_of "$player" "$habit" "$(today '-1 days')" "$said")" &&
        wants 200 && heard player "any(.correlationid == \"$id\")" && sleep 1
}

coach_was_told() {
    hears coach "any(.correlationid == \"$id\")"
}

# Rights are read again every two seconds at most, so the coach may be told of a few more.
test_who_loses_the_team_sees_its_players_no_more() {
    local turn said=true missed
    user=$coach listen coach && user=$player listen player || return 1
    tell_another_check && heard coach "any(.correlationid == \"$id\")" || return 1
    user=$admin_user post core.change-roles "{\"member\":\"$coach\",\"roles\":[\"player\"]}" &&
        wants 200 || return 1
    for turn in {1..8}; do
        tell_another_check || return 1
        coach_was_told || break
    done
    ! coach_was_told || { echo "# the coach is told all $turn checks"; return 1; }
    missed=$id
    user=$admin_user post core.change-roles "{\"member\":\"$coach\",\"roles\":[\"coach\"]}" &&
        wants 200 || return 1
    for turn in {1..8}; do
        tell_another_check || return 1
        ! coach_was_told || break
    done
    heard coach "any(.correlationid == \"$id\") and all(.correlationid != \"$missed\")" || return 1
    hush coach player
}

run_in_both
