/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the console does on a terminal by itself: events above the prompt, progress, completion.
 * The test plays the terminal at one end of a pseudo-terminal.
 */
#include "cli/console.h"
#include "cli/shell/complete.h"
#include "cli/shell/editor.h"

#include <pty.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static volatile sig_atomic_t no_stop;
static const struct syn_console_options memory_only = {.memory = true};

static void make_console(struct syn_console *console)
{
    static int wake[2];
    static struct syn_signals signals = {.stop = &no_stop};
    if (wake[1] == 0 && pipe(wake) < 0)
        abort();
    signals.wake_fd = wake[0];
    if (syn_console_init(console, &memory_only, &signals, NULL) < 0)
        abort();
}

static void device_leaves(void *ctx)
{
    syn_console_event(ctx, SYN_EVENT_LEAVE, "ring", "gone \x1b[2Jaway");
    syn_console_status(ctx, "running");
}

/* The child: reads one line, and meanwhile a device leaves. */
static void read_a_line(void)
{
    struct syn_console console;
    struct syn_loop_timer timer = {0};
    char *line = NULL;
    (void)setenv("TERM", "xterm", 1);
    make_console(&console);
    if (syn_editor_new(&console.editor, &console, NULL) < 0)
        _exit(3);
    syn_loop_timer_start(console.loop, &timer, 300000000, 0, device_leaves, &console);
    if (syn_editor_read(console.editor, &line) != 1)
        _exit(4);
    (void)printf("read <%s>\n", line);
    (void)fflush(stdout);
    _exit(0);
}

/* Appends what the terminal shows until `pattern` is there. */
static void expect(int terminal, char *seen, size_t size, const char *pattern)
{
    size_t used = strlen(seen);
    while (!strstr(seen, pattern)) {
        ssize_t got = used + 1 < size ? read(terminal, seen + used, size - used - 1) : 0;
        if (got <= 0)
            fail_msg("\"%s\" was not seen in \"%s\"", pattern, seen);
        used += (size_t)got;
        seen[used] = '\0';
    }
}

static void say(int terminal, const char *text)
{
    assert_int_equal(write(terminal, text, strlen(text)), strlen(text));
}

static void an_event_stands_above_the_prompt_and_the_half_typed_line_stays(void **state)
{
    int terminal = -1, status = 0;
    char seen[4096] = "";
    (void)state;
    pid_t child = forkpty(&terminal, NULL, NULL, NULL);
    assert_true(child >= 0);
    if (child == 0)
        read_a_line();
    (void)alarm(20); /* a hanging console must not hang the tests */
    expect(terminal, seen, sizeof seen, "synergy> ");
    say(terminal, "echo ha");
    expect(terminal, seen, sizeof seen, "ring: gone ?[2Jaway\r\n");
    expect(terminal, seen, sizeof seen, "(running) synergy> echo ha");
    say(terminal, "lf\r");
    expect(terminal, seen, sizeof seen, "read <echo half>");
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    (void)close(terminal);
}

static void progress_shows_rate_and_time_left_on_terminals_only(void **state)
{
    int terminal = -1;
    char seen[4096] = "";
    (void)state;
    pid_t child = forkpty(&terminal, NULL, NULL, NULL);
    assert_true(child >= 0);
    if (child == 0) {
        struct syn_progress progress;
        syn_progress_begin(&progress, stderr, "uploading", "B");
        (void)usleep(120000);
        syn_progress_update(&progress, 10240, 20480);
        syn_progress_update(&progress, 10241, 20480); /* too soon to be drawn */
        syn_progress_end(&progress);
        (void)fputs("end\n", stderr);
        _exit(0);
    }
    expect(terminal, seen, sizeof seen, "end");
    assert_non_null(strstr(seen, "uploading   50 %  10 KiB of 20 KiB"));
    assert_non_null(strstr(seen, "/s"));
    assert_non_null(strstr(seen, "left"));
    assert_null(strstr(seen, "10241"));
    assert_int_equal(waitpid(child, NULL, 0), child);
    (void)close(terminal);

    char *text = NULL;
    size_t size = 0;
    FILE *file = tmpfile();
    struct syn_progress progress;
    assert_non_null(file);
    syn_progress_begin(&progress, file, "uploading", "B");
    syn_progress_update(&progress, 1, 2);
    syn_progress_end(&progress);
    assert_int_equal(ftell(file), 0);
    assert_int_equal(fclose(file), 0);
    (void)text, (void)size;
}

/* Completions of the last word of `line`, "a b c"; "FILES" where file names are meant. */
static const char *completions(struct syn_console *console, const char *line)
{
    static char text[2048];
    size_t used = 0;
    struct syn_words found = {0};
    const char *blank = strrchr(line, ' ');
    size_t start = blank ? (size_t)(blank - line) + 1 : 0;
    bool files = syn_complete(console, line, start, line + start, &found);
    text[0] = '\0';
    for (size_t i = 0; i < found.count; i++)
        used +=
            (size_t)snprintf(text + used, sizeof text - used, "%s%s", i ? " " : "", found.items[i]);
    if (files)
        (void)snprintf(text, sizeof text, "FILES");
    syn_words_clear(&found);
    return text;
}

static void completion_knows_what_may_come_next(void **state)
{
    static const struct {
        const char *line, *found;
    } cases[] = {
        {"ver", "version"},
        {"mod", "model"},
        {"model ch", "check"},
        {"mod sh", "show"},
        {"model show ", "KWS UNet"},
        {"model show K", "KWS"},
        {"model show KWS ", ""},
        {"model check --o", "--on"},
        {"model check --on=max78002", "--on=max78002-evkit"},
        {"model check UNet --on max78002", "max78002-evkit"},
        {"model add ", "FILES"},
        {"model zoo kws unet-", "unet-88"},
        {"set col", "color"},
        {"echo x; vers", "version"},
        {"echo x;vers", ""},
        {"help mod", "model"},
        {"help model exp", "export"},
        {"on ring mod", "model"},
        {"wait lea", "leave"},
        {"nonsense ", ""},
        {"'open ", ""},
    };
    struct syn_console console;
    struct syn_registry *registry = NULL;
    (void)state;
    make_console(&console);
    assert_int_equal(syn_console_registry(&console, &registry, NULL), 0);
    for (int i = 0; i < 2; i++)
        assert_int_equal(syn_registry_put(registry, SYN_KIND_MODEL, i ? "UNet" : "KWS", "{}", NULL,
                                          0, NULL, NULL),
                         0);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        if (strcmp(completions(&console, cases[i].line), cases[i].found) != 0)
            fail_msg("\"%s\" is completed by \"%s\"", cases[i].line,
                     completions(&console, cases[i].line));
    syn_console_close(&console);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_event_stands_above_the_prompt_and_the_half_typed_line_stays),
        cmocka_unit_test(progress_shows_rate_and_time_left_on_terminals_only),
        cmocka_unit_test(completion_knows_what_may_come_next),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
