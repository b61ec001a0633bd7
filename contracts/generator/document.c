/* Reading YAML by libyaml, with lines. */
#include "document.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int node_line(const yaml_node_t *node)
{
    return (int)node->start_mark.line + 1;
}

static const char *scalar(const yaml_node_t *node)
{
    return (const char *)node->data.scalar.value;
}

const char *node_text(const yaml_node_t *node)
{
    return node->type == YAML_SCALAR_NODE ? scalar(node) : NULL;
}

bool node_is_plain(const yaml_node_t *node)
{
    return node->type == YAML_SCALAR_NODE && node->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
}

static const char *type_name(const yaml_node_t *node)
{
    switch (node->type) {
    case YAML_SCALAR_NODE:
        return "a text";
    case YAML_SEQUENCE_NODE:
        return "a list";
    case YAML_MAPPING_NODE:
        return "a mapping";
    default:
        return "nothing";
    }
}

static yaml_node_t *load_mapping(struct document *document, yaml_parser_t *parser)
{
    yaml_node_t *root;
    yaml_document_t second;
    bool only;
    int line;

    if (!yaml_parser_load(parser, &document->yaml)) {
        wrong(document->path, (int)parser->problem_mark.line + 1, "not YAML: %s", parser->problem);
        return NULL;
    }
    root = yaml_document_get_root_node(&document->yaml);
    if (!root || root->type != YAML_MAPPING_NODE) {
        wrong(document->path, root ? node_line(root) : 1,
              "holds %s, expected a mapping that begins with name:",
              root ? type_name(root) : "nothing");
        return NULL;
    }
    if (!yaml_parser_load(parser, &second)) {
        wrong(document->path, (int)parser->problem_mark.line + 1, "not YAML: %s", parser->problem);
        return NULL;
    }
    line = (int)second.start_mark.line + 1;
    only = !yaml_document_get_root_node(&second);
    yaml_document_delete(&second);
    if (!only) {
        wrong(document->path, line, "a second document begins, expected one message in a file");
        return NULL;
    }
    return root;
}

yaml_node_t *document_open(struct document *document, const char *path)
{
    yaml_parser_t parser;
    yaml_node_t *root;
    FILE *file = fopen(path, "rb");

    document->path = path;
    memset(&document->yaml, 0, sizeof document->yaml);
    if (!file)
        give_up("cannot read %s: %s", path, strerror(errno));
    if (!yaml_parser_initialize(&parser))
        give_up("out of memory");
    yaml_parser_set_input_file(&parser, file);
    root = load_mapping(document, &parser);
    yaml_parser_delete(&parser);
    fclose(file);
    return root;
}

void document_close(struct document *document)
{
    yaml_document_delete(&document->yaml);
}

static bool is_one_of(const char *text, const char *const *words)
{
    for (; *words; words++)
        if (strcmp(text, *words) == 0)
            return true;
    return false;
}

/* "a, b or c" */
static const char *alternatives(const char *const *words)
{
    const char *text = words[0];

    for (size_t i = 1; words[i]; i++)
        text = keep_printf("%s%s%s", text, words[i + 1] ? ", " : " or ", words[i]);
    return text;
}

static bool stands_before(struct document *document, yaml_node_t *mapping,
                          const yaml_node_pair_t *pair)
{
    const char *key = scalar(yaml_document_get_node(&document->yaml, pair->key));

    for (yaml_node_pair_t *p = mapping->data.mapping.pairs.start; p < pair; p++) {
        yaml_node_t *other = yaml_document_get_node(&document->yaml, p->key);

        if (other->type == YAML_SCALAR_NODE && strcmp(scalar(other), key) == 0)
            return true;
    }
    return false;
}

bool document_keys(struct document *document, yaml_node_t *mapping, const char *const *keys,
                   const char *what)
{
    if (mapping->type != YAML_MAPPING_NODE) {
        wrong(document->path, node_line(mapping), "%s is %s, expected a mapping with %s", what,
              type_name(mapping), alternatives(keys));
        return false;
    }
    for (yaml_node_pair_t *p = mapping->data.mapping.pairs.start;
         p < mapping->data.mapping.pairs.top; p++) {
        yaml_node_t *key = yaml_document_get_node(&document->yaml, p->key);

        if (key->type != YAML_SCALAR_NODE)
            wrong(document->path, node_line(key), "a key of %s is %s, expected a text", what,
                  type_name(key));
        else if (!is_one_of(scalar(key), keys))
            wrong(document->path, node_line(key), "unknown key \"%s\" in %s, expected %s",
                  scalar(key), what, alternatives(keys));
        else if (stands_before(document, mapping, p))
            wrong(document->path, node_line(key), "\"%s\" stands twice in %s", scalar(key), what);
    }
    return true;
}

