/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/output/terminal.h"

#include <sys/ioctl.h>
#include <unistd.h>

int syn_terminal_width(int fd)
{
    struct winsize size = {0};
    return isatty(fd) && ioctl(fd, TIOCGWINSZ, &size) == 0 ? size.ws_col : 0;
}
