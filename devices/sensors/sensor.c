/* SPDX-License-Identifier: MIT */
#include "devices/sensors/sensor.h"

#include "devices/base/error.h"
#include "devices/sensors/formats.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#define FILE_MAX (256L * 1024 * 1024) /* unpacked */

/* ---- reading a file ---- */

/* Makes room for more; false when the file is too large or there is no memory. */
static bool grow(struct syn_sensor_file *f, size_t *room)
{
    size_t larger = *room ? 2 * *room : 65536;
    if (f->size > FILE_MAX)
        return false;
    uint8_t *content = realloc(f->content, larger);
    if (!content)
        return false;
    f->content = content;
    *room = larger;
    return true;
}

/* Takes the file whole; zlib reads packed and plain files alike. */
static int read_stream(gzFile in, struct syn_sensor_file *f, char *why, size_t why_size)
{
    size_t room = 0;
    int n;
    do {
        if (f->size == room && !grow(f, &room)) {
            (void)snprintf(why, why_size, "larger than %ld MiB", FILE_MAX >> 20);
            return SYN_EIO;
        }
        n = gzread(in, f->content + f->size, (unsigned)(room - f->size));
        if (n > 0)
            f->size += (size_t)n;
    } while (n > 0);
    int error = Z_OK;
    (void)gzerror(in, &error);
    if (n == 0 && (error == Z_OK || error == Z_STREAM_END))
        return 0;
    (void)snprintf(why, why_size, "cannot be read to its end");
    return error == Z_ERRNO ? SYN_EIO : SYN_ECORRUPT;
}

static int read_fd(int fd, struct syn_sensor_file *f, char *why, size_t why_size)
{
    struct stat st;
    if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode)) {
        (void)snprintf(why, why_size, "not a file");
        return SYN_EIO;
    }
    int copy = dup(fd);
    gzFile in = copy >= 0 ? gzdopen(copy, "rb") : NULL;
    if (!in) {
        if (copy >= 0)
            (void)close(copy);
        (void)snprintf(why, why_size, "no memory");
        return SYN_ENOMEM;
    }
    int rc = read_stream(in, f, why, why_size);
    (void)gzclose_r(in);
    return rc;
}

static int read_path(const char *path, struct syn_sensor_file *f, char *why, size_t why_size)
{
    /* Not blocking: a FIFO without a writer must not hang the device. */
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0) {
        (void)snprintf(why, why_size, "%s", strerror(errno));
        return errno == ENOENT ? SYN_ENOENT : SYN_EIO;
    }
    int rc = read_fd(fd, f, why, why_size);
    (void)close(fd);
    return rc;
}

/* ---- formats ---- */

static bool is_csv(const char *path)
{
    size_t length = strlen(path);
    return (length > 4 && strcasecmp(path + length - 4, ".csv") == 0) ||
           (length > 7 && strcasecmp(path + length - 7, ".csv.gz") == 0);
}

static bool starts(const struct syn_sensor_file *f, const char *magic, size_t size)
{
    return f->size >= size && memcmp(f->content, magic, size) == 0;
}

static int read_format(struct syn_sensor_file *f, const char *path, char *why, size_t why_size)
{
    static const struct {
        const char *magic;
        size_t size;
        int (*read)(struct syn_sensor_file *f, char *why, size_t why_size);
    } formats[] = {
        {"P5", 2, syn_sensor_read_pnm},
        {"P6", 2, syn_sensor_read_pnm},
        {"RIFF", 4, syn_sensor_read_wav},
        {"\0\0", 2, syn_sensor_read_idx},
    };
    if (is_csv(path))
        return syn_sensor_read_csv(f, why, why_size);
    for (size_t i = 0; i < sizeof formats / sizeof formats[0]; i++)
        if (starts(f, formats[i].magic, formats[i].size))
            return formats[i].read(f, why, why_size);
    (void)snprintf(why, why_size, "neither IDX, PGM, PPM, WAV nor .csv");
    return SYN_ECORRUPT;
}

