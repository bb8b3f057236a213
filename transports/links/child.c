/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "transports/links/child.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum { NOT_EXECUTED = 127 };

/* In the child, between fork and exec: only async-signal-safe calls. Reports errno and ends. */
static void run(const char *const *argv, int in_out, int err, int report, pid_t parent)
{
    sigset_t none;
    (void)sigemptyset(&none);
    (void)sigprocmask(SIG_SETMASK, &none, NULL);
    (void)setpgid(0, 0); /* Ctrl-C is for the console, not for the devices */
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    int null = in_out >= 0 ? in_out : open("/dev/null", O_RDWR);
    if (getppid() == parent && null >= 0 && dup2(null, 0) >= 0 && dup2(null, 1) >= 0 &&
        dup2(err, 2) >= 0) {
        union {
            const char *const *in;
            char *const *out;
        } args = {.in = argv}; /* execvp does not write to them, whatever its type says */
        (void)execvp(argv[0], args.out);
    }
    int os_errno = errno;
    (void)!write(report, &os_errno, sizeof os_errno);
    _exit(NOT_EXECUTED);
}

static void close_both(int fds[2])
{
    for (int i = 0; i < 2; i++) {
        if (fds[i] >= 0)
            (void)close(fds[i]);
        fds[i] = -1;
    }
}

/* 0 once the program runs, else the errno with which it did not. */
static int exec_result(int report)
{
    int os_errno = 0;
    ssize_t n;
    do
        n = read(report, &os_errno, sizeof os_errno);
    while (n < 0 && errno == EINTR);
    return n == (ssize_t)sizeof os_errno ? os_errno : 0;
}

static int refuse(const char *program, int os_errno, struct syn_error *error)
{
    if (os_errno == ENOENT)
        return syn_error_set(error, SYN_ENOENT, "%s: no such program", program);
    return syn_error_os(error, os_errno, "cannot start %s", program);
}

static int start(struct syn_child *child, const char *const *argv, int stdio_fd, int err[2],
                 int report[2], struct syn_error *error)
{
    pid_t parent = getpid();
    pid_t pid = fork();
    if (pid < 0)
        return syn_error_os(error, errno, "cannot start %s", argv[0]);
    if (pid == 0)
        run(argv, stdio_fd, err[1], report[1], parent);
    (void)close(report[1]);
    report[1] = -1;
    int os_errno = exec_result(report[0]);
    if (os_errno == 0) {
        child->exit_fd = (int)syscall(SYS_pidfd_open, pid, 0);
        os_errno = child->exit_fd < 0 ? errno : 0;
    }
    if (os_errno) {
        (void)kill(pid, SIGKILL);
        (void)waitpid(pid, NULL, 0);
        return refuse(argv[0], os_errno, error);
    }
    child->pid = pid;
    return 0;
}

int syn_child_start(struct syn_child *child, const char *const *argv, int stdio_fd,
                    struct syn_error *error)
{
    int err[2] = {-1, -1}, report[2] = {-1, -1}, rc;
    *child = (struct syn_child){.exit_fd = -1, .error_fd = -1};
    if (pipe2(err, O_CLOEXEC) < 0 || pipe2(report, O_CLOEXEC) < 0)
        rc = syn_error_os(error, errno, "cannot start %s", argv[0]);
    else
        rc = start(child, argv, stdio_fd, err, report, error);
    if (rc == 0) {
        child->error_fd = err[0];
        err[0] = -1;
        (void)fcntl(child->error_fd, F_SETFL, O_NONBLOCK);
    }
    close_both(err);
    close_both(report);
    return rc;
}

static void take_line(struct syn_child *child)
{
    size_t indent;
    child->part[child->part_length] = 0;
    indent = strspn(child->part, " \t");
    if (indent == 0) {
        memcpy(child->line, child->part, child->part_length + 1);
        child->hint[0] = 0;
    } else {
        memcpy(child->hint, child->part + indent, child->part_length - indent + 1);
    }
    child->part_length = 0;
}

static void take(struct syn_child *child, char c)
{
    if (c == '\n' && child->part_length > 0)
        take_line(child);
    else if (c != '\n' && child->part_length < sizeof child->part - 1)
        child->part[child->part_length++] = c;
}

void syn_child_listen(struct syn_child *child)
{
    char data[256];
    ssize_t n = 1;
    while (child->error_fd >= 0 && n > 0) {
        n = read(child->error_fd, data, sizeof data);
        for (ssize_t i = 0; i < n; i++)
            take(child, data[i]);
        if (n == 0) {
            take(child, '\n');
            (void)close(child->error_fd);
            child->error_fd = -1;
        }
    }
}

static void explain(const struct syn_child *child, int status, struct syn_error *error)
{
    const char *colon = child->line[0] ? ": " : "";
    if (WIFSIGNALED(status))
        (void)syn_error_set(error, SYN_ELINK, "the program was ended by signal %d (%s)%s%s",
                            WTERMSIG(status), strsignal(WTERMSIG(status)), colon, child->line);
    else
        (void)syn_error_set(error, SYN_ELINK, "the program ended with status %d%s%s",
                            WEXITSTATUS(status), colon, child->line);
    syn_error_hint(error, "%s", child->hint);
}

static void close_fds(struct syn_child *child)
{
    int fds[2] = {child->exit_fd, child->error_fd};
    close_both(fds);
    child->exit_fd = -1;
    child->error_fd = -1;
}

bool syn_child_ended(struct syn_child *child, struct syn_error *error)
{
    int status;
    if (child->pid <= 0 || waitpid(child->pid, &status, WNOHANG) != child->pid)
        return false;
    child->pid = 0;
    syn_child_listen(child);
    take(child, '\n');
    explain(child, status, error);
    close_fds(child);
    return true;
}

void syn_child_ask_to_end(const struct syn_child *child)
{
    if (child->pid > 0)
        (void)kill(-child->pid, SIGTERM); /* its group: what a shell started goes, too */
}

void syn_child_end(struct syn_child *child, int grace_ms)
{
    if (child->pid > 0) {
        struct pollfd p = {.fd = child->exit_fd, .events = POLLIN};
        syn_child_ask_to_end(child);
        if (poll(&p, 1, grace_ms) <= 0)
            (void)kill(-child->pid, SIGKILL);
        (void)waitpid(child->pid, NULL, 0);
    }
    child->pid = 0;
    close_fds(child);
}
