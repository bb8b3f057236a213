/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A program at the far end of a link, for tests.
 *   link_peer listen PATH   sends back what it gets, on a unix socket
 *   link_peer stubborn PATH the same, and does not heed SIGTERM
 *   link_peer fail TEXT     writes TEXT and a hint to standard error and exits with 3
 *   link_peer mute          never listens
 */
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static int listen_on(const char *path)
{
    struct sockaddr_un a = {.sun_family = AF_UNIX};
    (void)snprintf(a.sun_path, sizeof a.sun_path, "%s", path);
    int s = socket(AF_UNIX, SOCK_STREAM, 0);
    if (s < 0 || bind(s, (const struct sockaddr *)&a, sizeof a) < 0 || listen(s, 1) < 0)
        return -1;
    return accept(s, NULL, NULL);
}

static int echo(const char *path)
{
    char data[1024];
    ssize_t n;
    int s = listen_on(path);
    while (s >= 0 && (n = read(s, data, sizeof data)) > 0)
        if (write(s, data, (size_t)n) != n)
            return 1;
    for (;;)
        (void)pause(); /* outlives its connection, as an agent does */
}

int main(int argc, char **argv)
{
    const char *mode = argc > 1 ? argv[1] : "";
    if (argc == 3 && strcmp(mode, "listen") == 0)
        return echo(argv[2]);
    if (argc == 3 && strcmp(mode, "stubborn") == 0) {
        (void)signal(SIGTERM, SIG_IGN);
        return echo(argv[2]);
    }
    if (argc == 3 && strcmp(mode, "fail") == 0) {
        (void)fprintf(stderr, "first line\n%s\n  try another\n", argv[2]);
        return 3;
    }
    for (;;)
        (void)pause();
}
