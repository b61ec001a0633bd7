/* A statement that every module has in its own schema: made once for each, so that its text is
 * constant as long as the process lives. */
#ifndef INGRESS_MODULES_H
#define INGRESS_MODULES_H

#include <stddef.h>

#include "base/attr.h"

enum { MODULES_MAX = 32 };

struct module_statements {
    const char *modules[MODULES_MAX];
    char *texts[MODULES_MAX];
    size_t count;
};

/* One text for each module of the contracts; `%1$s` in the format is the module's name. 0, -ENOMEM,
 * -E2BIG. */
must_check int module_statements_init(struct module_statements *statements, const char *format);
void module_statements_deinit(struct module_statements *statements);

/* The index of a module; MODULES_MAX where no contract has it. */
size_t module_statements_find(const struct module_statements *statements, const char *module);

#endif
