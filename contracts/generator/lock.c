/* Contracts beside their locks: what breaks, what is not locked yet, and locking it. */
#include "lock.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static const char *lock_path(const struct lock_options *options, const char *type)
{
    return keep_printf("%s/%s.lock", options->folder, type);
}

static const struct contract *find_type(const struct contracts *contracts, const char *type)
{
    for (size_t i = 0; i < contracts->count; i++)
        if (strcmp(contracts->list[i]->type, type) == 0)
            return contracts->list[i];
    return NULL;
}

/* Is the type among the comma-separated ones? NULL: there are none. */
static bool names_type(const char *list, const char *type)
{
    size_t size = strlen(type);

    for (const char *at = list; at && *at; at += strcspn(at, ",")) {
        at += *at == ',';
        if (strcspn(at, ",") == size && strncmp(at, type, size) == 0)
            return true;
    }
    return false;
}

static int is_lock(const struct dirent *entry)
{
    size_t size = strlen(entry->d_name);

    return size > 5 && entry->d_name[0] != '.' && strcmp(entry->d_name + size - 5, ".lock") == 0;
}

static void compare_with(const struct lock_options *options, const struct contracts *contracts,
                         const char *path)
{
    const struct contract *released = contract_read_released(path);
    const struct contract *contract = released ? find_type(contracts, released->type) : NULL;
    size_t before = wrong_count();

    if (!released)
        return;
    if (contract)
        compare_contracts(released, contract, names_type(options->reworded, contract->type),
                          names_type(options->narrowed, contract->type));
    else
        broken(&(struct comparison){.contract = released}, 1, RULE_CONTRACT_REMOVED,
               "there is no contract of this name and version");
    if (wrong_count() > before && options->users)
        name_users(options->users, released);
}

/* Compares each lock with its contract. */
static void compare_all(const struct lock_options *options, const struct contracts *contracts)
{
    struct dirent **entries;
    int count = scandir(options->folder, &entries, is_lock, alphasort);

    if (count < 0 && errno == ENOENT)
        return;
    if (count < 0)
        give_up("cannot read the folder %s: %s", options->folder, strerror(errno));
    for (int i = 0; i < count; i++) {
        compare_with(options, contracts, keep_printf("%s/%s", options->folder, entries[i]->d_name));
        free(entries[i]);
    }
    free(entries);
}

/* Where a contract is not what its lock says, the lock that it should have; else NULL. */
static const char *stale_lock(const struct lock_options *options, const struct contract *contract,
                              const char *path)
{
    const char *text = lock_text(contract);
    struct stat lock;

    if (file_holds(path, text, strlen(text)))
        return NULL;
    if (options->users && stat(path, &lock) == 0)
        name_users(options->users, contract);
    return text;
}

static bool read_and_compare(const struct lock_options *options, struct contracts *ret_contracts)
{
    if (!read_contracts(options->contracts, options->contract_count, ret_contracts))
        return false;
    compare_all(options, ret_contracts);
    return !wrong_count();
}

int lock_check(const struct lock_options *options)
{
    struct contracts contracts;

    if (!read_and_compare(options, &contracts))
        return EXIT_USAGE;
    for (size_t i = 0; i < contracts.count; i++) {
        const struct contract *contract = contracts.list[i];

        if (stale_lock(options, contract, lock_path(options, contract->type)))
            wrong(contract->path, contract->name.line,
                  "%s is new or has changed, in a way that breaks nobody: run make contracts-lock",
                  contract->type);
    }
    return wrong_count() ? EXIT_USAGE : 0;
}

int lock_write(const struct lock_options *options)
{
    struct contracts contracts;

    if (!read_and_compare(options, &contracts))
        return EXIT_USAGE;
    if (mkdir(options->folder, 0777) != 0 && errno != EEXIST)
        give_up("cannot make the folder %s: %s", options->folder, strerror(errno));
    for (size_t i = 0; i < contracts.count; i++) {
        const char *path = lock_path(options, contracts.list[i]->type);
        const char *text = stale_lock(options, contracts.list[i], path);

        if (text) {
            write_file(path, text, strlen(text));
            printf("locked %s\n", contracts.list[i]->type);
        }
    }
    return 0;
}
