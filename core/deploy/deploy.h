/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A deployment over several devices: all switch or none does.
 *
 * A pure state machine without I/O. The caller takes actions from it, carries each out on its
 * device (in parallel across devices; one action a device at a time), and reports how it went:
 *
 *   upload blobs -> prepare everywhere -> commit everywhere -> done
 *
 * A failure before the first commit aborts everywhere and the old deployment serves on. A failure
 * while committing rolls the devices that did commit back to the old deployment (or clears them),
 * so that no mixture stays. A device that cannot be reached during roll-back is reported.
 */
#ifndef SYN_CORE_DEPLOY_DEPLOY_H
#define SYN_CORE_DEPLOY_DEPLOY_H

#include "core/cost/plan.h"

enum syn_deploy_verb {
    SYN_DEPLOY_PUT,     /* blob: hash, bytes, size; skipped by the caller if the device has it */
    SYN_DEPLOY_PREPARE, /* hash of the deployment blob, txn */
    SYN_DEPLOY_COMMIT,
    SYN_DEPLOY_ABORT,
    SYN_DEPLOY_CLEAR,
    SYN_DEPLOY_VERB_COUNT
};

struct syn_deploy_action {
    enum syn_deploy_verb verb;
    unsigned device; /* index into the fleet */
    uint32_t txn;
    uint8_t hash[SYN_SHA256_SIZE];
    const uint8_t *bytes; /* valid while the deployment lives */
    size_t size;
};

enum syn_deploy_state {
    SYN_DEPLOY_RUNNING,
    SYN_DEPLOY_DONE,
    SYN_DEPLOY_FAILED,      /* everything is as before */
    SYN_DEPLOY_INCONSISTENT /* a device could not be rolled back: names are in the error */
};

/* What a device held before: for roll-back. txn 0 = nothing. */
struct syn_deploy_before {
    uint32_t txn;
    uint8_t hash[SYN_SHA256_SIZE];
};

struct syn_deploy;

/*
 * Builds deployment blobs and chunk images for every device of the fleet (devices that take no part
 * and held something before are cleared). `depth` is K of the fair round (0: chosen from the plan).
 * before has fleet->count entries or is NULL.
 */
int syn_deploy_new(struct syn_deploy **deploy, const struct syn_problem *problem,
                   const struct syn_plan *plan, uint32_t txn, unsigned depth,
                   const struct syn_deploy_before *before, struct syn_error *error);
void syn_deploy_free(struct syn_deploy *deploy);

/* The next action that may start now; false when there is none at the moment. */
bool syn_deploy_next(struct syn_deploy *deploy, struct syn_deploy_action *action);

/* How an action ended: status 0 or SYN_E..., `error` may be NULL. */
void syn_deploy_report(struct syn_deploy *deploy, const struct syn_deploy_action *action,
                       int status, const struct syn_error *error);

/* The user stops it: rolls back. */
void syn_deploy_cancel(struct syn_deploy *deploy);

enum syn_deploy_state syn_deploy_state(const struct syn_deploy *deploy);
const struct syn_error *syn_deploy_error(const struct syn_deploy *deploy);

/* Bytes still to upload and in all, for progress. */
void syn_deploy_progress(const struct syn_deploy *deploy, uint64_t *done, uint64_t *total);

/* Streams of a hop: number of the first, for whoever relays tensors. Device that sends and device
 * that receives stream `stream`; SYN_ENOENT when there is none. */
int syn_deploy_stream(const struct syn_deploy *deploy, unsigned stream, unsigned *from,
                      unsigned *to);

/* K of the fair round: rounds by which pipelines may run ahead of the slowest. */
unsigned syn_deploy_depth(const struct syn_deploy *deploy);

/* Hash of the deployment blob of a device, to remember as `before`. */
bool syn_deploy_hash(const struct syn_deploy *deploy, unsigned device,
                     uint8_t hash[SYN_SHA256_SIZE]);

#endif
