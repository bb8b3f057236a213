/* SPDX-License-Identifier: MIT */
/* Group 0x5359: who the device is, its accelerator, its peers, its sensors. */
#include "devices/agent/dispatch.h"
#include "devices/agent/events.h"

#include <string.h>

enum { PROTOCOL = 1 };

void syn_agent_hello(struct syn_agent_call *call)
{
    const struct syn_agent *agent = call->agent;
    const struct syn_agent_identity *id = &agent->identity;
    struct syn_cbor_out *out = &call->out;
    struct syn_record name;
    bool named = syn_records_find(&agent->store.records, SYN_STORE_KEY_NAME, &name) &&
                 name.size <= SYN_AGENT_NAME_MAX;
    syn_cbor_put_map(out, 12u + (id->battery_percent > 0) + (id->start != NULL) + named);
    syn_cbor_pair_uint(out, "proto", PROTOCOL);
    syn_cbor_pair_uint(out, "feat", id->features);
    syn_cbor_pair_uint(out, "max", SYN_AGENT_MESSAGE_MAX);
    syn_cbor_pair_uint(out, "win", SYN_AGENT_BUFFERS - 1);
    syn_cbor_pair_text(out, "id", id->id);
    syn_cbor_pair_text(out, "prof", id->profile);
    syn_cbor_pair_text(out, "part", agent->timing.part->name);
    syn_cbor_pair_text(out, "fw", id->firmware);
    syn_cbor_pair_text(out, "sens", id->sensors);
    syn_cbor_pair_text(out, "act", id->actuators);
    syn_cbor_pair_uint(out, "speed", id->speed_permille);
    syn_cbor_pair_int(out, "now", agent->port.now_ns(agent->port.ctx));
    if (id->battery_percent)
        syn_cbor_pair_uint(out, "bat", id->battery_percent);
    if (id->start)
        syn_cbor_pair_text(out, "start", id->start->why);
    if (!named)
        return;
    syn_cbor_put_text(out, "name");
    syn_cbor_put_text_n(out, (const char *)name.bytes, name.size);
}

/* ---- accel ---- */

static void put_u16s(struct syn_cbor_out *out, const char *key, const uint16_t *v, unsigned n)
{
    syn_cbor_put_text(out, key);
    syn_cbor_put_array(out, n);
    for (unsigned i = 0; i < n; i++)
        syn_cbor_put_uint(out, v[i]);
}

static void put_chunk(struct syn_cbor_out *out, unsigned pipeline,
                      const struct syn_deployed_pipe *p, bool hash)
{
    syn_cbor_put_map(out, hash ? 5 : 4);
    if (hash)
        syn_cbor_pair_bytes(out, "h", p->image_hash, SYN_SHA256_SIZE);
    syn_cbor_pair_uint(out, "p", pipeline);
    syn_cbor_pair_uint(out, "f", p->image.first);
    syn_cbor_pair_uint(out, "l", p->image.last);
    syn_cbor_pair_uint(out, "cyc", p->cycles);
}

/* Bytes of weights and biases of the chunks that are there. */
static uint64_t resident_bytes(const struct syn_deployment *d)
{
    uint64_t bytes = 0;
    for (unsigned i = 0; i < d->pipeline_count; i++)
        bytes += d->pipes[i].route.has_body ? d->pipes[i].weight_bytes : 0;
    return bytes;
}

static void put_accel(const struct syn_agent *agent, struct syn_cbor_out *out, bool hashes)
{
    const struct syn_deployment *d = &agent->deployment;
    const struct syn_part *part = agent->timing.part;
    syn_cbor_open_map(out);
    syn_cbor_pair_text(out, "state", syn_agent_state(agent));
    put_u16s(out, "kern", d->kernel_words, SYN_PART_PROCESSORS);
    syn_cbor_pair_uint(out, "kmax", part->kernel_words);
    put_u16s(out, "bias", d->bias_bytes, SYN_PART_QUADRANTS);
    syn_cbor_pair_uint(out, "bmax", part->bias_bytes);
    syn_cbor_pair_uint(out, "wgt", resident_bytes(d));
    syn_cbor_pair_uint(out, "wmax", part->weight_bytes);
    syn_cbor_pair_uint(out, "lay", d->layers_used);
    syn_cbor_pair_uint(out, "lmax", part->layers_max);
    syn_cbor_pair_uint(out, "data", d->data_peak);
    syn_cbor_pair_uint(out, "dmax", part->data_bytes);
    syn_cbor_pair_uint(out, "arena", d->arena_used);
    syn_cbor_pair_uint(out, "amax", agent->timing.arena_bytes);
    syn_cbor_pair_uint(out, "hz", agent->timing.accel_hz);
    syn_cbor_pair_uint(out, "flt", agent->rt.counters.faults);
    syn_cbor_put_text(out, "chunks");
    syn_cbor_open_array(out);
    for (unsigned i = 0; i < d->pipeline_count; i++)
        if (d->pipes[i].route.has_body)
            put_chunk(out, i, &d->pipes[i], hashes);
    syn_cbor_close(out);
    syn_cbor_close(out);
}

