/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Any PDUs from a device, whatever it was asked: the client stays inside its buffers, asks one
 * thing at a time, ends in data or one error. The same bytes are read as advertisements.
 *
 * Input: a byte whose lowest bit asks for the channel; then PDUs, each after a byte with its
 * length. A length of 255 lets the time of a request pass.
 */
#include <stdlib.h>
#include <string.h>

#include "transports/ble/advert.h"
#include "transports/ble/gatt.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct end {
    struct syn_gatt gatt;
    unsigned channels, readies, failures;
};

static void on_channel(void *ctx, uint16_t psm)
{
    struct end *e = ctx;
    if (psm > 0xff || e->channels++ > 0)
        abort();
    syn_gatt_subscribe(&e->gatt);
}

static void on_ready(void *ctx)
{
    struct end *e = ctx;
    if (e->readies++ > 0)
        abort();
}

static void on_received(void *ctx, const uint8_t *packet, size_t size)
{
    struct end *e = ctx;
    uint8_t pdu[SYN_ATT_MTU_MAX], sum = 0;
    size_t most = syn_gatt_packet_max(&e->gatt);
    for (size_t i = 0; i < size; i++)
        sum ^= packet[i]; /* every byte is readable */
    memset(pdu, sum, sizeof pdu);
    if (most < 20 || most > SYN_ATT_MTU_MAX - SYN_ATT_HEAD ||
        syn_gatt_packet(&e->gatt, packet, size < most ? size : most, pdu) > sizeof pdu)
        abort();
}

static void on_failed(void *ctx, const struct syn_error *error)
{
    struct end *e = ctx;
    if (e->failures++ > 0 || error->code == 0 || !error->message[0])
        abort();
}

/* Takes what is to be sent, as a socket would. */
static void drain(struct end *e, int64_t now_ns)
{
    const uint8_t *pdu;
    size_t n;
    for (int i = 0; (n = syn_att_client_output(&e->gatt.att, &pdu)) > 0; i++) {
        if (n > SYN_ATT_MTU_MIN && n > sizeof e->gatt.att.request)
            abort();
        if (i > 3)
            abort(); /* one request, one answer, one confirmation */
        syn_att_client_sent(&e->gatt.att, now_ns);
    }
}

static void read_adverts(const uint8_t *data, size_t size)
{
    static struct syn_ble_seen_list list;
    list.count = list.dropped = 0;
    (void)syn_ble_advert_take(&list, data, size);
    for (unsigned i = 0; i < list.count; i++)
        if (!memchr(list.items[i].name, 0, sizeof list.items[i].name))
            abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct end e = {.channels = 0};
    const struct syn_gatt_events events = {on_channel, on_ready, on_received, on_failed, &e};
    int64_t now_ns = 0;
    if (size == 0)
        return 0;
    read_adverts(data + 1, size - 1);
    syn_gatt_begin(&e.gatt, &events, "C0:FF:EE:00:00:01", data[0] & 1);
    for (size_t at = 1; at < size && e.failures == 0;) {
        size_t n = data[at++];
        drain(&e, now_ns);
        if (n == 255) {
            now_ns += SYN_ATT_PATIENCE_NS;
            syn_att_client_expire(&e.gatt.att, now_ns);
            continue;
        }
        n = n < size - at ? n : size - at;
        uint8_t *pdu = malloc(n ? n : 1); /* of its own, so that a byte too far is seen */
        memcpy(pdu, data + at, n);
        syn_att_client_receive(&e.gatt.att, pdu, n);
        free(pdu);
        at += n;
    }
    return 0;
}
