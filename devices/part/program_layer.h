/* SPDX-License-Identifier: MIT */
/* The registers of one layer: what syn_program_configure() writes. Internal to the folder. */
#ifndef SYN_DEVICES_PART_PROGRAM_LAYER_H
#define SYN_DEVICES_PART_PROGRAM_LAYER_H

#include "devices/part/columns.h"
#include "devices/part/program.h"

/* A layer as the hardware works on it, and its registers for one quadrant. */
struct syn_work {
    const struct syn_part *part;
    const struct syn_registers *regs;
    const struct syn_layer *layer;
    const struct syn_place *place;
    const struct syn_route *route;
    struct syn_hw_conv hw;
    enum syn_op op; /* a conv1d over rows is a conv2d */
    unsigned passes, out_passes, operands;
    unsigned slots_last;  /* time slots of a passthrough or depthwise layer, less 1 */
    uint32_t padding;     /* pixels of zeros that the data bring, on each side */
    uint32_t flat;        /* passes H W - 1 where that many steps flatten, else 0 */
    bool over_rows;       /* a conv1d of large dilation, see columns.h */
    bool broadcast;       /* depthwise, each instance for itself */
    bool rows_for_passes; /* MAX78000: element-wise passes run as further rows */
    uint32_t values[SYN_LREG_COUNT];
    bool fits; /* all fields so far */
};

/* NULL, or why the part cannot do it. */
const char *syn_work_init(struct syn_work *w, const struct syn_program *p, unsigned index);

/* The same before anything is placed, of a layer that syn_place_check_layer() lets pass. */
const char *syn_work_check(const struct syn_part *part, const struct syn_layer *layer,
                           const struct syn_route *route);

/* What no single layer is to blame for; SYN_EUNSUP as syn_program_check(). */
int syn_program_check_whole(const struct syn_part *part, const struct syn_chunk *chunk,
                            struct syn_misfit *misfit);

/* Fills values for this quadrant; false where a field does not fit. */
bool syn_work_registers(struct syn_work *w, unsigned quadrant);

/* Does a small layer before this one have to reset the averages? Then fills its values. */
bool syn_work_needs_reset(const struct syn_part *part, const struct syn_chunk *chunk,
                          unsigned index);
void syn_work_reset(struct syn_work *w);

#endif
