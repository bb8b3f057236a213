/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A device starts on a flash that the input has damaged: bits, pages, and records that are valid
 * but say anything. It comes up, with its deployment or without, and takes a new one.
 */
#include "devices/agent/plan.h"
#include "tests/fuzz/fuzz_agent_port.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct input {
    const uint8_t *at;
    size_t left;
};

static unsigned take(struct input *in)
{
    if (in->left == 0)
        return 0;
    in->left--;
    return *in->at++;
}

static unsigned take2(struct input *in)
{
    unsigned high = take(in);
    return high << 8 | take(in);
}

/* Most of the offsets that mean anything are at the begin of a bank, or of the blobs. */
static size_t place(struct input *in, const struct fuzz_device *d)
{
    static const size_t starts[] = {0, SYN_STORE_BANK_BYTES, 2 * SYN_STORE_BANK_BYTES};
    unsigned which = take(in);
    size_t offset = which % 4 < 3 ? starts[which % 4] + take(in) : take2(in);
    return offset % sizeof d->store;
}

static void change_bytes(struct fuzz_device *d, struct input *in)
{
    size_t at = place(in, d);
    for (unsigned n = 1 + take(in) % 16; n > 0; n--, at = (at + 1) % sizeof d->store)
        d->store[at] ^= (uint8_t)take(in);
}

static void fill_bytes(struct fuzz_device *d, struct input *in)
{
    size_t at = place(in, d), n = take2(in);
    memset(d->store + at, (int)take(in), n < sizeof d->store - at ? n : sizeof d->store - at);
}

static void put_record(struct fuzz_device *d, struct input *in)
{
    unsigned key = take(in), n = take(in) % 64;
    uint8_t value[64] = {0};
    for (unsigned i = 0; i < n; i++)
        value[i] = (uint8_t)take(in);
    (void)syn_records_put(
        &d->agent.store.records,
        (uint16_t)(key < 128 ? SYN_STORE_KEY_BLOBS + key : SYN_STORE_KEY_COMMITTED + key % 4),
        value, n);
}

/* The record of a blob that is there, changed in one byte. */
static void change_record(struct fuzz_device *d, struct input *in)
{
    unsigned key = SYN_STORE_KEY_BLOBS + take(in) % 3, at = take(in);
    uint8_t value[SYN_RECORD_MAX];
    struct syn_record record;
    if (!syn_records_find(&d->agent.store.records, (uint16_t)key, &record) || record.size == 0)
        return;
    memcpy(value, record.bytes, record.size);
    value[at % record.size] ^= (uint8_t)take(in);
    (void)syn_records_put(&d->agent.store.records, (uint16_t)(key + take(in) % 3), value,
                          record.size);
}

static void damage(struct fuzz_device *d, struct input *in)
{
    static void (*const ways[])(struct fuzz_device *, struct input *) = {change_bytes, fill_bytes,
                                                                         put_record, change_record};
    while (in->left > 0)
        ways[take(in) % 4](d, in);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct input in = {data, size};
    if (size == 0 || size > 4096)
        return 0;
    struct fuzz_device *d = fuzz_device_new(3);
    damage(d, &in);
    bool restored = fuzz_device_restart(d) == 0 && d->agent.committed;
    if (restored)
        syn_agent_plan_start(&d->agent, SYN_RT_FAIR, 3);
    for (unsigned i = 0; restored && i < 20; i++)
        fuzz_device_step(d, 10);
    syn_agent_plan_stop(&d->agent);
    if (syn_agent_plan_clear(&d->agent))
        abort();
    fuzz_device_reach(d, 3); /* aborts where it cannot */
    if (fuzz_device_restart(d) || !d->agent.committed)
        abort();
    free(d);
    return 0;
}
