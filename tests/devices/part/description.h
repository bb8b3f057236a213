/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Facts of a vendor's description (network.yaml) that fix where things lie: processors, offsets,
 * gaps. Not a YAML reader: one "key: value" a line, a layer where a line begins with "- ".
 */
#ifndef SYN_TESTS_DEVICES_PART_DESCRIPTION_H
#define SYN_TESTS_DEVICES_PART_DESCRIPTION_H

#include "devices/part/program.h"
#include "tests/devices/part/recorded.h"
#include "tests/devices/part/vendor.h"

struct description {
    struct described {
        uint64_t processors, output_processors; /* 0: not said */
        int64_t in_offset, out_offset;          /* -1: not said */
        unsigned write_gap, read_gap, bits;     /* bits 0: as the model has them */
        bool chw;
    } layers[SYN_MODEL_LAYERS_MAX];
    unsigned count;
};

/* False where there is no network.yaml. */
bool description_read(struct description *d, const char *folder);

/*
 * The same facts out of the vendor's program, for networks whose description may not be had:
 * processors from the enables, outputs from the write pointer and the last output's bit, offsets
 * and gaps from the pointers. What the program says beside them is left to be compared.
 */
void description_decode(struct description *d, const struct vendor_program *program,
                        const struct model *m, const struct syn_part *part);

/* Gives the layers the maps and widths of weights and fills the routes, as the vendor's tool takes
 * what is not said: a layer reads where the one before wrote, and writes for the processors of the
 * next. */
void description_apply(const struct description *d, struct model *m, struct syn_route *routes);

#endif
