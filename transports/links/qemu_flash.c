/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "transports/links/qemu_flash.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/file.h"
#include "devices/boot/image.h"

enum { PATH_SIZE = 512 };

/* ---- as it comes from the factory ---- */

static int check(const struct syn_qemu_flash *flash, const char *path, const void *image,
                 size_t size, struct syn_error *error)
{
    struct syn_fw_image read;
    int rc = syn_fw_check(&read, image, size);
    if (rc == SYN_ECORRUPT)
        return syn_error_set(error, rc, "%s: a damaged firmware image", path);
    if (rc) {
        (void)syn_error_set(error, SYN_EINVAL, "%s: not a firmware image", path);
        syn_error_hint(error, "scripts/lib/image makes one of a program (ELF)");
        return SYN_EINVAL;
    }
    if (strcmp(read.board, flash->board) != 0)
        return syn_error_set(error, SYN_EINVAL, "%s: an image for %s", path,
                             read.board[0] ? read.board : "no board that it names");
    if (size > flash->slot)
        return syn_error_set(error, SYN_EOOR, "%s: too large for the slot (%zu of %zu bytes)", path,
                             size, flash->slot);
    return 0;
}

static int write_all(int fd, const uint8_t *bytes, size_t size, struct syn_error *error)
{
    while (size > 0) {
        ssize_t n = write(fd, bytes, size);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return syn_error_os(error, errno, "cannot write the flash of the board");
        bytes += n;
        size -= (size_t)n;
    }
    return 0;
}

static int write_factory(const struct syn_qemu_flash *flash, int fd, const void *image, size_t size,
                         struct syn_error *error)
{
    uint8_t *bytes = malloc(flash->erased);
    if (!bytes)
        return syn_error_set(error, SYN_ENOMEM, "out of memory");
    memset(bytes, 0xff, flash->erased);
    memcpy(bytes, image, size);
    int rc = write_all(fd, bytes, flash->erased, error);
    if (rc == 0 && ftruncate(fd, (off_t)flash->bytes) < 0)
        rc = syn_error_os(error, errno, "cannot make the flash of the board");
    free(bytes);
    return rc;
}

static int fill(const struct syn_qemu_flash *flash, int fd, const char *image_path,
                struct syn_error *error)
{
    void *image = NULL;
    size_t size = 0;
    int rc = syn_file_read(&image, &size, image_path, flash->erased, error);
    if (rc == 0)
        rc = check(flash, image_path, image, size, error);
    if (rc == 0)
        rc = write_factory(flash, fd, image, size, error);
    free(image);
    return rc;
}

static int in_memory(const struct syn_qemu_flash *flash, const char *image, struct syn_error *error)
{
    int fd = memfd_create("synergy-flash", 0);
    if (fd < 0)
        return syn_error_os(error, errno, "cannot make the flash of the board");
    int rc = fill(flash, fd, image, error);
    if (rc == 0)
        return fd;
    (void)close(fd);
    return rc;
}

/* ---- in a file ---- */

static int lock(int fd, const char *path, struct syn_error *error)
{
    if (flock(fd, LOCK_EX | LOCK_NB) == 0)
        return 0;
    if (errno == EWOULDBLOCK)
        return syn_error_set(error, SYN_EBUSY, "%s: another board runs on it", path);
    return syn_error_os(error, errno, "cannot lock %s", path);
}

/* Under another name until it is whole. */
static int make(const struct syn_qemu_flash *flash, const char *path, const char *image,
                struct syn_error *error)
{
    char name[PATH_SIZE];
    if (snprintf(name, sizeof name, "%s.new", path) >= (int)sizeof name)
        return syn_error_set(error, SYN_EINVAL, "%s: the name is too long", path);
    int fd = open(name, O_RDWR | O_CREAT | O_TRUNC, 0666);
    if (fd < 0)
        return syn_error_os(error, errno, "cannot make %s", path);
    int rc = lock(fd, path, error);
    if (rc == 0)
        rc = fill(flash, fd, image, error);
    if (rc == 0 && rename(name, path) < 0)
        rc = syn_error_os(error, errno, "cannot make %s", path);
    if (rc == 0)
        return fd;
    (void)unlink(name);
    (void)close(fd);
    return rc;
}

static int check_size(const struct syn_qemu_flash *flash, int fd, const char *path,
                      struct syn_error *error)
{
    struct stat status;
    if (fstat(fd, &status) < 0)
        return syn_error_os(error, errno, "cannot read %s", path);
    if (!S_ISREG(status.st_mode) || (uint64_t)status.st_size != flash->bytes)
        return syn_error_set(error, SYN_EINVAL, "%s: not the flash of such a board", path);
    return 0;
}

static bool is_empty(int fd)
{
    struct stat status;
    return fstat(fd, &status) == 0 && S_ISREG(status.st_mode) && status.st_size == 0;
}

/* Memory forgets what flash keeps. */
static int forget_memory(const struct syn_qemu_flash *flash, int fd, const char *path,
                         struct syn_error *error)
{
    if (ftruncate(fd, (off_t)flash->erased) < 0 || ftruncate(fd, (off_t)flash->bytes) < 0)
        return syn_error_os(error, errno, "cannot write %s", path);
    return 0;
}

int syn_qemu_flash_open(const struct syn_qemu_flash *flash, const char *path, const char *image,
                        struct syn_error *error)
{
    if (!path)
        return in_memory(flash, image, error);
    int fd = open(path, O_RDWR);
    if (fd < 0 && errno == ENOENT)
        return make(flash, path, image, error);
    if (fd < 0)
        return syn_error_os(error, errno, "cannot open %s", path);
    int rc = lock(fd, path, error);
    if (rc == 0)
        rc = is_empty(fd) ? fill(flash, fd, image, error) : check_size(flash, fd, path, error);
    if (rc == 0)
        rc = forget_memory(flash, fd, path, error);
    if (rc == 0)
        return fd;
    (void)close(fd);
    return rc;
}
