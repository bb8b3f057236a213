/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/base/json.h"

#include "core/base/file.h"
#include "core/base/json_scan.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct syn_json {
    char *path;
    char *text;
    size_t size;
    cJSON *root;
};

/* A node's number in document order, and its path. */
struct search {
    const cJSON *wanted;
    size_t index;
    char path[160];
};

static void path_prepend(struct search *s, const cJSON *parent, const cJSON *child, int element)
{
    char step[sizeof s->path];
    const char *dot = s->path[0] && s->path[0] != '[' ? "." : "";
    if (cJSON_IsArray(parent))
        (void)snprintf(step, sizeof step, "[%d]%s", element, dot);
    else
        (void)snprintf(step, sizeof step, "%.64s%s", child->string ? child->string : "", dot);
    size_t length = strlen(step), old = strlen(s->path);
    if (length + old < sizeof s->path) {
        memmove(s->path + length, s->path, old + 1);
        memcpy(s->path, step, length);
    }
}

/* Depth is bounded: the scan has refused what is nested more deeply. */
static bool find(struct search *s, const cJSON *node)
{
    if (node == s->wanted)
        return true;
    s->index++;
    int element = 0;
    for (const cJSON *child = node->child; child; child = child->next, element++) {
        if (find(s, child)) {
            path_prepend(s, node, child, element);
            return true;
        }
    }
    return false;
}

static void set_place(const struct syn_json *doc, size_t offset, struct syn_error *error)
{
    int line, column;
    syn_json_line(doc->text, offset, &line, &column);
    syn_error_where(error, doc->path, line, column);
}

int syn_json_error(const struct syn_json *doc, const cJSON *node, int code, struct syn_error *error,
                   const char *fmt, ...)
{
    if (!error)
        return code;
    char text[sizeof error->message];
    va_list args;
    va_start(args, fmt);
    (void)vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    struct search s = {.wanted = node};
    bool found = find(&s, doc->root);
    syn_error_set(error, code, "%s%s%s", s.path, s.path[0] ? ": " : "", text);
    if (found)
        set_place(doc, syn_json_scan(doc->text, doc->size, s.index).offset, error);
    else
        syn_error_where(error, doc->path, 0, 0);
    return code;
}

static int check_duplicates(const struct syn_json *doc, const cJSON *object,
                            struct syn_error *error)
{
    int count = 0;
    for (const cJSON *m = object->child; m; m = m->next) {
        if (++count > SYN_JSON_MEMBERS_MAX)
            return syn_json_error(doc, object, SYN_EINVAL, error, "more than %d fields",
                                  SYN_JSON_MEMBERS_MAX);
        for (const cJSON *earlier = object->child; earlier != m; earlier = earlier->next)
            if (strcmp(earlier->string, m->string) == 0)
                return syn_json_error(doc, m, SYN_EINVAL, error, "this field is given twice");
    }
    return 0;
}

static int check_tree(const struct syn_json *doc, const cJSON *node, struct syn_error *error)
{
    int result = cJSON_IsObject(node) ? check_duplicates(doc, node, error) : 0;
    for (const cJSON *child = node->child; child && result == 0; child = child->next)
        result = check_tree(doc, child, error);
    return result;
}

static int build_tree(struct syn_json *doc, struct syn_error *error)
{
    struct syn_json_scan scan = syn_json_scan(doc->text, doc->size, SIZE_MAX);
    if (scan.why) {
        syn_error_set(error, SYN_EINVAL, "not JSON: %s", scan.why);
        set_place(doc, scan.offset, error);
        return SYN_EINVAL;
    }
    doc->root = cJSON_ParseWithLength(doc->text, doc->size);
    if (!doc->root) {
        /* The scan leaves only what it does not look at: lone surrogates; or no memory. */
        syn_error_set(error, SYN_EINVAL, "not JSON: a wrong \\u escape in a string");
        syn_error_where(error, doc->path, 0, 0);
        return SYN_EINVAL;
    }
    return check_tree(doc, doc->root, error);
}

/* Takes over `text`. */
static int parse_owned(struct syn_json **doc, char *text, size_t size, const char *path,
                       struct syn_error *error)
{
    struct syn_json *d = calloc(1, sizeof *d);
    char *name = strdup(path);
    *doc = NULL;
    if (!d || !name || !text) {
        free(d);
        free(name);
        free(text);
        return syn_error_set(error, SYN_ENOMEM, "not enough memory for %s", path);
    }
    *d = (struct syn_json){.path = name, .text = text, .size = size};
    int result = build_tree(d, error);
    if (result < 0) {
        syn_json_free(d);
        return result;
    }
    *doc = d;
    return 0;
}

int syn_json_parse(struct syn_json **doc, const char *text, size_t size, const char *path,
                   struct syn_error *error)
{
    *doc = NULL;
    if (size > SYN_JSON_FILE_MAX)
        return syn_error_set(error, SYN_EINVAL, "%zu bytes of JSON; at most %u are read", size,
                             SYN_JSON_FILE_MAX);
    char *copy = malloc(size + 1);
    if (copy) {
        memcpy(copy, text, size);
        copy[size] = '\0';
    }
    return parse_owned(doc, copy, size, path, error);
}

int syn_json_read(struct syn_json **doc, const char *path, struct syn_error *error)
{
    void *text;
    size_t size;
    *doc = NULL;
    int result = syn_file_read(&text, &size, path, SYN_JSON_FILE_MAX, error);
    return result < 0 ? result : parse_owned(doc, text, size, path, error);
}

void syn_json_free(struct syn_json *doc)
{
    if (!doc)
        return;
    cJSON_Delete(doc->root);
    free(doc->text);
    free(doc->path);
    free(doc);
}

const cJSON *syn_json_root(const struct syn_json *doc)
{
    return doc->root;
}

const cJSON *syn_json_get(const cJSON *object, const char *name)
{
    return cJSON_GetObjectItemCaseSensitive(object, name);
}
