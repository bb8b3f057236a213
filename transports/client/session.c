/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdlib.h>
#include <string.h>

#include "transports/client/session_parts.h"

/* Before hello a device is taken to be as small as mcumgr's defaults. */
enum { SMALL_MESSAGE = 384 };

/* ---- one request ---- */

struct call {
    struct syn_session *session;
    const struct syn_session_request *operation;
    syn_session_done done;
    void *user;
};

static int read_answer(const struct call *call, const struct syn_reply *reply,
                       struct syn_answer *answer, struct syn_error *error)
{
    struct syn_cbor_in r;
    syn_cbor_in_init(&r, reply->payload, reply->size);
    if (!call->operation->read || call->operation->read(call->session, &r, answer) == 0)
        return 0;
    *answer = (struct syn_answer){0};
    return syn_error_set(error, SYN_EPROTO, "%s: the answer is not understood",
                         call->operation->what);
}

/* A failure that only says where the device stands. */
static bool is_position(const struct call *call, const struct syn_reply *reply)
{
    const struct syn_session_request *operation = call->operation;
    return operation->stands_rc && reply->status.rc == operation->stands_rc &&
           reply->status.group == operation->group;
}

static void on_reply(void *ctx, int status, const struct syn_reply *reply)
{
    struct call call = *(struct call *)ctx;
    struct syn_answer answer = {0};
    struct syn_error unread = {0};
    const struct syn_error *error = reply->error;
    free(ctx);
    if (status == 0 || is_position(&call, reply)) {
        status = read_answer(&call, reply, &answer, &unread);
        error = status ? &unread : NULL;
    }
    call.done(call.user, status, &answer, error);
}

/* Firmware of others may stand still for long. What one of ours has not answered in this time has
 * not reached it, and may be sent again. */
static const int64_t own_patience_ns = 2000000000;

static int64_t patience_of(const struct syn_session *s, const struct syn_session_request *operation)
{
    const bool repeats = operation->tries != 1;
    return s->ours && repeats && operation->patience_ns > own_patience_ns ? own_patience_ns
                                                                          : operation->patience_ns;
}

int syn_session_ask(struct syn_session *s, const struct syn_session_request *operation,
                    const struct syn_cbor_out *w, syn_session_done done, void *user)
{
    if (w->error || w->length + SYN_SMP_HEADER > s->max_message)
        return SYN_EINVAL;
    struct call *call = malloc(sizeof *call);
    if (!call)
        return SYN_ENOMEM;
    *call = (struct call){s, operation, done, user};
    struct syn_request request = {.op = operation->op,
                                  .id = operation->id,
                                  .group = operation->group,
                                  .payload = w->data,
                                  .size = w->length,
                                  .tries = operation->tries,
                                  .patience_ns = patience_of(s, operation),
                                  .in_order = operation->in_order,
                                  .what = operation->what};
    int rc = syn_client_request(s->client, &request, on_reply, call);
    if (rc)
        free(call);
    return rc;
}

struct syn_cbor_out *syn_payload_map(struct syn_payload *payload, unsigned pairs)
{
    syn_cbor_out_init(&payload->out, payload->data, sizeof payload->data);
    syn_cbor_put_map(&payload->out, pairs);
    return &payload->out;
}

int syn_session_ask_plainly(struct syn_session *s, const struct syn_session_request *operation,
                            syn_session_done done, void *user)
{
    struct syn_payload payload;
    return syn_session_ask(s, operation, syn_payload_map(&payload, 0), done, user);
}

int syn_session_ask_text(struct syn_session *s, const struct syn_session_request *operation,
                         const char *key, const char *value, syn_session_done done, void *user)
{
    struct syn_payload payload;
    struct syn_cbor_out *w = syn_payload_map(&payload, 1);
    syn_cbor_pair_text(w, key, value);
    return syn_session_ask(s, operation, w, done, user);
}

/* ---- what comes by itself ---- */

static void on_event(void *ctx, const struct syn_smp_header *h, const uint8_t *payload, size_t size)
{
    if (h->group == SYN_GROUP_SYNERGY && h->id == SYN_ID_EVENT)
        syn_session_take_event(ctx, payload, size);
}

static void on_tensor(void *ctx, const uint8_t *message, size_t size)
{
    struct syn_session *s = ctx;
    if (s->events.tensor)
        s->events.tensor(s->events.ctx, message, size);
}

static void on_text(void *ctx, const char *line, size_t size)
{
    struct syn_session *s = ctx;
    if (s->events.text && !s->deaf)
        s->events.text(s->events.ctx, line, size);
}

static void on_writable(void *ctx)
{
    struct syn_session *s = ctx;
    if (s->events.writable)
        s->events.writable(s->events.ctx);
}

static void on_lost(void *ctx, const struct syn_error *error)
{
    struct syn_session *s = ctx;
    s->events.lost(s->events.ctx, error);
}

static void on_traffic(void *ctx, bool sent, const uint8_t *message, size_t size)
{
    struct syn_session *s = ctx;
    s->events.traffic(s->events.ctx, sent, message, size);
}

/* ---- life ---- */

struct syn_session *syn_session_new(struct syn_loop *loop, const struct syn_session_events *events)
{
    struct syn_session *s = calloc(1, sizeof *s);
    if (!s)
        return NULL;
    struct syn_client_events own = {.event = on_event,
                                    .tensor = on_tensor,
                                    .text = on_text,
                                    .writable = on_writable,
                                    .lost = on_lost,
                                    .traffic = events->traffic ? on_traffic : NULL,
                                    .ctx = s};
    s->events = *events;
    s->max_message = SMALL_MESSAGE;
    s->client = syn_client_new(loop, &own);
    if (!s->client) {
        free(s);
        return NULL;
    }
    return s;
}

void syn_session_free(struct syn_session *s)
{
    if (!s)
        return;
    syn_client_free(s->client);
    free(s);
}

int syn_session_open(struct syn_session *s, const char *uri, struct syn_error *error)
{
    return syn_client_open(s->client, uri, error);
}

int syn_session_adopt(struct syn_session *s, int fd, const char *name, struct syn_error *error)
{
    return syn_client_adopt(s->client, fd, name, error);
}

struct syn_client *syn_session_client(struct syn_session *s)
{
    return s->client;
}

int syn_session_send(struct syn_session *s, const uint8_t *message, size_t size)
{
    return syn_client_send(s->client, message, size);
}
