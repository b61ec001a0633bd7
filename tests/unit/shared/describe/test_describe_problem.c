/* What GET /problems/{code} answers. */
#include <CUnit/CUnit.h>
#include <jansson.h>

#include "base/attr.h"
#include "describe/describe.h"
#include "http/http_codes.h"

static void release(json_t **root)
{
    json_decref(*root);
}

static json_t *problem_of(const char *code)
{
    cleanup(buf_deinit) struct buf out = {0};
    json_t *root;

    CU_ASSERT_TRUE(describe_problem(span_text(code), &out));
    root = json_loadb(out.data, out.size, JSON_REJECT_DUPLICATES, NULL);
    CU_ASSERT_PTR_NOT_NULL_FATAL(root);
    return root;
}

static const char *member(const json_t *object, const char *name)
{
    const char *text = json_string_value(json_object_get(object, name));

    return text ? text : "(none)";
}

void test_every_code_of_the_edge_is_described(void)
{
    for (size_t i = 0; i < http_code_count; i++) {
        cleanup(release) json_t *root = problem_of(http_codes[i].code);

        CU_ASSERT_STRING_EQUAL(member(root, "code"), http_codes[i].code);
        CU_ASSERT_STRING_EQUAL(member(root, "title"), http_codes[i].title);
        CU_ASSERT_STRING_EQUAL(member(root, "cause"), http_codes[i].cause);
        CU_ASSERT_STRING_EQUAL(member(root, "remedy"), http_codes[i].remedy);
        CU_ASSERT_EQUAL(json_integer_value(json_object_get(root, "status")), http_codes[i].status);
    }
}

void test_a_reject_code_names_the_commands_that_reject_by_it(void)
{
    cleanup(release) json_t *root = problem_of("unknown_member");
    json_t *commands = json_object_get(root, "commands");
    json_t *first = json_array_get(commands, 0);

    CU_ASSERT_STRING_EQUAL(member(root, "code"), "unknown_member");
    CU_ASSERT_EQUAL(json_integer_value(json_object_get(root, "status")), 409);
    CU_ASSERT_TRUE(json_array_size(commands) >= 2);
    CU_ASSERT_STRING_EQUAL(member(first, "type"), "core.assign-to-team.v1");
    CU_ASSERT_STRING_EQUAL(member(first, "field"), "member");
    CU_ASSERT_STRING_EQUAL(member(first, "sentence"),
                           "This user is not a member of the organization.");
}

void test_what_is_no_code_has_no_description(void)
{
    cleanup(buf_deinit) struct buf out = {0};

    CU_ASSERT_FALSE(describe_problem(span_text("no_such_code"), &out));
    CU_ASSERT_FALSE(describe_problem(span_of(NULL, 0), &out));
    CU_ASSERT_EQUAL(out.size, 0);
}
