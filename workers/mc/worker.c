/* mc, Mission Control: habits on a grid of days, with scores. */
#include "contracts/core.h"
#include "contracts/mc.h"
#include "handlers/handlers.h"
#include "queries.h"
#include "settings.h"
#include "store.h"

static const struct handler handlers[] = {
    {&mc_define_habit_message, define_habit_load, define_habit_decide},
    {&mc_assign_habit_message, assign_habit_load, assign_habit_decide},
    {&mc_retire_habit_message, retire_habit_load, retire_habit_decide},
    {&mc_retire_habits_message, retire_habits_load, retire_habits_decide},
    {&mc_record_check_message, record_check_load, record_check_decide},
    {&mc_close_day_message, close_day_load, close_day_decide},
    {&core_member_removed_message, member_removed_load, member_removed_decide},
    {NULL, NULL, NULL},
};

static const struct column close_day_columns[] = {
    COLUMN(UUID, mc_close_day, player),
    COLUMN(DATE, mc_close_day, day),
};

static const struct timer timers[] = {
    {
        .name = "close-day",
        .emit = &mc_close_day_message,
        .due = days_to_close,
        .columns = close_day_columns,
        .column_count = COUNT_OF(close_day_columns),
        .interval_ms = 1000,
    },
    {.name = NULL},
};

static const struct query queries[] = {
    QUERY_OF(week, mc_week),
    QUERY_OF(habits, mc_habits),
    {.on = NULL},
};

static const struct setting settings[] = {
    {
        .name = "LATE_DAYS",
        .offset = offsetof(struct mc_settings, late_days),
        .value = 14,
        .min = 0,
        .max = 366,
        .sentence = "How many days back a check is taken, and a habit may begin.",
    },
    {.name = NULL},
};

const struct worker worker_mc = {
    .name = "mc",
    .handlers = handlers,
    .timers = timers,
    .queries = queries,
    .entities = mc_entities,
    .settings = settings,
    .settings_size = sizeof(struct mc_settings),
};
