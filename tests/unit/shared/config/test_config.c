#include <CUnit/CUnit.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "config/config.h"

#define HEX32 "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"

/* An environment with which bin/fleet starts in development. */
#define FLEET                                                                                      \
    "IDPMC_MODE=development", "IDPMC_KAFKA_BROKERS=127.0.0.1:19092",                               \
        "IDPMC_INGRESS_DATABASE_URL=postgresql://idpmc_ingress:s3cret@/idpmc",                     \
        "IDPMC_CORE_DATABASE_URL=postgresql://idpmc_core:s3cret@/idpmc",                           \
        "IDPMC_MC_DATABASE_URL=postgresql://idpmc_mc:s3cret@/idpmc",                               \
        "IDPMC_FLEET_KEYS=one:" HEX32 ",two.2:" HEX32, "IDPMC_SEAL_KEY=" HEX32,                    \
        "IDPMC_TOKEN_ISSUER=http://issuer", "IDPMC_TOKEN_AUDIENCE=authenticated",                  \
        "IDPMC_TOKEN_SECRET=" HEX32

static const struct config_extra mc_extras[] = {
    {"LATE_DAYS", 14, 0, 366, "how many days late a check may come"},
    {"MAX_HABITS", 50, 1, 200, "most habits of one player"},
};
static const struct config_module modules[] = {{"core", NULL, 0}, {"mc", mc_extras, 2}};

/* What the last load gave. */
static struct config *config;
static struct buf said;

static int load(unsigned needs, size_t module_count, char *const *environment)
{
    struct config_source source = {environment, modules, module_count, needs};

    config_free(config);
    config = NULL;
    buf_clear(&said);
    buf_add_text(&said, "");
    return config_load(&source, &config, &said);
}

#define LOAD(needs, module_count, ...) load(needs, module_count, (char *const[]){__VA_ARGS__, NULL})
#define LOAD_FLEET(...) LOAD(CONFIG_FLEET, 2, FLEET, __VA_ARGS__)

static void forget(void)
{
    config_free(config);
    config = NULL;
    buf_deinit(&said);
}

static size_t lines(void)
{
    size_t count = 0;

    for (size_t i = 0; i < said.size; i++)
        count += said.data[i] == '\n';
    return count;
}

/* One mistake, in one line, with this in it. */
static void assert_mistake(int r, const char *part)
{
    CU_ASSERT_EQUAL(r, -EINVAL);
    CU_ASSERT_PTR_NULL(config);
    CU_ASSERT_EQUAL(lines(), 1);
    CU_ASSERT_PTR_NOT_NULL(strstr(said.data, part));
    if (!strstr(said.data, part))
        fprintf(stderr, "wanted \"%s\" in: %s", part, said.data);
    forget();
}

void test_a_whole_environment_is_read_into_types(void)
{
    CU_ASSERT_EQUAL_FATAL(LOAD_FLEET("IDPMC_LANES=4", "IDPMC_LOG_LEVEL=debug", "PATH=/bin",
                                     "IDPMC_REDIS_URL=redis://127.0.0.1:6379",
                                     "IDPMC_MC_LATE_DAYS=30", "IDPMC_HTTP_LISTEN=[::1]:0"),
                          0);
    CU_ASSERT_STRING_EQUAL(said.data, "");
    CU_ASSERT_EQUAL(config->mode, CONFIG_DEVELOPMENT);
    CU_ASSERT_EQUAL(config->log_level, LOG_DEBUG);
    CU_ASSERT_EQUAL(config->lanes, 4);
    CU_ASSERT_STRING_EQUAL(config->kafka_brokers, "127.0.0.1:19092");
    CU_ASSERT_STRING_EQUAL(config->redis_url, "redis://127.0.0.1:6379");
    CU_ASSERT_STRING_EQUAL(config->http_listen, "[::1]:0");
    CU_ASSERT_EQUAL(config->fleet_keys.count, 2);
    CU_ASSERT_STRING_EQUAL(config->fleet_keys.items[0].keyid, "one");
    CU_ASSERT_STRING_EQUAL(config->fleet_keys.items[1].keyid, "two.2");
    CU_ASSERT_EQUAL(config->fleet_keys.items[1].secret[31], 0x1f);
    CU_ASSERT_EQUAL(config->seal_key[1], 0x01);
    CU_ASSERT_EQUAL(config_number(config, "mc", "LATE_DAYS"), 30);
    CU_ASSERT_EQUAL(config_number(config, "mc", "MAX_HABITS"), 50);
    CU_ASSERT_STRING_EQUAL(config_database_url(config, "mc"),
                           "postgresql://idpmc_mc:s3cret@/idpmc");
    CU_ASSERT_PTR_NULL(config_database_url(config, "idp"));
    forget();
}

