/* What fields must mean, at any depth: names that are good in C, bounds that hold, units, examples
 * for what they are needed for, bodies that fit. */
#include <ctype.h>
#include <string.h>

#include "contract.h"

enum { MAX_UNIT = 24 }; /* characters */

static void check_field_name(const struct contract *contract, const struct shape *shape,
                             const struct field *field)
{
    const char *name = field->name.text;
    const struct field *other;

    if (!name)
        return;
    if (strlen(name) > MAX_FIELD_NAME)
        wrong(contract->path, field->name.line, "the field's name has %zu characters, at most %d",
              strlen(name), MAX_FIELD_NAME);
    if (name_is_reserved(name))
        wrong(contract->path, field->name.line, "\"%s\" is a word of C, choose another name", name);
    if (shape_field(shape, name) != field)
        wrong(contract->path, field->name.line, "the field \"%s\" stands twice", name);
    other = strncmp(name, "has_", 4) == 0 ? shape_field(shape, name + 4) : NULL;
    if (other && other->optional)
        wrong(contract->path, field->name.line,
              "\"%s\" is already the member that says whether \"%s\" is there", name, name + 4);
}

static void check_number_bounds(const struct contract *contract, const struct field *field)
{
    if (field->has_min && field->has_max && field->min > field->max)
        wrong(contract->path, field->line, "\"min\" %s is above \"max\" %s",
              bound_text(field, field->min), bound_text(field, field->max));
}

/* Of what is counted: characters, items, pairs. */
static void check_count_bounds(const struct contract *contract, const struct field *field)
{
    if (field->min < 0)
        wrong(contract->path, field->line, "\"min\" must not be negative here");
    check_number_bounds(contract, field);
    if (field->has_max && field->max < 1 && field->min <= field->max)
        wrong(contract->path, field->line, "\"max\" must be at least 1");
    else if (field->max > MAX_BODY_BYTES)
        wrong(contract->path, field->line, "\"max\" must be at most %d", MAX_BODY_BYTES);
}

static void check_values(const struct contract *contract, const struct field *field)
{
    for (size_t i = 0; i < field->value_count; i++)
        for (size_t j = 0; j < i; j++)
            if (field->values[i].text && field->values[j].text &&
                strcmp(field->values[i].text, field->values[j].text) == 0)
                wrong(contract->path, field->values[i].line, "the value \"%s\" stands twice",
                      field->values[i].text);
}

/* Lower-case words: "percent", "points a day". */
static bool is_unit(const char *unit)
{
    if (!islower((unsigned char)*unit) || strlen(unit) > MAX_UNIT || strcmp(unit, "none") == 0)
        return false;
    for (; *unit; unit++)
        if (!islower((unsigned char)*unit) && (*unit != ' ' || !islower((unsigned char)unit[1])))
            return false;
    return true;
}

static void check_unit(const struct contract *contract, const struct text *unit)
{
    if (unit->text && !is_unit(unit->text))
        wrong(contract->path, unit->line,
              "\"unit\" is \"%s\", expected what is counted, in the plural and in at most %d "
              "lower-case letters (\"points\", \"percent\"); everything has a unit",
              unit->text, MAX_UNIT);
}

static void check_shape(const struct contract *contract, const struct shape *shape,
                        unsigned nesting);
static void check_type(const struct contract *contract, const struct field *field,
                       unsigned nesting);

/* A composed example of a map has one pair. */
static void check_map(const struct contract *contract, const struct field *field, unsigned nesting)
{
    check_type(contract, field->key, nesting);
    if (field->min > 1 && is_composed(field->item))
        wrong(contract->path, field->line,
              "\"min\" must be 0 or 1 for a map of structs, so that an example can be made");
}

/* The tag stands among the fields of each alternative. */
static void check_union(const struct contract *contract, const struct field *field)
{
    const char *tag = field->tag.text;

    if (!tag)
        return;
    if (name_is_reserved(tag))
        wrong(contract->path, field->tag.line, "\"%s\" is a word of C, choose another tag", tag);
    if (strlen(tag) > MAX_FIELD_NAME)
        wrong(contract->path, field->tag.line, "the tag has %zu characters, at most %d",
              strlen(tag), MAX_FIELD_NAME);
    for (size_t i = 0; i < field->shape.count; i++) {
        const struct field *alternative = &field->shape.fields[i];

        if (alternative->name.text && strcmp(alternative->name.text, tag) == 0)
            wrong(contract->path, alternative->name.line,
                  "the alternative \"%s\" has the name of the tag", tag);
        if (shape_field(&alternative->shape, tag))
            wrong(contract->path, shape_field(&alternative->shape, tag)->line,
                  "the field \"%s\" has the name of the union's tag", tag);
    }
}

static void check_type(const struct contract *contract, const struct field *field, unsigned nesting)
{
    check_unit(contract, &field->unit);
    switch (field->type) {
    case TYPE_INTEGER:
    case TYPE_DECIMAL:
        check_number_bounds(contract, field);
        break;
    case TYPE_STRING:
    case TYPE_LIST:
    case TYPE_MAP:
        check_count_bounds(contract, field);
        break;
    case TYPE_ENUM:
        check_values(contract, field);
        break;
    case TYPE_UNION:
        check_union(contract, field);
        break;
    default:
        break;
    }
    if (field->type == TYPE_MAP)
        check_map(contract, field, nesting);
    if (field->item)
        check_type(contract, field->item, nesting);
    if (field->type == TYPE_STRUCT)
        check_shape(contract, &field->shape, nesting + 1);
    if (field->type == TYPE_UNION)
        check_shape(contract, &field->shape, nesting);
}

static void check_shape(const struct contract *contract, const struct shape *shape,
                        unsigned nesting)
{
    if (nesting > MAX_NESTING) {
        wrong(contract->path, shape->line, "fields nest deeper than %d levels", MAX_NESTING);
        return;
    }
    if (shape->count > MAX_FIELDS)
        wrong(contract->path, shape->line, "%zu fields, at most %d", shape->count, MAX_FIELDS);
    for (size_t i = 0; i < shape->count; i++) {
        const struct field *field = &shape->fields[i];

        check_field_name(contract, shape, field);
        check_sentence(contract, &field->sentence);
        check_type(contract, field, nesting);
    }
}

static void check_size(const struct contract *contract, const struct shape *shape, const char *what,
                       uint64_t most)
{
    uint64_t bytes = shape_max_bytes(shape);

    if (bytes > most)
        wrong(contract->path, shape->line,
              "%s can take %llu bytes by these bounds, at most %llu fit", what,
              (unsigned long long)bytes, (unsigned long long)most);
}

static void refuse_personal(const struct field *field, void *data)
{
    const struct contract *contract = data;

    if (field->personal)
        wrong(contract->path, field->line,
              "a personal field in an event, expected ids and numbers only");
}

void check_fields(const struct contract *contract)
{
    check_shape(contract, &contract->body, 1);
    check_shape(contract, &contract->answer, 1);
    if (contract->kind == KIND_EVENT)
        shape_visit(&contract->body, refuse_personal, (void *)contract);
    check_size(contract, &contract->body, "a body", MAX_BODY_BYTES);
    check_size(contract, &contract->answer, "an answer", MAX_ANSWER_BYTES);
}
