/* SPDX-License-Identifier: MIT */
/* The sockets of a virtual wearable: what they replace, and what they leave alone. */
#include "devices/ports/posix/listener.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static char folder[64], path[80], other[80];

static int setup(void **state)
{
    (void)state;
    (void)snprintf(folder, sizeof folder, "/tmp/synergy-listener-XXXXXX");
    assert_non_null(mkdtemp(folder));
    (void)snprintf(path, sizeof path, "%s/socket", folder);
    (void)snprintf(other, sizeof other, "%s/other", folder);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    (void)unlink(path);
    (void)unlink(other);
    return rmdir(folder);
}

static bool is_there(const char *file)
{
    struct stat st;
    return lstat(file, &st) == 0;
}

/* What a wearable leaves that is killed. */
static void leave_socket(void)
{
    struct syn_listener l;
    assert_int_equal(syn_listener_open(&l, path, 1, NULL), 0);
    assert_int_equal(close(l.fd), 0);
    assert_true(is_there(path));
}

static void write_file(const char *file)
{
    const int fd = open(file, O_WRONLY | O_CREAT, 0600);
    assert_int_equal(write(fd, "mine\n", 5), 5);
    assert_int_equal(close(fd), 0);
}

static void who_connects_is_accepted_and_the_socket_goes_in_the_end(void **state)
{
    struct syn_listener l;
    (void)state;
    assert_int_equal(syn_listener_connect(path), -1);
    assert_int_equal(syn_listener_open(&l, path, 1, NULL), 0);
    assert_int_equal(syn_listener_accept(&l), -1);
    const int fd = syn_listener_connect(path), come = syn_listener_accept(&l);
    assert_true(fd >= 0 && come >= 0);
    (void)close(fd);
    (void)close(come);
    syn_listener_close(&l);
    assert_int_equal(l.fd, -1);
    assert_false(is_there(path));
    syn_listener_close(&l);
}

static void a_socket_that_is_left_over_is_replaced(void **state)
{
    struct syn_listener l;
    (void)state;
    leave_socket();
    assert_int_equal(syn_listener_open(&l, path, 1, NULL), 0);
    syn_listener_close(&l);
}

static void a_socket_that_somebody_listens_at_is_not(void **state)
{
    struct syn_listener first, second;
    struct syn_error error = {0};
    (void)state;
    assert_int_equal(syn_listener_open(&first, path, 1, NULL), 0);
    assert_int_equal(syn_listener_open(&second, path, 1, &error), SYN_EBUSY);
    assert_int_equal(second.fd, -1);
    assert_non_null(strstr(error.message, "another device listens on"));
    assert_true(is_there(path));
    syn_listener_close(&first);
}

static void any_other_file_is_left_alone(void **state)
{
    struct syn_listener l;
    struct syn_error error = {0};
    (void)state;
    write_file(path);
    assert_int_equal(syn_listener_open(&l, path, 1, &error), SYN_EINVAL);
    assert_int_equal(l.fd, -1);
    assert_non_null(strstr(error.message, "is there and is not a socket"));
    assert_true(is_there(path));
}

/* A link could lead anywhere. */
static void a_symbolic_link_to_a_socket_is_left_alone(void **state)
{
    struct syn_listener l;
    (void)state;
    leave_socket();
    assert_int_equal(rename(path, other), 0);
    assert_int_equal(symlink(other, path), 0);
    assert_int_equal(syn_listener_open(&l, path, 1, NULL), SYN_EINVAL);
    assert_true(is_there(path) && is_there(other));
}

static void closing_leaves_what_stands_there_now(void **state)
{
    struct syn_listener l;
    (void)state;
    assert_int_equal(syn_listener_open(&l, path, 1, NULL), 0);
    assert_int_equal(rename(path, other), 0);
    write_file(path);
    syn_listener_close(&l);
    assert_true(is_there(path) && is_there(other));
}

static void a_path_that_no_socket_can_have_is_refused_with_words(void **state)
{
    char too_long[SYN_LISTENER_PATH + 1];
    struct syn_listener l;
    struct syn_error error = {0};
    (void)state;
    memset(too_long, 'x', sizeof too_long - 1);
    too_long[sizeof too_long - 1] = 0;
    assert_int_equal(syn_listener_open(&l, too_long, 1, &error), SYN_EINVAL);
    assert_non_null(strstr(error.message, "1 to 107 bytes, not 108"));
    assert_int_equal(syn_listener_open(&l, "", 1, &error), SYN_EINVAL);
    assert_int_equal(syn_listener_open(&l, "/nowhere/socket", 1, &error), SYN_ENOENT);
    assert_int_equal(syn_listener_connect(too_long), -1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(who_connects_is_accepted_and_the_socket_goes_in_the_end),
        TEST(a_socket_that_is_left_over_is_replaced),
        TEST(a_socket_that_somebody_listens_at_is_not),
        TEST(any_other_file_is_left_alone),
        TEST(a_symbolic_link_to_a_socket_is_left_alone),
        TEST(closing_leaves_what_stands_there_now),
        TEST(a_path_that_no_socket_can_have_is_refused_with_words),
    };
    return cmocka_run_group_tests_name("listener", tests, NULL, NULL);
}