void test_defaults_hold_where_nothing_is_said(void)
{
    CU_ASSERT_EQUAL_FATAL(LOAD(0, 0, "HOME=/root"), 0);
    CU_ASSERT_EQUAL(config->mode, CONFIG_PRODUCTION);
    CU_ASSERT_EQUAL(config->log_level, LOG_INFO);
    CU_ASSERT_EQUAL(config->lanes, 1);
    CU_ASSERT_EQUAL(config->batch_max, 2000);
    CU_ASSERT_STRING_EQUAL(config->http_listen, "127.0.0.1:8080");
    CU_ASSERT_STRING_EQUAL(config->admin_listen, "127.0.0.1:9090");
    CU_ASSERT_PTR_NULL(config->redis_url);
    CU_ASSERT_PTR_NULL(config->kafka_brokers);
    forget();
}

void test_an_empty_value_counts_as_not_set(void)
{
    CU_ASSERT_EQUAL_FATAL(LOAD(0, 0, "IDPMC_REDIS_URL=", "IDPMC_LANES="), 0);
    CU_ASSERT_PTR_NULL(config->redis_url);
    CU_ASSERT_EQUAL(config->lanes, 1);
    assert_mistake(LOAD(CONFIG_KAFKA, 0, "IDPMC_KAFKA_BROKERS="),
                   "IDPMC_KAFKA_BROKERS is not set; wanted: ");
}

void test_each_need_asks_for_its_settings_and_no_others(void)
{
    static const struct {
        unsigned need;
        const char *name;
    } needs[] = {
        {CONFIG_KAFKA, "IDPMC_KAFKA_BROKERS is not set"},
        {CONFIG_OPERATOR_DATABASE, "IDPMC_DATABASE_URL is not set"},
        {CONFIG_WORKER_DATABASES, "IDPMC_CORE_DATABASE_URL is not set"},
        {CONFIG_INGRESS_DATABASE, "IDPMC_INGRESS_DATABASE_URL is not set"},
        {CONFIG_FLEET_KEYS, "IDPMC_FLEET_KEYS is not set"},
        {CONFIG_SEAL_KEY, "IDPMC_SEAL_KEY is not set"},
    };

    for (size_t i = 0; i < COUNT_OF(needs); i++)
        assert_mistake(LOAD(needs[i].need, 1, "HOME=/"), needs[i].name);
}

