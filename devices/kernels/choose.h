/* SPDX-License-Identifier: MIT */
/*
 * Kernels for hosts, beside the portable ones of devices/part: tables to give to an executor or an
 * emulator. Bit-exact with the portable ones. Firmware does not link this folder. KERNELS.md says
 * how they work.
 */
#ifndef SYN_DEVICES_KERNELS_CHOOSE_H
#define SYN_DEVICES_KERNELS_CHOOSE_H

#include "devices/part/kernels.h"

/* NULL where the machine or the build has no AVX2. */
const struct syn_kernels *syn_kernels_avx2(void);

/* What is fastest on this machine; never NULL. */
const struct syn_kernels *syn_kernels_fastest(void);

#endif
