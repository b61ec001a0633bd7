#!/bin/bash
# fleetctl dlq: rows as lanes write them, in a scratch database; a topic where it has to know what came
# after a dead letter. What lanes make of it is tested in test_redrive.c.
. "$(dirname "$(realpath "$0")")/../support/script_tests.sh"
. tests/support/letters.sh
. tests/support/waiting.sh
trap drop EXIT
export IDPMC_KAFKA_BROKERS=${IDPMC_KAFKA_BROKERS:-$KAFKA_BROKERS}

dlq() {
    tell "$1" "$fleetctl" dlq "${@:2}"
}

redrive() {
    dlq "$1" redrive --module mc "${@:2}"
}

parked_are() {
    holds "select at, next_try is not null, cause from mc.parked order by at" "$1"
}

test_nothing_is_there() {
    clear_rows
    dlq 0 list && says out 'no dead letters' && dlq 0 list --json && is '. == []' &&
        redrive 0 && says out 'redriven 0' && dlq 0 discard --module mc && says out 'no dead letters' &&
        dlq 2 show idpmc.mc.commands/0@1 && says err 'no dead letter is so'
}

test_the_list_groups_by_module_cause_type_and_fingerprint() {
    clear_rows
    dead 1 10 1 && dead 1 11 2 && dead 2 5 3 too_old || return 1
    sql "insert into core.dead (topic, part, at, cause, attempts) values ('idpmc.core.commands', 0, 1, 'missing_proof', 0)"
    dlq 0 list --json && is 'length == 3 and
        (map(select(.cause == "culprit"))[0] | .count == 2 and .module == "mc" and .fingerprint == "f-culprit"
            and .type == "mc.record-check.v1" and .example.offset == 11 and .example.partition == 1
            and .example.id == "'"$(id_of 11)"'" and .oldest <= .newest) and
        (map(select(.module == "core"))[0] | .cause == "missing_proof" and (has("type") | not))' &&
        dlq 0 list && says out 'idpmc.mc.commands/1@11' && says out 'MODULE'
}

test_each_filter_takes_what_it_names() {
    local filter
    clear_rows
    dead 1 10 1 && dead 1 11 2 && dead 2 5 3 too_old || return 1
    sql "update mc.dead set died_at = now() - interval '2 h' where at = 5"
    for filter in "--cause too_old" "--id $(id_of 5)" "--key $(key_of 3)" "--partition 2" "--offset 5" \
        "--until 90m" "--fingerprint f-too_old" "$topic/2@5" "--module mc --cause too_old"; do
        # shellcheck disable=SC2086 # words
        dlq 0 list --json $filter && is 'map(.count) == [1] and .[0].example.offset == 5' || return 1
    done
    for filter in "--type mc.no-such.v1" "--tenant $player" "--topic idpmc.core.events" "--module core" \
        "--since 1m --cause too_old"; do
        # shellcheck disable=SC2086 # words
        dlq 0 list --json $filter && is '. == []' || return 1
    done
    dlq 0 list --json --since 2020-01-01 --until 2999-01-01T00:00:00Z && is 'map(.count) | add == 3'
}

test_show_prints_all_of_one_and_hides_what_is_personal() {
    clear_rows
    sql "insert into core.dead (topic, part, at, cause, detail, attempts, tenant, id, type, key, headers, value,
                                trace, fingerprint)
         values ('idpmc.core.commands', 4, 7, 'culprit', 'a sentence', 2, '$club', '$(id_of 7)',
                 'core.create-team.v1', '$club/$club',
                 packed('ce_type', 'core.create-organization.v1', 'content-type', 'application/json', 'x-twice', 'a',
                        'x-twice', 'b'),
                 '{\"name\":\"Northside\",\"zone\":\"Europe/Oslo\",\"kind\":\"club\"}', repeat('ab', 16), 'f7')"
    dlq 0 show idpmc.core.commands/4@7 && is '.value == {name: "(personal)", zone: "Europe/Oslo", kind: "club"} and
        .module == "core" and .offset == 7 and .cause == "culprit" and .detail == "a sentence" and .proven and
        .key == "'$club/$club'" and .replays == 0 and .trace == "'"$(printf 'ab%.0s' {1..16})"'" and
        (.headers | map(select(.name == "x-twice").value) == ["a", "b"])' || return 1
    grep -q Northside "$place/out" && return 1
    dlq 0 show --id "$(id_of 7)" --personal && is '.value.name == "Northside"'
}

