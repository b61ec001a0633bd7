/* What queries must mean: parameters that an address can carry, a path that names them, an answer
 * that can be paged. */
#include <string.h>

#include "contract.h"

static bool fits_address(enum type type)
{
    return type != TYPE_LIST && type != TYPE_DECIMAL && type != TYPE_STRUCT && type != TYPE_MAP &&
           type != TYPE_UNION;
}

static const char *in_braces(const struct field *field)
{
    return keep_printf("{%s}", field->name.text);
}

static void check_parameters(const struct contract *contract)
{
    for (size_t i = 0; i < contract->body.count; i++) {
        const struct field *field = &contract->body.fields[i];

        if (!fits_address(field->type))
            wrong(contract->path, field->line,
                  "a query's parameter is of type uuid, string, integer, boolean, date, time or "
                  "enum");
        if (!field->name.text || !contract->route.text)
            continue;
        if (!field->optional && !strstr(contract->route.text, in_braces(field)))
            wrong(contract->path, field->line,
                  "the path lacks {%s}: a parameter stands in it or has \"required: false\"",
                  field->name.text);
        if (contract->paged &&
            (strcmp(field->name.text, "limit") == 0 || strcmp(field->name.text, "cursor") == 0))
            wrong(contract->path, field->line, "a paged query has \"%s\" already",
                  field->name.text);
    }
}

/* A word of an address, or a required field in braces. */
static void check_segment(const struct contract *contract, const char *at)
{
    const char *route = contract->route.text;
    size_t size = strcspn(at, "/");
    const char *segment = keep_printf("%.*s", (int)size, at);
    const struct field *field;

    if (size > 2 && segment[0] == '{' && segment[size - 1] == '}') {
        const char *name = keep_printf("%.*s", (int)size - 2, segment + 1);

        field = shape_field(&contract->body, name);
        if (!field || field->optional)
            wrong(contract->path, contract->route.line,
                  "the path names \"%s\", which is no required field", name);
        if (strstr(route, segment) < at)
            wrong(contract->path, contract->route.line, "the path names \"%s\" twice", name);
        return;
    }
    if (!size || strspn(segment, "abcdefghijklmnopqrstuvwxyz0123456789-") != size)
        wrong(contract->path, contract->route.line,
              "\"%s\" is no segment of a path, expected a lower-case word or {field}", segment);
}

static void check_route(const struct contract *contract)
{
    const char *beginning = keep_printf("/v1/%s/", contract->module);
    const char *route = contract->route.text;

    if (!route)
        return;
    if (strncmp(route, beginning, strlen(beginning)) != 0) {
        wrong(contract->path, contract->route.line, "\"path\" is \"%s\", expected %s...", route,
              beginning);
        return;
    }
    for (const char *at = route + strlen(beginning); at; at = strchr(at, '/')) {
        at += *at == '/';
        check_segment(contract, at);
    }
}

/* The edge adds what names the next page. */
static void check_page(const struct contract *contract)
{
    const struct shape *answer = &contract->answer;

    if (answer->count &&
        (answer->count != 1 || answer->fields[0].type != TYPE_LIST ||
         !answer->fields[0].name.text || strcmp(answer->fields[0].name.text, "items") != 0 ||
         answer->fields[0].optional))
        wrong(contract->path, answer->line,
              "a paged query's answer has one required field, the list \"items\"");
}

void check_query(const struct contract *contract)
{
    if (contract->kind != KIND_QUERY)
        return;
    check_parameters(contract);
    check_route(contract);
    if (contract->paged)
        check_page(contract);
}
