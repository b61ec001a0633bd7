/* tally.count-strictly: counts like tally.count, whose body is the same but for its name. */
#include "contracts/tally.h"
#include "handlers.h"

static struct tally_count as_count(const struct tally_count_strictly *said)
{
    return (struct tally_count){.counter = said->counter,
                                .sequence = said->sequence,
                                .has_weight = said->has_weight,
                                .weight = said->weight};
}

void count_strictly_load(struct uow *uow, const struct command *command)
{
    const struct tally_count body = as_count(command->body);
    struct command count = *command;

    count.body = &body;
    count_load(uow, &count);
}

int count_strictly_decide(struct uow *uow, const struct command *command)
{
    const struct tally_count body = as_count(command->body);
    struct command count = *command;

    count.body = &body;
    return count_decide(uow, &count);
}
