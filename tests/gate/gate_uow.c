/* A batch of checks as one unit of work, without a database: what is asked for, and what is decided
 * when it is there. What a database would answer is put in between, and not counted. */
#include "../workers/mc/settings.h"
#include "../workers/mc/store.h"
#include "contracts/mc.h"
#include "gate.h"
#include "runtime/uow.h"
#include "runtime/worker.h"

extern const struct worker worker_mc;

/* Each player checks each habit of a day in turn, and one in ten on a day before. */
enum {
    TENANTS = 10,
    PLAYERS = 10,
    HABITS = 5,
    COMMANDS = TENANTS * PLAYERS * HABITS,
    UOW_BYTES = 16 << 20,
    TODAY = 20779, /* 2026-11-22 */
};

static const struct mc_settings settings = {.late_days = 14};
static const struct handler *handler;
static struct mc_record_check checks[COMMANDS];
static struct command commands[COMMANDS];
static struct uow *uow;

static struct user_id player_of(int tenant, int player)
{
    return (struct user_id){
        {{0x01, 0x98, [6] = 0x70, [14] = (uint8_t)tenant, [15] = (uint8_t)(player + 1)}}};
}

static struct habit_id habit_of(int tenant, int player, int habit)
{
    struct habit_id id = {player_of(tenant, player).uuid};

    id.uuid.bytes[7] = (uint8_t)(habit + 1);
    return id;
}

static struct tenant_id tenant_of(int tenant)
{
    return (struct tenant_id){{{0x01, 0x99, [6] = 0x70, [15] = (uint8_t)(tenant + 1)}}};
}

/* Neighbours of a batch are of different tenants and players. */
static void make_command(int i)
{
    const int tenant = i % TENANTS, player = i / TENANTS % PLAYERS, habit = i / TENANTS / PLAYERS;
    const struct user_id user = player_of(tenant, player);

    checks[i] = (struct mc_record_check){.player = user,
                                         .habit = habit_of(tenant, player, habit),
                                         .day = {player == 0 ? TODAY - 1 : TODAY},
                                         .done = habit % 2 == 0};
    commands[i] = (struct command){.tenant = tenant_of(tenant),
                                   .actor = {.kind = ACTOR_USER, .user = user},
                                   .at = {INT64_C(1795348800000000) + i},
                                   .body = &checks[i],
                                   .settings = &settings};
}

static void prepare(void)
{
    uow = uow_new(UOW_BYTES);
    must(uow, "no memory");
    handler = worker_mc.handlers;
    while (handler->on && handler->on != &mc_record_check_message)
        handler++;
    must(handler->on, "there is no handler of checks");
    for (int i = 0; i < COMMANDS; i++)
        make_command(i);
}

static void ask(void)
{
    uow_begin(uow);
    for (int i = 0; i < COMMANDS; i++) {
        uow_enter(uow, worker_mc.name, &commands[i]);
        uow_want_permission(uow, commands[i].actor.user, mc_record_check_message.permission,
                            &checks[i].player);
        handler->load(uow, &commands[i]);
        must(uow_leave_load(uow) == 0, "a load failed");
    }
}

static void seed(struct tenant_id tenant, const struct entity *entity, const void *row)
{
    must(uow_seed(uow, tenant, entity, row) == 0, "a row could not be seeded");
}

static void seed_player(int tenant, int player)
{
    const struct user_id user = player_of(tenant, player);

    for (int habit = 0; habit < HABITS; habit++)
        seed(tenant_of(tenant), &habit_entity,
             &(struct habit){.key = {user, habit_of(tenant, player, habit)},
                             .slot = habit,
                             .title = span_text("Read for 20 minutes"),
                             .weekdays = 127,
                             .weight = habit + 1,
                             .from = {TODAY - 100},
                             .until = {DATE_NONE},
                             .held = {DATE_NONE}});
    uow_grant(uow, tenant_of(tenant), user, mc_record_check_message.permission, "self");
}

static void answer(void)
{
    for (int tenant = 0; tenant < TENANTS; tenant++) {
        seed(tenant_of(tenant), &organization_entity,
             &(struct organization){.zone = span_text("Europe/Oslo")});
        for (int player = 0; player < PLAYERS; player++)
            seed_player(tenant, player);
    }
}

static void decide(void)
{
    for (int i = 0; i < COMMANDS; i++) {
        uow_enter(uow, worker_mc.name, &commands[i]);
        must(uow_permitted(uow, commands[i].actor.user, mc_record_check_message.permission,
                           &checks[i].player),
             "a right is missing");
        must(uow_leave(uow, handler->decide(uow, &commands[i])) == 0, "a check was rejected");
    }
}

static void round_of_batches(void)
{
    const struct uow_emission *list;

    gate_step(ask);
    answer();
    gate_step(decide);
    must(uow_emissions(uow, &list) == COMMANDS, "a check told nothing");
}

const struct gate_case gate_cases[] = {
    {"uow-batch", prepare, round_of_batches, COMMANDS},
    {0},
};
