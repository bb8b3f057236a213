/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A session with one device of ours: the commands of group 0x5359 (devices/wire/GROUP.md) and those
 * of the standard groups that every device has, as functions and plain structures.
 *
 * Every operation is asynchronous. It returns 0, and then calls `done` exactly once and never from
 * inside; or a negative code (SYN_ELINK not connected, SYN_EBUSY too many at once, SYN_EINVAL does
 * not fit into a message, SYN_ENOMEM), and then does not. `done` gets a status, the answer in the
 * member that the function names (all zero on failure) and, on failure, words. Answers and errors
 * are valid until `done` returns. `done` may start operations and may free the session.
 *
 * Statuses: those of the device by the code that fits (SYN_EOOR does not fit, SYN_ECORRUPT hash
 * differs, SYN_ESTATE, SYN_EBUSY, SYN_ENOENT, SYN_EUNSUP, SYN_EDEVICE), SYN_ETIMEOUT, SYN_ELINK,
 * SYN_EPROTO, and SYN_ECANCELED when the session was freed.
 */
#ifndef SYN_TRANSPORTS_CLIENT_SESSION_H
#define SYN_TRANSPORTS_CLIENT_SESSION_H

#include "transports/client/client.h"

#define SYN_SESSION_UNITS  4  /* sensor, cpu, accel, radio */
#define SYN_SESSION_PIPES  32 /* pipelines of a deployment */
#define SYN_SESSION_WORKS  10 /* kinds of work that are counted for each of them */
#define SYN_SESSION_CHUNKS 32
#define SYN_SESSION_PEERS  16
#define SYN_SESSION_WIRES  5
#define SYN_SESSION_STATS  64
#define SYN_SESSION_IMAGES 4
#define SYN_SESSION_TASKS  32
#define SYN_SESSION_POOLS  32
#define SYN_SESSION_HASHES 8 /* kinds that a device knows for its files */
#define SYN_HASH_SIZE      32

/* ---- answers ---- */

struct syn_hello {
    uint32_t protocol;
    uint32_t features; /* SYN_FEATURE_* */
    uint32_t max_message;
    uint32_t window;
    char id[64];
    char profile[64];
    char part[32];
    char firmware[32];
    char sensors[128]; /* kinds, comma separated */
    char actuators[128];
    uint32_t speed_permille; /* of real time */
    int64_t now_ns;          /* the device's clock */
    uint8_t battery_percent; /* 1 to 100; 0: unknown, or none */
    char start[80];          /* what it started after, in words; empty: unknown */
    char label[32];          /* what its user calls it; kept by the device */
};

struct syn_chunk_state {
    uint8_t hash[SYN_HASH_SIZE];
    uint16_t pipeline;
    uint16_t first, last; /* layers [first, last) */
    uint64_t cycles;
};

struct syn_accel_state {
    char state[16];       /* idle, prepared, committed, running */
    uint16_t kernels[64]; /* kernel words used, by processor */
    uint16_t kernels_max; /* of a processor */
    uint16_t bias[4];     /* bytes used, by group */
    uint16_t bias_max;
    uint32_t weight_bytes, weight_max; /* weights and biases of the resident chunks; all there is */
    uint16_t layers, layers_max;
    uint32_t data_bytes, data_max; /* of an instance, peak over the resident chunks */
    uint32_t arena_bytes, arena_max;
    uint32_t clock_hz;
    uint32_t faults; /* inferences at which it failed, since the commit */
    unsigned chunk_count;
    struct syn_chunk_state chunks[SYN_SESSION_CHUNKS];
};

struct syn_blob_state {
    uint32_t held_bytes;   /* from the start */
    uint32_t length_bytes; /* 0: unknown to the device */
    bool complete;         /* and verified */
};

struct syn_plan_state {
    uint32_t committed; /* transaction; 0: none */
    uint32_t prepared;
    char state[16];
};

struct syn_plan_fit {
    unsigned count;
    uint32_t cycles[SYN_SESSION_PIPES]; /* of each chunk as it was placed */
};

/* What a run counts from, at the targets of its pipelines; none from older firmware. */
struct syn_run_state {
    unsigned count;
    uint32_t base[SYN_SESSION_PIPES]; /* 0 where the device is not the target */
};

struct syn_peer {
    uint16_t index;
    char name[32];
    char address[108]; /* empty: through the host */
    bool up;
};

/* A line of the device's own to another device, or where others reach it by channels. */
struct syn_wire_end {
    char address[32]; /* by which it is named among the links: "uart:2", "ble:..." */
    char id[64]; /* of the device that is heard at the other end; empty: nobody, or a channel */
};

struct syn_peers {
    unsigned count;
    struct syn_peer peers[SYN_SESSION_PEERS];
    unsigned wire_count;
    struct syn_wire_end wires[SYN_SESSION_WIRES];
};

struct syn_params {
    uint32_t buffer_bytes;
    uint32_t buffer_count;
};

