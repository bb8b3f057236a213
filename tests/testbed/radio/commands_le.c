/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Commands about advertising, scanning and connecting. */
#include <stdlib.h>
#include <string.h>

#include "tests/testbed/radio/parts.h"

enum {
    FEATURE_ENCRYPTION = 1,
    FEATURE_LENGTHS = 0x20,
    TIME_MAX = 0x0848, /* of a packet of 251 bytes, in us */
    ADVERT_UNIT_NS = 625000,
    RANDOM_BYTES = 8,
};

static struct address read_address(const uint8_t *type_and_bytes)
{
    struct address address = {.type = type_and_bytes[0] & 1};
    memcpy(address.bytes, type_and_bytes + 1, ADDRESS_BYTES);
    return address;
}

/* ---- the controller ---- */

static uint8_t buffers(struct controller *c, const uint8_t *p, struct answer *answer)
{
    (void)c, (void)p;
    syn_hci_put16(answer->bytes, ACL_BYTES);
    answer->bytes[2] = ACL_BUFFERS;
    answer->size = 3;
    return SYN_HCI_SUCCESS;
}

static uint8_t features(struct controller *c, const uint8_t *p, struct answer *answer)
{
    (void)c, (void)p;
    answer->bytes[0] = FEATURE_ENCRYPTION | FEATURE_LENGTHS;
    answer->size = 8;
    return SYN_HCI_SUCCESS;
}

static uint8_t states(struct controller *c, const uint8_t *p, struct answer *answer)
{
    (void)c, (void)p;
    memset(answer->bytes, 0xff, 5); /* every combination of roles that there is */
    answer->bytes[5] = 3;
    answer->size = 8;
    return SYN_HCI_SUCCESS;
}

static uint8_t random_number(struct controller *c, const uint8_t *p, struct answer *answer)
{
    (void)c, (void)p;
    for (unsigned i = 0; i < RANDOM_BYTES; i++)
        answer->bytes[i] = (uint8_t)(random() >> 8);
    answer->size = RANDOM_BYTES;
    return SYN_HCI_SUCCESS;
}

static uint8_t power(struct controller *c, const uint8_t *p, struct answer *answer)
{
    (void)c, (void)p;
    answer->size = 1; /* 0 dBm */
    return SYN_HCI_SUCCESS;
}

static uint8_t default_length(struct controller *c, const uint8_t *p, struct answer *answer)
{
    (void)c, (void)p;
    syn_hci_put16(answer->bytes, ACL_BYTES);
    syn_hci_put16(answer->bytes + 2, TIME_MAX);
    answer->size = 4;
    return SYN_HCI_SUCCESS;
}

static uint8_t longest(struct controller *c, const uint8_t *p, struct answer *answer)
{
    default_length(c, p, answer);
    memcpy(answer->bytes + 4, answer->bytes, 4);
    answer->size = 8;
    return SYN_HCI_SUCCESS;
}

/* ---- addresses ---- */

static uint8_t random_address(struct controller *c, const uint8_t *p, struct answer *answer)
{
    (void)answer;
    memcpy(c->random, p, ADDRESS_BYTES);
    return SYN_HCI_SUCCESS;
}

static uint8_t accept_size(struct controller *c, const uint8_t *p, struct answer *answer)
{
    (void)c, (void)p;
    answer->bytes[0] = ACCEPTED_MAX;
    answer->size = 1;
    return SYN_HCI_SUCCESS;
}

static uint8_t accept_none(struct controller *c, const uint8_t *p, struct answer *answer)
{
    (void)p, (void)answer;
    c->accepted_count = 0;
    return SYN_HCI_SUCCESS;
}

static uint8_t accept_add(struct controller *c, const uint8_t *p, struct answer *answer)
{
    (void)answer;
    struct address address = read_address(p);
    if (c->accepted_count == ACCEPTED_MAX)
        return SYN_HCI_MEMORY_FULL;
    air_accept(c, &address, true);
    return SYN_HCI_SUCCESS;
}

static uint8_t accept_remove(struct controller *c, const uint8_t *p, struct answer *answer)
{
    (void)answer;
    struct address address = read_address(p);
    air_accept(c, &address, false);
    return SYN_HCI_SUCCESS;
}

/* ---- advertising ---- */

static uint8_t advert_parameters(struct controller *c, const uint8_t *p, struct answer *answer)
{
    static const uint8_t types[] = {SYN_HCI_ADV_CONNECTABLE, SYN_HCI_ADV_DIRECTED,
                                    SYN_HCI_ADV_SCANNABLE, SYN_HCI_ADV_BROADCAST,
                                    SYN_HCI_ADV_DIRECTED};
    (void)answer;
    if (c->advertising.on)
        return SYN_HCI_DISALLOWED;
    if (p[4] >= sizeof types)
        return SYN_HCI_INVALID;
    c->advertising.period_ns = (int64_t)syn_hci_get16(p) * ADVERT_UNIT_NS;
    c->advertising.type = types[p[4]];
    c->advertising.own.type = p[5] & 1;
    c->advertising.peer = read_address(p + 6);
    return SYN_HCI_SUCCESS;
}

