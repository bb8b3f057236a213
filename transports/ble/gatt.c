/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "transports/ble/gatt.h"

#include <string.h>

#include "transports/ble/trouble.h"
#include "transports/ble/uuid.h"

enum {
    PRIMARY_SERVICE = 0x2800,
    SECONDARY_SERVICE = 0x2801,
    CHARACTERISTIC = 0x2803,
    CLIENT_CONFIGURATION = 0x2902,
    NOTIFY = 1,       /* value of the latter */
    CAN_WRITE = 0x04, /* properties of a characteristic: without response */
    CAN_NOTIFY = 0x10,
    PSM_MAX = 0xff, /* of LE */
};

/* A step asks once or several times and comes to an end by `take`, which returns 1 when it is to be
 * asked again (from gatt->first on), 0 when it is done, or a code with words. */
struct syn_gatt_step {
    const char *what;   /* for words */
    const char *absent; /* why "not found" is the end; NULL: it is an answer like another */
    size_t (*ask)(struct syn_gatt *g, uint8_t *pdu);
    int (*take)(struct syn_gatt *g, const struct syn_att_answer *a, struct syn_error *error);
    void (*next)(struct syn_gatt *g);
};

static void enter(struct syn_gatt *g, const struct syn_gatt_step *step);

static int bad(const struct syn_gatt *g, struct syn_error *error)
{
    return syn_error_set(error, SYN_EPROTO, "%s: the device's answer is no answer to that",
                         g->step->what);
}

static size_t put_range(uint8_t *pdu, uint8_t opcode, uint16_t first, uint16_t last)
{
    pdu[0] = opcode;
    syn_att_put_u16(pdu + 1, first);
    syn_att_put_u16(pdu + 3, last);
    return 5;
}

static bool is_uuid(const uint8_t *bytes, const char *text)
{
    struct syn_uuid uuid = syn_uuid_of(text);
    return memcmp(bytes, uuid.bytes, sizeof uuid.bytes) == 0;
}

/* ---- MTU ---- */

static size_t ask_mtu(struct syn_gatt *g, uint8_t *pdu)
{
    (void)g;
    pdu[0] = SYN_ATT_MTU_REQUEST;
    syn_att_put_u16(pdu + 1, SYN_ATT_MTU_MAX);
    return 3;
}

/* A device that knows no other MTU than the least says so by an error. */
static int take_mtu(struct syn_gatt *g, const struct syn_att_answer *a, struct syn_error *error)
{
    if (a->status == SYN_EDEVICE)
        return 0;
    if (a->size != 2)
        return bad(g, error);
    size_t mtu = syn_att_u16(a->body);
    mtu = mtu > SYN_ATT_MTU_MAX ? SYN_ATT_MTU_MAX : mtu;
    g->att.mtu = mtu < SYN_ATT_MTU_MIN ? SYN_ATT_MTU_MIN : mtu;
    return 0;
}

/* ---- the channel ---- */

static size_t ask_channel(struct syn_gatt *g, uint8_t *pdu)
{
    struct syn_uuid uuid = syn_uuid_of(SYN_UUID_CHANNEL);
    (void)g;
    size_t n = put_range(pdu, SYN_ATT_READ_BY_TYPE, 1, UINT16_MAX);
    memcpy(pdu + n, uuid.bytes, sizeof uuid.bytes);
    return n + sizeof uuid.bytes;
}

/* Kept in `value` until it is told. A device that gives none, for whatever reason, has GATT. */
static int take_channel(struct syn_gatt *g, const struct syn_att_answer *a, struct syn_error *error)
{
    (void)error;
    g->value = 0;
    if (a->status == 0 && a->size >= 5 && a->body[0] >= 4)
        g->value = syn_att_u16(a->body + 3);
    if (g->value > PSM_MAX)
        g->value = 0;
    return 0;
}

/* ---- the service ---- */

static size_t ask_service(struct syn_gatt *g, uint8_t *pdu)
{
    struct syn_uuid uuid = syn_uuid_of(SYN_UUID_SMP);
    (void)g;
    size_t n = put_range(pdu, SYN_ATT_FIND_BY_TYPE_VALUE, 1, UINT16_MAX);
    syn_att_put_u16(pdu + n, PRIMARY_SERVICE);
    memcpy(pdu + n + 2, uuid.bytes, sizeof uuid.bytes);
    return n + 2 + sizeof uuid.bytes;
}

static int take_service(struct syn_gatt *g, const struct syn_att_answer *a, struct syn_error *error)
{
    if (a->size < 4)
        return bad(g, error);
    g->first = syn_att_u16(a->body);
    g->last = syn_att_u16(a->body + 2);
    return g->first == 0 || g->first > g->last ? bad(g, error) : 0;
}

