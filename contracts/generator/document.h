/* A YAML file as a tree whose nodes know their lines. Thin over libyaml's documents: every getter
 * says by itself what is wrong, so that its caller only goes on. */
#ifndef GENERATOR_DOCUMENT_H
#define GENERATOR_DOCUMENT_H

#include <stdbool.h>
#include <stdint.h>
#include <yaml.h>

#include "contract.h"

struct document {
    const char *path;
    bool released; /* a lock, which holds shapes alone: no examples */
    yaml_document_t yaml;
};

/* Loads a file that holds one mapping. NULL after having said why not. */
yaml_node_t *document_open(struct document *document, const char *path);
void document_close(struct document *document);

int node_line(const yaml_node_t *node);

/* The text of a scalar, or NULL; and whether it stands there without quotes. */
const char *node_text(const yaml_node_t *node);
bool node_is_plain(const yaml_node_t *node);

/* Says each key of a mapping that is not among `keys` (ends with NULL), is no text, or stands
 * twice. `what` names the mapping. False where the node is no mapping. */
bool document_keys(struct document *document, yaml_node_t *mapping, const char *const *keys,
                   const char *what);

/* The value of a key, or NULL where it is absent. */
yaml_node_t *document_get(struct document *document, yaml_node_t *mapping, const char *key);

enum presence { REQUIRED, OPTIONAL };

/* One line of text that is not empty. */
struct text document_text(struct document *document, yaml_node_t *mapping, const char *key,
                          enum presence presence);

/* An integer in decimal. False where it is absent or wrong. */
bool document_integer(struct document *document, yaml_node_t *mapping, const char *key,
                      enum presence presence, int64_t *ret_value);

/* true or false; `otherwise` where it is absent or wrong. */
bool document_flag(struct document *document, yaml_node_t *mapping, const char *key,
                   bool otherwise);

/* The index of a word in `words` (ends with NULL), or -1 where it is absent or another. */
int document_word(struct document *document, yaml_node_t *mapping, const char *key,
                  const char *const *words, enum presence presence);

/* A sequence's nodes, and how many; NULL where it is absent, wrong or empty. */
yaml_node_t **document_list(struct document *document, yaml_node_t *mapping, const char *key,
                            enum presence presence, size_t *ret_count);

/* A node that must be a mapping: says so and gives false where it is none. */
bool document_is_mapping(struct document *document, yaml_node_t *node, const char *what,
                         const char *expected);

/* The text of a node that must be one, e.g. in a list; `what` names it. */
struct text document_node_text(struct document *document, yaml_node_t *node, const char *what);

/* Reads the fields under a key. Where they are OPTIONAL an empty list is none. */
void read_shape(struct document *document, yaml_node_t *mapping, const char *key,
                enum presence presence, struct shape *shape);

/* Says where a name is not snake_case, and drops it. */
void read_name(struct document *document, struct text *name, const char *what);

/* The example under the key "example" of a field that was read up to there, as JSON. Says where it
 * is missing or is no value of the field. */
struct text read_example(struct document *document, yaml_node_t *mapping,
                         const struct field *field);

#endif
