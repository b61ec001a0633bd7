#include <CUnit/CUnit.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "config/config.h"

#define SECRET "000102030405060708090a0b0c0d0e0f"
#define DEVELOPMENT "IDPMC_MODE=development"
#define FIRST "IDPMC_TOKEN_ISSUER=https://id.example.org", "IDPMC_TOKEN_AUDIENCE=authenticated"
#define KEYS "IDPMC_TOKEN_JWKS_URL=https://id.example.org/jwks.json"
#define SCHOOL                                                                                     \
    "IDPMC_TOKEN_ISSUERS=school", "IDPMC_TOKEN_SCHOOL_ISSUER=https://school.example.org",          \
        "IDPMC_TOKEN_SCHOOL_AUDIENCE=pupils"

static struct config *config;
static struct buf said;

static int load(char *const *environment)
{
    config_free(config);
    config = NULL;
    buf_clear(&said);
    buf_add_text(&said, "");
    return config_load(&(struct config_source){.environment = environment, .needs = CONFIG_TOKENS},
                       &config, &said);
}

#define LOAD(...) load((char *const[]){__VA_ARGS__, NULL})

static void forget(void)
{
    config_free(config);
    config = NULL;
    buf_deinit(&said);
}

/* One mistake, in one line, with this in it. */
static void assert_mistake(int r, const char *part)
{
    CU_ASSERT_EQUAL(r, -EINVAL);
    CU_ASSERT_PTR_NOT_NULL(strstr(said.data, part));
    CU_ASSERT_PTR_EQUAL(strchr(said.data, '\n'), said.data + said.size - 1);
    if (!strstr(said.data, part))
        fprintf(stderr, "wanted \"%s\" in: %s", part, said.data);
    forget();
}

void test_one_issuer_with_a_key_set_is_what_is_usual(void)
{
    CU_ASSERT_EQUAL_FATAL(LOAD(FIRST, KEYS), 0);
    CU_ASSERT_EQUAL(config->issuer_count, 1);
    CU_ASSERT_PTR_NULL(config->issuers[0].name);
    CU_ASSERT_STRING_EQUAL(config->issuers[0].issuer, "https://id.example.org");
    CU_ASSERT_STRING_EQUAL(config->issuers[0].audience, "authenticated");
    CU_ASSERT_STRING_EQUAL(config->issuers[0].jwks_url, "https://id.example.org/jwks.json");
    CU_ASSERT_EQUAL(config->issuers[0].algorithms, CONFIG_RS256 | CONFIG_ES256 | CONFIG_EDDSA);
    CU_ASSERT_EQUAL(LOAD(FIRST, "IDPMC_TOKEN_JWKS_FILE=/dev/null"), 0);
    forget();
}

void test_development_may_have_a_secret_alone(void)
{
    CU_ASSERT_EQUAL_FATAL(LOAD(FIRST, DEVELOPMENT, "IDPMC_TOKEN_SECRET=" SECRET), 0);
    CU_ASSERT_STRING_EQUAL(config->issuers[0].secret, SECRET);
    CU_ASSERT_EQUAL(config->issuers[0].algorithms, CONFIG_HS256);
    forget();
}

void test_production_takes_a_secret_only_where_hs256_is_listed(void)
{
    assert_mistake(LOAD(FIRST, "IDPMC_TOKEN_SECRET=" SECRET),
                   "IDPMC_TOKEN_SECRET is set in production; take it away");
    CU_ASSERT_EQUAL_FATAL(LOAD(FIRST, "IDPMC_TOKEN_SECRET=" SECRET, "IDPMC_TOKEN_ALGORITHMS=HS256"),
                          0);
    CU_ASSERT_EQUAL(config->issuers[0].algorithms, CONFIG_HS256);
    forget();
}

void test_a_secret_may_stand_beside_a_key_set_where_both_are_listed(void)
{
    CU_ASSERT_EQUAL_FATAL(
        LOAD(FIRST, KEYS, "IDPMC_TOKEN_SECRET=" SECRET, "IDPMC_TOKEN_ALGORITHMS=ES256,HS256"), 0);
    CU_ASSERT_EQUAL(config->issuers[0].algorithms, CONFIG_ES256 | CONFIG_HS256);
    assert_mistake(LOAD(FIRST, DEVELOPMENT, KEYS, "IDPMC_TOKEN_SECRET=" SECRET),
                   "IDPMC_TOKEN_SECRET stands beside a key set, and IDPMC_TOKEN_ALGORITHMS is");
}

