/* SPDX-License-Identifier: MIT */
#include "devices/base/bytes.h"
#include "devices/ble/gatt.h"
#include "devices/ble/internal.h"

#include <string.h>

#define ANSWER_NS 2000000000 /* a controller that takes longer is reset */
#define RETRY_NS  2000000000

enum opcode {
    DISCONNECT = 0x0406,
    SET_EVENT_MASK = 0x0c01,
    RESET = 0x0c03,
    READ_BUFFER_SIZE = 0x1005,
    READ_ADDRESS = 0x1009,
    LE_SET_EVENT_MASK = 0x2001,
    LE_READ_BUFFER_SIZE = 0x2002,
    LE_SET_RANDOM_ADDRESS = 0x2005,
    LE_SET_ADVERTISING = 0x2006,
    LE_SET_ADVERTISING_DATA = 0x2008,
    LE_SET_SCAN_RESPONSE = 0x2009,
    LE_ADVERTISE = 0x200a,
    LE_CONNECT = 0x200d,
    LE_CONNECT_CANCEL = 0x200e,
    LE_UPDATE = 0x2013,
    LE_REFUSE_KEY = 0x201b,
    LE_SUGGEST_DATA_LENGTH = 0x2024,
};

enum { COMMAND_HEADER = 4, PARAMETERS = 32, REMOTE_USER_ENDED = 0x13, ACL_BYTES_MIN = 27 };

static void send_command(struct syn_ble *ble, uint16_t opcode, const uint8_t *p, uint8_t size)
{
    uint8_t packet[COMMAND_HEADER + PARAMETERS] = {1};
    syn_put_le16(packet + 1, opcode);
    packet[3] = size;
    if (size > 0)
        memcpy(packet + COMMAND_HEADER, p, size);
    ble->command = opcode;
    ble->deadline_ns = ble->now_ns + ANSWER_NS;
    ble->config.port.write(ble->config.port.ctx, packet, COMMAND_HEADER + (size_t)size);
}

/* ---- setting up ---- */

/* Ends of connections and LE; connections made, updated, their keys asked for. */
static const uint8_t event_mask[8] = {0x10, 0x80, 0, 0, 0, 0, 0, 0x20};
static const uint8_t le_event_mask[8] = {0x15};
static const uint8_t data_length[4] = {251, 0, 0x48, 0x08}; /* bytes; microseconds on air */

/* Every 30 to 60 ms, connectable, on all three channels. */
static const uint8_t advertising[15] = {0x30, 0, 0x60, 0, [13] = 7};

static const struct step {
    uint16_t opcode;
    bool optional; /* its failure does not matter */
    uint8_t size;
    const uint8_t *parameters; /* NULL: fill() */
} steps[] = {
    {.opcode = RESET},
    {SET_EVENT_MASK, false, sizeof event_mask, event_mask},
    {LE_SET_EVENT_MASK, false, sizeof le_event_mask, le_event_mask},
    {.opcode = READ_ADDRESS},
    {.opcode = LE_READ_BUFFER_SIZE},
    {.opcode = READ_BUFFER_SIZE},
    {LE_SUGGEST_DATA_LENGTH, true, sizeof data_length, data_length},
    {LE_SET_RANDOM_ADDRESS, false, 6, NULL},
    {LE_SET_ADVERTISING, false, sizeof advertising, NULL},
    {LE_SET_ADVERTISING_DATA, false, 32, NULL},
    {LE_SET_SCAN_RESPONSE, false, 32, NULL},
};

enum { STEPS = sizeof steps / sizeof *steps };

/* Appends a field of what is advertised: its size, kind and bytes. */
static void put_field(uint8_t *data, uint8_t kind, const void *bytes, size_t size)
{
    uint8_t *at = data + 1 + data[0];
    at[0] = (uint8_t)(size + 1);
    at[1] = kind;
    memcpy(at + 2, bytes, size);
    data[0] = (uint8_t)(data[0] + 2 + size);
}

/* A name that does not fit is cut, and then of another kind. */
static void put_name(uint8_t *data, const char *name)
{
    const size_t length = strlen(name), most = 31 - 2u - data[0];
    put_field(data, length > most ? 8 : 9, name, length > most ? most : length);
}

