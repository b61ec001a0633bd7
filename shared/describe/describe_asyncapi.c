/* AsyncAPI 3.0: https://www.asyncapi.com/docs/reference/specification/v3.0.0. */
#include <stdio.h>

#include "describe/describe.h"
#include "describe/describe_private.h"

enum { NAME_BYTES = 128 };

static const char about[] =
    "Kafka topics, as an outside producer and reader sees them. A value is a map, as MessagePack "
    "or "
    "as JSON; the `content-type` header says which. The record key is `<tenant>/<aggregate>` in "
    "lower case, and the partition `(murmur2(key) & 0x7fffffff) % partitions`.\n\n"
    "Every record proves itself: `ce_mac` is the lower-case hex of HMAC-SHA256, with the "
    "credential's 32-byte secret, over the six bytes `idpmc1` and then nine parts, each preceded "
    "by "
    "its length in bytes as a 4-byte big-endian number: topic, key, ce_id, ce_type, ce_tenant, "
    "ce_actor, ce_time, content-type, and the 32 bytes of SHA-256(value). `ce_keyid` names the "
    "credential. A producer sends commands only, of the tenants and types that its credential "
    "lists, as `ce_actor` = `producer:<keyid>` and `ce_source` = `/producers/<keyid>`.\n\n"
    "A command has its effect once for its `ce_id`; the same id with another value is a dead "
    "letter. Readers pass over unknown keys, and deduplicate by `ce_id`.";

/* An example's; each can be told from the others. */
static const char tenant[] = "0198c2a4-7d10-7c3e-9a51-0f6f2c1d4e5b";
static const char aggregate[] = "0198c2a4-8e21-7f4f-8b62-1a7f3d2e5f6c";
static const char id[] = "0198c2a5-0a00-7000-8000-000000000001";
static const char mac[] = "bc87a5c559ce024aa346bc2c45df2dc1"
                          "e74a4c248498d974ff7aadf2da0f9e1b";

/* ' stands for ". */
static const char header_members[] =
    "'ce_specversion': {'const': '1.0'}, "
    "'ce_id': {'type': 'string', 'format': 'uuid', 'description': 'Once has its effect once.'}, "
    "'ce_source': {'type': 'string', 'pattern': '^/(idpmc|producers)/'}, "
    "'ce_subject': {'type': 'string', 'format': 'uuid', 'description': 'The aggregate of the "
    "key.'}, "
    "'ce_time': {'type': 'string', 'format': 'date-time'}, "
    "'content-type': {'enum': ['application/vnd.msgpack', 'application/json']}, "
    "'ce_tenant': {'type': 'string', 'format': 'uuid', 'description': 'The organization.'}, "
    "'ce_actor': {'type': 'string', 'pattern': '^(user|producer|system):'}, "
    "'ce_keyid': {'type': 'string'}, "
    "'ce_mac': {'type': 'string', 'pattern': '^[0-9a-f]{64}$', 'description': 'See above.'}, "
    "'ce_causationid': {'type': 'string', 'format': 'uuid', 'description': 'What caused it.'}, "
    "'ce_correlationid': {'type': 'string', 'format': 'uuid', 'description': 'What began it.'}, "
    "'traceparent': {'type': 'string'}, "
    "'ce_sequence': {'type': 'string', 'pattern': '^[0-9]{20}[.][0-9]{4}$', 'description': "
    "'Of events: their order under a key.'}";

static const char header_names[] =
    "'ce_specversion', 'ce_id', 'ce_type', 'ce_source', 'ce_subject', 'ce_time', 'content-type', "
    "'ce_tenant', 'ce_actor', 'ce_keyid', 'ce_mac'";

static void write_headers(struct json_writer *w, const struct message *message)
{
    json_member_open(w, "headers", '{');
    json_member_text(w, "type", "object");
    json_member_template(w, "properties", "{'ce_type': {'const': '%s'}, %s}", message->type,
                         header_members);
    json_member_template(w, "required", "[%s%s]", header_names,
                         message->kind == MESSAGE_EVENT ? ", 'ce_sequence'" : "");
    json_close(w, '}');
}

static void write_example_headers(struct json_writer *w, const struct message *message)
{
    bool event = message->kind == MESSAGE_EVENT;
    char source[NAME_BYTES];

    snprintf(source, sizeof source, event ? "idpmc/%s" : "producers/%s",
             event ? message->module : "gym");
    json_member_open(w, "headers", '{');
    json_member_template(w, "ce_type", "'%s'", message->type);
    json_member_text(w, "ce_specversion", "1.0");
    json_member_text(w, "ce_id", id);
    json_member_template(w, "ce_source", "'/%s'", source);
    json_member_text(w, "ce_subject", message->key_field ? aggregate : tenant);
    json_member_text(w, "ce_time", "2026-11-22T18:00:00.000Z");
    json_member_text(w, "content-type", "application/json");
    json_member_text(w, "ce_tenant", tenant);
    json_member_template(w, "ce_actor", event ? "'user:%s'" : "'producer:%s'",
                         event ? aggregate : "gym");
    json_member_text(w, "ce_keyid", event ? "fleet1" : "gym");
    json_member_text(w, "ce_mac", mac);
    if (event)
        json_member_text(w, "ce_sequence", "00000000000000000042.0000");
    json_close(w, '}');
}

static void write_key(struct json_writer *w, const struct message *message)
{
    json_member_template(w, "bindings",
                         "{'kafka': {'key': {'type': 'string', 'pattern': "
                         "'^[0-9a-f-]{36}/[0-9a-f-]{36}$', 'description': 'Tenant and %s.'}}}",
                         describe_aggregate(message));
}

