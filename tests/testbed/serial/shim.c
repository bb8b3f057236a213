/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Preloaded, for tests only: serial ports that are pseudo terminals, for an unmodified
 * libserialport and the console above it (README.md).
 *
 * $SERIAL_LAB is a folder with a `dev` and a `sys/class/tty` of its own; `plug` fills it. Paths of
 * devices that are there, and all of /dev/serial and /sys/class/tty, lead into it. What a terminal
 * has no answer to, the lines of a modem, is remembered here: DTR comes back as DSR and carrier,
 * RTS as CTS. Without $SERIAL_LAB nothing is changed.
 */
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FDS = 1024, HOPS = 16 };

/* ISO C has no conversion from an object's address to a function's. */
#define NEXT(name, type)                                                                           \
    static type next_##name;                                                                       \
    if (!next_##name) {                                                                            \
        void *found = dlsym(RTLD_NEXT, #name);                                                     \
        memcpy(&next_##name, &found, sizeof found);                                                \
    }

typedef int (*stat_function)(const char *, struct stat *);
typedef int (*xstat_function)(int, const char *, struct stat *);
typedef int (*open_function)(const char *, int, ...);
typedef FILE *(*fopen_function)(const char *, const char *);
typedef DIR *(*opendir_function)(const char *);
typedef int (*access_function)(const char *, int);
typedef ssize_t (*readlink_function)(const char *, char *, size_t);
typedef char *(*realpath_function)(const char *, char *);
typedef int (*ioctl_function)(int, unsigned long, ...);

static ssize_t read_link(const char *path, char *to, size_t size)
{
    NEXT(readlink, readlink_function)
    return next_readlink(path, to, size);
}

static bool begins(const char *path, const char *with)
{
    return strncmp(path, with, strlen(with)) == 0;
}

/* Where `path` leads: into the lab, or to itself. */
static const char *way(const char *path, char room[PATH_MAX])
{
    const char *lab = getenv("SERIAL_LAB");
    char target[2];
    bool class = begins(path, "/sys/class/tty"), serial = begins(path, "/dev/serial");
    if (!lab || !lab[0] || (!class && !serial && !begins(path, "/dev/")))
        return path;
    int n = snprintf(room, PATH_MAX, "%s%s", lab, path);
    if (n < 0 || n >= PATH_MAX)
        return path;
    /* A device of the lab is a symbolic link to its terminal. */
    return class || serial || read_link(room, target, sizeof target) > 0 ? room : path;
}

/* ---- files ---- */

int stat(const char *path, struct stat *st)
{
    NEXT(stat, stat_function)
    char room[PATH_MAX];
    return next_stat(way(path, room), st);
}

/* A device of the lab is no link to those who look. */
static bool is_device(const char *path)
{
    return begins(path, "/dev/") && !begins(path, "/dev/serial");
}

int lstat(const char *path, struct stat *st)
{
    NEXT(lstat, stat_function)
    char room[PATH_MAX];
    const char *to = way(path, room);
    return to != path && is_device(path) ? stat(path, st) : next_lstat(to, st);
}

/* What programs that were linked with an older libc call. */
int __lxstat(int version, const char *path, struct stat *st);
int __lxstat(int version, const char *path, struct stat *st)
{
    NEXT(__lxstat, xstat_function)
    char room[PATH_MAX];
    return next___lxstat(version, way(path, room), st);
}

int access(const char *path, int mode)
{
    NEXT(access, access_function)
    char room[PATH_MAX];
    return next_access(way(path, room), mode);
}

ssize_t readlink(const char *path, char *to, size_t size)
{
    char room[PATH_MAX];
    const char *there = way(path, room);
    if (there != path && is_device(path)) {
        errno = EINVAL;
        return -1;
    }
    return read_link(there, to, size);
}

int open(const char *path, int flags, ...)
{
    NEXT(open, open_function)
    char room[PATH_MAX];
    va_list args;
    va_start(args, flags);
    mode_t mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(args, mode_t) : 0;
    va_end(args);
    return next_open(way(path, room), flags, mode);
}

int open64(const char *path, int flags, ...) __attribute__((alias("open")));

int __open_2(const char *path, int flags);
int __open_2(const char *path, int flags)
{
    return open(path, flags, 0);
}

FILE *fopen(const char *path, const char *mode)
{
    NEXT(fopen, fopen_function)
    char room[PATH_MAX];
    return next_fopen(way(path, room), mode);
}

DIR *opendir(const char *path)
{
    NEXT(opendir, opendir_function)
    char room[PATH_MAX];
    return next_opendir(way(path, room));
}

/* ---- real paths: to a device of the lab, not to its terminal ---- */

/* One link further: of /dev/serial/by-id/x to /dev/ttyUSB0. Both are of PATH_MAX bytes. */
static bool follow(char *path)
{
    char target[PATH_MAX], base[PATH_MAX];
    ssize_t n = readlink(path, target, sizeof target - 1);
    if (n <= 0)
        return false;
    target[n] = 0;
    (void)snprintf(base, sizeof base, "%s", path);
    *strrchr(base, '/') = 0;
    const char *rest = target;
    while (begins(rest, "../") && strrchr(base, '/')) {
        *strrchr(base, '/') = 0;
        rest += 3;
    }
    size_t used = strlen(base);
    if (target[0] == '/' || used + strlen(rest) + 2 > sizeof base) {
        memcpy(path, target, strlen(target) + 1);
        return true;
    }
    memcpy(path, base, used);
    path[used] = '/';
    memcpy(path + used + 1, rest, strlen(rest) + 1);
    return true;
}

char *realpath(const char *path, char *resolved)
{
    NEXT(realpath, realpath_function)
    char at[PATH_MAX], room[PATH_MAX];
    (void)snprintf(at, sizeof at, "%s", path);
    for (int i = 0; i < HOPS && at[0] == '/' && !begins(at, "/sys/"); i++) {
        if (is_device(at) && way(at, room) != at && access(at, F_OK) == 0)
            return resolved ? strcpy(resolved, at) : strdup(at);
        if (!follow(at))
            break;
    }
    return next_realpath(path, resolved);
}

char *__realpath_chk(const char *path, char *resolved, size_t size);
char *__realpath_chk(const char *path, char *resolved, size_t size)
{
    (void)size;
    return realpath(path, resolved);
}

/* ---- rates: libserialport sets them by number ---- */

/* The kernel's struct termios2, whose header does not go with termios.h. */
struct settings {
    uint32_t modes[4];
    uint8_t line, control[19];
    uint32_t in_baud, out_baud;
};

enum { FALSE_BAUD = 2500001 };

static const unsigned long SET = 0x402c542b, GET = 0x802c542a; /* TCSETS2, TCGETS2 */

static uint32_t number_in(const char *variable)
{
    const char *value = getenv(variable);
    return value ? (uint32_t)strtoul(value, NULL, 10) : 0;
}

/* What the adapter makes of a rate that is asked for. */
static struct settings made_of(const struct settings *asked)
{
    struct settings s = *asked;
    uint32_t most = number_in("SERIAL_MOST_BAUD"), noisy = number_in("SERIAL_NOISY_BAUD");
    if (most && s.out_baud > most)
        s.in_baud = s.out_baud = most;
    if (noisy && s.out_baud == noisy)
        s.in_baud = s.out_baud = FALSE_BAUD;
    return s;
}

/* What it says. */
static void tell_of(struct settings *s)
{
    if (s->out_baud == FALSE_BAUD)
        s->in_baud = s->out_baud = number_in("SERIAL_NOISY_BAUD");
}

/* ---- the lines of a modem ---- */

int ioctl(int fd, unsigned long request, ...)
{
    NEXT(ioctl, ioctl_function)
    static int lines[FDS];
    va_list args;
    va_start(args, request);
    int *value = va_arg(args, int *);
    va_end(args);
    struct settings made;
    if (request == SET && getenv("SERIAL_LAB")) {
        made = made_of((const struct settings *)value);
        value = (int *)&made;
    }
    int rc = next_ioctl(fd, request, value);
    if (request == GET && rc == 0 && getenv("SERIAL_LAB"))
        tell_of((struct settings *)value);
    if (rc >= 0 || (errno != ENOTTY && errno != EINVAL) || fd < 0 || fd >= FDS)
        return rc;
    switch (request) {
    case TIOCMGET:
        *value = lines[fd];
        *value |= lines[fd] & TIOCM_DTR ? TIOCM_DSR | TIOCM_CD : 0;
        *value |= lines[fd] & TIOCM_RTS ? TIOCM_CTS : 0;
        return 0;
    case TIOCMSET:
        lines[fd] = *value & (TIOCM_DTR | TIOCM_RTS);
        return 0;
    case TIOCMBIS:
        lines[fd] |= *value & (TIOCM_DTR | TIOCM_RTS);
        return 0;
    case TIOCMBIC:
        lines[fd] &= ~*value;
        return 0;
    default:
        return rc;
    }
}
