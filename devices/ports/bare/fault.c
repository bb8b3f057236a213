/* SPDX-License-Identifier: MIT */
#include "devices/ports/bare/fault.h"

#include "devices/agent/text.h"
#include "devices/ports/bare/board.h"
#include "devices/ports/bare/cortex_m.h"
#include "devices/ports/bare/vectors.h"

enum { VECTOR_MASK = 0x1ff, NMI = 2, FIRST_INTERRUPT = 16 };

#define KEPT 0x53594e47u /* the record is of this layout */

/* What an exception pushes. */
struct frame {
    uint32_t r0, r1, r2, r3, r12, lr, pc, psr;
};

/* Bits of the status: an exception found no room for what it pushes. */
#define NO_ROOM (SYN_CFSR_MSTKERR | SYN_CFSR_STKERR | SYN_CFSR_STKOF)

/* From the linker script. */
extern const uint8_t syn_stack_start[];

/* A watchdog's interrupt is an NMI, or one of the board's. */
static bool was_watchdog(uint32_t vector)
{
    return vector == NMI || vector >= FIRST_INTERRUPT;
}

/* Nothing was pushed then, or not all of it. */
static void overflown(volatile struct syn_board_kept *kept)
{
    kept->cause = SYN_START_OVERFLOW;
    kept->pc = kept->lr = 0;
}

void syn_fault_record(const uint8_t *frame, uint32_t pc, uint32_t lr);

/* What it pushed lies in the stack, or the stack is full. */
void syn_fault_record(const uint8_t *frame, uint32_t pc, uint32_t lr)
{
    volatile struct syn_board_kept *kept = syn_board_kept();
    uint32_t vector;
    __asm__ volatile("mrs %0, ipsr" : "=r"(vector));
    kept->vector = vector & VECTOR_MASK;
    kept->status = SYN_SCB_CFSR;
    kept->pc = pc;
    kept->lr = lr;
    if (was_watchdog(kept->vector))
        kept->cause = SYN_START_WATCHDOG;
    else if (frame < syn_stack_start || kept->status & NO_ROOM)
        overflown(kept);
    else
        kept->cause = SYN_START_FAULT;
    syn_core_reset();
}

/* Nobody comes back from here, so that the stack, which may be full, begins anew. */
__attribute__((naked)) void syn_fault_interrupt(void)
{
    __asm__ volatile("mrs r0, msp\n"
                     "movs r1, #0\n"
                     "movs r2, #0\n"
                     "ldr r3, =syn_stack_start\n"
                     "cmp r0, r3\n"
                     "blo 1f\n"
                     "ldr r1, [r0, %0]\n"
                     "ldr r2, [r0, %1]\n"
                     "1: ldr r3, =syn_stack_top\n"
                     "msr msp, r3\n"
                     "b syn_fault_record\n" ::"i"(offsetof(struct frame, pc)),
                     "i"(offsetof(struct frame, lr)));
}

void syn_fault_requested(void)
{
    syn_board_kept()->cause = SYN_START_REQUEST;
}

/* ---- after the reset ---- */

static void forget(volatile struct syn_board_kept *kept)
{
    kept->magic = KEPT;
    kept->cause = SYN_START_POWER;
    kept->vector = kept->pc = kept->lr = kept->status = 0;
    for (unsigned i = 0; i < SYN_START_COUNT; i++)
        kept->starts[i] = 0;
}

void syn_fault_bitten(void)
{
    volatile struct syn_board_kept *kept = syn_board_kept();
    if (kept->magic != KEPT)
        forget(kept);
    else if (kept->cause != SYN_START_OTHER)
        return; /* it could say more */
    kept->cause = SYN_START_WATCHDOG;
    kept->vector = NMI;
    kept->pc = kept->lr = kept->status = 0; /* nobody knows */
}

static void put_hex(struct syn_text *text, const char *words, uint32_t v)
{
    char digits[] = "0x00000000";
    for (size_t i = sizeof digits - 2; digits[i] != 'x'; i--, v >>= 4)
        digits[i] = "0123456789abcdef"[v & 15];
    syn_text_put(text, words);
    syn_text_put(text, digits);
}

static void put_words(struct syn_text *text, const volatile struct syn_board_kept *kept)
{
    static const char *const words[SYN_START_COUNT] = {
        [SYN_START_POWER] = "power",
        [SYN_START_REQUEST] = "request",
        [SYN_START_FAULT] = "a fault of the core",
        [SYN_START_OVERFLOW] = "an overflow of the stack",
        [SYN_START_WATCHDOG] = "the watchdog saw no progress",
        [SYN_START_OTHER] = "a reset from outside, or a fault in a fault",
    };
    syn_text_put(text, words[kept->cause]);
    if (kept->pc)
        put_hex(text, " at ", kept->pc);
    if (kept->vector)
        put_hex(text, ", status ", kept->status);
}

static void begin(volatile struct syn_board_kept *kept)
{
    if (kept->magic != KEPT)
        forget(kept);
    if (kept->cause >= SYN_START_COUNT)
        kept->cause = SYN_START_OTHER;
    if (kept->cause < SYN_START_FAULT || kept->cause == SYN_START_OTHER)
        kept->vector = kept->pc = kept->lr = kept->status = 0;
    kept->starts[kept->cause]++;
}

struct syn_agent_start syn_fault_start(char words[SYN_FAULT_TEXT])
{
    volatile struct syn_board_kept *kept = syn_board_kept();
    struct syn_text text;
    begin(kept);
    syn_text_init(&text, words, SYN_FAULT_TEXT);
    put_words(&text, kept);
    struct syn_agent_start start = {.why = words,
                                    .fault = kept->cause >= SYN_START_FAULT,
                                    .requests = kept->starts[SYN_START_REQUEST],
                                    .faults = kept->starts[SYN_START_FAULT],
                                    .overflows = kept->starts[SYN_START_OVERFLOW],
                                    .watchdogs = kept->starts[SYN_START_WATCHDOG],
                                    .others = kept->starts[SYN_START_OTHER],
                                    .vector = kept->vector,
                                    .pc = kept->pc,
                                    .lr = kept->lr,
                                    .status = kept->status};
    kept->cause = SYN_START_OTHER;
    return start;
}
