/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A recorded network placed as the vendor's description, or else its program, says: processors and
 * data addresses are the vendor's, kernels and biases lie where devices/part puts them.
 */
#ifndef SYN_TESTS_DEVICES_PART_NETWORK_H
#define SYN_TESTS_DEVICES_PART_NETWORK_H

#include "devices/part/geometry.h"
#include "devices/part/program.h"
#include "tests/devices/part/description.h"
#include "tests/devices/part/recorded.h"
#include "tests/devices/part/vendor.h"

struct network {
    struct model *model;
    struct syn_chunk chunk;
    struct syn_place places[SYN_MODEL_LAYERS_MAX];
    struct syn_route routes[SYN_MODEL_LAYERS_MAX];
    struct syn_program program;
};

/* Fails the test where it cannot be read, placed or programmed. `theirs` may be NULL where the
 * folder has a description. */
struct network *network_read(const char *folder, const char *name, const struct syn_part *part,
                             const struct vendor_program *theirs);
void network_free(struct network *n);

/* All recorded networks, each with the name of its part; skips the test where there are none. */
void network_each(void (*visit)(const char *part_name, const char *name));

#endif
