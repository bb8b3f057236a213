/* SPDX-License-Identifier: MIT */
#include "devices/agent/dispatch.h"

#include "devices/agent/line.h"
#include "devices/agent/link.h"

#include <string.h>

enum { READ = 1, WRITE = 2, ANY = READ | WRITE };

enum img_id { IMG_STATE = 0, IMG_UPLOAD = 1, IMG_ERASE = 5, IMG_SLOTS = 6 };
enum settings_id { SETTINGS_VALUE, SETTINGS_DELETE, SETTINGS_COMMIT, SETTINGS_LOAD_SAVE };
enum fs_id { FS_FILE, FS_STATUS, FS_HASH, FS_TYPES, FS_CLOSE };
enum enum_id { ENUM_COUNT, ENUM_LIST, ENUM_SINGLE, ENUM_DETAILS };

/* Real clients send echo and reset with either operation. */
static const struct command {
    uint16_t group;
    uint8_t id;
    uint8_t ops;
    syn_agent_handler handler;
} commands[] = {
    {SYN_GROUP_OS, SYN_OS_ECHO, ANY, syn_agent_os_echo},
    {SYN_GROUP_OS, SYN_OS_TASKSTAT, ANY, syn_agent_os_taskstat},
    {SYN_GROUP_OS, SYN_OS_MPSTAT, ANY, syn_agent_os_mpstat},
    {SYN_GROUP_OS, SYN_OS_DATETIME, ANY, syn_agent_os_clock},
    {SYN_GROUP_OS, SYN_OS_RESET, ANY, syn_agent_os_reset},
    {SYN_GROUP_OS, SYN_OS_PARAMS, ANY, syn_agent_os_params},
    {SYN_GROUP_OS, SYN_OS_INFO, ANY, syn_agent_os_info},
    {SYN_GROUP_OS, SYN_OS_BOOTLOADER, READ, syn_agent_os_bootloader},
    {SYN_GROUP_IMG, IMG_STATE, ANY, syn_agent_img_state},
    {SYN_GROUP_IMG, IMG_UPLOAD, WRITE, syn_agent_img_upload},
    {SYN_GROUP_IMG, IMG_ERASE, WRITE, syn_agent_img_erase},
    {SYN_GROUP_IMG, IMG_SLOTS, READ, syn_agent_img_slots},
    {SYN_GROUP_STAT, SYN_STAT_SHOW, ANY, syn_agent_stat_show},
    {SYN_GROUP_STAT, SYN_STAT_LIST, ANY, syn_agent_stat_list},
    {SYN_GROUP_SETTINGS, SETTINGS_VALUE, ANY, syn_agent_setting},
    {SYN_GROUP_SETTINGS, SETTINGS_DELETE, WRITE, syn_agent_setting_delete},
    {SYN_GROUP_SETTINGS, SETTINGS_COMMIT, WRITE, syn_agent_settings_kept},
    {SYN_GROUP_SETTINGS, SETTINGS_LOAD_SAVE, ANY, syn_agent_settings_kept},
#if SYN_AGENT_FILES
    {SYN_GROUP_FS, FS_FILE, ANY, syn_agent_fs_file},
    {SYN_GROUP_FS, FS_STATUS, READ, syn_agent_fs_status},
    {SYN_GROUP_FS, FS_HASH, READ, syn_agent_fs_hash},
    {SYN_GROUP_FS, FS_TYPES, READ, syn_agent_fs_types},
    {SYN_GROUP_FS, FS_CLOSE, ANY, syn_agent_fs_close},
#endif
    {SYN_GROUP_ENUM, ENUM_COUNT, READ, syn_agent_enum_count},
    {SYN_GROUP_ENUM, ENUM_LIST, READ, syn_agent_enum_list},
    {SYN_GROUP_ENUM, ENUM_SINGLE, READ, syn_agent_enum_single},
    {SYN_GROUP_ENUM, ENUM_DETAILS, READ, syn_agent_enum_details},
    {SYN_GROUP_SYNERGY, SYN_ID_HELLO, READ, syn_agent_hello},
    {SYN_GROUP_SYNERGY, SYN_ID_ACCEL, READ, syn_agent_accel},
    {SYN_GROUP_SYNERGY, SYN_ID_BLOB, ANY, syn_agent_blob},
    {SYN_GROUP_SYNERGY, SYN_ID_PLAN, ANY, syn_agent_plan},
    {SYN_GROUP_SYNERGY, SYN_ID_SUBSCRIBE, WRITE, syn_agent_subscribe},
    {SYN_GROUP_SYNERGY, SYN_ID_RUN, WRITE, syn_agent_run},
    {SYN_GROUP_SYNERGY, SYN_ID_LINKS, ANY, syn_agent_links},
    {SYN_GROUP_SYNERGY, SYN_ID_FEED, WRITE, syn_agent_feed},
    {SYN_GROUP_SYNERGY, SYN_ID_LINE, ANY, syn_agent_line},
};

