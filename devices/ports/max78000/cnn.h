/* SPDX-License-Identifier: MIT */
/*
 * The accelerator as a peripheral: power, clock, interrupt. What it is told lies in
 * devices/part/program.h, who tells it in resident.h.
 */
#ifndef SYN_PORTS_MAX78000_CNN_H
#define SYN_PORTS_MAX78000_CNN_H

#include <stdbool.h>
#include <stdint.h>

/* Power and clock (50 MHz) for all four quadrants, whose memories then hold nothing; or neither. */
void syn_cnn_power(bool on);

/* Before an inference is started: it is not done. */
void syn_cnn_begin(void);

/* Its interrupt has come, and when. */
bool syn_cnn_done(void);
int64_t syn_cnn_done_ns(void);

/* Stops all quadrants. */
void syn_cnn_stop(void);

#endif
