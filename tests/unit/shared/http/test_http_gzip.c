/* Who gets a compressed answer, and that it is the same one. */
#include "http/http_gzip.h"

#include <CUnit/CUnit.h>
#include <stdlib.h>
#include <zlib.h>

static bool accepts(const char *field)
{
    struct http_request request = {.header_count = field ? 1 : 0};

    if (field)
        request.headers[0] = (struct http_header){span_text("accept-encoding"), span_text(field)};
    return http_gzip_is_accepted(&request);
}

void test_gzip_is_for_who_takes_it_at_least_as_gladly(void)
{
    static const char *const yes[] = {
        "gzip",
        "GZIP",
        "x-gzip",
        "deflate, gzip, br",
        "gzip;q=0.001",
        "*",
        "*;q=0.5",
        "gzip ; q=1.000",
        "gzip;q=0.5, *;q=0",
        "br;q=1.0, gzip;q=0.8",
        "identity, *",
        "identity;q=0,*",
        "gzip;Q=1",
        " gzip\t, identity;q=0.9",
    };
    static const char *const no[] = {
        "",
        "identity",
        "br",
        "gzip;q=0",
        "gzip;q=0.000",
        "*;q=0",
        "gzip;q=0, *",
        "gzipped",
        "gzip;q=2",
        "gzip;q=1.001",
        "gzip;q=",
        "identity, gzip;q=0.5",
        "gzip;q=0.0001",
        "gzip;level=1",
        "gzip;q=.5",
        "gzip;q=1x0",
        "deflate;q=1",
    };

    for (size_t i = 0; i < COUNT_OF(yes); i++) {
        CU_ASSERT_TRUE(accepts(yes[i]));
        if (!accepts(yes[i]))
            printf("# %s\n", yes[i]);
    }
    for (size_t i = 0; i < COUNT_OF(no); i++) {
        CU_ASSERT_FALSE(accepts(no[i]));
        if (accepts(no[i]))
            printf("# %s\n", no[i]);
    }
    CU_ASSERT_FALSE(accepts(NULL));
}

void test_a_field_may_stand_in_several_lines(void)
{
    struct http_request request = {
        .headers = {{span_text("Accept-Encoding"), span_text("br")},
                    {span_text("Accept-Encoding"), span_text("gzip")}},
        .header_count = 2,
    };

    CU_ASSERT_TRUE(http_gzip_is_accepted(&request));
}

void test_large_texts_are_compressed_and_streams_never(void)
{
    static const char body[HTTP_GZIP_MIN];
    struct http_response response = {.status = 200, .body = span_of(body, sizeof body)};

    CU_ASSERT_FALSE(http_gzip_fits(&response));
    response.content_type = "application/json";
    CU_ASSERT_TRUE(http_gzip_fits(&response));
    response.content_type = "application/problem+json";
    CU_ASSERT_TRUE(http_gzip_fits(&response));
    response.content_type = "text/plain; charset=utf-8";
    CU_ASSERT_TRUE(http_gzip_fits(&response));
    response.content_type = "text/event-stream";
    CU_ASSERT_FALSE(http_gzip_fits(&response));
    response.content_type = "image/png";
    CU_ASSERT_FALSE(http_gzip_fits(&response));
    response.content_type = "application/json";
    response.body.size--;
    CU_ASSERT_FALSE(http_gzip_fits(&response));
}

void test_what_was_packed_is_what_comes_out(void)
{
    static const size_t sizes[] = {1024, 1 << 20, 5, 70000};
    struct http_gzip *gzip = http_gzip_new();
    cleanup(buf_deinit) struct buf packed = {0};

    for (size_t i = 0; i < COUNT_OF(sizes); i++) {
        char *body = malloc(sizes[i]), *back = malloc(sizes[i] + 1);
        z_stream stream = {0};

        for (size_t at = 0; at < sizes[i]; at++)
            body[at] = i == 1 ? (char)rand() : (char)('a' + at % 26);
        CU_ASSERT_EQUAL(http_gzip_pack(gzip, span_of(body, sizes[i]), &packed), 0);
        inflateInit2(&stream, 15 + 16);
        stream.next_in = (Bytef *)packed.data;
        stream.avail_in = (uInt)packed.size;
        stream.next_out = (Bytef *)back;
        stream.avail_out = (uInt)sizes[i] + 1;
        CU_ASSERT_EQUAL(inflate(&stream, Z_FINISH), Z_STREAM_END);
        CU_ASSERT_EQUAL(stream.total_out, sizes[i]);
        CU_ASSERT_EQUAL(memcmp(body, back, sizes[i]), 0);
        inflateEnd(&stream);
        free(body);
        free(back);
    }
    http_gzip_free(gzip);
    http_gzip_free(NULL);
}
