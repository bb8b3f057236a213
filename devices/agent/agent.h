/* SPDX-License-Identifier: MIT */
/*
 * The agent: what a wearable runs so that the console can use it.
 *
 * Portable C without allocation, OS or globals: SMP server, chunk store, deployments that are
 * prepared, committed or aborted, and the runtime that serves them. Everything outside comes from
 * the port (struct syn_agent_port); all memory is given by the caller at start and none is freed.
 * One thread; no function blocks.
 *
 * Two kinds of links: host links (the console; SMP frames) and peer links (other wearables; tensor
 * messages, and whatever the port needs to share the air). The wire is specified in
 * devices/wire/PROTOCOL.md and GROUP.md.
 */
#ifndef SYN_DEVICES_AGENT_AGENT_H
#define SYN_DEVICES_AGENT_AGENT_H

#include "devices/agent/deployment.h"
#include "devices/agent/files.h"
#include "devices/agent/limits.h"
#include "devices/agent/store.h"
#include "devices/boot/upload.h"
#include "devices/runtime/runtime.h"
#include "devices/wire/frame.h"
#include "devices/wire/pieces.h"
#include "devices/wire/tensor.h"

#define SYN_AGENT_BEACON_NS 100000000
#define SYN_AGENT_FAULT_NS  1000000000 /* faults of the accelerator are told so often at most */

/* Why the device started, where its port knows. Counts are since power came. */
struct syn_agent_start {
    const char *why; /* in a few words, at most 79 */
    bool fault;      /* hosts that listen are told */
    uint32_t requests, faults, overflows, watchdogs, others;
    uint32_t vector, pc, lr, status; /* of the last fault; 0 where there was none */
};

/* Who this device is; texts are static for the life of the agent. */
struct syn_agent_identity {
    const char *id;       /* stable, e.g. "sim-5f21" */
    const char *profile;  /* "max78000-feather" */
    const char *firmware; /* version text */
    const char *sensors;  /* kinds, comma separated */
    const char *actuators;
    uint32_t features;       /* SYN_FEATURE_* of devices/wire */
    uint32_t speed_permille; /* virtual time: thousandths of real time; 1000 on hardware */
    uint8_t battery_percent; /* 1 to 100; 0: unknown, or no battery */
    const struct syn_agent_start *start; /* stays where it is; NULL: unknown */
};

struct syn_agent_peer {
    bool used : 1, up : 1;
    /* N of the address "uart:N": a line of the device's own; SYN_AGENT_CHANNEL of this peer where
     * the address begins with "ble:" and the port has channels; 0: none. */
    uint8_t wire;
    char name[SYN_AGENT_PEER_MAX];
    char address[SYN_AGENT_ADDRESS_MAX]; /* empty: relay through the host */
};

struct syn_agent;

/* All callbacks are called from inside syn_agent_* functions and must not call them back, except
 * where noted. `ctx` comes first everywhere. */
