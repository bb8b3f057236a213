/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "transports/client/line.h"

#include <stdlib.h>

#include "transports/client/session_parts.h"

#define MS INT64_C(1000000)

enum { RATES = 16, ATTEMPTS = 2 };

enum step {
    ASK,    /* which rates are there */
    CHOOSE, /* the device is asked for one */
    TEST,   /* does it answer there */
    RETURN, /* does it answer at the rate of the start again */
};

static const struct step_request {
    uint8_t op;
    uint8_t tries;
    int64_t patience_ns;
    const char *what;
} steps[] = {
    [ASK] = {SYN_SMP_READ, 0, 0, "rates of the line"},
    [CHOOSE] = {SYN_SMP_WRITE, 1, 400 * MS, "choosing a rate"},
    [TEST] = {SYN_SMP_READ, 2, 200 * MS, "testing a rate"},
    /* Longer than the second for which the device waits at the new rate. */
    [RETURN] = {SYN_SMP_READ, 4, 400 * MS, "going back to the first rate"},
};

struct tuning {
    struct syn_session *session;
    syn_session_done done;
    void *user;
    enum step step;
    unsigned start; /* the rate at which both began */
    unsigned limit; /* only rates below are tried any more */
    unsigned wanted;
    unsigned attempts;
    unsigned count;
    uint32_t rates[RATES]; /* of the device */
};

static void on_reply(void *ctx, int status, const struct syn_reply *reply);

static void end(struct tuning *t, int status, const struct syn_error *error)
{
    struct syn_answer answer = {0};
    t->session->deaf = false;
    if (status == 0)
        answer.baud = syn_client_baud(t->session->client);
    t->done(t->user, status, &answer, error);
    free(t);
}

static int ask(struct tuning *t, enum step step)
{
    const struct step_request *s = &steps[step];
    uint8_t data[32];
    struct syn_cbor_out w;
    syn_cbor_out_init(&w, data, sizeof data);
    syn_cbor_put_map(&w, step == CHOOSE ? 1 : 0);
    if (step == CHOOSE)
        syn_cbor_pair_uint(&w, "baud", t->wanted);
    const struct syn_request request = {.op = s->op,
                                        .group = SYN_GROUP_SYNERGY,
                                        .id = SYN_ID_LINE,
                                        .payload = data,
                                        .size = w.length,
                                        .tries = s->tries,
                                        .patience_ns = s->patience_ns,
                                        .what = s->what};
    t->step = step;
    return syn_client_request(t->session->client, &request, on_reply, t);
}

static void go_on(struct tuning *t, enum step step)
{
    struct syn_error error = {0};
    int rc = ask(t, step);
    if (rc)
        end(t, syn_error_set(&error, rc, "%s: %s", steps[step].what, syn_errno_text(rc)), &error);
}

/* Does this end have the rate? Asked before the device leaves its own for it. */
static bool has_rate(const struct tuning *t, unsigned baud)
{
    struct syn_client *client = t->session->client;
    return syn_client_set_baud(client, baud, NULL) == 0 &&
           syn_client_set_baud(client, t->start, NULL) == 0;
}

static unsigned next_rate(const struct tuning *t)
{
    unsigned best = 0;
    for (unsigned i = 0; i < t->count; i++)
        if (t->rates[i] > t->start && t->rates[i] < t->limit && t->rates[i] > best)
            best = t->rates[i];
    return best;
}

static void choose(struct tuning *t)
{
    do {
        t->wanted = t->attempts < ATTEMPTS ? next_rate(t) : 0;
        t->limit = t->wanted;
    } while (t->wanted && !has_rate(t, t->wanted));
    t->attempts++;
    if (t->wanted)
        go_on(t, CHOOSE);
    else
        end(t, 0, NULL);
}

static int read_rates(struct tuning *t, const struct syn_reply *reply, uint32_t *baud)
{
    struct line_map {
        uint32_t baud;
        struct syn_span rates;
    } map = {0};
    static const struct syn_cbor_field fields[] = {
        SYN_FIELD(SYN_KEY_U32, struct line_map, baud, "baud"),
        SYN_FIELD(SYN_KEY_ITEM, struct line_map, rates, "rates"),
    };
    struct syn_cbor_in r;
    syn_cbor_in_init(&r, reply->payload, reply->size);
    t->count = 0;
    if (syn_cbor_get_fields(&r, fields, COUNT(fields), &map, NULL) || map.rates.size == 0)
        return SYN_EPROTO;
    syn_cbor_in_init(&r, map.rates.data, map.rates.size);
    struct syn_cbor_scope scope = syn_cbor_get_array(&r);
    while (t->count < RATES && syn_cbor_next(&r, &scope)) {
        uint64_t rate = syn_cbor_get_uint(&r);
        t->rates[t->count++] = rate <= UINT32_MAX ? (uint32_t)rate : 0;
    }
    *baud = map.baud;
    return r.error;
}

static void go_back(struct tuning *t)
{
    t->session->deaf = true;
    (void)syn_client_set_baud(t->session->client, t->start, NULL);
    go_on(t, RETURN);
}

/* A device that has no such command has one rate. */
static void take_rates(struct tuning *t, int status, const struct syn_reply *reply)
{
    uint32_t baud;
    if (status == 0 && read_rates(t, reply, &baud) == 0)
        choose(t);
    else
        end(t, 0, NULL);
}

static void take_choice(struct tuning *t, int status, const struct syn_reply *reply)
{
    if (status != 0 && reply->status.rc != 0) {
        choose(t); /* refused */
    } else if (status != 0) {
        go_back(t); /* did it hear? */
    } else {
        t->session->deaf = true;
        if (syn_client_set_baud(t->session->client, t->wanted, NULL) == 0)
            go_on(t, TEST);
        else
            go_back(t);
    }
}

static void take_test(struct tuning *t, int status, const struct syn_reply *reply)
{
    uint32_t baud = 0;
    if (status == 0 && read_rates(t, reply, &baud) == 0 && baud == t->wanted)
        end(t, 0, NULL);
    else
        go_back(t);
}

static void take_return(struct tuning *t, int status, const struct syn_reply *reply)
{
    if (status != 0 && reply->status.rc == 0) {
        end(t, status, reply->error);
        return;
    }
    t->session->deaf = false;
    choose(t);
}

static void on_reply(void *ctx, int status, const struct syn_reply *reply)
{
    static void (*const takers[])(struct tuning *, int, const struct syn_reply *) = {
        [ASK] = take_rates,
        [CHOOSE] = take_choice,
        [TEST] = take_test,
        [RETURN] = take_return,
    };
    struct tuning *t = ctx;
    if (status == SYN_ELINK || status == SYN_ECANCELED)
        end(t, status, reply->error);
    else
        takers[t->step](t, status, reply);
}

bool syn_session_can_tune(const struct syn_session *s)
{
    return syn_client_max_baud(s->client) > syn_client_baud(s->client);
}

int syn_session_tune(struct syn_session *s, syn_session_done done, void *user)
{
    struct tuning *t = calloc(1, sizeof *t);
    if (!t)
        return SYN_ENOMEM;
    t->session = s;
    t->done = done;
    t->user = user;
    t->start = syn_client_baud(s->client);
    t->limit = syn_client_max_baud(s->client) + 1;
    int rc = ask(t, ASK);
    if (rc)
        free(t);
    return rc;
}
