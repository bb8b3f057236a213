/* SPDX-License-Identifier: MIT */
/*
 * Kernels for hosts, beside the portable ones of devices/part: tables to give to
 * syn_exec_init_with(), or to call where an emulator computes. Bit-exact with the portable ones.
 * Firmware does not link this folder. KERNELS.md says how they work.
 */
#ifndef SYN_DEVICES_KERNELS_CHOOSE_H
#define SYN_DEVICES_KERNELS_CHOOSE_H

#include "devices/part/kernels.h"

/* What tensors look like inside: the executor takes either, others may be bound to planes. */
enum syn_kernel_order {
    SYN_KERNEL_CHANNELS_LAST, /* H,W,C */
    SYN_KERNEL_PLANES,        /* C,H,W; each convolution turns its tensors, and the portable table
                                 is of this kind */
};

/* NULL where the machine or the build has no AVX2. */
const struct syn_kernels *syn_kernels_avx2(enum syn_kernel_order order);

/* What is fastest on this machine, of either order; never NULL. */
const struct syn_kernels *syn_kernels_fastest(void);

/* What is fastest of those whose tensors are planes; never NULL. */
const struct syn_kernels *syn_kernels_fastest_planes(void);

#endif
