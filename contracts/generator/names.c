/* Names: what a contract may call things, so that they are good names in C too. */
#include "contract.h"

#include <ctype.h>
#include <string.h>

/* snake_case: words of lower-case letters and digits that begin with a letter, joined by one "_".
 */
bool name_is_snake(const char *name)
{
    const char *c = name;

    if (!islower((unsigned char)*c))
        return false;
    for (; *c; c++)
        if (*c == '_' ? !islower((unsigned char)c[1]) && !isdigit((unsigned char)c[1])
                      : !islower((unsigned char)*c) && !isdigit((unsigned char)*c))
            return false;
    return true;
}

/* C17's keywords in lower case, and the macros of the headers that every generated file sees. */
bool name_is_reserved(const char *name)
{
    static const char *const reserved[] = {
        "auto",  "bool",   "break",    "case",     "char",   "const",    "continue", "default",
        "do",    "double", "else",     "enum",     "errno",  "extern",   "false",    "float",
        "for",   "goto",   "if",       "inline",   "int",    "linux",    "long",     "register",
        "asm",   "typeof", "restrict", "return",   "short",  "signed",   "sizeof",   "static",
        "stdin", "stderr", "stdout",   "struct",   "switch", "true",     "typedef",  "union",
        "unix",  "void",   "volatile", "unsigned", "while",  "offsetof", "cleanup",  "must_check"};

    for (size_t i = 0; i < sizeof reserved / sizeof reserved[0]; i++)
        if (strcmp(name, reserved[i]) == 0)
            return true;
    return false;
}

const char *name_upper(const char *name)
{
    char *upper = keep_printf("%s", name);

    for (char *c = upper; *c; c++)
        *c = (char)toupper((unsigned char)*c);
    return upper;
}
