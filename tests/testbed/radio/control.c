/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/testbed/radio/control.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum { BACKLOG = 16, LINE_MAX_BYTES = 128, ANSWER_MAX = 4096 };

/* ---- lines ---- */

static void list(struct syn_air *air, char *answer, size_t size)
{
    struct syn_air_status s;
    for (unsigned i = 0; i < SYN_AIR_CONTROLLERS; i++) {
        if (syn_air_status(air, i, &s) != 0)
            continue;
        size_t used = strlen(answer);
        snprintf(answer + used, size - used, "%s %s%s%s%s links %u\n", s.address,
                 s.random ? "random" : "public", s.advertising ? " advertising" : "",
                 s.scanning ? " scanning" : "", s.far ? " far" : "", s.links);
    }
}

static int set_far(struct syn_air *air, unsigned index)
{
    return syn_air_set_far(air, index, true);
}

static int set_near(struct syn_air *air, unsigned index)
{
    return syn_air_set_far(air, index, false);
}

static const struct {
    const char *word;
    int (*run)(struct syn_air *air, unsigned index);
} words[] = {{"far", set_far}, {"near", set_near}, {"drop", syn_air_drop}};

static const char *run(struct syn_air *air, const char *word, const char *argument)
{
    if (strcmp(word, "rate") == 0) {
        syn_air_set_rate(air, (uint32_t)strtoul(argument, NULL, 10));
        return "ok";
    }
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        if (strcmp(word, words[i].word) != 0)
            continue;
        int index = syn_air_find(air, argument);
        return index < 0 || words[i].run(air, (unsigned)index) < 0 ? "no such controller" : "ok";
    }
    return "list, far ADDRESS, near ADDRESS, drop ADDRESS, rate BYTES";
}

void syn_control_line(struct syn_air *air, const char *line, char *answer, size_t size)
{
    char word[16] = "", argument[32] = "";
    answer[0] = 0;
    sscanf(line, "%15s %31s", word, argument);
    bool listing = strcmp(word, "list") == 0;
    if (listing)
        list(air, answer, size);
    size_t used = strlen(answer);
    snprintf(answer + used, size - used, "%s\n", listing ? "ok" : run(air, word, argument));
}

/* ---- sockets ---- */

static int listen_at(const char *path, int *fd, struct syn_error *error)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    if (strlen(path) >= sizeof address.sun_path)
        return syn_error_set(error, SYN_EINVAL, "%s: too long for a socket", path);
    memcpy(address.sun_path, path, strlen(path));
    *fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    unlink(path);
    if (*fd >= 0 && bind(*fd, (struct sockaddr *)&address, sizeof address) == 0 &&
        listen(*fd, BACKLOG) == 0)
        return 0;
    int why = errno;
    if (*fd >= 0)
        close(*fd);
    *fd = -1;
    return syn_error_os(error, why, "%s", path);
}

static void host_came(void *ctx, unsigned events)
{
    struct syn_control *control = ctx;
    (void)events;
    int fd = accept(control->hosts.fd, NULL, NULL);
    if (fd >= 0 && syn_air_add(control->air, fd) < 0)
        close(fd);
}

/* A tester says one line, which it sends at once, and gets its answer. */
static void tester_came(void *ctx, unsigned events)
{
    struct syn_control *control = ctx;
    (void)events;
    char line[LINE_MAX_BYTES], answer[ANSWER_MAX];
    struct timeval patience = {.tv_sec = 1};
    int fd = accept(control->testers.fd, NULL, NULL);
    if (fd < 0)
        return;
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    ssize_t n = read(fd, line, sizeof line - 1);
    if (n > 0) {
        line[n] = 0;
        syn_control_line(control->air, line, answer, sizeof answer);
        send(fd, answer, strlen(answer), MSG_NOSIGNAL | MSG_DONTWAIT);
    }
    close(fd);
}

int syn_control_open(struct syn_control *control, struct syn_loop *loop, struct syn_air *air,
                     const char *path, const char *control_path, struct syn_error *error)
{
    int fd = -1;
    control->air = air;
    control->loop = loop;
    int rc = listen_at(path, &fd, error);
    if (rc < 0)
        return rc;
    syn_loop_watch_start(loop, &control->hosts, fd, SYN_LOOP_READ, host_came, control);
    if (!control_path)
        return 0;
    rc = listen_at(control_path, &fd, error);
    if (rc < 0) {
        syn_control_close(control);
        return rc;
    }
    syn_loop_watch_start(loop, &control->testers, fd, SYN_LOOP_READ, tester_came, control);
    return 0;
}

static void close_one(struct syn_loop_watch *watch)
{
    if (!watch->loop)
        return;
    syn_loop_watch_stop(watch);
    close(watch->fd);
}

void syn_control_close(struct syn_control *control)
{
    close_one(&control->hosts);
    close_one(&control->testers);
}