/* With very many chunks their hashes would not fit into one message: they are left out then. */
void syn_agent_accel(struct syn_agent_call *call)
{
    struct syn_cbor_out start = call->out;
    put_accel(call->agent, &call->out, true);
    if (call->out.error) {
        call->out = start;
        put_accel(call->agent, &call->out, false);
    }
}

/* ---- links: the peers ---- */

struct links_map {
    uint8_t self;
    struct syn_span peers;
};

struct peer_map {
    uint8_t index;
    struct syn_span name, address;
};

/* Where it is reached by channels: nobody is at the other end before one is opened. */
static void put_channels(const struct syn_agent *agent, struct syn_cbor_out *out)
{
#if SYN_AGENT_CHANNELS
    const char *address = agent->port.reached ? agent->port.reached(agent->port.ctx) : NULL;
    if (!address)
        return;
    syn_cbor_put_map(out, 1);
    syn_cbor_pair_text(out, "a", address);
#else
    (void)agent;
    (void)out;
#endif
}

static bool has_channels(const struct syn_agent *agent)
{
#if SYN_AGENT_CHANNELS
    return agent->port.reached != NULL;
#else
    (void)agent;
    return false;
#endif
}

/* Lines of the device's own, by their numbers, and who is heard there. */
static void put_wires(const struct syn_agent *agent, struct syn_cbor_out *out)
{
    char address[] = "uart:0";
    syn_cbor_put_text(out, "lnk");
    syn_cbor_open_array(out);
    put_channels(agent, out);
    for (unsigned n = 1; agent->port.wired && n < SYN_AGENT_WIRES_MAX; n++) {
        const char *id = agent->port.wired(agent->port.ctx, n);
        if (!id)
            continue;
        address[sizeof address - 2] = (char)('0' + n);
        syn_cbor_put_map(out, 2);
        syn_cbor_pair_text(out, "a", address);
        syn_cbor_pair_text(out, "id", id);
    }
    syn_cbor_close(out);
}

/* N of "uart:N"; 0 where the address is another. */
static uint8_t wire_of(struct syn_span address)
{
    static const char scheme[] = "uart:";
    const size_t size = sizeof scheme - 1;
    if (address.size != size + 1 || memcmp(address.data, scheme, size) != 0)
        return 0;
    const uint8_t n = (uint8_t)(address.data[size] - '0');
    return n < SYN_AGENT_WIRES_MAX ? n : 0;
}

static void read_links(struct syn_agent_call *call)
{
    struct syn_cbor_out *out = &call->out;
    const struct syn_agent *agent = call->agent;
    const bool has_lines = agent->port.wired || has_channels(agent);
    syn_cbor_put_map(out, has_lines ? 2 : 1);
    syn_cbor_put_text(out, "peers");
    syn_cbor_open_array(out);
    for (unsigned i = 0; i < SYN_AGENT_PEERS_MAX; i++) {
        const struct syn_agent_peer *p = &agent->peers[i];
        if (!p->used)
            continue;
        syn_cbor_put_map(out, 4);
        syn_cbor_pair_uint(out, "i", i);
        syn_cbor_pair_text(out, "n", p->name);
        syn_cbor_pair_text(out, "a", p->address);
        syn_cbor_pair_bool(out, "up", p->up);
    }
    syn_cbor_close(out);
    if (has_lines)
        put_wires(agent, out);
}

static bool read_peer(struct syn_cbor_in *in, struct syn_agent_peer peers[SYN_AGENT_PEERS_MAX])
{
    static const struct syn_cbor_field fields[] = {
        SYN_FIELD(SYN_KEY_U8, struct peer_map, index, "i"),
        SYN_FIELD(SYN_KEY_TEXT, struct peer_map, name, "n"),
        SYN_FIELD(SYN_KEY_TEXT, struct peer_map, address, "a"),
    };
    struct peer_map map = {.index = UINT8_MAX};
    if (syn_cbor_get_fields(in, fields, sizeof fields / sizeof fields[0], &map, NULL) ||
        map.index >= SYN_AGENT_PEERS_MAX)
        return false;
    struct syn_agent_peer *p = &peers[map.index];
    p->used = true;
    p->wire = wire_of(map.address);
    syn_span_text(map.name, p->name, sizeof p->name);
    syn_span_text(map.address, p->address, sizeof p->address);
    return true;
}

static bool read_peers(struct syn_span span, struct syn_agent_peer peers[SYN_AGENT_PEERS_MAX])
{
    struct syn_cbor_in in;
    syn_cbor_in_init(&in, span.data, span.size);
    if (span.size == 0)
        return true;
    struct syn_cbor_scope scope = syn_cbor_get_array(&in);
    while (syn_cbor_next(&in, &scope))
        if (!read_peer(&in, peers))
            return false;
    return in.error == 0;
}

