/* The rules of fields, at any depth. Which of them hold depends on who relies on the shape. */
#include <string.h>

#include "lock.h"

static void compare_types(const struct comparison *comparison, const char *at,
                          const struct field *released, const struct field *field);

static void compare_bound(const struct comparison *comparison, const char *at, const char *bound,
                          const struct field *released, const struct field *field, bool tighter,
                          bool looser)
{
    int64_t was = strcmp(bound, "min") == 0 ? released->min : released->max;
    int64_t is = strcmp(bound, "min") == 0 ? field->min : field->max;

    if (tighter && comparison->has_senders)
        broken(comparison, field->line, RULE_BOUND_TIGHTENED, "\"%s\" of %s was %s and is %s",
               bound, at, bound_text(released, was), bound_text(field, is));
    if (looser && comparison->has_readers)
        broken(comparison, field->line, RULE_BOUND_LOOSENED, "\"%s\" of %s was %s and is %s", bound,
               at, bound_text(released, was), bound_text(field, is));
}

static void compare_bounds(const struct comparison *comparison, const char *at,
                           const struct field *released, const struct field *field)
{
    compare_bound(comparison, at, "min", released, field, field->min > released->min,
                  field->min < released->min);
    compare_bound(comparison, at, "max", released, field,
                  field->max<released->max, field->max> released->max);
}

/* Of an enum, or the alternatives of a union. */
static void compare_values(const struct comparison *comparison, const char *at,
                           const struct field *released, const struct field *field)
{
    compare_words(comparison, keep_printf("of %s the value", at), released->values,
                  released->value_count, field->values, field->value_count, field->line,
                  RULE_VALUE_REMOVED, RULE_VALUE_REORDERED);
    for (size_t i = 0; i < field->value_count && comparison->has_readers; i++) {
        bool known = false;

        for (size_t j = 0; j < released->value_count; j++)
            known |= same_text(&released->values[j], &field->values[i]);
        if (!known)
            broken(comparison, field->values[i].line, RULE_VALUE_ADDED,
                   "of %s the value \"%s\" is new", at, field->values[i].text);
    }
}

static void compare_alternatives(const struct comparison *comparison, const char *at,
                                 const struct field *released, const struct field *field)
{
    for (size_t i = 0; i < released->shape.count; i++) {
        const struct field *before = &released->shape.fields[i];
        const struct field *after = shape_field(&field->shape, before->name.text);
        const char *inner = keep_printf("%s/%s", at, before->name.text);

        if (!after)
            continue; /* a value that is not there any more */
        compare_sentences(comparison, inner, &before->sentence, &after->sentence);
        compare_shapes(comparison, inner, &before->shape, &after->shape);
    }
}

static const char *type_word(const struct field *field)
{
    static const char *const words[] = {
        [TYPE_UUID] = "uuid",       [TYPE_STRING] = "string", [TYPE_INTEGER] = "integer",
        [TYPE_BOOLEAN] = "boolean", [TYPE_DATE] = "date",     [TYPE_TIME] = "time",
        [TYPE_ENUM] = "enum",       [TYPE_LIST] = "list",     [TYPE_DECIMAL] = "decimal",
        [TYPE_STRUCT] = "struct",   [TYPE_MAP] = "map",       [TYPE_UNION] = "union",
    };

    return words[field->type];
}

static bool same_type(const struct comparison *comparison, const char *at,
                      const struct field *released, const struct field *field)
{
    if (field->type != released->type)
        broken(comparison, field->line, RULE_TYPE_CHANGED, "%s was of type %s", at,
               type_word(released));
    else if (!same_text(&field->of, &released->of))
        broken(comparison, field->line, RULE_TYPE_CHANGED, "%s was the id of %s", at,
               released->of.text ? keep_printf("a %s", released->of.text) : "anything");
    else if (!same_text(&field->tag, &released->tag))
        broken(comparison, field->line, RULE_TYPE_CHANGED, "the tag of %s was \"%s\"", at,
               released->tag.text);
    else
        return true;
    return false;
}

