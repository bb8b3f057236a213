/* SPDX-License-Identifier: MIT */
/*
 * The runtime: which task runs next on which unit of one device.
 *
 * A pure state machine without clock, I/O or memory of its own. The port (virtual wearable,
 * firmware, simulator) begins a task when told and reports its end with the time at which it
 * started and ended; everything the runtime decides follows from these reports, so the same code
 * runs on silicon, in the virtual wearable and in the event simulator.
 *
 * A *route* is the part of one pipeline that this device serves: up to three stages,
 * head (sense), body (a chunk on the accelerator), tail (act). Stages are joined by *slots*, the
 * bounded buffers of the arena:
 *
 *   head -> [sense slots] -> body (local) or radio
 *   radio or head -> [in slots] -> body -> [out slots] -> radio or tail
 *   radio or body -> [result slots] -> tail
 *
 * Task parallelization: each unit has one queue; a task starts at max(unit free, inputs ready).
 * Load and unload occupy `cpu` and `accel`; the accelerator stays with one inference from load to
 * unload, and a body starts only when the slot for its output is reserved, so that nobody holds
 * the accelerator while waiting for somebody else. Transfers are queued and arbitrated by the
 * port, which knows both ends. Among ready tasks the one with the smallest round n / w goes
 * first, then the one that became ready first.
 *
 * Fair rounds: inference n of pipeline p is admitted only while n / w_p <= min_q(done_q / w_q) + K,
 * counted from the start of the run. Work-conserving mode drops that rule; sequential mode admits
 * one inference at a time over all devices, in plan order.
 *
 * Backpressure: a transfer begins only with credit from the receiver; credits are slots.
 *
 * Times are nanoseconds of one clock, int64. One thread. All memory is the caller's.
 */
#ifndef SYN_DEVICES_RUNTIME_RUNTIME_H
#define SYN_DEVICES_RUNTIME_RUNTIME_H

#include "devices/runtime/timing.h"

#include <stdbool.h>
#include <stdint.h>

#ifndef SYN_RT_PIPELINES_MAX /* firmware may be built for fewer, to spare RAM */
#define SYN_RT_PIPELINES_MAX 32
#endif
#ifndef SYN_RT_SLOTS_MAX /* of one stage; devices give two (slots.h) */
#define SYN_RT_SLOTS_MAX 4
#endif
#ifndef SYN_RT_SLOTS_TOTAL /* of all stages of all pipelines */
#define SYN_RT_SLOTS_TOTAL (SYN_RT_PIPELINES_MAX * SYN_STAGE_COUNT * SYN_RT_SLOTS_MAX)
#endif
#define SYN_RT_DROPS  4    /* of a pipeline, that are remembered */
#define SYN_RT_LOCAL  0xff /* "peer" of a hop inside the device */
#define SYN_RT_NOBODY 0xfe /* this device has no such stage */

enum syn_task_kind {
    SYN_TASK_SENSE,
    SYN_TASK_LOAD, /* with a change of chunk before it where task.configure is set */
    SYN_TASK_INFER,
    SYN_TASK_UNLOAD,
    SYN_TASK_SEND,
    SYN_TASK_RECEIVE,
    SYN_TASK_ACT,
    SYN_TASK_KIND_COUNT
};

/* Units that a task occupies, as bits; SEND and RECEIVE are queued by the port. */
#define SYN_RT_UNIT(u) (1u << (u))
extern const uint8_t syn_rt_units[SYN_TASK_KIND_COUNT];

/* The stage of a route whose buffers a slot belongs to. */
enum syn_stage {
    SYN_STAGE_HEAD,
    SYN_STAGE_BODY_IN,
    SYN_STAGE_BODY_OUT,
    SYN_STAGE_TAIL,
    SYN_STAGE_COUNT
};

/* What travels with an inference. */
struct syn_token {
    uint32_t inference;
    int64_t sensed_ns;    /* beginning of sensing, source's clock */
    uint64_t input_hash;  /* of the model's input */
    uint64_t output_hash; /* of the tensors of the last hop */
};

/* One task as the port sees it. */
struct syn_task {
    uint8_t kind;      /* enum syn_task_kind */
    uint8_t pipeline;  /* index into the routes */
    uint8_t from_slot; /* slot that is read: (stage by kind) HEAD or BODY_IN for load,
                          HEAD or BODY_OUT for send, TAIL for act */
    uint8_t from_stage;
    uint8_t to_slot; /* slot that is written: HEAD for sense, BODY_OUT or TAIL for unload */
    uint8_t to_stage;
    bool configure;         /* the accelerator holds another chunk */
    uint8_t peer;           /* device, for send */
    struct syn_token token; /* sense: only the inference number; the port fills the rest */
};

