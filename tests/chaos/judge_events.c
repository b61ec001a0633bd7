/* What the topics say happened, against what was sent: copies, causes, order, and tally's chain of
 * hashes, in which any double, loss or inversion shows. */
#include <stdlib.h>
#include <string.h>

#include "judge.h"

int64_t events_hash(int64_t h, int64_t number)
{
    uint64_t x = ((uint64_t)h ^ (uint64_t)number) * UINT64_C(0x100000001b3);

    return (int64_t)((x ^ x >> 32) + UINT64_C(0xcbf29ce484222325));
}

static int compare_size(size_t a, size_t b)
{
    return (a > b) - (a < b);
}

static int by_id(const void *a, const void *b)
{
    const struct happened *x = a, *y = b;
    int r = (int)x->module - (int)y->module;

    if (r == 0)
        r = (int)x->tenant - (int)y->tenant;
    if (r == 0)
        r = uuid_cmp(x->id, y->id);
    return r ? r : compare_size(x->arrival, y->arrival);
}

static int by_key(const void *a, const void *b)
{
    const struct happened *x = a, *y = b;
    int r = (int)x->module - (int)y->module;

    if (r == 0)
        r = (int)x->tenant - (int)y->tenant;
    if (r == 0)
        r = uuid_cmp(x->aggregate, y->aggregate);
    return r ? r : compare_size(x->arrival, y->arrival);
}

static bool same_key(const struct happened *a, const struct happened *b)
{
    return a->module == b->module && a->tenant == b->tenant &&
           uuid_equal(a->aggregate, b->aggregate);
}

/* Keeps the first copy of each; a later one must say the same. */
static void drop_copies(struct judge *judge)
{
    size_t kept = 0;

    qsort(judge->events, judge->event_count, sizeof *judge->events, by_id);
    for (size_t i = 0; i < judge->event_count; i++) {
        const struct happened *event = &judge->events[i];
        const struct happened *first = kept ? &judge->events[kept - 1] : NULL;

        if (!first || first->module != event->module || first->tenant != event->tenant ||
            !uuid_equal(first->id, event->id)) {
            judge->events[kept++] = *event;
            continue;
        }
        judge->copies++;
        if (first->value != event->value || !uuid_equal(first->aggregate, event->aggregate) ||
            strcmp(first->sequence, event->sequence) != 0)
            judge_breach(judge, RULE_ONCE, judge_find(judge, event->tenant, event->cause),
                         "two events of one id say different things");
    }
    judge->event_count = kept;
}

static struct uuid key_of(const struct judge *judge, const struct command *command)
{
    const struct chaos_tenant *tenant = &judge->population.tenants[command->tenant];

    switch (command->key) {
    case PLAYER_KEY:
        return tenant->actor.uuid;
    case CLUB_KEY:
        return tenant->tenant.uuid;
    case LETTER_KEY:
        return letter_counter(&judge->population, command->tenant, command->sequence);
    default:
        return tenant->counters[command->key];
    }
}

static void find_cause(struct judge *judge, struct happened *event)
{
    struct found *command = judge_find(judge, event->tenant, event->cause);
    char id[UUID_TEXT + 1];

    event->command = command;
    judge->checked[RULE_EVENT]++;
    if (!event->right_type || !command) {
        judge_breach(judge, RULE_CAUSE, command, "an event %s of %s that no command explains",
                     uuid_format(event->id, id), module_names[event->module]);
        return;
    }
    command->effects++;
    if (!uuid_equal(key_of(judge, &command->past.command), event->aggregate) ||
        command->module != event->module ||
        (event->module == TALLY && event->number != command->past.command.sequence))
        judge_breach(judge, RULE_CAUSE, command, "its event says another thing: number %lld",
                     (long long)event->number);
}

/* Along a key the commands' numbers and the events' sequences rise, and tally's chain holds. */
static void check_step(struct judge *judge, const struct happened *before,
                       const struct happened *event)
{
    const int64_t h = before ? before->h : 0, count = before ? before->count : 0;

    judge->checked[RULE_ORDER]++;
    if (before && before->command && event->command &&
        before->command->past.command.number >= event->command->past.command.number)
        judge_breach(judge, RULE_ORDER, event->command, "it came behind command %u",
                     before->command->past.command.number);
    if (before && strcmp(before->sequence, event->sequence) >= 0)
        judge_breach(judge, RULE_ORDER, event->command,
                     "its event of %s comes on the topic behind that of %s", event->sequence,
                     before->sequence);
    if (event->module != TALLY)
        return;
    if (event->count != count + 1)
        judge_breach(judge, event->count > count + 1 ? RULE_EVENT : RULE_ONCE, event->command,
                     "count %lld stands behind %lld", (long long)event->count, (long long)count);
    else if (event->h != events_hash(h, event->number))
        judge_breach(judge, RULE_TOTAL, event->command, "the chain of hashes breaks at it");
}

void events_check(struct judge *judge)
{
    drop_copies(judge);
    for (size_t i = 0; i < judge->event_count; i++)
        find_cause(judge, &judge->events[i]);
    qsort(judge->events, judge->event_count, sizeof *judge->events, by_key);
    for (size_t i = 0; i < judge->event_count; i++) {
        const struct happened *event = &judge->events[i];

        check_step(judge, i > 0 && same_key(event - 1, event) ? event - 1 : NULL, event);
    }
}

const struct happened *events_last(const struct judge *judge, unsigned tenant, struct uuid counter)
{
    const struct happened wanted = {
        .module = TALLY, .tenant = tenant, .aggregate = counter, .arrival = SIZE_MAX};
    size_t low = 0, high = judge->event_count;

    while (low < high) {
        size_t middle = (low + high) / 2;

        if (by_key(&judge->events[middle], &wanted) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low > 0 && same_key(&judge->events[low - 1], &wanted) ? &judge->events[low - 1] : NULL;
}
