/* The whole documents: valid JSON, every reference leads somewhere, and who can be asked for what.
 */
#include <CUnit/CUnit.h>
#include <jansson.h>
#include <string.h>

#include "base/attr.h"
#include "codec/codec_codes.h"
#include "codec/message.h"
#include "describe/describe.h"
#include "http/http_codes.h"

static void release(json_t **root)
{
    json_decref(*root);
}

static json_t *parse(const struct buf *text)
{
    json_error_t error;
    json_t *root = json_loadb(text->data, text->size, JSON_REJECT_DUPLICATES, &error);

    CU_ASSERT_PTR_NOT_NULL_FATAL(root);
    return root;
}

static json_t *made_by(void (*describe)(struct buf *out))
{
    cleanup(buf_deinit) struct buf out = {0}, again = {0};

    describe(&out);
    describe(&again);
    CU_ASSERT_TRUE(span_equal(buf_span(&out), buf_span(&again)));
    return parse(&out);
}

/* "#/components/schemas/problem" in the document. */
static const json_t *resolve(const json_t *root, const char *reference)
{
    char key[256];

    if (*reference++ != '#')
        return NULL;
    while (root && *reference == '/') {
        size_t size = strcspn(++reference, "/");

        snprintf(key, sizeof key, "%.*s", (int)size, reference);
        root = json_object_get(root, key);
        reference += size;
    }
    return root;
}

static void check_references(const json_t *root, const json_t *value)
{
    const char *reference = json_string_value(json_object_get(value, "$ref")), *key;
    json_t *inner;
    size_t i;

    if (reference && !resolve(root, reference)) {
        printf("# nothing is at %s\n", reference);
        CU_FAIL("a reference leads nowhere");
    }
    json_object_foreach((json_t *)value, key, inner) check_references(root, inner);
    json_array_foreach(value, i, inner) check_references(root, inner);
}

void test_references_lead_somewhere(void)
{
    cleanup(release) json_t *openapi = made_by(describe_openapi);
    cleanup(release) json_t *asyncapi = made_by(describe_asyncapi);

    check_references(openapi, openapi);
    check_references(asyncapi, asyncapi);
}

static const json_t *path_of(const json_t *openapi, const char *command)
{
    char path[128];

    snprintf(path, sizeof path, "/v1/commands/%s", command);
    return json_object_get(json_object_get(openapi, "paths"), path);
}

void test_commands_that_a_token_may_send_have_a_path(void)
{
    cleanup(release) json_t *openapi = made_by(describe_openapi);

    for (size_t i = 0; i < message_count; i++) {
        const struct message *message = messages[i];
        bool served = message->kind == MESSAGE_COMMAND && message->scope != SCOPE_NONE;
        const json_t *path = path_of(openapi, message->name);

        CU_ASSERT_EQUAL(path != NULL, served);
    }
}

void test_a_rejection_has_an_example_for_each_code(void)
{
    cleanup(release) json_t *openapi = made_by(describe_openapi);
    const json_t *post = json_object_get(path_of(openapi, "core.add-member"), "post");
    const json_t *conflict = json_object_get(json_object_get(post, "responses"), "409");
    const json_t *content =
        json_object_get(json_object_get(conflict, "content"), "application/problem+json");
    const json_t *examples = json_object_get(content, "examples");

    CU_ASSERT_PTR_NOT_NULL(json_object_get(examples, "already_member"));
    CU_ASSERT_PTR_NULL(json_object_get(examples, "team_full"));
}

void test_batches_and_what_is_said_of_commands_have_examples(void)
{
    static const char *const names[] = {"batch", "results", "accepted", "applied", "outcome"};
    cleanup(release) json_t *openapi = made_by(describe_openapi);
    const json_t *schemas = json_object_get(json_object_get(openapi, "components"), "schemas");

    for (size_t i = 0; i < COUNT_OF(names); i++)
        CU_ASSERT_EQUAL(
            json_array_size(json_object_get(json_object_get(schemas, names[i]), "examples")), 1);
}

void test_commands_and_events_stand_on_their_topics(void)
{
    cleanup(release) json_t *asyncapi = made_by(describe_asyncapi);
    const json_t *channels = json_object_get(asyncapi, "channels");

    for (size_t i = 0; i < message_count; i++) {
        const struct message *message = messages[i];
        const char *topic = message->kind == MESSAGE_COMMAND ? "commands" : "events";
        const json_t *channel;
        char key[64];

        if (message->kind == MESSAGE_QUERY)
            continue;
        snprintf(key, sizeof key, "%s.%s", message->module, topic);
        channel = json_object_get(channels, key);
        CU_ASSERT_PTR_NOT_NULL(
            json_object_get(json_object_get(channel, "messages"), message->type));
    }
}

static const char *no_handler(const struct message *message, size_t i)
{
    (void)message;
    (void)i;
    return NULL;
}

static const char *two_handlers(const struct message *message, size_t i)
{
    (void)message;
    return i == 0 ? "one" : i == 1 ? "two" : NULL;
}

void test_the_page_of_messages_names_each_and_its_handlers(void)
{
    cleanup(buf_deinit) struct buf page = {0}, other = {0};

    describe_messages_page(&(struct describe_handlers){no_handler}, &page);
    describe_messages_page(&(struct describe_handlers){two_handlers}, &other);
    for (size_t i = 0; i < message_count; i++) {
        char heading[128];

        snprintf(heading, sizeof heading, "\n### %s\n\n%s\n", messages[i]->name,
                 messages[i]->sentence);
        CU_ASSERT_PTR_NOT_NULL(strstr(page.data, heading));
    }
    CU_ASSERT_PTR_NULL(strstr(page.data, "Handled by"));
    CU_ASSERT_PTR_NULL(strstr(page.data, "(null)"));
    CU_ASSERT_PTR_NOT_NULL(strstr(other.data, " Handled by `one`, `two`.\n"));
}

void test_the_page_of_problems_has_every_code(void)
{
    cleanup(buf_deinit) struct buf page = {0};
    char row[96];

    describe_problems_page(&page);
    for (size_t i = 0; i < http_code_count; i++) {
        snprintf(row, sizeof row, "\n| `%s` | %d |", http_codes[i].code, http_codes[i].status);
        CU_ASSERT_PTR_NOT_NULL(strstr(page.data, row));
    }
    for (size_t i = 0; i < codec_code_count; i++) {
        snprintf(row, sizeof row, "\n| `%s` | %s |", codec_codes[i].code, codec_codes[i].sentence);
        CU_ASSERT_PTR_NOT_NULL(strstr(page.data, row));
    }
    for (size_t i = 0; i < message_count; i++)
        for (size_t j = 0; j < messages[i]->reject_count; j++) {
            snprintf(row, sizeof row, "\n| `%s` | `%s` |", messages[i]->rejects[j].code,
                     messages[i]->name);
            CU_ASSERT_PTR_NOT_NULL(strstr(page.data, row));
        }
}