static void compare_types(const struct comparison *comparison, const char *at,
                          const struct field *released, const struct field *field)
{
    if (!same_type(comparison, at, released, field))
        return;
    if (!same_text(&field->unit, &released->unit))
        broken(comparison, field->unit.line, RULE_UNIT_CHANGED, "%s was in %s", at,
               released->unit.text);
    if (field->scale != released->scale)
        broken(comparison, field->line, RULE_SCALE_CHANGED, "%s had the scale %d", at,
               (int)released->scale);
    else
        compare_bounds(comparison, at, released, field);
    compare_values(comparison, at, released, field);
    if (field->key)
        compare_types(comparison, keep_printf("a key of %s", at), released->key, field->key);
    if (field->item)
        compare_types(comparison, keep_printf("an item of %s", at), released->item, field->item);
    if (field->type == TYPE_STRUCT)
        compare_shapes(comparison, at, &released->shape, &field->shape);
    if (field->type == TYPE_UNION)
        compare_alternatives(comparison, at, released, field);
}

static void compare_field(const struct comparison *comparison, const char *at,
                          const struct field *released, const struct field *field)
{
    if (released->optional && !field->optional && comparison->has_senders)
        broken(comparison, field->line, RULE_MADE_REQUIRED, "%s was optional", at);
    if (!released->optional && field->optional && comparison->has_readers)
        broken(comparison, field->line, RULE_MADE_OPTIONAL, "%s was required", at);
    if (released->personal && !field->personal)
        broken(comparison, field->line, RULE_NO_LONGER_PERSONAL, "%s was personal", at);
    compare_sentences(comparison, at, &released->sentence, &field->sentence);
    compare_types(comparison, at, released, field);
}

/* A field that is new and of the same type may be the missing one under another name: if it stands
 * in its place, or says the same. */
static const struct field *renamed(const struct shape *released, const struct shape *shape,
                                   size_t missing)
{
    const struct field *before = &released->fields[missing];

    for (size_t i = 0; i < shape->count; i++) {
        const struct field *field = &shape->fields[i];

        if (!shape_field(released, field->name.text) && field->type == before->type &&
            (i == missing || same_text(&field->sentence, &before->sentence)))
            return field;
    }
    return NULL;
}

static void tell_removed(const struct comparison *comparison, const char *at,
                         const struct shape *released, const struct shape *shape, size_t missing)
{
    const struct field *field = renamed(released, shape, missing);

    if (field)
        broken(comparison, field->line, RULE_FIELD_RENAMED, "%s is called \"%s\"", at,
               field->name.text);
    else
        broken(comparison, shape->line, RULE_FIELD_REMOVED, "%s is not there any more", at);
}

static bool is_rename(const struct shape *released, const struct shape *shape,
                      const struct field *field)
{
    for (size_t i = 0; i < released->count; i++)
        if (!shape_field(shape, released->fields[i].name.text) &&
            renamed(released, shape, i) == field)
            return true;
    return false;
}

void compare_shapes(const struct comparison *comparison, const char *at,
                    const struct shape *released, const struct shape *shape)
{
    for (size_t i = 0; i < released->count; i++) {
        const struct field *field = shape_field(shape, released->fields[i].name.text);
        const char *inner = keep_printf("%s/%s", at, released->fields[i].name.text);

        if (field)
            compare_field(comparison, inner, &released->fields[i], field);
        else
            tell_removed(comparison, inner, released, shape, i);
    }
    for (size_t i = 0; i < shape->count && comparison->has_senders; i++) {
        const struct field *field = &shape->fields[i];

        if (!shape_field(released, field->name.text) && !field->optional &&
            !is_rename(released, shape, field))
            broken(comparison, field->line, RULE_REQUIRED_ADDED, "%s/%s is new and required", at,
                   field->name.text);
    }
}
