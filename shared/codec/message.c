/* Looking messages up, and what their keys are. */
#include "codec/message.h"

/* Orders a text against a NUL-terminated one as strcmp does. */
static int compare(struct span text, const char *other)
{
    size_t size = strlen(other);
    int r = memcmp(text.data, other, text.size < size ? text.size : size);

    return r ? r : (text.size > size) - (text.size < size);
}

/* The first of messages[] whose type is not before `text`. */
static size_t first_not_before(struct span text)
{
    size_t low = 0, high = message_count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (compare(text, messages[middle]->type) > 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

const struct message *message_find(struct span type)
{
    size_t i;

    if (!type.size)
        return NULL;
    i = first_not_before(type);
    return i < message_count && span_is(type, messages[i]->type) ? messages[i] : NULL;
}

/* A name's versions begin with it, but others do too ("mc.record", "mc.record-check"), and versions
 * do not sort as text. */
const struct message *message_find_command(struct span name)
{
    const struct message *newest = NULL;

    if (!name.size)
        return NULL;
    for (size_t i = first_not_before(name);
         i < message_count && strncmp(messages[i]->type, name.data, name.size) == 0; i++)
        if (messages[i]->kind == MESSAGE_COMMAND && span_is(name, messages[i]->name) &&
            (!newest || messages[i]->version > newest->version))
            newest = messages[i];
    return newest;
}

struct uuid message_aggregate(const struct message *message, struct tenant_id tenant,
                              const void *body)
{
    struct uuid aggregate = tenant.uuid;

    if (message->key_field)
        memcpy(&aggregate, (const char *)body + message->key_field->offset, sizeof aggregate);
    return aggregate;
}

char *message_record_key(struct tenant_id tenant, struct uuid aggregate,
                         char text[static RECORD_KEY_TEXT + 1])
{
    uuid_format(tenant.uuid, text);
    text[UUID_TEXT] = '/';
    uuid_format(aggregate, text + UUID_TEXT + 1);
    return text;
}
