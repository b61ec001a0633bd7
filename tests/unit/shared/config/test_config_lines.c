/* Settings that stand in a file. */
#include <CUnit/CUnit.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "config/config.h"

#define HEX32 "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"

static struct config *config;
static struct buf said;
static char path[32], names_it[64];

static void write_file(const char *text, mode_t mode)
{
    int fd;

    strcpy(path, "/tmp/test_lines.XXXXXX");
    fd = mkstemp(path);
    CU_ASSERT_FATAL(fd >= 0);
    CU_ASSERT_EQUAL(write(fd, text, strlen(text)), (ssize_t)strlen(text));
    CU_ASSERT_EQUAL(fchmod(fd, mode), 0);
    close(fd);
    snprintf(names_it, sizeof names_it, "IDPMC_CONFIG_FILE=%s", path);
}

/* Loads a file with this text, and one variable of the environment that may be "". */
static int load_mode(const char *text, mode_t mode, char *variable)
{
    static const struct config_module modules[] = {{"core", NULL, 0}};
    char *const environment[] = {"PATH=/bin", names_it, variable, NULL};
    int r;

    config_free(config);
    config = NULL;
    buf_clear(&said);
    buf_add_text(&said, "");
    write_file(text, mode);
    r = config_load(
        &(struct config_source){.environment = environment, .modules = modules, .module_count = 1},
        &config, &said);
    unlink(path);
    return r;
}

static int load(const char *text)
{
    return load_mode(text, 0600, "");
}

static void forget(void)
{
    config_free(config);
    config = NULL;
    buf_deinit(&said);
}

/* One mistake, that begins with the file's name and this. */
static void assert_mistake(const char *text, const char *mistake)
{
    CU_ASSERT_EQUAL(load(text), -EINVAL);
    CU_ASSERT_PTR_EQUAL(strchr(said.data, '\n'), said.data + said.size - 1);
    CU_ASSERT_EQUAL(strncmp(said.data, path, strlen(path)), 0);
    CU_ASSERT_EQUAL(strncmp(said.data + strlen(path), mistake, strlen(mistake)), 0);
    if (strncmp(said.data + strlen(path), mistake, strlen(mistake)) != 0)
        fprintf(stderr, "wanted \"%s\" in: %s", mistake, said.data);
    forget();
}

void test_a_file_gives_settings_as_the_environment_does(void)
{
    CU_ASSERT_EQUAL_FATAL(load("# the fleet's settings\n"
                               "\n"
                               "  IDPMC_LANES=4   # four of them\r\n"
                               "IDPMC_KAFKA_BROKERS='a:1,b:2'\n"
                               "export IDPMC_LOG_LEVEL=\"debug\" # quoted\n"
                               "IDPMC_BATCH_MAX=\n"
                               "IDPMC_TOKEN_ISSUER=https://x/#fragment\n"
                               "IDPMC_TOKEN_AUDIENCE=\"a \\\"quoted\\\" \\\\ name\"\n"
                               "IDPMC_REDIS_URL=redis://cache:6379"),
                          0);
    CU_ASSERT_STRING_EQUAL(said.data, "");
    CU_ASSERT_EQUAL(config->lanes, 4);
    CU_ASSERT_STRING_EQUAL(config->kafka_brokers, "a:1,b:2");
    CU_ASSERT_EQUAL(config->log_level, LOG_DEBUG);
    CU_ASSERT_EQUAL(config->batch_max, 2000);
    CU_ASSERT_STRING_EQUAL(config->issuers[0].issuer, "https://x/#fragment");
    CU_ASSERT_STRING_EQUAL(config->issuers[0].audience, "a \"quoted\" \\ name");
    CU_ASSERT_STRING_EQUAL(config->redis_url, "redis://cache:6379");
    forget();
}

void test_lines_that_are_no_setting_are_told_with_their_place(void)
{
    assert_mistake("\nIDPMC_LANES\n", ":2: is no NAME=value");
    assert_mistake("IDPMC_LANES = 4\n", ":1: is no NAME=value");
    assert_mistake("=4", ":1: is no NAME=value");
    assert_mistake("IDPMC_LANES='4\n", ":1: the quote ' is not closed in this line");
    assert_mistake("IDPMC_LANES=\"4\n", ":1: the quote \" is not closed in this line");
    assert_mistake("IDPMC_LANES='4' 5\n", ":1: something stands behind the closing quote");
    assert_mistake("IDPMC_LANES=\"4\"5\n", ":1: something stands behind the closing quote");
    assert_mistake("IDPMC_LANES=\"\\4\"\n", ":1: behind \\ only ");
}

