/* SPDX-License-Identifier: GPL-3.0-or-later */
/* From described layers and a checkpoint to a model: shapes, weights, what no part can do. */
#ifndef SYN_CORE_IMPORT_VENDOR_DESCRIBE_H
#define SYN_CORE_IMPORT_VENDOR_DESCRIBE_H

#include "core/import/build/format.h"
#include "core/import/vendor/weights.h"

/*
 * Fills imported->model and its notes. Returns 0, or an error with the line of the description
 * that it is about.
 */
int syn_vendor_describe(struct syn_imported *imported, struct syn_vendor_net *net,
                        struct syn_checkpoint *checkpoint, const struct syn_import_options *options,
                        struct syn_error *error);

/* The shape of the input: --input, what the first layer says, or the data set's. */
int syn_vendor_input(const struct syn_vendor_net *net, const struct syn_import_options *options,
                     struct syn_shape *shape, struct syn_error *error);

#endif
