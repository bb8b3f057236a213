/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How the answers of a device are read: the keys of GROUP.md, as tables. */
#include <string.h>

#include "transports/client/session_parts.h"

#define FIELD(kind, type, member, key) SYN_FIELD(SYN_KEY_##kind, struct type, member, key)
#define FIELD_ARRAY(kind, type, member, key)                                                       \
    SYN_FIELD_ARRAY(SYN_KEY_##kind, struct type, member, key)

/* ---- hello ---- */

static const struct syn_cbor_field hello_fields[] = {
    FIELD(U32, syn_hello, protocol, "proto"),
    FIELD(U32, syn_hello, features, "feat"),
    FIELD(U32, syn_hello, max_message, "max"),
    FIELD(U32, syn_hello, window, "win"),
    FIELD(STR, syn_hello, id, "id"),
    FIELD(STR, syn_hello, profile, "prof"),
    FIELD(STR, syn_hello, part, "part"),
    FIELD(STR, syn_hello, firmware, "fw"),
    FIELD(STR, syn_hello, sensors, "sens"),
    FIELD(STR, syn_hello, actuators, "act"),
    FIELD(U32, syn_hello, speed_permille, "speed"),
    FIELD(I64, syn_hello, now_ns, "now"),
    FIELD(U8, syn_hello, battery_percent, "bat"),
    FIELD(STR, syn_hello, label, "name"),
    FIELD(STR, syn_hello, start, "start"),
};

enum { HELLO_PROTOCOL = 1, HELLO_MAX = 4, SMALLEST_MESSAGE = 128, BATTERY_FULL = 100 };
enum { FASTEST_PERMILLE = 1000000 }; /* of virtual time */

int syn_read_hello(struct syn_session *s, struct syn_cbor_in *r, struct syn_answer *answer)
{
    struct syn_hello *h = &answer->hello;
    uint32_t seen;
    int rc = syn_cbor_get_fields(r, hello_fields, COUNT(hello_fields), h, &seen);
    if (rc || !(seen & HELLO_PROTOCOL) || !(seen & HELLO_MAX) ||
        h->max_message < SMALLEST_MESSAGE || h->battery_percent > BATTERY_FULL ||
        h->speed_permille > FASTEST_PERMILLE || !syn_session_is_time(h->now_ns))
        return SYN_EPROTO;
    s->ours = true;
    s->max_message =
        h->max_message < SYN_CLIENT_MESSAGE_MAX ? h->max_message : SYN_CLIENT_MESSAGE_MAX;
    syn_client_set_window(s->client, h->window);
    if (h->features & SYN_FEATURE_COBS)
        syn_client_set_framing(s->client, SYN_FRAMING_COBS);
    return 0;
}

/* ---- accelerator ---- */

struct accel_map {
    struct syn_accel_state state;
    struct syn_span chunks;
};

#define ACCEL(kind, member, key) SYN_FIELD(SYN_KEY_##kind, struct accel_map, state.member, key)
static const struct syn_cbor_field accel_fields[] = {
    ACCEL(STR, state, "state"),
    SYN_FIELD_ARRAY(SYN_KEY_U16S, struct accel_map, state.kernels, "kern"),
    ACCEL(U16, kernels_max, "kmax"),
    SYN_FIELD_ARRAY(SYN_KEY_U16S, struct accel_map, state.bias, "bias"),
    ACCEL(U16, bias_max, "bmax"),
    ACCEL(U32, weight_bytes, "wgt"),
    ACCEL(U32, weight_max, "wmax"),
    ACCEL(U16, layers, "lay"),
    ACCEL(U16, layers_max, "lmax"),
    ACCEL(U32, data_bytes, "data"),
    ACCEL(U32, data_max, "dmax"),
    ACCEL(U32, arena_bytes, "arena"),
    ACCEL(U32, arena_max, "amax"),
    ACCEL(U32, clock_hz, "hz"),
    ACCEL(U32, faults, "flt"),
    FIELD(ITEM, accel_map, chunks, "chunks"),
};

static const struct syn_cbor_field chunk_fields[] = {
    FIELD(HASH, syn_chunk_state, hash, "h"),    FIELD(U16, syn_chunk_state, pipeline, "p"),
    FIELD(U16, syn_chunk_state, first, "f"),    FIELD(U16, syn_chunk_state, last, "l"),
    FIELD(U64, syn_chunk_state, cycles, "cyc"),
};

/* Reads an array of maps; what is beyond `max` is skipped. Returns how many were kept. */
static unsigned read_maps(struct syn_span item, const struct syn_cbor_field *fields, size_t count,
                          void *to, size_t size, unsigned max, int *rc)
{
    struct syn_cbor_in r;
    unsigned n = 0;
    if (item.size == 0)
        return 0;
    syn_cbor_in_init(&r, item.data, item.size);
    struct syn_cbor_scope scope = syn_cbor_get_array(&r);
    while (syn_cbor_next(&r, &scope)) {
        if (n == max)
            (void)syn_cbor_skip(&r);
        else
            (void)syn_cbor_get_fields(&r, fields, count, (uint8_t *)to + n++ * size, NULL);
    }
    *rc = *rc ? *rc : r.error;
    return n;
}

int syn_read_accel(struct syn_session *s, struct syn_cbor_in *r, struct syn_answer *answer)
{
    struct accel_map map = {.chunks = {NULL, 0}};
    (void)s;
    int rc = syn_cbor_get_fields(r, accel_fields, COUNT(accel_fields), &map, NULL);
    map.state.chunk_count =
        read_maps(map.chunks, chunk_fields, COUNT(chunk_fields), map.state.chunks,
                  sizeof map.state.chunks[0], SYN_SESSION_CHUNKS, &rc);
    answer->accel = map.state;
    return rc;
}

/* ---- blobs and plans ---- */

static const struct syn_cbor_field blob_fields[] = {
    FIELD(U32, syn_blob_state, held_bytes, "off"),
    FIELD(U32, syn_blob_state, length_bytes, "len"),
    FIELD(BOOL, syn_blob_state, complete, "ok"),
};

int syn_read_blob(struct syn_session *s, struct syn_cbor_in *r, struct syn_answer *answer)
{
    uint32_t seen;
    (void)s;
    int rc = syn_cbor_get_fields(r, blob_fields, COUNT(blob_fields), &answer->blob, &seen);
    return rc || !(seen & 1) ? SYN_EPROTO : 0;
}

static const struct syn_cbor_field plan_fields[] = {
    FIELD(U32, syn_plan_state, committed, "txn"),
    FIELD(U32, syn_plan_state, prepared, "ptxn"),
    FIELD(STR, syn_plan_state, state, "state"),
};

int syn_read_plan(struct syn_session *s, struct syn_cbor_in *r, struct syn_answer *answer)
{
    (void)s;
    return syn_cbor_get_fields(r, plan_fields, COUNT(plan_fields), &answer->plan, NULL);
}

struct item_map {
    struct syn_span item;
};

static int read_item(struct syn_cbor_in *r, const struct syn_cbor_field *field,
                     struct syn_cbor_in *item)
{
    struct item_map map = {{NULL, 0}};
    uint32_t seen;
    int rc = syn_cbor_get_fields(r, field, 1, &map, &seen);
    syn_cbor_in_init(item, map.item.data, map.item.size);
    return rc || seen == 0 ? SYN_EPROTO : 0;
}

/* One for each pipeline; what is beyond is skipped. */
static int read_numbers(struct syn_cbor_in *r, uint32_t to[SYN_SESSION_PIPES], unsigned *count)
{
    struct syn_cbor_scope scope = syn_cbor_get_array(r);
    while (syn_cbor_next(r, &scope)) {
        uint64_t v = syn_cbor_get_uint(r);
        if (*count < SYN_SESSION_PIPES)
            to[(*count)++] = v > UINT32_MAX ? UINT32_MAX : (uint32_t)v;
    }
    return r->error;
}

int syn_read_fit(struct syn_session *s, struct syn_cbor_in *r, struct syn_answer *answer)
{
    static const struct syn_cbor_field field[] = {FIELD(ITEM, item_map, item, "cyc")};
    struct syn_cbor_in cycles;
    (void)s;
    if (read_item(r, field, &cycles))
        return SYN_EPROTO;
    return read_numbers(&cycles, answer->fit.cycles, &answer->fit.count);
}

int syn_read_run(struct syn_session *s, struct syn_cbor_in *r, struct syn_answer *answer)
{
    static const struct syn_cbor_field field[] = {FIELD(ITEM, item_map, item, "base")};
    struct syn_cbor_in base;
    (void)s;
    return read_item(r, field, &base) ? 0
                                      : read_numbers(&base, answer->run.base, &answer->run.count);
}

/* ---- links, sensors ---- */

static const struct syn_cbor_field peer_fields[] = {
    FIELD(U16, syn_peer, index, "i"),
    FIELD(STR, syn_peer, name, "n"),
    FIELD(STR, syn_peer, address, "a"),
    FIELD(BOOL, syn_peer, up, "up"),
};

static const struct syn_cbor_field wire_fields[] = {
    FIELD(STR, syn_wire_end, address, "a"),
    FIELD(STR, syn_wire_end, id, "id"),
};

struct links_map {
    struct syn_span peers, wires;
};

int syn_read_links(struct syn_session *s, struct syn_cbor_in *r, struct syn_answer *answer)
{
    static const struct syn_cbor_field fields[] = {
        FIELD(ITEM, links_map, peers, "peers"),
        FIELD(ITEM, links_map, wires, "lnk"),
    };
    struct syn_peers *links = &answer->links;
    struct links_map map = {{NULL, 0}, {NULL, 0}};
    (void)s;
    int rc = syn_cbor_get_fields(r, fields, COUNT(fields), &map, NULL);
    links->count = read_maps(map.peers, peer_fields, COUNT(peer_fields), links->peers,
                             sizeof links->peers[0], SYN_SESSION_PEERS, &rc);
    links->wire_count = read_maps(map.wires, wire_fields, COUNT(wire_fields), links->wires,
                                  sizeof links->wires[0], SYN_SESSION_WIRES, &rc);
    return rc;
}

int syn_read_windows(struct syn_session *s, struct syn_cbor_in *r, struct syn_answer *answer)
{
    static const struct syn_cbor_field field[] = {FIELD(U32, syn_answer, windows, "n")};
    (void)s;
    return syn_cbor_get_fields(r, field, 1, answer, NULL);
}

/* ---- standard groups ---- */

int syn_read_echo(struct syn_session *s, struct syn_cbor_in *r, struct syn_answer *answer)
{
    static const struct syn_cbor_field field[] = {FIELD(STR, syn_answer, echo, "r")};
    uint32_t seen;
    (void)s;
    int rc = syn_cbor_get_fields(r, field, 1, answer, &seen);
    return rc || seen == 0 ? SYN_EPROTO : 0;
}

static const struct syn_cbor_field params_fields[] = {
    FIELD(U32, syn_params, buffer_bytes, "buf_size"),
    FIELD(U32, syn_params, buffer_count, "buf_count"),
};

/* One buffer is kept for the answer that the device is making. */
int syn_read_reset(struct syn_session *s, struct syn_cbor_in *r, struct syn_answer *answer)
{
    (void)r;
    (void)answer;
    syn_client_restarted(s->client);
    return 0;
}

int syn_read_params(struct syn_session *s, struct syn_cbor_in *r, struct syn_answer *answer)
{
    struct syn_params *p = &answer->params;
    int rc = syn_cbor_get_fields(r, params_fields, COUNT(params_fields), p, NULL);
    if (rc == 0 && !s->ours && p->buffer_bytes >= SMALLEST_MESSAGE) {
        syn_client_set_window(s->client, p->buffer_count > 1 ? p->buffer_count - 1 : 1);
        s->max_message =
            p->buffer_bytes < SYN_CLIENT_MESSAGE_MAX ? p->buffer_bytes : SYN_CLIENT_MESSAGE_MAX;
    }
    return rc;
}

int syn_read_stats(struct syn_session *s, struct syn_cbor_in *r, struct syn_answer *answer)
{
    static const struct syn_cbor_field field[] = {FIELD(ITEM, item_map, item, "stat_list")};
    struct syn_stat_names *names = &answer->stats;
    struct syn_cbor_in list;
    (void)s;
    if (read_item(r, field, &list))
        return SYN_EPROTO;
    struct syn_cbor_scope scope = syn_cbor_get_array(&list);
    while (syn_cbor_next(&list, &scope)) {
        struct syn_span name = syn_cbor_get_text(&list);
        if (names->count < SYN_SESSION_STATS)
            syn_span_text(name, names->names[names->count++], sizeof names->names[0]);
    }
    return list.error;
}

struct stat_map {
    char name[32];
    struct syn_span fields;
};

static const struct syn_cbor_field stat_fields[] = {
    FIELD(STR, stat_map, name, "name"),
    FIELD(ITEM, stat_map, fields, "fields"),
};

int syn_read_stat(struct syn_session *s, struct syn_cbor_in *r, struct syn_answer *answer)
{
    struct syn_stat_values *stat = &answer->stat;
    struct stat_map map = {.fields = {NULL, 0}};
    struct syn_span key;
    (void)s;
    if (syn_cbor_get_fields(r, stat_fields, COUNT(stat_fields), &map, NULL) || !map.fields.size)
        return SYN_EPROTO;
    memcpy(stat->name, map.name, sizeof stat->name);
    struct syn_cbor_in in;
    syn_cbor_in_init(&in, map.fields.data, map.fields.size);
    struct syn_cbor_scope scope = syn_cbor_get_map(&in);
    while (syn_cbor_next_key(&in, &scope, &key)) {
        uint64_t value = syn_cbor_get_uint(&in);
        if (stat->count < SYN_SESSION_STATS) {
            syn_span_text(key, stat->fields[stat->count].name, sizeof stat->fields[0].name);
            stat->fields[stat->count++].value = value;
        }
    }
    return in.error;
}
