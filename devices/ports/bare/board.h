/* SPDX-License-Identifier: MIT */
/*
 * What a board's folder gives to the firmware beside clock.h, uart.h and accel.h. An image has one
 * board; all of it is called from the main loop but for what vectors.h names.
 */
#ifndef SYN_PORTS_BARE_BOARD_H
#define SYN_PORTS_BARE_BOARD_H

#include "devices/agent/agent.h"

/* Clocks, power and pins; the first thing that is called. */
void syn_board_start(void);

/* Tells the board apart from all others, and stays over a reset: at most size - 1 characters. */
void syn_board_id(char *id, size_t size);

/* Flash, arena and sensors' buffer; they need not be cleared. */
struct syn_agent_memory syn_board_memory(void);

/* Where a window is kept before it is folded. */
uint8_t *syn_board_window(size_t *size);

/* What an inference said reaches an actuator of the profile, e.g. "led". */
void syn_board_act(const char *actuator, const struct syn_tensor_result *result);

/* Sleeps until an interrupt is pending, or returns at once; interrupts are off, and one comes at
 * at_ns. */
void syn_board_sleep(int64_t at_ns);

/* After syn_board_watch() a board whose loop does not call syn_board_alive() for five seconds
 * raises an interrupt whose vector is syn_fault_interrupt(), or else resets itself. */
void syn_board_watch(void);
void syn_board_alive(void);

/* Why a board starts; the last is also what remains where nobody said. */
enum syn_start_cause {
    SYN_START_POWER,
    SYN_START_REQUEST,
    SYN_START_FAULT,
    SYN_START_OVERFLOW, /* of the stack */
    SYN_START_WATCHDOG,
    SYN_START_OTHER,
    SYN_START_COUNT
};

/* What the board remembers over a reset (fault.c); anything after power was off. At most 60 bytes.
 */
struct syn_board_kept {
    uint32_t magic, cause;
    uint32_t vector, pc, lr, status; /* of a fault: exception, where, whence, CFSR */
    uint32_t starts[SYN_START_COUNT];
};
volatile struct syn_board_kept *syn_board_kept(void);

#endif