/* What answers at the other end (identify.h). */
struct syn_identity {
    bool ours;                /* it said hello; else an SMP device of somebody else's */
    uint8_t version;          /* of the headers that it understands */
    struct syn_hello hello;   /* where it is ours */
    struct syn_params params; /* where it is not; zeros where it does not say */
};

struct syn_stat_names {
    unsigned count;
    char names[SYN_SESSION_STATS][32];
};

struct syn_stat_values {
    char name[32]; /* of the group */
    unsigned count;
    struct {
        char name[32];
        uint64_t value;
    } fields[SYN_SESSION_STATS];
};

/* Of os.h. */
struct syn_task_state {
    char name[32];
    int32_t priority;
    uint32_t id;
    uint32_t state;                   /* of the device's operating system */
    uint32_t stack_used, stack_words; /* words of 4 bytes; both 0: not told */
    uint64_t switches, runtime;       /* runtime in the device's own unit */
};

struct syn_tasks {
    unsigned count;
    struct syn_task_state tasks[SYN_SESSION_TASKS];
};

struct syn_pool_state {
    char name[32];
    uint32_t block_bytes, blocks, free_blocks;
    uint32_t least_free; /* blocks that were free at the worst moment */
    bool has_least;
};

struct syn_pools {
    unsigned count;
    struct syn_pool_state pools[SYN_SESSION_POOLS];
};

/* Of files.h. */
struct syn_file_state {
    uint32_t bytes;
    char kind[16]; /* of the hash: "sha256", "crc32" */
    uint8_t hash[64];
    uint8_t hash_size; /* 0: there is none */
    uint32_t number;   /* instead, of kinds that are numbers (crc32) */
    bool is_number;
};

struct syn_file_hashes {
    unsigned count;
    char kinds[SYN_SESSION_HASHES][16];
};

struct syn_file_piece {
    uint32_t offset;
    uint32_t bytes; /* of the whole file */
    bool has_bytes;
    struct syn_span data;
};

/* Of shell.h. */
struct syn_shell_output {
    int32_t status; /* that the command returned */
    char text[SYN_CLIENT_MESSAGE_MAX];
};

/* Of image.h. */
struct syn_image_state {
    uint32_t image, slot;
    char version[32];
    bool has_hash;
    uint8_t hash[SYN_HASH_SIZE];
    bool bootable, pending, confirmed, active, permanent;
};

struct syn_images {
    unsigned count;
    struct syn_image_state images[SYN_SESSION_IMAGES];
};

struct syn_image_slots {
    uint32_t bytes[2]; /* 0: not told */
};

/* Which member holds says the function that was called. */
struct syn_answer {
    union {
        struct syn_hello hello;
        struct syn_identity identity;
        struct syn_accel_state accel;
        struct syn_blob_state blob;
        struct syn_plan_state plan;
        struct syn_plan_fit fit;
        struct syn_run_state run;
        struct syn_peers links;
        struct syn_params params;
        struct syn_stat_names stats;
        struct syn_stat_values stat;
        struct syn_images images;
        struct syn_image_slots image_slots;
        uint32_t windows; /* of a feed */
        uint32_t baud;    /* of the line (line.h) */
        char echo[256];
        char text[512];
        struct syn_tasks tasks;
        struct syn_pools pools;
        struct syn_file_state file;
        struct syn_file_hashes file_hashes;
        struct syn_file_piece file_piece;
        struct syn_shell_output shell;
    };
};

/* ---- events ---- */

struct syn_counters {
    int64_t now_ns;
    uint64_t busy_ns[SYN_SESSION_UNITS];
    uint64_t tasks[SYN_SESSION_UNITS];
    uint64_t late, late_ns;
    uint64_t energy_nj;               /* since start */
    uint32_t done[SYN_SESSION_PIPES]; /* acted at this target */
    uint32_t dropped[SYN_SESSION_PIPES];
    uint32_t sensed[SYN_SESSION_PIPES];                   /* at this source */
    uint64_t pipeline_nj[SYN_SESSION_PIPES];              /* active energy spent on each pipeline */
    uint16_t waiting[SYN_SESSION_UNITS];                  /* tasks now in the queue of each unit */
    uint32_t work[SYN_SESSION_PIPES * SYN_SESSION_WORKS]; /* tasks by pipeline and kind; zeros
                                                             where the device does not say */
};

struct syn_result_event {
    uint16_t pipeline;
    uint32_t inference;
    uint16_t best; /* index of the largest output */
    int32_t value, second;
    uint64_t input_hash, output_hash;
    int64_t sensed_ns; /* clock of the source */
    int64_t acted_ns;  /* clock of the target */
};

/* All but `lost` may be NULL. */
struct syn_session_events {
    void (*counters)(void *ctx, const struct syn_counters *counters);
    void (*result)(void *ctx, const struct syn_result_event *result);
    void (*log)(void *ctx, unsigned level, const char *text); /* 0 debug .. 3 error */
    /* pipeline is -1 where the fault is of none. */
    void (*fault)(void *ctx, int pipeline, const char *text);
    void (*text)(void *ctx, const char *line, size_t size); /* log text between the frames */
    void (*tensor)(void *ctx, const uint8_t *message, size_t size); /* to be relayed */
    void (*writable)(void *ctx);
    void (*lost)(void *ctx, const struct syn_error *error);
    void (*traffic)(void *ctx, bool sent, const uint8_t *message, size_t size);
    void *ctx;
};

