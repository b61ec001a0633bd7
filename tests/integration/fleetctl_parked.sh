#!/bin/bash
# fleetctl parked: rows as lanes write them, in a scratch database. What lanes make of it is tested in
# test_redrive.c.
. "$(dirname "$(realpath "$0")")/../support/script_tests.sh"
. tests/support/letters.sh
trap drop EXIT

parked_does() {
    tell "$1" "$fleetctl" parked "${@:2}"
}

# A key with two behind its first, one that is held, and one of its own.
some() {
    clear_rows
    position 1 100
    parked 1 10 1 transient "now() + interval '1 h'" && parked 1 11 1 behind null && parked 1 15 1 behind null &&
        parked 1 12 2 culprit null true && parked 1 13 2 behind null && parked 2 5 3 quota "now() - interval '1 s'"
}

rows() {
    holds "select at, case when next_try is null then 'none' when next_try <= now() then 'now' else 'later' end,
                  held, attempts from mc.parked order by at" "$1"
}

test_nothing_is_parked() {
    clear_rows
    parked_does 0 list && says out 'nothing is parked' && parked_does 0 list --json && is '. == []' &&
        parked_does 0 retry --module mc && says out 'retried 0 keys' &&
        parked_does 0 discard --module mc && says out 'nothing is parked'
}

test_the_list_has_a_line_for_each_key() {
    some || return 1
    parked_does 0 list && says out 'held' && says out 'now' && says out 'last words' || return 1
    parked_does 0 list --json && is 'length == 3 and
        (map(select(.offset == 10))[0] | .module == "mc" and .key == "'"$(key_of 1)"'" and .messages == 3 and .attempts == 3
            and .cause == "transient" and (.held | not) and .first_error == "first words" and
            .last_error == "last words" and .next_try > .parked and .id == "'"$(id_of 10)"'") and
        (map(select(.offset == 12))[0] | .held and .messages == 2 and (has("next_try") | not))'
}

test_each_filter_takes_what_it_names() {
    local filter
    some || return 1
    sql "update mc.parked set parked_at = now() - interval '2 h' where at = 5"
    for filter in "--cause quota" "--id $(id_of 5)" "--key $(key_of 3)" "--partition 2" "$topic/2@5" "--until 90m"; do
        # shellcheck disable=SC2086 # words
        parked_does 0 list --json $filter && is 'map(.offset) == [5]' || return 1
    done
    parked_does 0 list --json --id "$(id_of 15)" && is 'map(.offset) == [10]' && # whoever is behind shows its key
        parked_does 0 list --json --type mc.no-such.v1 && is '. == []' && parked_does 0 list --json --module core && is '. == []'
}

test_a_retry_makes_the_first_of_its_keys_due() {
    some || return 1
    parked_does 0 retry --module mc --id "$(id_of 15)" --by ops && says out 'retried 1 keys' && says out "$topic/1@10" &&
        rows '5|now|f|3 10|now|f|0 11|none|f|3 12|none|t|3 13|none|f|3 15|none|f|3' &&
        holds "select operator, action, module, messages, filter->>'id' from platform.operations" \
            "ops|parked retry|mc|1|$(id_of 15)" &&
        parked_does 0 retry --module mc && says out 'retried 3 keys' &&
        rows '5|now|f|0 10|now|f|0 11|none|f|3 12|now|f|0 13|none|f|3 15|none|f|3'
}

test_a_retry_whose_commit_fails_says_no_success() {
    local status
    some || return 1
    sql "create function public.refuse() returns trigger language plpgsql as \$\$ begin raise 'not now'; end \$\$;
         create constraint trigger refuse after insert on platform.operations deferrable initially deferred
            for each row execute function public.refuse()"
    parked_does 1 retry --module mc && says err 'not now' && [ ! -s "$place/out" ] &&
        rows '5|now|f|3 10|later|f|3 11|none|f|3 12|none|t|3 13|none|f|3 15|none|f|3'
    status=$?
    sql "drop function public.refuse() cascade"
    return $status
}

test_what_is_discarded_is_a_dead_letter_and_its_key_goes_on() {
    some || return 1
    parked_does 0 discard --module mc --offset 10 --yes --by ops && says out 'discarded 1' &&
        rows '5|now|f|3 11|now|f|3 12|none|t|3 13|none|f|3 15|none|f|3' &&
        holds "select at, cause, detail, attempts, id, resolved, resolved_by, length(fingerprint) from mc.dead" \
            "10|discarded|was parked (transient): last words|3|$(id_of 10)|discarded|ops|16" &&
        holds "select value from mc.dead" '\x763130' &&
        holds "select id from mc.inbox where outcome = -1" "$(id_of 10)" &&
        holds "select count(*) from mc.inbox where outcome = -2" 5 &&
        holds "select action, messages from platform.operations" 'parked discard|1'
}

test_one_from_the_middle_wakes_nobody() {
    some || return 1
    parked_does 0 discard --module mc --offset 11 --yes && rows '5|now|f|3 10|later|f|3 12|none|t|3 13|none|f|3 15|none|f|3'
}

test_a_held_one_is_discarded_and_what_was_behind_it_is_due() {
    some || return 1
    parked_does 0 discard --module mc --offset 12 --yes && rows '5|now|f|3 10|later|f|3 11|none|f|3 13|now|f|3 15|none|f|3'
}

