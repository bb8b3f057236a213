/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the tests of devices/ use of cmocka, for a core without an operating system: they are
 * compiled unchanged. An assertion that does not hold ends its test; what was allocated in it
 * stays.
 */
#ifndef SYN_TESTS_DEVICES_TARGET_CMOCKA_H
#define SYN_TESTS_DEVICES_TARGET_CMOCKA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

typedef void (*cmocka_test)(void **state);
typedef int (*cmocka_fixture)(void **state); /* 0, or the test fails */

struct CMUnitTest {
    const char *name;
    cmocka_test test;
    cmocka_fixture setup, teardown; /* may be NULL */
    void *initial_state;
};

#define cmocka_unit_test(f)                                                                        \
    {                                                                                              \
#f, f, NULL, NULL, NULL                                                                    \
    }
#define cmocka_unit_test_setup(f, setup)                                                           \
    {                                                                                              \
#f, f, setup, NULL, NULL                                                                   \
    }
#define cmocka_unit_test_teardown(f, teardown)                                                     \
    {                                                                                              \
#f, f, NULL, teardown, NULL                                                                \
    }
#define cmocka_unit_test_setup_teardown(f, setup, down)                                            \
    {                                                                                              \
#f, f, setup, down, NULL                                                                   \
    }
#define cmocka_unit_test_prestate(f, state)                                                        \
    {                                                                                              \
#f, f, NULL, NULL, state                                                                   \
    }

#define cmocka_run_group_tests(tests, setup, teardown)                                             \
    cmocka_run_group_tests_name(#tests, tests, setup, teardown)
#define cmocka_run_group_tests_name(name, tests, setup, teardown)                                  \
    cmocka_run(name, tests, sizeof tests / sizeof *tests, setup, teardown)

/* Runs them in their order, says which failed and ends with a line of how many passed and were
 * skipped. Returns how many failed: main()'s result, and QEMU's. */
int cmocka_run(const char *name, const struct CMUnitTest *tests, size_t count, cmocka_fixture setup,
               cmocka_fixture teardown);

/* The current test ends here. */
_Noreturn void cmocka_skip(void);
_Noreturn void cmocka_fail(const char *file, int line, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

void cmocka_equal(unsigned long long a, unsigned long long b, bool equal, const char *what,
                  const char *file, int line);
void cmocka_strings(const char *a, const char *b, bool equal, const char *file, int line);
void cmocka_memory(const void *a, const void *b, size_t size, bool equal, const char *file,
                   int line);

#define skip()        cmocka_skip()
#define fail()        cmocka_fail(__FILE__, __LINE__, "fail()")
#define fail_msg(...) cmocka_fail(__FILE__, __LINE__, __VA_ARGS__)

#define print_message printf
#define print_error   printf

#define cmocka_check(condition, what)                                                              \
    do {                                                                                           \
        if (!(condition))                                                                          \
            cmocka_fail(__FILE__, __LINE__, "%s", what);                                           \
    } while (0)

#define assert_true(c)         cmocka_check(c, #c)
#define assert_false(c)        cmocka_check(!(c), "not: " #c)
#define assert_null(p)         cmocka_check((p) == NULL, #p " is NULL")
#define assert_non_null(p)     cmocka_check((p) != NULL, #p " is not NULL")
#define assert_ptr_equal(a, b) cmocka_check((const void *)(a) == (const void *)(b), #a " is " #b)
#define assert_ptr_not_equal(a, b)                                                                 \
    cmocka_check((const void *)(a) != (const void *)(b), #a " is not " #b)
#define assert_int_equal(a, b)                                                                     \
    cmocka_equal((unsigned long long)(a), (unsigned long long)(b), true, #a, __FILE__, __LINE__)
#define assert_int_not_equal(a, b)                                                                 \
    cmocka_equal((unsigned long long)(a), (unsigned long long)(b), false, #a, __FILE__, __LINE__)
#define assert_in_range(v, low, high)                                                              \
    cmocka_check((unsigned long long)(v) >= (unsigned long long)(low) &&                           \
                     (unsigned long long)(v) <= (unsigned long long)(high),                        \
                 #v " lies in " #low ".." #high)
#define assert_string_equal(a, b)        cmocka_strings(a, b, true, __FILE__, __LINE__)
#define assert_string_not_equal(a, b)    cmocka_strings(a, b, false, __FILE__, __LINE__)
#define assert_memory_equal(a, b, n)     cmocka_memory(a, b, n, true, __FILE__, __LINE__)
#define assert_memory_not_equal(a, b, n) cmocka_memory(a, b, n, false, __FILE__, __LINE__)

#endif
