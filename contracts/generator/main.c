/* contracts-generator: from contract files to C.
 * Exit codes: 0 done, 1 a file cannot be read or written, 2 wrong usage or a wrong contract. */
#include <stdio.h>
#include <string.h>

#include "contract.h"

enum { MAX_FOLDERS = 64 };

struct options {
    const char *out, *registry, *workers;
    const char *folders[MAX_FOLDERS];
    size_t folder_count;
};

static int usage(void)
{
    fputs("usage: contracts-generator --out DIR --contracts DIR [--contracts DIR ...]\n"
          "       contracts-generator --registry FILE --workers NAME,NAME\n",
          stderr);
    return EXIT_USAGE;
}

static bool read_option(struct options *options, const char *name, const char *value)
{
    if (strcmp(name, "--out") == 0)
        options->out = value;
    else if (strcmp(name, "--registry") == 0)
        options->registry = value;
    else if (strcmp(name, "--workers") == 0)
        options->workers = value;
    else if (strcmp(name, "--contracts") == 0 && options->folder_count < MAX_FOLDERS)
        options->folders[options->folder_count++] = value;
    else
        return false;
    return true;
}

static bool read_options(struct options *options, int argc, char **argv)
{
    if (argc < 2 || argc % 2 == 0)
        return false;
    for (int i = 1; i < argc; i += 2)
        if (!read_option(options, argv[i], argv[i + 1]))
            return false;
    if (options->registry)
        return options->workers && !options->out && !options->folder_count;
    return options->out && options->folder_count && !options->workers;
}

int main(int argc, char **argv)
{
    struct options options = {0};

    if (!read_options(&options, argc, argv))
        return usage();
    if (options.registry) {
        write_registry(options.registry, options.workers);
        return 0;
    }
    return generate(options.out, options.folders, options.folder_count);
}
