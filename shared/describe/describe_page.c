/* docs/reference/messages.md: every message for people, in Markdown. */
#include <inttypes.h>
#include <string.h>

#include "base/decimal.h"
#include "describe/describe.h"
#include "describe/describe_private.h"

static const char *const kinds[] = {
    [MESSAGE_COMMAND] = "command",
    [MESSAGE_EVENT] = "event",
    [MESSAGE_QUERY] = "query",
    [MESSAGE_ANSWER] = "answer",
};

static void add_names(struct buf *out, const struct field *field)
{
    for (size_t i = 0; i < field->name_count; i++)
        buf_printf(out, "%s`%s`", i ? ", " : "", field->names[i]);
}

/* Bounds and unit of numbers; both ends alike are told once. */
static void add_range(struct buf *out, const char *least, const char *most, const char *unit)
{
    if (strcmp(least, most) == 0)
        buf_printf(out, "%s", least);
    else
        buf_printf(out, "%s to %s", least, most);
    if (unit)
        buf_printf(out, " %s", unit);
}

static void add_bounds(struct buf *out, const struct field *field, const char *unit)
{
    char least[DECIMAL_TEXT + 1], most[DECIMAL_TEXT + 1];

    add_range(out, decimal_format(field->min, field->scale, least),
              decimal_format(field->max, field->scale, most), unit);
}

static void add_type(struct buf *out, const struct field *field)
{
    switch (field->type) {
    case FIELD_UUID:
        buf_add_text(out, "UUID");
        break;
    case FIELD_STRING:
        buf_add_text(out, "text of ");
        add_bounds(out, field, "characters");
        break;
    case FIELD_INTEGER:
        add_bounds(out, field, field->unit);
        break;
    case FIELD_BOOLEAN:
        buf_add_text(out, "true or false");
        break;
    case FIELD_DATE:
        buf_add_text(out, "date");
        break;
    case FIELD_TIME:
        buf_add_text(out, "time in UTC");
        break;
    case FIELD_ENUM:
        buf_add_text(out, "one of ");
        add_names(out, field);
        break;
    case FIELD_DECIMAL:
        buf_add_text(out, "decimal as text, ");
        add_bounds(out, field, field->unit);
        break;
    case FIELD_LIST:
        buf_add_text(out, "list of ");
        add_bounds(out, field, "items: ");
        add_type(out, field->item);
        break;
    case FIELD_STRUCT:
        buf_add_text(out, "object");
        break;
    case FIELD_MAP:
        buf_add_text(out, "map of ");
        add_bounds(out, field, "pairs: ");
        add_type(out, field->key);
        buf_add_text(out, " → ");
        add_type(out, field->item);
        break;
    case FIELD_UNION:
        buf_printf(out, "object, `%s` says which: ", field->tag);
        add_names(out, field);
        break;
    }
}

static void add_rows(struct buf *out, const char *path, const struct field *fields, size_t count);

/* The fields of what a field is made of. */
static void add_inner_rows(struct buf *out, const char *path, const struct field *field)
{
    cleanup(buf_deinit) struct buf inner = {0};

    switch (field->type) {
    case FIELD_LIST:
        buf_printf(&inner, "%s[]", path);
        add_inner_rows(out, inner.data, field->item);
        break;
    case FIELD_MAP:
        buf_printf(&inner, "%s{}", path);
        add_inner_rows(out, inner.data, field->item);
        break;
    case FIELD_STRUCT:
        buf_printf(&inner, "%s.", path);
        add_rows(out, inner.data, field->fields, field->field_count);
        break;
    case FIELD_UNION:
        for (size_t i = 0; i < field->field_count; i++) {
            buf_clear(&inner);
            buf_printf(&inner, "%s(%s).", path, field->fields[i].name);
            add_rows(out, inner.data, field->fields[i].fields, field->fields[i].field_count);
        }
        break;
    default:
        break;
    }
}

static void add_rows(struct buf *out, const char *path, const struct field *fields, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const struct field *field = &fields[i];
        cleanup(buf_deinit) struct buf full = {0};

        buf_printf(&full, "%s%s", path, field->name);
        buf_printf(out, "| `%s` | ", full.data);
        add_type(out, field);
        buf_printf(out, "%s%s | %s | %s%s%s |\n", field->optional ? ", optional" : "",
                   field->personal ? ", personal" : "", field->sentence, field->example ? "`" : "",
                   field->example ? field->example : "", field->example ? "`" : "");
        add_inner_rows(out, full.data, field);
    }
}