test_what_cannot_be_read_is_shown_as_bytes_only_where_asked() {
    clear_rows
    sql "insert into mc.dead (topic, part, at, cause, attempts, key, headers, value)
         values ('$topic', 0, 1, 'undecodable', 0, 'k', packed('ce_type', 'mc.record-check.v1'), 'Ada')"
    dlq 0 show --offset 1 && is 'has("value_hex") == false and (.value_unreadable | length > 0) and .proven == false' &&
        dlq 0 show --offset 1 --personal && is '.value_hex == "416461"' &&
        sql "update mc.dead set headers = '\x00000009ab'" &&
        dlq 0 show --offset 1 && is 'has("headers_unreadable")'
}

test_hostile_bytes_reach_no_terminal() {
    clear_rows
    sql "insert into mc.dead (topic, part, at, cause, detail, attempts, type, key, headers, value)
         values ('$topic', 0, 1, 'undecodable', E'\x1b[2Jx\u009b31m\u202e', 0, E'\x1b]0;t\x07',
                 '\x1b5b324aff00', packed(E'\x1b[H', E'\u0085'), '\xff1b')"
    position 0 2
    dlq 0 list && dlq 0 list --json && dlq 0 show --offset 1 --personal && redrive 0 --dry-run --out-of-order || return 1
    for command in "list" "list --json" "show --offset 1 --personal" "redrive --module mc --dry-run --out-of-order"; do
        # shellcheck disable=SC2086 # words
        dlq 0 $command || return 1
        ! LC_ALL=C grep -qP '[\x00-\x08\x0b-\x1f\x7f]|\xc2[\x80-\x9f]|\xe2\x80\xae' "$place/out" &&
            iconv -f UTF-8 -t UTF-8 <"$place/out" >/dev/null || { echo "# $command"; return 1; }
    done
}

test_a_redriven_letter_is_parked_in_the_order_of_its_key() {
    clear_rows
    position 1 100
    dead 1 10 1 && dead 1 20 1 && dead 1 15 2 && parked 1 18 1 transient "now() + interval '1 h'" &&
        parked 1 12 2 transient "now()" true || return 1
    sql "update mc.parked set next_try = null where held"
    redrive 0 --out-of-order --by ops && says out 'redriven 3' &&
        parked_are '10|t|redrive 12|f|transient 15|f|redrive 18|f|transient 20|f|redrive' &&
        holds "select count(*) from mc.parked where hash <> case key when '$(key_of 1)' then $(hash_of 1) else $(hash_of 2) end" 0 &&
        holds "select outcome, count(*) from mc.inbox group by 1" '-2|5' &&
        holds "select at, resolved, resolved_by, replays from mc.dead order by at" \
            '10|redriven|ops|1 15|redriven|ops|1 20|redriven|ops|1' &&
        holds "select operator, action, module, messages from platform.operations" 'ops|dlq redrive|mc|3' &&
        holds "select value, encode(headers, 'escape') = encode(packed('ce_type', 'mc.record-check.v1'), 'escape') from mc.parked where at = 10" '\x763130|t'
}

test_redriving_twice_has_one_effect() {
    clear_rows
    position 1 100
    dead 1 10 1 || return 1
    redrive 0 --out-of-order && redrive 0 --out-of-order && says out 'redriven 0' && parked_are '10|t|redrive' &&
        holds "select replays from mc.dead" 1 && holds "select messages from platform.operations" 1
}

test_what_was_decided_is_not_redriven() {
    clear_rows
    position 1 100
    dead 1 10 1 && dead 1 11 1 && dead 1 12 1 && dead 1 13 1 || return 1
    sql "update mc.inbox set outcome = 0 where id = '$(id_of 10)'; update mc.inbox set outcome = 3 where id = '$(id_of 11)';
         update mc.inbox set digest = sha256('another') where id = '$(id_of 12)';
         update mc.inbox set outcome = -2 where id = '$(id_of 13)'"
    redrive 1 --out-of-order && says out 'redriven 0, waits already 1, applied already 1, rejected already 1' &&
        says out "its id is another message's 1" && parked_are '' &&
        holds "select outcome from mc.inbox order by id" '0 3 -1 -2' && holds "select count(*) from mc.dead where resolved is null" 4
}

