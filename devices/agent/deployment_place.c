/* SPDX-License-Identifier: MIT */
/* The device's chunks on its accelerator, all of them together in plan order. */
#include "devices/agent/deployment_parts.h"
#include "devices/agent/text.h"

#include <string.h>

struct work {
    struct syn_deployment *deployment;
    const struct syn_timing *timing;
    struct syn_chunk chunks[SYN_PART_CHUNKS_MAX];
    uint8_t pipes[SYN_PART_CHUNKS_MAX]; /* whose chunk it is */
    unsigned count;
    struct syn_place *places;
    uint32_t *offsets; /* of one chunk's tensors */
};

/* ---- refusals ---- */

static const char *const words[SYN_LIMIT_COUNT] = {
    [SYN_LIMIT_LAYERS] = "layers: needs %, the part holds %",
    [SYN_LIMIT_CHUNKS] = "chunks: needs %, % may be resident",
    [SYN_LIMIT_KERNELS] = "kernels: needs % words, % free on processor %",
    [SYN_LIMIT_BIAS] = "bias: needs % bytes, % free",
    [SYN_LIMIT_DATA] = "data memory: needs % bytes, % there",
    [SYN_LIMIT_WEIGHTS] = "weights: needs % bytes, the part holds %",
    [SYN_LIMIT_CHANNELS] = "channels: needs %, % at most",
};

static void put_used(struct syn_text *t, const struct syn_misfit *m)
{
    uint64_t used[SYN_PART_QUADRANTS];
    for (unsigned q = 0; q < SYN_PART_QUADRANTS; q++)
        used[q] = m->used[q];
    syn_text_fill(t, ", used [%, %, %, %]", used);
}

static void put_limit(struct syn_text *t, const struct syn_misfit *m)
{
    if (m->limit < SYN_LIMIT_COUNT && words[m->limit])
        syn_text_fill(t, words[m->limit], (uint64_t[]){m->need, m->have, m->where});
    if (m->what) {
        syn_text_put(t, t->length > 0 ? ": " : "");
        syn_text_put(t, m->what);
    }
    if (m->limit == SYN_LIMIT_BIAS)
        put_used(t, m);
}

int syn_refuse_misfit(struct syn_refusal *refusal, int code, const struct syn_misfit *m,
                      unsigned pipeline, const struct syn_image *image)
{
    struct syn_text t;
    refusal->code = code;
    syn_text_init(&t, refusal->text, sizeof refusal->text);
    put_limit(&t, m);
    bool of_layer = m->limit != SYN_LIMIT_LAYERS && m->limit != SYN_LIMIT_CHUNKS &&
                    m->limit != SYN_LIMIT_WEIGHTS;
    if (of_layer && image)
        syn_text_fill(&t, " (pipeline %, layer % of chunk [%,%))",
                      (uint64_t[]){pipeline, m->layer, image->first, image->last});
    return code;
}

static int misfit(struct work *w, const struct syn_misfit *m, struct syn_refusal *refusal)
{
    bool known = m->chunk < w->count;
    unsigned pipeline = known ? w->pipes[m->chunk] : 0;
    return syn_refuse_misfit(refusal, SYN_EOOR, m, pipeline,
                             known ? &w->deployment->pipes[pipeline].image : NULL);
}

static unsigned total_layers(const struct syn_deployment *d)
{
    unsigned layers = 0;
    for (unsigned i = 0; i < d->pipeline_count; i++)
        if (d->pipes[i].route.has_body)
            layers += d->pipes[i].layers;
    return layers;
}

/* ---- scratch: the layers of all chunks are needed at once, too much for a small stack ---- */

static unsigned most_tensors(const struct syn_deployment *d)
{
    unsigned most = 0;
    for (unsigned i = 0; i < d->pipeline_count; i++)
        if (d->pipes[i].route.has_body && d->pipes[i].image.layer_count >= most)
            most = d->pipes[i].image.layer_count + 1u;
    return most;
}

static int no_scratch(size_t need, size_t have, struct syn_refusal *refusal)
{
    return syn_refuse(refusal, SYN_ENOMEM, "memory: placing the chunks needs % bytes, % free",
                      (uint64_t[]){need, have});
}

