/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Command `firmware build`: CMake and Ninja do it, in the tree that this console was built from. */
#include "cli/commands/firmware.h"

#include "cli/output/show.h"
#include "core/base/file.h"
#include "transports/links/child.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define TREE      SYN_SOURCE_DIR
#define BUILT     TREE "/build/firmware"
#define COMPILER  "arm-none-eabi-gcc"
#define FILES_MAX (1 << 20)

enum { GRACE_MS = 2000 };

/* ---- boards ---- */

/* CMake lists them when the tree is configured. */
void syn_firmware_boards(struct syn_console *console, struct syn_words *words)
{
    void *text = NULL;
    size_t size;
    (void)console;
    if (syn_file_read(&text, &size, BUILT "/boards", FILES_MAX, NULL) == 0) {
        const char *end = (const char *)text + size;
        for (const char *at = text, *stop; (stop = memchr(at, '\n', (size_t)(end - at)));
             at = stop + 1)
            (void)syn_words_add_size(words, at, (size_t)(stop - at));
    }
    free(text);
    syn_words_sort(words);
}

static int check_board(const char *board, struct syn_error *error)
{
    struct syn_words words = {0};
    char names[256] = "";
    size_t used = 0;
    bool found = false;
    syn_firmware_boards(NULL, &words);
    for (size_t i = 0; i < words.count; i++) {
        found = found || strcmp(words.items[i], board) == 0;
        if (used < sizeof names)
            used += (size_t)snprintf(names + used, sizeof names - used, "%s%s", i ? ", " : "",
                                     words.items[i]);
    }
    syn_words_clear(&words);
    if (found)
        return 0;
    syn_error_set(error, SYN_ENOENT, "no firmware is there for a board '%s'", board);
    syn_error_hint(error, "there is %s", names);
    return SYN_ENOENT;
}

/* ---- what it needs ---- */

static bool in_path(const char *program)
{
    char path[PATH_MAX];
    const char *folders = getenv("PATH");
    for (const char *at = folders; at && *at;) {
        size_t size = strcspn(at, ":");
        (void)snprintf(path, sizeof path, "%.*s/%s", (int)size, at, program);
        if (size > 0 && access(path, X_OK) == 0)
            return true;
        at += size + (at[size] == ':');
    }
    return false;
}

static int check_tools(struct syn_error *error)
{
    if (access(TREE "/CMakePresets.json", R_OK) != 0) {
        syn_error_set(error, SYN_ENOENT,
                      "the source tree that this console was built from is not there: %s", TREE);
        syn_error_hint(error, "firmware that is installed is in %s/firmware", SYN_DATA_DIR);
        return SYN_ENOENT;
    }
    if (in_path(COMPILER))
        return 0;
    syn_error_set(error, SYN_ENOENT, "no cross compiler: %s", COMPILER);
    syn_error_hint(error, "Debian: apt-get install gcc-arm-none-eabi picolibc-arm-none-eabi");
    return SYN_ENOENT;
}

/* ---- running a program ---- */

struct program {
    struct syn_console *console;
    struct syn_progress *progress;
    struct syn_child child;
    struct syn_loop_watch output, exit;
    int fd;
    char line[512];
    size_t length;
    char wrong[160]; /* the first line that tells of an error */
    bool ended, failed;
    struct syn_error error;
};

/* Ninja: "[12/87] Building C object ..." */
static void take_line(struct program *p)
{
    unsigned done, all;
    if (sscanf(p->line, "[%u/%u]", &done, &all) == 2)
        syn_progress_update(p->progress, done, all);
    else if (!p->wrong[0] && (strcasestr(p->line, "error:") || strcasestr(p->line, "error at")))
        (void)snprintf(p->wrong, sizeof p->wrong, "%s", p->line);
    syn_console_note(p->console, "%s", p->line);
}

static void take_bytes(struct program *p, const char *bytes, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        if (bytes[i] != '\n') {
            p->line[p->length] = bytes[i];
            p->length += p->length < sizeof p->line - 1;
            continue;
        }
        p->line[p->length] = '\0';
        p->length = 0;
        take_line(p);
    }
}

/* True while there may be more. */
static bool take_output(struct program *p)
{
    char bytes[4096];
    ssize_t n = recv(p->fd, bytes, sizeof bytes, MSG_DONTWAIT);
    if (n > 0)
        take_bytes(p, bytes, (size_t)n);
    else if (n == 0)
        syn_loop_watch_stop(&p->output);
    return n > 0;
}

