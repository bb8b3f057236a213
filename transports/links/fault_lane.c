/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "transports/links/fault_lane.h"

#include <stdlib.h>
#include <string.h>

#include "devices/base/hash.h"

#define SECOND 1000000000LL
/* The line's own queue: enough that it does not run dry while the loop does something else. */
#define AHEAD_NS 20000000LL

enum {
    HELD_MAX = 262144,
    CHUNKS_MAX = 8192,
    STEP_MAX = 4096,       /* bytes of a stream that come out together */
    STEPS_A_SECOND = 1000, /* of a paced one */
};

struct syn_fault_chunk {
    struct syn_fault_chunk *next;
    int64_t due_ns;
    size_t size, at; /* bytes, and those taken */
    uint8_t data[];
};

void syn_fault_lane_init(struct syn_fault_lane *lane, const struct syn_fault_way *way, bool packets,
                         uint64_t seed)
{
    *lane = (struct syn_fault_lane){
        .way = *way, .packets = packets, .dice = seed, .jitter_dice = ~seed};
}

static void drop_first(struct syn_fault_lane *lane)
{
    struct syn_fault_chunk *chunk = lane->first;
    lane->first = chunk->next;
    if (!lane->first)
        lane->last = NULL;
    lane->held -= chunk->size;
    lane->chunks--;
    free(chunk);
}

void syn_fault_lane_free(struct syn_fault_lane *lane)
{
    while (lane->first)
        drop_first(lane);
}

/* ---- when ---- */

/* Takes the line for `size` bytes; returns when the last of them is through. Whole seconds are
 * carried over, so that no rounding adds up. */
static int64_t take_line(struct syn_fault_lane *lane, size_t size, int64_t now_ns)
{
    uint64_t rate = lane->way.rate;
    if (rate == 0)
        return now_ns;
    if (now_ns > lane->free_ns) {
        lane->pace_from_ns = now_ns;
        lane->paced = 0;
    }
    lane->paced += size;
    lane->pace_from_ns += (int64_t)(lane->paced / rate) * SECOND;
    lane->paced %= rate;
    lane->free_ns = lane->pace_from_ns + (int64_t)(lane->paced * SECOND / rate);
    return lane->free_ns;
}

static int64_t due_time(struct syn_fault_lane *lane, size_t size, int64_t now_ns)
{
    int64_t at = take_line(lane, size, now_ns) + lane->way.delay_ns;
    if (lane->way.jitter_ns > 0)
        at += (int64_t)(syn_splitmix64(&lane->jitter_dice) % (uint64_t)lane->way.jitter_ns);
    if (at < lane->last_due_ns)
        at = lane->last_due_ns;
    lane->last_due_ns = at;
    return at;
}

/* ---- what ---- */

static bool happens(struct syn_fault_lane *lane, const struct syn_fault_chance *chance)
{
    if (chance->at == lane->places)
        return true;
    return chance->below > 0 &&
           (syn_splitmix64(&lane->dice) < chance->below || chance->below == UINT64_MAX);
}

static uint8_t change(struct syn_fault_lane *lane, uint8_t byte)
{
    return byte ^ (uint8_t)(1 + syn_splitmix64(&lane->dice) % 255);
}

/* Copies `size` bytes as they come out, at most twice as many; returns how many. */
static size_t spoil_bytes(struct syn_fault_lane *lane, const uint8_t *data, size_t size,
                          uint8_t *to)
{
    size_t n = 0;
    for (size_t i = 0; i < size; i++, lane->places++) {
        bool lost = happens(lane, &lane->way.drop);
        uint8_t byte = happens(lane, &lane->way.corrupt) ? change(lane, data[i]) : data[i];
        unsigned copies = happens(lane, &lane->way.dup) ? 2 : 1;
        for (copies = lost ? 0 : copies; copies > 0; copies--)
            to[n++] = byte;
    }
    return n;
}

static void append(struct syn_fault_lane *lane, struct syn_fault_chunk *chunk, int64_t due_ns)
{
    chunk->next = NULL;
    chunk->due_ns = due_ns;
    chunk->at = 0;
    if (lane->last)
        lane->last->next = chunk;
    else
        lane->first = chunk;
    lane->last = chunk;
    lane->held += chunk->size;
    lane->chunks++;
}

static int put_bytes(struct syn_fault_lane *lane, const uint8_t *data, size_t size, int64_t now_ns)
{
    struct syn_fault_chunk *chunk = malloc(sizeof *chunk + 2 * size);
    if (!chunk)
        return SYN_ENOMEM;
    chunk->size = spoil_bytes(lane, data, size, chunk->data);
    int64_t due_ns = due_time(lane, size, now_ns);
    if (chunk->size > 0)
        append(lane, chunk, due_ns);
    else
        free(chunk);
    return 0;
}

