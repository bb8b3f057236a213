/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a link that fails on purpose does to what passes (fault.c), and how it is written:
 * "drop=0.01,delay=20ms,rx.rate=92160". An option holds for both directions unless "tx." (to the
 * device) or "rx." stands before it. Places are counted from 0, in each direction for itself, over
 * the bytes of a stream or the packets of a link of messages.
 */
#ifndef SYN_TRANSPORTS_LINKS_FAULT_OPTIONS_H
#define SYN_TRANSPORTS_LINKS_FAULT_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/error.h"

#define SYN_FAULT_NEVER UINT64_MAX

/* How often something happens, or at which one place. */
struct syn_fault_chance {
    uint64_t below; /* where a random number of 64 bits is below it; UINT64_MAX: always */
    uint64_t at;    /* SYN_FAULT_NEVER: at no particular one */
};

/* One direction. */
struct syn_fault_way {
    struct syn_fault_chance drop, corrupt, dup;
    int64_t delay_ns;
    int64_t jitter_ns;   /* at most so much more, evenly; order is kept */
    uint64_t rate;       /* bytes a second; 0: as they come */
    uint64_t split;      /* bytes of a piece at most; 0: any */
    uint64_t split_at;   /* a piece ends before this byte */
    uint64_t cut_at;     /* the link ends after so many bytes */
    uint64_t silence_at; /* what comes after so many bytes is lost, and nobody is told */
};

struct syn_fault_options {
    struct syn_fault_way tx, rx;
    uint64_t seed;
    bool tx_silences, rx_silences; /* its silence is that of both directions */
};

/* Reads `size` bytes of text, which may be none. SYN_EINVAL with words that name the option. */
int syn_fault_parse(struct syn_fault_options *options, const char *text, size_t size,
                    struct syn_error *error);

#endif