static void on_output(void *ctx, unsigned events)
{
    struct program *p = ctx;
    (void)events;
    (void)take_output(p);
    syn_child_listen(&p->child);
}

static void on_end(void *ctx, unsigned events)
{
    struct program *p = ctx;
    siginfo_t info = {0};
    (void)events;
    while (take_output(p))
        ;
    (void)waitid(P_PID, (id_t)p->child.pid, &info, WEXITED | WNOWAIT);
    p->failed = info.si_code != CLD_EXITED || info.si_status != 0;
    syn_loop_watch_stop(&p->exit);
    p->ended = syn_child_ended(&p->child, &p->error);
}

static bool has_ended(void *ctx)
{
    return ((struct program *)ctx)->ended;
}

static int explain(const struct program *p, const char *what, struct syn_error *error)
{
    syn_error_set(error, SYN_EIO, "%s: %s", what, p->wrong[0] ? p->wrong : p->error.message);
    syn_error_hint(error, "cmake --preset firmware && cmake --build --preset firmware in %s", TREE);
    return SYN_EIO;
}

static int watch(struct program *p, const char *what, struct syn_error *error)
{
    struct syn_loop *loop = p->console->loop;
    syn_loop_watch_start(loop, &p->output, p->fd, SYN_LOOP_READ, on_output, p);
    syn_loop_watch_start(loop, &p->exit, p->child.exit_fd, SYN_LOOP_READ, on_end, p);
    int rc = syn_console_wait(p->console, has_ended, p, -1, error);
    syn_loop_watch_stop(&p->output);
    syn_loop_watch_stop(&p->exit);
    return rc == 0 && p->failed ? explain(p, what, error) : rc;
}

static int run(struct syn_console *console, struct syn_progress *progress, const char *what,
               const char *const *argv, struct syn_error *error)
{
    int pair[2];
    struct program p = {.console = console, .progress = progress};
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0)
        return syn_error_os(error, errno, "cannot make a socket");
    p.fd = pair[0];
    int rc = syn_child_start(&p.child, argv, pair[1], error);
    (void)close(pair[1]);
    if (rc == 0)
        rc = watch(&p, what, error);
    syn_child_end(&p.child, GRACE_MS);
    (void)close(pair[0]);
    return rc;
}

/* ---- the command ---- */

static void show_file(struct syn_console *console, cJSON *list, const char *name)
{
    char path[PATH_MAX];
    struct stat status;
    (void)snprintf(path, sizeof path, BUILT "/%s", name);
    if (stat(path, &status) != 0)
        return;
    cJSON *object = syn_show_object(list, NULL);
    syn_show_text(object, "file", path);
    syn_show_integer(object, "bytes", status.st_size);
    syn_result_print(&console->result, "%s\n", path);
}

/* Programs, and the images of those boards that take them. */
static void show_files(struct syn_console *console, const char *board)
{
    static const char *const kinds[] = {"synergy-boot-%s.elf", "synergy-agent-%s.elf",
                                        "synergy-agent-%s.img"};
    struct syn_words words = {0};
    cJSON *list = syn_show_array(syn_result_json(&console->result), "files");
    if (board)
        (void)syn_words_add(&words, board);
    else
        syn_firmware_boards(console, &words);
    for (size_t i = 0; i < words.count; i++)
        for (size_t k = 0; k < sizeof kinds / sizeof kinds[0]; k++) {
            char name[256];
            (void)snprintf(name, sizeof name, kinds[k], words.items[i]);
            show_file(console, list, name);
        }
    syn_words_clear(&words);
}

static int build(struct syn_console *console, const char *board, struct syn_error *error)
{
    const char *const configure[] = {"cmake", "-S", TREE, "--preset", "firmware", NULL};
    char agent[128] = "all";
    struct syn_progress progress;
    if (board)
        (void)snprintf(agent, sizeof agent, "firmware-%s", board);
    const char *built = BUILT;
    const char *const make[] = {"cmake", "--build", built, "--target", agent, NULL};
    syn_console_progress(console, &progress, "building firmware", "steps");
    int rc = run(console, &progress, "configuring", configure, error);
    if (rc == 0 && board)
        rc = check_board(board, error);
    if (rc == 0)
        rc = run(console, &progress, "building", make, error);
    syn_progress_end(&progress);
    return rc;
}

int syn_firmware_build_run(struct syn_console *console, const struct syn_call *call,
                           struct syn_error *error)
{
    const char *board = syn_call_text(call, "BOARD");
    int rc = check_tools(error);
    if (rc == 0)
        rc = build(console, board, error);
    if (rc == 0)
        show_files(console, board);
    return rc;
}
