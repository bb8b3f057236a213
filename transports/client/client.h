/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * An SMP client over a link: any device, any group.
 *
 * Requests are queued, at most `window` are on their way at once, and each is matched with its
 * answer by sequence, group and command. One that is not answered within a time-out taken from
 * measured round trips, or when two later ones have been answered (one, of requests that are
 * answered in order), is sent again, a bounded number of times, so requests must bear repetition
 * (tries = 1 for those that do not). Answers that come late or twice are dropped and counted.
 *
 * Every accepted request calls back exactly once: with the answer, with SYN_ETIMEOUT, with
 * SYN_ELINK when the link breaks (SYN_EACCESS and SYN_EBUSY of its driver where it never came
 * about), or with SYN_ECANCELED from syn_client_free. Callbacks may make requests, and may free the
 * client. One thread: that of the loop.
 */
#ifndef SYN_TRANSPORTS_CLIENT_CLIENT_H
#define SYN_TRANSPORTS_CLIENT_CLIENT_H

#include "core/base/error.h"
#include "core/base/loop.h"
#include "devices/wire/frame.h"
#include "devices/wire/smp.h"

#define SYN_CLIENT_MESSAGE_MAX 4096 /* header included, in both directions */
#define SYN_CLIENT_QUEUE_MAX   256  /* requests that wait or are on their way */
#define SYN_CLIENT_WINDOW_MAX  64

struct syn_client;

/* All but `lost` may be NULL. Data are valid until the callback returns. */
struct syn_client_events {
    /* A message that answers nothing: sequence 0xFF. */
    void (*event)(void *ctx, const struct syn_smp_header *header, const uint8_t *payload,
                  size_t size);
    /* A tensor message of group 0x5359, whole, for whoever relays it. */
    void (*tensor)(void *ctx, const uint8_t *message, size_t size);
    /* A line of the device's log text. */
    void (*text)(void *ctx, const char *line, size_t size);
    /* There is room to send again. */
    void (*writable)(void *ctx);
    /* The link broke; outstanding requests have been called back. */
    void (*lost)(void *ctx, const struct syn_error *error);
    /* Every message in either direction, for recordings. */
    void (*traffic)(void *ctx, bool sent, const uint8_t *message, size_t size);
    void *ctx;
};

struct syn_client_stats {
    uint64_t sent, received; /* messages */
    uint64_t answered;       /* requests */
    uint64_t resent;         /* requests sent again */
    uint64_t late;           /* answers that nobody waited for any more */
    uint64_t damaged;        /* frames dropped by the receiver, messages that are no SMP */
    int64_t round_trip_ns;   /* smoothed; 0 before the first answer */
    int64_t deviation_ns;    /* of the round trip, smoothed */
};

/* NULL when there is no memory. */
struct syn_client *syn_client_new(struct syn_loop *loop, const struct syn_client_events *events);
void syn_client_free(struct syn_client *client);

/* Either opens a link or takes over a descriptor; once. */
int syn_client_open(struct syn_client *client, const char *uri, struct syn_error *error);
int syn_client_adopt(struct syn_client *client, int fd, const char *name, struct syn_error *error);

/* Takes the link for lost, as if it had broken: outstanding requests are called back with SYN_ELINK
 * and the words of `why`, then `lost` is called. */
void syn_client_give_up(struct syn_client *client, const struct syn_error *why);

/* A URI by which the same device is found wherever it is plugged in next. */
const char *syn_client_identity(const struct syn_client *client);
/* syn_link_note of its link. */
const char *syn_client_note(const struct syn_client *client);

/*
 * The rate of the line, and up to which the user lets it go; 0 where the link has none. At a rate
 * that was set, a device that is not heard for a while is taken to be back at the first one, that
 * of its start, and so does the client go.
 */
unsigned syn_client_baud(const struct syn_client *client);
unsigned syn_client_max_baud(const struct syn_client *client);
/* The device starts anew, at its first rate. */
void syn_client_restarted(struct syn_client *client);
int syn_client_set_baud(struct syn_client *client, unsigned baud, struct syn_error *error);

/* What the device is called in errors that are its link's. */
void syn_client_set_device(struct syn_client *client, const char *name);

/* Where that is now, for people. */
const char *syn_client_place(const struct syn_client *client);

/* Console framing until told otherwise; both are understood at any time. */
void syn_client_set_framing(struct syn_client *client, enum syn_framing framing);
enum syn_framing syn_client_framing(const struct syn_client *client);
/* Of the headers of requests from now on: 1 (SMP v2, the start) or 0, for devices that know no
 * other. */
void syn_client_set_version(struct syn_client *client, unsigned version);
/* Requests on their way at once; starts with 1. */
void syn_client_set_window(struct syn_client *client, unsigned window);
unsigned syn_client_window(const struct syn_client *client);

/* Defaults: first 1 s, at least 0.2 s (the first try on a stream that has shown to be quick: 20
 * ms), at most 4 s, 5 tries. Zero keeps a value. */
struct syn_client_patience {
    int64_t first_ns; /* before a round trip has been measured */
    int64_t min_ns, max_ns;
    unsigned tries;
};
void syn_client_set_patience(struct syn_client *client, const struct syn_client_patience *p);

struct syn_request {
    uint8_t op; /* SYN_SMP_READ or SYN_SMP_WRITE */
    uint8_t id;
    uint16_t group;
    const void *payload; /* copied */
    size_t size;
    unsigned tries;      /* 0: the client's */
    int64_t patience_ns; /* lower bound for the time-out of one try; 0: none */
    bool in_order;       /* devices answer these in the order in which they got them */
    const char *what;    /* names it in errors ("plan prepare"); must live as long as the request */
};

/* An answer. On failure the payload is empty. */
struct syn_reply {
    struct syn_smp_header header;
    const uint8_t *payload;
    size_t size;
    struct syn_smp_status status;  /* of the device */
    const struct syn_error *error; /* words when status of the callback is not 0, else NULL */
};

typedef void (*syn_client_done)(void *ctx, int status, const struct syn_reply *reply);

/* Returns 0, and then `done` will be called, never from inside; or SYN_EBUSY when the queue is
 * full, SYN_ELINK without link, SYN_EINVAL when too long, SYN_ENOMEM. */
int syn_client_request(struct syn_client *client, const struct syn_request *request,
                       syn_client_done done, void *ctx);

/* Sends a whole message that is not answered (tensors). SYN_EBUSY: no room; `writable` follows. */
int syn_client_send(struct syn_client *client, const void *message, size_t size);

/* The longest that a try of the requests on their way may take of its own accord
 * (syn_request.patience_ns), and in *what (may be NULL; set where it is not 0) which that is. */
int64_t syn_client_patience_ns(const struct syn_client *client, const char **what);

/* Requests that have not been called back. */
unsigned syn_client_outstanding(const struct syn_client *client);
struct syn_client_stats syn_client_stats(const struct syn_client *client);
bool syn_client_connected(const struct syn_client *client);
/* Does it run over a link that keeps packets apart? Then there is no framing. */
bool syn_client_packets(const struct syn_client *client);

#endif
