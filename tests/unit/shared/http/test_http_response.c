/* Answers as bytes, and problem documents as RFC 9457 has them. */
#include <CUnit/CUnit.h>
#include <jansson.h>

#include "http/http_response.h"

static const char date[] = "Sun, 22 Nov 2026 18:00:00 GMT";

void test_an_answer_has_its_fields_and_its_body(void)
{
    cleanup(buf_deinit) struct buf out = {0};
    struct http_header location = {span_text("Location"), span_text("/v1/outcomes/a")};
    struct http_response response = {.status = 202,
                                     .content_type = "application/json",
                                     .body = span_text("{}"),
                                     .headers = &location,
                                     .header_count = 1};

    http_response_write(&out, &response, &(struct http_response_frame){.date = date});
    CU_ASSERT_STRING_EQUAL(out.data, "HTTP/1.1 202 Accepted\r\n"
                                     "Date: Sun, 22 Nov 2026 18:00:00 GMT\r\n"
                                     "X-Content-Type-Options: nosniff\r\n"
                                     "Content-Type: application/json\r\n"
                                     "Location: /v1/outcomes/a\r\n"
                                     "Content-Length: 2\r\n\r\n{}");
}

void test_the_answer_to_head_has_the_length_but_no_body(void)
{
    cleanup(buf_deinit) struct buf out = {0};
    struct http_response response = {
        .status = 200, .content_type = "text/plain", .body = span_text("twelve bytes")};

    http_response_write(&out, &response,
                        &(struct http_response_frame){.date = date, .close = true, .head = true});
    CU_ASSERT_PTR_NOT_NULL(strstr(out.data, "Connection: close\r\n"));
    CU_ASSERT_PTR_NOT_NULL(strstr(out.data, "Content-Length: 12\r\n\r\n"));
    CU_ASSERT_PTR_NULL(strstr(out.data, "twelve"));
}

static json_t *problem_of(const struct http_problem *problem, struct span instance)
{
    cleanup(buf_deinit) struct buf out = {0};
    struct trace trace = {.trace_id = {0xab}};
    json_error_t error;
    json_t *root;

    http_problem_write(&out, problem, instance, &trace);
    root = json_loadb(out.data, out.size, JSON_REJECT_DUPLICATES, &error);
    CU_ASSERT_PTR_NOT_NULL_FATAL(root);
    return root;
}

static void release(json_t **root)
{
    json_decref(*root);
}

static const char *member(const json_t *object, const char *name)
{
    const char *text = json_string_value(json_object_get(object, name));

    return text ? text : "(none)";
}

void test_a_problem_says_what_where_and_which_trace(void)
{
    struct http_problem_error error = {"#/weight", "too_large", "A \"number\" from 1 to 10."};
    struct http_problem problem = {.code = "invalid_body",
                                   .detail = "One field is wrong.",
                                   .errors = &error,
                                   .error_count = 1};
    cleanup(release) json_t *root = problem_of(&problem, span_text("/v1/commands/mc.define-habit"));
    json_t *first = json_array_get(json_object_get(root, "errors"), 0);

    CU_ASSERT_STRING_EQUAL(member(root, "type"), "/problems/invalid_body");
    CU_ASSERT_STRING_EQUAL(member(root, "title"), "The body breaks its contract");
    CU_ASSERT_EQUAL(json_integer_value(json_object_get(root, "status")), 422);
    CU_ASSERT_STRING_EQUAL(member(root, "detail"), "One field is wrong.");
    CU_ASSERT_STRING_EQUAL(member(root, "instance"), "/v1/commands/mc.define-habit");
    CU_ASSERT_STRING_EQUAL(member(root, "code"), "invalid_body");
    CU_ASSERT_STRING_EQUAL(member(root, "trace_id"), "ab000000000000000000000000000000");
    CU_ASSERT_STRING_EQUAL(member(first, "pointer"), "#/weight");
    CU_ASSERT_STRING_EQUAL(member(first, "code"), "too_large");
    CU_ASSERT_STRING_EQUAL(member(first, "detail"), "A \"number\" from 1 to 10.");
}

void test_a_problem_leaves_out_what_it_has_not(void)
{
    struct http_problem problem = {.code = "not_found"};
    cleanup(release) json_t *root = problem_of(&problem, span_of(NULL, 0));

    CU_ASSERT_STRING_EQUAL(member(root, "title"), "There is no such thing");
    CU_ASSERT_PTR_NULL(json_object_get(root, "detail"));
    CU_ASSERT_PTR_NULL(json_object_get(root, "instance"));
    CU_ASSERT_PTR_NULL(json_object_get(root, "errors"));
}

void test_a_contracts_reject_code_is_answered_as_a_rejection(void)
{
    struct http_problem problem = {.code = "day_too_old", .detail = "The day is too long ago."};
    cleanup(release) json_t *root = problem_of(&problem, span_of(NULL, 0));

    CU_ASSERT_STRING_EQUAL(member(root, "type"), "/problems/day_too_old");
    CU_ASSERT_STRING_EQUAL(member(root, "code"), "day_too_old");
    CU_ASSERT_STRING_EQUAL(member(root, "title"), "The command was rejected");
    CU_ASSERT_EQUAL(json_integer_value(json_object_get(root, "status")), 409);
}