void test_all_mistakes_are_told_at_once(void)
{
    CU_ASSERT_EQUAL(LOAD(CONFIG_WORKER, 1, "IDPMC_LANES=0", "IDPMC_LOG_LEVEL=loud", "IDPMC_LANE=2",
                         "IDPMC_MODE=prod"),
                    -EINVAL);
    CU_ASSERT_EQUAL(lines(), 7);
    CU_ASSERT_PTR_NOT_NULL(strstr(said.data, "IDPMC_LANES is \"0\"; it must be a whole number "
                                             "from 1 to 64"));
    CU_ASSERT_PTR_NOT_NULL(strstr(said.data, "IDPMC_LOG_LEVEL is \"loud\"; wanted: debug, info, "
                                             "warning or error"));
    CU_ASSERT_PTR_NOT_NULL(strstr(said.data, "IDPMC_MODE is \"prod\"; wanted: development or "
                                             "production"));
    CU_ASSERT_PTR_NOT_NULL(strstr(said.data, "IDPMC_FLEET_KEYS is not set"));
    CU_ASSERT_PTR_NOT_NULL(strstr(said.data, "IDPMC_KAFKA_BROKERS is not set"));
    CU_ASSERT_PTR_NOT_NULL(strstr(said.data, "IDPMC_CORE_DATABASE_URL is not set"));
    CU_ASSERT_PTR_NOT_NULL(
        strstr(said.data, "IDPMC_LANE is not a setting; did you mean IDPMC_LANES?"));
    forget();
}

void test_an_unknown_name_is_a_mistake(void)
{
    assert_mistake(LOAD(0, 0, "IDPMC_KAFKA_BROKER=x:1"), "did you mean IDPMC_KAFKA_BROKERS?");
    assert_mistake(LOAD(0, 0, "IDPMC_HTPP_LISTEN=x:1"), "did you mean IDPMC_HTTP_LISTEN?");
    assert_mistake(LOAD(0, 0, "IDPMC_COLOUR_OF_THE_SKY=blue"),
                   "IDPMC_COLOUR_OF_THE_SKY is not a setting; take it away");
    assert_mistake(LOAD(0, 0, "IDPMC_LANES_FILE=/x"), "IDPMC_LANES_FILE is not a setting");
    assert_mistake(LOAD_FLEET("IDPMC_MC_LATE_DAY=3"), "did you mean IDPMC_MC_LATE_DAYS?");
    assert_mistake(LOAD_FLEET("IDPMC_IDP_DATABASE_URL=x"), "IDPMC_IDP_DATABASE_URL is not a");
    assert_mistake(LOAD(0, 0, "IDPMC_=x"), "IDPMC_ is not a setting");
}

void test_a_program_alone_passes_over_the_names_of_other_workers(void)
{
    CU_ASSERT_EQUAL_FATAL(
        LOAD(CONFIG_WORKER, 1, FLEET, "IDPMC_MC_LATE_DAYS=3", "IDPMC_WORKERS=core,mc"), 0);
    CU_ASSERT_TRUE(config_runs(config, "core"));
    CU_ASSERT_FALSE(config_runs(config, "mc"));
    forget();
    assert_mistake(LOAD(0, 1, "IDPMC_MC_LATE_DAYS=3"), "IDPMC_MC_LATE_DAYS is not a setting");
    assert_mistake(LOAD(0, 1, "IDPMC_CORE_DATABASE_URL=host=x", "IDPMC_CORE_SIZE=3"),
                   "IDPMC_CORE_SIZE is not a setting");
}

void test_the_fleet_runs_what_its_list_says(void)
{
    CU_ASSERT_EQUAL_FATAL(LOAD_FLEET("IDPMC_LANES=1"), 0);
    CU_ASSERT_TRUE(config_runs(config, "core") && config_runs(config, "mc"));
    CU_ASSERT_EQUAL_FATAL(LOAD_FLEET("IDPMC_WORKERS=mc"), 0);
    CU_ASSERT_FALSE(config_runs(config, "core"));
    CU_ASSERT_TRUE(config_runs(config, "mc"));
    forget();
    assert_mistake(LOAD_FLEET("IDPMC_WORKERS=mc,cor"),
                   "names \"cor\", which this program does not contain; it has: core mc\n");
    assert_mistake(LOAD_FLEET("IDPMC_WORKERS=mc,"), "names \"\"");
}

