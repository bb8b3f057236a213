/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * hcibridge END END: carries HCI packets between two ends, until one is gone.
 *
 *   vhci            a new controller of this kernel (/dev/vhci); its host is the kernel
 *   user:N          the controller hciN, taken from the kernel (HCI_CHANNEL_USER)
 *   listen:PATH     a host or controller that connects to a UNIX socket
 *   PATH            a UNIX socket or a character device
 *
 * The first two keep packets apart, the others are H4 streams. Says "ready" once both are open.
 */
#include <bluetooth/bluetooth.h>
#include <bluetooth/hci.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "tests/testbed/radio/h4.h"

enum { READ_BYTES = 4096, VENDOR = 0xff };

struct end {
    const char *name;
    int fd;
    struct syn_h4 in;
    struct end *other;
};

static void fail(const char *what)
{
    perror(what);
    exit(1);
}

/* ---- opening ---- */

static int open_vhci(const char *rest)
{
    const uint8_t primary[2] = {VENDOR, 0};
    uint8_t answer[8]; /* which hciN it is */
    int fd = open("/dev/vhci", O_RDWR);
    (void)rest;
    if (fd < 0 || write(fd, primary, sizeof primary) != sizeof primary ||
        read(fd, answer, sizeof answer) < 4)
        fail("/dev/vhci");
    return fd;
}

static int open_user(const char *rest)
{
    struct sockaddr_hci address = {.hci_family = AF_BLUETOOTH,
                                   .hci_dev = (uint16_t)atoi(rest),
                                   .hci_channel = HCI_CHANNEL_USER};
    int fd = socket(AF_BLUETOOTH, SOCK_RAW, BTPROTO_HCI);
    if (fd < 0)
        fail(rest);
    ioctl(fd, HCIDEVDOWN, atoi(rest)); /* the kernel gives away only what it does not use */
    if (bind(fd, (struct sockaddr *)&address, sizeof address) < 0)
        fail(rest);
    return fd;
}

static struct sockaddr_un socket_address(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    strncpy(address.sun_path, path, sizeof address.sun_path - 1);
    return address;
}

static int open_listen(const char *path)
{
    struct sockaddr_un address = socket_address(path);
    int listener = socket(AF_UNIX, SOCK_STREAM, 0);
    unlink(path);
    if (bind(listener, (struct sockaddr *)&address, sizeof address) < 0 || listen(listener, 1) < 0)
        fail(path);
    puts("listening");
    fflush(stdout);
    int fd = accept(listener, NULL, NULL);
    close(listener);
    return fd;
}

static int open_path(const char *path)
{
    struct stat status;
    struct sockaddr_un address = socket_address(path);
    if (stat(path, &status) == 0 && !S_ISSOCK(status.st_mode))
        return open(path, O_RDWR);
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    if (connect(fd, (struct sockaddr *)&address, sizeof address) < 0)
        fail(path);
    return fd;
}

static const struct kind {
    const char *prefix;
    int (*open)(const char *rest);
} kinds[] = {{"vhci", open_vhci}, {"user:", open_user}, {"listen:", open_listen}, {"", open_path}};

static void open_end(struct end *end)
{
    const struct kind *kind = kinds;
    while (strncmp(end->name, kind->prefix, strlen(kind->prefix)) != 0)
        kind++;
    end->fd = kind->open(end->name + strlen(kind->prefix));
    if (end->fd < 0)
        fail(end->name);
}

/* ---- carrying ---- */

static void carry(void *ctx, const uint8_t *packet, size_t size)
{
    struct end *to = ((struct end *)ctx)->other;
    while (size > 0) {
        ssize_t n = write(to->fd, packet, size);
        if (n < 0 && errno != EINTR && errno != EAGAIN)
            fail(to->name);
        if (n < 0)
            poll(&(struct pollfd){.fd = to->fd, .events = POLLOUT}, 1, -1);
        else
            packet += n, size -= (size_t)n;
    }
}

/* False when its other side is gone. */
static int move(struct end *end)
{
    uint8_t bytes[READ_BYTES];
    ssize_t n = read(end->fd, bytes, sizeof bytes);
    if (n < 0 && (errno == EINTR || errno == EAGAIN))
        return 1;
    if (n <= 0)
        return 0;
    if (bytes[0] == VENDOR && end->in.size == 0)
        return 1; /* the kernel's own words on /dev/vhci */
    if (syn_h4_receive(&end->in, bytes, (size_t)n, carry, end) < 0) {
        fprintf(stderr, "hcibridge: %s: no HCI packets\n", end->name);
        return 0;
    }
    return 1;
}

int main(int argc, char **argv)
{
    if (argc != 3) {
        fputs("usage: hcibridge END END\n", stderr);
        return 2;
    }
    static struct end ends[2];
    for (int i = 0; i < 2; i++) {
        ends[i].name = argv[i + 1];
        ends[i].other = &ends[1 - i];
        open_end(&ends[i]);
    }
    puts("ready");
    fflush(stdout);
    for (;;) {
        struct pollfd polls[2] = {{.fd = ends[0].fd, .events = POLLIN},
                                  {.fd = ends[1].fd, .events = POLLIN}};
        if (poll(polls, 2, -1) < 0 && errno != EINTR)
            fail("poll");
        for (int i = 0; i < 2; i++)
            if (polls[i].revents && !move(&ends[i]))
                return 0;
    }
}
