/* From the folders of contracts to the folder of generated code. */
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "contract.h"

enum { MAX_CONTRACTS = 4096 };

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

static void refuse_repeated(const char *const *folders, size_t count)
{
    for (size_t i = 0; i < count; i++)
        for (size_t j = 0; j < i; j++)
            if (strcmp(module_of(folders[i]), module_of(folders[j])) == 0)
                give_up("two folders of the module %s: %s and %s", module_of(folders[i]),
                        folders[j], folders[i]);
}

bool read_contracts(const char *const *folders, size_t count, struct contracts *ret_contracts)
{
    *ret_contracts = (struct contracts){.list = keep(MAX_CONTRACTS, sizeof *ret_contracts->list)};
    refuse_repeated(folders, count);
    for (size_t i = 0; i < count; i++)
        read_folder(folders[i], ret_contracts);
    contracts_check(ret_contracts);
    return !wrong_count();
}

int generate(const char *out, const char *const *folders, size_t count)
{
    struct contracts contracts;

    if (!read_contracts(folders, count, &contracts))
        return EXIT_USAGE;
    for (size_t i = 0; i < count; i++)
        write_module(out, module_of(folders[i]), &contracts);
    write_messages(out, &contracts);
    return 0;
}
