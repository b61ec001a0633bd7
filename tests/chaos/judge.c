/* Judges a run from its history, the database, and the topics read from their start. Prints each
 * invariant with what was looked at; ends with 1 where one is broken. */
#include "judge.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "auth/digest.h"

enum { NAMED_BREACHES = 12, OUTCOME_FAILED = -1, ARENA_MB = 1024 };

static const char *const sentences[RULES] = {
    [RULE_OUTCOME] = "each 202 has one outcome in time",
    [RULE_ONCE] = "no command has two effects",
    [RULE_SAME] = "the same key gets the same answer",
    [RULE_EVENT] = "each effect has its event on the topic",
    [RULE_ORDER] = "effects and events keep each key's order",
    [RULE_CAUSE] = "no effect without a right command of its tenant",
    [RULE_TOTAL] = "the state is the sum of its effects",
};

const char *const module_names[MODULES] = {[TALLY] = "tally", [CORE] = "core", [MC] = "mc"};

void judge_breach(struct judge *judge, enum rule rule, const struct found *command,
                  const char *format, ...)
{
    char id[UUID_TEXT + 1];
    va_list args;

    if (judge->breaches[rule]++ >= NAMED_BREACHES)
        return;
    printf("  breach of I%d: ", (int)rule);
    va_start(args, format);
    vprintf(format, args);
    va_end(args);
    if (command)
        printf(" (command %u, a %s of tenant %u, key %u, sequence %lld, id %s)",
               command->past.command.number, kind_name(command->past.command.kind),
               command->past.command.tenant, command->past.command.key,
               (long long)command->past.command.sequence, uuid_format(command->id, id));
    putchar('\n');
}

unsigned judge_tenant(const struct judge *judge, struct uuid tenant)
{
    unsigned i = 0;

    while (i < TENANTS && !uuid_equal(judge->population.tenants[i].tenant.uuid, tenant))
        i++;
    return i;
}

static int compare_ids(unsigned tenant, struct uuid id, const struct found *command)
{
    const unsigned other = command->past.command.tenant;

    return tenant != other ? (tenant > other) - (tenant < other) : uuid_cmp(id, command->id);
}

static int by_tenant_and_id(const void *a, const void *b)
{
    const struct found *x = *(struct found *const *)a;

    return compare_ids(x->past.command.tenant, x->id, *(struct found *const *)b);
}

struct found *judge_find(const struct judge *judge, unsigned tenant, struct uuid id)
{
    size_t low = 0, high = judge->by_id_count;

    while (low < high) {
        size_t middle = (low + high) / 2;
        int r = compare_ids(tenant, id, judge->by_id[middle]);

        if (r == 0)
            return judge->by_id[middle];
        if (r < 0)
            high = middle;
        else
            low = middle + 1;
    }
    return NULL;
}

/* ---- what there is to judge ---------------------------------------------------------------------
 */
static enum module module_of(enum kind kind)
{
    return kind == KIND_CHECK || kind == KIND_NO_HABIT ? MC : kind == KIND_TEAM ? CORE : TALLY;
}

/* By the wire's rule, whatever the ingress said. */
static struct uuid id_of(const struct judge *judge, const struct command *command)
{
    static const char *const types[MODULES] = {"tally.count.v1", "core.create-team.v1",
                                               "mc.record-check.v1"};
    const struct chaos_tenant *tenant = &judge->population.tenants[command->tenant];
    enum module module = module_of(command->kind);
    char actor[8 + UUID_TEXT] = "user:", key[IDEMPOTENCY_TEXT];

    if (command->kind == KIND_DIRECT)
        return direct_id(&judge->population, command->key - COUNTERS, command->sequence);
    uuid_format(tenant->actor.uuid, actor + strlen(actor));
    idempotency_key(judge->population.seed, command->idempotent, key);
    return derive_command(module_names[module], tenant->tenant, span_text(actor), types[module],
                          span_text(key))
        .uuid;
}

static bool has_an_id_of_its_own(enum kind kind)
{
    return kind != KIND_REUSED && kind != KIND_INVALID && kind != KIND_STRANGER;
}

static void open_history(struct judge *judge, const char *path)
{
    struct past *pasts = history_read(path, &judge->count);

    judge->commands = calloc(judge->count + 1, sizeof *judge->commands);
    judge->by_id = calloc(judge->count + 1, sizeof *judge->by_id);
    judge->arena = arena_new((size_t)ARENA_MB << 20);
    if (!judge->commands || !judge->by_id || !judge->arena)
        give_up("no memory");
    for (size_t i = 0; i < judge->count; i++) {
        struct found *command = &judge->commands[i];

        command->past = pasts[i];
        command->module = module_of(pasts[i].command.kind);
        command->id = id_of(judge, &pasts[i].command);
        if (has_an_id_of_its_own(pasts[i].command.kind))
            judge->by_id[judge->by_id_count++] = command;
    }
    qsort(judge->by_id, judge->by_id_count, sizeof *judge->by_id, by_tenant_and_id);
    free(pasts);
}

/* ---- I1, I3, and what I2, I4 and I6 say of a command
 * -------------------------------------------------- */
/* Did a later letter of the same counter take effect? Then redriving this one is refused. */
static bool is_overtaken(const struct judge *judge, const struct found *letter)
{
    const struct command *command = &letter->past.command;

    for (size_t i = command->number + 1; i < judge->count; i++) {
        const struct command *later = &judge->commands[i].past.command;

        if (later->kind == KIND_LETTER && later->tenant == command->tenant &&
            later->sequence / LETTERS_EACH == command->sequence / LETTERS_EACH &&
            judge->commands[i].effects > 0)
            return true;
    }
    return false;
}

