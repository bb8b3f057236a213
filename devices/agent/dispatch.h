/* SPDX-License-Identifier: MIT */
/*
 * Requests: one table of (group, command, operations) and handlers; inside the agent only.
 *
 * A handler reads call->in and writes a map to call->out; writing nothing stands for an empty map.
 * What goes wrong is answered by syn_agent_fail(), after which the handler returns.
 */
#ifndef SYN_DEVICES_AGENT_DISPATCH_H
#define SYN_DEVICES_AGENT_DISPATCH_H

#include "devices/agent/agent.h"
#include "devices/wire/smp.h"

struct syn_agent_call {
    struct syn_agent *agent;
    unsigned link;
    struct syn_smp_header request;
    struct syn_cbor_in in;
    struct syn_cbor_out out;
    bool failed;  /* out is an error answer */
    uint8_t rate; /* of the line, from when the answer is written: its number, from 1 */
    bool reset;   /* restart once the answer is written */
};

typedef void (*syn_agent_handler)(struct syn_agent_call *call);

/* A whole message from the host on `link`; answers it. */
void syn_agent_dispatch(struct syn_agent *agent, unsigned link, const uint8_t *message,
                        size_t size);

/* Makes the answer an error: codes of `group`, SYN_GROUP_NONE = the protocol's own. msg may be
 * NULL. */
void syn_agent_fail(struct syn_agent_call *call, uint16_t group, unsigned rc, const char *msg);

/* Reads the request by a table of keys; false when it is not a map of such values (and the answer
 * says so). */
bool syn_agent_read(struct syn_agent_call *call, const struct syn_cbor_field *fields, size_t count,
                    void *out, uint32_t *seen);

/* Groups that the agent answers, in ascending order; false behind the last. */
bool syn_agent_group(const struct syn_agent *agent, unsigned index, uint16_t *group,
                     unsigned *handlers);

/* handlers_os.c */
void syn_agent_os_echo(struct syn_agent_call *call);
void syn_agent_os_reset(struct syn_agent_call *call);
void syn_agent_os_params(struct syn_agent_call *call);
void syn_agent_os_info(struct syn_agent_call *call);
void syn_agent_os_bootloader(struct syn_agent_call *call);
/* handlers_os_clock.c */
void syn_agent_os_clock(struct syn_agent_call *call);
/* handlers_os_stat.c */
void syn_agent_os_taskstat(struct syn_agent_call *call);
void syn_agent_os_mpstat(struct syn_agent_call *call);
/* handlers_img.c */
void syn_agent_img_state(struct syn_agent_call *call);
void syn_agent_img_upload(struct syn_agent_call *call);
void syn_agent_img_erase(struct syn_agent_call *call);
void syn_agent_img_slots(struct syn_agent_call *call);
/* handlers_stat.c */
void syn_agent_stat_show(struct syn_agent_call *call);
void syn_agent_stat_list(struct syn_agent_call *call);
/* handlers_settings.c */
void syn_agent_setting(struct syn_agent_call *call);
void syn_agent_setting_delete(struct syn_agent_call *call);
void syn_agent_settings_kept(struct syn_agent_call *call);
/* handlers_fs.c */
void syn_agent_fs_file(struct syn_agent_call *call);
void syn_agent_fs_status(struct syn_agent_call *call);
void syn_agent_fs_hash(struct syn_agent_call *call);
void syn_agent_fs_types(struct syn_agent_call *call);
void syn_agent_fs_close(struct syn_agent_call *call);
/* handlers_enum.c */
void syn_agent_enum_count(struct syn_agent_call *call);
void syn_agent_enum_list(struct syn_agent_call *call);
void syn_agent_enum_single(struct syn_agent_call *call);
void syn_agent_enum_details(struct syn_agent_call *call);
/* handlers_device.c */
void syn_agent_hello(struct syn_agent_call *call);
void syn_agent_accel(struct syn_agent_call *call);
void syn_agent_links(struct syn_agent_call *call);
void syn_agent_feed(struct syn_agent_call *call);
/* line.c */
void syn_agent_line(struct syn_agent_call *call);
/* handlers_plan.c */
void syn_agent_blob(struct syn_agent_call *call);
void syn_agent_plan(struct syn_agent_call *call);
void syn_agent_run(struct syn_agent_call *call);
/* events.c */
void syn_agent_subscribe(struct syn_agent_call *call);

#endif
