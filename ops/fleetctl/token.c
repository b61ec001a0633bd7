/* fleetctl token: mints a bearer token for a fleet in development mode. In production tokens come
 * from the identity provider, and the fleet holds no key that could make one. */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "auth/token.h"
#include "config/config.h"
#include "fleetctl.h"
#include "local_env.h"

enum { DEFAULT_TTL_S = 3600, MAX_TTL_S = 30 * 24 * 3600 };

struct options {
    struct user_id user;
    int64_t ttl_s;
};

static void free_config(struct config **config)
{
    config_free(*config);
}

static void print_usage(FILE *to)
{
    fputs(
        "usage: fleetctl token --user UUID [--ttl TIME]\n\n"
        "  --user UUID  whose token: its sub\n"
        "  --ttl TIME   how long it is valid: 90s, 15m, 1h (the default), to 30d\n\n"
        "IDPMC_MODE must be development. This and IDPMC_TOKEN_SECRET, _ISSUER and _AUDIENCE come\n"
        "from the environment, or else from .run/fleet.env here or in a folder above.\n",
        to);
}

/* "90s", "15m", "1h", "7d". 0 or -EINVAL. */
static int parse_ttl(const char *text, int64_t *ret_seconds)
{
    static const char units[] = "smhd";
    static const int64_t seconds[] = {1, 60, 3600, 24 * 3600};
    char *end;
    const char *unit;
    long count;

    errno = 0;
    count = strtol(text, &end, 10);
    unit = *end ? strchr(units, *end) : NULL;
    if (end == text || errno || !unit || end[1] || count < 1 ||
        count > MAX_TTL_S / seconds[unit - units])
        return -EINVAL;
    *ret_seconds = count * seconds[unit - units];
    return 0;
}

static int read_options(int argc, char **argv, struct options *ret_options)
{
    static const struct option known[] = {
        {"user", required_argument, NULL, 'u'},
        {"ttl", required_argument, NULL, 't'},
        {"help", no_argument, NULL, 'h'},
        {0},
    };
    struct options options = {.ttl_s = DEFAULT_TTL_S};
    bool has_user = false;
    int option;

    while ((option = getopt_long(argc, argv, "", known, NULL)) != -1) {
        if (option == 'h') {
            print_usage(stdout);
            exit(EXIT_DONE);
        } else if (option == 'u') {
            if (uuid_parse(span_text(optarg), &options.user.uuid) < 0)
                return complain(EXIT_MISUSE, "--user: \"%s\" is not a lower-case UUID", optarg);
            has_user = true;
        } else if (option == 't') {
            if (parse_ttl(optarg, &options.ttl_s) < 0)
                return complain(EXIT_MISUSE,
                                "--ttl: \"%s\" is not a time from 1s to 30d, like 90s, 15m or 1h",
                                optarg);
        } else {
            print_usage(stderr);
            return EXIT_MISUSE;
        }
    }
    if (!has_user || optind < argc) {
        print_usage(stderr);
        return EXIT_MISUSE;
    }
    *ret_options = options;
    return EXIT_DONE;
}

/* The settings that a token needs; whatever else the environment holds is other programs' concern.
 */
static int load_settings(struct config **ret_config)
{
    cleanup(buf_deinit) struct buf said = {0};
    char *settings[4 + 8 * CONFIG_ISSUERS_MAX];
    size_t count = 0;
    int r;

    for (char **at = environ; *at && count < COUNT_OF(settings) - 1; at++)
        if (strncmp(*at, "IDPMC_MODE=", 11) == 0 || strncmp(*at, "IDPMC_TOKEN_", 12) == 0)
            settings[count++] = *at;
    settings[count] = NULL;
    r = config_load(&(struct config_source){.environment = settings, .needs = CONFIG_TOKENS},
                    ret_config, &said);
    if (said.size > 0)
        fwrite(said.data, 1, said.size, stderr);
    if (r < 0)
        return r == -EINVAL ? complain(EXIT_MISUSE, "these settings make no token")
                            : complain(EXIT_FAULT, "out of memory");
    return EXIT_DONE;
}

static int check_mode(void)
{
    const char *mode = getenv("IDPMC_MODE");

    if (mode && strcmp(mode, "development") == 0)
        return EXIT_DONE;
    return complain(EXIT_MISUSE,
                    "tokens are minted in development mode only: IDPMC_MODE is %s. In production "
                    "they come from the identity provider",
                    mode ? mode : "not set, here or in .run/fleet.env");
}

static int print_token(const struct config *config, const struct options *options)
{
    cleanup(buf_deinit) struct buf token = {0};

    if (!config->issuers[0].secret)
        return complain(EXIT_MISUSE, "IDPMC_TOKEN_SECRET is not set: this fleet takes only its "
                                     "identity provider's tokens");
    if (token_mint(span_text(config->issuers[0].secret), NULL, config->issuers[0].issuer,
                   config->issuers[0].audience, options->user, timestamp_now(), options->ttl_s,
                   &token) < 0)
        return complain(EXIT_FAULT, "libjwt made no token");
    puts(token.data);
    return EXIT_DONE;
}

int cmd_token(int argc, char **argv)
{
    cleanup(free_config) struct config *config = NULL;
    struct options options = {0};
    int code;

    if ((code = read_options(argc, argv, &options)) != EXIT_DONE ||
        (code = local_env_load("fleet.env")) != EXIT_DONE || (code = check_mode()) != EXIT_DONE ||
        (code = load_settings(&config)) != EXIT_DONE)
        return code;
    return print_token(config, &options);
}
