/* The organization, its members, its teams and who is in them. */
#include "queries.h"

#include <errno.h>

#include "store.h"

int organization_load(struct uow *uow, const struct query_call *call,
                      const struct core_organization *params)
{
    (void)call, (void)params;
    published_organization_want(uow);
    return 0;
}

int organization_answer(struct uow *uow, const struct query_call *call,
                        const struct core_organization *params,
                        struct core_organization_answer *ret_answer)
{
    const struct organization *organization = published_organization_get(uow);

    (void)call, (void)params;
    if (!organization)
        return -ENOENT;
    *ret_answer = (struct core_organization_answer){
        .name = organization->name,
        .zone = organization->zone,
        .kind = organization->kind,
    };
    return 0;
}

int members_load(struct uow *uow, const struct query_call *call, const struct core_members *params)
{
    struct member match = {.roles = params->has_role ? roles_of(&params->role, 1) : 0};

    published_member_want_page(uow, &match, &call->page);
    return 0;
}

int members_answer(struct uow *uow, const struct query_call *call,
                   const struct core_members *params, struct core_members_answer *ret_answer)
{
    struct member_rows members = published_member_page(uow);
    struct core_members_answer_items *items = uow_alloc(uow, members.count, sizeof *items);

    (void)call, (void)params;
    if (!items)
        return -ENOMEM;
    for (size_t i = 0; i < members.count; i++) {
        items[i].member = members.rows[i]->key.member;
        items[i].roles.items = roles_list(members.rows[i]->roles, &items[i].roles.count);
    }
    ret_answer->items.items = items;
    ret_answer->items.count = members.count;
    return 0;
}

int teams_load(struct uow *uow, const struct query_call *call, const struct core_teams *params)
{
    (void)params;
    published_team_want_page(uow, &(struct team){0}, &call->page);
    return 0;
}

int teams_answer(struct uow *uow, const struct query_call *call, const struct core_teams *params,
                 struct core_teams_answer *ret_answer)
{
    struct team_rows teams = published_team_page(uow);
    struct core_teams_answer_items *items = uow_alloc(uow, teams.count, sizeof *items);

    (void)call, (void)params;
    if (!items)
        return -ENOMEM;
    for (size_t i = 0; i < teams.count; i++)
        items[i] = (struct core_teams_answer_items){
            .team = teams.rows[i]->key.team,
            .name = teams.rows[i]->name,
        };
    ret_answer->items.items = items;
    ret_answer->items.count = teams.count;
    return 0;
}

int team_members_load(struct uow *uow, const struct query_call *call,
                      const struct core_team_members *params)
{
    published_team_want(uow, (struct team_key){params->team});
    published_team_member_want_page(uow, &(struct team_member){.key = {.team = params->team}},
                                    &call->page);
    return 0;
}

int team_members_answer(struct uow *uow, const struct query_call *call,
                        const struct core_team_members *params,
                        struct core_team_members_answer *ret_answer)
{
    struct team_member_rows places = published_team_member_page(uow);
    struct core_team_members_answer_items *items = uow_alloc(uow, places.count, sizeof *items);

    (void)call;
    if (!published_team_get(uow, (struct team_key){params->team}))
        return -ENOENT;
    if (!items)
        return -ENOMEM;
    for (size_t i = 0; i < places.count; i++) {
        items[i].member = places.rows[i]->key.member;
        items[i].roles.items = roles_list(places.rows[i]->roles, &items[i].roles.count);
    }
    ret_answer->items.items = items;
    ret_answer->items.count = places.count;
    return 0;
}
