/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Numbers of the Host Controller Interface (Bluetooth Core Specification, volume 4, part E). */
#ifndef SYN_TESTBED_RADIO_HCI_H
#define SYN_TESTBED_RADIO_HCI_H

#include <stdint.h>

enum syn_hci_event {
    SYN_HCI_DISCONNECTED = 0x05,
    SYN_HCI_ENCRYPTION_CHANGE = 0x08,
    SYN_HCI_REMOTE_VERSION = 0x0c,
    SYN_HCI_COMPLETE = 0x0e,
    SYN_HCI_STATUS = 0x0f,
    SYN_HCI_HARDWARE_ERROR = 0x10,
    SYN_HCI_PACKETS_COMPLETED = 0x13,
    SYN_HCI_KEY_REFRESHED = 0x30,
    SYN_HCI_LE = 0x3e,
};

enum syn_hci_le_event {
    SYN_HCI_LE_CONNECTED = 1,
    SYN_HCI_LE_REPORT = 2,
    SYN_HCI_LE_UPDATED = 3,
    SYN_HCI_LE_FEATURES = 4,
    SYN_HCI_LE_KEY_REQUEST = 5,
};

enum syn_hci_error {
    SYN_HCI_SUCCESS = 0x00,
    SYN_HCI_UNKNOWN_COMMAND = 0x01,
    SYN_HCI_UNKNOWN_CONNECTION = 0x02,
    SYN_HCI_KEY_MISSING = 0x06,
    SYN_HCI_MEMORY_FULL = 0x07,
    SYN_HCI_TIMEOUT = 0x08,
    SYN_HCI_DISALLOWED = 0x0c,
    SYN_HCI_INVALID = 0x12,
    SYN_HCI_BY_LOCAL_HOST = 0x16,
    SYN_HCI_MIC_FAILURE = 0x3d,
};

enum syn_hci_advert { /* types of advertising, and of reports */
                      SYN_HCI_ADV_CONNECTABLE = 0,
                      SYN_HCI_ADV_DIRECTED = 1,
                      SYN_HCI_ADV_SCANNABLE = 2,
                      SYN_HCI_ADV_BROADCAST = 3,
                      SYN_HCI_SCAN_RESPONSE = 4,
};

static inline unsigned syn_hci_get16(const uint8_t *p)
{
    return p[0] | (unsigned)p[1] << 8;
}

static inline void syn_hci_put16(uint8_t *p, unsigned value)
{
    p[0] = (uint8_t)value;
    p[1] = (uint8_t)(value >> 8);
}

#endif