struct syn_agent_port {
    void *ctx;
    int64_t (*now_ns)(void *ctx); /* the device's clock (virtual time on a virtual wearable) */
    /* Does the link to a host take so many bytes now? Where it does not, an event is lost and
     * counted, and an answer kept until syn_agent_poll(), if none is kept already: requests and
     * answers beyond that are lost, and the host asks again. */
    bool (*room)(void *ctx, unsigned link, size_t size);
    /* The next piece of a frame for which there was room; copied before this returns. 0 bytes: the
     * frame is complete. Of a link of messages the pieces are those of one message. */
    void (*write)(void *ctx, unsigned link, const uint8_t *bytes, size_t size);
    /* A deployment was committed or cleared (NULL): forget every task of the one before, whose end
     * must not be reported any more; load weights, size buffers. `deployment` is the agent's own
     * and stays where it is. Returns 0 or an error that makes the commit fail, with words in
     * `refusal` if it has any; the one before is then deployed again. */
    int (*deploy)(void *ctx, const struct syn_deployment *deployment, struct syn_refusal *refusal);
    void (*peers)(void *ctx, unsigned self, const struct syn_agent_peer *peers, unsigned count);
    /* The runtime's tasks and credits; see devices/runtime/runtime.h. The duration by the
     * profile's figures is given (for SEND: by this end's figures). */
    void (*begin)(void *ctx, const struct syn_task *task, int64_t start_ns, uint64_t duration_ns);
    void (*credit)(void *ctx, uint8_t pipeline, uint8_t stage, uint8_t peer, int64_t at_ns);
    /* Call syn_agent_woken() at this time; see devices/runtime/runtime.h. May be NULL. */
    void (*wake)(void *ctx, int64_t at_ns);
    /* Tell the peers what is done: every 100 ms, and at once in sequential mode. */
    void (*beacon)(void *ctx, const uint32_t *done, unsigned count, int64_t at_ns);
    /* A tensor message that a host relays from another device, SMP header included. */
    void (*relayed)(void *ctx, const uint8_t *message, size_t size);
    /* Point a file sensor at `path` (empty: seeded numbers). Returns the number of windows or a
     * negative error with words in `why`. NULL where there are no file sensors. */
    long (*feed)(void *ctx, const char *sensor, const char *path, uint32_t first, char *why,
                 size_t why_size);
    void (*reset)(void *ctx); /* after the response has been written */
    /* Who is heard at the other end of line `wire` ("uart:N"): an id, "" for nobody, NULL where
     * there is no such line. NULL: there are none. */
    const char *(*wired)(void *ctx, unsigned wire);
#if SYN_AGENT_CHANNELS
    /* Where other devices reach this one by a channel, "ble:AA:BB:CC:DD:EE:FF" or the same with
     * "/random" behind it; NULL: nowhere, now. NULL: it has no channels. */
    const char *(*reached)(void *ctx);
#endif
    /* The rates of the line behind `link` in baud, ended by 0: the first is that of every start,
     * the others are higher. NULL, or returns NULL: it has one only. */
    const uint32_t *(*rates)(void *ctx, unsigned link);
    /* Another of them, once all that was written has left. */
    void (*set_rate)(void *ctx, unsigned link, uint32_t baud);
    struct syn_slots *slots; /* of the firmware, open; NULL: the device takes no images */
#if SYN_AGENT_FILES
    const struct syn_agent_files *files; /* NULL: there are none */
#endif
};

struct syn_agent_memory {
    const struct syn_flash *flash; /* what outlives a reset: devices/agent/store.h */
    /* Slots, timing.arena_bytes. Placing a deployment needs scratch meanwhile, behind what the
     * committed one uses: SYN_DEPLOYMENT_SCRATCH(layers) more bytes than that are always enough,
     * without them a deployment may be refused while one with a full arena is committed. */
    uint8_t *arena;
    size_t arena_size;
    uint8_t *sensor; /* windows that were sensed and wait: the sensors' own buffers */
    size_t sensor_size;
};

struct syn_agent_subscription {
    uint32_t counters_ms; /* 0 = off */
    int64_t next_ns;
    bool results, logs;
    bool start_told; /* the fault that the device started after */
};

/* Caller-owned; fields are private to the agent, but for reading `deployment`, `rt`, `timing`. */
struct syn_agent {
    struct syn_agent_identity identity;
    struct syn_timing timing;
    struct syn_agent_port port;
    struct syn_store store;
    struct syn_agent_memory memory;
    struct syn_deployment deployment; /* committed */
    struct syn_deployment prepared;
    struct syn_rt rt;
    bool committed, is_prepared, running;
    uint32_t txn, prepared_txn;
    uint32_t run_limit; /* of the last run */
    int64_t started_ns; /* of the last run: the runtime counts times from there */
    int64_t next_beacon_ns;
    int64_t utc_ns;   /* of the device's clock's zero, as a host has set it; 0: nobody has */
    int64_t fault_ns; /* the last fault of the accelerator that hosts were told of */
    bool beacon_due;  /* an inference was completed in sequential mode */
    const struct syn_tensor_result *result; /* of the task whose end is being reported */
    struct syn_agent_peer peers[SYN_AGENT_PEERS_MAX];
    uint8_t self;
    struct syn_agent_img { /* an image that is being uploaded */
        struct syn_fw_upload upload;
        uint8_t sha[SYN_SHA256_SIZE]; /* of its file, as the host says; sha_size bytes of it */
        uint8_t sha_size;
    } img;
    struct syn_agent_link {
        struct syn_agent *agent;
        uint8_t index;
        bool open;
        bool cobs;     /* the last request came in a COBS frame: answers and events do, too */
        bool messages; /* it keeps packets apart: no framing */
        union {
            struct syn_frame_receiver receiver;
            struct syn_pieces pieces;
        };
        uint8_t receive_buffer[SYN_AGENT_MESSAGE_MAX + SYN_FRAME_OVERHEAD];
        struct syn_agent_subscription subscription; /* outlives the link, to count what is lost */
        uint32_t lost_events, lost_answers;
        uint32_t requests;
    } links[SYN_AGENT_LINKS_MAX];
    struct syn_agent_line { /* line.h */
        int64_t until_ns;   /* unless a request comes before; INT64_MAX: for good */
        uint32_t baud;      /* that a host chose; 0: as after a start */
        uint8_t link;
    } line;
    uint8_t relay_link;                     /* whose host wrote the link table or started the run */
    uint16_t counters_bytes;                /* of the last event of counters */
    uint8_t waiting_link;                   /* whose answer in `message` found no room */
    uint16_t waiting_size;                  /* 0: there is none */
    uint8_t message[SYN_AGENT_MESSAGE_MAX]; /* the answer or event that is being made */
};