void test_a_worker_that_does_not_run_needs_no_database(void)
{
    CU_ASSERT_EQUAL(LOAD(CONFIG_WORKER_DATABASES | CONFIG_COLOCATED, 2, "IDPMC_WORKERS=core",
                         "IDPMC_CORE_DATABASE_URL=postgresql://"),
                    0);
    forget();
}

void test_numbers_have_bounds_and_a_form(void)
{
    static char *const wrong[] = {
        "IDPMC_LANES=65", "IDPMC_LANES=-1", "IDPMC_LANES=1.5", "IDPMC_LANES=two",
        "IDPMC_LANES= 2", "IDPMC_LANES=+2", "IDPMC_LANES=2 ",  "IDPMC_LANES=99999999999999999999"};

    for (size_t i = 0; i < COUNT_OF(wrong); i++)
        assert_mistake(LOAD(0, 0, wrong[i]), "it must be a whole number from 1 to 64");
    assert_mistake(LOAD_FLEET("IDPMC_MC_LATE_DAYS=367"), "a whole number from 0 to 366");
    CU_ASSERT_EQUAL(LOAD(0, 0, "IDPMC_LANES=64", "IDPMC_BATCH_MAX=20000"), 0);
    forget();
}

void test_addresses_have_a_form(void)
{
    static char *const wrong[] = {
        "IDPMC_KAFKA_BROKERS=localhost",    "IDPMC_KAFKA_BROKERS=localhost:",
        "IDPMC_KAFKA_BROKERS=:9092",        "IDPMC_KAFKA_BROKERS=a:1,",
        "IDPMC_KAFKA_BROKERS=a:1,,b:2",     "IDPMC_KAFKA_BROKERS=a:1, b:2",
        "IDPMC_KAFKA_BROKERS=a:65536",      "IDPMC_KAFKA_BROKERS=a:0",
        "IDPMC_KAFKA_BROKERS=a:9x",         "IDPMC_KAFKA_BROKERS=kafka://a:9092",
        "IDPMC_KAFKA_BROKERS=::1:9092",     "IDPMC_HTTP_LISTEN=8080",
        "IDPMC_HTTP_LISTEN=127.0.0.1:http", "IDPMC_ADMIN_LISTEN=127.0.0.1:99999",
    };

    for (size_t i = 0; i < COUNT_OF(wrong); i++)
        assert_mistake(LOAD(0, 0, wrong[i]), "; wanted: where ");
    CU_ASSERT_EQUAL(LOAD(0, 0, "IDPMC_KAFKA_BROKERS=kafka-1.local:9092,10.0.0.2:9092,[::1]:9092"),
                    0);
    forget();
}

void test_urls_with_secrets_have_a_form_and_are_never_told(void)
{
    static char *const good[] = {"IDPMC_DATABASE_URL=postgres://me:s3cret@host/db",
                                 "IDPMC_DATABASE_URL=host=x password=s3cret",
                                 "IDPMC_REDIS_URL=redis://cache",
                                 "IDPMC_REDIS_URL=redis://:s3/cret@[::1]:6379/2"};
    static char *const wrong[] = {
        "IDPMC_DATABASE_URL=mysql://me:s3cret@host/db?a=b",
        "IDPMC_DATABASE_URL=s3cret",
        "IDPMC_REDIS_URL=http://:s3cret@cache:6379",
        "IDPMC_REDIS_URL=redis:/s3cret",
        "IDPMC_REDIS_URL=redis://:s3cret@",
        "IDPMC_REDIS_URL=redis://s3cret:x",
    };

    for (size_t i = 0; i < COUNT_OF(good); i++)
        CU_ASSERT_EQUAL(LOAD(0, 0, good[i]), 0);
    for (size_t i = 0; i < COUNT_OF(wrong); i++) {
        CU_ASSERT_EQUAL(LOAD(0, 0, wrong[i]), -EINVAL);
        CU_ASSERT_PTR_NOT_NULL(strstr(said.data, "_URL has another form; wanted: the "));
        CU_ASSERT_PTR_NULL(strstr(said.data, "s3cret"));
    }
    forget();
}