void test_algorithms_fit_what_there_is(void)
{
    assert_mistake(LOAD(FIRST, KEYS, "IDPMC_TOKEN_ALGORITHMS=RS256,HS256"),
                   "names HS256, and there is no IDPMC_TOKEN_SECRET");
    assert_mistake(LOAD(FIRST, DEVELOPMENT, "IDPMC_TOKEN_SECRET=" SECRET,
                        "IDPMC_TOKEN_ALGORITHMS=HS256,EdDSA"),
                   "names algorithms with public keys, and there are none");
    assert_mistake(LOAD(FIRST, KEYS, "IDPMC_TOKEN_SECRET=" SECRET, "IDPMC_TOKEN_ALGORITHMS=RS256"),
                   "IDPMC_TOKEN_ALGORITHMS does not name HS256");
    assert_mistake(LOAD(FIRST, KEYS, "IDPMC_TOKEN_SECRET=" SECRET, "IDPMC_TOKEN_ALGORITHMS=HS256"),
                   "IDPMC_TOKEN_ALGORITHMS is HS256 alone, and a key set is there too");
    assert_mistake(LOAD(FIRST, KEYS, "IDPMC_TOKEN_ALGORITHMS=RS256,none"),
                   "IDPMC_TOKEN_ALGORITHMS is \"RS256,none\"; wanted: how tokens may be signed");
    assert_mistake(LOAD(FIRST, KEYS, "IDPMC_TOKEN_ALGORITHMS=rs256"), "wanted: how tokens may");
}

void test_keys_come_from_one_place(void)
{
    assert_mistake(LOAD(FIRST), "neither IDPMC_TOKEN_JWKS_URL nor IDPMC_TOKEN_JWKS_FILE is set");
    assert_mistake(LOAD(FIRST, DEVELOPMENT), "public keys are, or set IDPMC_TOKEN_SECRET\n");
    assert_mistake(LOAD(FIRST, KEYS, "IDPMC_TOKEN_JWKS_FILE=/dev/null"),
                   "IDPMC_TOKEN_JWKS_URL and IDPMC_TOKEN_JWKS_FILE are both set; keep one of them");
    assert_mistake(LOAD(FIRST, "IDPMC_TOKEN_JWKS_FILE=/nowhere/jwks.json"),
                   "\"/nowhere/jwks.json\", which cannot be read (No such file or directory)");
}

void test_key_sets_come_over_tls_except_from_this_machine(void)
{
    static char *const local[] = {"IDPMC_TOKEN_JWKS_URL=http://localhost/keys",
                                  "IDPMC_TOKEN_JWKS_URL=http://127.0.0.1:8000/keys",
                                  "IDPMC_TOKEN_JWKS_URL=http://[::1]:8000/keys"};
    static char *const wrong[] = {
        "IDPMC_TOKEN_JWKS_URL=id.example.org/keys", "IDPMC_TOKEN_JWKS_URL=https://",
        "IDPMC_TOKEN_JWKS_URL=https:///keys",       "IDPMC_TOKEN_JWKS_URL=file:///etc/keys",
        "IDPMC_TOKEN_JWKS_URL=https://a:b/keys",    "IDPMC_TOKEN_JWKS_URL=https://me:x@host/keys",
        "IDPMC_TOKEN_JWKS_URL=https://host/k y",    "IDPMC_TOKEN_JWKS_URL=https://host/keys#one",
    };

    for (size_t i = 0; i < COUNT_OF(local); i++)
        CU_ASSERT_EQUAL(LOAD(FIRST, local[i]), 0);
    assert_mistake(LOAD(FIRST, "IDPMC_TOKEN_JWKS_URL=http://id.example.org/keys"),
                   "IDPMC_TOKEN_JWKS_URL is \"http://id.example.org/keys\"; it must begin with "
                   "https://");
    assert_mistake(LOAD(FIRST, "IDPMC_TOKEN_JWKS_URL=http://localhost.example.org/keys"),
                   "it must begin with https://");
    CU_ASSERT_EQUAL(LOAD(FIRST, DEVELOPMENT, "IDPMC_TOKEN_JWKS_URL=http://id.example.org/k"), 0);
    for (size_t i = 0; i < COUNT_OF(wrong); i++)
        assert_mistake(LOAD(FIRST, wrong[i]), "wanted: where the issuer publishes its keys");
}