/* `agent` must stay where it is. Returns 0, SYN_EINVAL (a callback, the part or the id is missing)
 * or SYN_ENOMEM (arena memory smaller than timing.arena_bytes). */
int syn_agent_init(struct syn_agent *agent, const struct syn_agent_identity *identity,
                   const struct syn_timing *timing, const struct syn_agent_port *port,
                   const struct syn_agent_memory *memory);

/*
 * Once the port can take a deployment: the one that was committed before the reset is committed
 * again, not running. Returns 0, also where there was none, or an error with words for the log
 * (blobs are damaged, it does not fit this firmware, the port refuses): the device is then idle.
 */
int syn_agent_restore(struct syn_agent *agent, struct syn_refusal *refusal);

/* A host connected to or left `link`: a stream, or one that keeps packets apart (BLE). */
void syn_agent_link_opened(struct syn_agent *agent, unsigned link);
void syn_agent_message_link_opened(struct syn_agent *agent, unsigned link);
void syn_agent_link_closed(struct syn_agent *agent, unsigned link);

/* Bytes from the host on `link`, in pieces of any size; of a link of messages, one packet. */
void syn_agent_receive(struct syn_agent *agent, unsigned link, const uint8_t *bytes, size_t size);

/* Does what is due (events, beacons); returns the time of the next thing to do, INT64_MAX = none.
 */
int64_t syn_agent_poll(struct syn_agent *agent);

/* Reports from the port, passed on to the runtime; completed inferences become events. `result`
 * is what the task carried, made by the port on UNLOAD: for UNLOAD that ends in a local TAIL, and
 * for ACT. */
void syn_agent_task_ended(struct syn_agent *agent, const struct syn_task *task, int64_t start_ns,
                          int64_t end_ns, int64_t late_ns, const struct syn_tensor_result *result);

/* An INFER that came to nothing: instead of the report above, at the end of its window. The
 * inference is dropped and counted, and `text` sent as a fault, once a second at most; telling
 * peers is the port's. */
void syn_agent_infer_failed(struct syn_agent *agent, const struct syn_task *task, int64_t start_ns,
                            int64_t end_ns, const char *text);

/* The time for which port.wake asked has come. */
void syn_agent_woken(struct syn_agent *agent);

/* Writes a tensor message to the host, who relays it to device `peer` (hosts learn the target from
 * the stream). Returns false when no host is connected or the link is full. */
bool syn_agent_relay(struct syn_agent *agent, const uint8_t *message, size_t size);

/* For the port: whether peer `index` can be reached directly, as the host reads it. */
void syn_agent_peer_up(struct syn_agent *agent, unsigned index, bool up);

/* Something went wrong that no request asked for; `pipeline` < 0 = none in particular. */
void syn_agent_fault(struct syn_agent *agent, int pipeline, const char *text);

/* A line for `device logs`. level: 0 debug, 1 information, 2 warning, 3 error. */
void syn_agent_log(struct syn_agent *agent, unsigned level, const char *text);

#endif