void test_keys_say_what_is_wrong_and_never_the_secret(void)
{
    static const struct {
        char *variable;
        const char *mistake;
    } wrong[] = {
        {"IDPMC_FLEET_KEYS=5ec2e7", "key 1 of the list has no colon"},
        {"IDPMC_FLEET_KEYS=one:5ec2e7", "key 1 of the list has a secret that is not 64"},
        {"IDPMC_FLEET_KEYS=one:" HEX32 "5ec2e7", "key 1 of the list has a secret that is not 64"},
        {"IDPMC_FLEET_KEYS=:" HEX32, "key 1 of the list has a key id that is not 1 to 64"},
        {"IDPMC_FLEET_KEYS=o/ne:" HEX32, "key 1 of the list has a key id that is not 1 to 64"},
        {"IDPMC_FLEET_KEYS=one:" HEX32 ",", "key 2 of the list has no colon"},
        {"IDPMC_FLEET_KEYS=one:" HEX32 ",one:" HEX32, "key 2 of the list has the key id of an"},
        {"IDPMC_SEAL_KEY=5ec2e7", "IDPMC_SEAL_KEY is not 64 lower-case hexadecimal digits"},
        {"IDPMC_TOKEN_SECRET=5ec2e7", "IDPMC_TOKEN_SECRET has 6 bytes; wanted: "},
    };

    for (size_t i = 0; i < COUNT_OF(wrong); i++) {
        int r = LOAD(0, 0, "IDPMC_MODE=development", wrong[i].variable);

        CU_ASSERT_PTR_NULL(strstr(said.data, "5ec2e7"));
        CU_ASSERT_PTR_NULL(strstr(said.data, HEX32));
        assert_mistake(r, wrong[i].mistake);
    }
}

void test_a_certificate_needs_its_key(void)
{
    assert_mistake(LOAD(0, 0, "IDPMC_TLS_CERTIFICATE_FILE=/dev/null"),
                   "IDPMC_TLS_CERTIFICATE_FILE is set, and IDPMC_TLS_KEY_FILE is not; set both");
    assert_mistake(LOAD(0, 0, "IDPMC_TLS_KEY_FILE=/dev/null"),
                   "IDPMC_TLS_KEY_FILE is set, and IDPMC_TLS_CERTIFICATE_FILE is not; set both");
    CU_ASSERT_EQUAL(
        LOAD(0, 0, "IDPMC_TLS_KEY_FILE=/dev/null", "IDPMC_TLS_CERTIFICATE_FILE=/dev/null"), 0);
    forget();
}

void test_origins_have_the_form_that_browsers_send(void)
{
    static char *const good[] = {"IDPMC_CORS_ORIGINS=*",
                                 "IDPMC_CORS_ORIGINS=https://app.example.org",
                                 "IDPMC_CORS_ORIGINS=http://localhost:3000, https://[::1]:8443"};
    static char *const wrong[] = {"IDPMC_CORS_ORIGINS=app.example.org",
                                  "IDPMC_CORS_ORIGINS=https://app.example.org/",
                                  "IDPMC_CORS_ORIGINS=https://a b",
                                  "IDPMC_CORS_ORIGINS=https://a,*", "IDPMC_CORS_ORIGINS=https://"};

    for (size_t i = 0; i < COUNT_OF(good); i++)
        CU_ASSERT_EQUAL(LOAD(0, 0, good[i]), 0);
    for (size_t i = 0; i < COUNT_OF(wrong); i++)
        assert_mistake(LOAD(0, 0, wrong[i]), "wanted: the origins whose pages may call");
}

/* ---- secrets in files ---- */

static char path[] = "/tmp/test_config.XXXXXX";
static char variable[128];

