/* The settings of a process: of everybody, and of each worker that it contains. They are read at
 * the start and again when the process is asked to. The main thread's. */
#ifndef RUNTIME_PROCESS_SETTINGS_H
#define RUNTIME_PROCESS_SETTINGS_H

#include "base/attr.h"
#include "config/config.h"

struct process_settings;

/* Reads them from the environment; what is wrong goes to standard error. `needs` is enum
 * config_needs, or'd. 0, -EINVAL or -ENOMEM. */
must_check int process_settings_read(unsigned needs, struct process_settings **ret_settings);

/* Prints the settings with their origins on standard output, and every mistake on standard error;
 * of settings without one also what `files` says (or NULL), a line each. 0, -EINVAL or -ENOMEM. */
must_check int process_settings_check(unsigned needs,
                                      int (*files)(const struct config *config, struct buf *said));

/* Appends a page in Markdown about every setting of the programs. 0 or -ENOMEM. */
must_check int process_settings_describe(struct buf *out);

/* Reads them again and logs what has changed and what cannot change before a restart. 0 with new
 * ones in force; -EINVAL: nothing is changed and each mistake is logged; -ENOMEM. */
must_check int process_settings_reload(struct process_settings *settings);

/* The ones in force. They and all earlier ones live until process_settings_free, so that other
 * threads may go on with what they have. */
const struct config *process_settings_config(const struct process_settings *settings);

/* The own settings of workers[i], as its tables describe them; NULL: it has none. */
const void *process_settings_of_worker(const struct process_settings *settings, size_t i);

void process_settings_free(struct process_settings *settings); /* NULL is allowed */

#endif
