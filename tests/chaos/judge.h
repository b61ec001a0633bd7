/* The judge's parts: what it knows of each command and event, and the rules that it holds them to.
 */
#ifndef CHAOS_JUDGE_H
#define CHAOS_JUDGE_H

#include "base/arena.h"
#include "chaos.h"
#include "pg/pg.h"

enum rule {
    RULE_OUTCOME = 1, /* I1: each 202 has one outcome in time, and the right one */
    RULE_ONCE,        /* I2: at most one effect of each command */
    RULE_SAME,        /* I3: the same key, the same answer */
    RULE_EVENT,       /* I4: each effect has one event id, and a copy on the topic */
    RULE_ORDER,       /* I5: the order of each key */
    RULE_CAUSE,       /* I6: no effect without a right command of that tenant */
    RULE_TOTAL,       /* I7: the state is the sum of its effects */
    RULES,
};

enum module { TALLY, CORE, MC, MODULES };
extern const char *const module_names[MODULES];

/* A command with all that was found of it. */
struct found {
    struct past past;
    struct uuid id; /* as it must be */
    enum module module;
    bool on_topic, decided, discarded;
    int32_t outcome; /* of the inbox */
    unsigned effects;
};

/* An event of one of the types that a command of the load makes. */
struct happened {
    enum module module;
    unsigned tenant;
    struct uuid aggregate, id, cause;
    uint64_t value; /* its hash */
    size_t arrival; /* its place in its partition's order */
    char sequence[26];
    bool right_type; /* tally's: then these are its fields */
    int64_t number, count, h;
    struct found *command;
};

struct judge {
    struct population population;
    struct found *commands;
    size_t count;
    struct found **by_id; /* sorted by tenant and id; those that may take effect */
    size_t by_id_count;
    struct happened *events;
    size_t event_count, event_capacity, copies;
    struct arena *arena;
    struct pg *pg;
    size_t checked[RULES], breaches[RULES];
};

/* Counts a breach, and names the first ones. `command` may be NULL. */
void judge_breach(struct judge *judge, enum rule rule, const struct found *command,
                  const char *format, ...) printf_like(4, 5);

/* The tenant's place, or TENANTS; the command of this id in a tenant, or NULL. */
unsigned judge_tenant(const struct judge *judge, struct uuid tenant);
struct found *judge_find(const struct judge *judge, unsigned tenant, struct uuid id);

/* Reads topics from their start to their end. Commands mark what came; returns the ends by
 * partition. Events are collected. */
enum { PARTITIONS_MOST = 64 };
void topics_read_commands(struct judge *judge, int64_t ends[MODULES][PARTITIONS_MOST]);
void topics_read_events(struct judge *judge);

/* The database. */
void state_open(struct judge *judge);
void state_close(struct judge *judge);
bool state_settles(struct judge *judge, int64_t ends[MODULES][PARTITIONS_MOST], int64_t until_ms);
void state_read_inboxes(struct judge *judge);
void state_read_dead(struct judge *judge);
void state_check_counters(struct judge *judge);
void state_check_days(struct judge *judge);
void state_check_teams(struct judge *judge);

/* Events against commands. */
void events_check(struct judge *judge);
const struct happened *events_last(const struct judge *judge, unsigned tenant, struct uuid counter);
int64_t events_hash(int64_t h, int64_t number); /* as tally's domain has it, written again */

#endif
