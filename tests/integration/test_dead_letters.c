/* Nothing is dropped: each way to be wrong makes a dead letter with its cause, its origin and a
 * copy for everybody's tools, and the messages beside it are applied. */
#include <CUnit/CUnit.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/date.h"
#include "contracts/tally.h"
#include "support/counters.h"
#include "support/database.h"
#include "support/program.h"
#include "support/topic.h"

enum { WAIT_MS = 20000, TOO_BIG = 70000, TOO_HEAVY = 500 };

static void set_value(struct letter *letter, const char *bytes, size_t size)
{
    memcpy(letter->value, bytes, size);
    letter->value_size = size;
    letter_sign(letter);
}

#define SET_VALUE(letter, bytes) set_value(letter, bytes, sizeof bytes - 1)

static void set_text(char *field, const char *text)
{
    snprintf(field, LETTER_TEXT, "%s", text);
}

static void flip_last(char *text)
{
    char *last = text + strlen(text) - 1;

    *last = *last == '0' ? '1' : '0';
}

/* undecodable */
static void no_msgpack(struct letter *letter)
{
    SET_VALUE(letter, "\xc1");
}
static void no_fields(struct letter *letter)
{
    SET_VALUE(letter, "\x80");
}
static void nil_field(struct letter *letter)
{
    SET_VALUE(letter, "\x81\xa7"
                      "counter\xc0");
}
static void too_deep(struct letter *letter)
{
    char bytes[128] = "\x81\xa1x";

    memset(bytes + 3, 0x91, 100);
    set_value(letter, bytes, 104);
}
static void count_of_96_gb(struct letter *letter)
{
    SET_VALUE(letter, "\xdd\xff\x00\x00\x00");
}
static void no_time(struct letter *letter)
{
    letter->without = "ce_time";
}
static void id_twice(struct letter *letter)
{
    letter->twice = "ce_id";
}
static void upper_case_id(struct letter *letter)
{
    set_text(letter->id, "AAAAAAAA-AAAA-7AAA-8AAA-AAAAAAAAAAAA");
    letter_sign(letter);
}
static void no_such_content(struct letter *letter)
{
    set_text(letter->content_type, "text/plain");
    letter_sign(letter);
}
static void too_many_headers(struct letter *letter)
{
    letter->more = LETTER_MORE;
}
static void no_such_actor(struct letter *letter)
{
    set_text(letter->actor, "root");
    letter_sign(letter);
}

/* missing_proof */
static void no_mac(struct letter *letter)
{
    letter->without = "ce_mac";
}
static void no_keyid(struct letter *letter)
{
    letter->without = "ce_keyid";
}

/* wrong_proof: each field that the MAC covers, changed behind it */
static void unknown_key(struct letter *letter)
{
    set_text(letter->keyid, "nobody");
}
static void other_id(struct letter *letter)
{
    flip_last(letter->id);
}
static void other_type(struct letter *letter)
{
    set_text(letter->type, "tally.count.v9");
}
static void other_tenant(struct letter *letter)
{
    flip_last(letter->tenant);
}
static void other_actor(struct letter *letter)
{
    flip_last(letter->actor);
}
static void other_time(struct letter *letter)
{
    letter->time[21] = letter->time[21] == '0' ? '1' : '0';
}
static void other_content_type(struct letter *letter)
{
    set_text(letter->content_type, "application/json");
}
static void other_value(struct letter *letter)
{
    letter->value[letter->value_size - 1] ^= 1;
}
static void other_key(struct letter *letter)
{
    flip_last(letter->key);
}
static void other_topic(struct letter *letter)
{
    set_text(letter->topic, "idpmc.core.commands");
    letter_sign(letter);
    set_text(letter->topic, "idpmc.tally.commands");
}
static void other_mac(struct letter *letter)
{
    flip_last(letter->mac);
}

/* the rest */
static void wrong_key(struct letter *letter)
{
    flip_last(letter->key);
    letter_sign(letter);
}
static void unknown_type(struct letter *letter)
{
    set_text(letter->type, "tally.count.v2");
    letter_sign(letter);
}
static void query(struct letter *letter)
{
    set_text(letter->type, "tally.counters.v1");
    letter_sign(letter);
}
static void oversized(struct letter *letter)
{
    static char bytes[TOO_BIG];

    letter->big_value = bytes;
    letter->value_size = sizeof bytes;
    letter_sign(letter);
}
static void set_time(struct letter *letter, int64_t seconds)
{
    timestamp_format((struct timestamp){timestamp_now().us + seconds * 1000000}, letter->time);
    letter_sign(letter);
}
static void too_old(struct letter *letter)
{
    set_time(letter, -31 * 86400);
}
static void too_new(struct letter *letter)
{
    set_time(letter, 600);
}