yaml_node_t *document_get(struct document *document, yaml_node_t *mapping, const char *key)
{
    for (yaml_node_pair_t *p = mapping->data.mapping.pairs.start;
         p < mapping->data.mapping.pairs.top; p++) {
        yaml_node_t *node = yaml_document_get_node(&document->yaml, p->key);

        if (node->type == YAML_SCALAR_NODE && strcmp(scalar(node), key) == 0)
            return yaml_document_get_node(&document->yaml, p->value);
    }
    return NULL;
}

static yaml_node_t *get_or_miss(struct document *document, yaml_node_t *mapping, const char *key,
                                enum presence presence)
{
    yaml_node_t *node = document_get(document, mapping, key);

    if (!node && presence == REQUIRED)
        wrong(document->path, node_line(mapping), "\"%s\" is missing", key);
    return node;
}

bool document_is_mapping(struct document *document, yaml_node_t *node, const char *what,
                         const char *expected)
{
    if (node->type == YAML_MAPPING_NODE)
        return true;
    wrong(document->path, node_line(node), "%s is no mapping%s", what, expected);
    return false;
}

struct text document_node_text(struct document *document, yaml_node_t *node, const char *what)
{
    struct text text = {.line = node_line(node)};

    if (node->type != YAML_SCALAR_NODE)
        wrong(document->path, text.line, "%s is %s, expected a text", what, type_name(node));
    else if (strlen(scalar(node)) != node->data.scalar.length || strpbrk(scalar(node), "\r\n\t"))
        wrong(document->path, text.line, "%s must be one line without tabs", what);
    else if (!*scalar(node))
        wrong(document->path, text.line, "%s is empty, expected a text", what);
    else
        text.text = keep_printf("%s", scalar(node));
    return text;
}

struct text document_text(struct document *document, yaml_node_t *mapping, const char *key,
                          enum presence presence)
{
    yaml_node_t *node = get_or_miss(document, mapping, key, presence);

    if (!node)
        return (struct text){.line = node_line(mapping)};
    return document_node_text(document, node, keep_printf("\"%s\"", key));
}

bool document_integer(struct document *document, yaml_node_t *mapping, const char *key,
                      enum presence presence, int64_t *ret_value)
{
    yaml_node_t *node = get_or_miss(document, mapping, key, presence);
    long long value;
    char *end;

    if (!node)
        return false;
    if (node_is_plain(node) && strspn(scalar(node), "-0123456789") == node->data.scalar.length) {
        errno = 0;
        value = strtoll(scalar(node), &end, 10);
        if (!errno && end != scalar(node) && !*end) {
            *ret_value = value;
            return true;
        }
    }
    wrong(document->path, node_line(node), "\"%s\" is not an integer of at most 64 bits", key);
    return false;
}

bool document_flag(struct document *document, yaml_node_t *mapping, const char *key, bool otherwise)
{
    yaml_node_t *node = document_get(document, mapping, key);

    if (!node)
        return otherwise;
    if (node_is_plain(node) && strcmp(scalar(node), "true") == 0)
        return true;
    if (node_is_plain(node) && strcmp(scalar(node), "false") == 0)
        return false;
    wrong(document->path, node_line(node), "\"%s\" must be true or false", key);
    return otherwise;
}

int document_word(struct document *document, yaml_node_t *mapping, const char *key,
                  const char *const *words, enum presence presence)
{
    struct text text = document_text(document, mapping, key, presence);

    if (!text.text)
        return -1;
    for (int i = 0; words[i]; i++)
        if (strcmp(text.text, words[i]) == 0)
            return i;
    wrong(document->path, text.line, "\"%s\" is \"%s\", expected %s", key, text.text,
          alternatives(words));
    return -1;
}

yaml_node_t **document_list(struct document *document, yaml_node_t *mapping, const char *key,
                            enum presence presence, size_t *ret_count)
{
    yaml_node_t *node = get_or_miss(document, mapping, key, presence);
    yaml_node_t **list;
    size_t count;

    *ret_count = 0;
    if (!node)
        return NULL;
    if (node->type != YAML_SEQUENCE_NODE ||
        node->data.sequence.items.start == node->data.sequence.items.top) {
        wrong(document->path, node_line(node), "\"%s\" is %s, expected a list with something in it",
              key, node->type == YAML_SEQUENCE_NODE ? "empty" : type_name(node));
        return NULL;
    }
    count = (size_t)(node->data.sequence.items.top - node->data.sequence.items.start);
    list = keep(count, sizeof *list);
    for (size_t i = 0; i < count; i++)
        list[i] = yaml_document_get_node(&document->yaml, node->data.sequence.items.start[i]);
    *ret_count = count;
    return list;
}