static void write_message(struct json_writer *w, const struct message *message)
{
    cleanup(buf_deinit) struct buf text = {0};

    describe_who(&text, message);
    json_member_open(w, message->type, '{');
    json_member_text(w, "name", message->type);
    json_member_text(w, "title", message->name);
    json_member_text(w, "summary", message->sentence);
    json_member_text(w, "description", text.data);
    json_member_text(w, "contentType", "application/json");
    write_headers(w, message);
    json_key(w, "payload");
    describe_body_schema(w, message, SCHEMA_OPEN);
    write_key(w, message);
    json_member_open(w, "examples", '[');
    json_open(w, '{');
    json_member_text(w, "name", "example");
    write_example_headers(w, message);
    json_key(w, "payload");
    describe_example(w, message);
    json_close(w, '}');
    json_close(w, ']');
    json_close(w, '}');
}

/* What a dead letter has behind the original's headers. */
static void write_dead_letter(struct json_writer *w)
{
    json_member_open(w, "dead_letter", '{');
    json_member_text(w, "name", "dead_letter");
    json_member_text(w, "title", "Dead letter");
    json_member_text(w, "summary",
                     "A message that could not be processed, with what it came with.");
    json_member_template(
        w, "headers",
        "{'type': 'object', 'properties': {'dl_cause': {'type': 'string'}, "
        "'dl_detail': {'type': 'string'}, 'dl_topic': {'type': 'string'}, "
        "'dl_partition': {'type': 'string'}, 'dl_offset': {'type': 'string'}, "
        "'dl_left_out': {'type': 'string'}}, "
        "'required': ['dl_cause', 'dl_detail', 'dl_topic', 'dl_partition', 'dl_offset']}");
    json_member_template(w, "payload", "{'description': 'The bytes that came.'}");
    json_close(w, '}');
}

/* A topic, with its messages by reference. `kind` is that of its messages. */
static void write_topic(struct json_writer *w, const char *module, const char *name,
                        const char *about_it)
{
    char key[NAME_BYTES];

    snprintf(key, sizeof key, "%s.%s", module, name);
    json_member_open(w, key, '{');
    json_member_template(w, "address", "'idpmc.%s'", key);
    json_member_text(w, "description", about_it);
    json_member_template(w, "bindings", "{'kafka': {'topic': 'idpmc.%s', 'partitions': 12}}", key);
    json_member_open(w, "messages", '{');
}

static void close_topic(struct json_writer *w)
{
    json_close(w, '}');
    json_close(w, '}');
}

static void write_topic_of(struct json_writer *w, const char *module, const char *name,
                           const char *about_it, enum message_kind kind)
{
    write_topic(w, module, name, about_it);
    for (size_t i = describe_next(0, module, kind); i < message_count;
         i = describe_next(i + 1, module, kind))
        json_member_template(w, messages[i]->type, "{'$ref': '#/components/messages/%s'}",
                             messages[i]->type);
    close_topic(w);
}

static void write_channels(struct json_writer *w, const char *module)
{
    write_topic_of(w, module, "commands", "What is to be decided; in order for each key.",
                   MESSAGE_COMMAND);
    write_topic_of(w, module, "events", "What was decided; in order for each key.", MESSAGE_EVENT);
    write_topic(w, module, "dlq", "Copies of what could not be processed.");
    json_member_template(w, "dead_letter", "{'$ref': '#/components/messages/dead_letter'}");
    close_topic(w);
}

static void write_operation(struct json_writer *w, const char *action, const char *module,
                            const char *topic, const char *summary)
{
    char key[NAME_BYTES];

    snprintf(key, sizeof key, "%s.%s.%s", action, module, topic);
    json_member_open(w, key, '{');
    json_member_text(w, "action", action);
    json_member_text(w, "summary", summary);
    json_member_template(w, "channel", "{'$ref': '#/channels/%s.%s'}", module, topic);
    json_close(w, '}');
}

static void write_operations(struct json_writer *w, const char *module)
{
    write_operation(w, "send", module, "commands", "Sends commands with a producer's credential.");
    write_operation(w, "receive", module, "events", "Reads what was decided.");
    write_operation(w, "receive", module, "dlq", "Reads what could not be processed.");
}

static void for_each_module(struct json_writer *w, const char *key,
                            void (*write)(struct json_writer *w, const char *module))
{
    json_member_open(w, key, '{');
    for (size_t i = 0; i < message_count; i++)
        if (describe_is_first_of_module(i))
            write(w, messages[i]->module);
    json_close(w, '}');
}

void describe_asyncapi(struct buf *out)
{
    struct json_writer w = {.out = out};

    json_open(&w, '{');
    json_member_text(&w, "asyncapi", "3.0.0");
    json_member_open(&w, "info", '{');
    json_member_text(&w, "title", "IDP-MC");
    json_member_text(&w, "version", "1");
    json_member_text(&w, "description", about);
    json_close(&w, '}');
    json_member_text(&w, "defaultContentType", "application/json");
    for_each_module(&w, "channels", write_channels);
    for_each_module(&w, "operations", write_operations);
    json_member_open(&w, "components", '{');
    json_member_open(&w, "messages", '{');
    for (size_t i = 0; i < message_count; i++)
        if (messages[i]->kind == MESSAGE_COMMAND || messages[i]->kind == MESSAGE_EVENT)
            write_message(&w, messages[i]);
    write_dead_letter(&w);
    json_close(&w, '}');
    json_close(&w, '}');
    json_close(&w, '}');
}
