/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The four functions that a freestanding compiler expects of whoever builds firmware. */
#ifndef SYN_TESTS_DEVICES_PART_M4_STRING_H
#define SYN_TESTS_DEVICES_PART_M4_STRING_H

#include <stddef.h>

void *memcpy(void *to, const void *from, size_t size);
void *memmove(void *to, const void *from, size_t size);
void *memset(void *bytes, int value, size_t size);
int memcmp(const void *a, const void *b, size_t size);

#endif
