/* What mc answers to readers (runtime/worker.h says how). */
#ifndef MC_QUERIES_H
#define MC_QUERIES_H

#include "contracts/mc.h"
#include "runtime/worker.h"

QUERY(week, mc_week);
QUERY(habits, mc_habits);

#endif
