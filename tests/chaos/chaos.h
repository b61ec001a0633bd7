/* What the fault suite's programs share: who takes part in a run, what each of them was told to do,
 * and the history of what was sent and answered. They end at the first thing that goes wrong with
 * themselves; what goes wrong with the fleet is what they are there to write down. */
#ifndef CHAOS_CHAOS_H
#define CHAOS_CHAOS_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "base/attr.h"
#include "base/date.h"
#include "base/id.h"

/* Prints what went wrong and ends the program with 2. */
_Noreturn void give_up(const char *format, ...) printf_like(1, 2);
const char *needed_setting(const char *name); /* of the environment */

/* SplitMix64: the same on every machine. */
uint64_t next_random(uint64_t *state);
unsigned random_below(uint64_t *state, unsigned bound);

/* ---- who takes part ---------------------------------------------------------------------------
 */
enum {
    TENANTS = 24,
    COUNTERS = 24,       /* of a tenant, through the ingress */
    DIRECT_TENANTS = 2,  /* of the first ones an outside producer speaks, straight to the topic */
    DIRECT_COUNTERS = 4, /* on counters of its own */
    PLAYER_KEY = COUNTERS + DIRECT_COUNTERS, /* keys of a tenant: counters, the player, the club */
    CLUB_KEY,
    LETTER_KEY, /* counters that a few letters have, one after another */
    KEYS,       /* of a tenant */
    LETTERS_EACH = 4,
    HABITS = 8,
    DAYS = 7,
    PRODUCER_TEXT = 32,
};

struct chaos_tenant {
    struct tenant_id tenant;
    struct user_id actor; /* administers the club, and is its player */
    struct uuid counters[COUNTERS + DIRECT_COUNTERS];
    struct uuid habits[HABITS];
};

struct population {
    uint64_t seed;
    struct chaos_tenant tenants[TENANTS];
    char producer[PRODUCER_TEXT]; /* its credential */
    uint8_t producer_secret[32];
};

/* The same for the same seed. */
void population_make(uint64_t seed, struct population *ret_population);
void population_write_sql(const struct population *population); /* to stdout */

/* The message id of a producer's command. It does not depend on the tenant: each tenant has the
 * same ids, as tenants may. */
struct uuid direct_id(const struct population *population, unsigned counter, int64_t sequence);
struct uuid team_id(const struct population *population, uint32_t number);

/* The counter of a tenant's letter of this sequence. Its text begins as no other's does, so that
 * the database can be told to refuse letters alone. */
#define LETTER_COUNTERS "1e77e400-"
struct uuid letter_counter(const struct population *population, unsigned tenant, int64_t sequence);

/* ---- what is sent -------------------------------------------------------------------------------
 */
enum kind {
    KIND_COUNT,    /* must be applied */
    KIND_DIRECT,   /* too, by an outside producer */
    KIND_LETTER,   /* too, or die, where a fault had it refused, and come back */
    KIND_CHECK,    /* mc.record-check that must be applied */
    KIND_TEAM,     /* core.create-team that must be applied */
    KIND_NO_HABIT, /* mc.record-check that must be rejected */
    KIND_CULPRIT,  /* the table refuses it: must fail, alone */
    KIND_REUSED,   /* another body under an Idempotency-Key that came before: no effect */
    KIND_INVALID,  /* breaks its contract: refused, no effect */
    KIND_STRANGER, /* of somebody who is no member: refused, no effect */
    KIND_COUNT_OF,
};
const char *kind_name(enum kind kind);
bool kind_takes_effect(enum kind kind);

/* One command of a run. Those of one key follow one another: the next is sent once the one before
 * was accepted or refused for good. */
struct command {
    uint32_t number; /* from 0, in the order of their making */
    enum kind kind;
    unsigned tenant, key;
    int64_t sequence;    /* a count's number; a check's done + 2 * habit + 16 * day */
    uint32_t idempotent; /* whose Idempotency-Key it has: its own number but for KIND_REUSED */
};
enum { IDEMPOTENCY_TEXT = 48 };
char *idempotency_key(uint64_t seed, uint32_t number, char text[static IDEMPOTENCY_TEXT]);

/* ---- what was answered -------------------------------------------------------------------------
 */
enum answer {
    ANSWER_ACCEPTED, /* 202, or 200 of one that waited */
    ANSWER_APPLIED,  /* 200: it says that it was applied */
    ANSWER_REFUSED,  /* for good */
    ANSWER_UNKNOWN,  /* 503, 429, a connection that broke, no answer in time */
    ANSWER_COUNT_OF,
};
const char *answer_name(enum answer answer);

/* A command's history as it is read again. */
struct past {
    struct command command;
    struct uuid id; /* as the first answer with one said */
    bool has_id, conflict, accepted, refused, said_applied;
    uint32_t attempts, unknowns;
    int64_t first_ms, accepted_ms;
};

/* Lines of text: `c NUMBER KIND TENANT KEY SEQUENCE IDEMPOTENT`, and for each answer
 * `a NUMBER MS ANSWER STATUS ID|-`. */
void history_command(FILE *file, const struct command *command);
void history_answer(FILE *file, uint32_t number, enum answer answer, int status, const char *id);
struct past *history_read(const char *path, size_t *ret_count);

/* ---- the programs -------------------------------------------------------------------------------
 */
int chaos_load(int argc, char **argv);
int chaos_judge(int argc, char **argv);
int chaos_keep(int argc, char **argv);
int chaos_proxy(int argc, char **argv);
int chaos_set_clock(int argc, char **argv);

#endif
