#include "modules.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "codec/message.h"

size_t module_statements_find(const struct module_statements *statements, const char *module)
{
    for (size_t i = 0; i < statements->count; i++)
        if (strcmp(statements->modules[i], module) == 0)
            return i;
    return MODULES_MAX;
}

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral" /* the caller's constant, with one %1$s */
static char *make_text(const char *format, const char *module)
{
    char *text;

    return asprintf(&text, format, module) < 0 ? NULL : text;
}
#pragma GCC diagnostic pop

int module_statements_init(struct module_statements *statements, const char *format)
{
    *statements = (struct module_statements){.count = 0};
    for (size_t i = 0; i < message_count; i++) {
        const char *module = messages[i]->module;

        if (module_statements_find(statements, module) < MODULES_MAX)
            continue;
        if (statements->count == MODULES_MAX)
            return -E2BIG;
        statements->texts[statements->count] = make_text(format, module);
        if (!statements->texts[statements->count])
            return -ENOMEM;
        statements->modules[statements->count++] = module;
    }
    return 0;
}

void module_statements_deinit(struct module_statements *statements)
{
    for (size_t i = 0; i < statements->count; i++)
        free(statements->texts[i]);
    statements->count = 0;
}
