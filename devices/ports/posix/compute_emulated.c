/* SPDX-License-Identifier: MIT */
/* Chunks resident on an emulated accelerator, as firmware keeps them on a MAX78000 or MAX78002. */
#include "devices/base/error.h"
#include "devices/emulator/resident.h"
#include "devices/kernels/choose.h"
#include "devices/ports/posix/compute.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct emulated {
    struct syn_compute base;
    struct syn_resident *resident;
    uint32_t hz;
    uint8_t chunks[SYN_RT_PIPELINES_MAX]; /* of a pipeline: number of its chunk */
};

static struct syn_resident *resident_of(const struct syn_compute *compute)
{
    return ((const struct emulated *)compute)->resident;
}

static bool fault(const struct syn_compute *compute, char words[SYN_COMPUTE_WORDS])
{
    const struct syn_emulator_fault *f =
        syn_emulator_fault(syn_resident_emulator(resident_of(compute)));
    char where[64] = "";
    int used = 0;
    if (!f)
        return false;
    if (f->layer >= 0)
        used += snprintf(where, sizeof where, ", layer %d", f->layer);
    if (f->quadrant >= 0)
        used += snprintf(where + used, sizeof where - (size_t)used, ", quadrant %d", f->quadrant);
    if (f->address)
        (void)snprintf(where + used, sizeof where - (size_t)used, ", at 0x%08x", f->address);
    (void)snprintf(words, SYN_COMPUTE_WORDS, "accelerator fault (%s%s): %s",
                   syn_emulator_fault_name(f->kind), where, f->words);
    return true;
}

/* ---- deploying ---- */

struct set {
    const struct syn_image *images[SYN_RT_PIPELINES_MAX];
    uint8_t pipes[SYN_RT_PIPELINES_MAX];
    unsigned count;
};

static void collect(struct emulated *e, const struct syn_deployment *deployment, struct set *set)
{
    set->count = 0;
    for (unsigned p = 0; p < deployment->pipeline_count; p++) {
        if (!deployment->pipes[p].route.has_body)
            continue;
        e->chunks[p] = (uint8_t)set->count;
        set->pipes[set->count] = (uint8_t)p;
        set->images[set->count++] = &deployment->pipes[p].image;
    }
}

static void refuse(const struct emulated *e, int code, const struct set *set,
                   const struct syn_misfit *misfit, struct syn_refusal *refusal)
{
    char words[SYN_COMPUTE_WORDS];
    refusal->code = code;
    if (code == SYN_ENOMEM)
        (void)snprintf(refusal->text, sizeof refusal->text,
                       "the host has no memory for the emulated accelerator");
    else if (code == SYN_EDEVICE && fault(&e->base, words))
        (void)snprintf(refusal->text, sizeof refusal->text, "%.*s", (int)sizeof refusal->text - 1,
                       words);
    else if (misfit->chunk < set->count)
        syn_refuse_misfit(refusal, code, misfit, set->pipes[misfit->chunk],
                          set->images[misfit->chunk]);
}

static void clear(struct syn_compute *compute)
{
    struct syn_misfit misfit;
    (void)syn_resident_deploy(resident_of(compute), NULL, 0, 0, &misfit);
}

static int deploy(struct syn_compute *compute, const struct syn_deployment *deployment,
                  struct syn_refusal *refusal)
{
    struct emulated *e = (struct emulated *)compute;
    struct syn_misfit misfit = {0};
    struct set set;
    int rc;
    collect(e, deployment, &set);
    rc = syn_resident_deploy(e->resident, set.images, set.count, e->hz, &misfit);
    if (rc == 0)
        return 0;
    refuse(e, rc, &set, &misfit, refusal);
    clear(compute);
    return rc;
}

/* ---- an inference ---- */

static int load(struct syn_compute *compute, unsigned pipeline, const uint8_t *data)
{
    const struct emulated *e = (const struct emulated *)compute;
    syn_resident_forgive(e->resident);
    return syn_resident_load(e->resident, e->chunks[pipeline], data);
}

static void start(struct syn_compute *compute)
{
    syn_resident_start(resident_of(compute));
}

static bool step(struct syn_compute *compute, uint64_t macs)
{
    return syn_resident_step(resident_of(compute), macs);
}

static const void *output(struct syn_compute *compute, unsigned index, size_t *size)
{
    return syn_resident_output(resident_of(compute), index, size);
}

static void free_emulated(struct syn_compute *compute)
{
    syn_resident_free(resident_of(compute));
    free(compute);
}

struct syn_resident *syn_compute_emulated_resident(struct syn_compute *compute)
{
    return resident_of(compute);
}

int syn_compute_emulated_new(struct syn_compute **compute, const struct syn_part *part, uint32_t hz)
{
    static const struct syn_compute_kind kind = {deploy, clear,  load,  start,
                                                 step,   output, fault, free_emulated};
    struct emulated *e = calloc(1, sizeof *e);
    int rc = e ? syn_resident_new(&e->resident, part, syn_kernels_fastest()) : SYN_ENOMEM;
    *compute = NULL;
    if (rc) {
        free(e);
        return rc;
    }
    e->base.kind = &kind;
    e->hz = hz;
    *compute = &e->base;
    return 0;
}
