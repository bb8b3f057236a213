/* SPDX-License-Identifier: MIT */
/* Group 1: the firmware that runs is the only image, and there is no slot for another. */
#include "devices/agent/dispatch.h"

enum { IMG_ERR_NO_HASH = 8, IMG_ERR_NO_FREE_SLOT = 9, IMG_ERR_NO_SUCH_SLOT = 14 };

static void put_state(struct syn_agent_call *call)
{
    struct syn_cbor_out *out = &call->out;
    syn_cbor_put_map(out, 1);
    syn_cbor_put_text(out, "images");
    syn_cbor_put_array(out, 1);
    syn_cbor_put_map(out, 7);
    syn_cbor_pair_uint(out, "slot", 0);
    syn_cbor_pair_text(out, "version", call->agent->identity.firmware);
    syn_cbor_pair_bool(out, "bootable", true);
    syn_cbor_pair_bool(out, "pending", false);
    syn_cbor_pair_bool(out, "confirmed", true);
    syn_cbor_pair_bool(out, "active", true);
    syn_cbor_pair_bool(out, "permanent", false);
}

/* Clients confirm the running image with the hash null or left out; that it is already. */
void syn_agent_img_state(struct syn_agent_call *call)
{
    struct request {
        struct syn_span hash;
        bool confirm;
    } request = {{NULL, 0}, false};
    static const struct syn_cbor_field fields[] = {
        SYN_FIELD(SYN_KEY_BYTES, struct request, hash, "hash"),
        SYN_FIELD(SYN_KEY_BOOL, struct request, confirm, "confirm"),
    };
    if (!syn_agent_read(call, fields, sizeof fields / sizeof fields[0], &request, NULL))
        return;
    if (call->request.op == SYN_SMP_WRITE && request.hash.size > 0)
        syn_agent_fail(call, SYN_GROUP_IMG, IMG_ERR_NO_HASH, NULL);
    else
        put_state(call);
}

void syn_agent_img_upload(struct syn_agent_call *call)
{
    syn_agent_fail(call, SYN_GROUP_IMG, IMG_ERR_NO_FREE_SLOT, NULL);
}

void syn_agent_img_erase(struct syn_agent_call *call)
{
    syn_agent_fail(call, SYN_GROUP_IMG, IMG_ERR_NO_SUCH_SLOT, NULL);
}
