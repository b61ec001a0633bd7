/* contracts-generator: from contract files to C.
 * Exit codes: 0 done, 1 a file cannot be read or written, 2 wrong usage or a wrong contract. */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "contract.h"

enum { EXIT_USAGE = 2, MAX_FOLDERS = 64, MAX_CONTRACTS = 4096 };

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

/* The module of a folder is its name: contracts/mc, or where a worker carries its own contracts
 * with it, the worker's: tally/contracts. */
static const char *module_of(const char *folder)
{
    char *path = keep_printf("%s", folder);
    char *name;

    for (;;) {
        size_t size = strlen(path);

        while (size && path[size - 1] == '/')
            path[--size] = '\0';
        name = strrchr(path, '/');
        if (!name || strcmp(name, "/contracts") != 0)
            return name ? name + 1 : path;
        *name = '\0';
    }
}

static int is_contract(const struct dirent *entry)
{
    size_t size = strlen(entry->d_name);

    return size > 5 && entry->d_name[0] != '.' && strcmp(entry->d_name + size - 5, ".yaml") == 0;
}

static void read_folder(const char *folder, struct contracts *contracts)
{
    struct dirent **entries;
    const char *module = module_of(folder);
    int count = scandir(folder, &entries, is_contract, alphasort);

    if (count < 0)
        give_up("cannot read the folder %s: %s", folder, strerror(errno));
    if (!name_is_snake(module) || strchr(module, '_'))
        give_up("the folder %s is named \"%s\", expected a module's name: lower-case letters and "
                "digits",
                folder, module);
    if (count == 0)
        give_up("the folder %s holds no contract (*.yaml)", folder);
    for (int i = 0; i < count; i++) {
        struct contract *contract =
            contract_read(keep_printf("%s/%s", folder, entries[i]->d_name), module);

        if (contracts->count == MAX_CONTRACTS)
            give_up("more than %d contracts", MAX_CONTRACTS);
        if (contract)
            contracts->list[contracts->count++] = contract;
        free(entries[i]);
    }
    free(entries);
}

static int generate(const struct options *options)
{
    struct contracts contracts = {.list = keep(MAX_CONTRACTS, sizeof *contracts.list)};

    for (size_t i = 0; i < options->folder_count; i++)
        for (size_t j = 0; j < i; j++)
            if (strcmp(module_of(options->folders[i]), module_of(options->folders[j])) == 0)
                give_up("two folders of the module %s: %s and %s", module_of(options->folders[i]),
                        options->folders[j], options->folders[i]);
    for (size_t i = 0; i < options->folder_count; i++)
        read_folder(options->folders[i], &contracts);
    contracts_check(&contracts);
    if (wrong_count())
        return EXIT_USAGE;
    for (size_t i = 0; i < options->folder_count; i++)
        write_module(options->out, module_of(options->folders[i]), &contracts);
    write_messages(options->out, &contracts);
    return 0;
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
    return generate(&options);
}