/* A file with this content, and IDPMC_SEAL_KEY_FILE that names it. */
static char *seal_key_file(const char *content, size_t size, mode_t mode)
{
    int fd;

    strcpy(path, "/tmp/test_config.XXXXXX");
    fd = mkstemp(path);
    CU_ASSERT_EQUAL(write(fd, content, size), (ssize_t)size);
    CU_ASSERT_EQUAL(fchmod(fd, mode), 0);
    close(fd);
    snprintf(variable, sizeof variable, "IDPMC_SEAL_KEY_FILE=%s", path);
    return variable;
}

void test_a_secret_may_stand_in_a_file(void)
{
    static const char *const contents[] = {HEX32, HEX32 "\n"};

    for (size_t i = 0; i < COUNT_OF(contents); i++) {
        char *file = seal_key_file(contents[i], strlen(contents[i]), 0600);

        CU_ASSERT_EQUAL_FATAL(LOAD(CONFIG_SEAL_KEY, 0, file), 0);
        CU_ASSERT_STRING_EQUAL(said.data, "");
        CU_ASSERT_EQUAL(config->seal_key[31], 0x1f);
        unlink(path);
    }
    forget();
}

void test_a_secret_that_others_may_read_is_a_warning(void)
{
    char *file = seal_key_file(HEX32, strlen(HEX32), 0644);

    CU_ASSERT_EQUAL(LOAD(CONFIG_SEAL_KEY, 0, file), 0);
    CU_ASSERT_EQUAL(lines(), 1);
    CU_ASSERT_PTR_NOT_NULL(strstr(said.data, "which others may read or write; chmod 600 it"));
    unlink(path);
    forget();
}

void test_files_that_are_no_secret_are_refused(void)
{
    static char large[70 * 1024];
    static const struct {
        const char *content;
        size_t size;
        const char *mistake;
    } wrong[] = {
        {"", 0, "(it is empty)"},
        {"\n", 1, "(it is empty)"},
        {"a\0b", 3, "(it is not text)"},
        {large, sizeof large, "(it is longer than 64 KB)"},
        {HEX32 "\n\n", 66, "IDPMC_SEAL_KEY is not 64 lower-case hexadecimal digits"},
    };

    memset(large, 'a', sizeof large);
    for (size_t i = 0; i < COUNT_OF(wrong); i++) {
        char *file = seal_key_file(wrong[i].content, wrong[i].size, 0600);

        assert_mistake(LOAD(CONFIG_SEAL_KEY, 0, file), wrong[i].mistake);
        unlink(path);
    }
    assert_mistake(LOAD(CONFIG_SEAL_KEY, 0, "IDPMC_SEAL_KEY_FILE=/nowhere"),
                   "IDPMC_SEAL_KEY_FILE is \"/nowhere\", which cannot be used (No such file");
    assert_mistake(LOAD(CONFIG_SEAL_KEY, 0, "IDPMC_SEAL_KEY_FILE=/tmp"), "(Is a directory)");
}

void test_a_secret_may_not_stand_in_both_places(void)
{
    char *file = seal_key_file(HEX32, strlen(HEX32), 0600);

    assert_mistake(LOAD(CONFIG_SEAL_KEY, 0, file, "IDPMC_SEAL_KEY=" HEX32),
                   "IDPMC_SEAL_KEY and IDPMC_SEAL_KEY_FILE are both set; keep one of them");
    unlink(path);
}