/* What the plan says of one pipeline at this device. */
struct syn_route {
    int64_t gap_ns;  /* rate cap: from one start of sensing to the next, at least */
    uint16_t weight; /* w, >= 1; needed for pipelines that are elsewhere, too */
    bool used;       /* this device takes part */
    bool has_head, has_body, has_tail;
    uint8_t head_to; /* device, or SYN_RT_LOCAL */
    uint8_t body_from, body_to;
    uint8_t tail_from;
    uint8_t slots[SYN_STAGE_COUNT]; /* >= 1 where the stage exists and its slots are used */
};

/*
 * Do the slots of `stage` lie in the arena? The input of a chunk does where a peer fills it, its
 * output where a peer receives it. A sensor has its own buffer, a local hop none, and a result
 * (`last`: the chunk is the last of its model) is made when it is sent.
 */
bool syn_route_in_arena(const struct syn_route *route, enum syn_stage stage, bool last);

/*
 * What the runtime asks of the port. `begin` must not call back into the runtime; the port reports
 * later through syn_rt_ended(). `credit` tells the sender of the hop into `stage` that one more
 * slot is free since at_ns.
 */
struct syn_rt_port {
    void *ctx;
    void (*begin)(void *ctx, const struct syn_task *task, int64_t start_ns);
    void (*credit)(void *ctx, uint8_t pipeline, uint8_t stage, uint8_t peer, int64_t at_ns);
    /* An inference is complete at this target: result for whoever subscribed, counts to peers. */
    void (*completed)(void *ctx, uint8_t pipeline, const struct syn_token *token, int64_t acted_ns);
    /*
     * How long a task takes on this device; may be NULL. Where it is given, a lone action that
     * would outlast the running inference, and so keep the accelerator waiting to be unloaded, is
     * left for the next inference to cover.
     */
    uint64_t (*duration)(void *ctx, const struct syn_task *task);
    /*
     * Call syn_rt_woken() at this time; an earlier one that was named before may be forgotten. May
     * be NULL: then sensing that waits for its rate cap begins in advance, with the time at which
     * it is due, and holds the sensor unit until then.
     */
    void (*wake)(void *ctx, int64_t at_ns);
};

enum syn_rt_mode { SYN_RT_FAIR, SYN_RT_WORK_CONSERVING, SYN_RT_SEQUENTIAL };

/* What takes a time of its own in one pipeline at one device. */
enum syn_rt_work {
    SYN_RT_WORK_SENSE,
    SYN_RT_WORK_CONFIGURE, /* part of some loads */
    SYN_RT_WORK_LOAD,
    SYN_RT_WORK_INFER,
    SYN_RT_WORK_UNLOAD,
    SYN_RT_WORK_ACT,
    SYN_RT_WORK_SEND_WINDOW, /* what was sensed, to the first chunk */
    SYN_RT_WORK_SEND,        /* what the chunk made, to the next or to the target */
    SYN_RT_WORK_RECEIVE,     /* input of the chunk */
    SYN_RT_WORK_RECEIVE_RESULT,
    SYN_RT_WORK_COUNT
};

struct syn_rt_counters {
    uint64_t busy_ns[SYN_UNIT_COUNT];
    uint32_t tasks[SYN_UNIT_COUNT];
    uint32_t work[SYN_RT_PIPELINES_MAX][SYN_RT_WORK_COUNT]; /* the tasks of busy_ns, by kind */
    uint32_t late; /* tasks whose real work outlasted their window */
    uint64_t late_ns;
    uint32_t faults; /* inferences that came to nothing on this accelerator, since syn_rt_init() */
    uint32_t sensed[SYN_RT_PIPELINES_MAX]; /* at this source, since syn_rt_init() */
    uint32_t acted[SYN_RT_PIPELINES_MAX];  /* at this target */
    uint32_t dropped[SYN_RT_PIPELINES_MAX];
    uint64_t pipeline_ns[SYN_RT_PIPELINES_MAX][SYN_UNIT_COUNT]; /* busy_ns, by pipeline */
    uint16_t waiting[SYN_UNIT_COUNT]; /* tasks ready and not begun, now; radio: tensors that
                                         have not left, the one on the air included */
};