static void fill(const struct syn_ble *ble, uint16_t opcode, uint8_t *p)
{
    static const uint8_t flags = 6; /* general discoverable, LE alone */
    switch (opcode) {
    case LE_SET_RANDOM_ADDRESS:
        memcpy(p, ble->address.bytes, sizeof ble->address.bytes);
        break;
    case LE_SET_ADVERTISING:
        memcpy(p, advertising, sizeof advertising);
        p[5] = ble->address.random;
        break;
    case LE_SET_ADVERTISING_DATA:
        put_field(p, 1, &flags, 1);
        put_field(p, 7, syn_gatt_smp_service, 16);
        put_name(p, ble->config.name);
        break;
    case LE_SET_SCAN_RESPONSE: /* the whole name first; hosts know us by the service as well */
        put_name(p, ble->config.name);
        if (p[0] + 2u + 16u <= 31)
            put_field(p, 7, syn_gatt_our_service, 16);
        break;
    default:
        break;
    }
}

static bool is_needed(const struct syn_ble *ble, uint16_t opcode)
{
    if (opcode == READ_BUFFER_SIZE)
        return ble->acl_bytes == 0;
    return opcode != LE_SET_RANDOM_ADDRESS || ble->address.random;
}

static void next_step(struct syn_ble *ble)
{
    uint8_t parameters[PARAMETERS] = {0};
    while (ble->step < STEPS && !is_needed(ble, steps[ble->step].opcode))
        ble->step++;
    if (ble->step == STEPS) {
        ble->ready = true;
        return;
    }
    const struct step *s = &steps[ble->step];
    if (!s->parameters)
        fill(ble, s->opcode, parameters);
    send_command(ble, s->opcode, s->parameters ? s->parameters : parameters, s->size);
}

void syn_ble_begin_setup(struct syn_ble *ble)
{
    ble->ready = ble->advertising = ble->advertise_refused = ble->initiating = false;
    ble->step = 0;
    ble->command = 0;
    ble->deadline_ns = INT64_MAX;
    ble->acl_bytes = ble->acl_free = 0;
    ble->address = ble->config.address;
}

static void set_buffers(struct syn_ble *ble, uint16_t bytes, uint16_t count)
{
    ble->acl_bytes = count == 0 || bytes < ACL_BYTES_MIN ? 0 : bytes;
    ble->acl_free = count;
}

/* Many controllers have no address of their own: the name then gives one that stays the same. */
static void set_address(struct syn_ble *ble, const uint8_t *bytes)
{
    static const uint8_t none[6] = {0};
    uint32_t hash = 2166136261u;
    if (ble->address.random)
        return;
    memcpy(ble->address.bytes, bytes, sizeof ble->address.bytes);
    if (memcmp(bytes, none, sizeof none) != 0)
        return;
    for (const char *at = ble->config.name; *at; at++)
        hash = (hash ^ (uint8_t)*at) * 16777619u;
    syn_put_le32(ble->address.bytes, hash);
    ble->address.bytes[5] = 0xc0;
    ble->address.random = true;
}

static void take_result(struct syn_ble *ble, uint16_t opcode, const uint8_t *p, size_t size)
{
    if (opcode == READ_ADDRESS && size >= 7)
        set_address(ble, p + 1);
    else if (opcode == LE_READ_BUFFER_SIZE && size >= 4)
        set_buffers(ble, syn_get_le16(p + 1), p[3]);
    else if (opcode == READ_BUFFER_SIZE && size >= 6)
        set_buffers(ble, syn_get_le16(p + 1), syn_get_le16(p + 4));
}

static void end_step(struct syn_ble *ble, uint16_t opcode, const uint8_t *p, size_t size)
{
    const struct step *s = &steps[ble->step];
    bool good = p[0] == 0;
    if (good)
        take_result(ble, opcode, p, size);
    if (opcode == READ_BUFFER_SIZE && ble->acl_bytes == 0)
        good = false;
    if (good || s->optional)
        ble->step++;
    else
        ble->deadline_ns = ble->now_ns + RETRY_NS;
}

/* ---- afterwards ---- */

