/* SPDX-License-Identifier: MIT */
/*
 * What one device holds of a deployment: the decoded deployment blob (devices/wire/GROUP.md), its
 * chunks as placed in the accelerator, and the slots of the arena.
 */
#ifndef SYN_DEVICES_AGENT_DEPLOYMENT_H
#define SYN_DEVICES_AGENT_DEPLOYMENT_H

#include "devices/agent/store.h"
#include "devices/base/fold.h"
#include "devices/part/image.h"
#include "devices/runtime/runtime.h"

#define SYN_DEPLOYMENT_KIND_MAX 16 /* "microphone" and its NUL */

struct syn_deployed_pipe {
    struct syn_route route;
    char sensor[SYN_DEPLOYMENT_KIND_MAX];
    char actuator[SYN_DEPLOYMENT_KIND_MAX];
    uint32_t sense_bytes;
    struct syn_fold fold;  /* what the port does to a window before it is a model's input */
    uint32_t result_bytes; /* on the air, of a result that a peer sends here */
    uint8_t hop;           /* number of the hop that feeds the chunk */
    /* Streams (numbers over the whole deployment): first of the hop that leaves or enters. */
    uint16_t head_stream, body_in_stream, body_out_stream, tail_stream;
    /* Body: the chunk. */
    const uint8_t *image_hash; /* SYN_SHA256_SIZE bytes of the deployment blob */
    struct syn_image image;    /* points into the store */
    uint16_t layers;
    uint64_t cycles; /* as placed */
    uint32_t load_words, unload_words;
    uint32_t weight_bytes;
    /* Slots in the arena: bytes of each slot of the stage, where the first lies. */
    uint32_t slot_bytes[SYN_STAGE_COUNT];
    uint8_t *slots[SYN_STAGE_COUNT];
};

struct syn_deployment {
    uint8_t self;
    uint8_t devices;
    uint8_t pipeline_count;
    uint16_t depth; /* K of the fair round */
    uint8_t blob_hash[SYN_SHA256_SIZE];
    struct syn_deployed_pipe pipes[SYN_RT_PIPELINES_MAX];
    uint32_t arena_used;
    /* Usage of the accelerator, for `accel`. */
    uint16_t kernel_words[SYN_PART_PROCESSORS];
    uint16_t bias_bytes[SYN_PART_QUADRANTS];
    uint16_t layers_used;
    uint32_t data_peak; /* bytes of the fullest instance, over the chunks */
};

/* Why a deployment blob was refused, in words for the host. */
struct syn_refusal {
    int code;
    char text[160];
};

/* Where slots are laid, and memory that placing needs meanwhile. */
struct syn_deployment_memory {
    uint8_t *arena; /* timing.arena_bytes */
    uint8_t *sensor;
    size_t sensor_size;
    uint8_t *scratch;
    size_t scratch_size;
};

/* Scratch that is enough for deployments of so many layers on this device, whatever they are. */
#define SYN_DEPLOYMENT_SCRATCH(layers)                                                             \
    ((layers) * (sizeof(struct syn_layer) + sizeof(struct syn_place)) +                            \
     (SYN_MODEL_LAYERS_MAX + 1) * sizeof(uint32_t) + 32)

/*
 * Decodes `blob`, opens its chunk images in `store`, places them on timing->part, checks
 * activations, and lays the slots out: BODY_IN that a peer fills and BODY_OUT that a peer receives
 * in the arena (two slots each where all fit, else one); HEAD in the sensor's own buffer; local
 * hops and results use neither (slot_bytes 0; a result is made when it is sent). Slots are not
 * aligned, and nothing is written there. Returns 0, SYN_ECORRUPT (not a deployment), SYN_ENOENT (a
 * chunk is missing), SYN_EOOR (does not fit) or SYN_ENOMEM (too little scratch); refusal->text says
 * what and by how much. After a failure `deployment` is empty. The bytes of the blob and of its
 * images must stay where they are.
 */
int syn_deployment_open(struct syn_deployment *deployment, const uint8_t *blob, size_t size,
                        struct syn_store *store, const struct syn_timing *timing,
                        const struct syn_deployment_memory *memory, struct syn_refusal *refusal);

/* The words for a chunk that does not fit or cannot run; returns `code`. */
int syn_refuse_misfit(struct syn_refusal *refusal, int code, const struct syn_misfit *misfit,
                      unsigned pipeline, const struct syn_image *image);

/* Duration of a task by the figures of this device (SEND: this end's share). */
uint64_t syn_deployment_duration(const struct syn_deployment *deployment,
                                 const struct syn_timing *timing, const struct syn_task *task);

/*
 * Bytes that a hop sends: of the tensors that leave `stage` (HEAD or BODY_OUT). The last hop counts
 * as min(output, SYN_RESULT_BYTES_MAX), as in the cost model.
 */
uint32_t syn_deployment_hop_bytes(const struct syn_deployed_pipe *pipe, enum syn_stage stage);

/* Where the bytes of a slot lie. */
static inline uint8_t *syn_deployed_slot(const struct syn_deployed_pipe *pipe, unsigned stage,
                                         unsigned slot)
{
    return pipe->slots[stage] + (size_t)pipe->slot_bytes[stage] * slot;
}

/* Is the chunk the last of its model, so that a result leaves it? */
bool syn_deployment_is_last(const struct syn_deployed_pipe *pipe);

#endif
