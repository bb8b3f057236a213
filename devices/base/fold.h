/* SPDX-License-Identifier: MIT */
/*
 * Pixels or samples folded into channels: each square of `by` x `by` pixels of a dense C,H,W window
 * becomes one pixel of by x by times as many channels. Channel (dy by + dx) C + c of the result is
 * channel c of the pixels dy rows and dx columns into their squares. Of a window that is one sample
 * wide (sound: H samples one after the other), `by` consecutive samples become one step of by times
 * as many channels: channel d C + c is channel c of the samples d into their group.
 *
 * An accelerator whose processors each read one channel works on few of them when pixels or samples
 * have few channels; folding is free there and leaves fewer of them. No value changes and none is
 * lost.
 *
 * Freestanding, no memory, no errors but what syn_fold_fits() tells.
 */
#ifndef SYN_DEVICES_BASE_FOLD_H
#define SYN_DEVICES_BASE_FOLD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SYN_FOLD_MAX         16  /* of squares */
#define SYN_FOLD_SAMPLES_MAX 255 /* of samples one after the other */

struct syn_fold {
    uint8_t by;               /* 0 and 1: not folded, the rest does not count */
    uint16_t channels, width; /* of the window as it is sensed; width 1: samples, not pixels */
};

/* Does a window of so many bytes consist of whole squares, or groups of samples? */
bool syn_fold_fits(const struct syn_fold *fold, size_t bytes);

/* For windows that fit; `window` and `folded` hold `bytes` each and do not overlap. */
void syn_fold_window(const struct syn_fold *fold, size_t bytes, const int8_t *window,
                     int8_t *folded);

#endif