void test_mistakes_of_values_are_told_with_their_place(void)
{
    assert_mistake("#\n\nIDPMC_LANES=65\n", ":3: IDPMC_LANES is \"65\"; it must be a whole number");
    assert_mistake("IDPMC_SEAL_KEY=5ec2e7\n", ":1: IDPMC_SEAL_KEY is not 64 lower-case hexa");
    assert_mistake("IDPMC_SEAL_KEY=" HEX32 "\nIDPMC_SEAL_KEY_FILE=/x\n", ":1: IDPMC_SEAL_KEY and ");
}

void test_unknown_names_and_doubles_are_mistakes(void)
{
    assert_mistake("IDPMC_LANS=4\n", ":1: IDPMC_LANS is not a setting; did you mean IDPMC_LANES?");
    assert_mistake("LANES=4\n", ":1: LANES is not a setting");
    assert_mistake("IDPMC_LANES=4\nIDPMC_BATCH_MAX=7\nIDPMC_LANES=4\n",
                   ":3: IDPMC_LANES stands in line 1 already; keep one of them");
    assert_mistake("IDPMC_CONFIG_FILE=/etc/other\n",
                   ":1: IDPMC_CONFIG_FILE has no place in a file");
}

void test_one_file_serves_programs_with_other_workers(void)
{
    CU_ASSERT_EQUAL(load("IDPMC_MC_DATABASE_URL=postgresql://mc@/x\nIDPMC_MC_LATE_DAYS=3\n"), 0);
    forget();
}

void test_the_environment_wins_and_says_so(void)
{
    CU_ASSERT_EQUAL_FATAL(load_mode("IDPMC_LANES=4\n", 0600, "IDPMC_LANES=2"), 0);
    CU_ASSERT_EQUAL(config->lanes, 2);
    CU_ASSERT_PTR_NOT_NULL(strstr(
        said.data, ":1: IDPMC_LANES is passed over, for the environment sets IDPMC_LANES\n"));
    CU_ASSERT_EQUAL_FATAL(
        load_mode("IDPMC_SEAL_KEY_FILE=/nowhere\n", 0600, "IDPMC_SEAL_KEY=" HEX32), 0);
    CU_ASSERT_EQUAL(config->seal_key[31], 0x1f);
    forget();
}

void test_a_secret_in_a_file_for_all_is_a_warning(void)
{
    CU_ASSERT_EQUAL(load_mode("IDPMC_SEAL_KEY=" HEX32 "\n", 0644, ""), 0);
    CU_ASSERT_PTR_NOT_NULL(
        strstr(said.data, ":1: IDPMC_SEAL_KEY is a secret, and others may read"));
    CU_ASSERT_PTR_NULL(strstr(said.data, HEX32));
    CU_ASSERT_EQUAL(load_mode("IDPMC_SEAL_KEY=" HEX32 "\n", 0640, ""), 0);
    CU_ASSERT_STRING_EQUAL(said.data, "");
    CU_ASSERT_EQUAL(load_mode("IDPMC_LANES=4\n", 0644, ""), 0);
    CU_ASSERT_STRING_EQUAL(said.data, "");
    forget();
}

void test_a_file_that_is_not_there_is_one_mistake(void)
{
    char *const environment[] = {"IDPMC_CONFIG_FILE=/nowhere/env", NULL};

    buf_clear(&said);
    CU_ASSERT_EQUAL(
        config_load(&(struct config_source){.environment = environment}, &config, &said), -EINVAL);
    CU_ASSERT_STRING_EQUAL(said.data,
                           "IDPMC_CONFIG_FILE is \"/nowhere/env\", which cannot be used (No such "
                           "file or directory); name a file of NAME=value lines\n");
    forget();
}

void test_where_a_value_comes_from_is_printed(void)
{
    cleanup(buf_deinit) struct buf out = {0};
    char line[128];

    CU_ASSERT_EQUAL_FATAL(load_mode("\nIDPMC_LANES=4\n", 0600, "IDPMC_LOG_LEVEL=debug"), 0);
    config_print(config, &out);
    snprintf(line, sizeof line, "IDPMC_LANES=4  # %s:2\n", path);
    CU_ASSERT_PTR_NOT_NULL(strstr(out.data, line));
    CU_ASSERT_PTR_NOT_NULL(strstr(out.data, "IDPMC_LOG_LEVEL=debug  # environment\n"));
    forget();
}
