/* core's handlers, one file each: NAME_load says what it needs, NAME_decide what follows
 * (runtime/worker.h). */
#ifndef CORE_HANDLERS_H
#define CORE_HANDLERS_H

#include "runtime/worker.h"

#define HANDLER(name)                                                                              \
    void name##_load(struct uow *uow, const struct command *command);                              \
    must_check int name##_decide(struct uow *uow, const struct command *command)

HANDLER(create_organization);
HANDLER(add_member);
HANDLER(change_roles);
HANDLER(remove_member);
HANDLER(create_team);
HANDLER(assign_to_team);

/* What several handlers share: gives a member these roles instead of the present ones (none: the
 * membership ends), and keeps the organization's count of OrgAdmins. Both must have been wanted. */
must_check int give_roles(struct uow *uow, struct user_id user, int32_t roles);

#endif