/* What an outside producer may not do; letter_from has signed with its key. */
static void producer_as_user(struct letter *letter)
{
    snprintf(letter->actor, sizeof letter->actor, "user:%s", id_text(new_user().uuid));
    letter_sign(letter);
}
static void producer_as_fleet(struct letter *letter)
{
    set_text(letter->source, "/idpmc/ingress");
}
static void producer_of_other_tenant(struct letter *letter)
{
    set_text(letter->tenant, id_text(new_tenant().uuid));
    letter_sign(letter);
}
static void producer_of_other_type(struct letter *letter)
{
    set_text(letter->type, "core.create-team.v1");
    letter_sign(letter);
}
static void producer_of_a_type_that_is_no_text(struct letter *letter)
{
    set_text(letter->type, "tally.\xff\xfe");
    letter_sign(letter);
}
static void producer_that_is_revoked(struct letter *letter)
{
    sql("update platform.producers set revoked_at = now() - interval '1 hour' where keyid = '%s'",
        letter->keyid);
}

#define WRONG(name) #name, name
static const struct wrong {
    const char *cause, *name;
    void (*spoil)(struct letter *letter);
    bool outside; /* comes from a producer */
} wrongs[] = {
    {"undecodable", WRONG(no_msgpack), false},
    {"undecodable", WRONG(no_fields), false},
    {"undecodable", WRONG(nil_field), false},
    {"undecodable", WRONG(too_deep), false},
    {"undecodable", WRONG(count_of_96_gb), false},
    {"undecodable", WRONG(no_time), false},
    {"undecodable", WRONG(id_twice), false},
    {"undecodable", WRONG(upper_case_id), false},
    {"undecodable", WRONG(no_such_content), false},
    {"undecodable", WRONG(no_such_actor), false},
    {"undecodable", WRONG(too_many_headers), false},
    {"missing_proof", WRONG(no_mac), false},
    {"missing_proof", WRONG(no_keyid), false},
    {"wrong_proof", WRONG(unknown_key), false},
    {"wrong_proof", WRONG(other_id), false},
    {"wrong_proof", WRONG(other_type), false},
    {"wrong_proof", WRONG(other_tenant), false},
    {"wrong_proof", WRONG(other_actor), false},
    {"wrong_proof", WRONG(other_time), false},
    {"wrong_proof", WRONG(other_content_type), false},
    {"wrong_proof", WRONG(other_value), false},
    {"wrong_proof", WRONG(other_key), false},
    {"wrong_proof", WRONG(other_topic), false},
    {"wrong_proof", WRONG(other_mac), false},
    {"wrong_key", WRONG(wrong_key), false},
    {"unknown_type", WRONG(unknown_type), false},
    {"unknown_type", WRONG(query), false},
    {"oversized", WRONG(oversized), false},
    {"too_old", WRONG(too_old), false},
    {"too_new", WRONG(too_new), false},
    {"wrong_proof", WRONG(producer_as_user), true},
    {"wrong_proof", WRONG(producer_as_fleet), true},
    {"wrong_proof", WRONG(producer_of_other_tenant), true},
    {"wrong_proof", WRONG(producer_of_other_type), true},
    {"wrong_proof", WRONG(producer_of_a_type_that_is_no_text), true},
    {"wrong_proof", WRONG(producer_that_is_revoked), true},
};

/* On a counter of its own, by whose key its dead letter is found. */
static struct letter letter_alone(const struct counters *counters, int64_t weight)
{
    struct tally_count body = {.sequence = 1, .has_weight = weight > 0, .weight = weight};

    body.counter.uuid = new_user().uuid;
    return letter_of(&tally_count_message, counters->tenant, counters->actor, &body);
}

static struct letter letter_wrong(const struct counters *counters, const struct wrong *wrong)
{
    struct letter letter = letter_alone(counters, 0);