/* Layers first: they are aligned most. */
static int divide(struct work *w, const struct syn_deployment_memory *m, struct syn_layer **layers,
                  struct syn_refusal *refusal)
{
    size_t count = total_layers(w->deployment), tensors = most_tensors(w->deployment);
    size_t skip = (8 - (uintptr_t)m->scratch % 8) % 8;
    size_t need = skip + count * (sizeof **layers + sizeof *w->places) + tensors * 4;
    if (need > m->scratch_size)
        return no_scratch(need, m->scratch_size, refusal);
    memset(m->scratch, 0, need);
    *layers = (void *)(m->scratch + skip);
    w->offsets = (void *)(*layers + count);
    w->places = (void *)(w->offsets + tensors);
    return 0;
}

static int gather(struct work *w, const struct syn_deployment_memory *memory,
                  struct syn_refusal *refusal)
{
    struct syn_deployment *d = w->deployment;
    struct syn_layer *layers = NULL;
    int rc = divide(w, memory, &layers, refusal);
    if (rc)
        return rc;
    for (unsigned i = 0; i < d->pipeline_count; i++) {
        if (!d->pipes[i].route.has_body)
            continue;
        w->pipes[w->count] = (uint8_t)i;
        w->chunks[w->count++] = syn_image_chunk(&d->pipes[i].image, layers);
        layers += d->pipes[i].layers;
    }
    return 0;
}

/* ---- the steps ---- */

/* More than the part can ever hold is refused before any layer is looked at. */
static int check_counts(struct work *w, struct syn_refusal *refusal)
{
    const struct syn_part *part = w->timing->part;
    struct syn_misfit m = {.need = total_layers(w->deployment), .have = part->layers_max};
    m.limit = m.need > m.have ? SYN_LIMIT_LAYERS : SYN_LIMIT_NONE;
    return m.limit == SYN_LIMIT_NONE ? 0 : misfit(w, &m, refusal);
}

static void note_chunk(struct work *w, unsigned index, const struct syn_place *places)
{
    const struct syn_chunk *c = &w->chunks[index];
    struct syn_deployed_pipe *p = &w->deployment->pipes[w->pipes[index]];
    uint32_t peak = syn_place_data_peak(w->timing->part, c, w->offsets);
    p->cycles = syn_place_cycles(w->timing->part, c, places, w->timing->accel_hz);
    for (unsigned i = c->first; i < c->last; i++) {
        const struct syn_layer *l = syn_chunk_layer(c, i);
        p->weight_bytes += syn_layer_weight_bytes(l) + syn_layer_bias_bytes(l);
    }
    if (peak > w->deployment->data_peak)
        w->deployment->data_peak = peak;
}

static int check_layers(const struct syn_part *part, const struct syn_chunk *c,
                        struct syn_misfit *m)
{
    for (unsigned i = c->first; i < c->last; i++)
        if (syn_place_check_layer(part, syn_chunk_layer(c, i), m)) {
            m->layer = (uint16_t)i;
            return SYN_EOOR;
        }
    return 0;
}

static int place(struct work *w, struct syn_refusal *refusal)
{
    const struct syn_part *part = w->timing->part;
    struct syn_deployment *d = w->deployment;
    struct syn_misfit m = {.limit = SYN_LIMIT_NONE};
    if (syn_place_chunks(part, w->chunks, w->count, w->places, &m))
        return misfit(w, &m, refusal);
    syn_place_usage(w->chunks, w->count, w->places, d->kernel_words, d->bias_bytes);
    const struct syn_place *places = w->places;
    for (unsigned i = 0; i < w->count; i++) {
        if (check_layers(part, &w->chunks[i], &m) ||
            syn_place_data(part, &w->chunks[i], w->offsets, &m)) {
            m.chunk = (uint16_t)i;
            return misfit(w, &m, refusal);
        }
        note_chunk(w, i, places);
        places += w->chunks[i].last - w->chunks[i].first;
    }
    d->layers_used = (uint16_t)total_layers(d);
    return 0;
}

int syn_deployment_place(struct syn_deployment *deployment, const struct syn_timing *timing,
                         const struct syn_deployment_memory *memory, struct syn_refusal *refusal)
{
    struct work w = {.deployment = deployment, .timing = timing};
    int rc = check_counts(&w, refusal);
    if (rc || total_layers(deployment) == 0)
        return rc;
    rc = gather(&w, memory, refusal);
    return rc == 0 ? place(&w, refusal) : rc;
}
