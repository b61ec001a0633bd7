/* What an operator may set of mc: IDPMC_MC_LATE_DAYS. */
#ifndef MC_SETTINGS_H
#define MC_SETTINGS_H

#include <stdint.h>

struct mc_settings {
    int64_t late_days; /* how many days back a check is taken, and a habit may begin */
};

#endif
