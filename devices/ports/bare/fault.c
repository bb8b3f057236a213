/* SPDX-License-Identifier: MIT */
#include "devices/ports/bare/fault.h"

#include "devices/agent/text.h"
#include "devices/ports/bare/board.h"
#include "devices/ports/bare/cortex_m.h"
#include "devices/ports/bare/vectors.h"

enum { VECTOR_MASK = 0x1ff, NMI = 2, FIRST_INTERRUPT = 16 };

#define KEPT 0x53594e46u /* the record holds something */

/* What an exception pushes. */
struct frame {
    uint32_t r0, r1, r2, r3, r12, lr, pc, psr;
};

void syn_fault_record(const struct frame *frame);

/* The stack may be what is wrong: nothing more is asked of it than the words that are there. */
void syn_fault_record(const struct frame *frame)
{
    uint32_t vector;
    __asm__ volatile("mrs %0, ipsr" : "=r"(vector));
    volatile struct syn_board_kept *kept = syn_board_kept();
    kept->vector = vector & VECTOR_MASK;
    kept->pc = frame->pc;
    kept->status = SYN_SCB_CFSR;
    kept->magic = KEPT;
    syn_core_reset();
}

__attribute__((naked)) void syn_fault_interrupt(void)
{
    __asm__ volatile("mrs r0, msp\n b syn_fault_record");
}

void syn_fault_bitten(void)
{
    volatile struct syn_board_kept *kept = syn_board_kept();
    if (kept->magic == KEPT)
        return;
    kept->vector = NMI;
    kept->pc = 0; /* nobody knows */
    kept->status = 0;
    kept->magic = KEPT;
}

/* A watchdog's interrupt is an NMI, or one of the board's. */
static bool was_watchdog(uint32_t vector)
{
    return vector == NMI || vector >= FIRST_INTERRUPT;
}

static void put_hex(struct syn_text *text, uint32_t v)
{
    char digits[] = "0x00000000";
    for (size_t i = sizeof digits - 2; digits[i] != 'x'; i--, v >>= 4)
        digits[i] = "0123456789abcdef"[v & 15];
    syn_text_put(text, digits);
}

void syn_fault_last(char to[SYN_FAULT_TEXT])
{
    volatile struct syn_board_kept *kept = syn_board_kept();
    struct syn_text text;
    syn_text_init(&text, to, SYN_FAULT_TEXT);
    if (kept->magic != KEPT)
        return;
    kept->magic = 0;
    syn_text_put(&text, "started again after ");
    syn_text_put(&text, was_watchdog(kept->vector) ? "the watchdog saw no progress"
                                                   : "a fault of the core");
    syn_text_put(&text, " at ");
    put_hex(&text, kept->pc);
    syn_text_put(&text, ", status ");
    put_hex(&text, kept->status);
    syn_text_put(&text, "\n");
}
