/* SPDX-License-Identifier: MIT */
#include "devices/ports/posix/files.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Links would lead out of the folder, and anything but a plain file might block. */
static int open_plain(const struct syn_folder *f, const char *name, int flags)
{
    struct stat st;
    int fd = openat(f->fd, name, flags | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0644);
    if (fd < 0)
        return errno == ENOENT ? SYN_ENOENT : SYN_EIO;
    if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode))
        return fd;
    (void)close(fd);
    return SYN_ENOENT;
}

static int64_t file_size(void *ctx, const char *name)
{
    struct stat st;
    int fd = open_plain(ctx, name, O_RDONLY);
    if (fd < 0)
        return fd;
    int rc = fstat(fd, &st);
    (void)close(fd);
    return rc == 0 ? (int64_t)st.st_size : SYN_EIO;
}

static long read_at(void *ctx, const char *name, uint32_t offset, void *data, size_t size)
{
    int fd = open_plain(ctx, name, O_RDONLY);
    if (fd < 0)
        return fd;
    ssize_t n = pread(fd, data, size, offset);
    (void)close(fd);
    return n < 0 ? SYN_EIO : (long)n;
}

/* Bytes of all files but `name`. */
static int64_t bytes_beside(const struct syn_folder *f, const char *name)
{
    int fd = openat(f->fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *dir = fd < 0 ? NULL : fdopendir(fd);
    const struct dirent *entry;
    int64_t bytes = 0;
    struct stat st;
    if (!dir)
        return SYN_EIO;
    while ((entry = readdir(dir)))
        if (strcmp(entry->d_name, name) != 0 &&
            fstatat(f->fd, entry->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(st.st_mode))
            bytes += st.st_size;
    (void)closedir(dir);
    return bytes;
}

static int write_at(void *ctx, const char *name, uint32_t offset, const void *data, size_t size)
{
    const struct syn_folder *f = ctx;
    int64_t beside = bytes_beside(f, name);
    if (beside < 0 || beside + offset + (int64_t)size > SYN_FOLDER_MAX)
        return beside < 0 ? SYN_EIO : SYN_ENOMEM;
    int fd = open_plain(f, name, O_WRONLY | (offset == 0 ? O_CREAT : 0));
    if (fd < 0)
        return fd;
    bool whole = ftruncate(fd, offset) == 0 && pwrite(fd, data, size, offset) == (ssize_t)size;
    (void)close(fd);
    return whole ? 0 : SYN_EIO;
}

int syn_folder_open(struct syn_folder *f, const char *path, struct syn_error *error)
{
    *f = (struct syn_folder){.fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC),
                             .files = {f, file_size, read_at, write_at}};
    if (f->fd >= 0)
        return 0;
    return syn_error_set(error, errno == ENOENT || errno == ENOTDIR ? SYN_ENOENT : SYN_EIO,
                         "--files %s: %s", path, strerror(errno));
}

void syn_folder_close(struct syn_folder *f)
{
    if (f->fd >= 0)
        (void)close(f->fd);
    f->fd = -1;
}
