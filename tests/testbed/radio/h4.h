/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * HCI packets in a stream of bytes (H4): a type, a header, what its length says.
 *
 * Memory is the caller's and bounded; a packet that is longer, or no packet, is an error after
 * which the stream cannot be understood any more.
 */
#ifndef SYN_TESTBED_RADIO_H4_H
#define SYN_TESTBED_RADIO_H4_H

#include <stddef.h>
#include <stdint.h>

#define SYN_H4_MAX 2048 /* bytes of a packet, with its type */

enum syn_h4_type { SYN_H4_COMMAND = 1, SYN_H4_ACL = 2, SYN_H4_EVENT = 4 };

struct syn_h4 { /* zero before use */
    size_t size;
    uint8_t bytes[SYN_H4_MAX];
};

/* Calls `packet` for each that is complete. Returns 0 or SYN_EPROTO. */
int syn_h4_receive(struct syn_h4 *h4, const uint8_t *bytes, size_t size,
                   void (*packet)(void *ctx, const uint8_t *packet, size_t size), void *ctx);

#endif
