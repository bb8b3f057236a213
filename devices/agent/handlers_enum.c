/* SPDX-License-Identifier: MIT */
/* Group 10: which groups there are. */
#include "devices/agent/dispatch.h"

enum { ENUM_ERR_NO_SUCH = 4 };

static unsigned group_count(const struct syn_agent *agent)
{
    uint16_t group;
    unsigned n = 0, handlers;
    while (syn_agent_group(agent, n, &group, &handlers))
        n++;
    return n;
}

void syn_agent_enum_count(struct syn_agent_call *call)
{
    syn_cbor_put_map(&call->out, 1);
    syn_cbor_pair_uint(&call->out, "count", group_count(call->agent));
}

void syn_agent_enum_list(struct syn_agent_call *call)
{
    uint16_t group;
    unsigned handlers;
    syn_cbor_put_map(&call->out, 1);
    syn_cbor_put_text(&call->out, "groups");
    syn_cbor_put_array(&call->out, group_count(call->agent));
    for (unsigned i = 0; syn_agent_group(call->agent, i, &group, &handlers); i++)
        syn_cbor_put_uint(&call->out, group);
}

void syn_agent_enum_single(struct syn_agent_call *call)
{
    struct single {
        uint32_t index;
    } single = {0};
    static const struct syn_cbor_field fields[] = {
        SYN_FIELD(SYN_KEY_U32, struct single, index, "index")};
    uint16_t group;
    unsigned handlers;
    if (!syn_agent_read(call, fields, 1, &single, NULL))
        return;
    if (single.index >= group_count(call->agent) ||
        !syn_agent_group(call->agent, single.index, &group, &handlers)) {
        syn_agent_fail(call, SYN_GROUP_ENUM, ENUM_ERR_NO_SUCH, NULL);
        return;
    }
    bool end = single.index + 1 == group_count(call->agent);
    syn_cbor_put_map(&call->out, end ? 2 : 1);
    syn_cbor_pair_uint(&call->out, "group", group);
    if (end)
        syn_cbor_pair_bool(&call->out, "end", true);
}

static void put_details(struct syn_cbor_out *out, uint16_t group, unsigned handlers)
{
    const char *name = syn_smp_group_text(group);
    syn_cbor_put_map(out, 3);
    syn_cbor_pair_uint(out, "group", group);
    syn_cbor_pair_text(out, "name", name ? name : "");
    syn_cbor_pair_uint(out, "handlers", handlers);
}

/* Of all groups, or of those that the request lists. */
static bool is_wanted(struct syn_span wanted, uint16_t group)
{
    struct syn_cbor_in in;
    bool is = wanted.size == 0;
    syn_cbor_in_init(&in, wanted.data, wanted.size);
    struct syn_cbor_scope list = syn_cbor_get_array(&in);
    while (!is && syn_cbor_next(&in, &list))
        is = syn_cbor_get_uint(&in) == group;
    return is;
}

void syn_agent_enum_details(struct syn_agent_call *call)
{
    struct details {
        struct syn_span groups;
    } details = {{NULL, 0}};
    static const struct syn_cbor_field fields[] = {
        SYN_FIELD(SYN_KEY_ITEM, struct details, groups, "groups")};
    uint16_t group;
    unsigned handlers;
    if (!syn_agent_read(call, fields, 1, &details, NULL))
        return;
    syn_cbor_put_map(&call->out, 1);
    syn_cbor_put_text(&call->out, "groups");
    syn_cbor_open_array(&call->out);
    for (unsigned i = 0; syn_agent_group(call->agent, i, &group, &handlers); i++)
        if (is_wanted(details.groups, group))
            put_details(&call->out, group, handlers);
    syn_cbor_close(&call->out);
}