test_unproven_letters_are_redriven_without_an_inbox() {
    clear_rows
    position 0 100
    sql "insert into mc.dead (topic, part, at, cause, attempts, key) values ('$topic', 0, 1, 'wrong_proof', 0, null)"
    redrive 0 --out-of-order && parked_are '1|t|redrive' && holds "select count(*) from mc.inbox" 0
}

test_loops_end_at_max_replays() {
    clear_rows
    position 1 100
    dead 1 10 1 || return 1
    sql "update mc.dead set replays = 3"
    redrive 1 --out-of-order && says out 'redriven too often (3 times)' && parked_are '' &&
        redrive 0 --out-of-order --max-replays 4 && parked_are '10|t|redrive' && holds "select replays from mc.dead" 4
}

# aged OFFSET TIME [APPENDED]: as SQL; TIME comes into its headers.
aged() {
    sql "update mc.dead set appended = ${3:-$2}, headers = packed('ce_type', 'mc.record-check.v1', 'ce_time',
             to_char(($2) at time zone 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.MS\"Z\"')) where at = $1"
}

# What was too old when it came may have been decided before. What failed when it was young waits.
test_what_the_inbox_may_have_forgotten_is_not_redriven() {
    clear_rows
    position 1 100
    dead 1 10 1 too_old && dead 1 11 2 too_old && dead 1 12 3 && dead 1 13 4 && dead 1 14 5 too_old && dead 1 15 6 || return 1
    aged 10 "now() - interval '30 d 1 min'" "now()" && aged 11 "now() - interval '29 d 23 h'" &&
        aged 12 "now() + interval '1 d'" "now() - interval '31 d'" && aged 13 "now() + interval '1 d'" "now()" &&
        aged 15 "now() - interval '31 d'" || return 1
    sql "update mc.dead set headers = '\x00', appended = now() - interval '31 d' where at = 14"
    sql "delete from mc.inbox where id = '$(id_of 12)'"
    redrive 0 --out-of-order --dry-run && says out 'would redrive 3, too old 3' &&
        redrive 1 --out-of-order && says out 'redriven 3, too old 3' &&
        says out "$topic/1@10  too_old  key $(key_of 1)  too old (its time is " && says out 'Z, more than 30 days ago)' &&
        parked_are '11|t|redrive 13|t|redrive 15|t|redrive' &&
        holds "select at, cause, resolved is null from mc.dead order by at" \
            '10|too_old|t 11|too_old|f 12|culprit|t 13|culprit|f 14|too_old|t 15|culprit|f'
}

test_a_dry_run_changes_nothing() {
    clear_rows
    position 1 100
    dead 1 10 1 && dead 1 11 2 || return 1
    redrive 0 --out-of-order --dry-run && says out 'idpmc.mc.commands/1@10' && says out 'would redrive 2' &&
        dlq 0 discard --module mc --dry-run && says out 'would discard 2  culprit' && parked_are '' &&
        holds "select count(*) from mc.dead where resolved is null and replays = 0" 2 &&
        holds "select count(*) from platform.operations" 0
}

# Letters of a made topic: at 0 to 249, of ten keys.
many() {
    position 1 1000
    sql "insert into mc.dead (topic, part, at, cause, attempts, key, headers, value)
         select '$topic', 1, n, 'culprit', 1, convert_to('key-' || n % 10, 'UTF8'), '', '' from generate_series(0, 249) n"
}

test_a_redrive_that_was_killed_goes_on_where_it_was() {
    local at
    for at in redrive:2 redriven:1; do
        clear_rows
        many
        CRASH_AT=$at tell 137 "$fleetctl" dlq redrive --module mc --out-of-order || return 1
        holds "select count(*) from mc.parked" 100 && holds "select sum(messages) from platform.operations" 100 &&
            redrive 0 --out-of-order && says out 'redriven 150' && holds "select count(*) from mc.parked" 250 &&
            holds "select count(*) from mc.parked where next_try is not null" 10 &&
            holds "select max(replays), min(replays) from mc.dead" '1|1' &&
            holds "select sum(messages) from platform.operations" 250 || return 1
    done
}

test_the_rate_is_kept() {
    local began
    clear_rows
    many
    began=$SECONDS
    redrive 0 --out-of-order --rate 100 && [ $((SECONDS - began)) -ge 2 ] && holds "select count(*) from mc.parked" 250
}

test_the_rate_is_kept_from_partition_to_partition() {
    local began part
    clear_rows
    for part in 1 2 3 4 5; do
        position $part 100
        dead $part $((10 * part)) 1 || return 1
    done
    began=$SECONDS
    redrive 0 --out-of-order --rate 2 && says out 'redriven 5' && [ $((SECONDS - began)) -ge 2 ]
}

test_a_lane_in_the_middle_of_a_batch_has_to_look_again() {
    clear_rows
    position 1 100
    dead 1 10 1 || return 1
    psql "$DATABASE_URL" --no-psqlrc --quiet >"$place/lane" 2>&1 <<SQL
begin isolation level repeatable read;
select count(*) from mc.parked;
\! "$fleetctl" dlq redrive --module mc --out-of-order >/dev/null || echo failed
update mc.position set next = 101 where topic = '$topic' and part = 1;
commit;
SQL
    grep -q 'could not serialize' "$place/lane" && ! grep -q failed "$place/lane" || { cat "$place/lane"; return 1; }
    holds "select next from mc.position" 100
}

# publish PART KEY [ID]: a record of the key, with the headers that say whose.
publish() {
    printf 'value' | kcat -P -b "$IDPMC_KAFKA_BROKERS" -t "$topic" -p "$1" -k "$2" -H "ce_tenant=$club" -H "ce_id=${3:-$(id_of 0)}" \
        -H ce_type=mc.record-check.v1
}

end_of() {
    kcat -Q -b "$IDPMC_KAFKA_BROKERS" -t "$topic:$1:-1" | sed 's/.*offset //'
}

test_a_key_that_has_moved_on_is_refused() {
    local from key
    clear_rows
    key=$(key_of 1)
    from=$(end_of 5)
    publish 5 "$key" "$(id_of "$from")" && publish 5 "$(key_of 2)" && publish 5 "$(key_of 2)" || return 1
    publish 5 "$key" "$(id_of 999)"
    dead 5 "$from" 1 && dead 5 $((from + 1)) 2 && dead 5 $((from + 2)) 2 || return 1
    sql "insert into mc.inbox (tenant, id, digest, type, outcome) values ('$club', '$(id_of 999)', 'd', 't', 0)"
    position 5 $((from + 4))
    redrive 1 && says out "$topic/5@$from" && says out "its key has moved on (offset $((from + 3)))" &&
        says out 'redriven 2, its key has moved on 1' &&
        holds "select at - $from from mc.parked order by at" '1 2' || return 1
    redrive 0 --out-of-order && says out 'redriven 1' && holds "select at - $from from mc.parked order by at" '0 1 2'
}

test_who_is_dead_or_parked_or_a_duplicate_has_overtaken_nobody() {
    local from
    clear_rows
    from=$(end_of 6)
    for n in 0 1 2 3; do publish 6 "$(key_of 1)" "$(id_of $((from + n)))"; done
    publish 6 "$(key_of 1)" "$(id_of "$from")"
    publish 6 "$(key_of 1)" "$(id_of 998)"
    dead 6 "$from" 1 && dead 6 $((from + 1)) 1 && dead 6 $((from + 2)) 1 && parked 6 $((from + 3)) 1 transient 'now()' || return 1
    sql "update mc.dead set resolved = 'discarded' where at = $from + 2"
    position 6 $((from + 5)) # the last one was not taken yet
    redrive 0 && says out 'redriven 2' && holds "select at - $from from mc.parked where next_try is not null" 0
}

test_a_redriven_letter_that_was_applied_has_overtaken() {
    local from
    clear_rows
    from=$(end_of 7)
    publish 7 "$(key_of 1)" "$(id_of "$from")" && publish 7 "$(key_of 1)" "$(id_of $((from + 1)))"
    dead 7 "$from" 1 && dead 7 $((from + 1)) 1 || return 1
    position 7 $((from + 2))
    sql "update mc.dead set resolved = 'redriven', replays = 1 where at = $from + 1;
         update mc.inbox set outcome = 0 where id = '$(id_of $((from + 1)))'"
    redrive 1 && says out "its key has moved on (offset $((from + 1)))"
}

lock_position="update mc.position set next = next where topic = '$topic'"
lock_waiters="select count(*) from pg_stat_activity where datname = '$scratch' and wait_event_type = 'Lock'"

# decided_meanwhile SQL [OPTION]...: a redrive of which one letter is a chunk, and a lane that does this under
# the position's lock between its first chunk and its second. PostgreSQL gives the lock in the order in which it
# was asked for.
decided_meanwhile() {
    local code=0 redrive lane
    exec {held}> >(psql "$DATABASE_URL" --no-psqlrc --quiet >"$place/holder" 2>&1)
    local holder=$!
    echo "begin; $lock_position;" >&$held
    wait_for "exists (select from pg_stat_activity where datname = '$scratch' and state = 'idle in transaction')" || return 1
    "$fleetctl" dlq redrive --module mc --rate 1 "${@:2}" >"$place/out" 2>"$place/err" &
    redrive=$!
    wait_for "($lock_waiters) = 1" || return 1
    sql "begin; $lock_position; $1; commit" &
    lane=$!
    wait_for "($lock_waiters) = 2" || return 1
    echo 'rollback;' >&$held
    exec {held}>&-
    wait $redrive || code=$?
    wait $lane $holder || { cat "$place/holder"; return 1; }
    echo $code >"$place/code"
}

# The lane tries parked messages without moving its position.
test_a_key_that_moves_on_between_two_chunks_is_refused() {
    local from
    clear_rows
    from=$(end_of 10)
    publish 10 "$(key_of 2)" "$(id_of "$from")"
    publish 10 "$(key_of 1)" "$(id_of $((from + 1)))" && publish 10 "$(key_of 1)" "$(id_of $((from + 2)))" || return 1
    dead 10 "$from" 2 && dead 10 $((from + 1)) 1 && parked 10 $((from + 2)) 1 transient 'now()' || return 1
    position 10 $((from + 3))
    decided_meanwhile "delete from mc.parked where at = $from + 2; update mc.inbox set outcome = 0 where id = '$(id_of $((from + 2)))'" &&
        [ "$(<"$place/code")" = 1 ] && says out 'redriven 1, its key has moved on 1' &&
        says out "its key has moved on (offset $((from + 2)))" &&
        holds "select at - $from from mc.parked" 0
}

# What comes twice is known the second time: the letter between the two is overtaken by nobody.
test_a_duplicate_of_a_letter_that_was_applied_meanwhile_has_overtaken_nobody() {
    local from
    clear_rows
    from=$(end_of 11)
    publish 11 "$(key_of 1)" "$(id_of "$from")" && publish 11 "$(key_of 1)" "$(id_of $((from + 1)))" &&
        publish 11 "$(key_of 1)" "$(id_of "$from")" || return 1
    dead 11 "$from" 1 && dead 11 $((from + 1)) 1 || return 1
    position 11 $((from + 3))
    decided_meanwhile "delete from mc.parked where at = $from; update mc.inbox set outcome = 0 where id = '$(id_of "$from")'" &&
        [ "$(<"$place/code")" = 0 ] && says out 'redriven 2' && holds "select at - $from from mc.parked" 1
}

test_a_topic_that_was_made_anew_says_nothing() {
    clear_rows
    position 8 1000000
    dead 8 999000 1 || return 1
    redrive 1 && says out 'cannot be known whether its key has moved on' && parked_are ''
}

test_nobody_publishes() {
    local before
    clear_rows
    position 9 "$(end_of 9)"
    before=$(end_of 9)
    publish 9 "$(key_of 1)"
    dead 9 "$before" 1 && position 9 $((before + 1)) && redrive 0 && [ "$(end_of 9)" = $((before + 1)) ]
}

test_without_brokers_it_says_so() {
    clear_rows
    position 1 100
    dead 1 10 1 || return 1
    IDPMC_KAFKA_BROKERS='' KAFKA_BROKERS='' redrive 2 && says err 'set IDPMC_KAFKA_BROKERS' || return 1
    IDPMC_KAFKA_BROKERS=127.0.0.1:1 redrive 75 && parked_are ''
}

test_a_partition_without_a_position_is_left_alone() {
    clear_rows
    dead 3 10 1 || return 1
    redrive 1 --out-of-order && says err 'has no position' && parked_are ''
}

test_discarding_asks() {
    clear_rows
    dead 1 10 1 && dead 1 11 2 too_old || return 1
    dlq 2 discard --module mc </dev/null && says err 'discard 2 dead letters of mc: nobody is there to ask; say --yes' || return 1
    script --quiet --return --command "'$fleetctl' dlq discard --module mc" /dev/null <<<n >"$place/out" 2>&1
    says out 'discard 2 dead letters of mc? [y/N]' && says out 'nothing was changed' &&
        holds "select count(*) from mc.dead where resolved is null" 2 &&
        script --quiet --return --command "'$fleetctl' dlq discard --module mc --cause too_old" /dev/null <<<y >"$place/out" 2>&1 &&
        says out 'discarded 1' && holds "select at, resolved from mc.dead order by at" '10| 11|discarded'
}

# Its id derives from what it is about: the timer sends it again, and the inbox knows it as failed.
test_discarding_what_a_timer_sends_is_warned_of() {
    clear_rows
    dead 1 10 1 && dead 1 11 2 && dead 1 12 3 too_old && dead 1 13 4 || return 1
    sql "update mc.dead set type = 'mc.close-day.v1' where at <> 13; update mc.dead set tenant = null, id = null where at = 12"
    dlq 0 discard --module mc --dry-run && says out 'would discard 2  culprit  mc.close-day.v1' &&
        says err 'warning: 2 of them: mc.close-day.v1, which a timer sends.' &&
        dlq 2 discard --module mc </dev/null && says err 'warning: 2 of them' &&
        says err "discard 4 dead letters of mc, 2 of them a timer's: nobody is there to ask" &&
        dlq 0 discard --module mc --offset 12 --yes && [ ! -s "$place/err" ] && # nobody believes who it is
        dlq 0 discard --module mc --offset 13 --yes && [ ! -s "$place/err" ] &&
        dlq 0 discard --module mc --offset 10 --yes && says err 'warning: 1 of them' && says out 'discarded 1'
}

test_what_was_discarded_stays_and_is_not_redriven() {
    clear_rows
    position 1 100
    dead 1 10 1 || return 1
    dlq 0 discard --module mc --yes --by Ada && says out 'discarded 1' &&
        holds "select resolved, resolved_by, resolved_at is not null from mc.dead" 'discarded|Ada|t' &&
        holds "select outcome from mc.inbox" -1 &&
        holds "select operator, action, messages, filter from platform.operations" 'Ada|dlq discard|1|{}' &&
        dlq 0 discard --module mc --yes && says out 'no dead letters' && redrive 0 --out-of-order && says out 'redriven 0' &&
        dlq 0 list && says out 'no dead letters' && dlq 0 list --all --json && is '.[0].resolved == 1' &&
        dlq 0 show --offset 10 && is '.resolved == "discarded" and .resolved_by == "Ada"'
}

test_wrong_words_are_told() {
    dlq 2 && says err 'usage: fleetctl dlq list' && dlq 2 lose && dlq 0 --help && says out 'usage: fleetctl dlq' &&
        dlq 2 list --module nowhere && says err 'there is no module "nowhere" in this database; these are:' && says err '  mc' &&
        dlq 2 redrive && says err 'dlq redrive wants --module' && dlq 2 discard && says err 'wants --module' &&
        dlq 2 list --tenant x && says err '--tenant: "x" is not a lower-case UUID' &&
        dlq 2 list --since yesterday && says err '--since: "yesterday" is not a time' &&
        dlq 2 list --since 1h --until 2h && says err '--until is not after --since' &&
        dlq 2 list --partition x && dlq 2 list --offset -1 && dlq 2 redrive --module mc --rate 0 &&
        dlq 2 list --rate 5 && says err 'dlq list takes no --rate' && dlq 2 list --no-such &&
        dlq 2 list mc && says err '"mc" is no place like' && dlq 2 list $topic/1@1 more && says err 'one word too many' &&
        dlq 2 redrive --module "mc; drop" && says err 'there is no module "mc; drop"'
}

test_who_may_not_is_told() {
    clear_rows
    sql "do \$\$ begin if not exists (select from pg_roles where rolname = 'letters_nobody') then create role letters_nobody login password 'nothing'; end if; end \$\$;
         alter role letters_nobody password 'nothing'; grant connect on database $scratch to letters_nobody"
    dead 1 10 1
    DATABASE_URL=$(sed -E 's#//[^@/]*@#//letters_nobody:nothing@#' <<<"$DATABASE_URL") dlq 1 list --module mc &&
        says err '42501' && DATABASE_URL=postgresql://127.0.0.1:1/nothing dlq 75 list
}

make_database
tell 0 "$fleetctl" topics mc || exit 1
run_tests
