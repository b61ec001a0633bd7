#include <CUnit/CUnit.h>
#include <errno.h>
#include <string.h>

#include "config/config.h"

#define KEY "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"

static struct config *old, *new;
static struct buf said, changed;

static int reload(char *const *before, char *const *after)
{
    struct config_source source = {.environment = before};
    int r = config_load(&source, &old, &said);

    CU_ASSERT_EQUAL_FATAL(r, 0);
    buf_add_text(&said, "");
    buf_add_text(&changed, "");
    source.environment = after;
    return config_reload(&source, old, &new, &changed, &said);
}

static void forget(void)
{
    config_free(old);
    config_free(new);
    old = new = NULL;
    buf_deinit(&said);
    buf_deinit(&changed);
}

#define LIST(...) ((char *const[]){__VA_ARGS__, NULL})

void test_what_may_change_while_it_runs_is_changed(void)
{
    CU_ASSERT_EQUAL_FATAL(
        reload(LIST("IDPMC_LOG_LEVEL=info", "IDPMC_FLEET_KEYS=a:" KEY),
               LIST("IDPMC_LOG_LEVEL=debug", "IDPMC_FLEET_KEYS=b:" KEY ",a:" KEY)),
        0);
    CU_ASSERT_EQUAL(new->log_level, LOG_DEBUG);
    CU_ASSERT_EQUAL(new->fleet_keys.count, 2);
    CU_ASSERT_STRING_EQUAL(changed.data, "IDPMC_LOG_LEVEL, IDPMC_FLEET_KEYS");
    CU_ASSERT_STRING_EQUAL(said.data, "");
    forget();
}

void test_what_needs_a_restart_keeps_its_value_and_is_named(void)
{
    CU_ASSERT_EQUAL_FATAL(reload(LIST("IDPMC_LANES=4", "IDPMC_KAFKA_BROKERS=a:1"),
                                 LIST("IDPMC_KAFKA_BROKERS=b:1", "IDPMC_REDIS_URL=redis://c:1")),
                          0);
    CU_ASSERT_EQUAL(new->lanes, 4);
    CU_ASSERT_STRING_EQUAL(new->kafka_brokers, "a:1");
    CU_ASSERT_PTR_NULL(new->redis_url);
    CU_ASSERT_STRING_EQUAL(changed.data, "");
    CU_ASSERT_STRING_EQUAL(said.data, "needs a restart: IDPMC_KAFKA_BROKERS\n"
                                      "needs a restart: IDPMC_REDIS_URL\n"
                                      "needs a restart: IDPMC_LANES\n");
    forget();
}

void test_a_broken_configuration_gives_none(void)
{
    CU_ASSERT_EQUAL(reload(LIST("IDPMC_LOG_LEVEL=info"),
                           LIST("IDPMC_LOG_LEVEL=debug", "IDPMC_LANES=0", "IDPMC_LANS=1")),
                    -EINVAL);
    CU_ASSERT_PTR_NULL(new);
    CU_ASSERT_STRING_EQUAL(changed.data, "");
    CU_ASSERT_PTR_NOT_NULL(strstr(said.data, "IDPMC_LANES is \"0\""));
    CU_ASSERT_PTR_NOT_NULL(strstr(said.data, "IDPMC_LANS is not a setting"));
    forget();
}

void test_issuers_stay_whose_they_are_until_a_restart(void)
{
    CU_ASSERT_EQUAL_FATAL(reload(LIST("IDPMC_TOKEN_ISSUER=x", "IDPMC_TOKEN_JWKS_FILE=/dev/null"),
                                 LIST("IDPMC_TOKEN_ISSUER=y", "IDPMC_TOKEN_JWKS_FILE=/dev/null",
                                      "IDPMC_TOKEN_ISSUERS=school", "IDPMC_TOKEN_SCHOOL_ISSUER=x",
                                      "IDPMC_TOKEN_SCHOOL_JWKS_FILE=/dev/null")),
                          0);
    CU_ASSERT_EQUAL(new->issuer_count, 1);
    CU_ASSERT_STRING_EQUAL(new->issuers[0].issuer, "x");
    CU_ASSERT_PTR_NOT_NULL(strstr(said.data, "needs a restart: IDPMC_TOKEN_SCHOOL_ISSUER"));
    CU_ASSERT_STRING_EQUAL(changed.data, "");
    forget();
}
