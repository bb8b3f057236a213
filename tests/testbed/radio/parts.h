/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the files of the radio share. */
#ifndef SYN_TESTBED_RADIO_PARTS_H
#define SYN_TESTBED_RADIO_PARTS_H

#include <stdio.h>

#include "tests/testbed/radio/air.h"
#include "tests/testbed/radio/h4.h"
#include "tests/testbed/radio/hci.h"

enum {
    ADDRESS_BYTES = 6,
    DATA_MAX = 31,      /* of an advertisement */
    ACCEPTED_MAX = 16,  /* addresses of a filter accept list */
    ACL_BYTES = 251,    /* of a packet; devices/agent's and the kernel's hosts ask */
    ACL_BUFFERS = 8,    /* packets of a host that are under way, on all its links */
    OUT_BYTES = 65536,  /* that wait for a host */
    OUT_EVENTS = 16384, /* of which only answers and events use the last so many */
    KEY_BYTES = 16,
};

struct address {
    uint8_t type; /* 0 public, 1 random */
    uint8_t bytes[ADDRESS_BYTES];
};

struct advertising {
    bool on;
    uint8_t type;
    struct address own; /* its bytes are taken when it is switched on */
    struct address peer;
    uint8_t data[DATA_MAX], response[DATA_MAX];
    uint8_t data_size, response_size;
    int64_t period_ns;
};

struct scanning {
    bool on, active, once, accepted_only;
    uint32_t seen; /* advertisers that were reported, by index */
};

/* What a connection is asked for, and has. */
struct timing {
    uint16_t interval, latency, timeout; /* as in HCI: 1.25 ms, events, 10 ms */
};

struct initiating {
    bool on, accepted_only;
    struct address peer, own;
    struct timing timing;
};

struct controller {
    struct syn_air *air;
    unsigned index;
    bool used, far;
    int fd;
    struct syn_loop_watch watch;
    struct syn_h4 in;
    uint8_t out[OUT_BYTES];
    size_t out_size;
    struct syn_loop_timer end; /* runs: it is broken, and closed when this is due */
    uint8_t public[ADDRESS_BYTES], random[ADDRESS_BYTES];
    struct address accepted[ACCEPTED_MAX];
    unsigned accepted_count;
    struct advertising advertising;
    struct syn_loop_timer beat; /* of advertising */
    struct scanning scanning;
    struct initiating initiating;
    unsigned under_way; /* packets of its host */
};

/* One direction: what the host of `at` sends. */
struct end {
    struct link *link;
    struct controller *at; /* NULL: gone, and the other has not noticed */
    struct {
        uint16_t size;
        uint8_t bytes[5 + ACL_BYTES];
    } queue[ACL_BUFFERS];
    unsigned first, count;
    int64_t free_ns; /* when the air is free for the next packet, at a limited rate */
    struct syn_loop_timer pace;
};

struct link {
    bool used;
    struct syn_air *air;
    struct end ends[2]; /* central, peripheral */
    struct timing timing;
    struct syn_loop_timer supervision;
    uint8_t key[KEY_BYTES]; /* that the central has offered */
    bool encrypted;
};

struct syn_air {
    struct syn_loop *loop;
    struct controller controllers[SYN_AIR_CONTROLLERS];
    struct link links[SYN_AIR_LINKS];
    uint32_t bytes_per_s;
    FILE *trace;
};

/* ---- controller.c ---- */

void controller_open(struct controller *c, int fd);
void controller_close(struct controller *c);
void controller_event(struct controller *c, uint8_t event, const uint8_t *parameters, size_t size);
/* An LE event; `parameters` begin with its subevent. */
void controller_le_event(struct controller *c, const uint8_t *parameters, size_t size);
/* False where its host does not read: nothing was sent. */
bool controller_send_acl(struct controller *c, const uint8_t *packet, size_t size);
bool controller_has_room(const struct controller *c);
/* For a host that breaks the rules; says so, and closes once that is safe. */
void controller_break(struct controller *c);
void controller_forget(struct controller *c); /* what a reset forgets */
struct address controller_address(const struct controller *c, uint8_t type);
bool controller_hears(const struct controller *c, const struct controller *other);

/* ---- commands.c, commands_le.c, commands_link.c ---- */

struct answer {
    uint8_t bytes[80]; /* return parameters behind the status */
    size_t size;
};

enum how { COMPLETE, STATUS }; /* which event answers it */

struct command {
    uint16_t opcode;
    uint8_t octet, bit; /* in what Read Local Supported Commands tells */
    uint8_t size;       /* of its parameters, at least */
    enum how how;
    /* An enum syn_hci_error; NULL: always successful */
    uint8_t (*run)(struct controller *c, const uint8_t *parameters, struct answer *answer);
    /* What happens after the answer to a successful one; may be NULL */
    void (*then)(struct controller *c, const uint8_t *parameters);
};

void command_run(struct controller *c, const uint8_t *packet, size_t size);

extern const struct command commands_own[], commands_le[], commands_link[]; /* end with opcode 0 */

/* ---- air.c ---- */

bool address_same(const struct address *a, const struct address *b);
void air_advertise(struct controller *c); /* begins, or stops, as c->advertising says */
void air_accept(struct controller *c, const struct address *address, bool add);

/* ---- links.c ---- */

int links_make(struct controller *central, struct controller *peripheral);
/* The end of `c` that has this handle, or NULL. */
struct end *links_find(struct controller *c, unsigned handle);
struct controller *links_peer(const struct end *end); /* NULL: gone */
void links_send(struct controller *c, const uint8_t *packet, size_t size);
void links_disconnect(struct end *end, uint8_t reason);
void links_event(const struct end *end, uint8_t event, const uint8_t *parameters, size_t size);
void links_leave(struct controller *c);    /* it is gone without a word */
void links_range(struct controller *c);    /* it went out of range or came back */
void links_time_out(struct controller *c); /* at once */
void links_flow(struct controller *c);     /* its host reads again */
unsigned links_handle(const struct end *end);
unsigned links_count(const struct controller *c);

/* ---- trace.c ---- */

void trace_packet(const struct controller *c, bool from_host, const uint8_t *packet, size_t size);

#endif
