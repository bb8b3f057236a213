/* SPDX-License-Identifier: MIT */
/* Hops of a deployment: what they carry, from where to where. */
#include "devices/traffic/internal.h"

typedef struct syn_port_tensor (*tensor_of)(const struct syn_image *image, unsigned index);

static struct syn_hop tensors(uint16_t stream, const struct syn_image *image, tensor_of of,
                              unsigned count)
{
    struct syn_hop hop = {.stream = stream, .count = (uint8_t)count};
    for (unsigned i = 0; i < count; i++) {
        const struct syn_port_tensor t = of(image, i);
        hop.sizes[i] = syn_tensor_bytes(t.shape, t.width);
    }
    return hop;
}

static struct syn_hop one(uint16_t stream, uint32_t size)
{
    return (struct syn_hop){.stream = stream, .count = 1, .sizes = {size}};
}

struct syn_hop syn_traffic_hop(const struct syn_deployed_pipe *pipe, unsigned stage)
{
    switch (stage) {
    case SYN_STAGE_HEAD:
        return one(pipe->head_stream, pipe->sense_bytes);
    case SYN_STAGE_BODY_IN:
        return tensors(pipe->body_in_stream, &pipe->image, syn_image_in, pipe->image.in_count);
    case SYN_STAGE_BODY_OUT:
        if (syn_deployment_is_last(pipe))
            return one(pipe->body_out_stream, SYN_TENSOR_RESULT_SIZE);
        return tensors(pipe->body_out_stream, &pipe->image, syn_image_out, pipe->image.out_count);
    default:
        return one(pipe->tail_stream, SYN_TENSOR_RESULT_SIZE);
    }
}

bool syn_hop_has(const struct syn_hop *hop, uint16_t stream)
{
    return stream >= hop->stream && stream - hop->stream < hop->count;
}

uint8_t syn_traffic_other_end(const struct syn_route *route, unsigned stage)
{
    const struct {
        bool has;
        uint8_t end;
    } ends[SYN_STAGE_COUNT] = {
        [SYN_STAGE_HEAD] = {route->has_head, route->head_to},
        [SYN_STAGE_BODY_IN] = {route->has_body, route->body_from},
        [SYN_STAGE_BODY_OUT] = {route->has_body, route->body_to},
        [SYN_STAGE_TAIL] = {route->has_tail, route->tail_from},
    };
    return ends[stage].has ? ends[stage].end : SYN_RT_NOBODY;
}

bool syn_traffic_find(const struct syn_traffic *traffic, uint16_t stream, unsigned first_stage,
                      unsigned second_stage, unsigned *pipeline, unsigned *stage)
{
    const struct syn_deployment *d = &traffic->agent->deployment;
    const unsigned stages[] = {first_stage, second_stage};
    for (unsigned p = 0; p < d->pipeline_count; p++)
        for (unsigned i = 0; i < 2; i++) {
            uint8_t end = syn_traffic_other_end(&d->pipes[p].route, stages[i]);
            if (end == SYN_RT_NOBODY || end == SYN_RT_LOCAL)
                continue;
            struct syn_hop hop = syn_traffic_hop(&d->pipes[p], stages[i]);
            if (syn_hop_has(&hop, stream)) {
                *pipeline = p;
                *stage = stages[i];
                return true;
            }
        }
    return false;
}

unsigned syn_traffic_sender(unsigned stage)
{
    return stage == SYN_STAGE_BODY_OUT;
}

unsigned syn_traffic_receiver(unsigned stage)
{
    return stage == SYN_STAGE_TAIL;
}
