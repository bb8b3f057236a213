/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/import/vendor/document.h"

#include "core/base/file.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* ---- reading ---- */

static bool tab_before(const char *text, size_t size, size_t at)
{
    while (at > 0 && (at >= size || text[at] != '\n') && text[at - 1] != '\n')
        at--;
    while (at < size && (text[at] == ' ' || text[at] == '\t' || text[at] == '-'))
        if (text[at++] == '\t')
            return true;
    return false;
}

static int refuse(const yaml_parser_t *parser, const char *path, const char *text, size_t size,
                  struct syn_error *error)
{
    const yaml_mark_t mark = parser->problem_mark;
    if (parser->error == YAML_MEMORY_ERROR)
        return syn_error_set(error, SYN_ENOMEM, "not enough memory for a description");
    syn_error_set(error, SYN_EINVAL, "no YAML: %s", parser->problem ? parser->problem : "?");
    if (tab_before(text, size, mark.index))
        syn_error_hint(error, "YAML indents with spaces, never with tabs");
    syn_error_where(error, path, (int)mark.line + 1, (int)mark.column + 1);
    return SYN_EINVAL;
}

/*
 * The line on which brackets are open more than SYN_YAML_DEPTH_MAX deep, else 0: libyaml's time
 * grows with the square of that depth. Brackets in texts count as well, comments do not.
 */
static int too_deep_line(const char *text, size_t size)
{
    unsigned depth = 0;
    int line = 1;
    bool comment = false;
    for (size_t i = 0; i < size; i++) {
        const char c = text[i];
        line += c == '\n';
        if (c == '#' && (i == 0 || text[i - 1] == ' ' || text[i - 1] == '\n'))
            comment = true;
        comment &= c != '\n';
        if (!comment && (c == '[' || c == '{') && ++depth > SYN_YAML_DEPTH_MAX)
            return line;
        if (!comment && (c == ']' || c == '}') && depth > 0)
            depth--;
    }
    return 0;
}

static int load(struct syn_yaml *yaml, yaml_parser_t *parser, struct syn_error *error)
{
    yaml_document_t second;
    if (!yaml_parser_load(parser, &yaml->document))
        return -1;
    if (!yaml_parser_load(parser, &second)) {
        yaml_document_delete(&yaml->document);
        return -1;
    }
    const bool more = yaml_document_get_root_node(&second) != NULL;
    yaml_document_delete(&second);
    if (yaml_document_get_root_node(&yaml->document) && !more)
        return 0;
    yaml_document_delete(&yaml->document);
    syn_error_set(error, SYN_EINVAL,
                  more ? "several YAML documents in one file" : "an empty YAML document");
    syn_error_where(error, yaml->path, 0, 0);
    return 1;
}

int syn_yaml_parse(struct syn_yaml *yaml, const void *text, size_t size, const char *path,
                   struct syn_error *error)
{
    yaml_parser_t parser;
    const int line = too_deep_line(text, size);
    yaml->path = path;
    if (line) {
        syn_error_set(error, SYN_EINVAL, "brackets nested more than %u deep", SYN_YAML_DEPTH_MAX);
        syn_error_where(error, path, line, 0);
        return SYN_EINVAL;
    }
    if (!yaml_parser_initialize(&parser))
        return syn_error_set(error, SYN_ENOMEM, "not enough memory for a description");
    yaml_parser_set_input_string(&parser, text, size);
    int status = load(yaml, &parser, error);
    if (status < 0)
        status = refuse(&parser, path, text, size, error);
    yaml_parser_delete(&parser);
    return status > 0 ? SYN_EINVAL : status;
}

int syn_yaml_read(struct syn_yaml *yaml, const char *path, struct syn_error *error)
{
    void *text;
    size_t size;
    int status = syn_file_read(&text, &size, path, SYN_YAML_BYTES_MAX, error);
    if (status == 0)
        status = syn_yaml_parse(yaml, text, size, path, error);
    free(text);
    return status;
}

void syn_yaml_free(struct syn_yaml *yaml)
{
    yaml_document_delete(&yaml->document);
}

/* ---- nodes ---- */

const yaml_node_t *syn_yaml_node(const struct syn_yaml *yaml, int number)
{
    return yaml->document.nodes.start + number - 1;
}

const yaml_node_t *syn_yaml_root(const struct syn_yaml *yaml)
{
    return yaml->document.nodes.start;
}

int syn_yaml_error(const struct syn_yaml *yaml, const yaml_node_t *node, int code,
                   struct syn_error *error, const char *fmt, ...)
{
    char text[400];
    va_list args;
    va_start(args, fmt);
    (void)vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    syn_error_set(error, code, "%s", text);
    syn_error_where(error, yaml->path, (int)node->start_mark.line + 1,
                    (int)node->start_mark.column + 1);
    return code;
}

const char *syn_yaml_text(const yaml_node_t *node)
{
    return node->type == YAML_SCALAR_NODE ? (const char *)node->data.scalar.value : "";
}

bool syn_yaml_is(const yaml_node_t *node, const char *word)
{
    return node->type == YAML_SCALAR_NODE && strcasecmp(syn_yaml_text(node), word) == 0;
}

static int digit_of(char c)
{
    return c >= '0' && c <= '9'   ? c - '0'
           : c >= 'a' && c <= 'f' ? c - 'a' + 10
           : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                  : 16;
}

bool syn_yaml_number(const yaml_node_t *node, int64_t *number)
{
    const char *text = syn_yaml_text(node);
    const bool negative = *text == '-';
    int base = 10, digits = 0;
    uint64_t value = 0;
    text += negative || *text == '+';
    if (text[0] == '0' && (text[1] == 'x' || text[1] == 'b')) {
        base = text[1] == 'x' ? 16 : 2;
        text += 2;
    } else if (text[0] == '0' && text[1]) {
        base = 8;
    }
    for (; *text; text++) {
        if (*text == '_')
            continue;
        if (digit_of(*text) >= base || value > (UINT64_MAX >> 1) / (unsigned)base - 1)
            return false;
        value = value * (unsigned)base + (unsigned)digit_of(*text);
        digits++;
    }
    *number = negative ? -(int64_t)value : (int64_t)value;
    return digits > 0;
}

bool syn_yaml_bool(const yaml_node_t *node, bool *value)
{
    static const char *const words[] = {"true", "yes", "on", "1", "false", "no", "off", "0"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (syn_yaml_is(node, words[i])) {
            *value = i < 4;
            return true;
        }
    return false;
}

unsigned syn_yaml_count(const yaml_node_t *node)
{
    if (node->type != YAML_SEQUENCE_NODE)
        return 1;
    return (unsigned)(node->data.sequence.items.top - node->data.sequence.items.start);
}

const yaml_node_t *syn_yaml_item(const struct syn_yaml *yaml, const yaml_node_t *node,
                                 unsigned index)
{
    if (node->type != YAML_SEQUENCE_NODE)
        return node;
    return syn_yaml_node(yaml, node->data.sequence.items.start[index]);
}
