/* Contexts from good and bad files; sessions against OpenSSL's client, byte by byte in memory. */
#include <CUnit/CUnit.h>
#include <errno.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <stdlib.h>
#include <unistd.h>

#include "support/tls_files.h"
#include "tls/tls.h"

enum { DAY_S = 86400 };

/* A client and a session, and the wire between them. */
struct pair {
    struct tls_files files;
    struct tls_context *context;
    struct tls_session *session;
    SSL_CTX *client_context;
    SSL *client;
    struct buf plain, wire;
    int result; /* of the session's last step */
};

static struct tls_context *context_of(const struct tls_files *files)
{
    cleanup(buf_deinit) struct buf error = {0};
    struct tls_context *context = tls_context_new();

    CU_ASSERT_PTR_NOT_NULL_FATAL(context);
    CU_ASSERT_EQUAL(tls_context_read_certificate(context, files->certificate, &error), 0);
    CU_ASSERT_EQUAL(tls_context_read_key(context, files->key, &error), 0);
    CU_ASSERT_EQUAL(error.size, 0);
    return context;
}

static void begin(struct pair *pair)
{
    *pair = (struct pair){0};
    tls_files_make(&pair->files, -DAY_S, DAY_S);
    pair->context = context_of(&pair->files);
    pair->session = tls_session_new(pair->context);
    pair->client_context = SSL_CTX_new(TLS_client_method());
    SSL_CTX_load_verify_locations(pair->client_context, pair->files.certificate, NULL);
    SSL_CTX_set_verify(pair->client_context, SSL_VERIFY_PEER, NULL);
    pair->client = SSL_new(pair->client_context);
    SSL_set_bio(pair->client, BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
    SSL_set_connect_state(pair->client);
    SSL_set1_host(pair->client, "localhost");
}

static void end(struct pair *pair)
{
    SSL_free(pair->client);
    SSL_CTX_free(pair->client_context);
    tls_session_free(pair->session);
    tls_context_free(pair->context);
    tls_files_remove(&pair->files);
    buf_deinit(&pair->plain);
    buf_deinit(&pair->wire);
}

static void give_client(struct pair *pair)
{
    BIO_write(SSL_get_rbio(pair->client), pair->wire.data, (int)pair->wire.size);
    buf_clear(&pair->wire);
}

static void give_server(struct pair *pair, const char *bytes, size_t size)
{
    if (pair->result == 0)
        pair->result =
            tls_session_receive(pair->session, span_of(bytes, size), &pair->plain, &pair->wire);
}

/* What the client has to say goes to the server in pieces of a size. */
static void carry(struct pair *pair, size_t piece)
{
    char *bytes;
    size_t size = (size_t)BIO_get_mem_data(SSL_get_wbio(pair->client), &bytes);

    for (size_t at = 0; at < size; at += piece) {
        char *alone = malloc(piece); /* so that reading beyond it is seen */
        size_t some = size - at < piece ? size - at : piece;

        memcpy(alone, bytes + at, some);
        give_server(pair, alone, some);
        free(alone);
    }
    (void)BIO_reset(SSL_get_wbio(pair->client));
    give_client(pair);
}

static bool shake_hands(struct pair *pair, size_t piece)
{
    for (int i = 0; i < 4 && SSL_do_handshake(pair->client) != 1; i++)
        carry(pair, piece);
    carry(pair, piece);
    return SSL_is_init_finished(pair->client) && tls_session_is_open(pair->session);
}

void test_bytes_go_through_whatever_the_pieces_they_come_in(void)
{
    for (size_t piece = 1; piece < 4096; piece = piece * 3 + 1) {
        struct pair pair;
        char text[16] = "";

        begin(&pair);
        CU_ASSERT_TRUE(shake_hands(&pair, piece));
        CU_ASSERT_EQUAL(SSL_write(pair.client, "hello", 5), 5);
        CU_ASSERT_EQUAL(SSL_write(pair.client, "again", 5), 5);
        carry(&pair, piece);
        CU_ASSERT_TRUE(span_is(buf_span(&pair.plain), "helloagain"));
        CU_ASSERT_EQUAL(tls_session_write(pair.session, span_text("answer"), &pair.wire), 0);
        give_client(&pair);
        CU_ASSERT_EQUAL(SSL_read(pair.client, text, sizeof text), 6);
        CU_ASSERT_STRING_EQUAL(text, "answer");
        end(&pair);
    }
}

void test_a_large_answer_is_several_records(void)
{
    enum { LARGE = 100000 };
    char *bytes = calloc(1, LARGE);
    struct pair pair;
    size_t got, all = 0;

    begin(&pair);
    CU_ASSERT_TRUE(shake_hands(&pair, 4096));
    CU_ASSERT_EQUAL(tls_session_write(pair.session, span_of(bytes, LARGE), &pair.wire), 0);
    give_client(&pair);
    while (SSL_read_ex(pair.client, bytes, LARGE, &got) == 1)
        all += got;
    CU_ASSERT_EQUAL(all, LARGE);
    end(&pair);
    free(bytes);
}

void test_both_sides_say_when_they_end(void)
{
    struct pair pair;
    char byte;

    begin(&pair);
    CU_ASSERT_TRUE(shake_hands(&pair, 4096));
    SSL_write(pair.client, "last", 4);
    SSL_shutdown(pair.client);
    carry(&pair, 4096);
    CU_ASSERT_EQUAL(pair.result, TLS_ENDED);
    CU_ASSERT_TRUE(span_is(buf_span(&pair.plain), "last"));
    CU_ASSERT_EQUAL(tls_session_write(pair.session, span_text("so"), &pair.wire), 0);
    tls_session_end(pair.session, &pair.wire);
    give_client(&pair);
    CU_ASSERT_EQUAL(SSL_read(pair.client, &byte, 1), 1);
    CU_ASSERT_EQUAL(SSL_read(pair.client, &byte, 1), 1);
    CU_ASSERT_EQUAL(SSL_get_error(pair.client, SSL_read(pair.client, &byte, 1)),
                    SSL_ERROR_ZERO_RETURN);
    tls_session_end(pair.session, &pair.wire);
    CU_ASSERT_EQUAL(pair.wire.size, 0);
    CU_ASSERT_EQUAL(tls_session_write(pair.session, span_text("more"), &pair.wire), -EPIPE);
    end(&pair);
}

void test_nothing_is_written_before_the_handshake(void)
{
    struct pair pair;

    begin(&pair);
    CU_ASSERT_FALSE(tls_session_is_open(pair.session));
    CU_ASSERT_EQUAL(tls_session_write(pair.session, span_text("early"), &pair.wire), -EPIPE);
    tls_session_end(pair.session, &pair.wire);
    CU_ASSERT_EQUAL(pair.wire.size, 0);
    end(&pair);
}

void test_old_protocols_and_weak_suites_are_refused(void)
{
    struct pair pair;

    begin(&pair);
    SSL_set_security_level(pair.client, 0);
    SSL_set_min_proto_version(pair.client, TLS1_VERSION);
    SSL_set_max_proto_version(pair.client, TLS1_1_VERSION);
    CU_ASSERT_FALSE(shake_hands(&pair, 4096));
    CU_ASSERT_EQUAL(pair.result, -EPROTO);
    end(&pair);

    begin(&pair);
    SSL_set_max_proto_version(pair.client, TLS1_2_VERSION);
    SSL_set_cipher_list(pair.client, "ECDHE-ECDSA-AES128-SHA256:AES128-SHA");
    CU_ASSERT_FALSE(shake_hands(&pair, 4096));
    CU_ASSERT_EQUAL(pair.result, -EPROTO);
    end(&pair);

    begin(&pair);
    SSL_set_max_proto_version(pair.client, TLS1_2_VERSION);
    CU_ASSERT_TRUE(shake_hands(&pair, 4096));
    end(&pair);
}

void test_http11_is_the_only_protocol_inside(void)
{
    struct pair pair;
    const unsigned char *chosen;
    unsigned size;

    begin(&pair);
    SSL_set_alpn_protos(pair.client, (const unsigned char *)"\x02h2\x08http/1.1", 12);
    CU_ASSERT_TRUE(shake_hands(&pair, 4096));
    SSL_get0_alpn_selected(pair.client, &chosen, &size);
    CU_ASSERT_TRUE(span_is(span_of(chosen, size), "http/1.1"));
    end(&pair);

    begin(&pair);
    SSL_set_alpn_protos(pair.client, (const unsigned char *)"\x02h2", 3);
    CU_ASSERT_FALSE(shake_hands(&pair, 4096));
    CU_ASSERT_EQUAL(pair.result, -EPROTO);
    end(&pair);
}

void test_a_client_cannot_renegotiate(void)
{
    struct pair pair;
    char byte;

    begin(&pair);
    SSL_set_max_proto_version(pair.client, TLS1_2_VERSION);
    CU_ASSERT_TRUE(shake_hands(&pair, 4096));
    CU_ASSERT_EQUAL(SSL_renegotiate(pair.client), 1);
    SSL_do_handshake(pair.client);
    carry(&pair, 4096);
    CU_ASSERT_EQUAL(SSL_read(pair.client, &byte, 1), -1);
    CU_ASSERT_EQUAL(ERR_GET_REASON(ERR_peek_last_error()), SSL_R_NO_RENEGOTIATION);
    end(&pair);
}

void test_what_is_no_tls_is_told_apart(void)
{
    static const char *const plain[] = {"GET / HTTP/1.1\r\nHost: a\r\n\r\n", "POST / HTTP/1.1\r\n"};
    static const char *const garbage[] = {"hello, it is me, and more than a header",
                                          "\x16\x03\x01\xff\xff\x01 a record that is too long",
                                          "\x17\x03\x03\x7f\x05 a record, but no handshake"};
    struct pair pair;

    for (size_t i = 0; i < COUNT_OF(plain); i++) {
        begin(&pair);
        give_server(&pair, plain[i], strlen(plain[i]));
        CU_ASSERT_EQUAL(pair.result, TLS_IS_PLAIN);
        CU_ASSERT_EQUAL(pair.wire.size, 0);
        end(&pair);
    }
    for (size_t i = 0; i < COUNT_OF(garbage); i++) {
        begin(&pair);
        give_server(&pair, garbage[i], strlen(garbage[i]));
        CU_ASSERT_EQUAL(pair.result, -EPROTO);
        CU_ASSERT_EQUAL(tls_session_write(pair.session, span_text("x"), &pair.wire), -EPIPE);
        end(&pair);
    }
}

void test_a_record_that_was_tampered_with_ends_the_session(void)
{
    struct pair pair;
    char *bytes;

    begin(&pair);
    CU_ASSERT_TRUE(shake_hands(&pair, 4096));
    SSL_write(pair.client, "hello", 5);
    BIO_get_mem_data(SSL_get_wbio(pair.client), &bytes);
    bytes[8] ^= 1;
    carry(&pair, 4096);
    CU_ASSERT_EQUAL(pair.result, -EPROTO);
    CU_ASSERT_EQUAL(pair.plain.size, 0);
    end(&pair);
}

static void check_refusal(struct tls_context *context, bool key, const char *file,
                          const char *sentence)
{
    cleanup(buf_deinit) struct buf error = {0};
    int r = key ? tls_context_read_key(context, file, &error)
                : tls_context_read_certificate(context, file, &error);

    CU_ASSERT_EQUAL(r, -EINVAL);
    CU_ASSERT_PTR_NOT_NULL_FATAL(error.data);
    CU_ASSERT_EQUAL(strncmp(error.data, file, strlen(file)), 0);
    if (!strstr(error.data, sentence))
        printf("%s\n", error.data);
    CU_ASSERT_PTR_NOT_NULL(strstr(error.data, sentence));
}

void test_a_file_that_cannot_be_used_is_named(void)
{
    struct tls_files good, old, early;
    struct tls_context *context = tls_context_new();

    tls_files_make(&good, -DAY_S, DAY_S);
    tls_files_make(&old, -2 * DAY_S, -DAY_S);
    tls_files_make(&early, DAY_S, 2 * DAY_S);
    check_refusal(context, false, "/nowhere/c.pem", "cannot be read: No such file");
    check_refusal(context, false, good.folder, "cannot be read: Is a directory");
    check_refusal(context, false, good.key, "is no certificate chain in PEM");
    check_refusal(context, false, "/dev/null", "is no certificate chain in PEM");
    check_refusal(context, false, old.certificate, "has expired");
    check_refusal(context, false, early.certificate, "is not valid yet");
    tls_context_free(context);

    context = tls_context_new();
    {
        cleanup(buf_deinit) struct buf error = {0};

        CU_ASSERT_EQUAL(tls_context_read_certificate(context, good.certificate, &error), 0);
    }
    check_refusal(context, true, "/nowhere/k.pem", "cannot be read: No such file");
    check_refusal(context, true, good.certificate, "is no private key in PEM");
    check_refusal(context, true, old.key, "is not the key of the certificate");
    tls_context_free(context);
    tls_files_remove(&good);
    tls_files_remove(&old);
    tls_files_remove(&early);
}

void test_a_key_of_another_type_is_refused(void)
{
    struct tls_files files;
    struct tls_context *context = tls_context_new();
    cleanup(buf_deinit) struct buf error = {0};
    EVP_PKEY *key = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
    FILE *stream;

    tls_files_make(&files, -DAY_S, DAY_S);
    stream = fopen(files.key, "we");
    PEM_write_PrivateKey(stream, key, NULL, NULL, 0, NULL, NULL);
    fclose(stream);
    EVP_PKEY_free(key);
    CU_ASSERT_EQUAL(tls_context_read_certificate(context, files.certificate, &error), 0);
    check_refusal(context, true, files.key, "is not the key of the certificate");
    tls_context_free(context);
    tls_files_remove(&files);
}

void test_a_key_with_a_password_is_refused_without_asking(void)
{
    struct tls_files files;
    struct tls_context *context = tls_context_new();
    cleanup(buf_deinit) struct buf error = {0};
    EVP_PKEY *key = EVP_EC_gen("P-256");
    FILE *stream;

    tls_files_make(&files, -DAY_S, DAY_S);
    stream = fopen(files.key, "we");
    PEM_write_PrivateKey(stream, key, EVP_aes_128_cbc(), (const unsigned char *)"secret", 6, NULL,
                         NULL);
    fclose(stream);
    CU_ASSERT_EQUAL(tls_context_read_certificate(context, files.certificate, &error), 0);
    check_refusal(context, true, files.key, "without a password");
    EVP_PKEY_free(key);
    tls_context_free(context);
    tls_files_remove(&files);
}
