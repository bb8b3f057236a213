/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The console: what a command handler gets hold of. One object, made in main, passed everywhere.
 *
 * Handlers never print, exit or block: they fill console->result, return a code with words, and
 * where they have to wait they call syn_console_wait(), which keeps the poll loop turning.
 * One thread. Interrupts (Ctrl-C, --timeout, SIGTERM) arrive through syn_console_stopped().
 */
#ifndef SYN_CLI_CONSOLE_H
#define SYN_CLI_CONSOLE_H

#include "cli/events.h"
#include "cli/output/progress.h"
#include "cli/output/result.h"
#include "cli/settings.h"
#include "cli/shell/words.h"
#include "core/base/error.h"
#include "core/base/loop.h"
#include "core/store/registry.h"

#include <signal.h>
#include <stdbool.h>

struct syn_editor;

/* Why the running command, or the whole run, has to end. Also the values of the signal flag. */
enum syn_stop { SYN_STOP_NONE, SYN_STOP_INTERRUPT, SYN_STOP_TERMINATE, SYN_STOP_TIMEOUT };

/* What the signal handlers of main leave behind. */
struct syn_signals {
    volatile sig_atomic_t *stop; /* enum syn_stop */
    int wake_fd;                 /* can be read after a signal */
};

/* What the command line says (cli/options.c). */
struct syn_console_options {
    bool keep_going, json, memory, quiet, verbose, help, version, man;
    const char *colour; /* "auto", "never", "always"; NULL: not said */
    bool no_colour;     /* NO_COLOR is set */
    double timeout_s;   /* 0: none */
    const char *state;  /* folder of registry and history */
};

struct syn_console {
    const struct syn_console_options *options;
    struct syn_loop *loop;
    struct syn_result result; /* of the command that runs */
    FILE *out, *err;
    bool out_terminal, err_terminal; /* is the stream a terminal? */

    struct syn_settings settings;
    struct syn_registry *registry; /* NULL until syn_console_registry() */
    char *state;                   /* state folder; NULL: everything in memory */

    struct syn_editor *editor; /* NULL in batch */
    char status[32];           /* shown in front of the prompt */
    bool quit;                 /* the command `quit` asks the shell to end */
    bool reported;             /* the last failure has been printed already */
    bool silent;               /* the running command has printed its results itself */
    bool partial;              /* its result is worth printing beside its error */
    unsigned depth;            /* of nested `source` */

    const struct syn_signals *signals;
    enum syn_stop stop;

    uint64_t commands; /* begun so far */
    struct syn_event_log events;
    struct { /* by the last `wait` */
        uint64_t command, event;
    } waited;
    FILE *held; /* notes that wait for the screen; NULL: none are held */
    char *held_text;
    size_t held_size;

    /* The sessions with the devices; cli/fleet/ makes them on first use and sets fleet_free. */
    void *fleet;
    void (*fleet_free)(void *fleet);
    void (*fleet_names)(void *fleet, struct syn_words *names); /* of its devices; may be NULL */
    void (*fleet_rest)(void *fleet); /* what had to wait until no command runs; may be NULL */
    bool chores;                     /* there is something for fleet_rest */
    bool resting;                    /* it runs */
};

int syn_console_init(struct syn_console *console, const struct syn_console_options *options,
                     const struct syn_signals *signals, struct syn_error *error);
void syn_console_close(struct syn_console *console);

/* The registry, opened on first use. Owned by the console. */
int syn_console_registry(struct syn_console *console, struct syn_registry **registry,
                         struct syn_error *error);

/* Is there a registry to read (without making one)? */
bool syn_console_has_registry(const struct syn_console *console);

/*
 * Turns the loop until done(ctx) is true (returns 0), `seconds` have passed (SYN_ETIMEOUT; negative
 * waits for ever), or the user or --timeout stops it (SYN_ECANCELED, SYN_ETIMEOUT). done may be
 * NULL: then it waits for the time alone. Words are set for SYN_ECANCELED only, since only the
 * caller knows what it waited for; they are plain enough for SYN_ETIMEOUT too, if not replaced.
 */
int syn_console_wait(struct syn_console *console, bool (*done)(void *ctx), void *ctx,
                     double seconds, struct syn_error *error);

/* The same for commands that only wait: what the fleet has to do by itself (to deploy again to a
 * device that is back) is done meanwhile. */
int syn_console_idle(struct syn_console *console, bool (*done)(void *ctx), void *ctx,
                     double seconds, struct syn_error *error);

/* Does what the fleet has to do by itself. No command may be in the middle of something. */
void syn_console_rest(struct syn_console *console);

/* One turn of the loop, for work that computes for long and wants links to live meanwhile. */
void syn_console_turn(struct syn_console *console, int timeout_ms);

/* Must the running command end? Cheap; asked by every long computation. */
bool syn_console_stopped(struct syn_console *console);

/* Forgets an interrupt, so that the next command starts afresh; other stops stay. */
void syn_console_resume(struct syn_console *console);

/* The error that goes with syn_console_stopped(): always SYN_ECANCELED or SYN_ETIMEOUT. */
int syn_console_stop_error(const struct syn_console *console, struct syn_error *error);

/* Prints the result so far and empties it: for commands that give several (`watch`). */
void syn_console_emit(struct syn_console *console);

/* Keeps notes back while something else has the whole screen; `false` prints them. */
void syn_console_hold(struct syn_console *console, bool hold);

/*
 * Notes an event (`wait EVENT` sees it) with a sentence for people: above the prompt in interactive
 * mode, on stderr with -v in batch. device may be NULL. Text from devices may be passed as it is:
 * control characters are replaced.
 */
void syn_console_event(struct syn_console *console, enum syn_event_kind kind, const char *device,
                       const char *fmt, ...) SYN_PRINTF(4, 5);

/* A line for people on stderr, with -v only: what a long computation has come to. */
void syn_console_note(struct syn_console *console, const char *fmt, ...) SYN_PRINTF(2, 3);

/* A modest word in front of the prompt ("running"); NULL or "" for none. */
void syn_console_status(struct syn_console *console, const char *status);

/* Progress on stderr if that is a terminal and neither -q nor --json was given. */
void syn_console_progress(struct syn_console *console, struct syn_progress *progress,
                          const char *what, const char *unit);

bool syn_console_json(const struct syn_console *console);
bool syn_console_colour(struct syn_console *console, bool on_stderr);

#endif
