/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int refused(struct syn_error *error, const char *path, const char *verb)
{
    int code = syn_error_os(error, errno, "cannot %s", verb);
    syn_error_where(error, path, 0, 0);
    return code;
}

static int wrong(struct syn_error *error, int code, const char *path, const char *what)
{
    syn_error_set(error, code, "%s", what);
    syn_error_where(error, path, 0, 0);
    return code;
}

static int check_kind(int fd, const char *path, size_t max, size_t *size, struct syn_error *error)
{
    struct stat info;
    if (fstat(fd, &info) < 0)
        return refused(error, path, "read");
    if (!S_ISREG(info.st_mode))
        return wrong(error, SYN_EINVAL, path, "not a regular file");
    if ((uintmax_t)info.st_size > max) {
        syn_error_set(error, SYN_EINVAL, "%ju bytes; at most %zu are read", (uintmax_t)info.st_size,
                      max);
        syn_error_where(error, path, 0, 0);
        return SYN_EINVAL;
    }
    *size = (size_t)info.st_size;
    return 0;
}

/* Reads until `size` bytes or the end; the file may have shrunk since it was measured. */
static ssize_t read_all(int fd, char *to, size_t size)
{
    size_t done = 0;
    while (done < size) {
        ssize_t n = read(fd, to + done, size - done);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return -1;
        if (n == 0)
            break;
        done += (size_t)n;
    }
    return (ssize_t)done;
}

int syn_file_read(void **data, size_t *size, const char *path, size_t max, struct syn_error *error)
{
    char *text = NULL;
    size_t length = 0;
    int result = 0;
    *data = NULL;
    *size = 0;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        return refused(error, path, "open");
    result = check_kind(fd, path, max, &length, error);
    if (result < 0)
        goto out;
    text = malloc(length + 1);
    if (!text) {
        result = wrong(error, SYN_ENOMEM, path, "not enough memory");
        goto out;
    }
    ssize_t got = read_all(fd, text, length);
    if (got < 0) {
        result = refused(error, path, "read");
        goto out;
    }
    text[got] = '\0';
    *data = text;
    *size = (size_t)got;
    text = NULL;
out:
    free(text);
    close(fd);
    return result;
}

static int write_all(int fd, const char *from, size_t size)
{
    while (size > 0) {
        ssize_t n = write(fd, from, size);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return -1;
        from += n;
        size -= (size_t)n;
    }
    return 0;
}

static mode_t file_mode(const char *path)
{
    struct stat info;
    return stat(path, &info) == 0 ? info.st_mode & 0777 : 0644;
}

static int fill(int fd, const char *path, const void *data, size_t size)
{
    if (write_all(fd, data, size) < 0 || fchmod(fd, file_mode(path)) < 0)
        return -1;
    return fsync(fd);
}

/* Without this the new name may be lost in a crash although the contents are on the disk. */
static void sync_folder(const char *path)
{
    char *folder = syn_file_folder(path);
    int fd = folder ? open(*folder ? folder : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
    if (fd >= 0) {
        (void)fsync(fd);
        close(fd);
    }
    free(folder);
}

int syn_file_write(const char *path, const void *data, size_t size, struct syn_error *error)
{
    size_t length = strlen(path) + sizeof ".XXXXXX";
    char *temporary = malloc(length);
    if (!temporary)
        return wrong(error, SYN_ENOMEM, path, "not enough memory");
    (void)snprintf(temporary, length, "%s.XXXXXX", path);
    int result = 0;
    int fd = mkstemp(temporary);
    if (fd < 0) {
        result = refused(error, path, "write");
        goto out;
    }
    bool filled = fill(fd, path, data, size) == 0;
    bool closed = close(fd) == 0;
    if (!filled || !closed || rename(temporary, path) < 0) {
        result = refused(error, path, "write");
        unlink(temporary);
        goto out;
    }
    sync_folder(path);
out:
    free(temporary);
    return result;
}

char *syn_file_folder(const char *path)
{
    const char *slash = strrchr(path, '/');
    return strndup(path, slash ? (size_t)(slash - path) + 1 : 0);
}