#define COMMANDS (sizeof commands / sizeof commands[0])

/* Files are the port's. */
static bool is_served(const struct syn_agent *agent, const struct command *c)
{
#if SYN_AGENT_FILES
    return c->group != SYN_GROUP_FS || agent->port.files;
#else
    (void)agent;
    (void)c;
    return true;
#endif
}

bool syn_agent_group(const struct syn_agent *agent, unsigned index, uint16_t *group,
                     unsigned *handlers)
{
    *handlers = 0;
    for (size_t i = 0; i < COMMANDS; i++) {
        if (!is_served(agent, &commands[i]))
            continue;
        if (i > 0 && commands[i].group != commands[i - 1].group) {
            if (*handlers > 0)
                return true;
            index--;
        }
        if (index == 0) {
            *group = commands[i].group;
            (*handlers)++;
        }
    }
    return *handlers > 0;
}

static const struct command *find(const struct syn_agent *agent, const struct syn_smp_header *h)
{
    uint8_t op = h->op == SYN_SMP_READ ? READ : WRITE;
    for (size_t i = 0; i < COMMANDS; i++) {
        const struct command *c = &commands[i];
        if (c->group == h->group && c->id == h->id && (c->ops & op) && is_served(agent, c))
            return c;
    }
    return NULL;
}

static void clear_answer(struct syn_agent_call *call)
{
    struct syn_agent *agent = call->agent;
    syn_cbor_out_init(&call->out, agent->message + SYN_SMP_HEADER,
                      sizeof agent->message - SYN_SMP_HEADER);
}

void syn_agent_fail(struct syn_agent_call *call, uint16_t group, unsigned rc, const char *msg)
{
    uint8_t version = syn_smp_reply(&call->request).version;
    clear_answer(call);
    syn_smp_put_error(&call->out, version, group, rc, msg);
    call->failed = true;
}

bool syn_agent_read(struct syn_agent_call *call, const struct syn_cbor_field *fields, size_t count,
                    void *out, uint32_t *seen)
{
    if (syn_cbor_get_fields(&call->in, fields, count, out, seen) == 0)
        return true;
    syn_agent_fail(call, SYN_GROUP_NONE, SYN_RC_INVALID, NULL);
    return false;
}

static void handle(struct syn_agent_call *call, bool whole)
{
    const struct command *command = find(call->agent, &call->request);
    if (call->request.version > 1)
        syn_agent_fail(call, SYN_GROUP_NONE, SYN_RC_TOO_NEW, NULL);
    else if (!whole)
        syn_agent_fail(call, SYN_GROUP_NONE, SYN_RC_INVALID, NULL);
    else if (!command)
        syn_agent_fail(call, SYN_GROUP_NONE, SYN_RC_NOTSUP, NULL);
    else
        command->handler(call);
    if (call->out.error)
        syn_agent_fail(call, SYN_GROUP_NONE, SYN_RC_TOOLONG, NULL);
    else if (call->out.length == 0)
        syn_cbor_put_map(&call->out, 0);
}

static void answer(struct syn_agent_call *call)
{
    struct syn_agent *agent = call->agent;
    struct syn_smp_header header = syn_smp_reply(&call->request);
    header.length = (uint16_t)call->out.length;
    syn_smp_put_header(agent->message, &header);
    syn_agent_answer(&agent->links[call->link], SYN_SMP_HEADER + call->out.length);
}

static bool is_tensor(const struct syn_smp_header *h)
{
    return h->group == SYN_GROUP_SYNERGY && h->id == SYN_ID_TENSOR && h->op == SYN_SMP_WRITE;
}

void syn_agent_dispatch(struct syn_agent *agent, unsigned link, const uint8_t *message, size_t size)
{
    struct syn_agent_call call = {.agent = agent, .link = link};
    if (size < SYN_SMP_HEADER)
        return;
    bool whole = syn_smp_get_header(&call.request, message, size) == 0;
    if (call.request.op != SYN_SMP_READ && call.request.op != SYN_SMP_WRITE)
        return; /* an answer: not for us */
    if (is_tensor(&call.request)) {
        if (whole)
            agent->port.relayed(agent->port.ctx, message, size);
        return;
    }
    if (!syn_agent_message_free(agent, 1u << link)) {
        agent->links[link].lost_answers++;
        return;
    }
    syn_cbor_in_init(&call.in, message + SYN_SMP_HEADER, size - SYN_SMP_HEADER);
    clear_answer(&call);
    handle(&call, whole);
    answer(&call);
    if (call.rate && !call.failed)
        syn_agent_line_switch(agent, link, call.rate - 1u);
    if (call.reset && !call.failed)
        agent->port.reset(agent->port.ctx);
}
