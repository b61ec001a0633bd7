/* A reader of SQL that knows just enough to tell statements apart. */
#include "sql_text.h"

#include <ctype.h>
#include <stdbool.h>
#include <string.h>

static const char *end_of_line(const char *at)
{
    return at + strcspn(at, "\n");
}

/* Block comments nest. */
static const char *end_of_comment(const char *at)
{
    unsigned depth = 0;

    for (; *at; at++) {
        if (at[0] == '/' && at[1] == '*') {
            depth++;
            at++;
        } else if (at[0] == '*' && at[1] == '/') {
            at++;
            if (--depth == 0)
                return at + 1;
        }
    }
    return at;
}

/* Behind the closing quote; a doubled quote merely ends one text and begins the next. */
static const char *end_of_quoted(const char *at, bool escapes)
{
    char quote = *at++;

    while (*at && *at != quote)
        at += escapes && at[0] == '\\' && at[1] ? 2 : 1;
    return *at ? at + 1 : at;
}

static bool in_word(char c)
{
    return isalnum((unsigned char)c) || c == '_' || (c & 0x80);
}

/* Behind `$tag$ ... $tag$`; where it is no dollar quote, behind the dollar. */
static const char *end_of_dollars(const char *at)
{
    size_t tag = 1;

    while (in_word(at[tag]))
        tag++;
    if (at[tag] != '$' || isdigit((unsigned char)at[1]))
        return at + 1;
    tag++;
    for (const char *end = at + tag; (end = strchr(end, '$')) != NULL; end++)
        if (strncmp(end, at, tag) == 0)
            return end + tag;
    return at + strlen(at);
}

/* Behind the word, number, quoted thing, comment or character at `at`. */
static const char *end_of_token(const char *at)
{
    if (at[0] == '-' && at[1] == '-')
        return end_of_line(at);
    if (at[0] == '/' && at[1] == '*')
        return end_of_comment(at);
    if ((at[0] == 'e' || at[0] == 'E') && at[1] == '\'')
        return end_of_quoted(at + 1, true);
    if (at[0] == '\'' || at[0] == '"')
        return end_of_quoted(at, false);
    if (at[0] == '$')
        return end_of_dollars(at);
    if (!in_word(*at))
        return at + 1;
    while (in_word(*at) || *at == '$')
        at++;
    return at;
}

static bool is_comment(const char *at)
{
    return (at[0] == '-' && at[1] == '-') || (at[0] == '/' && at[1] == '*');
}

const char *sql_next(const char *text, const char **ret_end)
{
    const char *start, *at;

    while (isspace((unsigned char)*text) || *text == ';' || is_comment(text))
        text = end_of_token(text);
    if (!*text)
        return NULL;
    start = at = text;
    while (*at && *at != ';')
        at = end_of_token(at);
    *ret_end = *at ? at + 1 : at;
    return start;
}

unsigned sql_line(const char *text, const char *at)
{
    unsigned line = 1;

    for (; text < at; text++)
        line += *text == '\n';
    return line;
}

const char *sql_character(const char *text, int position)
{
    for (; *text && position > 1; position--) {
        text++;
        while ((*text & 0xc0) == 0x80)
            text++;
    }
    return text;
}