static int read_file(struct syn_sensor_file *f, const char *path, char *why, size_t why_size)
{
    int rc = read_path(path, f, why, why_size);
    return rc ? rc : read_format(f, path, why, why_size);
}

static bool is_folder(const char *path)
{
    struct stat st;
    return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

int syn_sensor_open(struct syn_sensor_file **file, const char *path, char *why, size_t why_size)
{
    char words[160] = "";
    struct syn_sensor_file *f = calloc(1, sizeof *f);
    *file = NULL;
    int rc = SYN_ENOMEM;
    if (f && is_folder(path))
        rc = syn_sensor_read_folder(f, path, words, sizeof words);
    else if (f)
        rc = read_file(f, path, words, sizeof words);
    if (rc) {
        (void)snprintf(why, why_size, "%s: %s", path, words[0] ? words : "no memory");
        syn_sensor_close(f);
        return rc;
    }
    *file = f;
    return 0;
}

void syn_sensor_close(struct syn_sensor_file *file)
{
    if (!file)
        return;
    syn_sensor_free_folder(file->folder);
    free(file->content);
    free(file);
}

/* ---- windows ---- */

long syn_sensor_windows(const struct syn_sensor_file *file, size_t bytes)
{
    if (bytes == 0 || file->folder)
        return (long)file->count;
    if (file->window == 0)
        return file->count && file->count < bytes ? 1 : (long)(file->count / bytes);
    return file->window == bytes ? (long)file->count : 0;
}

/* Interleaved to planes: the model takes C,H,W. */
static void copy_planes(const uint8_t *from, size_t pixels, int8_t *to)
{
    for (size_t c = 0; c < 3; c++)
        for (size_t i = 0; i < pixels; i++)
            to[c * pixels + i] = (int8_t)(from[i * 3 + c] - 128);
}

static void copy_window(const struct syn_sensor_file *file, size_t start, size_t bytes, int8_t *to)
{
    const uint8_t *data = file->content + file->data;
    switch (file->coding) {
    case SYN_CODING_GRAY:
        for (size_t i = 0; i < bytes; i++)
            to[i] = (int8_t)(data[start + i] - 128);
        break;
    case SYN_CODING_RGB:
        copy_planes(data + start, bytes / 3, to);
        break;
    case SYN_CODING_SOUND:
        syn_sensor_copy_sound(file, start, bytes, to);
        break;
    case SYN_CODING_SIGNED:
        memcpy(to, data + start, bytes);
        break;
    }
}

static int sound_of_folder(const struct syn_sensor_folder *folder, size_t index, size_t bytes,
                           int8_t *window, char *why, size_t why_size)
{
    struct syn_sensor_file *sound = NULL;
    int rc = syn_sensor_folder_open(folder, index, &sound, why, why_size);
    if (rc == 0)
        copy_window(sound, syn_sensor_loudest(sound, bytes), bytes, window);
    syn_sensor_close(sound);
    return rc;
}

int syn_sensor_window_or_why(const struct syn_sensor_file *file, uint64_t index, size_t bytes,
                             int8_t *window, char *why, size_t why_size)
{
    long windows = syn_sensor_windows(file, bytes);
    if (windows <= 0) {
        (void)snprintf(why, why_size, "it holds no windows of %zu bytes", bytes);
        return SYN_EINVAL;
    }
    index %= (uint64_t)windows;
    if (file->folder)
        return sound_of_folder(file->folder, (size_t)index, bytes, window, why, why_size);
    copy_window(file, (size_t)index * bytes, bytes, window);
    return 0;
}

int syn_sensor_window(const struct syn_sensor_file *file, uint64_t index, size_t bytes,
                      int8_t *window)
{
    char why[256];
    return syn_sensor_window_or_why(file, index, bytes, window, why, sizeof why);
}

const char *syn_sensor_label(const struct syn_sensor_file *file, uint64_t index)
{
    return file->folder ? syn_sensor_folder_label(file->folder, (size_t)(index % file->count))
                        : NULL;
}
