/* SPDX-License-Identifier: MIT */
#include "devices/ble/gatt.h"

#include "devices/ble/port.h"

/* 8D53DC1D-1DB7-4CD3-868B-8A527460AA84 */
#define SMP_SERVICE                                                                                \
    0x84, 0xaa, 0x60, 0x74, 0x52, 0x8a, 0x8b, 0x86, 0xd3, 0x4c, 0xb7, 0x1d, 0x1d, 0xdc, 0x53, 0x8d
/* DA2E7828-FBCE-4E01-AE9E-261174997C48 */
#define SMP_MESSAGES                                                                               \
    0x48, 0x7c, 0x99, 0x74, 0x11, 0x26, 0x9e, 0xae, 0x01, 0x4e, 0xce, 0xfb, 0x28, 0x78, 0x2e, 0xda
/* 5E5D0001-9E3B-4F3C-8D2A-5359A6B20001 */
#define OUR_SERVICE                                                                                \
    0x01, 0x00, 0xb2, 0xa6, 0x59, 0x53, 0x2a, 0x8d, 0x3c, 0x4f, 0x3b, 0x9e, 0x01, 0x00, 0x5d, 0x5e
/* ABDD3056-28FA-441D-A470-55A75A52553A */
#define OUR_PSM                                                                                    \
    0x3a, 0x55, 0x52, 0x5a, 0xa7, 0x55, 0x70, 0xa4, 0x1d, 0x44, 0xfa, 0x28, 0x56, 0x30, 0xdd, 0xab

enum { CAN_READ = 2, CAN_WRITE_COMMAND = 4, CAN_NOTIFY = 0x10 }; /* of characteristics */
enum { CHARACTERISTIC = 0x2803, CONFIGURATION = 0x2902, DEVICE_NAME = 0x2a00, APPEARANCE = 0x2a01 };

const uint8_t syn_gatt_smp_service[16] = {SMP_SERVICE};
static const uint8_t smp_messages[16] = {SMP_MESSAGES};
const uint8_t syn_gatt_our_service[16] = {OUR_SERVICE};
static const uint8_t our_psm[16] = {OUR_PSM};

/* Properties, handle and UUID of a characteristic's value. */
static const uint8_t about_name[] = {CAN_READ, 3, 0, 0x00, 0x2a};
static const uint8_t about_appearance[] = {CAN_READ, 5, 0, 0x01, 0x2a};
static const uint8_t about_messages[] = {CAN_WRITE_COMMAND | CAN_NOTIFY, 8, 0, SMP_MESSAGES};
static const uint8_t about_psm[] = {CAN_READ, 12, 0, OUR_PSM};

static const uint8_t generic_access[] = {0x00, 0x18};
static const uint8_t generic_sensor[] = {0x40, 0x05};
static const uint8_t psm[] = {SYN_BLE_PSM_HOST & 0xff, SYN_BLE_PSM_HOST >> 8};

#define VALUE(bytes) .size = sizeof(bytes), .value = (bytes)
#define SERVICE(bytes, last)                                                                       \
    {                                                                                              \
        .type = SYN_GATT_PRIMARY_SERVICE, .access = SYN_GATT_READ, .end = (last), VALUE(bytes)     \
    }
#define ABOUT(bytes)                                                                               \
    {                                                                                              \
        .type = CHARACTERISTIC, .access = SYN_GATT_READ, VALUE(bytes)                              \
    }

const struct syn_gatt_attribute syn_gatt_attributes[SYN_GATT_COUNT] = {
    SERVICE(generic_access, 5),
    ABOUT(about_name),
    {.type = DEVICE_NAME, .access = SYN_GATT_READ, .kind = SYN_GATT_NAME},
    ABOUT(about_appearance),
    {.type = APPEARANCE, .access = SYN_GATT_READ, VALUE(generic_sensor)},
    SERVICE(syn_gatt_smp_service, 9),
    ABOUT(about_messages),
    {.uuid = smp_messages, .access = SYN_GATT_COMMAND, .kind = SYN_GATT_MESSAGES},
    {.type = CONFIGURATION, .access = SYN_GATT_READ | SYN_GATT_WRITE, .kind = SYN_GATT_SUBSCRIBED},
    SERVICE(syn_gatt_our_service, 12),
    ABOUT(about_psm),
    {.uuid = our_psm, .access = SYN_GATT_READ, VALUE(psm)},
};
