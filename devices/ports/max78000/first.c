/* SPDX-License-Identifier: MIT */
/* What the part's ROM starts, until a boot loader takes its place: goes on to slot 0. */
#include "devices/ports/bare/vectors.h"

#include <stdint.h>

extern const uint32_t syn_vectors_start[];
extern uint32_t syn_stack_top[];

void syn_first(void);

__attribute__((naked, section(".first"))) void syn_first(void)
{
    __asm__ volatile("ldr r0, =syn_vectors_start\n"
                     "ldr r1, [r0]\n"
                     "mov sp, r1\n"
                     "ldr r0, [r0, #4]\n"
                     "bx r0\n"
                     ".ltorg\n");
}

__attribute__((section(".first.vectors"), used)) static const struct {
    uint32_t *stack;
    syn_vector reset;
} table = {syn_stack_top, syn_first};
