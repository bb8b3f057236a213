/* SPDX-License-Identifier: MIT */
/* Group 3: settings, which are records of the store. What is written is kept at once: committing,
 * loading and saving have nothing left to do. */
#include "devices/agent/dispatch.h"

enum settings_rc {
    SETTINGS_UNKNOWN = 1,
    SETTINGS_KEY_TOO_LONG = 2,
    SETTINGS_KEY_NOT_FOUND = 3,
    SETTINGS_ROOT_NOT_FOUND = 5,
};

enum { KEY_MAX = 32 };

static const struct setting {
    const char *name;
    uint16_t key;
    uint16_t bytes_max;
} settings[] = {
    {"name", SYN_STORE_KEY_NAME, SYN_AGENT_NAME_MAX},
};

struct setting_map {
    struct syn_span name, value;
    uint32_t bytes_max; /* that the host takes */
};

enum { HAS_NAME = 1, HAS_VALUE = 2, HAS_MAX = 4 };

static void fail_settings(struct syn_agent_call *call, enum settings_rc rc, const char *msg)
{
    syn_agent_fail(call, SYN_GROUP_SETTINGS, rc, msg);
}

static const struct setting *find(struct syn_span name)
{
    for (size_t i = 0; i < sizeof settings / sizeof settings[0]; i++)
        if (syn_span_is(name, settings[i].name))
            return &settings[i];
    return NULL;
}

/* NULL once the answer says why. */
static const struct setting *read_request(struct syn_agent_call *call, struct setting_map *map,
                                          uint32_t *seen)
{
    static const struct syn_cbor_field fields[] = {
        SYN_FIELD(SYN_KEY_TEXT, struct setting_map, name, "name"),
        SYN_FIELD(SYN_KEY_BYTES, struct setting_map, value, "val"),
        SYN_FIELD(SYN_KEY_U32, struct setting_map, bytes_max, "max_size"),
    };
    if (!syn_agent_read(call, fields, sizeof fields / sizeof fields[0], map, seen))
        return NULL;
    const struct setting *setting = find(map->name);
    if (!(*seen & HAS_NAME))
        syn_agent_fail(call, SYN_GROUP_NONE, SYN_RC_INVALID, "settings: name missing");
    else if (!setting)
        fail_settings(
            call, map->name.size > KEY_MAX ? SETTINGS_KEY_TOO_LONG : SETTINGS_ROOT_NOT_FOUND, NULL);
    return setting;
}

static void read_setting(struct syn_agent_call *call, const struct setting *setting,
                         const struct setting_map *map, uint32_t seen)
{
    struct syn_record record;
    if (!syn_records_find(&call->agent->store.records, setting->key, &record)) {
        fail_settings(call, SETTINGS_KEY_NOT_FOUND, NULL);
        return;
    }
    bool limited = (seen & HAS_MAX) && map->bytes_max < record.size;
    bool asked_more = (seen & HAS_MAX) && map->bytes_max > setting->bytes_max;
    syn_cbor_put_map(&call->out, asked_more ? 2 : 1);
    syn_cbor_pair_bytes(&call->out, "val", record.bytes, limited ? map->bytes_max : record.size);
    if (asked_more)
        syn_cbor_pair_uint(&call->out, "max_size", setting->bytes_max);
}

static bool is_plain_text(struct syn_span value)
{
    for (size_t i = 0; i < value.size; i++)
        if (value.data[i] < 0x20 || value.data[i] > 0x7e)
            return false;
    return true;
}

static void write_setting(struct syn_agent_call *call, const struct setting *setting,
                          const struct setting_map *map)
{
    if (map->value.size == 0 || map->value.size > setting->bytes_max ||
        !is_plain_text(map->value)) {
        syn_agent_fail(call, SYN_GROUP_NONE, SYN_RC_INVALID,
                       "settings: a name is 1 to 31 printable characters of ASCII");
        return;
    }
    if (syn_records_put(&call->agent->store.records, setting->key, map->value.data,
                        map->value.size))
        fail_settings(call, SETTINGS_UNKNOWN, "the device's flash failed");
}

void syn_agent_setting(struct syn_agent_call *call)
{
    struct setting_map map = {.bytes_max = 0};
    uint32_t seen = 0;
    const struct setting *setting = read_request(call, &map, &seen);
    if (setting && call->request.op == SYN_SMP_READ)
        read_setting(call, setting, &map, seen);
    else if (setting && !(seen & HAS_VALUE))
        syn_agent_fail(call, SYN_GROUP_NONE, SYN_RC_INVALID, "settings: val missing");
    else if (setting)
        write_setting(call, setting, &map);
}

void syn_agent_setting_delete(struct syn_agent_call *call)
{
    struct setting_map map = {.bytes_max = 0};
    struct syn_record record;
    uint32_t seen = 0;
    const struct setting *setting = read_request(call, &map, &seen);
    if (!setting)
        return;
    if (!syn_records_find(&call->agent->store.records, setting->key, &record))
        fail_settings(call, SETTINGS_KEY_NOT_FOUND, NULL);
    else if (syn_records_drop(&call->agent->store.records, setting->key))
        fail_settings(call, SETTINGS_UNKNOWN, "the device's flash failed");
}

void syn_agent_settings_kept(struct syn_agent_call *call)
{
    (void)call;
}
