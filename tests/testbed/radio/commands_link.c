/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Commands about one connection: their parameters begin with its handle. */
#include <string.h>

#include "tests/testbed/radio/parts.h"

enum {
    VERSION_5_0 = 9,
    NO_COMPANY = 0xffff,
    FEATURES = 0x21, /* encryption, data length */
    RSSI = -50,
    CHANNEL_BYTES = 5,
    ID_BYTES = 10, /* random number and diversifier of a key */
    KEY_AT = 2 + ID_BYTES,
};

static struct end *find(struct controller *c, const uint8_t *p)
{
    return links_find(c, syn_hci_get16(p));
}

/* The answer repeats the handle. */
static uint8_t known(struct controller *c, const uint8_t *p, struct answer *answer)
{
    memcpy(answer->bytes, p, 2);
    answer->size = 2;
    return find(c, p) ? SYN_HCI_SUCCESS : SYN_HCI_UNKNOWN_CONNECTION;
}

static void disconnect(struct controller *c, const uint8_t *p)
{
    links_disconnect(find(c, p), p[2]);
}

static uint8_t rssi(struct controller *c, const uint8_t *p, struct answer *answer)
{
    uint8_t status = known(c, p, answer);
    answer->bytes[answer->size++] = (uint8_t)RSSI;
    return status;
}

static uint8_t power(struct controller *c, const uint8_t *p, struct answer *answer)
{
    uint8_t status = known(c, p, answer);
    answer->bytes[answer->size++] = 0;
    return status;
}

static uint8_t channels(struct controller *c, const uint8_t *p, struct answer *answer)
{
    uint8_t status = known(c, p, answer);
    memset(answer->bytes + answer->size, 0xff, CHANNEL_BYTES);
    answer->bytes[answer->size + CHANNEL_BYTES - 1] = 0x1f; /* there are 37 */
    answer->size += CHANNEL_BYTES;
    return status;
}

static void remote_version(struct controller *c, const uint8_t *p)
{
    uint8_t event[8] = {0, 0, 0, VERSION_5_0};
    syn_hci_put16(event + 4, NO_COMPANY);
    links_event(find(c, p), SYN_HCI_REMOTE_VERSION, event, sizeof event);
}

/* An LE event: its subevent, the status, the handle and `rest`. */
static void le_event(const struct end *end, uint8_t subevent, const uint8_t *rest, size_t size)
{
    uint8_t event[16] = {subevent};
    syn_hci_put16(event + 2, links_handle(end));
    memcpy(event + 4, rest, size);
    controller_le_event(end->at, event, 4 + size);
}

static void remote_features(struct controller *c, const uint8_t *p)
{
    const uint8_t features[8] = {FEATURES};
    le_event(find(c, p), SYN_HCI_LE_FEATURES, features, sizeof features);
}

/* Both ends are told the greatest interval that was asked for. */
static void update(struct controller *c, const uint8_t *p)
{
    struct end *end = find(c, p);
    struct link *link = end->link;
    link->timing = (struct timing){.interval = (uint16_t)syn_hci_get16(p + 4),
                                   .latency = (uint16_t)syn_hci_get16(p + 6),
                                   .timeout = (uint16_t)syn_hci_get16(p + 8)};
    for (unsigned i = 0; i < 2; i++)
        if (link->ends[i].at)
            le_event(&link->ends[i], SYN_HCI_LE_UPDATED, p + 4, 6);
}

/* ---- encryption: nothing is encrypted, but keys must be the same ---- */

static void encrypted(struct link *link, uint8_t status)
{
    const uint8_t change[4] = {status, 0, 0, status == SYN_HCI_SUCCESS};
    bool again = link->encrypted && status == SYN_HCI_SUCCESS;
    for (unsigned i = 0; i < 2; i++) {
        if (link->ends[i].at && again)
            links_event(&link->ends[i], SYN_HCI_KEY_REFRESHED, change, 3);
        else if (link->ends[i].at)
            links_event(&link->ends[i], SYN_HCI_ENCRYPTION_CHANGE, change, sizeof change);
    }
    link->encrypted |= status == SYN_HCI_SUCCESS;
}

static void encrypt(struct controller *c, const uint8_t *p)
{
    struct end *end = find(c, p);
    struct controller *peer = links_peer(end);
    memcpy(end->link->key, p + KEY_AT, KEY_BYTES);
    if (!peer)
        return;
    uint8_t event[3 + ID_BYTES] = {SYN_HCI_LE_KEY_REQUEST};
    syn_hci_put16(event + 1, links_handle(&end->link->ends[1]));
    memcpy(event + 3, p + 2, ID_BYTES);
    controller_le_event(peer, event, sizeof event);
}

static void key(struct controller *c, const uint8_t *p)
{
    struct link *link = find(c, p)->link;
    bool same = memcmp(link->key, p + 2, KEY_BYTES) == 0;
    encrypted(link, same ? SYN_HCI_SUCCESS : SYN_HCI_MIC_FAILURE);
}

static void no_key(struct controller *c, const uint8_t *p)
{
    encrypted(find(c, p)->link, SYN_HCI_KEY_MISSING);
}

const struct command commands_link[] = {
    {0x0406, 0, 5, 3, STATUS, known, disconnect},
    {0x041d, 2, 7, 2, STATUS, known, remote_version},
    {0x0c2d, 10, 2, 3, COMPLETE, power, NULL},
    {0x1405, 15, 5, 2, COMPLETE, rssi, NULL},
    {0x2013, 27, 2, 14, STATUS, known, update},
    {0x2015, 27, 4, 2, COMPLETE, channels, NULL},
    {0x2016, 27, 5, 2, STATUS, known, remote_features},
    {0x2019, 28, 0, 28, STATUS, known, encrypt},
    {0x201a, 28, 1, 18, COMPLETE, known, key},
    {0x201b, 28, 2, 2, COMPLETE, known, no_key},
    {0x2022, 33, 6, 6, COMPLETE, known, NULL}, /* set data length */
    {0},
};
