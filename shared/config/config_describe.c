/* The page about every setting, made of the tables. */
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "config/config_private.h"

static const char head[] =
    "# Settings\n"
    "\n"
    "This page is made of the tables in the programs: `make docs` writes it.\n"
    "\n"
    "A setting is a variable of the environment, or a line of the file that `IDPMC_CONFIG_FILE` "
    "names;\n"
    "the environment wins. An empty value counts as not set. A name that begins with `IDPMC_` and "
    "is\n"
    "not here is a mistake. A secret may stand in a file of its own that `NAME_FILE` names, for "
    "example\n"
    "`IDPMC_SEAL_KEY_FILE=/run/secrets/seal`. `--check-config` of each program shows what is in "
    "force.\n"
    "\n"
    "| name | value | default | at SIGHUP | needed by | |\n"
    "|---|---|---|---|---|---|\n";

static const char tail[] =
    "\n"
    "Each issuer that `IDPMC_TOKEN_ISSUERS` names has the settings of the first one with its name "
    "inside:\n"
    "that of `school` are `IDPMC_TOKEN_SCHOOL_ISSUER`, `_AUDIENCE`, `_ALGORITHMS`, `_JWKS_URL`,\n"
    "`_JWKS_FILE` and `_SECRET`.\n";

static void add_kind(const struct config_setting *setting, struct buf *out)
{
    static const char *const names[] = {
        [CONFIG_KIND_TEXT] = "text",
        [CONFIG_KIND_SECRET] = "secret text",
        [CONFIG_KIND_DATABASE] = "URL with a secret",
        [CONFIG_KIND_REDIS] = "URL with a secret",
        [CONFIG_KIND_FILE] = "file",
        [CONFIG_KIND_ADDRESSES] = "host:port[,...]",
        [CONFIG_KIND_LISTEN] = "address:port",
        [CONFIG_KIND_URL] = "URL",
        [CONFIG_KIND_ORIGINS] = "origins[,...]",
        [CONFIG_KIND_ALGORITHMS] = "names[,...]",
        [CONFIG_KIND_NAMES] = "names[,...]",
        [CONFIG_KIND_LEVEL] = "name",
        [CONFIG_KIND_MODE] = "name",
        [CONFIG_KIND_KEYS] = "secret keys",
        [CONFIG_KIND_KEY] = "secret, 64 hexadecimal digits",
    };

    if (setting->kind == CONFIG_KIND_INTEGER)
        buf_printf(out, "%" PRId64 " to %" PRId64, setting->min, setting->max);
    else
        buf_add_text(out, names[setting->kind]);
}

static void add_programs(const struct config_setting *setting, struct buf *out)
{
    static const struct {
        unsigned needs;
        const char *program;
    } programs[] = {{CONFIG_FLEET, "fleet"},
                    {CONFIG_INGRESS, "ingress"},
                    {CONFIG_WORKER, "worker-*"},
                    {CONFIG_OPERATOR_DATABASE, "fleetctl migrate"}};
    const char *comma = "";

    for (size_t i = 0; i < COUNT_OF(programs); i++) {
        if (!(setting->needs & programs[i].needs))
            continue;
        buf_printf(out, "%s%s", comma, programs[i].program);
        comma = ", ";
    }
}

static void add_row(const struct config_setting *setting, struct buf *out)
{
    buf_printf(out, "| `%s` | ", setting->name);
    add_kind(setting, out);
    buf_printf(out, setting->initial ? " | `%s` | " : " |%s | ",
               setting->initial ? setting->initial : "");
    buf_add_text(out, setting->reloadable ? "changes | " : "restart | ");
    add_programs(setting, out);
    buf_printf(out, " | %s |\n", setting->sentence);
}

int config_describe(const struct config_module *modules, size_t count, struct buf *out)
{
    static char *const nothing[] = {NULL};
    struct config_source source = {
        .environment = nothing, .modules = modules, .module_count = count};
    cleanup(buf_deinit) struct buf said = {0};
    struct config *config;
    int r = config_load(&source, &config, &said);

    if (r < 0)
        return r;
    buf_add_text(out, head);
    for (size_t i = 0; i < config->own->setting_count; i++)
        add_row(&config->own->settings[i], out);
    buf_add_text(out, tail);
    config_free(config);
    return buf_failed(out) ? -ENOMEM : 0;
}
