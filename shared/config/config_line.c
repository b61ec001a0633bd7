/* The lines of a settings file: NAME=value as in an env file of compose, but without $ in values.
 *
 *     # a comment
 *     NAME=plain text up to the end, or to a blank and #
 *     NAME='as it stands'
 *     NAME="with \n, \" and \\"
 *     export NAME=value */
#include <ctype.h>
#include <errno.h>
#include <string.h>

#include "config/config_private.h"

static const char export[] = "export ";

struct line {
    char *name, *value;
};

static char *skip_blanks(char *at)
{
    return at + strspn(at, " \t\r");
}

static bool is_end(char *at)
{
    at = skip_blanks(at);
    return *at == '\0' || *at == '#';
}

/* Behind the closing quote only a comment may stand. What is wrong, or NULL. */
static const char *unquote_plain(char **value)
{
    char *end = strchr(*value + 1, '\'');

    if (!end)
        return "the quote ' is not closed in this line";
    if (!is_end(end + 1))
        return "something stands behind the closing quote";
    *end = '\0';
    ++*value;
    return NULL;
}

static const char *unquote_escaped(char **value)
{
    char *from = *value + 1, *to = *value;

    for (; *from && *from != '"'; from++) {
        if (*from == '\\') {
            from++;
            if (!*from || !strchr("\"\\n$", *from))
                return "behind \\ only \", \\, $ and n may stand";
            *to++ = *from == 'n' ? '\n' : *from;
        } else {
            *to++ = *from;
        }
    }
    if (!*from)
        return "the quote \" is not closed in this line";
    if (!is_end(from + 1))
        return "something stands behind the closing quote";
    *to = '\0';
    return NULL;
}

static void trim_plain(char *value)
{
    char *end = value;

    for (char *at = value; *at && !(*at == '#' && (at == value || isblank((unsigned char)at[-1])));
         at++)
        if (!strchr(" \t\r", *at))
            end = at + 1;
    *end = '\0';
}

/* NULL, or what is wrong with the line. */
static const char *parse(char *text, struct line *ret_line)
{
    char *name = skip_blanks(text), *equals;

    if (strncmp(name, export, strlen(export)) == 0)
        name = skip_blanks(name + strlen(export));
    equals = name + strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_");
    if (*equals != '=' || equals == name)
        return "is no NAME=value";
    *equals = '\0';
    *ret_line = (struct line){.name = name, .value = skip_blanks(equals + 1)};
    if (ret_line->value[0] == '\'')
        return unquote_plain(&ret_line->value);
    if (ret_line->value[0] == '"')
        return unquote_escaped(&ret_line->value);
    trim_plain(ret_line->value);
    return NULL;
}

/* Where the file gives the name already; NULL: nowhere. */
static const struct config_given *earlier(const struct config_own *own, const char *name)
{
    for (size_t i = 0; i < own->given_count; i++)
        if (own->given[i].place == CONFIG_FILE && strcmp(own->given[i].name, name) == 0)
            return &own->given[i];
    return NULL;
}

static int add(struct config_loader *loader, const char *path, unsigned number,
               const struct line *line)
{
    struct config_own *own = loader->own;
    const struct config_given *first = earlier(own, line->name);
    const char *where = arena_printf(own->arena, "%s:%u: ", path, number);

    if (!where)
        return -ENOMEM;
    if (first)
        config_wrong(loader, "%s%s stands in line %u already; keep one of them", where, line->name,
                     first->line);
    else if (strcmp(line->name, CONFIG_FILE_NAME) == 0)
        config_wrong(loader, "%s%s has no place in a file; only the environment may set it", where,
                     line->name);
    else
        own->given[own->given_count++] = (struct config_given){.name = line->name,
                                                               .value = line->value,
                                                               .place = CONFIG_FILE,
                                                               .where = where,
                                                               .line = number};
    return 0;
}

int config_lines_read(struct config_loader *loader, const char *path, const char *text)
{
    char *rest = arena_copy(loader->own->arena, text, strlen(text));
    unsigned number = 0;
    int r = rest ? 0 : -ENOMEM;

    while (rest && r == 0) {
        char *at = strsep(&rest, "\n");
        struct line line;
        const char *why;

        number++;
        if (is_end(at))
            continue;
        why = parse(at, &line);
        if (why)
            config_wrong(loader, "%s:%u: %s", path, number, why);
        else
            r = add(loader, path, number, &line);
    }
    return r;
}
