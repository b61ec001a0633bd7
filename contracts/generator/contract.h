/* What the generator knows of a contract file once it was read, and the three steps that share it:
 * read (contract_read), check (contracts_check), write (write_module, write_messages,
 * write_registry). A generator runs once and is short: all its memory is kept until it exits. */
#ifndef GENERATOR_CONTRACT_H
#define GENERATOR_CONTRACT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    MAX_FIELDS = 64,            /* as MESSAGE_MAX_FIELDS, which the generated code asserts */
    MAX_FIELD_NAME = 40,        /* so that a pointer to a field at any depth fits an error */
    MAX_NESTING = 4,            /* as MESSAGE_MAX_NESTING, which the generated code asserts */
    MAX_SCALE = 9,              /* as DECIMAL_MAX_SCALE, which the generated code asserts */
    MAX_BODY_BYTES = 65536,     /* as CODEC_MAX_BYTES, which the generated code asserts */
    MAX_ANSWER_BYTES = 1048576, /* as CODEC_MAX_ANSWER_BYTES, likewise */
    MAX_REJECTS = 999,          /* numbers from 1000 are the runtime's */
};

enum type {
    TYPE_UUID,
    TYPE_STRING,
    TYPE_INTEGER,
    TYPE_BOOLEAN,
    TYPE_DATE,
    TYPE_TIME,
    TYPE_ENUM,
    TYPE_LIST,
    TYPE_DECIMAL,
    TYPE_STRUCT,
    TYPE_MAP,
    TYPE_UNION,
    TYPE_WRONG
};

enum kind { KIND_COMMAND, KIND_EVENT, KIND_QUERY };
enum scope { SCOPE_NONE, SCOPE_ANYONE, SCOPE_ORGANIZATION, SCOPE_PLAYER, SCOPE_WRONG };

/* Text of a file and the line where it stands. `text` is NULL where it is absent or was wrong. */
struct text {
    const char *text;
    int line;
};

/* Fields that become a struct: a message's, an answer's, a nested one's. */
struct shape {
    const char *c_name; /* "mc_record_check" */
    struct field *fields;
    size_t count;
    int line;
};

struct field {
    struct text name, sentence, unit, of;
    struct text example; /* as JSON */
    const char *c_name;  /* what its own struct and tables are named by: "mc_record_check_roles" */
    enum type type;
    int line;
    bool optional, personal;
    bool has_min, has_max;
    int64_t min, max, scale; /* a decimal's bounds are times 10^scale */
    struct text *values;     /* enum; union: the alternatives' names */
    size_t value_count;
    struct field *key;  /* map */
    struct field *item; /* list, map */
    struct shape shape; /* struct: its fields; union: its alternatives, each a struct */
    struct text tag;    /* union */
};

struct reject {
    struct text code, field, sentence;
};

struct contract {
    const char *path;
    const char *module;
    struct text name, sentence, key, permission, scope_field;
    int64_t version;
    int version_line; /* 0: no version could be read */
    enum kind kind;
    enum scope scope;
    bool changes_rights, holds_key, creates_tenant;
    struct text rights_of; /* the field that names whose rights it changes */
    int64_t cost;          /* command: 1 where nothing is said */
    struct shape body;     /* "mc_record_check", from the second version "mc_record_check_v2" */
    struct reject *rejects;
    size_t reject_count;
    struct text route; /* query: its path */
    bool paged;
    struct shape answer;
    const char *type; /* "mc.record-check.v1" */
};

struct contracts {
    struct contract **list;
    size_t count;
};

enum { EXIT_USAGE = 2 }; /* wrong usage or a wrong contract; 1 is what give_up ends with */

/* Generates everything under `out` from the contracts in these folders, each a module's. 0 or
 * EXIT_USAGE. */
int generate(const char *out, const char *const *folders, size_t count);

/* Reads and checks the contracts in these folders. False where something was wrong. */
bool read_contracts(const char *const *folders, size_t count, struct contracts *ret_contracts);

/* Says what is wrong as "path:line: ..." on stderr, and counts it. */
void wrong(const char *path, int line, const char *format, ...)
    __attribute__((__format__(__printf__, 3, 4)));
size_t wrong_count(void);

/* Says more about what was wrong, without counting it. */
void remark(const char *format, ...) __attribute__((__format__(__printf__, 1, 2)));

/* Ends the program with exit code 1: no memory, a file that cannot be written. */
_Noreturn void give_up(const char *format, ...) __attribute__((__format__(__printf__, 1, 2)));

/* Memory that is zeroed and kept until the program exits. */
void *keep(size_t count, size_t size);
char *keep_printf(const char *format, ...) __attribute__((__format__(__printf__, 1, 2)));

/* Reads one file of a module. What is wrong in its form is said; what could be read is returned,
 * NULL where nothing could. */
struct contract *contract_read(const char *path, const char *module);

/* Reads a lock: a released contract as lock_text wrote it, "mc.record-check.v1.lock". NULL after
 * having said what is wrong. */
struct contract *contract_read_released(const char *path);

/* Checks what the files mean, alone and beside each other. */
void contracts_check(const struct contracts *contracts);

/* Parts of it, a file each: fields at any depth, what queries add, and names that are one in C. */
void check_fields(const struct contract *contract);
void check_query(const struct contract *contract);
void check_c_names(const struct contracts *contracts);

/* Says where a sentence cannot stand in a comment. */
void check_sentence(const struct contract *contract, const struct text *sentence);

/* Names, as C has them. */
bool name_is_snake(const char *name);
bool name_is_reserved(const char *name);
const char *name_upper(const char *name);

/* Sets what follows from name and version: the type, and c_name of all that is in the contract. */
void name_contract(struct contract *contract);

/* A bound as the contract says it, with a decimal's point. */
const char *bound_text(const struct field *field, int64_t value);

/* A field of a shape, or NULL. */
const struct field *shape_field(const struct shape *shape, const char *name);

/* Is it, at any depth, made of fields, so that its example is made of theirs? */
bool is_composed(const struct field *field);

/* Calls `visit` for each field of the shape and all that is in it: items, keys, alternatives. */
void shape_visit(const struct shape *shape, void (*visit)(const struct field *field, void *data),
                 void *data);

/* Most bytes of one body in either format. */
uint64_t shape_max_bytes(const struct shape *shape);

/* Writes contracts/<module>_ids.h, .h, _emit.h and .c under `out`. */
void write_module(const char *out, const char *module, const struct contracts *contracts);

/* Writes messages.c under `out`: the table of all messages. */
void write_messages(const char *out, const struct contracts *contracts);

/* Writes the table of the workers with these names ("core,mc") to `path`. */
void write_registry(const char *path, const char *workers);

/* Is this the content of a file? */
bool file_holds(const char *path, const char *content, size_t size);

/* Writes a file only if its content changes, so that nothing is built again in vain. */
void write_file(const char *path, const char *content, size_t size);

#endif