enum syn_rt_slot_state { SYN_SLOT_FREE, SYN_SLOT_FILLING, SYN_SLOT_FULL, SYN_SLOT_DRAINING };

struct syn_rt_slot {
    uint8_t state;    /* enum syn_rt_slot_state */
    int64_t ready_ns; /* free or full since */
    struct syn_token token;
};

/* Where the inference that holds the accelerator is. */
enum syn_rt_body_state {
    SYN_BODY_NONE,
    SYN_BODY_LOADING,
    SYN_BODY_INFERRING,
    SYN_BODY_DONE, /* waits for the CPU to unload */
    SYN_BODY_UNLOADING
};

#define SYN_RT_SENDERS 2 /* stages that may send to a peer */

/* Caller-owned; fields are private to the runtime. */
struct syn_rt {
    struct syn_rt_port port;
    struct syn_route routes[SYN_RT_PIPELINES_MAX];
    struct syn_rt_slot slots[SYN_RT_SLOTS_TOTAL]; /* see syn_rt_slots() */
    uint16_t first_slot[SYN_RT_PIPELINES_MAX][SYN_STAGE_COUNT];
    uint8_t pipeline_count;
    uint16_t depth; /* K */
    enum syn_rt_mode mode;
    bool running;
    bool capped;                         /* a pipeline that is sensed here has a rate cap */
    bool granted;                        /* peers were told of the slots that they fill */
    uint32_t last[SYN_RT_PIPELINES_MAX]; /* inference that ends this run, 0 = no limit */
    int64_t free_ns[SYN_UNIT_COUNT];     /* when each unit becomes or became free */
    bool busy[SYN_UNIT_COUNT];
    struct syn_task body;                /* the task of the inference that holds the accelerator */
    uint8_t body_state;                  /* enum syn_rt_body_state */
    int64_t body_ns;                     /* when it is, was or will be in SYN_BODY_DONE */
    uint64_t infer_ns;                   /* how long it infers; 0 = not known */
    uint8_t configured;                  /* whose chunk is configured, or SYN_RT_NOBODY */
    bool admitted[SYN_RT_PIPELINES_MAX]; /* the next inference may be sensed */
    int64_t admitted_ns[SYN_RT_PIPELINES_MAX];   /* since when */
    int64_t next_sense_ns[SYN_RT_PIPELINES_MAX]; /* not before this: rate caps */
    int64_t now_ns, wake_ns; /* the latest time that was reported; that was asked for */
    uint32_t next_inference[SYN_RT_PIPELINES_MAX]; /* from 1 */
    uint32_t base[SYN_RT_PIPELINES_MAX];           /* inferences before this run, as known here */
    uint32_t given_up[SYN_RT_PIPELINES_MAX][SYN_RT_DROPS]; /* the last that were dropped */
    uint32_t done[SYN_RT_PIPELINES_MAX]; /* acted or dropped, over all devices, as known here */
    uint8_t credits[SYN_RT_PIPELINES_MAX][SYN_RT_SENDERS]; /* by syn_rt_sender() */
    int64_t credit_ns[SYN_RT_PIPELINES_MAX][SYN_RT_SENDERS][SYN_RT_SLOTS_MAX];
    struct syn_rt_counters counters;
};

/* The slots of a stage: as many as its route has. */
static inline const struct syn_rt_slot *syn_rt_slots(const struct syn_rt *rt, unsigned pipeline,
                                                     unsigned stage)
{
    return &rt->slots[rt->first_slot[pipeline][stage]];
}

/* A stage that sends, HEAD or BODY_OUT, as index of what is kept of those alone. */
static inline unsigned syn_rt_sender(unsigned stage)
{
    return stage == SYN_STAGE_HEAD ? 0 : 1;
}

/*
 * Sets up for a deployment; `routes` has one entry a pipeline of the whole deployment, in plan
 * order. Returns 0, SYN_EINVAL, or SYN_ENOMEM: more slots than SYN_RT_SLOTS_TOTAL.
 */
int syn_rt_init(struct syn_rt *rt, const struct syn_rt_port *port, const struct syn_route *routes,
                unsigned pipeline_count, unsigned depth);

