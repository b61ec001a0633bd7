/* tally.count: never the same twice, so that whatever is done twice, left out or swapped shows. */
#include <signal.h>
#include <unistd.h>

#include "../store.h"
#include "contracts/tally_emit.h"
#include "handlers.h"

/* What no handler may do, and a bug or a library of one does all the same. */
enum { WEIGHT_THAT_KILLS = 666, WEIGHT_THAT_HANGS = 667 };

static void misbehave(int64_t weight)
{
    if (weight == WEIGHT_THAT_KILLS)
        raise(SIGKILL);
    while (weight == WEIGHT_THAT_HANGS)
        pause();
}

void count_load(struct uow *uow, const struct command *command)
{
    const struct tally_count *said = command->body;

    counter_want(uow, (struct counter_key){said->counter});
}

int count_decide(struct uow *uow, const struct command *command)
{
    const struct tally_count *said = command->body;
    struct tally_counted event = {.counter = said->counter, .sequence = said->sequence};
    struct counter *counter;
    int r = counter_edit(uow, (struct counter_key){said->counter}, &counter);

    if (r < 0)
        return r;
    misbehave(said->has_weight ? said->weight : 0);
    counter_add(counter, said->sequence);
    if (said->has_weight)
        counter->weight = (int32_t)said->weight;
    event.count = counter->count;
    event.h = counter->h;
    return emit_tally_counted(uow, &event);
}
