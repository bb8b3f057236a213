/* SPDX-License-Identifier: MIT */
/* The boot loader: decides by devices/boot what runs, says so where it is news, and jumps. */
#include "devices/boot/boot.h"
#include "devices/ports/bare/boot/console.h"
#include "devices/ports/bare/cortex_m.h"
#include "devices/ports/bare/flash.h"
#include "devices/ports/bare/vectors.h"

static struct syn_slots slots;

/* Nothing is known that could be wrong here, so the most that helps is to begin anew. */
void syn_fault_interrupt(void)
{
    syn_core_reset();
}

static const uint32_t *vectors_of_primary(void)
{
    const struct syn_slots_map *map = slots.map;
    const uint8_t *start =
        map->flash->bytes + (size_t)map->first[SYN_SLOT_PRIMARY] * map->flash->page_bytes;
    struct syn_fw_image image;
    (void)syn_fw_header(&image, start, SYN_FW_HEADER); /* it was checked */
    return (const uint32_t *)(const void *)(start + image.header_bytes);
}

static void jump(const uint32_t *vectors)
{
    SYN_SCB_VTOR = (uint32_t)(uintptr_t)vectors;
    __asm__ volatile("msr msp, %0\n dsb\n isb\n bx %1" ::"r"(vectors[0]), "r"(vectors[1])
                     : "memory");
}

int main(void)
{
    enum syn_boot_event event;
    syn_boot_start();
    syn_slots_open(&slots, syn_board_slots());
    int rc = syn_boot(&slots, &event);
    if (event != SYN_BOOT_NOTHING)
        syn_boot_say(syn_boot_text(event));
    if (rc == 0)
        jump(vectors_of_primary());
    syn_boot_say("boot: no slot holds an image that this board can run; write one to slot 0 with a "
                 "debug probe");
    for (;;)
        syn_irq_wait();
}
