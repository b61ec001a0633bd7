/* Files and the pieces of text that all of them have. */
#include "output.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { COLUMNS = 100 };

void output_open(struct output *output)
{
    output->file = open_memstream(&output->text, &output->size);
    if (!output->file)
        give_up("out of memory");
}

void output_close(struct output *output, const char *path)
{
    if (fclose(output->file) != 0)
        give_up("out of memory");
    write_file(path, output->text, output->size);
    free(output->text);
}

bool file_holds(const char *path, const char *content, size_t size)
{
    FILE *file = fopen(path, "rb");
    bool same = file != NULL;
    size_t at = 0;
    int c;

    while (same && (c = getc(file)) != EOF) {
        same = at < size && (unsigned char)content[at] == c;
        at++;
    }
    if (file)
        fclose(file);
    return same && at == size;
}

void write_file(const char *path, const char *content, size_t size)
{
    const char *fresh = keep_printf("%s.new", path);
    FILE *file;
    bool good;

    if (file_holds(path, content, size))
        return;
    file = fopen(fresh, "wb");
    if (!file)
        give_up("cannot write %s: %s", fresh, strerror(errno));
    good = fwrite(content, 1, size, file) == size;
    if (fclose(file) != 0 || !good || rename(fresh, path) != 0)
        give_up("cannot write %s: %s", path, strerror(errno));
}

void print_comment(FILE *file, int indent, const char *text)
{
    int column = fprintf(file, "%*s/*", indent, "");

    while (*text) {
        int size = (int)strcspn(text, " ");

        /* the last word needs room for the end of the comment behind it */
        if (column + 1 + size + (text[size] ? 0 : 3) > COLUMNS)
            column = fprintf(file, "\n%*s *", indent, "") - 1;
        column += fprintf(file, " %.*s", size, text);
        text += size;
        text += strspn(text, " ");
    }
    fputs(" */\n", file);
}

void print_literal(FILE *file, const char *text)
{
    fputc('"', file);
    for (; *text; text++) {
        if (*text == '"' || *text == '\\')
            fputc('\\', file);
        fputc(*text, file);
    }
    fputc('"', file);
}

const char *value_type(const struct field *field)
{
    switch (field->type) {
    case TYPE_UUID:
        return field->of.text ? keep_printf("struct %s_id", field->of.text) : "struct uuid";
    case TYPE_STRING:
        return "struct span";
    case TYPE_INTEGER:
    case TYPE_DECIMAL:
        return "int64_t";
    case TYPE_BOOLEAN:
        return "bool";
    case TYPE_DATE:
        return "struct date";
    case TYPE_TIME:
        return "struct timestamp";
    case TYPE_STRUCT:
    case TYPE_UNION:
        return keep_printf("struct %s", field->shape.c_name);
    case TYPE_ENUM:
    case TYPE_LIST:
    case TYPE_MAP:
    case TYPE_WRONG:
        break;
    }
    return "int32_t"; /* an enum */
}

bool is_of(const struct contract *contract, const char *module)
{
    return strcmp(contract->module, module) == 0;
}
