/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "transports/client/identify.h"

#include <stdlib.h>

#include "transports/client/session_parts.h"

/*
 * The steps. Silence to hello alone means nothing: the request may be lost, or the device may still
 * be starting. So a request that every device knows goes in between, in headers that every device
 * knows, and one that answers that is said hello again, often enough for a bad link.
 */
enum step {
    FIRST_HELLO, /* once; refusal: PARAMS */
    PROBE,       /* parameters in version 0, once; silence: FIRST_HELLO */
    NEW_PARAMS,  /* the same in version 1; silence: it knows version 0 only */
    NEXT_HELLO,  /* of one that answered them */
    OLD_HELLO,   /* in version 0, of one that refused version 1 or was silent to it */
    PARAMS,      /* of an SMP device, in the version that it knows */
};

enum { ROUNDS = 3 }; /* of FIRST_HELLO and PROBE, before it is taken for nothing */

static const struct ask {
    uint8_t version;
    uint8_t tries; /* 0: the client's */
    bool hello;
} asks[] = {
    [FIRST_HELLO] = {1, 1, true}, [PROBE] = {0, 1, false},    [NEW_PARAMS] = {1, 3, false},
    [NEXT_HELLO] = {1, 4, true},  [OLD_HELLO] = {0, 3, true}, [PARAMS] = {1, 0, false},
};

struct finding {
    struct syn_session *session;
    syn_session_done done;
    void *user;
    enum step step;
    unsigned rounds;
    struct syn_answer answer;
};

static void on_reply(void *ctx, int status, const struct syn_reply *reply);

static void end(struct finding *f, int status, const struct syn_error *error)
{
    if (status)
        f->answer = (struct syn_answer){0};
    f->done(f->user, status, &f->answer, error);
    free(f);
}

static int ask(struct finding *f, enum step step)
{
    const struct ask *a = &asks[step];
    const struct syn_request request = {
        .op = SYN_SMP_READ,
        .group = a->hello ? SYN_GROUP_SYNERGY : SYN_GROUP_OS,
        .id = a->hello ? SYN_ID_HELLO : SYN_OS_PARAMS,
        .payload = "\xa0", /* an empty map */
        .size = 1,
        .tries = a->tries,
        .what = a->hello ? "hello" : "parameters",
    };
    f->step = step;
    syn_client_set_version(f->session->client,
                           step == PARAMS ? f->answer.identity.version : a->version);
    return syn_client_request(f->session->client, &request, on_reply, f);
}

static void go_on(struct finding *f, enum step step)
{
    struct syn_error error = {0};
    int rc = ask(f, step);
    if (rc)
        end(f, syn_error_set(&error, rc, "hello: %s", syn_errno_text(rc)), &error);
}

/* The device's own answer, whatever it says? */
static bool is_answer(int status, const struct syn_reply *reply)
{
    return status == 0 || reply->status.rc != 0;
}

/* Codes that say nothing about what the device is. */
static bool is_passing(const struct syn_reply *reply)
{
    uint32_t rc = reply->status.rc;
    return reply->status.group == SYN_GROUP_NONE &&
           (rc == SYN_RC_NOMEM || rc == SYN_RC_TIMEOUT || rc == SYN_RC_BUSY || rc == SYN_RC_ACCESS);
}

static bool is_too_new(const struct syn_reply *reply)
{
    return reply->status.group == SYN_GROUP_NONE && reply->status.rc == SYN_RC_TOO_NEW;
}

static void take_hello(struct finding *f, const struct syn_reply *reply)
{
    struct syn_cbor_in r;
    struct syn_answer hello = {0};
    struct syn_error error = {0};
    syn_cbor_in_init(&r, reply->payload, reply->size);
    int rc = syn_read_hello(f->session, &r, &hello);
    f->answer.identity.ours = true;
    f->answer.identity.version = 1;
    f->answer.identity.hello = hello.hello;
    syn_client_set_version(f->session->client, 1);
    if (rc)
        (void)syn_error_set(&error, rc, "hello: the answer is not understood");
    end(f, rc, rc ? &error : NULL);
}

static void take_params(struct finding *f, int status, const struct syn_reply *reply)
{
    struct syn_cbor_in r;
    struct syn_answer answer = {0};
    syn_cbor_in_init(&r, reply->payload, reply->size);
    if (status == 0 && syn_read_params(f->session, &r, &answer) == 0)
        f->answer.identity.params = answer.params;
    end(f, 0, NULL);
}

static void hello_refused(struct finding *f, int status, const struct syn_reply *reply)
{
    if (is_passing(reply)) {
        end(f, status, reply->error);
    } else if (is_too_new(reply) && f->step != OLD_HELLO) {
        go_on(f, OLD_HELLO);
    } else {
        f->answer.identity.version = f->step == OLD_HELLO ? 0 : 1;
        go_on(f, PARAMS);
    }
}

static void take_new_params(struct finding *f, const struct syn_reply *reply)
{
    f->answer.identity.version = is_too_new(reply) ? 0 : 1;
    go_on(f, is_too_new(reply) ? OLD_HELLO : NEXT_HELLO);
}

/* Who was silent to the last step only has answered one before. */
static void silent(struct finding *f, int status, const struct syn_error *error)
{
    static const enum step next[] = {
        [FIRST_HELLO] = PROBE, [PROBE] = FIRST_HELLO, [NEW_PARAMS] = OLD_HELLO,
        [NEXT_HELLO] = PARAMS, [OLD_HELLO] = PARAMS,  [PARAMS] = PARAMS,
    };
    bool nobody = f->step == PROBE && ++f->rounds == ROUNDS;
    if (status != SYN_ETIMEOUT || nobody)
        end(f, status, error);
    else if (f->step == PARAMS)
        end(f, 0, NULL);
    else
        go_on(f, next[f->step]);
}

static void on_reply(void *ctx, int status, const struct syn_reply *reply)
{
    struct finding *f = ctx;
    if (!is_answer(status, reply))
        silent(f, status, reply->error);
    else if (asks[f->step].hello && status == 0)
        take_hello(f, reply);
    else if (asks[f->step].hello)
        hello_refused(f, status, reply);
    else if (f->step == PROBE)
        go_on(f, NEW_PARAMS);
    else if (f->step == NEW_PARAMS)
        take_new_params(f, reply);
    else
        take_params(f, status, reply);
}

int syn_session_identify(struct syn_session *s, syn_session_done done, void *user)
{
    struct finding *f = calloc(1, sizeof *f);
    if (!f)
        return SYN_ENOMEM;
    f->session = s;
    f->done = done;
    f->user = user;
    int rc = ask(f, FIRST_HELLO);
    if (rc)
        free(f);
    return rc;
}