/* A letter that died has been redriven, but where somebody discarded it or its key went on. */
static bool right_outcome(const struct judge *judge, const struct found *command)
{
    switch (command->past.command.kind) {
    case KIND_NO_HABIT:
        return command->outcome > 0;
    case KIND_CULPRIT:
        return command->outcome == OUTCOME_FAILED;
    case KIND_LETTER:
        if (command->outcome == OUTCOME_FAILED)
            return command->discarded || is_overtaken(judge, command);
        return command->outcome == 0 && !command->discarded;
    default:
        return command->outcome == 0;
    }
}

static void check_outcome(struct judge *judge, const struct found *command)
{
    judge->checked[RULE_OUTCOME]++;
    if (!command->decided)
        judge_breach(judge, RULE_OUTCOME, command, "accepted, and %s",
                     command->on_topic ? "nobody decided it" : "it is not in Kafka");
    else if (!right_outcome(judge, command))
        judge_breach(judge, RULE_OUTCOME, command, "its outcome is %d", command->outcome);
}

static void check_answers(struct judge *judge, const struct found *command)
{
    const struct past *past = &command->past;
    const bool own = has_an_id_of_its_own(past->command.kind);

    judge->checked[RULE_SAME] += past->attempts > 1;
    if (past->conflict || (past->has_id && !uuid_equal(past->id, command->id)))
        judge_breach(judge, RULE_SAME, command, "its answers had another id");
    if (own && past->refused)
        judge_breach(judge, RULE_SAME, command, "refused%s",
                     past->accepted ? ", and accepted" : "");
    if (!own && past->accepted && past->command.kind != KIND_REUSED)
        judge_breach(judge, RULE_CAUSE, command, "accepted, which it must never be");
}

static void check_effect(struct judge *judge, const struct found *command)
{
    const enum kind kind = command->past.command.kind;

    judge->checked[RULE_ONCE]++;
    judge->checked[RULE_CAUSE]++;
    if (command->effects > 1)
        judge_breach(judge, RULE_ONCE, command, "%u effects", command->effects);
    if (command->effects > 0 && !kind_takes_effect(kind))
        judge_breach(judge, RULE_CAUSE, command, "it has an effect");
    else if (command->effects > 0 && command->decided && command->outcome != 0)
        judge_breach(judge, RULE_CAUSE, command, "an effect, and its outcome is %d",
                     command->outcome);
    if (command->effects > 0 && !command->on_topic)
        judge_breach(judge, RULE_CAUSE, command, "an effect of what is not on the topic");
    if (!kind_takes_effect(kind))
        return;
    judge->checked[RULE_EVENT] += command->decided;
    if (command->decided && command->outcome == 0 && command->effects == 0)
        judge_breach(judge, RULE_EVENT, command, "applied, and no event says so");
    if (command->effects > 0 && !command->decided)
        judge_breach(judge, RULE_OUTCOME, command, "an effect without an outcome");
}

static void check_commands(struct judge *judge)
{
    for (size_t i = 0; i < judge->count; i++) {
        const struct found *command = &judge->commands[i];

        check_answers(judge, command);
        if (!has_an_id_of_its_own(command->past.command.kind))
            continue;
        if (command->past.accepted)
            check_outcome(judge, command);
        check_effect(judge, command);
    }
}

/* ---- the verdict
 * ------------------------------------------------------------------------------------ */
static size_t count_accepted(const struct judge *judge)
{
    size_t count = 0;

    for (size_t i = 0; i < judge->count; i++)
        count += judge->commands[i].past.accepted;
    return count;
}

static int tell(const struct judge *judge)
{
    const size_t *breaches = judge->breaches;
    size_t all = 0;

    for (int rule = RULE_OUTCOME; rule < RULES; rule++) {
        all += breaches[rule];
        printf("  I%d %-48s %7zu looked at, %zu breaches\n", rule, sentences[rule],
               judge->checked[rule], breaches[rule]);
    }
    printf("judged commands=%zu accepted=%zu copies=%zu lost=%zu doubled=%zu inversions=%zu "
           "others=%zu verdict=%s\n",
           judge->count, count_accepted(judge), judge->copies,
           breaches[RULE_OUTCOME] + breaches[RULE_EVENT], breaches[RULE_ONCE], breaches[RULE_ORDER],
           breaches[RULE_SAME] + breaches[RULE_CAUSE] + breaches[RULE_TOTAL],
           all ? "BROKEN" : "held");
    return all ? 1 : 0;
}

int chaos_judge(int argc, char **argv)
{
    static struct judge judge;
    static int64_t ends[MODULES][PARTITIONS_MOST];
    int64_t until_ms;

    if (argc != 3)
        give_up("usage: chaos judge SEED HISTORY SECONDS");
    until_ms = monotonic_ms() + atoi(argv[2]) * (int64_t)1000;
    setvbuf(stdout, NULL, _IOLBF, 0);
    population_make(strtoull(argv[0], NULL, 10), &judge.population);
    open_history(&judge, argv[1]);
    topics_read_commands(&judge, ends);
    state_open(&judge);
    if (!state_settles(&judge, ends, until_ms))
        judge_breach(&judge, RULE_OUTCOME, NULL, "it is not quiet after %s s", argv[2]);
    state_read_inboxes(&judge);
    topics_read_events(&judge);
    events_check(&judge);
    state_read_dead(&judge);
    check_commands(&judge);
    state_check_counters(&judge);
    state_check_days(&judge);
    state_check_teams(&judge);
    state_close(&judge);
    return tell(&judge);
}
