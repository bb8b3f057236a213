/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A YAML file as a tree with lines and columns. Bounded in bytes and in depth; an alias is the node
 * it names, never a copy, so that aliases of aliases stay small.
 */
#ifndef SYN_CORE_IMPORT_VENDOR_DOCUMENT_H
#define SYN_CORE_IMPORT_VENDOR_DOCUMENT_H

#include "core/base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <yaml.h>

#define SYN_YAML_BYTES_MAX (256u << 10)
#define SYN_YAML_DEPTH_MAX 64u  /* of brackets in brackets */
#define SYN_YAML_KEYS_MAX  100u /* of one mapping */

struct syn_yaml {
    yaml_document_t document;
    const char *path; /* for errors; borrowed */
};

/* Returns 0, SYN_EINVAL (no YAML, beyond a bound, an empty document), SYN_ENOMEM, or what the
 * system refused. After 0 the caller ends with syn_yaml_free(). */
int syn_yaml_read(struct syn_yaml *yaml, const char *path, struct syn_error *error);
int syn_yaml_parse(struct syn_yaml *yaml, const void *text, size_t size, const char *path,
                   struct syn_error *error);
void syn_yaml_free(struct syn_yaml *yaml);

const yaml_node_t *syn_yaml_root(const struct syn_yaml *yaml);
const yaml_node_t *syn_yaml_node(const struct syn_yaml *yaml, int number);

/* An error at the place of `node`; returns `code`. */
int syn_yaml_error(const struct syn_yaml *yaml, const yaml_node_t *node, int code,
                   struct syn_error *error, const char *fmt, ...) SYN_PRINTF(5, 6);

/* Is it this word, case ignored? */
bool syn_yaml_is(const yaml_node_t *node, const char *word);

/* Text of a scalar, "" for others; may hold anything. */
const char *syn_yaml_text(const yaml_node_t *node);

/* A whole number as YAML 1.1 writes it: decimal, 0x, 0b, 0 for octal, '_' between digits. */
bool syn_yaml_number(const yaml_node_t *node, int64_t *number);

/* true, yes, on, 1 or their opposites. */
bool syn_yaml_bool(const yaml_node_t *node, bool *value);

/* Items of a sequence, or the one node that stands for a list of one. */
unsigned syn_yaml_count(const yaml_node_t *node);
const yaml_node_t *syn_yaml_item(const struct syn_yaml *yaml, const yaml_node_t *node,
                                 unsigned index);

#endif
