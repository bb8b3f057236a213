/* SPDX-License-Identifier: MIT */
/*
 * A UART beside the host's, driven by interrupts, with a ring in each direction. A byte for which
 * there is no room stays in the UART: whoever sends has to wait, where the UART's own flow control
 * or the emulator makes it, or the next bytes are lost. From the main loop only, but for the
 * interrupts.
 */
#ifndef SYN_PORTS_MPS2_LINE_H
#define SYN_PORTS_MPS2_LINE_H

#include "devices/ports/bare/cortex_m.h"
#include "devices/ports/bare/ring.h"
#include "devices/ports/mps2/registers.h"

struct syn_line {
    struct syn_cmsdk_uart *uart;
    struct syn_ring rx, tx;
};

void syn_line_start(struct syn_line *line, uint32_t baud, unsigned rx_irq, unsigned tx_irq);
void syn_line_rx_interrupt(struct syn_line *line);
void syn_line_tx_interrupt(struct syn_line *line);

/* Bytes that have come, at most `size`. */
size_t syn_line_read(struct syn_line *line, uint8_t *bytes, size_t size);
/* Bytes that syn_line_write() takes now. */
size_t syn_line_room(const struct syn_line *line);
void syn_line_write(struct syn_line *line, const uint8_t *bytes, size_t size); /* there is room */
/* Nothing has come that was not read. */
bool syn_line_quiet(const struct syn_line *line);

#endif