static void add_fields(struct buf *out, const struct message *message)
{
    if (message->field_count == 0)
        return;
    buf_add_text(out, "\n| field | type | meaning | example |\n|---|---|---|---|\n");
    add_rows(out, "", message->fields, message->field_count);
}

static void add_example(struct buf *out, const struct message *message)
{
    struct json_writer w = {.out = out, .lines = true};

    buf_add_text(out, "\n```json\n");
    describe_example(&w, message);
    buf_add_text(out, "\n```\n");
}

static void add_rejects(struct buf *out, const struct message *message)
{
    if (message->reject_count == 0)
        return;
    buf_add_text(out, "\n| rejected with | field | because |\n|---|---|---|\n");
    for (size_t i = 0; i < message->reject_count; i++) {
        const struct reject *reject = &message->rejects[i];

        buf_printf(out, "| `%s` | %s%s%s | %s |\n", reject->code, reject->field ? "`" : "",
                   reject->field ? reject->field : "", reject->field ? "`" : "", reject->sentence);
    }
}

static void add_handlers(struct buf *out, const struct message *message,
                         const struct describe_handlers *handlers)
{
    const char *name;

    for (size_t i = 0; (name = handlers->next(message, i)); i++)
        buf_printf(out, "%s`%s`", i ? ", " : " Handled by ", name);
    if (handlers->next(message, 0))
        buf_add_text(out, ".");
}

static void add_message(struct buf *out, const struct message *message,
                        const struct describe_handlers *handlers)
{
    buf_printf(out, "\n### %s\n\n%s\n\n", message->name, message->sentence);
    if (message->kind == MESSAGE_QUERY)
        buf_printf(out, "Query, `GET %s`%s.", message->path,
                   message->paged ? ", in pages (`limit`, `cursor`)" : "");
    else
        buf_printf(out, "%s `%s`, key `<tenant>/<%s>`.",
                   message->kind == MESSAGE_COMMAND ? "Command" : "Event", message->type,
                   describe_aggregate(message));
    add_handlers(out, message, handlers);
    if (message->cost > 1)
        buf_printf(out, " Costs %u tokens of its sender's quota.", message->cost);
    buf_add_char(out, '\n');
    describe_who(out, message);
    buf_add_char(out, '\n');
    add_fields(out, message);
    if (message->kind != MESSAGE_QUERY)
        add_example(out, message);
    add_rejects(out, message);
    if (message->answer) {
        buf_add_text(out, "\nThe answer:\n");
        add_fields(out, message->answer);
        add_example(out, message->answer);
    }
}

static void add_list(struct buf *out, const char *module, enum message_kind kind)
{
    for (size_t i = describe_next(0, module, kind); i < message_count;
         i = describe_next(i + 1, module, kind)) {
        buf_printf(out, "| [%s](#", messages[i]->name);
        for (const char *c = messages[i]->name; *c; c++)
            if (*c != '.')
                buf_add_char(out, *c);
        buf_printf(out, ") | %s | %s |\n", kinds[kind], messages[i]->sentence);
    }
}

static void add_module(struct buf *out, const char *module,
                       const struct describe_handlers *handlers)
{
    static const enum message_kind order[] = {MESSAGE_COMMAND, MESSAGE_EVENT, MESSAGE_QUERY};

    buf_printf(out, "\n## %s\n\n| message | | |\n|---|---|---|\n", module);
    for (size_t k = 0; k < COUNT_OF(order); k++)
        add_list(out, module, order[k]);
    for (size_t k = 0; k < COUNT_OF(order); k++)
        for (size_t i = describe_next(0, module, order[k]); i < message_count;
             i = describe_next(i + 1, module, order[k]))
            add_message(out, messages[i], handlers);
}

void describe_messages_page(const struct describe_handlers *handlers, struct buf *out)
{
    buf_add_text(
        out, "# Messages\n\n"
             "Every command, event and query, from the contracts (`make docs` writes this "
             "page). Formats are those of\n[wire.md](wire.md). `a.b` is a field of an object, "
             "`a[].b` of a list's items, `a{}.b` of a map's values, `a(x).b`\nof the "
             "alternative `x`. Personal fields stay out of events, logs and traces. What is not "
             "optional is required.\nHow a message is sent or asked: "
             "[HTTP](../guides/http.md), [Kafka](../guides/produce-events.md).\n");
    for (size_t i = 0; i < message_count; i++)
        if (describe_is_first_of_module(i))
            add_module(out, messages[i]->module, handlers);
}
