#include "events_visible.h"

#include <errno.h>

bool events_is_shown(const struct message *message)
{
    return message->kind == MESSAGE_EVENT && message->permission &&
           (message->scope == SCOPE_ORGANIZATION || message->scope == SCOPE_PLAYER);
}

size_t events_permissions_find(const struct events_permissions *permissions, const char *name)
{
    size_t at = 0;

    while (at < permissions->count && strcmp(permissions->names[at], name) != 0)
        at++;
    return at;
}

int events_permissions_init(struct events_permissions *permissions)
{
    permissions->count = 0;
    for (size_t i = 0; i < message_count; i++) {
        if (!events_is_shown(messages[i]) ||
            events_permissions_find(permissions, messages[i]->permission) < permissions->count)
            continue;
        if (permissions->count == EVENTS_PERMISSIONS_MAX)
            return -E2BIG;
        permissions->names[permissions->count++] = messages[i]->permission;
    }
    return 0;
}

static unsigned scopes_for(const struct events_permissions *permissions,
                           const struct events_rights *rights, const struct message *message)
{
    size_t permission = events_permissions_find(permissions, message->permission);

    return permission < permissions->count ? rights->scopes[permission] : 0;
}

bool events_rights_need_coached(const struct events_permissions *permissions,
                                const struct events_rights *rights)
{
    for (size_t i = 0; i < message_count; i++) {
        unsigned scopes;

        if (!events_is_shown(messages[i]) || messages[i]->scope != SCOPE_PLAYER)
            continue;
        scopes = scopes_for(permissions, rights, messages[i]);
        if ((scopes & SCOPE_BIT_TEAM) && !(scopes & SCOPE_BIT_ORGANIZATION))
            return true;
    }
    return false;
}

static bool is_coached(const struct events_rights *rights, struct user_id player)
{
    size_t low = 0, high = rights->coached_count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = uuid_cmp(rights->coached[middle].uuid, player.uuid);

        if (order == 0)
            return true;
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return false;
}

bool events_may_see(const struct events_permissions *permissions,
                    const struct events_rights *rights, struct user_id member,
                    const struct event *event)
{
    unsigned scopes;

    if (!events_is_shown(event->message))
        return false;
    scopes = scopes_for(permissions, rights, event->message);
    if (scopes & SCOPE_BIT_ORGANIZATION)
        return true;
    if (event->message->scope != SCOPE_PLAYER)
        return false;
    if (uuid_equal(event->player.uuid, member.uuid))
        return (scopes & SCOPE_BIT_SELF) != 0;
    return (scopes & SCOPE_BIT_TEAM) && is_coached(rights, event->player);
}

/* Events of that type or, without a version, of each version. */
static int add_types(struct events_filter *filter, struct span name)
{
    size_t before = filter->type_count;

    for (size_t i = 0; i < message_count; i++) {
        if (!events_is_shown(messages[i]) ||
            !(span_is(name, messages[i]->type) || span_is(name, messages[i]->name)))
            continue;
        if (filter->type_count == EVENTS_TYPES_MAX)
            return EVENTS_FILTER_MALFORMED;
        filter->types[filter->type_count++] = messages[i];
    }
    return filter->type_count == before ? EVENTS_FILTER_UNKNOWN_TYPE : 0;
}

static int read_parameter(struct events_filter *filter, struct span name, struct span value,
                          struct buf *detail)
{
    int r;

    if (span_is(name, "type")) {
        r = add_types(filter, value);
        if (r == EVENTS_FILTER_UNKNOWN_TYPE)
            buf_add_text(detail, "One of the `type`s is no event that is shown to anybody.");
        if (r == EVENTS_FILTER_MALFORMED)
            buf_printf(detail, "At most %d `type`s can be asked for.", EVENTS_TYPES_MAX);
        return r;
    }
    if (span_is(name, "player")) {
        filter->has_player = uuid_parse(value, &filter->player.uuid) == 0;
        if (filter->has_player)
            return 0;
        buf_add_text(detail, "`player` is a UUID in lower case.");
        return EVENTS_FILTER_MALFORMED;
    }
    buf_add_text(detail, "The parameters are `type` and `player`.");
    return EVENTS_FILTER_MALFORMED;
}

int events_filter_read(struct span query, struct events_filter *ret_filter, struct buf *detail)
{
    struct events_filter filter = {.type_count = 0};
    int r = 0;

    while (query.size && r == 0) {
        const char *end = memchr(query.data, '&', query.size);
        size_t size = end ? (size_t)(end - query.data) : query.size;
        const char *equals = memchr(query.data, '=', size);
        size_t name = equals ? (size_t)(equals - query.data) : size;

        r = read_parameter(
            &filter, span_of(query.data, name),
            span_of(query.data + name + (equals != NULL), size - name - (equals != NULL)), detail);
        query = end ? span_of(end + 1, query.size - size - 1) : span_of(NULL, 0);
    }
    if (r == 0)
        *ret_filter = filter;
    return r;
}

bool events_filter_takes(const struct events_filter *filter, const struct event *event)
{
    bool typed = filter->type_count == 0;

    for (size_t i = 0; i < filter->type_count; i++)
        typed |= filter->types[i] == event->message;
    return typed && (!filter->has_player || (event->message->scope == SCOPE_PLAYER &&
                                             uuid_equal(event->player.uuid, filter->player.uuid)));
}
