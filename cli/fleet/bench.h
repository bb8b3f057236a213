/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The bench: the devices that this console is connected to, what is deployed on them, and whether
 * it runs. One object, made on first use, owned by the console.
 *
 * Nothing here prints; what happens by itself becomes an event of the console. Functions that have
 * to wait turn the console's loop and end early when the user stops the command. One thread.
 */
#ifndef SYN_CLI_FLEET_BENCH_H
#define SYN_CLI_FLEET_BENCH_H

#include "cli/console.h"
#include "core/cost/problem.h"
#include "core/measure/clock.h"
#include "transports/client/session.h"
#include "transports/links/link.h"
#include "transports/links/spawn.h"

#include <sys/stat.h>

#define SYN_MEMBER_LOG_LINES 64
#define SYN_FOREIGN_ABOUT    200

enum syn_member_state { SYN_MEMBER_OFFLINE, SYN_MEMBER_CONNECTING, SYN_MEMBER_ONLINE };

/* A file that a sensor of a virtual wearable reads. */
struct syn_feed {
    char sensor[SYN_KIND_MAX];
    char path[512]; /* empty: numbers from a seed */
    uint32_t first;
    uint32_t windows;
};

/* Of what a device says by itself, how much is told: cli/fleet/chatter.h */
struct syn_chatter {
    int64_t spent_ns; /* time up to which lines have been told */
    unsigned untold;
    struct syn_loop_timer timer; /* until it is said how many */
};

/* Of a device's log, as it came. */
struct syn_log_line {
    int64_t at_ms; /* since 1970, by this machine's clock */
    char text[160];
};

struct syn_bench;
struct syn_reconnect; /* cli/fleet/reconnect.h */

/* One device by its name. Its session exists while it is connecting or online. */
struct syn_member {
    struct syn_bench *bench;
    char name[SYN_DEVICE_NAME];
    char uri[SYN_LINK_URI_MAX];
    enum syn_member_state state;
    struct syn_error why; /* of being offline */
    struct syn_session *session;
    struct syn_spawn *spawn; /* of a virtual wearable that was started for us */
    char socket[108], radio[108];
    unsigned number; /* of an emulated board that was told none */
    int flash; /* descriptor of what an emulated board has in flash until it is removed; -1: none */
    bool foreign; /* an SMP device of somebody else's: no hello, no profile, no part in plans */
    struct syn_foreign {
        struct syn_params params;      /* zeros where it does not say */
        uint8_t version;               /* of its headers */
        char about[SYN_FOREIGN_ABOUT]; /* what it calls itself; may be empty */
    } smp;
    struct syn_hello hello;
    struct syn_clock clock; /* against the console's */
    struct syn_profile profile;
    unsigned wire_count; /* lines of its own to other devices, as it said last */
    struct syn_wire_end wires[SYN_SESSION_WIRES];
    struct syn_feed feeds[SYN_KINDS_MAX];
    unsigned feed_count;
    uint32_t txn; /* of the deployment that it holds; 0: none */
    uint8_t hash[SYN_HASH_SIZE];
    struct syn_log_line log[SYN_MEMBER_LOG_LINES];
    unsigned log_count; /* lines so far; the last SYN_MEMBER_LOG_LINES are kept */
    unsigned faults;    /* that it told of since it was connected */
    char fault[200];    /* the last */
    int64_t connected_ns;
    struct syn_reconnect *reconnect; /* NULL: it is not looked for */
    bool returned;                   /* it is back, and nobody has looked yet what it still holds */
    bool restarted;                  /* it started anew meanwhile */
    struct syn_chatter chatter;
    /* cli/fleet/alive.h */
    uint64_t heard, answered; /* by the last beat */
    unsigned silent_beats;
    bool was_asked;
    char identity[SYN_LINK_URI_MAX]; /* where it is looked for */
    struct stat place;               /* of a terminal's name there, while it was online */
};

struct syn_links_row;
struct syn_deployed;  /* cli/fleet/deployer.h */
struct syn_running;   /* cli/fleet/runner.h */
struct syn_resume;    /* cli/fleet/resume.h */
struct syn_operation; /* cli/fleet/operation.h */

struct syn_bench {
    struct syn_console *console;
    struct syn_parts parts; /* that profiles describe; of all copies of these profiles */
    char folder[64];        /* of sockets; empty until the first virtual wearable */
    unsigned count;
    struct syn_member *members[SYN_DEVICES_MAX]; /* in order of connecting */
    unsigned started;                            /* virtual wearables so far: names of sockets */
    uint32_t txn;                                /* of the last deployment that was begun */
    struct syn_deployed *deployed;
    struct syn_running *running;
    struct syn_links_row *links; /* cli/fleet/links.h; owned */
    unsigned probed; /* the way that is measured, taken wherever it is there; SYN_WAY_COUNT: none */
    struct syn_loop_timer beat;     /* of cli/fleet/alive.h, while something is wanted of devices */
    struct syn_resume *resume;      /* NULL until a device was lost that is needed */
    struct syn_operation *farewell; /* to those that stop because another left; NULL: none yet */
};

/* The console's bench; NULL when there is no memory. */
struct syn_bench *syn_bench_of(struct syn_console *console);

/* By name, case ignored; NULL where there is none. */
struct syn_member *syn_bench_find(struct syn_bench *bench, const char *name);

/* The same for commands: SYN_ENOENT, or SYN_ELINK while it is not online, with words. */
int syn_bench_online(struct syn_bench *bench, const char *name, struct syn_member **member,
                     struct syn_error *error);

/* The same, but SYN_EUNSUP for SMP devices that are not ours, which `what` is not for. */
int syn_bench_ours(struct syn_bench *bench, const char *name, const char *what,
                   struct syn_member **member, struct syn_error *error);

/* Is it online, and a device of ours? */
bool syn_member_plans(const struct syn_member *member);

/* "synergy" or "smp". */
const char *syn_member_kind(const struct syn_member *member);

/* Adds an offline member. NULL with words when there are too many. */
struct syn_member *syn_bench_add(struct syn_bench *bench, const char *name, const char *uri,
                                 struct syn_error *error);

/* Stops it where it runs, ends its session and process and forgets it. */
void syn_bench_remove(struct syn_bench *bench, struct syn_member *member);

/* Ends the session and process; the member stays, offline. `why` may be NULL. */
void syn_member_hang_up(struct syn_member *member, const struct syn_error *why);

/* The devices that are online, as the planner sees them; index[i] = member of fleet device i. */
void syn_bench_fleet(struct syn_bench *bench, struct syn_fleet *fleet,
                     struct syn_member *index[SYN_DEVICES_MAX]);

/* A folder for sockets, made on first use. */
int syn_bench_folder(struct syn_bench *bench, struct syn_error *error);

#endif
