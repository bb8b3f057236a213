/* SPDX-License-Identifier: MIT */
/* Group 0: what every SMP client tries first. */
#include "devices/agent/dispatch.h"
#include "devices/agent/text.h"

enum { OS_ERR_FORMAT = 2, OS_ERR_QUERY = 3 };

void syn_agent_os_echo(struct syn_agent_call *call)
{
    struct echo {
        struct syn_span d;
    } echo = {{(const uint8_t *)"", 0}};
    static const struct syn_cbor_field fields[] = {SYN_FIELD(SYN_KEY_TEXT, struct echo, d, "d")};
    if (!syn_agent_read(call, fields, 1, &echo, NULL))
        return;
    syn_cbor_put_map(&call->out, 1);
    syn_cbor_put_text(&call->out, "r");
    syn_cbor_put_text_n(&call->out, (const char *)echo.d.data, echo.d.size);
}

void syn_agent_os_reset(struct syn_agent_call *call)
{
    call->reset = true;
}

void syn_agent_os_params(struct syn_agent_call *call)
{
    syn_cbor_put_map(&call->out, 2);
    syn_cbor_pair_uint(&call->out, "buf_size", SYN_AGENT_MESSAGE_MAX);
    syn_cbor_pair_uint(&call->out, "buf_count", SYN_AGENT_BUFFERS);
}

/* ---- info: a letter of the format stands for a word of the answer ---- */

static const char *word(const struct syn_agent *agent, char letter)
{
    switch (letter) {
    case 's':
        return "synergy-agent";
    case 'n':
        return agent->identity.id;
    case 'r':
        return agent->identity.firmware;
    case 'v':
        return "protocol-1";
    case 'm':
        return agent->timing.part->name;
    case 'p':
        return agent->timing.part->name;
    case 'i':
        return agent->identity.profile;
    case 'o':
        return "synergy";
    default:
        return NULL;
    }
}

static const char all[] = "snrvmpio";

static bool contains(struct syn_span format, char letter)
{
    for (size_t i = 0; i < format.size; i++)
        if (format.data[i] == (uint8_t)letter || format.data[i] == 'a')
            return true;
    return false;
}

static bool known(const struct syn_agent *agent, struct syn_span format)
{
    for (size_t i = 0; i < format.size; i++)
        if (format.data[i] != 'a' && !word(agent, (char)format.data[i]))
            return false;
    return true;
}

/* Words come in the order of `all`, whatever the order of the format: as Zephyr does. */
static void put_output(struct syn_agent_call *call, struct syn_span format)
{
    char output[256];
    struct syn_text t;
    syn_text_init(&t, output, sizeof output);
    for (const char *c = all; *c; c++) {
        if (!contains(format, *c))
            continue;
        syn_text_put(&t, t.length > 0 ? " " : "");
        syn_text_put(&t, word(call->agent, *c));
    }
    syn_cbor_put_map(&call->out, 1);
    syn_cbor_pair_text(&call->out, "output", output);
}

void syn_agent_os_info(struct syn_agent_call *call)
{
    struct info {
        struct syn_span format;
    } info = {{(const uint8_t *)"s", 1}};
    static const struct syn_cbor_field fields[] = {
        SYN_FIELD(SYN_KEY_TEXT, struct info, format, "format")};
    if (!syn_agent_read(call, fields, 1, &info, NULL))
        return;
    if (info.format.size == 0)
        info.format = (struct syn_span){(const uint8_t *)"s", 1};
    if (!known(call->agent, info.format))
        syn_agent_fail(call, SYN_GROUP_OS, OS_ERR_FORMAT, NULL);
    else
        put_output(call, info.format);
}

/* Ours answers no queries, such as MCUboot's "mode". */
void syn_agent_os_bootloader(struct syn_agent_call *call)
{
    struct bootloader {
        struct syn_span query;
    } bootloader = {{NULL, 0}};
    static const struct syn_cbor_field fields[] = {
        SYN_FIELD(SYN_KEY_TEXT, struct bootloader, query, "query")};
    if (!syn_agent_read(call, fields, 1, &bootloader, NULL))
        return;
    if (!call->agent->port.slots) {
        syn_agent_fail(call, SYN_GROUP_NONE, SYN_RC_NOTSUP, NULL);
    } else if (bootloader.query.size > 0) {
        syn_agent_fail(call, SYN_GROUP_OS, OS_ERR_QUERY, NULL);
    } else {
        syn_cbor_put_map(&call->out, 1);
        syn_cbor_pair_text(&call->out, "bootloader", "synergy-boot");
    }
}
