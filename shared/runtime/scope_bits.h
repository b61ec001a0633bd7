/* The scopes in which somebody holds a permission, or'd: in the whole organization, for the players
 * of the teams that they coach, for themselves. */
#ifndef RUNTIME_SCOPE_BITS_H
#define RUNTIME_SCOPE_BITS_H

#include "base/span.h"

enum { SCOPE_BIT_ORGANIZATION = 1, SCOPE_BIT_TEAM = 2, SCOPE_BIT_SELF = 4 };

/* Of a scope as core_api.permissions names it; 0: there is none of this name. */
static inline unsigned scope_bit(struct span scope)
{
    if (span_is(scope, "organization"))
        return SCOPE_BIT_ORGANIZATION;
    if (span_is(scope, "team"))
        return SCOPE_BIT_TEAM;
    return span_is(scope, "self") ? SCOPE_BIT_SELF : 0;
}

#endif