static int put_packet(struct syn_fault_lane *lane, const uint8_t *data, size_t size, int64_t now_ns)
{
    bool lost = happens(lane, &lane->way.drop);
    bool changed = happens(lane, &lane->way.corrupt);
    unsigned copies = happens(lane, &lane->way.dup) ? 2 : 1;
    size_t where = changed ? syn_splitmix64(&lane->dice) % size : 0;
    uint8_t byte = changed ? change(lane, data[where]) : data[0];
    int64_t due_ns = due_time(lane, size, now_ns);
    lane->places++;
    for (copies = lost ? 0 : copies; copies > 0; copies--) {
        struct syn_fault_chunk *chunk = malloc(sizeof *chunk + size);
        if (!chunk)
            return SYN_ENOMEM;
        chunk->size = size;
        memcpy(chunk->data, data, size);
        chunk->data[where] = byte;
        append(lane, chunk, due_ns);
    }
    return 0;
}

/* ---- in ---- */

/* Of so many bytes, those up to the place `at`; a packet is not parted. */
static size_t up_to(const struct syn_fault_lane *lane, uint64_t at, size_t size)
{
    uint64_t left = at > lane->in_bytes ? at - lane->in_bytes : 0;
    if (lane->packets)
        return size <= left ? size : 0;
    return size < left ? size : (size_t)left;
}

static size_t step_of(const struct syn_fault_lane *lane)
{
    uint64_t step = lane->way.rate / STEPS_A_SECOND;
    if (lane->packets)
        return SYN_FAULT_PUT_MAX;
    return lane->way.rate == 0 || step > STEP_MAX ? STEP_MAX : step < 1 ? 1 : (size_t)step;
}

int syn_fault_lane_put(struct syn_fault_lane *lane, const void *data, size_t size, int64_t now_ns)
{
    const uint8_t *bytes = data;
    size_t step = step_of(lane);
    int rc = 0;
    while (size > 0 && rc == 0) {
        size_t n = size < step ? size : step;
        n = up_to(lane, lane->way.cut_at, n);
        lane->over = lane->over || n == 0;
        n = up_to(lane, lane->way.silence_at, n);
        lane->silent = lane->silent || n == 0;
        if (lane->over || lane->silent)
            break;
        rc = lane->packets ? put_packet(lane, bytes, n, now_ns) : put_bytes(lane, bytes, n, now_ns);
        lane->in_bytes += n;
        bytes += n;
        size -= n;
    }
    lane->over = lane->over || lane->in_bytes >= lane->way.cut_at;
    return rc;
}

size_t syn_fault_lane_room(const struct syn_fault_lane *lane, int64_t now_ns)
{
    uint64_t ahead = lane->way.rate * AHEAD_NS / SECOND;
    if (lane->silent || lane->over)
        return SYN_FAULT_PUT_MAX; /* into the void */
    if (lane->held >= HELD_MAX || lane->chunks >= CHUNKS_MAX ||
        (lane->way.rate > 0 && lane->free_ns - now_ns >= AHEAD_NS))
        return 0;
    if (lane->packets)
        return SYN_FAULT_PUT_MAX;
    return lane->way.rate == 0 || ahead > STEP_MAX ? STEP_MAX : ahead < 1 ? 1 : (size_t)ahead;
}

/* ---- out ---- */

static size_t piece_of(const struct syn_fault_lane *lane, size_t size)
{
    const struct syn_fault_way *way = &lane->way;
    if (way->split > 0 && size > way->split)
        size = (size_t)way->split;
    if (way->split_at > lane->passed_bytes && size > way->split_at - lane->passed_bytes)
        size = (size_t)(way->split_at - lane->passed_bytes);
    return size;
}

const void *syn_fault_lane_due(const struct syn_fault_lane *lane, int64_t now_ns, size_t *size)
{
    const struct syn_fault_chunk *chunk = lane->first;
    if (!chunk || chunk->due_ns > now_ns)
        return NULL;
    *size = piece_of(lane, chunk->size - chunk->at);
    return chunk->data + chunk->at;
}

void syn_fault_lane_pass(struct syn_fault_lane *lane, size_t size)
{
    lane->passed_bytes += size;
    lane->first->at += size;
    if (lane->first->at == lane->first->size)
        drop_first(lane);
}

int64_t syn_fault_lane_next(const struct syn_fault_lane *lane, int64_t now_ns)
{
    int64_t next = lane->first ? lane->first->due_ns : INT64_MAX;
    int64_t room_ns = lane->free_ns - AHEAD_NS + 1;
    return room_ns > now_ns && room_ns < next ? room_ns : next;
}
