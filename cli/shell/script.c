/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Commands in batch: texts, files, standard input. */
#include "cli/shell/lexer.h"
#include "cli/shell/shell.h"
#include "core/base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SCRIPT_MAX (16u << 20) /* bytes of a script: far more than anybody writes */
#define CHUNK      4096

static int note_first(int first, int status)
{
    return first < 0 ? first : status;
}

static bool ends(struct syn_console *console, int status)
{
    return console->quit || syn_console_stopped(console) ||
           (status < 0 && !console->options->keep_going);
}

/* Runs the commands of a text whose first line has the number `line`. */
static int run_text(struct syn_console *console, const char *name, int line, const char *text,
                    size_t size)
{
    struct syn_lexer lexer;
    struct syn_words words = {0};
    int first = 0, more = 1;
    syn_lexer_init(&lexer, text, size);
    lexer.line = line;
    while (more != 0 && !ends(console, first)) {
        struct syn_error error = {0};
        struct syn_place place = {.file = name};
        int status = more = syn_lexer_next(&lexer, &words, &place.line, &error);
        if (more < 0)
            syn_shell_report(console, &place, NULL, &error);
        else if (more > 0)
            status =
                syn_shell_command(console, (const char *const *)words.items, words.count, &place);
        first = note_first(first, status < 0 ? status : 0);
    }
    syn_words_clear(&words);
    return first;
}

int syn_shell_text(struct syn_console *console, const char *name, const char *text, size_t size)
{
    return run_text(console, name, 1, text, size);
}

int syn_shell_file(struct syn_console *console, const char *path, struct syn_error *error)
{
    void *text = NULL;
    size_t size = 0;
    int status = syn_file_read(&text, &size, path, SCRIPT_MAX, error);
    if (status < 0)
        return status;
    status = syn_shell_text(console, path, text, size);
    free(text);
    console->reported = status < 0;
    return status;
}

/* Standard input as it comes. */
struct feed {
    struct syn_loop_watch watch;
    char *bytes;
    size_t size, capacity;
    int line;   /* of bytes[0] */
    bool ready; /* something may be read */
    bool end;
};

static void feed_ready(void *ctx, unsigned events)
{
    struct feed *feed = ctx;
    (void)events;
    feed->ready = true;
    syn_loop_watch_interest(&feed->watch, 0);
}

static bool is_ready(void *ctx)
{
    const struct feed *feed = ctx;
    return feed->ready;
}

static int feed_grow(struct feed *feed, struct syn_error *error)
{
    if (feed->size + CHUNK <= feed->capacity)
        return 0;
    size_t capacity = feed->capacity ? 2 * feed->capacity : 4 * CHUNK;
    char *bytes = capacity > 2 * SCRIPT_MAX ? NULL : realloc(feed->bytes, capacity);
    if (!bytes)
        return syn_error_set(error, SYN_ENOMEM, "one command of more than %u bytes", SCRIPT_MAX);
    feed->bytes = bytes;
    feed->capacity = capacity;
    return 0;
}

/* Waits for more bytes, with the links alive meanwhile, and takes them. */
static int feed_read(struct syn_console *console, struct feed *feed, struct syn_error *error)
{
    int status = feed_grow(feed, error);
    feed->ready = false;
    syn_loop_watch_start(console->loop, &feed->watch, STDIN_FILENO, SYN_LOOP_READ, feed_ready,
                         feed);
    if (status == 0)
        status = syn_console_idle(console, is_ready, feed, -1, error);
    syn_loop_watch_stop(&feed->watch);
    if (status < 0)
        return status;
    ssize_t got = read(STDIN_FILENO, feed->bytes + feed->size, CHUNK);
    if (got < 0 && errno != EINTR && errno != EAGAIN)
        return syn_error_os(error, errno, "standard input");
    feed->end = got == 0;
    feed->size += got > 0 ? (size_t)got : 0;
    return 0;
}

/* Bytes of the complete lines that can be run: up to a newline outside quotes; 0: none yet. */
static size_t complete(const struct feed *feed)
{
    char quote = 0;
    bool word = false;
    for (size_t i = 0; i < feed->size; i++) {
        char c = feed->bytes[i];
        if (c == '\\' && quote != '\'') {
            i++;
            word = true;
        } else if (quote) {
            quote = c == quote ? 0 : quote;
        } else if (c == '\n') {
            return i + 1;
        } else if (c == '#' && !word) {
            const char *end = memchr(feed->bytes + i, '\n', feed->size - i);
            return end ? (size_t)(end - feed->bytes) + 1 : 0;
        } else {
            word = c != ' ' && c != '\t' && c != ';';
            quote = c == '\'' || c == '"' ? c : (char)0;
        }
    }
    return 0;
}

static void feed_drop(struct feed *feed, size_t size)
{
    for (size_t i = 0; i < size; i++)
        feed->line += feed->bytes[i] == '\n';
    memmove(feed->bytes, feed->bytes + size, feed->size - size);
    feed->size -= size;
}

static int run_lines(struct syn_console *console, struct feed *feed, size_t size)
{
    int status = run_text(console, "stdin", feed->line, feed->bytes, size);
    feed_drop(feed, size);
    return status;
}

int syn_shell_stdin(struct syn_console *console)
{
    struct feed feed = {.line = 1};
    int first = 0;
    while (!ends(console, first)) {
        struct syn_error error = {0};
        size_t size = feed.end ? feed.size : complete(&feed);
        if (size > 0) {
            first = note_first(first, run_lines(console, &feed, size));
            continue;
        }
        if (feed.end)
            break;
        struct syn_place place = {.file = "stdin", .line = feed.line};
        int status = feed_read(console, &feed, &error);
        if (status < 0)
            syn_shell_report(console, &place, NULL, &error);
        first = note_first(first, status);
        if (status < 0)
            break;
    }
    free(feed.bytes);
    return first;
}
