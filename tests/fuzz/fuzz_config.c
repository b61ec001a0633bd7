/* Settings. A first byte of which bit 0 is set: the environment, a line each; otherwise a file of
 * settings beside a small environment. Whatever is in them, a mistake is said and nothing is torn;
 * what was refused leaves no config. */
#include <errno.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/attr.h"
#include "config/config.h"
#include "fuzz.h"

enum { LINES_MAX = 64 };

static const struct config_extra extras[] = {{"LATE_DAYS", 14, 0, 366, "how many days late"}};
static const struct config_module modules[] = {{"core", NULL, 0}, {"mc", extras, 1}};

static void load(unsigned needs, char *const *environment)
{
    struct config_source source = {environment, modules, COUNT_OF(modules), needs};
    cleanup(buf_deinit) struct buf said = {0}, out = {0}, changed = {0};
    struct config *config = NULL, *again = NULL;
    int r = config_load(&source, &config, &said);

    HOLDS((r == 0 && config) || (r == -EINVAL && !config && said.size));
    HOLDS(config_check(&source, &out, &said) == r);
    if (r < 0)
        return;
    config_print(config, &out);
    HOLDS(config_reload(&source, config, &again, &changed, &said) == 0);
    HOLDS(changed.size == 0);
    config_free(again);
    config_free(config);
}

static void load_lines(unsigned needs, struct span input)
{
    char *environment[LINES_MAX + 1] = {NULL};
    size_t count = 0;

    while (input.size && count < LINES_MAX) {
        environment[count] = copy_text(take_until(&input, '\n'));
        /* A file that is named would be one of this machine's. */
        if (strstr(environment[count], "_FILE"))
            free(environment[count]);
        else
            count++;
    }
    environment[count] = NULL;
    load(needs, environment);
    for (size_t i = 0; i < count; i++)
        free(environment[i]);
}

static void load_file(unsigned needs, struct span input)
{
    int fd = memfd_create("settings", 0);
    char name[64];

    HOLDS(fd >= 0 && (input.size == 0 || write(fd, input.data, input.size) > 0));
    snprintf(name, sizeof name, "IDPMC_CONFIG_FILE=/proc/self/fd/%d", fd);
    if (!memmem(input.data ? input.data : "", input.size, "_FILE", 5))
        load(needs, (char *const[]){name, "IDPMC_MODE=development", NULL});
    close(fd);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct span input = span_of(data, size);
    uint8_t ways = take_byte(&input);
    unsigned needs = ways & 2 ? CONFIG_FLEET : ways & 4 ? CONFIG_WORKER : 0;

    if (ways & 1)
        load_lines(needs, input);
    else
        load_file(needs, input);
    return 0;
}