    if (wrong->outside) {
        struct producer producer = producer_make(counters->tenant, "tally.count.v1");
        letter_from(&letter, &producer);
    }
    wrong->spoil(&letter);
    return letter;
}

static int64_t count_dead(const struct letter *letter, const char *cause)
{
    return sql_number("select count(*) from tally.dead where key = convert_to('%s', 'UTF8')"
                      " and cause = '%s' and topic = 'idpmc.tally.commands' and detail <> ''"
                      " and octet_length(value) = %zu and octet_length(headers) > 100",
                      letter->key, cause, letter->value_size);
}

/* A copy of the letter, with the cause and the origin that the row has. */
static bool has_copy(const struct topic *copies, const struct letter *letter, const char *cause)
{
    for (size_t i = 0; i < copies->count; i++) {
        const struct topic_record *copy = &copies->records[i];
        struct span part = topic_header(copy, "dl_partition"), at = topic_header(copy, "dl_offset");

        if (span_is(copy->key, letter->key))
            return span_is(topic_header(copy, "dl_cause"), cause) &&
                   span_is(topic_header(copy, "dl_topic"), "idpmc.tally.commands") &&
                   copy->value.size == letter->value_size &&
                   sql_number("select count(*) from tally.dead where part = %.*s and at = %.*s"
                              " and key = convert_to('%s', 'UTF8')",
                              (int)part.size, part.data, (int)at.size, at.data, letter->key) == 1;
    }
    return false;
}

static void check_dead(const struct counters *counters, const struct letter *letters)
{
    struct topic copies = topic_read("idpmc.tally.dlq", counters->tenant);

    for (size_t i = 0; i < COUNT_OF(wrongs); i++) {
        bool row = count_dead(&letters[i], wrongs[i].cause) == 1;
        bool copy = has_copy(&copies, &letters[i], wrongs[i].cause);

        if (!row || !copy)
            printf("# %s: %s, %s\n", wrongs[i].name, row ? "a row" : "no row",
                   copy ? "a copy" : "no copy");
        CU_ASSERT_TRUE(row && copy);
    }
    CU_ASSERT_EQUAL(copies.count, COUNT_OF(wrongs));
    topic_free(&copies);
}

/* All of them in one backlog, and between them what is right. */
void test_each_way_to_be_wrong_is_a_dead_letter_with_its_cause(void)
{
    struct counters counters = counters_new();
    struct letter letters[COUNT_OF(wrongs)];
    struct program worker;

    for (size_t i = 0; i < COUNT_OF(wrongs); i++) {
        counters_send(&counters, 3);
        letters[i] = letter_wrong(&counters, &wrongs[i]);
        letter_post(&letters[i]);
    }
    counters_send(&counters, COUNTERS);
    worker = program_run("worker-tally", NULL);
    counters_check(&counters);
    check_dead(&counters, letters);
    CU_ASSERT_EQUAL(program_stop(&worker), 0);
}

/* The first ones, in their order: 11 that we know, and then the others. */
void test_of_too_many_headers_a_dead_letter_keeps_the_first_32(void)
{
    struct counters counters = counters_new();
    struct letter letter = letter_alone(&counters, 0);
    struct program worker = program_run("worker-tally", NULL);

    letter.more = LETTER_MORE;
    letter_post(&letter);
    letters_arrive();
    CU_ASSERT_TRUE(
        sql_becomes(1, WAIT_MS,
                    "select count(*) from tally.dead where key = convert_to('%s', 'UTF8')"
                    " and position('ce_mac'::bytea in headers)"
                    "     between 1 and position('x-0'::bytea in headers) - 1"
                    " and position('x-20'::bytea in headers) > 0"
                    " and position('x-21'::bytea in headers) = 0",
                    letter.key));
    CU_ASSERT_EQUAL(program_stop(&worker), 0);
}

/* Places repeat where a topic was made again. What was decided of the message that had the place is
 * not said of the one that has it now, nor is the other one's content. */
