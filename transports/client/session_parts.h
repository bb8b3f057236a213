/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the parts of a session share; private to this folder. */
#ifndef SYN_TRANSPORTS_CLIENT_SESSION_PARTS_H
#define SYN_TRANSPORTS_CLIENT_SESSION_PARTS_H

#include "transports/client/session.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

struct syn_session {
    struct syn_client *client;
    struct syn_session_events events;
    uint32_t max_message; /* that the device takes, header included */
    bool ours;            /* hello was answered */
    bool deaf;            /* what looks like log text is noise (line.c) */
};

/* One kind of request: what is sent and how its answer is read. */
struct syn_session_request {
    const char *what; /* for errors */
    uint16_t group;
    uint8_t id;
    uint8_t op;
    unsigned tries;      /* 0: the client's */
    int64_t patience_ns; /* for work that takes the device a while; 0: none */
    bool in_order;       /* pieces of something large: devices answer them in order */
    uint32_t stands_rc;  /* of its group: no failure, the answer says where the device stands */
    /* Reads a payload without error into `answer`: 0 or SYN_EPROTO. NULL: nothing to read. */
    int (*read)(struct syn_session *s, struct syn_cbor_in *r, struct syn_answer *answer);
};

/* Room for the payload of a request while it is written: of any. */
struct syn_payload {
    struct syn_cbor_out out;
    uint8_t data[SYN_CLIENT_MESSAGE_MAX - SYN_SMP_HEADER];
};

/* Begins a map of `pairs` pairs, which are written next, to what is returned. */
struct syn_cbor_out *syn_payload_map(struct syn_payload *payload, unsigned pairs);

/* Sends `operation` with the payload in `w` (its error included). */
int syn_session_ask(struct syn_session *s, const struct syn_session_request *operation,
                    const struct syn_cbor_out *w, syn_session_done done, void *user);
/* The same with an empty map, and with one text. */
int syn_session_ask_plainly(struct syn_session *s, const struct syn_session_request *operation,
                            syn_session_done done, void *user);
int syn_session_ask_text(struct syn_session *s, const struct syn_session_request *operation,
                         const char *key, const char *value, syn_session_done done, void *user);

/* Times of a device are ns of its clock, from its start or by UTC: others are none. What is
 * computed of such times, and of the speed that hello allows, fits into 64 bits. */
bool syn_session_is_time(int64_t ns);

/* Calls back the session's listeners with one event message. */
void syn_session_take_event(struct syn_session *s, const uint8_t *payload, size_t size);

/* Readers of answers. */
int syn_read_hello(struct syn_session *s, struct syn_cbor_in *r, struct syn_answer *answer);
int syn_read_accel(struct syn_session *s, struct syn_cbor_in *r, struct syn_answer *answer);
int syn_read_blob(struct syn_session *s, struct syn_cbor_in *r, struct syn_answer *answer);
int syn_read_plan(struct syn_session *s, struct syn_cbor_in *r, struct syn_answer *answer);
int syn_read_fit(struct syn_session *s, struct syn_cbor_in *r, struct syn_answer *answer);
int syn_read_run(struct syn_session *s, struct syn_cbor_in *r, struct syn_answer *answer);
int syn_read_links(struct syn_session *s, struct syn_cbor_in *r, struct syn_answer *answer);
int syn_read_windows(struct syn_session *s, struct syn_cbor_in *r, struct syn_answer *answer);
int syn_read_echo(struct syn_session *s, struct syn_cbor_in *r, struct syn_answer *answer);
int syn_read_reset(struct syn_session *s, struct syn_cbor_in *r, struct syn_answer *answer);
int syn_read_params(struct syn_session *s, struct syn_cbor_in *r, struct syn_answer *answer);
int syn_read_stats(struct syn_session *s, struct syn_cbor_in *r, struct syn_answer *answer);
int syn_read_stat(struct syn_session *s, struct syn_cbor_in *r, struct syn_answer *answer);

#endif