test_discarding_all_leaves_nothing() {
    some || return 1
    parked_does 0 discard --module mc --yes && says out 'discarded 6' && rows '' &&
        holds "select count(*) from mc.dead where resolved = 'discarded'" 6 && holds "select count(*) from mc.inbox where outcome = -1" 6 &&
        holds "select sum(messages), count(*) from platform.operations" '6|1'
}

test_one_that_was_redriven_keeps_what_it_died_of() {
    clear_rows
    position 1 100
    dead 1 10 1 && tell 0 "$fleetctl" dlq redrive --module mc --out-of-order || return 1
    parked_does 0 discard --module mc --yes &&
        holds "select cause, detail, resolved, replays from mc.dead" 'culprit|SQLSTATE 23514|discarded|1' &&
        holds "select outcome from mc.inbox" -1
}

test_a_letter_of_an_older_topic_s_message_does_not_stand_for_it() {
    some || return 1
    sql "insert into mc.dead (topic, part, at, cause, attempts, value, appended, replays, resolved)
         values ('$topic', 1, 10, 'culprit', 2, 'old', now() - interval '1 d', 3, 'discarded')"
    parked_does 0 discard --module mc --offset 10 --yes &&
        holds "select value, id, cause, resolved, replays from mc.dead" "\\x763130|$(id_of 10)|discarded|discarded|0"
}

test_a_discard_that_was_killed_did_all_or_nothing() {
    clear_rows
    position 1 1000
    sql "insert into mc.parked (topic, part, at, hash, key, headers, value, appended, cause)
         select '$topic', 1, n, n % 10, convert_to('key-' || n % 10, 'UTF8'), '', '', now(), 'behind'
           from generate_series(0, 249) n"
    CRASH_AT=discard:2 tell 137 "$fleetctl" parked discard --module mc --yes || return 1
    holds "select count(*) from mc.parked" 150 && holds "select count(*) from mc.dead" 100 &&
        parked_does 0 discard --module mc --yes --rate 1000 && says out 'discarded 150' && holds "select count(*) from mc.dead" 250
}

test_a_dry_run_changes_nothing() {
    some || return 1
    parked_does 0 retry --module mc --dry-run && says out 'would retry 3 keys' && says out "$topic/1@12" &&
        parked_does 0 discard --module mc --dry-run && says out "would discard 5  $topic/1" &&
        rows '5|now|f|3 10|later|f|3 11|none|f|3 12|none|t|3 13|none|f|3 15|none|f|3' &&
        holds "select count(*) from platform.operations" 0
}

test_discarding_asks() {
    some || return 1
    parked_does 2 discard --module mc </dev/null && says err 'discard 6 parked messages of mc: nobody is there to ask; say --yes' || return 1
    script --quiet --return --command "'$fleetctl' parked discard --module mc" /dev/null <<<n >"$place/out" 2>&1
    says out 'discard 6 parked messages of mc? [y/N]' && holds "select count(*) from mc.parked" 6
}

test_discarding_what_a_timer_sends_is_warned_of() {
    some || return 1
    sql "update mc.parked set type = 'mc.close-day.v1' where at in (10, 12)"
    parked_does 0 discard --module mc --dry-run && says err 'warning: 2 of them: mc.close-day.v1, which a timer sends.' &&
        parked_does 2 discard --module mc </dev/null && says err 'warning: 2 of them' &&
        says err "discard 6 parked messages of mc, 2 of them a timer's: nobody is there to ask" &&
        parked_does 0 discard --module mc --offset 11 --yes && [ ! -s "$place/err" ] &&
        parked_does 0 discard --module mc --offset 10 --yes && says err 'warning: 1 of them' && says out 'discarded 1'
}

test_a_lane_in_the_middle_of_a_batch_has_to_look_again() {
    some || return 1
    psql "$DATABASE_URL" --no-psqlrc --quiet >"$place/lane" 2>&1 <<SQL
begin isolation level repeatable read;
select count(*) from mc.parked;
\! "$fleetctl" parked discard --module mc --offset 10 --yes >/dev/null || echo failed
update mc.position set next = 101 where topic = '$topic' and part = 1;
commit;
SQL
    grep -q 'could not serialize' "$place/lane" && ! grep -q failed "$place/lane" || { cat "$place/lane"; return 1; }
}

test_hostile_bytes_reach_no_terminal() {
    clear_rows
    position 0 2
    sql "insert into mc.parked (topic, part, at, hash, key, headers, value, appended, cause, last_error, next_try)
         values ('$topic', 0, 1, 0, '\x1b5b324aff00', '', '', now(), 'redrive', E'\x1b]0;t\x07\u009b', now())"
    for command in list "list --json" "retry --module mc"; do
        # shellcheck disable=SC2086 # words
        parked_does 0 $command || return 1
        ! LC_ALL=C grep -qP '[\x00-\x08\x0b-\x1f\x7f]|\xc2[\x80-\x9f]' "$place/out" &&
            iconv -f UTF-8 -t UTF-8 <"$place/out" >/dev/null || { echo "# $command"; return 1; }
    done
}

test_wrong_words_are_told() {
    parked_does 2 && says err 'usage: fleetctl parked list' && parked_does 0 --help && says out 'usage: fleetctl parked' &&
        parked_does 2 retry && says err 'parked retry wants --module' && parked_does 2 discard && says err 'wants --module' &&
        parked_does 2 list --module nowhere && says err 'there is no module "nowhere"' &&
        parked_does 2 list --fingerprint x && says err 'parked list takes no --fingerprint' &&
        parked_does 2 retry --module mc --out-of-order && says err 'parked retry takes no --out-of-order'
}

make_database
run_tests