/* ---- its characteristic ---- */

static size_t ask_characteristic(struct syn_gatt *g, uint8_t *pdu)
{
    size_t n = put_range(pdu, SYN_ATT_READ_BY_TYPE, g->first, g->last);
    syn_att_put_u16(pdu + n, CHARACTERISTIC);
    return n + 2;
}

static int refuse_use(struct syn_error *error)
{
    return syn_error_set(error, SYN_EUNSUP,
                         "the device's SMP characteristic takes no write without response and "
                         "notification");
}

/* Searched further behind `handle`: SYN_EPROTO unless that goes forwards. */
static int search_on(struct syn_gatt *g, uint16_t handle, const char *absent,
                     struct syn_error *error)
{
    if (handle < g->first || handle > g->last)
        return bad(g, error);
    if (handle == g->last)
        return syn_error_set(error, SYN_EUNSUP, "%s", absent);
    g->first = (uint16_t)(handle + 1);
    return 1;
}

/* A declaration: its handle, properties, the value's handle, UUID. */
static int take_characteristic(struct syn_gatt *g, const struct syn_att_answer *a,
                               struct syn_error *error)
{
    enum { SHORT = 7, LONG = 21 };
    size_t each = a->size > 0 ? a->body[0] : 0;
    if ((each != SHORT && each != LONG) || a->size < 1 + each || (a->size - 1) % each != 0)
        return bad(g, error);
    const uint8_t *item = a->body + 1, *end = a->body + a->size;
    for (; item < end; item += each) {
        if (each != LONG || !is_uuid(item + 5, SYN_UUID_SMP_DATA))
            continue;
        g->value = syn_att_u16(item + 3);
        if (g->value < g->first || g->value > g->last)
            return bad(g, error);
        bool fits = (item[2] & (CAN_WRITE | CAN_NOTIFY)) == (CAN_WRITE | CAN_NOTIFY);
        return fits ? 0 : refuse_use(error);
    }
    return search_on(g, syn_att_u16(end - each), g->step->absent, error);
}

/* ---- its configuration ---- */

static size_t ask_configuration(struct syn_gatt *g, uint8_t *pdu)
{
    return put_range(pdu, SYN_ATT_FIND_INFORMATION, g->first, g->last);
}

/* Attributes behind the value, with their types, up to the next declaration. */
static int take_configuration(struct syn_gatt *g, const struct syn_att_answer *a,
                              struct syn_error *error)
{
    size_t each = a->size > 0 && a->body[0] == 1 ? 4 : 18;
    if (a->size < 1 + each || a->body[0] < 1 || a->body[0] > 2 || (a->size - 1) % each != 0)
        return bad(g, error);
    const uint8_t *item = a->body + 1, *end = a->body + a->size;
    for (; each == 4 && item < end; item += each) {
        uint16_t type = syn_att_u16(item + 2);
        g->configuration = syn_att_u16(item);
        if (type == CLIENT_CONFIGURATION)
            return g->configuration < g->first || g->configuration > g->last ? bad(g, error) : 0;
        if (type == CHARACTERISTIC || type == PRIMARY_SERVICE || type == SECONDARY_SERVICE)
            return syn_error_set(error, SYN_EUNSUP, "%s", g->step->absent);
    }
    return search_on(g, syn_att_u16(end - each), g->step->absent, error);
}

/* ---- subscription ---- */

static size_t ask_subscription(struct syn_gatt *g, uint8_t *pdu)
{
    pdu[0] = SYN_ATT_WRITE_REQUEST;
    syn_att_put_u16(pdu + 1, g->configuration);
    syn_att_put_u16(pdu + 3, NOTIFY);
    return 5;
}

static int take_subscription(struct syn_gatt *g, const struct syn_att_answer *a,
                             struct syn_error *error)
{
    return a->size == 0 ? 0 : bad(g, error);
}

/* ---- one after the other ---- */

static void after_mtu(struct syn_gatt *g);
static void after_channel(struct syn_gatt *g);
static void after_service(struct syn_gatt *g);
static void after_characteristic(struct syn_gatt *g);
static void after_configuration(struct syn_gatt *g);
static void after_subscription(struct syn_gatt *g);

#define NO_SMP            "the device has no SMP service"
#define NO_CHARACTERISTIC "the device's SMP service lacks its characteristic"
#define NO_CONFIGURATION  "the device's SMP characteristic cannot be subscribed to"

