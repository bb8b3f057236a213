/* SPDX-License-Identifier: MIT */
#include "devices/kernels/choose.h"

#ifdef SYN_KERNELS_X86
#include "devices/kernels/avx2.h"
#include "devices/kernels/pack.h"

const struct syn_kernels *syn_kernels_avx2(void)
{
    static const struct syn_kernels avx2 = {
        .name = "avx2",
        .channels_last = true,
        .weight_bytes = syn_order_weights_bytes,
        .prepare = syn_order_weights,
        .scratch_bytes = syn_walk_scratch_bytes,
        .conv = syn_avx2_conv,
        .pool = syn_avx2_pool,
        .eltwise = syn_avx2_eltwise,
        .eltwise32 = syn_kernel_eltwise32,
        .from_dense = syn_avx2_from_dense,
        .to_dense = syn_avx2_to_dense,
    };

    return __builtin_cpu_supports("avx2") ? &avx2 : NULL;
}
#else
const struct syn_kernels *syn_kernels_avx2(void)
{
    return NULL;
}
#endif

const struct syn_kernels *syn_kernels_fastest(void)
{
    const struct syn_kernels *avx2 = syn_kernels_avx2();

    return avx2 ? avx2 : syn_kernels_portable();
}
