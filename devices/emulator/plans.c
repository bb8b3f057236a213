/* SPDX-License-Identifier: MIT */
/*
 * Plans are kept, with their prepared weights, by what they follow from: an inference that is
 * repeated, or a resident chunk that is configured again, finds them as they are.
 */
#include "devices/emulator/internal.h"

#include <stdlib.h>
#include <string.h>

#include "devices/base/bytes.h"

#define PLANS_MAX       1024u
#define PLANS_BYTES_MAX ((size_t)128 << 20)

static void release(struct plan *plan)
{
    free(plan->kernels);
    free(plan->bias);
    free(plan->hollow);
    free(plan->heeded);
    free(plan);
}

void plans_drop(struct syn_emulator *e)
{
    for (unsigned i = 0; i < PLAN_BUCKETS; i++)
        while (e->plans[i]) {
            struct plan *next = e->plans[i]->next;

            release(e->plans[i]);
            e->plans[i] = next;
        }
    e->plan_count = 0;
    e->plan_bytes = 0;
}

/* What plans depend on in the control registers: rounding, binary weights, pipeline, who runs. */
static uint32_t control_bits(const struct syn_emulator *e)
{
    uint32_t bits = SYN_CTL_POOL_ROUND | SYN_CTL_BINARY | SYN_CTL_PIPELINE_OFF;

    return (e->quadrants[e->run.master].control[SYN_REG_CTL] & bits) | e->run.participants << 24 |
           e->run.master << 28;
}

static void make_key(const struct syn_emulator *e, unsigned layer, struct plan_key *key)
{
    key->layer = layer;
    key->control = control_bits(e);
    for (unsigned q = 0; q < QUADRANTS; q++)
        memcpy(key->values[q], e->quadrants[q].layers[layer], sizeof key->values[q]);
}

static struct plan **bucket_of(struct syn_emulator *e, const struct plan_key *key)
{
    const unsigned char *bytes = (const unsigned char *)key;
    uint64_t hash = 0;

    for (size_t i = 0; i < sizeof *key; i += 4)
        hash = (hash ^ syn_get_le32(bytes + i)) * UINT64_C(0x9e3779b97f4a7c15);
    return &e->plans[(hash >> 32) % PLAN_BUCKETS];
}

static int make_plan(struct syn_emulator *e, unsigned layer, struct plan *plan,
                     struct syn_emulator_fault *fault)
{
    int rc = plan_decode(e, layer, plan, fault);

    if (rc == 0)
        rc = plan_agrees(e, layer, plan, fault);
    if (rc == 0)
        rc = plan_in_range(e, layer, plan, fault);
    if (rc == 0)
        rc = plan_in_limits(e, layer, plan, fault);
    if (rc == 0)
        rc = plan_no_hazard(e, layer, plan, fault);
    if (rc == 0)
        rc = plan_fetch(e, layer, plan, fault);
    if (rc == 0)
        plan->cycles = plan_cycles(e, plan);
    return rc;
}

static struct plan *add(struct syn_emulator *e, const struct plan_key *key, struct plan **bucket,
                        struct syn_emulator_fault *fault)
{
    struct plan *plan = calloc(1, sizeof *plan);

    if (!plan) {
        *fault = fault_make(SYN_FAULT_MEMORY, (int)key->layer, NOT_THERE, 0,
                            "the host has no memory left");
        return NULL;
    }
    if (make_plan(e, key->layer, plan, fault)) {
        release(plan);
        return NULL;
    }
    if (e->plan_count >= PLANS_MAX || e->plan_bytes + plan->bytes > PLANS_BYTES_MAX)
        plans_drop(e);
    plan->key = *key;
    plan->generation = e->generation;
    plan->next = *bucket;
    *bucket = plan;
    e->plan_count++;
    e->plan_bytes += plan->bytes;
    return plan;
}

struct plan *plan_of(struct syn_emulator *e, unsigned layer, struct syn_emulator_fault *fault)
{
    struct plan **bucket, **at;
    struct plan_key key;

    make_key(e, layer, &key);
    bucket = bucket_of(e, &key);
    for (at = bucket; *at; at = &(*at)->next)
        if (memcmp(&(*at)->key, &key, sizeof key) == 0)
            break;
    if (*at && (*at)->generation != e->generation) {
        struct plan *stale = *at;

        *at = stale->next;
        e->plan_count--;
        e->plan_bytes -= stale->bytes;
        release(stale);
        return add(e, &key, bucket, fault);
    }
    return *at ? *at : add(e, &key, bucket, fault);
}
