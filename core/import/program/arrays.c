/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/import/program/arrays.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#define ARRAYS_MAX 2048u

static int out_of_memory(const struct text *text)
{
    return syn_error_set(text->error, SYN_ENOMEM, "not enough memory for the arrays of %s",
                         text->path);
}

static int add_value(struct array *array, uint32_t value, const struct text *text)
{
    if (array->count == array->room) {
        const size_t room = array->room ? 2 * array->room : 64;
        uint32_t *values = realloc(array->values, room * sizeof *values);
        if (!values)
            return out_of_memory(text);
        array->values = values;
        array->room = room;
    }
    array->values[array->count++] = value;
    return 0;
}

/* From behind the opening brace to the closing one. */
static int read_values(struct array *array, struct text *text)
{
    for (bool wanted = true;; wanted = !wanted) {
        const struct text_token token = text_next(text);
        if (token.kind == TEXT_ERROR)
            return SYN_EINVAL;
        if (text_is(&token, "}"))
            return 0;
        if (token.kind == TEXT_END || token.kind == TEXT_DIRECTIVE)
            return text_error(text, array->line, SYN_EINVAL, "array %s does not end", array->name);
        if (wanted ? token.kind != TEXT_NUMBER : !text_is(&token, ","))
            return text_error(text, token.line, SYN_EINVAL, "array %s: %s is expected", array->name,
                              wanted ? "a number" : "a comma");
        if (wanted && add_value(array, token.value, text) < 0)
            return SYN_ENOMEM;
    }
}

static struct array *add_array(struct arrays *arrays)
{
    struct array *items = realloc(arrays->items, (arrays->count + 1) * sizeof *items);
    if (!items)
        return NULL;
    arrays->items = items;
    items += arrays->count++;
    *items = (struct array){.line = 0};
    return items;
}

/* The name at the end of "#define NAME". */
static struct text_token name_of(const struct text_token *define)
{
    struct text_token name = *define;
    name.start += name.length;
    for (name.length = 0; !isspace((unsigned char)name.start[-1]); name.length++)
        name.start--;
    return name;
}

static int open_array(struct arrays *arrays, struct text *text, const struct text_token *define)
{
    const struct text_token name = name_of(define);
    struct array *array;
    if (arrays->count == ARRAYS_MAX)
        return text_error(text, define->line, SYN_EINVAL, "more than %u arrays", ARRAYS_MAX);
    if (name.length == 0 || name.length >= sizeof array->name)
        return text_error(text, define->line, SYN_EINVAL, "an array of a name that is too long");
    if (!(array = add_array(arrays)))
        return out_of_memory(text);
    array->line = define->line;
    text_copy(&name, array->name, sizeof array->name);
    for (size_t i = 0; i + 1 < arrays->count; i++)
        if (strcmp(arrays->items[i].name, array->name) == 0)
            return text_error(text, define->line, SYN_EINVAL, "a second array %s", array->name);
    return read_values(array, text);
}

/* What a "#define NAME" stands for is an array where a brace follows. */
static int read_define(struct arrays *arrays, struct text *text, const struct text_token *define)
{
    const struct text before = *text;
    const struct text_token brace = text_next(text);
    if (brace.kind == TEXT_ERROR)
        return SYN_EINVAL;
    if (text_is(&brace, "{"))
        return open_array(arrays, text, define);
    *text = before;
    return 0;
}

int arrays_read(struct arrays *arrays, struct text *text)
{
    arrays->path = text->path;
    for (;;) {
        const struct text_token token = text_next(text);
        if (token.kind == TEXT_END)
            return 0;
        if (token.kind == TEXT_ERROR)
            return SYN_EINVAL;
        if (token.kind != TEXT_DIRECTIVE || token.length < 8 || memcmp(token.start, "#define", 7))
            continue;
        const int status = read_define(arrays, text, &token);
        if (status < 0)
            return status;
    }
}

const struct array *arrays_find(const struct arrays *arrays, const char *name)
{
    for (size_t i = 0; i < arrays->count; i++)
        if (strcmp(arrays->items[i].name, name) == 0)
            return &arrays->items[i];
    return NULL;
}

void arrays_free(struct arrays *arrays)
{
    for (size_t i = 0; i < arrays->count; i++)
        free(arrays->items[i].values);
    free(arrays->items);
    *arrays = (struct arrays){.count = 0};
}
