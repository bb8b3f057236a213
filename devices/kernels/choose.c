/* SPDX-License-Identifier: MIT */
#include "devices/kernels/choose.h"

#ifdef SYN_KERNELS_X86
#include "devices/kernels/avx2.h"
#include "devices/kernels/pack.h"

static const struct syn_kernels channels_last = {
    .name = "avx2",
    .channels_last = true,
    .weight_bytes = syn_pack_bytes,
    .prepare = syn_pack_weights,
    .scratch_bytes = syn_walk_scratch_bytes,
    .conv = syn_avx2_conv,
    .pool = syn_avx2_pool,
    .eltwise = syn_avx2_eltwise,
    .eltwise32 = syn_kernel_eltwise32,
    .from_dense = syn_avx2_from_dense,
    .to_dense = syn_avx2_to_dense,
};

static const struct syn_kernels planes = {
    .name = "avx2-planes",
    .weight_bytes = syn_pack_bytes,
    .prepare = syn_pack_weights,
    .scratch_bytes = syn_walk_planes_bytes,
    .conv = syn_avx2_planes_conv,
    .pool = syn_avx2_planes_pool,
    .eltwise = syn_avx2_eltwise,
    .eltwise32 = syn_kernel_eltwise32,
};

const struct syn_kernels *syn_kernels_avx2(enum syn_kernel_order order)
{
    if (!__builtin_cpu_supports("avx2"))
        return NULL;
    return order == SYN_KERNEL_CHANNELS_LAST ? &channels_last : &planes;
}
#else
const struct syn_kernels *syn_kernels_avx2(enum syn_kernel_order order)
{
    (void)order;
    return NULL;
}
#endif

static const struct syn_kernels *or_portable(const struct syn_kernels *kernels)
{
    return kernels ? kernels : syn_kernels_portable();
}

const struct syn_kernels *syn_kernels_fastest(void)
{
    return or_portable(syn_kernels_avx2(SYN_KERNEL_CHANNELS_LAST));
}

const struct syn_kernels *syn_kernels_fastest_planes(void)
{
    return or_portable(syn_kernels_avx2(SYN_KERNEL_PLANES));
}