/* ---- life ---- */

struct syn_session;

/* NULL when there is no memory. */
struct syn_session *syn_session_new(struct syn_loop *loop, const struct syn_session_events *events);
/* Outstanding operations are called back with SYN_ECANCELED. NULL is fine. */
void syn_session_free(struct syn_session *session);

int syn_session_open(struct syn_session *session, const char *uri, struct syn_error *error);
/* Takes over a connected descriptor: what syn_spawn hands out. */
int syn_session_adopt(struct syn_session *session, int fd, const char *name,
                      struct syn_error *error);

/* For requests of other groups (images, files, shell), settings and statistics. */
struct syn_client *syn_session_client(struct syn_session *session);

/* ---- operations ---- */

typedef void (*syn_session_done)(void *user, int status, const struct syn_answer *answer,
                                 const struct syn_error *error);

/* answer->hello. Takes framing, window and message size from the answer; comes first. SYN_EUNSUP:
 * not a device of ours. */
int syn_session_hello(struct syn_session *s, syn_session_done done, void *user);

/* What hello tells as its label from now on; an empty one is deleted. */
int syn_session_label(struct syn_session *s, const char *label, syn_session_done done, void *user);

/* answer->accel */
int syn_session_accel(struct syn_session *s, syn_session_done done, void *user);

/*
 * answer->blob. Uploads what the device does not hold yet, in pieces, as many at once as the window
 * allows; goes on where the device says it stands. `data` must live until `done`. `progress` (may
 * be NULL) is called with the bytes that the device holds; where it returns false no more is sent,
 * and `done` gets SYN_ECANCELED. It must not free the session.
 */
int syn_session_put(struct syn_session *s, const uint8_t hash[SYN_HASH_SIZE], const void *data,
                    size_t size, bool (*progress)(void *user, size_t held, size_t size),
                    syn_session_done done, void *user);
/* answer->blob: what the device holds of it */
int syn_session_blob(struct syn_session *s, const uint8_t hash[SYN_HASH_SIZE],
                     syn_session_done done, void *user);
int syn_session_drop(struct syn_session *s, const uint8_t hash[SYN_HASH_SIZE],
                     syn_session_done done, void *user);

/* answer->fit */
int syn_session_prepare(struct syn_session *s, uint32_t txn, const uint8_t hash[SYN_HASH_SIZE],
                        syn_session_done done, void *user);
int syn_session_commit(struct syn_session *s, uint32_t txn, syn_session_done done, void *user);
int syn_session_abort(struct syn_session *s, uint32_t txn, syn_session_done done, void *user);
int syn_session_clear(struct syn_session *s, uint32_t txn, syn_session_done done, void *user);
/* answer->plan */
int syn_session_plan(struct syn_session *s, syn_session_done done, void *user);

struct syn_run_options {
    bool go; /* false stops */
    bool sequential;
    bool work_conserving;
    uint32_t limit; /* inferences of each pipeline; 0: none */
};
/* answer->run, of a start */
int syn_session_run(struct syn_session *s, const struct syn_run_options *options,
                    syn_session_done done, void *user);

struct syn_subscription {
    uint32_t counters_ms; /* period, device time; 0: off */
    bool results;
    bool log;
};
int syn_session_subscribe(struct syn_session *s, const struct syn_subscription *subscription,
                          syn_session_done done, void *user);

/* Who the other devices are; `up` is not read. */
int syn_session_set_links(struct syn_session *s, unsigned self, const struct syn_peer *peers,
                          unsigned count, syn_session_done done, void *user);
/* answer->links */
int syn_session_links(struct syn_session *s, syn_session_done done, void *user);

/* answer->windows. path "" : numbers from a seed. */
int syn_session_feed(struct syn_session *s, const char *sensor, const char *path, uint32_t first,
                     syn_session_done done, void *user);

/* answer->echo; text of at most 255 bytes */
int syn_session_echo(struct syn_session *s, const char *text, syn_session_done done, void *user);
/* answer->params; on a device that has no hello the window is taken from it */
int syn_session_params(struct syn_session *s, syn_session_done done, void *user);
/* Sent once, never repeated. */
int syn_session_reset(struct syn_session *s, syn_session_done done, void *user);
/* answer->stats */
int syn_session_stat_list(struct syn_session *s, syn_session_done done, void *user);
/* answer->stat */
int syn_session_stat(struct syn_session *s, const char *name, syn_session_done done, void *user);

/* Passes on a tensor message. SYN_EBUSY: no room now; `writable` follows. */
int syn_session_send(struct syn_session *s, const uint8_t *message, size_t size);

#endif