static void find_channels(const struct syn_agent *agent,
                          struct syn_agent_peer peers[SYN_AGENT_PEERS_MAX])
{
    static const char scheme[] = "ble:";
    for (unsigned i = 0; has_channels(agent) && i < SYN_AGENT_PEERS_MAX; i++)
        if (peers[i].used && memcmp(peers[i].address, scheme, sizeof scheme - 1) == 0)
            peers[i].wire = (uint8_t)SYN_AGENT_CHANNEL(i);
}

/* The port reports changes only: a link that stays as it was is up where it was up. */
static void keep_up(struct syn_agent_peer peers[SYN_AGENT_PEERS_MAX],
                    const struct syn_agent_peer old[SYN_AGENT_PEERS_MAX])
{
    for (unsigned i = 0; i < SYN_AGENT_PEERS_MAX; i++)
        peers[i].up = peers[i].used && old[i].up && peers[i].wire == old[i].wire &&
                      strcmp(peers[i].address, old[i].address) == 0;
}

static void write_links(struct syn_agent_call *call)
{
    static const struct syn_cbor_field fields[] = {
        SYN_FIELD(SYN_KEY_U8, struct links_map, self, "self"),
        SYN_FIELD(SYN_KEY_ITEM, struct links_map, peers, "peers"),
    };
    struct syn_agent *agent = call->agent;
    struct syn_agent_peer peers[SYN_AGENT_PEERS_MAX] = {{.used = false}};
    struct links_map map = {.self = agent->self};
    if (!syn_agent_read(call, fields, sizeof fields / sizeof fields[0], &map, NULL))
        return;
    if (map.self >= SYN_AGENT_PEERS_MAX || !read_peers(map.peers, peers)) {
        syn_agent_fail(call, SYN_GROUP_NONE, SYN_RC_INVALID,
                       "links: index of a peer is missing or too large");
        return;
    }
    find_channels(agent, peers);
    if (map.self == agent->self)
        keep_up(peers, agent->peers);
    agent->self = map.self;
    memcpy(agent->peers, peers, sizeof peers);
    agent->relay_link = (uint8_t)call->link;
    agent->port.peers(agent->port.ctx, agent->self, agent->peers, SYN_AGENT_PEERS_MAX);
}

void syn_agent_links(struct syn_agent_call *call)
{
    if (call->request.op == SYN_SMP_READ)
        read_links(call);
    else
        write_links(call);
}

/* ---- feed: the file behind a sensor ---- */

/* Is `kind` one of the comma-separated kinds? */
static bool has_kind(const char *kinds, const char *kind)
{
    size_t n = strlen(kind);
    while (n > 0 && *kinds) {
        size_t size = 0;
        while (kinds[size] && kinds[size] != ',')
            size++;
        if (size == n && memcmp(kinds, kind, n) == 0)
            return true;
        kinds += kinds[size] ? size + 1 : size;
    }
    return false;
}

static void feed_sensor(struct syn_agent_call *call, const char *sensor, const char *path,
                        uint32_t first)
{
    const struct syn_agent_port *port = &call->agent->port;
    char why[160] = "the sensor does not take this file";
    long n = port->feed(port->ctx, sensor, path, first, why, sizeof why);
    if (n < 0) {
        syn_agent_fail(call, SYN_GROUP_SYNERGY, SYN_GRC_SENSOR, why);
        return;
    }
    syn_cbor_put_map(&call->out, 1);
    syn_cbor_pair_uint(&call->out, "n", (uint64_t)n);
}

void syn_agent_feed(struct syn_agent_call *call)
{
    struct feed {
        char sensor[SYN_DEPLOYMENT_KIND_MAX];
        char path[512];
        uint32_t first;
    } feed = {.first = 0};
    static const struct syn_cbor_field fields[] = {
        SYN_FIELD(SYN_KEY_STR, struct feed, sensor, "s"),
        SYN_FIELD(SYN_KEY_STR, struct feed, path, "p"),
        SYN_FIELD(SYN_KEY_U32, struct feed, first, "x"),
    };
    if (!call->agent->port.feed)
        syn_agent_fail(call, SYN_GROUP_NONE, SYN_RC_NOTSUP,
                       "the sensors of this device do not read files");
    else if (!syn_agent_read(call, fields, sizeof fields / sizeof fields[0], &feed, NULL))
        return;
    else if (!has_kind(call->agent->identity.sensors, feed.sensor))
        syn_agent_fail(call, SYN_GROUP_SYNERGY, SYN_GRC_SENSOR,
                       "this device has no sensor of that kind");
    else
        feed_sensor(call, feed.sensor, feed.path, feed.first);
}
