/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/devices/target/cmocka/cmocka.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

enum outcome { PASSED, FAILED, SKIPPED };

static jmp_buf out_of_test; /* with an outcome */

_Noreturn void cmocka_skip(void)
{
    longjmp(out_of_test, SKIPPED);
}

_Noreturn void cmocka_fail(const char *file, int line, const char *format, ...)
{
    va_list args;
    printf("%s:%d: ", file, line);
    va_start(args, format);
    vprintf(format, args);
    va_end(args);
    printf("\n");
    longjmp(out_of_test, FAILED);
}

void cmocka_equal(unsigned long long a, unsigned long long b, bool equal, const char *what,
                  const char *file, int line)
{
    if ((a == b) != equal)
        cmocka_fail(file, line, "%s: %#llx %s %#llx", what, a, equal ? "!=" : "==", b);
}

void cmocka_strings(const char *a, const char *b, bool equal, const char *file, int line)
{
    if ((strcmp(a, b) == 0) != equal)
        cmocka_fail(file, line, "\"%s\" %s \"%s\"", a, equal ? "!=" : "==", b);
}

void cmocka_memory(const void *a, const void *b, size_t size, bool equal, const char *file,
                   int line)
{
    if ((memcmp(a, b, size) == 0) != equal)
        cmocka_fail(file, line, "%zu bytes %s", size, equal ? "differ" : "are the same");
}

static enum outcome run(const struct CMUnitTest *t, void *group_state)
{
    void *state = t->initial_state ? t->initial_state : group_state;
    volatile enum outcome outcome = PASSED;
    int jumped = setjmp(out_of_test);
    if (jumped)
        outcome = (enum outcome)jumped;
    else if (t->setup && t->setup(&state))
        outcome = FAILED;
    else
        t->test(&state);
    if (setjmp(out_of_test) || (t->teardown && t->teardown(&state)))
        outcome = FAILED;
    return outcome;
}

int cmocka_run(const char *name, const struct CMUnitTest *tests, size_t count, cmocka_fixture setup,
               cmocka_fixture teardown)
{
    static const char *const words[] = {NULL, "failed", "skipped"};
    unsigned counts[] = {0, 0, 0};
    void *state = NULL;
    if (setjmp(out_of_test) || (setup && setup(&state))) {
        printf("%s: the group's setup failed\n", name);
        return 1;
    }
    for (size_t i = 0; i < count; i++) {
        enum outcome outcome = run(&tests[i], state);
        counts[outcome]++;
        if (words[outcome])
            printf("%s: %s\n", words[outcome], tests[i].name);
    }
    if (setjmp(out_of_test) || (teardown && teardown(&state)))
        counts[FAILED]++;
    printf("on target: %u passed, %u failed, %u skipped\n", counts[PASSED], counts[FAILED],
           counts[SKIPPED]);
    return (int)counts[FAILED];
}
