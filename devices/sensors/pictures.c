/* SPDX-License-Identifier: MIT */
/* IDX (the format of MNIST) and PGM / PPM. */
#include "devices/sensors/formats.h"

#include "devices/base/error.h"

#include <ctype.h>
#include <stdio.h>

enum { IDX_HEAD = 16, IDX_UBYTE = 8, IDX_DIMENSIONS = 3 };

static uint32_t be32(const uint8_t *p)
{
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static int check_idx_type(const struct syn_sensor_file *f, char *why, size_t why_size)
{
    if (f->size < IDX_HEAD)
        (void)snprintf(why, why_size, "cut off in its header");
    else if (f->content[2] != IDX_UBYTE)
        (void)snprintf(why, why_size, "IDX of type 0x%02x, unsigned bytes (0x08) are needed",
                       f->content[2]);
    else if (f->content[3] != IDX_DIMENSIONS)
        (void)snprintf(why, why_size,
                       "IDX of %u dimensions, 3 are needed (pictures, rows, columns)",
                       f->content[3]);
    else
        return 0;
    return SYN_ECORRUPT;
}

int syn_sensor_read_idx(struct syn_sensor_file *f, char *why, size_t why_size)
{
    if (check_idx_type(f, why, why_size))
        return SYN_ECORRUPT;
    uint64_t n = be32(f->content + 4), rows = be32(f->content + 8), columns = be32(f->content + 12);
    uint64_t there = f->size - IDX_HEAD;
    if (n == 0 || rows == 0 || columns == 0) {
        (void)snprintf(why, why_size, "holds no pictures");
        return SYN_ECORRUPT;
    }
    if (rows * columns > there || n != there / (rows * columns) || there % (rows * columns)) {
        (void)snprintf(why, why_size, "%llu pictures of %llux%llu do not match its %llu bytes",
                       (unsigned long long)n, (unsigned long long)rows, (unsigned long long)columns,
                       (unsigned long long)there);
        return SYN_ECORRUPT;
    }
    f->coding = SYN_CODING_GRAY;
    f->data = IDX_HEAD;
    f->window = (size_t)(rows * columns);
    f->count = (size_t)n;
    return 0;
}

/* ---- PGM, PPM ---- */

/* Skips white space and comments; returns where the next word begins. */
static size_t skip_space(const struct syn_sensor_file *f, size_t at)
{
    while (at < f->size && (isspace(f->content[at]) || f->content[at] == '#')) {
        if (f->content[at] == '#')
            while (at < f->size && f->content[at] != '\n')
                at++;
        else
            at++;
    }
    return at;
}

/* A number of at most five digits; 0 where there is none. */
static size_t read_number(const struct syn_sensor_file *f, size_t at, uint32_t *number)
{
    size_t begin = skip_space(f, at);
    *number = 0;
    for (at = begin; at < f->size && at - begin < 5 && isdigit(f->content[at]); at++)
        *number = *number * 10 + (f->content[at] - (uint32_t)'0');
    return at;
}

int syn_sensor_read_pnm(struct syn_sensor_file *f, char *why, size_t why_size)
{
    uint32_t width, height, max;
    size_t channels = f->content[1] == '6' ? 3 : 1;
    size_t at = read_number(f, 2, &width);
    at = read_number(f, at, &height);
    at = read_number(f, at, &max);
    if (width == 0 || height == 0 || at >= f->size || !isspace(f->content[at])) {
        (void)snprintf(why, why_size, "the header does not give width, height and maximum");
        return SYN_ECORRUPT;
    }
    if (max != 255) {
        (void)snprintf(why, why_size, "values up to %u, 255 is needed", max);
        return SYN_ECORRUPT;
    }
    f->coding = channels == 3 ? SYN_CODING_RGB : SYN_CODING_GRAY;
    f->data = at + 1;
    f->window = (size_t)width * height * channels;
    f->count = 1;
    if (f->size - f->data != f->window) {
        (void)snprintf(why, why_size, "%ux%u pixels need %zu bytes, %zu are there", width, height,
                       f->window, f->size - f->data);
        return SYN_ECORRUPT;
    }
    return 0;
}
