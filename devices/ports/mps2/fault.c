/* SPDX-License-Identifier: MIT */
#include "devices/ports/mps2/fault.h"

#include "devices/agent/text.h"
#include "devices/ports/mps2/board.h"
#include "devices/ports/mps2/vectors.h"

enum { PATIENCE_S = 5, VECTOR_MASK = 0x1ff, NMI = 2 };

#define KEPT 0x53594e46u /* the record holds something */

void syn_fault_watch(void)
{
    SYN_WATCHDOG->lock = SYN_WATCHDOG_UNLOCK;
    SYN_WATCHDOG->load = PATIENCE_S * SYN_BOARD_HZ;
    SYN_WATCHDOG->control = SYN_WATCHDOG_INTERRUPT | SYN_WATCHDOG_RESET;
}

void syn_fault_alive(void)
{
    SYN_WATCHDOG->clear = 1;
}

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
    SYN_BOARD_KEPT->vector = vector & VECTOR_MASK;
    SYN_BOARD_KEPT->pc = frame->pc;
    SYN_BOARD_KEPT->status = SYN_SCB_CFSR;
    SYN_BOARD_KEPT->magic = KEPT;
    syn_board_reset();
}

__attribute__((naked)) void syn_fault_interrupt(void)
{
    __asm__ volatile("mrs r0, msp\n b syn_fault_record");
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
    struct syn_text text;
    syn_text_init(&text, to, SYN_FAULT_TEXT);
    if (SYN_BOARD_KEPT->magic != KEPT)
        return;
    SYN_BOARD_KEPT->magic = 0;
    syn_text_put(&text, "started again after ");
    syn_text_put(&text, SYN_BOARD_KEPT->vector == NMI ? "the watchdog saw no progress"
                                                      : "a fault of the core");
    syn_text_put(&text, " at ");
    put_hex(&text, SYN_BOARD_KEPT->pc);
    syn_text_put(&text, ", status ");
    put_hex(&text, SYN_BOARD_KEPT->status);
    syn_text_put(&text, "\n");
}
