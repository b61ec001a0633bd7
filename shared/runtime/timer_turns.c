#include "runtime/timer_turns.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

int turns_list(struct turns *turns, const struct turn *tenants, size_t count)
{
    struct turn *list = calloc(count + 1, sizeof *list);
    size_t known = 0;

    if (!list)
        return -ENOMEM;
    for (size_t i = 0; i < count; i++) {
        int order = -1;

        while (known < turns->count &&
               (order = memcmp(&turns->list[known].tenant, &tenants[i].tenant,
                               sizeof tenants[i].tenant)) < 0)
            known++;
        list[i] = order == 0 ? turns->list[known] : (struct turn){.tenant = tenants[i].tenant};
        list[i].today = tenants[i].today;
    }
    free(turns->list);
    turns->list = list;
    turns->count = count;
    return 0;
}

static bool has_new_date(const struct turn *turn)
{
    return turn->asked_ms == 0 || date_cmp(turn->asked, turn->today) != 0;
}

static bool may_have_more(const struct turn *turn)
{
    return turn->due;
}

static bool anybody(const struct turn *turn)
{
    (void)turn;
    return true;
}

struct picks {
    struct turn **list;
    size_t count;
    int64_t now_ms;
    int64_t before_ms; /* who was asked later has time */
};

static bool (*const kinds[])(const struct turn *) = {has_new_date, may_have_more, anybody};

/* Adds those of a kind, from where its last pick ended, until there are `most` in all. */
static void add(struct turns *turns, size_t kind, size_t most, struct picks *picks)
{
    size_t begin = turns->next[kind];

    for (size_t i = 0; i < turns->count && picks->count < most; i++) {
        size_t place = (begin + i) % turns->count;
        struct turn *turn = &turns->list[place];

        if (!kinds[kind](turn) || (turn->asked_ms > picks->before_ms && !has_new_date(turn)))
            continue;
        turn->asked = turn->today;
        turn->asked_ms = picks->now_ms;
        picks->list[picks->count++] = turn;
        turns->next[kind] = place + 1;
    }
}

size_t turns_pick(struct turns *turns, int64_t now_ms, int64_t interval_ms, size_t most,
                  struct turn **ret_picked, bool *ret_more)
{
    struct picks picks = {.list = ret_picked, .now_ms = now_ms, .before_ms = now_ms - interval_ms};

    add(turns, 0, most, &picks);
    /* half of the rest: what is due may stay so, and the others have their turn all the same */
    add(turns, 1, most - (most - picks.count) / 2, &picks);
    add(turns, 2, most, &picks);
    *ret_more = false;
    for (size_t i = 0; i < turns->count; i++)
        *ret_more |= has_new_date(&turns->list[i]);
    return picks.count;
}

void turns_forget(struct turns *turns)
{
    free(turns->list);
    *turns = (struct turns){.count = 0};
}
