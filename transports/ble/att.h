/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The client's side of the attribute protocol (Bluetooth Core, Vol 3 Part F): requests one at a
 * time, each with its answer or its time-out; notifications; what the other side asks of us is
 * refused as the protocol wants it.
 *
 * PDUs in (syn_att_client_receive), PDUs out (_output, _sent): no descriptors, no clock of its own,
 * no allocation. Whatever arrives, it stays inside its buffers; an answer that cannot be one ends
 * the request with SYN_EPROTO. Times are any monotonic clock's, in ns.
 */
#ifndef SYN_TRANSPORTS_BLE_ATT_H
#define SYN_TRANSPORTS_BLE_ATT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "devices/base/error.h"

#define SYN_ATT_MTU_MIN     23
#define SYN_ATT_MTU_MAX     517 /* ours: an attribute's 512 bytes and the longest head */
#define SYN_ATT_HEAD        3   /* of a write command or notification, before its value */
#define SYN_ATT_PATIENCE_NS 4000000000LL

enum syn_att_opcode {
    SYN_ATT_ERROR = 0x01,
    SYN_ATT_MTU_REQUEST = 0x02,
    SYN_ATT_MTU_RESPONSE = 0x03,
    SYN_ATT_FIND_INFORMATION = 0x04,
    SYN_ATT_FIND_BY_TYPE_VALUE = 0x06,
    SYN_ATT_READ_BY_TYPE = 0x08,
    SYN_ATT_WRITE_REQUEST = 0x12,
    SYN_ATT_NOTIFICATION = 0x1b,
    SYN_ATT_INDICATION = 0x1d,
    SYN_ATT_CONFIRMATION = 0x1e,
    SYN_ATT_WRITE_COMMAND = 0x52,
};

/* Codes of an error response. */
enum syn_att_error {
    SYN_ATT_INSUFFICIENT_AUTHENTICATION = 0x05,
    SYN_ATT_NOT_SUPPORTED = 0x06,
    SYN_ATT_INSUFFICIENT_AUTHORIZATION = 0x08,
    SYN_ATT_NOT_FOUND = 0x0a,
    SYN_ATT_INSUFFICIENT_KEY_SIZE = 0x0c,
    SYN_ATT_INSUFFICIENT_ENCRYPTION = 0x0f,
};

/* What a request came to. */
struct syn_att_answer {
    int status;          /* 0; SYN_EDEVICE: `error`; SYN_ETIMEOUT; SYN_EPROTO */
    uint8_t error;       /* of an error response */
    const uint8_t *body; /* of a response: what follows the opcode; valid until the return */
    size_t size;
};

typedef void (*syn_att_done)(void *ctx, const struct syn_att_answer *answer);

struct syn_att_client {
    void (*notified)(void *ctx, uint16_t handle, const uint8_t *value, size_t size);
    void *ctx;
    size_t mtu;
    uint32_t strange; /* PDUs that nobody asked for or that cannot be */

    /* private */
    syn_att_done done; /* of the request that waits for its answer; NULL: none */
    uint8_t request[64];
    size_t request_size;
    bool request_sent;
    int64_t deadline_ns;
    uint8_t answer[5]; /* to the other side's request; it may have one at a time */
    size_t answer_size;
    bool confirm;
};

void syn_att_client_init(struct syn_att_client *c,
                         void (*notified)(void *, uint16_t, const uint8_t *, size_t), void *ctx);

/* Asks; `done` (with the client's ctx) is called once, from _receive or _expire. SYN_EBUSY while
 * another request waits, SYN_EINVAL when it is too long. */
int syn_att_client_request(struct syn_att_client *c, const uint8_t *pdu, size_t size,
                           syn_att_done done);

/* What is to be sent next; 0 when nothing is. _sent when that was taken. */
size_t syn_att_client_output(const struct syn_att_client *c, const uint8_t **pdu);
void syn_att_client_sent(struct syn_att_client *c, int64_t now_ns);

void syn_att_client_receive(struct syn_att_client *c, const uint8_t *pdu, size_t size);

/* When the answer must be here; INT64_MAX: none is awaited. _expire does nothing before then. */
int64_t syn_att_client_deadline(const struct syn_att_client *c);
void syn_att_client_expire(struct syn_att_client *c, int64_t now_ns);

static inline uint16_t syn_att_u16(const uint8_t *p)
{
    return (uint16_t)(p[0] | p[1] << 8);
}

static inline void syn_att_put_u16(uint8_t *p, uint16_t value)
{
    p[0] = (uint8_t)value;
    p[1] = (uint8_t)(value >> 8);
}

#endif