void test_what_is_in_force_is_printed_without_secrets(void)
{
    cleanup(buf_deinit) struct buf out = {0};

    CU_ASSERT_EQUAL_FATAL(LOAD_FLEET("IDPMC_LANES=4", "IDPMC_REDIS_URL=redis://cache:6379"), 0);
    config_print(config, &out);
    CU_ASSERT_PTR_NOT_NULL(strstr(out.data, "IDPMC_LANES=4  # environment\n"));
    CU_ASSERT_PTR_NOT_NULL(strstr(out.data, "IDPMC_BATCH_MAX=2000  # default\n"));
    CU_ASSERT_PTR_NOT_NULL(strstr(out.data, "IDPMC_CORS_ORIGINS=  # not set\n"));
    CU_ASSERT_PTR_NOT_NULL(strstr(out.data, "IDPMC_FLEET_KEYS=(hidden)  # environment\n"));
    CU_ASSERT_PTR_NOT_NULL(strstr(out.data, "IDPMC_SEAL_KEY=(hidden)"));
    CU_ASSERT_PTR_NOT_NULL(strstr(out.data, "IDPMC_REDIS_URL=redis://cache:6379  #"));
    CU_ASSERT_PTR_NOT_NULL(
        strstr(out.data, "IDPMC_MC_DATABASE_URL=postgresql://idpmc_mc:(hidden)@/idpmc  #"));
    CU_ASSERT_PTR_NOT_NULL(strstr(out.data, "IDPMC_MC_LATE_DAYS=14  # default\n"));
    CU_ASSERT_PTR_NULL(strstr(out.data, HEX32));
    CU_ASSERT_PTR_NULL(strstr(out.data, "s3cret"));
    forget();
}

void test_passwords_in_unusual_places_are_hidden(void)
{
    static const struct {
        char *variable;
        const char *shown;
    } urls[] = {
        {"IDPMC_REDIS_URL=redis://:s3cret@cache:6379", "IDPMC_REDIS_URL=redis://:(hidden)@cache"},
        {"IDPMC_DATABASE_URL=postgresql://me@host/db?password=s3cret", "=(hidden)  #"},
        {"IDPMC_DATABASE_URL=host=x PassWord=s3cret", "IDPMC_DATABASE_URL=(hidden)  #"},
        {"IDPMC_DATABASE_URL=postgresql://me:s3@cret@host/db", "//me:(hidden)@host/db  #"},
        {"IDPMC_DATABASE_URL=postgresql://me@host/db?options=a:b@c", "//me@host/db?options=a:b@c"},
    };

    for (size_t i = 0; i < COUNT_OF(urls); i++) {
        cleanup(buf_deinit) struct buf out = {0};

        CU_ASSERT_EQUAL_FATAL(LOAD(0, 0, urls[i].variable), 0);
        config_print(config, &out);
        CU_ASSERT_PTR_NOT_NULL(strstr(out.data, urls[i].shown));
        CU_ASSERT_PTR_NULL(strstr(out.data, "s3"));
    }
    forget();
}

void test_a_check_shows_what_is_in_force_beside_every_mistake(void)
{
    cleanup(buf_deinit) struct buf out = {0}, mistakes = {0};
    struct config_source source = {
        .environment = (char *const[]){"IDPMC_LANES=0", "IDPMC_LOG_LEVEL=debug", NULL},
        .needs = CONFIG_KAFKA};

    CU_ASSERT_EQUAL(config_check(&source, &out, &mistakes), -EINVAL);
    CU_ASSERT_PTR_NOT_NULL(strstr(out.data, "IDPMC_LANES=(wrong)  # environment\n"));
    CU_ASSERT_PTR_NOT_NULL(strstr(out.data, "IDPMC_KAFKA_BROKERS=  # not set\n"));
    CU_ASSERT_PTR_NOT_NULL(strstr(out.data, "IDPMC_LOG_LEVEL=debug  # environment\n"));
    CU_ASSERT_PTR_NOT_NULL(strstr(mistakes.data, "IDPMC_LANES is \"0\""));
    CU_ASSERT_PTR_NOT_NULL(strstr(mistakes.data, "IDPMC_KAFKA_BROKERS is not set"));
    source.needs = 0;
    source.environment = (char *const[]){NULL};
    buf_clear(&mistakes);
    CU_ASSERT_EQUAL(config_check(&source, &out, &mistakes), 0);
    CU_ASSERT_EQUAL(mistakes.size, 0);
}