void test_more_issuers_have_names_and_settings_of_their_own(void)
{
    CU_ASSERT_EQUAL_FATAL(LOAD(FIRST, KEYS, SCHOOL, "IDPMC_TOKEN_SCHOOL_JWKS_FILE=/dev/null",
                               "IDPMC_TOKEN_SCHOOL_ALGORITHMS=EdDSA"),
                          0);
    CU_ASSERT_EQUAL_FATAL(config->issuer_count, 2);
    CU_ASSERT_STRING_EQUAL(config->issuers[1].name, "school");
    CU_ASSERT_STRING_EQUAL(config->issuers[1].issuer, "https://school.example.org");
    CU_ASSERT_STRING_EQUAL(config->issuers[1].audience, "pupils");
    CU_ASSERT_STRING_EQUAL(config->issuers[1].jwks_file, "/dev/null");
    CU_ASSERT_PTR_NULL(config->issuers[1].jwks_url);
    CU_ASSERT_EQUAL(config->issuers[1].algorithms, CONFIG_EDDSA);
    CU_ASSERT_EQUAL(config->issuers[0].algorithms, CONFIG_RS256 | CONFIG_ES256 | CONFIG_EDDSA);
    forget();
}

void test_what_a_named_issuer_lacks_is_not_taken_from_the_first(void)
{
    cleanup(buf_deinit) struct buf out = {0};

    CU_ASSERT_EQUAL_FATAL(LOAD(FIRST, KEYS, SCHOOL, "IDPMC_TOKEN_SCHOOL_JWKS_FILE=/dev/null"), 0);
    config_print(config, &out);
    CU_ASSERT_PTR_NOT_NULL(strstr(out.data, "IDPMC_TOKEN_SCHOOL_JWKS_URL=  # not set"));
    forget();
}

void test_a_named_issuer_is_checked_like_the_first(void)
{
    assert_mistake(LOAD(FIRST, KEYS, SCHOOL),
                   "neither IDPMC_TOKEN_SCHOOL_JWKS_URL nor IDPMC_TOKEN_SCHOOL_JWKS_FILE is set");
    assert_mistake(LOAD(FIRST, KEYS, SCHOOL, "IDPMC_TOKEN_SCHOOL_SECRET=" SECRET),
                   "IDPMC_TOKEN_SCHOOL_SECRET is set in production");
    assert_mistake(LOAD(FIRST, KEYS, "IDPMC_TOKEN_ISSUERS=school",
                        "IDPMC_TOKEN_SCHOOL_ISSUER=https://school.example.org",
                        "IDPMC_TOKEN_SCHOOL_JWKS_FILE=/dev/null"),
                   "IDPMC_TOKEN_SCHOOL_AUDIENCE is not set; wanted: the aud");
    assert_mistake(LOAD(FIRST, KEYS, "IDPMC_TOKEN_ISSUERS=school",
                        "IDPMC_TOKEN_SCHOOL_ISSUER=https://id.example.org",
                        "IDPMC_TOKEN_SCHOOL_AUDIENCE=x", "IDPMC_TOKEN_SCHOOL_JWKS_FILE=/dev/null"),
                   "IDPMC_TOKEN_ISSUER and IDPMC_TOKEN_SCHOOL_ISSUER are the same");
    assert_mistake(LOAD(FIRST, KEYS, "IDPMC_TOKEN_SCHOOL_AUDIENCE=x"),
                   "IDPMC_TOKEN_SCHOOL_AUDIENCE is not a setting");
}

void test_names_of_issuers_are_words_each_once(void)
{
    static char *const wrong[] = {"IDPMC_TOKEN_ISSUERS=School", "IDPMC_TOKEN_ISSUERS=a_b",
                                  "IDPMC_TOKEN_ISSUERS=1st", "IDPMC_TOKEN_ISSUERS=,"};

    for (size_t i = 0; i < COUNT_OF(wrong); i++) {
        CU_ASSERT_EQUAL(LOAD(FIRST, KEYS, wrong[i]), -EINVAL);
        CU_ASSERT_PTR_NOT_NULL(strstr(said.data, "which is no lower-case word"));
    }
    CU_ASSERT_EQUAL(LOAD(FIRST, KEYS, "IDPMC_TOKEN_ISSUERS=a,b,c,d,e,f,g,h"), -EINVAL);
    CU_ASSERT_PTR_NOT_NULL(strstr(said.data, "names \"h\", which is one too many"));
    CU_ASSERT_EQUAL(LOAD(FIRST, KEYS, "IDPMC_TOKEN_ISSUERS=a,a"), -EINVAL);
    CU_ASSERT_PTR_NOT_NULL(strstr(said.data, "names \"a\", twice"));
    forget();
}
