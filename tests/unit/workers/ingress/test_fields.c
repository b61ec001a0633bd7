/* Header fields of requests that bring commands: what is understood, and what is passed over. */
#include <CUnit/CUnit.h>
#include <string.h>

#include "../workers/ingress/fields.h"
#include "runtime/worker.h"

const struct worker *const workers[] = {NULL};

enum { MAX_S = 30 };

static struct http_request with(const char *name, const char *value)
{
    struct http_request request = {.header_count = 1};

    request.headers[0] = (struct http_header){span_text(name), span_text(value)};
    return request;
}

static bool is_json(const char *type)
{
    struct http_request request = with("content-type", type);

    return fields_say_json(&request);
}

void test_json_is_json_in_any_case_and_with_parameters(void)
{
    CU_ASSERT_TRUE(is_json("application/json"));
    CU_ASSERT_TRUE(is_json("Application/JSON; charset=utf-8"));
    CU_ASSERT_TRUE(is_json("application/json ;charset=utf-8"));
    CU_ASSERT_FALSE(is_json("application/jsonp"));
    CU_ASSERT_FALSE(is_json("application/problem+json"));
    CU_ASSERT_FALSE(is_json("text/plain, application/json"));
    CU_ASSERT_FALSE(is_json(""));
}

static int64_t wait_of(const char *prefer)
{
    struct http_request request = with("Prefer", prefer);

    return fields_wait_ms(&request, MAX_S);
}

void test_a_wait_is_bounded_and_found_among_other_preferences(void)
{
    CU_ASSERT_EQUAL(wait_of("wait=10"), 10000);
    CU_ASSERT_EQUAL(wait_of("respond-async, Wait=3"), 3000);
    CU_ASSERT_EQUAL(wait_of("wait=31"), MAX_S * 1000);
    CU_ASSERT_EQUAL(wait_of("wait=99999999999999999999999999"), MAX_S * 1000);
    CU_ASSERT_EQUAL(wait_of("wait="), 0);
    CU_ASSERT_EQUAL(wait_of("wait=-1"), 0);
    CU_ASSERT_EQUAL(wait_of("await=9"), 0);
    CU_ASSERT_EQUAL(wait_of(""), 0);
}

static struct span key_of(const char *value)
{
    struct http_request request = with("Idempotency-Key", value);

    return fields_idempotency_key(&request);
}

void test_a_key_stands_in_quotes_or_without_them(void)
{
    struct http_request none = {.header_count = 0};

    CU_ASSERT_TRUE(span_is(key_of("\"a key\""), "a key"));
    CU_ASSERT_TRUE(span_is(key_of("a-key"), "a-key"));
    CU_ASSERT_TRUE(span_is(key_of("\""), "\""));
    CU_ASSERT_PTR_NULL(fields_idempotency_key(&none).data);
    CU_ASSERT_PTR_NOT_NULL(key_of("\"\"").data);
}

void test_a_key_has_1_to_128_visible_characters(void)
{
    char text[130];

    memset(text, 'k', sizeof text);
    CU_ASSERT_TRUE(idempotency_key_is_good(span_of(text, 1)));
    CU_ASSERT_TRUE(idempotency_key_is_good(span_of(text, 128)));
    CU_ASSERT_FALSE(idempotency_key_is_good(span_of(text, 129)));
    CU_ASSERT_FALSE(idempotency_key_is_good(span_of(text, 0)));
    CU_ASSERT_FALSE(idempotency_key_is_good(span_text("two words")));
    CU_ASSERT_FALSE(idempotency_key_is_good(span_text("caf\xc3\xa9")));
    CU_ASSERT_FALSE(idempotency_key_is_good(span_text("del\x7f")));
}
