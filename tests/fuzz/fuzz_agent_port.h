/* SPDX-License-Identifier: MIT */
/*
 * An agent for the fuzz targets: its port takes everything, and ends every task at once when asked.
 * It holds a chunk, and a deployment of it in every state that the input chooses.
 */
#ifndef SYN_TESTS_FUZZ_FUZZ_AGENT_PORT_H
#define SYN_TESTS_FUZZ_FUZZ_AGENT_PORT_H

#include "devices/agent/agent.h"
#include "tests/fuzz/fuzz_flash.h"

struct fuzz_device {
    struct syn_agent agent;
    _Alignas(8) uint8_t store[65536], arena[4096 + SYN_DEPLOYMENT_SCRATCH(32)], sensor[4096];
    struct syn_flash flash;
    uint8_t chunk[SYN_SHA256_SIZE], plan[SYN_SHA256_SIZE]; /* hashes of what it holds */
    struct fuzz_flash firmware;
    int64_t now;
    struct syn_task task; /* the last that was begun */
    bool begun;
    uint64_t written; /* sum of what was written: every byte is read */
};

/* state: 0 empty, 1 blobs there, 2 prepared, 3 committed, 4 running. */
struct fuzz_device *fuzz_device_new(unsigned state);

/* The same for one that is there; it holds nothing that is committed. */
void fuzz_device_reach(struct fuzz_device *device, unsigned state);

/* Starts anew with the flash as it is, and restores: what that returned. */
int fuzz_device_restart(struct fuzz_device *device);

/* Moves the clock, polls, and ends a task that is under way. */
void fuzz_device_step(struct fuzz_device *device, unsigned ms);

#endif
