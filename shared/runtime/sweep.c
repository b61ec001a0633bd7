#include "runtime/sweep.h"

void sweep_begin(struct sweep *sweep, int64_t blocks, uint64_t chance, int64_t now_ms)
{
    if (!sweep->began) {
        sweep->began = true;
        sweep->at = blocks > SWEEP_BLOCKS ? (int64_t)(chance % (uint64_t)blocks) : 0;
    }
    if (sweep->at >= blocks)
        sweep->at = 0; /* the table became shorter */
    sweep->blocks = sweep->left = blocks;
    sweep->found = 0;
    sweep->round_ms = now_ms;
    if (blocks == 0)
        sweep->complete_ms = now_ms;
}

static int64_t least(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

struct sweep_range sweep_range(const struct sweep *sweep)
{
    const int64_t most = least(SWEEP_BLOCKS, sweep->left);

    return (struct sweep_range){sweep->at, least(sweep->at + most, sweep->blocks)};
}

bool sweep_done(struct sweep *sweep, struct sweep_range range, int64_t rows, int64_t now_ms)
{
    sweep->left -= range.to - range.from;
    sweep->at = range.to < sweep->blocks ? range.to : 0;
    sweep->found += rows;
    if (sweep->left > 0)
        return false;
    sweep->complete_ms = now_ms;
    return true;
}

int64_t sweep_wait_ms(const struct sweep *sweep, struct sweep_range range, int64_t rows)
{
    const int64_t steps = (sweep->blocks + SWEEP_BLOCKS - 1) / SWEEP_BLOCKS;
    const int64_t even_ms = steps > 0 ? SWEEP_ROUND_MS / steps : SWEEP_LATE_MS;

    if (even_ms < SWEEP_SOON_MS || rows >= SWEEP_MANY * (range.to - range.from))
        return SWEEP_SOON_MS;
    return least(even_ms, SWEEP_LATE_MS);
}
