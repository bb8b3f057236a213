/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Shapes of values that the keys of a layer have. Errors name the key. Private to vendor/. */
#ifndef SYN_CORE_IMPORT_VENDOR_VALUES_H
#define SYN_CORE_IMPORT_VENDOR_VALUES_H

#include "core/import/vendor/layers.h"

struct syn_vendor_reader {
    const struct syn_yaml *yaml;
    struct syn_vendor_layer *layer;
    enum syn_vendor_field field; /* that is being read */
    struct syn_error *error;
};

struct syn_vendor_word {
    const char *word;
    int value;
};

int syn_vendor_integer(const struct syn_vendor_reader *r, const yaml_node_t *node, int64_t min,
                       int64_t max, int64_t *number);
int syn_vendor_byte(const struct syn_vendor_reader *r, const yaml_node_t *node, int64_t min,
                    int64_t max, uint8_t *number);
int syn_vendor_boolean(const struct syn_vendor_reader *r, const yaml_node_t *node, bool *value);

/* One number of 1..max for both axes, or [height, width]. */
int syn_vendor_pair(const struct syn_vendor_reader *r, const yaml_node_t *node, int64_t max,
                    int64_t *height, int64_t *width);

/* A pair of 1..16; the second only counts where data have two dimensions. */
int syn_vendor_byte_pair(const struct syn_vendor_reader *r, const yaml_node_t *node,
                         uint8_t *height, uint8_t *width);

int syn_vendor_choose(const struct syn_vendor_reader *r, const yaml_node_t *node,
                      const struct syn_vendor_word *words, size_t count, int *value);

#define CHOOSE(r, node, words, value)                                                              \
    syn_vendor_choose(r, node, words, sizeof words / sizeof *words, value)

/* SYN_EUNSUP at the node, with what comes nearest as the hint. */
int syn_vendor_refuse(const struct syn_vendor_reader *r, const yaml_node_t *node, const char *what,
                      const char *nearest);

#endif