void test_a_letter_at_an_old_ones_place_is_all_new(void)
{
    struct counters counters = counters_new();
    struct letter letter = counters_next(&counters, 0);
    struct program worker = program_run("worker-tally", NULL);

    other_value(&letter);
    sql("insert into tally.dead (topic, part, at, cause, attempts, tenant, id, type, key, headers,"
        " value, appended, replays, resolved, resolved_at) select topic, part, next + n, 'culprit',"
        " 2, '%s', gen_random_uuid(), 'old', 'old', 'old', 'old', now() - interval '1 d', 3,"
        " 'discarded', now() from tally.position, generate_series(0, 2) n"
        " where topic = 'idpmc.tally.commands'",
        id_text(counters.tenant.uuid));
    letter_post(&letter);
    letters_arrive();
    CU_ASSERT_TRUE(sql_becomes(
        1, WAIT_MS,
        "select count(*) from tally.dead where key = convert_to('%s', 'UTF8')"
        " and cause = 'wrong_proof' and resolved is null and replays = 0 and value <> 'old'"
        " and octet_length(value) = %zu and octet_length(headers) > 100 and type is distinct from "
        "'old'"
        " and appended > now() - interval '1 h' and id is null and tenant is null",
        letter.key, letter.value_size));
    CU_ASSERT_EQUAL(program_stop(&worker), 0);
    sql("delete from tally.dead where value = 'old'");
}

/* A message whose proof fails says an id that somebody else will use. */
void test_what_nobody_proved_uses_up_nobodys_id(void)
{
    struct counters counters = counters_new();
    struct program worker = program_run("worker-tally", NULL);
    struct producer outside = producer_make(counters.tenant, "core.create-team.v1");

    for (size_t i = 0; i < 4; i++) {
        struct letter good = counters_next(&counters, i), bad = good;

        switch (i) {
        case 0:
            other_mac(&bad);
            break;
        case 1:
            other_value(&bad);
            break;
        case 2:
            unknown_key(&bad);
            break;
        case 3:
            letter_from(&bad, &outside);
            break; /* for a type that it may not send */
        }
        letter_post(&bad);
        letter_post(&good);
    }
    letters_arrive();
    CU_ASSERT_TRUE(sql_becomes(4, WAIT_MS,
                               "select count(*) from tally.dead where cause = 'wrong_proof'"
                               " and starts_with(convert_from(key, 'UTF8'), '%s')",
                               id_text(counters.tenant.uuid)));
    counters_check(&counters);
    CU_ASSERT_EQUAL(program_stop(&worker), 0);
}

/* A producer with a credential for it is applied like anybody. */
void test_a_producer_within_its_credential_is_applied(void)
{
    struct counters counters = counters_new();
    struct producer producer = producer_make(counters.tenant, "tally.count.v1");
    struct letter letter = counters_next(&counters, 0);
    struct program worker;

    letter_from(&letter, &producer);
    letter_post(&letter);
    letters_arrive();
    worker = program_run("worker-tally", NULL);
    counters_check(&counters);
    CU_ASSERT_EQUAL(program_stop(&worker), 0);
}

/* Messages whose data the database refuses, alone and in heaps, in a backlog of hundreds. */
void test_culprits_are_found_and_the_others_of_their_batch_applied(void)
{
    static const int places[] = {0, 1, 250, 252, 599};
    struct counters counters = counters_new();
    struct letter culprits[COUNT_OF(places)];
    struct program worker;
    size_t next = 0;

    for (int i = 0; i < 600; i++) {
        if (next < COUNT_OF(places) && i == places[next]) {
            struct tally_count body = {.sequence = 1, .has_weight = true, .weight = TOO_HEAVY};

            body.counter.uuid = counters.each[next];
            culprits[next] =
                letter_of(&tally_count_message, counters.tenant, counters.actor, &body);
            letter_post(&culprits[next++]);
        }
        struct letter good = counters_next(&counters, (size_t)i % COUNTERS);
        letter_post(&good);
    }
    letters_arrive();
    worker = program_run("worker-tally", NULL);
    counters_check(&counters);
    for (size_t i = 0; i < COUNT_OF(places); i++) {
        CU_ASSERT_EQUAL(
            sql_number("select attempts from tally.dead where tenant = '%s'"
                       " and id = '%s' and cause = 'culprit' and detail like '%%23514%%'",
                       culprits[i].tenant, culprits[i].id),
            2);
        CU_ASSERT_EQUAL(sql_number("select outcome from tally.inbox"
                                   " where tenant = '%s' and id = '%s'",
                                   culprits[i].tenant, culprits[i].id),
                        -1);
    }
    CU_ASSERT_EQUAL(program_stop(&worker), 0);
}