static uint8_t set_data(uint8_t *data, uint8_t *size, const uint8_t *p)
{
    if (p[0] > DATA_MAX)
        return SYN_HCI_INVALID;
    *size = p[0];
    memcpy(data, p + 1, p[0]);
    return SYN_HCI_SUCCESS;
}

static uint8_t advert_data(struct controller *c, const uint8_t *p, struct answer *answer)
{
    (void)answer;
    return set_data(c->advertising.data, &c->advertising.data_size, p);
}

static uint8_t response_data(struct controller *c, const uint8_t *p, struct answer *answer)
{
    (void)answer;
    return set_data(c->advertising.response, &c->advertising.response_size, p);
}

static void advertise(struct controller *c, const uint8_t *p)
{
    c->advertising.on = p[0] != 0;
    c->advertising.own = controller_address(c, c->advertising.own.type);
    air_advertise(c);
}

/* ---- scanning ---- */

static uint8_t scan_parameters(struct controller *c, const uint8_t *p, struct answer *answer)
{
    (void)answer;
    if (c->scanning.on)
        return SYN_HCI_DISALLOWED;
    c->scanning.active = p[0] == 1;
    c->scanning.accepted_only = p[6] & 1;
    return SYN_HCI_SUCCESS;
}

static uint8_t scan(struct controller *c, const uint8_t *p, struct answer *answer)
{
    (void)answer;
    c->scanning.on = p[0] != 0;
    c->scanning.once = p[1] != 0;
    c->scanning.seen = 0;
    return SYN_HCI_SUCCESS;
}

/* ---- connecting ---- */

static uint8_t connect_check(struct controller *c, const uint8_t *p, struct answer *answer)
{
    (void)p, (void)answer;
    return c->initiating.on ? SYN_HCI_DISALLOWED : SYN_HCI_SUCCESS;
}

/* Goes on at the next advertisement of the peer. */
static void connect(struct controller *c, const uint8_t *p)
{
    c->initiating = (struct initiating){
        .on = true,
        .accepted_only = p[4] & 1,
        .peer = read_address(p + 5),
        .own = controller_address(c, p[12]),
        .timing = {.interval = (uint16_t)syn_hci_get16(p + 15),
                   .latency = (uint16_t)syn_hci_get16(p + 17),
                   .timeout = (uint16_t)syn_hci_get16(p + 19)},
    };
}

static uint8_t cancel_check(struct controller *c, const uint8_t *p, struct answer *answer)
{
    (void)p, (void)answer;
    return c->initiating.on ? SYN_HCI_SUCCESS : SYN_HCI_DISALLOWED;
}

static void cancel(struct controller *c, const uint8_t *p)
{
    (void)p;
    uint8_t event[19] = {SYN_HCI_LE_CONNECTED, SYN_HCI_UNKNOWN_CONNECTION};
    event[5] = c->initiating.peer.type;
    memcpy(event + 6, c->initiating.peer.bytes, ADDRESS_BYTES);
    c->initiating.on = false;
    controller_le_event(c, event, sizeof event);
}

const struct command commands_le[] = {
    {0x2001, 25, 0, 8, COMPLETE, NULL, NULL}, /* set event mask */
    {0x2002, 25, 1, 0, COMPLETE, buffers, NULL},
    {0x2003, 25, 2, 0, COMPLETE, features, NULL},
    {0x2005, 25, 4, 6, COMPLETE, random_address, NULL},
    {0x2006, 25, 5, 15, COMPLETE, advert_parameters, NULL},
    {0x2007, 25, 6, 0, COMPLETE, power, NULL},
    {0x2008, 25, 7, 32, COMPLETE, advert_data, NULL},
    {0x2009, 26, 0, 32, COMPLETE, response_data, NULL},
    {0x200a, 26, 1, 1, COMPLETE, NULL, advertise},
    {0x200b, 26, 2, 7, COMPLETE, scan_parameters, NULL},
    {0x200c, 26, 3, 2, COMPLETE, scan, NULL},
    {0x200d, 26, 4, 25, STATUS, connect_check, connect},
    {0x200e, 26, 5, 0, COMPLETE, cancel_check, cancel},
    {0x200f, 26, 6, 0, COMPLETE, accept_size, NULL},
    {0x2010, 26, 7, 0, COMPLETE, accept_none, NULL},
    {0x2011, 27, 0, 7, COMPLETE, accept_add, NULL},
    {0x2012, 27, 1, 7, COMPLETE, accept_remove, NULL},
    {0x2014, 27, 3, 5, COMPLETE, NULL, NULL}, /* set host channel classification */
    {0x2018, 27, 7, 0, COMPLETE, random_number, NULL},
    {0x201c, 28, 3, 0, COMPLETE, states, NULL},
    {0x2023, 33, 7, 0, COMPLETE, default_length, NULL},
    {0x2024, 34, 0, 4, COMPLETE, NULL, NULL}, /* write suggested default length */
    {0x202f, 35, 3, 0, COMPLETE, longest, NULL},
    {0},
};
