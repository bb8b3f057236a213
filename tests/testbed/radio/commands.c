/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What hosts may ask of a controller: running a command by its row, and rows about itself. */
#include <string.h>

#include "tests/testbed/radio/parts.h"

enum {
    COMMAND_HEADER = 4,
    VERSION_5_0 = 9,
    NO_COMPANY = 0xffff,
    SUPPORTED_BYTES = 64,
    LE_SUPPORTED = 0x40, /* in octet 4 of the features of BR/EDR controllers */
    NO_BREDR = 0x20,
};

static const struct command *const tables[] = {commands_own, commands_le, commands_link};

/* ---- rows ---- */

static void reset(struct controller *c, const uint8_t *p)
{
    (void)p;
    controller_forget(c);
}

static uint8_t version(struct controller *c, const uint8_t *p, struct answer *answer)
{
    (void)c, (void)p;
    answer->bytes[0] = answer->bytes[3] = VERSION_5_0;
    syn_hci_put16(answer->bytes + 4, NO_COMPANY);
    answer->size = 8;
    return SYN_HCI_SUCCESS;
}

static uint8_t supported(struct controller *c, const uint8_t *p, struct answer *answer)
{
    (void)c, (void)p;
    for (size_t t = 0; t < sizeof tables / sizeof tables[0]; t++)
        for (const struct command *row = tables[t]; row->opcode; row++)
            if (row->octet < SUPPORTED_BYTES)
                answer->bytes[row->octet] |= (uint8_t)(1U << row->bit);
    answer->size = SUPPORTED_BYTES;
    return SYN_HCI_SUCCESS;
}

static uint8_t features(struct controller *c, const uint8_t *p, struct answer *answer)
{
    (void)c, (void)p;
    answer->bytes[4] = LE_SUPPORTED | NO_BREDR;
    answer->size = 8;
    return SYN_HCI_SUCCESS;
}

/* No buffers of BR/EDR: hosts use those of LE. */
static uint8_t buffers(struct controller *c, const uint8_t *p, struct answer *answer)
{
    (void)c, (void)p;
    answer->size = 7;
    return SYN_HCI_SUCCESS;
}

static uint8_t public_address(struct controller *c, const uint8_t *p, struct answer *answer)
{
    (void)p;
    memcpy(answer->bytes, c->public, ADDRESS_BYTES);
    answer->size = ADDRESS_BYTES;
    return SYN_HCI_SUCCESS;
}

static uint8_t write_address(struct controller *c, const uint8_t *p, struct answer *answer)
{
    (void)answer;
    memcpy(c->public, p, ADDRESS_BYTES);
    return SYN_HCI_SUCCESS;
}

enum { NOWHERE = 255 }; /* not told as supported: a vendor's */

const struct command commands_own[] = {
    {0x0c01, 5, 6, 8, COMPLETE, NULL, NULL}, /* set event mask */
    {0x0c03, 5, 7, 0, COMPLETE, NULL, reset},
    {0x0c63, 22, 2, 8, COMPLETE, NULL, NULL}, /* set event mask, second page */
    {0x0c6d, 24, 6, 2, COMPLETE, NULL, NULL}, /* write LE host support */
    {0x1001, 14, 3, 0, COMPLETE, version, NULL},
    {0x1002, 14, 4, 0, COMPLETE, supported, NULL},
    {0x1003, 14, 5, 0, COMPLETE, features, NULL},
    {0x1005, 14, 7, 0, COMPLETE, buffers, NULL},
    {0x1009, 15, 1, 0, COMPLETE, public_address, NULL},
    {0xfc06, NOWHERE, 0, 6, COMPLETE, write_address, NULL},
    {0},
};

/* ---- running ---- */

static const struct command *find(unsigned opcode)
{
    for (size_t t = 0; t < sizeof tables / sizeof tables[0]; t++)
        for (const struct command *row = tables[t]; row->opcode; row++)
            if (row->opcode == opcode)
                return row;
    return NULL;
}

static void answer_complete(struct controller *c, unsigned opcode, uint8_t status,
                            const struct answer *answer)
{
    uint8_t event[4 + sizeof answer->bytes] = {1};
    syn_hci_put16(event + 1, opcode);
    event[3] = status;
    memcpy(event + 4, answer->bytes, answer->size);
    controller_event(c, SYN_HCI_COMPLETE, event, 4 + answer->size);
}

static void answer_status(struct controller *c, unsigned opcode, uint8_t status)
{
    uint8_t event[4] = {status, 1};
    syn_hci_put16(event + 2, opcode);
    controller_event(c, SYN_HCI_STATUS, event, sizeof event);
}

void command_run(struct controller *c, const uint8_t *packet, size_t size)
{
    const uint8_t *parameters = packet + COMMAND_HEADER;
    unsigned opcode = syn_hci_get16(packet + 1);
    const struct command *row = find(opcode);
    struct answer answer = {.size = 0};
    uint8_t status = SYN_HCI_SUCCESS;
    if (!row)
        status = SYN_HCI_UNKNOWN_COMMAND;
    else if (size - COMMAND_HEADER < row->size)
        status = SYN_HCI_INVALID;
    else if (row->run)
        status = row->run(c, parameters, &answer);
    if (row && row->how == STATUS)
        answer_status(c, opcode, status);
    else
        answer_complete(c, opcode, status, &answer);
    if (row && row->then && status == SYN_HCI_SUCCESS)
        row->then(c, parameters);
}