/* Those beside the one that is being made. */
static unsigned count_free(const struct syn_ble *ble)
{
    unsigned count = 0;
    for (unsigned i = 0; i < SYN_BLE_CONNECTIONS_MAX; i++)
        count += !ble->connections[i].used;
    return count > 0 && ble->initiating ? count - 1 : count;
}

static bool advertise(struct syn_ble *ble)
{
    const bool wanted = count_free(ble) > 0;
    if (wanted == ble->advertising || ble->advertise_refused)
        return false;
    const uint8_t enable = wanted;
    ble->advertise = wanted;
    send_command(ble, LE_ADVERTISE, &enable, 1);
    return true;
}

/* Looks for the other all the time, since its advertisements are rare; intervals of 7.5 to 15 ms,
 * 2 s until a silent peer is given up. */
static bool connect(struct syn_ble *ble)
{
    const struct syn_ble_link *link = syn_ble_peer_wanted(ble);
    uint8_t p[25] = {0x60, 0, 0x60, 0, [13] = 6, 0, 12, 0, 0, 0, 0xc8, 0};
    if (ble->initiating && !ble->cancelled && !link) {
        ble->cancelled = true;
        send_command(ble, LE_CONNECT_CANCEL, NULL, 0);
        return true;
    }
    if (ble->initiating || !link || count_free(ble) == 0)
        return false;
    ble->initiating = true;
    ble->cancelled = false;
    ble->initiating_to = link->to;
    p[5] = link->to.random;
    memcpy(p + 6, link->to.bytes, sizeof link->to.bytes);
    p[12] = ble->address.random;
    send_command(ble, LE_CONNECT, p, sizeof p);
    return true;
}

static bool serve_connection(struct syn_ble *ble, struct syn_ble_connection *c)
{
    uint8_t p[14] = {0};
    if (!c->used || c->wants == 0)
        return false;
    syn_put_le16(p, c->handle);
    ble->command_handle = c->handle;
    if (c->wants & SYN_WANT_DISCONNECT) {
        c->wants = 0;
        p[2] = REMOTE_USER_ENDED;
        send_command(ble, DISCONNECT, p, 3);
    } else if (c->wants & SYN_WANT_UPDATE) {
        c->wants = (uint8_t)(c->wants & ~SYN_WANT_UPDATE);
        memcpy(p + 2, c->update, sizeof c->update);
        send_command(ble, LE_UPDATE, p, 14);
    } else {
        c->wants = 0;
        send_command(ble, LE_REFUSE_KEY, p, 2);
    }
    return true;
}

/* A connection that cannot be ended is none. */
static void end_disconnect(struct syn_ble *ble, const uint8_t *result)
{
    int i = syn_ble_find_handle(ble, ble->command_handle);
    if (result[0] != 0 && i >= 0)
        syn_ble_connection_ended(ble, &ble->connections[i]);
}

static void fail_connect(struct syn_ble *ble)
{
    ble->initiating = false;
    syn_ble_peer_failed(ble, &ble->initiating_to);
}

void syn_ble_command_ended(struct syn_ble *ble, uint16_t opcode, const uint8_t *result, size_t size)
{
    if (opcode == 0 || opcode != ble->command)
        return;
    ble->command = 0;
    ble->deadline_ns = INT64_MAX;
    if (!ble->ready)
        end_step(ble, opcode, result, size);
    else if (opcode == DISCONNECT)
        end_disconnect(ble, result);
    else if (opcode == LE_CONNECT && result[0] != 0)
        fail_connect(ble);
    else if (opcode == LE_ADVERTISE && result[0] == 0)
        ble->advertising = ble->advertise;
    else if (opcode == LE_ADVERTISE)
        ble->advertise_refused = true;
}

void syn_ble_next_command(struct syn_ble *ble)
{
    const struct syn_ble_port *port = &ble->config.port;
    if (ble->command != 0 || (!ble->ready && ble->deadline_ns != INT64_MAX) ||
        port->room(port->ctx) < COMMAND_HEADER + PARAMETERS)
        return;
    if (!ble->ready)
        next_step(ble);
    if (!ble->ready)
        return;
    for (unsigned i = 0; i < SYN_BLE_CONNECTIONS_MAX; i++)
        if (serve_connection(ble, &ble->connections[i]))
            return;
    if (!connect(ble))
        (void)advertise(ble);
}
