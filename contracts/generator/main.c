/* contracts-generator: from contract files to C, and what of them is released.
 * Exit codes: 0 done, 1 a file cannot be read or written, 2 wrong usage or a wrong contract. */
#include <stdio.h>
#include <string.h>

#include "lock.h"

enum { MAX_FOLDERS = 64 };

struct options {
    const char *out, *registry, *workers, *check, *lock, *users, *reworded, *narrowed;
    const char *folders[MAX_FOLDERS];
    size_t folder_count;
};

static int usage(void)
{
    fputs("usage: contracts-generator --out DIR --contracts DIR [--contracts DIR ...]\n"
          "       contracts-generator --registry FILE --workers NAME,NAME\n"
          "       contracts-generator --check|--lock DIR --contracts DIR [--contracts DIR ...]\n"
          "                           [--users DIR] [--reworded TYPE,TYPE]\n"
          "                           [--narrowed TYPE,TYPE]\n",
          stderr);
    return EXIT_USAGE;
}

/* Where a value of the option goes, or NULL. */
static const char **option_slot(struct options *options, const char *name)
{
    const struct {
        const char *name, **slot;
    } slots[] = {
        {"--out", &options->out},           {"--registry", &options->registry},
        {"--workers", &options->workers},   {"--check", &options->check},
        {"--lock", &options->lock},         {"--users", &options->users},
        {"--reworded", &options->reworded}, {"--narrowed", &options->narrowed},
    };

    for (size_t i = 0; i < sizeof slots / sizeof slots[0]; i++)
        if (strcmp(name, slots[i].name) == 0)
            return slots[i].slot;
    if (strcmp(name, "--contracts") == 0 && options->folder_count < MAX_FOLDERS)
        return &options->folders[options->folder_count++];
    return NULL;
}

/* One of four things is to be done, and each has its own options. */
static bool is_whole(const struct options *options)
{
    bool locks = options->check || options->lock;
    int tasks = !!options->out + !!options->registry + !!options->check + !!options->lock;

    return tasks == 1 && !options->registry == !options->workers &&
           !options->registry == !!options->folder_count &&
           (locks || (!options->users && !options->reworded && !options->narrowed));
}

static bool read_options(struct options *options, int argc, char **argv)
{
    if (argc < 2 || argc % 2 == 0)
        return false;
    for (int i = 1; i < argc; i += 2) {
        const char **slot = option_slot(options, argv[i]);

        if (!slot || *slot)
            return false;
        *slot = argv[i + 1];
    }
    return is_whole(options);
}

static int use_locks(const struct options *options)
{
    const struct lock_options lock = {
        .folder = options->check ? options->check : options->lock,
        .contracts = options->folders,
        .contract_count = options->folder_count,
        .users = options->users,
        .reworded = options->reworded,
        .narrowed = options->narrowed,
    };

    return options->check ? lock_check(&lock) : lock_write(&lock);
}

int main(int argc, char **argv)
{
    struct options options = {0};

    if (!read_options(&options, argc, argv))
        return usage();
    if (options.check || options.lock)
        return use_locks(&options);
    if (options.registry) {
        write_registry(options.registry, options.workers);
        return 0;
    }
    return generate(options.out, options.folders, options.folder_count);
}
