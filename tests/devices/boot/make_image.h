/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Firmware images for tests, written apart from the code that reads them. */
#ifndef SYN_TESTS_DEVICES_BOOT_MAKE_IMAGE_H
#define SYN_TESTS_DEVICES_BOOT_MAKE_IMAGE_H

#include <stddef.h>
#include <stdint.h>

struct make_image {
    const char *board; /* NULL: says none */
    uint8_t major;
    uint32_t payload_bytes;
    uint32_t header_bytes; /* 0: 32 */
    uint32_t load, flags;
    uint64_t seed; /* of the payload */
};

/* Bytes written to `to`, of which there are `size`; fails the test where they do not suffice. */
size_t make_image(uint8_t *to, size_t size, const struct make_image *what);

#endif
