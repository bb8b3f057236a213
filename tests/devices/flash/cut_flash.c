/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "devices/base/error.h"
#include "devices/base/hash.h"
#include "tests/devices/flash/cut_flash.h"

static uint32_t units(const struct cut_flash *f)
{
    return syn_flash_bytes(&f->flash) / f->flash.unit_bytes;
}

/* Counts an operation; true where it is the one that is cut. */
static bool is_cut(struct cut_flash *f)
{
    if (f->left == 0) {
        f->off = true;
        return true;
    }
    if (f->left != UINT64_MAX)
        f->left--;
    return false;
}

/* What an operation that was cut leaves of `size` bytes at `at`; NULL is erasing. */
static void spoil(struct cut_flash *f, uint8_t *at, const uint8_t *to, size_t size)
{
    unsigned kind = (unsigned)(syn_splitmix64(&f->random) % 5);
    size_t reached = syn_splitmix64(&f->random) % (size + 1);
    for (size_t i = 0; i < size; i++) {
        uint8_t target = to ? to[i] : SYN_FLASH_ERASED;
        uint8_t bits = (uint8_t)syn_splitmix64(&f->random);
        if (kind == 1 || (kind == 2 && i < reached))
            at[i] = target;
        else if (kind == 3)
            at[i] = (uint8_t)((at[i] & bits) | (target & ~bits));
        else if (kind == 4)
            at[i] = bits;
    }
}

static bool reads_erased(const uint8_t *at, size_t size)
{
    for (size_t i = 0; i < size; i++)
        if (at[i] != SYN_FLASH_ERASED)
            return false;
    return true;
}

/* After a cut in the units from `unit` on: those that read as erased are. */
static void mark_by_reading(struct cut_flash *f, uint32_t unit, uint32_t count)
{
    for (uint32_t u = unit; u < unit + count; u++)
        f->programmed[u] =
            !reads_erased(f->bytes + (size_t)u * f->flash.unit_bytes, f->flash.unit_bytes);
}

static int erase(void *ctx, uint32_t page)
{
    struct cut_flash *f = ctx;
    if (page >= f->flash.page_count)
        fail_msg("erases page %u of %u", page, f->flash.page_count);
    if (f->off)
        return SYN_EIO;
    uint32_t count = f->flash.page_bytes / f->flash.unit_bytes;
    uint8_t *at = f->bytes + (size_t)page * f->flash.page_bytes;
    if (is_cut(f)) {
        spoil(f, at, NULL, f->flash.page_bytes);
        mark_by_reading(f, page * count, count);
        return SYN_EIO;
    }
    memset(at, SYN_FLASH_ERASED, f->flash.page_bytes);
    memset(f->programmed + (size_t)page * count, 0, count * sizeof *f->programmed);
    f->erased++;
    return 0;
}

static int program_unit(struct cut_flash *f, uint32_t unit, const uint8_t *bytes)
{
    uint8_t *at = f->bytes + (size_t)unit * f->flash.unit_bytes;
    if (f->programmed[unit] || !reads_erased(at, f->flash.unit_bytes))
        fail_msg("programs unit %u, which is not erased", unit);
    if (is_cut(f)) {
        spoil(f, at, bytes, f->flash.unit_bytes);
        mark_by_reading(f, unit, 1);
        return SYN_EIO;
    }
    memcpy(at, bytes, f->flash.unit_bytes);
    f->programmed[unit] = true;
    f->written++;
    return 0;
}

static int program(void *ctx, uint32_t offset, const uint8_t *bytes, size_t size)
{
    struct cut_flash *f = ctx;
    uint32_t unit_bytes = f->flash.unit_bytes, bytes_all = syn_flash_bytes(&f->flash);
    if (offset % unit_bytes || size % unit_bytes || offset > bytes_all || size > bytes_all - offset)
        fail_msg("programs %zu bytes at %u", size, offset);
    for (size_t at = 0; at < size; at += unit_bytes) {
        if (f->off || program_unit(f, (uint32_t)((offset + at) / unit_bytes), bytes + at))
            return SYN_EIO;
    }
    return 0;
}

void cut_flash_init(struct cut_flash *f, uint32_t page_bytes, uint32_t page_count,
                    uint32_t unit_bytes, uint64_t seed)
{
    size_t size = (size_t)page_bytes * page_count;
    *f = (struct cut_flash){.left = UINT64_MAX, .random = seed};
    f->bytes = malloc(size);
    f->programmed = calloc(size / unit_bytes, sizeof *f->programmed);
    assert_non_null(f->bytes);
    assert_non_null(f->programmed);
    memset(f->bytes, SYN_FLASH_ERASED, size);
    f->flash = (struct syn_flash){.ctx = f,
                                  .bytes = f->bytes,
                                  .page_bytes = page_bytes,
                                  .page_count = page_count,
                                  .unit_bytes = unit_bytes,
                                  .erase = erase,
                                  .program = program};
}

void cut_flash_free(struct cut_flash *f)
{
    free(f->bytes);
    free(f->programmed);
    *f = (struct cut_flash){.off = true};
}

void cut_flash_copy(struct cut_flash *to, const struct cut_flash *from)
{
    assert_int_equal(syn_flash_bytes(&to->flash), syn_flash_bytes(&from->flash));
    memcpy(to->bytes, from->bytes, syn_flash_bytes(&from->flash));
    memcpy(to->programmed, from->programmed, units(from) * sizeof *from->programmed);
    to->erased = from->erased;
    to->written = from->written;
    cut_flash_power_on(to);
}

void cut_flash_cut_after(struct cut_flash *f, uint64_t operations)
{
    f->left = operations;
}

void cut_flash_power_on(struct cut_flash *f)
{
    f->off = false;
    f->left = UINT64_MAX;
}

uint64_t cut_flash_operations(const struct cut_flash *f)
{
    return f->erased + f->written;
}
