/* Which files are written, and the tables over all modules. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "output.h"

static void write_part(const char *path, const char *module, const struct contracts *contracts,
                       void (*print)(FILE *, const char *, const struct contracts *))
{
    struct output output;

    output_open(&output);
    print(output.file, module, contracts);
    output_close(&output, path);
}

static void make_folder(const char *path)
{
    if (mkdir(path, 0777) != 0 && errno != EEXIST)
        give_up("cannot make the folder %s: %s", path, strerror(errno));
}

void write_module(const char *out, const char *module, const struct contracts *contracts)
{
    make_folder(out);
    make_folder(keep_printf("%s/contracts", out));
    write_part(keep_printf("%s/contracts/%s_ids.h", out, module), module, contracts, print_ids);
    write_part(keep_printf("%s/contracts/%s.h", out, module), module, contracts, print_header);
    write_part(keep_printf("%s/contracts/%s_emit.h", out, module), module, contracts, print_emit);
    write_part(keep_printf("%s/contracts/%s.c", out, module), module, contracts, print_tables);
}

static int by_type(const void *a, const void *b)
{
    return strcmp((*(struct contract *const *)a)->type, (*(struct contract *const *)b)->type);
}

void write_messages(const char *out, const struct contracts *contracts)
{
    struct contract **sorted = keep(contracts->count, sizeof *sorted);
    struct output output;
    const char *module = "";

    memcpy(sorted, contracts->list, contracts->count * sizeof *sorted);
    qsort(sorted, contracts->count, sizeof *sorted, by_type);
    output_open(&output);
    print_comment(output.file, 0, "Generated from all contracts: every message, sorted by type.");
    fputs("#include \"codec/message.h\"\n\n#include \"base/attr.h\"\n", output.file);
    for (size_t i = 0; i < contracts->count; i++) {
        if (strcmp(sorted[i]->module, module) != 0)
            fprintf(output.file, "#include \"contracts/%s.h\"\n", sorted[i]->module);
        module = sorted[i]->module;
    }
    fputs("\nconst struct message *const messages[] = {\n", output.file);
    for (size_t i = 0; i < contracts->count; i++)
        fprintf(output.file, "    &%s_message,\n", sorted[i]->body.c_name);
    fputs("};\nconst size_t message_count = COUNT_OF(messages);\n", output.file);
    output_close(&output, keep_printf("%s/messages.c", out));
}

static int by_text(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static size_t split(char *names, const char **ret_list)
{
    size_t count = 0;

    for (char *name = strtok(names, ", "); name; name = strtok(NULL, ", "))
        ret_list[count++] = name;
    return count;
}

void write_registry(const char *path, const char *workers)
{
    const char **names = keep(strlen(workers) + 1, sizeof *names);
    size_t count = split(keep_printf("%s", workers), names);
    struct output output;

    qsort(names, count, sizeof *names, by_text);
    for (size_t i = 0; i < count; i++) {
        if (!name_is_snake(names[i]))
            give_up("\"%s\" is no worker's name", names[i]);
        if (i && strcmp(names[i], names[i - 1]) == 0)
            give_up("the worker \"%s\" stands twice", names[i]);
    }
    output_open(&output);
    print_comment(output.file, 0, "Generated: the workers that this program contains.");
    fputs("#include \"runtime/worker.h\"\n\n", output.file);
    for (size_t i = 0; i < count; i++)
        fprintf(output.file, "extern const struct worker worker_%s;\n", names[i]);
    fputs("\nconst struct worker *const workers[] = {\n", output.file);
    for (size_t i = 0; i < count; i++)
        fprintf(output.file, "    &worker_%s,\n", names[i]);
    fputs("    NULL,\n};\n", output.file);
    output_close(&output, path);
}
