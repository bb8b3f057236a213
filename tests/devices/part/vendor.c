/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/devices/part/vendor.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char *read_text(const char *folder, const char *name)
{
    char path[512], *text;
    FILE *file;
    long length;

    snprintf(path, sizeof path, "%s/%s", folder, name);
    file = fopen(path, "rb");
    if (!file)
        return NULL;
    fseek(file, 0, SEEK_END);
    length = ftell(file);
    rewind(file);
    text = malloc((size_t)length + 1);
    text[fread(text, 1, (size_t)length, file)] = 0;
    fclose(file);
    return text;
}

/* ---- the program ------------------------------------------------------------------------ */

#define COLUMNS 6

/* Cuts a line at its tabs; absent columns are empty. */
static void split(char *line, const char *column[COLUMNS])
{
    static const char empty[] = "";

    for (unsigned i = 0; i < COLUMNS; i++) {
        column[i] = line ? line : empty;
        line = line ? strchr(line, '\t') : NULL;
        if (line)
            *line++ = 0;
    }
}

/* "input_4" is SAMPLE_INPUT_4, "bias_0" BIAS_0. */
static void set_symbol(struct vendor_line *line, const char *name)
{
    size_t length;

    snprintf(line->symbol, sizeof line->symbol, "%s%.8s",
             strncmp(name, "input", 5) == 0 ? "SAMPLE_" : "", name);
    length = strlen(line->symbol);
    for (size_t i = 0; i < length; i++)
        line->symbol[i] = (char)toupper((unsigned char)line->symbol[i]);
}

/* "196" or "sizeof(uint8_t) * 820". */
static uint32_t number_at_end(const char *text)
{
    const char *star = strrchr(text, '*');

    return (uint32_t)strtoul(star ? star + 1 : text, NULL, 0);
}

static bool set_line(struct vendor_line *line, char *text)
{
    const char *column[COLUMNS];

    split(text, column);
    snprintf(line->function, sizeof line->function, "%.23s", column[0]);
    line->address = (uint32_t)strtoul(column[2], NULL, 0);
    if (strcmp(column[1], "uint32") == 0) {
        line->kind = VENDOR_WRITE;
        line->value = (uint32_t)strtoul(column[4], NULL, 0);
        snprintf(line->comment, sizeof line->comment, "%.47s", column[5]);
    } else if (strcmp(column[1], "addr") == 0) {
        line->kind = VENDOR_ADDRESS;
    } else if (strncmp(column[1], "copy", 4) == 0) {
        line->kind = strcmp(column[1], "copy32") == 0 ? VENDOR_COPY_WORDS : VENDOR_COPY_BYTES;
        set_symbol(line, column[3]);
        line->count = number_at_end(column[4]);
    } else {
        return false;
    }
    return true;
}

struct vendor_program *vendor_program_read(const char *folder)
{
    char *text = read_text(folder, "program.tsv");
    struct vendor_program *p;
    int layer = -1, quadrant = -1;

    if (!text)
        return NULL;
    p = calloc(1, sizeof *p);
    for (char *at = strtok(text, "\n"); at; at = strtok(NULL, "\n")) {
        struct vendor_line line = {.layer = -1, .quadrant = -1};

        if (at[0] == '#') {
            if (sscanf(at, "# Layer %d quadrant %d", &layer, &quadrant) != 2)
                layer = quadrant = -1;
            continue;
        }
        if (!set_line(&line, at))
            continue;
        if (strcmp(line.function, "cnn_configure") == 0) {
            line.layer = layer;
            line.quadrant = quadrant;
        }
        if ((p->count & (p->count - 1)) == 0)
            p->lines = realloc(p->lines, (p->count ? 2 * p->count : 1) * sizeof *p->lines);
        p->lines[p->count++] = line;
    }
    free(text);
    return p;
}

void vendor_program_free(struct vendor_program *p)
{
    if (p)
        free(p->lines);
    free(p);
}

/* ---- arrays ----------------------------------------------------------------------------- */

static void add_value(struct vendor_array *a, uint32_t value)
{
    if ((a->count & (a->count - 1)) == 0)
        a->values = realloc(a->values, (a->count ? 2 * a->count : 1) * sizeof *a->values);
    a->values[a->count++] = value;
}

/* From behind "#define " to behind its closing brace. */
static const char *read_array(struct vendor_array *a, const char *at)
{
    size_t length = strcspn(at, " {");

    snprintf(a->name, sizeof a->name, "%.*s", (int)(length < 23 ? length : 23), at);
    at = strchr(at, '{');
    while (at && *at && *at != '}') {
        if (isdigit((unsigned char)*at)) {
            char *end;

            add_value(a, (uint32_t)strtoul(at, &end, 0));
            at = end;
        } else {
            at++;
        }
    }
    return at;
}

struct vendor_arrays *vendor_arrays_read(const char *folder, const char *file)
{
    char *text = read_text(folder, file);
    const char *at = text;
    struct vendor_arrays *a;

    if (!text)
        return NULL;
    a = calloc(1, sizeof *a);
    while (at && (at = strstr(at, "#define ")) != NULL) {
        struct vendor_array array = {.count = 0};

        at = read_array(&array, at + strlen("#define "));
        if (array.count == 0)
            continue;
        a->arrays = realloc(a->arrays, (a->count + 1) * sizeof *a->arrays);
        a->arrays[a->count++] = array;
    }
    free(text);
    return a;
}

const struct vendor_array *vendor_arrays_find(const struct vendor_arrays *a, const char *name)
{
    for (unsigned i = 0; a && i < a->count; i++)
        if (strcmp(a->arrays[i].name, name) == 0)
            return &a->arrays[i];
    return NULL;
}

void vendor_arrays_free(struct vendor_arrays *a)
{
    for (unsigned i = 0; a && i < a->count; i++)
        free(a->arrays[i].values);
    if (a)
        free(a->arrays);
    free(a);
}

bool vendor_next_kernels(const struct vendor_array *kernels, uint32_t *at,
                         struct vendor_record *record)
{
    if (*at + 2 > kernels->count || kernels->values[*at] == 0)
        return false;
    record->address = kernels->values[*at];
    record->count = kernels->values[*at + 1];
    record->words = &kernels->values[*at + 2];
    *at += 2 + record->count;
    return *at <= kernels->count;
}

bool vendor_next_expected(const struct vendor_array *output, uint32_t *at,
                          struct vendor_expected *expected)
{
    if (*at + 3 > output->count || output->values[*at] == 0)
        return false;
    expected->address = output->values[*at];
    expected->mask = output->values[*at + 1];
    expected->count = output->values[*at + 2];
    expected->words = &output->values[*at + 3];
    *at += 3 + expected->count;
    return *at <= output->count;
}
