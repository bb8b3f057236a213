/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "transports/ble/att.h"

#include <string.h>

static const uint8_t confirmation = SYN_ATT_CONFIRMATION;

void syn_att_client_init(struct syn_att_client *c,
                         void (*notified)(void *, uint16_t, const uint8_t *, size_t), void *ctx)
{
    memset(c, 0, sizeof *c);
    c->notified = notified;
    c->ctx = ctx;
    c->mtu = SYN_ATT_MTU_MIN;
    c->deadline_ns = INT64_MAX;
}

int syn_att_client_request(struct syn_att_client *c, const uint8_t *pdu, size_t size,
                           syn_att_done done)
{
    if (c->done)
        return SYN_EBUSY;
    if (size == 0 || size > sizeof c->request)
        return SYN_EINVAL;
    memcpy(c->request, pdu, size);
    c->request_size = size;
    c->request_sent = false;
    c->done = done;
    return 0;
}

/* ---- out ---- */

/* What the other side waits for comes first: it may not answer us before. */
size_t syn_att_client_output(const struct syn_att_client *c, const uint8_t **pdu)
{
    if (c->confirm) {
        *pdu = &confirmation;
        return sizeof confirmation;
    }
    if (c->answer_size > 0) {
        *pdu = c->answer;
        return c->answer_size;
    }
    *pdu = c->request;
    return c->done && !c->request_sent ? c->request_size : 0;
}

void syn_att_client_sent(struct syn_att_client *c, int64_t now_ns)
{
    if (c->confirm) {
        c->confirm = false;
    } else if (c->answer_size > 0) {
        c->answer_size = 0;
    } else if (c->done) {
        c->request_sent = true;
        c->deadline_ns = now_ns + SYN_ATT_PATIENCE_NS;
    }
}

/* ---- in ---- */

/* The next request may be made from inside. */
static void finish(struct syn_att_client *c, const struct syn_att_answer *answer)
{
    syn_att_done done = c->done;
    c->done = NULL;
    c->deadline_ns = INT64_MAX;
    done(c->ctx, answer);
}

static void take_response(struct syn_att_client *c, const uint8_t *pdu, size_t size)
{
    struct syn_att_answer answer = {.body = pdu + 1, .size = size - 1};
    if (!c->done || !c->request_sent) {
        c->strange++;
        return;
    }
    if (pdu[0] == SYN_ATT_ERROR && size == 5 && pdu[1] == c->request[0]) {
        answer.status = SYN_EDEVICE;
        answer.error = pdu[4];
    } else if (pdu[0] != c->request[0] + 1) {
        answer.status = SYN_EPROTO;
        c->strange++;
    }
    finish(c, &answer);
}

/* We have no attributes: nothing can be read or written here. */
static void refuse(struct syn_att_client *c, const uint8_t *pdu, size_t size)
{
    c->answer[0] = SYN_ATT_ERROR;
    c->answer[1] = pdu[0];
    c->answer[2] = size >= 3 ? pdu[1] : 0;
    c->answer[3] = size >= 3 ? pdu[2] : 0;
    c->answer[4] = SYN_ATT_NOT_SUPPORTED;
    c->answer_size = sizeof c->answer;
}

static void take_request(struct syn_att_client *c, const uint8_t *pdu, size_t size)
{
    refuse(c, pdu, size);
    if (pdu[0] != SYN_ATT_MTU_REQUEST || size != 3)
        return;
    size_t mtu = syn_att_u16(pdu + 1);
    mtu = mtu < SYN_ATT_MTU_MIN ? SYN_ATT_MTU_MIN : mtu > SYN_ATT_MTU_MAX ? SYN_ATT_MTU_MAX : mtu;
    c->mtu = mtu > c->mtu ? mtu : c->mtu;
    c->answer[0] = SYN_ATT_MTU_RESPONSE;
    syn_att_put_u16(c->answer + 1, SYN_ATT_MTU_MAX);
    c->answer_size = 3;
}

static void take_value(struct syn_att_client *c, const uint8_t *pdu, size_t size)
{
    if (size < SYN_ATT_HEAD)
        c->strange++;
    else
        c->notified(c->ctx, syn_att_u16(pdu + 1), pdu + SYN_ATT_HEAD, size - SYN_ATT_HEAD);
}

void syn_att_client_receive(struct syn_att_client *c, const uint8_t *pdu, size_t size)
{
    if (size == 0) {
        c->strange++;
        return;
    }
    bool is_command = pdu[0] & 0x40, is_request = (pdu[0] & 1) == 0;
    if (pdu[0] == SYN_ATT_NOTIFICATION) {
        take_value(c, pdu, size);
    } else if (pdu[0] == SYN_ATT_INDICATION) {
        c->confirm = true;
        take_value(c, pdu, size);
    } else if (is_command || pdu[0] == SYN_ATT_CONFIRMATION) {
        c->strange++;
    } else if (is_request) {
        take_request(c, pdu, size);
    } else {
        take_response(c, pdu, size);
    }
}

/* ---- time ---- */

int64_t syn_att_client_deadline(const struct syn_att_client *c)
{
    return c->deadline_ns;
}

void syn_att_client_expire(struct syn_att_client *c, int64_t now_ns)
{
    if (c->done && now_ns >= c->deadline_ns)
        finish(c, &(struct syn_att_answer){.status = SYN_ETIMEOUT, .body = c->request});
}
