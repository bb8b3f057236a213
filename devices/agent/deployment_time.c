/* SPDX-License-Identifier: MIT */
/* What a deployment's tasks take on this device. */
#include "devices/agent/deployment.h"

bool syn_deployment_is_last(const struct syn_deployed_pipe *pipe)
{
    return pipe->image.last == pipe->image.layer_count;
}

static uint32_t body_out_bytes(const struct syn_deployed_pipe *pipe)
{
    uint32_t bytes = syn_image_out_bytes(&pipe->image);
    bool cap = syn_deployment_is_last(pipe) && bytes > SYN_RESULT_BYTES_MAX;
    return cap ? SYN_RESULT_BYTES_MAX : bytes;
}

uint32_t syn_deployment_hop_bytes(const struct syn_deployed_pipe *pipe, enum syn_stage stage)
{
    switch (stage) {
    case SYN_STAGE_HEAD:
        return pipe->sense_bytes;
    case SYN_STAGE_BODY_IN:
        return syn_image_in_bytes(&pipe->image);
    case SYN_STAGE_BODY_OUT:
        return body_out_bytes(pipe);
    default:
        return pipe->result_bytes;
    }
}

static uint64_t load_ns(const struct syn_deployed_pipe *p, const struct syn_timing *timing,
                        bool configure)
{
    uint64_t ns = syn_timing_words(timing, p->load_words);
    return configure ? ns + syn_timing_configure(timing, p->layers) : ns;
}

uint64_t syn_deployment_duration(const struct syn_deployment *deployment,
                                 const struct syn_timing *timing, const struct syn_task *task)
{
    const struct syn_deployed_pipe *p = &deployment->pipes[task->pipeline];
    switch ((enum syn_task_kind)task->kind) {
    case SYN_TASK_SENSE:
        return syn_timing_sense(timing);
    case SYN_TASK_LOAD:
        return load_ns(p, timing, task->configure);
    case SYN_TASK_INFER:
        return syn_timing_infer(timing, p->cycles);
    case SYN_TASK_UNLOAD:
        return syn_timing_words(timing, p->unload_words);
    case SYN_TASK_SEND:
        return syn_timing_message(timing, syn_deployment_hop_bytes(p, task->from_stage));
    case SYN_TASK_RECEIVE:
        return syn_timing_message(timing, syn_deployment_hop_bytes(p, task->to_stage));
    case SYN_TASK_ACT:
        return syn_timing_act(timing);
    default:
        return 0;
    }
}