/*
 * Starts a run at now_ns: begins what is admissible, and the first time after syn_rt_init() grants
 * credit for every slot that a peer fills (through port.credit). limit: inferences of each pipeline
 * in this run, 0 = no limit.
 *
 * Devices start one after the other, so nothing that a peer may already have caused is reset here:
 * inference numbers, counts of inferences and credits go on from one run of a deployment to the
 * next, and a device that has not started serves what arrives. Times and tasks (busy_ns, tasks,
 * work, late, late_ns) count from the start.
 */
void syn_rt_start(struct syn_rt *rt, enum syn_rt_mode mode, uint32_t limit, int64_t now_ns);

/*
 * For the port's radio: of transfers that can begin, the one of the lowest rank goes first. It
 * grows with the rounds of this run, so that pipelines that are ahead give way: windows of those
 * that are K rounds ahead would else keep the results of an accelerator from leaving, and it from
 * working.
 */
#define SYN_RT_RANK_ROUND 0x10000u
uint64_t syn_rt_rank(const struct syn_rt *rt, unsigned pipeline, uint32_t inference);

/* The time for which port.wake asked has come. */
void syn_rt_woken(struct syn_rt *rt, int64_t now_ns);

/* Admits nothing more; what is under way drains. */
void syn_rt_stop(struct syn_rt *rt);

/* True when nothing is under way on this device. */
bool syn_rt_idle(const struct syn_rt *rt);

/*
 * The port reports the end of a task that `begin` gave it: task as given, its token completed
 * (sensed_ns, hashes), when it started and ended on its units, and how long after its window the
 * real work was done (0 = in time).
 */
void syn_rt_ended(struct syn_rt *rt, const struct syn_task *task, int64_t start_ns, int64_t end_ns,
                  int64_t late_ns);

/*
 * A peer's transfer into this device. syn_rt_receive_begin reserves a slot of the stage that the
 * hop feeds (BODY_IN or TAIL) and returns its index, SYN_ENOMEM when the peer sent without credit,
 * or SYN_EINVAL when no peer feeds that stage; syn_rt_receive_end completes it,
 * syn_rt_receive_abort frees it, grants it anew and counts a drop; syn_rt_receive_forget frees it
 * for the same inference, which its sender will send anew by the credit that it has taken.
 *
 * Drops are counted at the source and the target of a pipeline only, each of which hears of every
 * one (port: `dropped` messages); at the target a drop counts as done, or the fair round of all
 * others would wait for it for ever.
 */
int syn_rt_receive_begin(struct syn_rt *rt, unsigned pipeline, enum syn_stage stage);
void syn_rt_receive_end(struct syn_rt *rt, unsigned pipeline, enum syn_stage stage, unsigned slot,
                        const struct syn_token *token, int64_t start_ns, int64_t end_ns);
void syn_rt_receive_abort(struct syn_rt *rt, unsigned pipeline, enum syn_stage stage, unsigned slot,
                          uint32_t inference, int64_t at_ns);
void syn_rt_receive_forget(struct syn_rt *rt, unsigned pipeline, enum syn_stage stage,
                           unsigned slot);

/*
 * Instead of syn_rt_ended() for an INFER that came to nothing: frees the slot for its output and
 * counts the fault and the drop; which chunk is configured is not known any more.
 */
void syn_rt_infer_abort(struct syn_rt *rt, const struct syn_task *task, int64_t start_ns,
                        int64_t end_ns);

/*
 * The port gave up a SEND that `begin` gave it (the peer is gone): frees the slot and counts the
 * drop. The credit is gone with the peer.
 */
void syn_rt_send_abort(struct syn_rt *rt, const struct syn_task *task, int64_t at_ns);

/* An inference was given up at another device. News of one that is already known is ignored, since
 * a device that is source and target hears it from both sides. */
void syn_rt_dropped(struct syn_rt *rt, unsigned pipeline, uint32_t inference, int64_t at_ns);

/*
 * The link to a peer went: its credits are void (transfers under way are the port's to abort). When
 * it is back, with nothing under way, every free slot that it fills is granted again.
 */
void syn_rt_peer_lost(struct syn_rt *rt, uint8_t peer);
void syn_rt_peer_found(struct syn_rt *rt, uint8_t peer, int64_t at_ns);

/* A peer granted one slot for what `stage` (HEAD or BODY_OUT) sends, free since at_ns. */
void syn_rt_credit(struct syn_rt *rt, unsigned pipeline, enum syn_stage stage, int64_t at_ns);

/* Counts of inferences done, from a peer; larger values win. */
void syn_rt_counts(struct syn_rt *rt, const uint32_t *done, unsigned count, int64_t at_ns);

#endif
