/* SPDX-License-Identifier: MIT */
#include "devices/agent/deployment.h"

#include "devices/agent/deployment_parts.h"
#include "devices/agent/text.h"

#include <string.h>

int syn_refuse(struct syn_refusal *refusal, int code, const char *format, const uint64_t *numbers)
{
    struct syn_text t;
    refusal->code = code;
    syn_text_init(&t, refusal->text, sizeof refusal->text);
    syn_text_fill(&t, format, numbers);
    return code;
}

static uint32_t words_of(struct syn_port_tensor t)
{
    return syn_tensor_words(t.shape, t.width, t.chw);
}

static void count_words(struct syn_deployed_pipe *pipe)
{
    for (unsigned i = 0; i < pipe->image.in_count; i++)
        pipe->load_words += words_of(syn_image_in(&pipe->image, i));
    for (unsigned i = 0; i < pipe->image.out_count; i++)
        pipe->unload_words += words_of(syn_image_out(&pipe->image, i));
}

static int open_image(struct syn_deployed_pipe *pipe, unsigned index, struct syn_store *store,
                      struct syn_refusal *refusal)
{
    uint64_t number = index;
    const struct syn_blob *blob = syn_store_complete(store, pipe->image_hash);
    if (!blob)
        return syn_refuse(refusal, SYN_ENOENT, "the chunk of pipeline % is not on the device",
                          &number);
    if (syn_image_open(&pipe->image, syn_store_bytes(store, blob), blob->length))
        return syn_refuse(refusal, SYN_ECORRUPT, "the chunk of pipeline % is not a chunk image",
                          &number);
    pipe->layers = (uint16_t)(pipe->image.last - pipe->image.first);
    count_words(pipe);
    return 0;
}

/* What is sensed here for a chunk that is here, too, must be what the chunk takes; a result can
 * only leave the last chunk. */
static int check_hops(const struct syn_deployed_pipe *p, unsigned index,
                      struct syn_refusal *refusal)
{
    uint32_t need = syn_image_in_bytes(&p->image);
    if (p->route.body_from == SYN_RT_LOCAL && p->sense_bytes != need)
        return syn_refuse(refusal, SYN_ECORRUPT,
                          "deployment: pipeline % senses % bytes, its chunk takes %",
                          (uint64_t[]){index, p->sense_bytes, need});
    if (p->route.body_to == SYN_RT_LOCAL && !syn_deployment_is_last(p))
        return syn_refuse(refusal, SYN_ECORRUPT,
                          "deployment: pipeline % acts on a chunk that is not its last",
                          (uint64_t[]){index});
    return 0;
}

static int open_images(struct syn_deployment *d, struct syn_store *store,
                       struct syn_refusal *refusal)
{
    for (unsigned i = 0; i < d->pipeline_count; i++) {
        if (!d->pipes[i].route.has_body)
            continue;
        int rc = open_image(&d->pipes[i], i, store, refusal);
        if (rc == 0)
            rc = check_hops(&d->pipes[i], i, refusal);
        if (rc)
            return rc;
    }
    return 0;
}

int syn_deployment_open(struct syn_deployment *deployment, const uint8_t *blob, size_t size,
                        struct syn_store *store, const struct syn_timing *timing,
                        const struct syn_deployment_memory *memory, struct syn_refusal *refusal)
{
    memset(deployment, 0, sizeof *deployment);
    *refusal = (struct syn_refusal){.code = 0};
    int rc = syn_deployment_read(deployment, blob, size, refusal);
    if (rc == 0)
        rc = open_images(deployment, store, refusal);
    if (rc == 0)
        rc = syn_deployment_place(deployment, timing, memory, refusal);
    if (rc == 0)
        rc = syn_deployment_slots(deployment, timing, memory, refusal);
    if (rc)
        memset(deployment, 0, sizeof *deployment);
    return rc;
}