static const struct syn_gatt_step mtu_step = {"packet size", NULL, ask_mtu, take_mtu, after_mtu},
                                  channel_step = {"channel", NULL, ask_channel, take_channel,
                                                  after_channel},
                                  service_step = {"SMP service", NO_SMP, ask_service, take_service,
                                                  after_service},
                                  characteristic_step = {"SMP characteristic", NO_CHARACTERISTIC,
                                                         ask_characteristic, take_characteristic,
                                                         after_characteristic},
                                  configuration_step = {"SMP characteristic's configuration",
                                                        NO_CONFIGURATION, ask_configuration,
                                                        take_configuration, after_configuration},
                                  subscription_step = {"subscribing", NULL, ask_subscription,
                                                       take_subscription, after_subscription};

static void after_mtu(struct syn_gatt *g)
{
    if (g->wants_channel)
        enter(g, &channel_step);
    else
        g->events->channel(g->events->ctx, 0);
}

static void after_channel(struct syn_gatt *g)
{
    g->events->channel(g->events->ctx, g->value);
}

static void after_service(struct syn_gatt *g)
{
    enter(g, &characteristic_step);
}

static void after_characteristic(struct syn_gatt *g)
{
    struct syn_error error = {0};
    if (g->value == g->last) {
        (void)syn_error_set(&error, SYN_EUNSUP, "%s", NO_CONFIGURATION);
        g->events->failed(g->events->ctx, &error);
        return;
    }
    g->first = (uint16_t)(g->value + 1);
    enter(g, &configuration_step);
}

static void after_configuration(struct syn_gatt *g)
{
    enter(g, &subscription_step);
}

static void after_subscription(struct syn_gatt *g)
{
    g->step = NULL;
    g->events->ready(g->events->ctx);
}

static int explain(struct syn_gatt *g, const struct syn_att_answer *a, struct syn_error *error)
{
    const struct syn_gatt_step *s = g->step;
    if (a->status == SYN_EDEVICE && a->error == SYN_ATT_NOT_FOUND && s->absent) {
        (void)syn_error_set(error, SYN_EUNSUP, "%s", s->absent);
        syn_error_hint(error, "'ble scan' shows which devices offer SMP");
        return SYN_EUNSUP;
    }
    return syn_ble_trouble_att(error, a->status, a->error, s->what, g->address);
}

/* The MTU and the channel are answered by an error as well. */
static bool is_answer(const struct syn_gatt_step *s, const struct syn_att_answer *a)
{
    return a->status == 0 || (a->status == SYN_EDEVICE && (s == &mtu_step || s == &channel_step));
}

static void on_answer(void *ctx, const struct syn_att_answer *a)
{
    struct syn_gatt *g = ctx;
    const struct syn_gatt_step *s = g->step;
    struct syn_error error = {0};
    int rc = is_answer(s, a) ? s->take(g, a, &error) : explain(g, a, &error);
    if (rc > 0)
        enter(g, s);
    else if (rc == 0)
        s->next(g);
    else
        g->events->failed(g->events->ctx, &error);
}

static void enter(struct syn_gatt *g, const struct syn_gatt_step *step)
{
    uint8_t pdu[sizeof g->att.request];
    g->step = step;
    (void)syn_att_client_request(&g->att, pdu, step->ask(g, pdu), on_answer);
}

static void on_value(void *ctx, uint16_t handle, const uint8_t *value, size_t size)
{
    struct syn_gatt *g = ctx;
    if (handle == g->value && g->configuration != 0 && size > 0)
        g->events->received(g->events->ctx, value, size);
}

void syn_gatt_begin(struct syn_gatt *g, const struct syn_gatt_events *events, const char *address,
                    bool wants_channel)
{
    memset(g, 0, sizeof *g);
    syn_att_client_init(&g->att, on_value, g);
    g->events = events;
    g->address = address;
    g->wants_channel = wants_channel;
    enter(g, &mtu_step);
}

void syn_gatt_subscribe(struct syn_gatt *g)
{
    enter(g, &service_step);
}

size_t syn_gatt_leave(const struct syn_gatt *g, uint8_t pdu[SYN_GATT_LEAVE])
{
    if (g->configuration == 0 || g->step)
        return 0;
    pdu[0] = SYN_ATT_WRITE_REQUEST;
    syn_att_put_u16(pdu + 1, g->configuration);
    syn_att_put_u16(pdu + 3, 0);
    return SYN_GATT_LEAVE;
}

size_t syn_gatt_packet_max(const struct syn_gatt *g)
{
    return g->att.mtu - SYN_ATT_HEAD;
}

size_t syn_gatt_packet(const struct syn_gatt *g, const uint8_t *data, size_t size,
                       uint8_t pdu[SYN_ATT_MTU_MAX])
{
    pdu[0] = SYN_ATT_WRITE_COMMAND;
    syn_att_put_u16(pdu + 1, g->value);
    memcpy(pdu + SYN_ATT_HEAD, data, size);
    return SYN_ATT_HEAD + size;
}
