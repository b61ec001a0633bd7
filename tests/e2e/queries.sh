#!/bin/bash
# What readers get: answers by contract, page by page, to those who may, and to nobody else.
. "$(dirname "$(realpath "$0")")/../support/arrangement.sh"

# Beside the club's three members five more, two of them coaches; and another club of the same coach.
prepare() {
    local i
    prepare_club || return 1
    user=$admin_user
    for i in 1 2 3 4 5; do
        add_member "$(new_id)" "$([ "$i" -le 2 ] && echo coach || echo player)" || return 1
    done
    home=$club
    user=$coach found_club 'Harbour FC' || return 1
    other=$club club=$home
}

# The ids of the last page's items.
ids() {
    jq -r ".items[].$1" "$place/answer"
}

# turn_pages PATH NAME: follows `next` to the end; all ids in $place/ids, the number of pages in $pages.
turn_pages() {
    local path=$1 next
    pages=0
    : >"$place/ids"
    while [ "$pages" -lt 20 ]; do
        get "$path" && wants 200 || return 1
        pages=$((pages + 1))
        ids "$2" >>"$place/ids"
        next=$(jq -r '.next // empty' "$place/answer")
        if [ -z "$next" ]; then
            [ -z "$(head_field Link)" ] && return 0
            echo "# the last page has a Link: $(head_field Link)"
            return 1
        fi
        [[ $(head_field Link) == "<"*"cursor=$next>; rel=\"next\"" ]] ||
            { echo "# Link: $(head_field Link)"; return 1; }
        path=$(head_field Link | sed 's/^<\(.*\)>;.*/\1/')
    done
    return 1
}

test_members_come_page_by_page() {
    local user=$coach
    turn_pages '/v1/core/members?limit=3' member || return 1
    [ "$pages" = 3 ] && [ "$(sort -u "$place/ids")" = "$(cat "$place/ids")" ] &&
        [ "$(wc -l <"$place/ids")" = 8 ] && grep -qx "$player" "$place/ids" && return 0
    echo "# $pages pages:"
    sed 's/^/# /' "$place/ids"
    return 1
}

test_a_link_keeps_what_was_asked() {
    local user=$coach
    turn_pages '/v1/core/members?limit=2&role=coach' member && [ "$pages" = 2 ] &&
        [ "$(wc -l <"$place/ids")" = 3 ] && grep -qx "$coach" "$place/ids"
}

test_a_page_that_fits_is_the_only_one() {
    local user=$coach
    get /v1/core/members
    wants 200 && has '(.items | length == 8) and (has("next") | not) and
        all(.items[]; keys == ["member", "roles"])' &&
        has ".items[] | select(.member == \"$admin_user\") | .roles == [\"org_admin\"]"
}

