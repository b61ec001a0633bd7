/* What the documents have in common. */
#include <string.h>

#include "describe/describe_private.h"

bool describe_is_served(const struct message *message)
{
    return message->kind == MESSAGE_COMMAND && message->scope != SCOPE_NONE &&
           message_find_command(span_text(message->name)) == message;
}

const char *describe_aggregate(const struct message *message)
{
    return message->key_field ? message->key_field->name : "organization";
}

static const char *verb_of(const struct message *message)
{
    switch (message->kind) {
    case MESSAGE_QUERY:
        return "asked";
    case MESSAGE_EVENT:
        return "seen in the live stream";
    default:
        return "sent";
    }
}

void describe_who(struct buf *out, const struct message *message)
{
    const char *verb = verb_of(message);

    switch (message->scope) {
    case SCOPE_NONE:
        buf_printf(out, "Not %s by token%s.", verb,
                   message->kind == MESSAGE_COMMAND
                       ? ": by the fleet itself, or by a producer whose credential lists it"
                       : "");
        break;
    case SCOPE_ANYONE:
        buf_printf(out, "Can be %s by any verified user.", verb);
        break;
    case SCOPE_ORGANIZATION:
        buf_printf(out, "Can be %s by who has `%s` in the organization.", verb,
                   message->permission);
        break;
    case SCOPE_PLAYER:
        buf_printf(out,
                   "Can be %s by who has `%s` in the organization, for a team of `%s`, or, being "
                   "`%s`, for themselves.",
                   verb, message->permission, message->scope_field->name,
                   message->scope_field->name);
        break;
    }
}

size_t describe_next(size_t i, const char *module, enum message_kind kind)
{
    while (i < message_count &&
           (messages[i]->kind != kind || (module && strcmp(messages[i]->module, module) != 0)))
        i++;
    return i;
}

bool describe_is_first_of_module(size_t i)
{
    for (size_t j = 0; j < i; j++)
        if (strcmp(messages[j]->module, messages[i]->module) == 0)
            return false;
    return true;
}