test_the_organization_its_teams_and_their_members_are_told() {
    local user=$coach
    get /v1/core/organization
    wants 200 && has ". == {\"name\": \"Fjord IL\", \"zone\": \"$zone\", \"kind\": \"club\"}" || return 1
    get /v1/core/teams
    wants 200 && has ". == {\"items\": [{\"team\": \"$team\", \"name\": \"Girls 13\"}]}" || return 1
    get "/v1/core/teams/$team/members"
    wants 200 && has "[.items[] | {(.member): .roles}] | add ==
        {\"$player\": [\"player\"], \"$coach\": [\"coach\"]}" || return 1
    get "/v1/core/teams/$(new_id)/members"
    wants 404 not_found
}

test_habits_are_told_until_they_are_over() {
    local user=$player ended
    ended=$(new_id)
    post mc.define-habit "$(habit_of "$player" "$ended" "$(today '-3 days')")"
    wants 200 || return 1
    post mc.retire-habit "{\"player\":\"$player\",\"habit\":\"$ended\",\"day\":\"$(today '-1 days')\"}"
    wants 200 || return 1
    get "/v1/mc/players/$player/habits"
    wants 200 && has "[.items[].habit] | index(\"$habit\") and (index(\"$ended\") | not)" &&
        has ".items[] | select(.habit == \"$habit\") | .title == \"Ball work\" and .weight == 3 and
            (.weekdays | length == 7) and .from == \"$(today '-3 days')\" and (has(\"until\") | not)" ||
        return 1
    get "/v1/mc/players/$player/habits?retired=true"
    wants 200 && has "[.items[].habit] | index(\"$habit\") and index(\"$ended\")"
}

test_who_may_not_read_is_told_so() {
    local user=$player
    get /v1/core/members && wants 403 forbidden || return 1
    get "/v1/core/teams/$team/members" && wants 403 forbidden || return 1
    get /v1/core/teams && wants 200 || return 1
    get /v1/core/organization && wants 200 || return 1
    user=$(new_id)
    get /v1/core/organization && wants 403 forbidden
}

# is_wrong PATH PARAMETER CODE
is_wrong() {
    get "$1"
    wants 400 malformed_parameter "#/$2" && has "any(.errors[]; .pointer == \"#/$2\" and .code == \"$3\")"
}

test_parameters_that_break_the_contract_are_named() {
    local user=$coach week=/v1/mc/players/$player/weeks
    is_wrong '/v1/core/members?limit=0' limit too_small &&
        is_wrong '/v1/core/members?limit=201' limit too_large &&
        is_wrong '/v1/core/members?limit=many' limit wrong_type &&
        is_wrong '/v1/core/members?limit=3&limit=4' limit duplicate_field &&
        is_wrong '/v1/core/members?role=boss' role not_one_of &&
        is_wrong '/v1/core/members?role=coach&role=player' role duplicate_field &&
        is_wrong '/v1/core/members?colour=red' colour unknown_field &&
        is_wrong '/v1/core/teams/x/members' team not_a_uuid &&
        is_wrong "/v1/core/teams/$team/members?team=$team" team duplicate_field &&
        is_wrong "/v1/mc/players/x/weeks/$(this_week)" player not_a_uuid &&
        is_wrong "$week/2026-W54" week malformed &&
        is_wrong "$week/2026-47" week too_short &&
        is_wrong "$week/$(this_week)?limit=3" limit unknown_field || return 1
    get "/v1/mc/players/x/weeks/2026-W4"
    wants 400 malformed_parameter && has '[.errors[].pointer] == ["#/player", "#/week"]'
}

test_what_is_percent_encoded_is_read() {
    local user=$coach
    get '/v1/core/members?role=%63oach'
    wants 200 && has '.items | length == 3' || return 1
    get "/v1/mc/players/$player/weeks/$(this_week | sed 's/W/%57/')"
    wants 200
}

cursor_of() {
    get "$1"
    jq -r '.next // empty' "$place/answer"
}

test_a_cursor_serves_the_question_that_it_answered_and_no_other() {
    local user=$coach cursor
    cursor=$(cursor_of '/v1/core/members?limit=3')
    [ -n "$cursor" ] || return 1
    get "/v1/core/members?limit=200&cursor=$cursor"
    wants 200 && has '.items | length == 5' || return 1
    get "/v1/core/members?limit=3&role=player&cursor=$cursor"
    wants 400 malformed_cursor || return 1
    get "/v1/core/teams?cursor=$cursor"
    wants 400 malformed_cursor || return 1
    get "/v1/core/teams/$team/members?cursor=$cursor"
    wants 400 malformed_cursor || return 1
    user=$coach club=$other get "/v1/core/members?limit=3&cursor=$cursor"
    wants 400 malformed_cursor
}

test_a_forged_cursor_is_refused() {
    local user=$coach cursor changed first=A
    cursor=$(cursor_of '/v1/core/members?limit=3')
    [ "${cursor:0:1}" != A ] || first=B
    for changed in "${cursor%?????}AAAAA" "$first${cursor:1}" "${cursor%?}" "$cursor$cursor" AAAA x %20; do
        get "/v1/core/members?limit=3&cursor=$changed"
        wants 400 malformed_cursor || return 1
    done
    is_wrong '/v1/core/members?cursor=' cursor too_short
}

test_pages_are_of_one_club() {
    local user=$coach
    club=$other get /v1/core/members
    wants 200 && has "[.items[].member] == [\"$coach\"]" || return 1
    club=$other get "/v1/core/teams/$team/members"
    wants 404 not_found
}

test_a_page_that_did_not_change_is_not_sent_again() {
    local user=$coach etag member
    member=$(new_id)
    get '/v1/core/members?limit=3' && wants 200 || return 1
    etag=$(head_field ETag)
    base=$second_ingress get '/v1/core/members?limit=3' --header "If-None-Match: $etag"
    wants 304 && [ -z "$answer" ] || return 1
    user=$admin_user add_member "00000000${member:8}" player || return 1
    get '/v1/core/members?limit=3' --header "If-None-Match: $etag"
    wants 200 && has ".items[0].member == \"00000000${member:8}\"" || return 1
    user=$admin_user post core.remove-member "{\"member\":\"00000000${member:8}\"}"
    wants 200
}

test_head_tells_what_get_would() {
    local user=$coach etag length
    get '/v1/core/members?role=coach' && wants 200 || return 1
    etag=$(head_field ETag) length=$(head_field Content-Length)
    request HEAD '/v1/core/members?role=coach' --head
    wants 200 && [ "$(head_field ETag)" = "$etag" ] && [ "$(head_field Content-Length)" = "$length" ]
}

test_metrics_know_queries_by_their_paths() {
    local user=$coach
    get "/v1/core/teams/$team/members" && wants 200 || return 1
    curl --silent "$admin/metrics" | grep -F 'idpmc_http_requests_total{' |
        grep -F 'route="/v1/core/teams/{team}/members"' | grep -qF 'status="200"'
}

run_in_both
