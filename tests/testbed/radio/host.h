/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Hosts for tests of the radio: commands out, events in. What was not waited for is forgotten. */
#ifndef SYN_TESTBED_RADIO_HOST_H
#define SYN_TESTBED_RADIO_HOST_H

#include "tests/testbed/radio/air.h"
#include "tests/testbed/radio/h4.h"
#include "tests/testbed/radio/hci.h"

struct lab {
    struct syn_loop *loop;
    struct syn_air *air;
};

struct host {
    struct lab *lab;
    int fd; /* -1: closed */
    struct syn_h4 in;
    bool gone; /* the radio has closed it */
    /* what is waited for */
    int event, subevent; /* -1: any, or none */
    bool found;
    size_t size;
    uint8_t packet[SYN_H4_MAX]; /* of what was found, its type first */
    unsigned completed;         /* packets */
};

void lab_open(struct lab *lab);
void lab_close(struct lab *lab);

struct host host_open(struct lab *lab);
void host_close(struct host *host);
void host_command(struct host *host, unsigned opcode, const void *parameters, size_t size);
void host_acl(struct host *host, unsigned handle, const void *data, size_t size);

/* Wait for an event, an LE event, a packet of data, or the end; fail the test where none comes.
 * Return its parameters, or all of a packet of data. */
const uint8_t *host_event(struct host *host, int event);
const uint8_t *host_le_event(struct host *host, int subevent);
const uint8_t *host_data(struct host *host);
void host_end(struct host *host);
/* Is there none, by the time that the radio has done all that was to be done at once? */
bool host_silent(struct host *host, int event, int subevent);
/* Sends a command and returns the parameters of its answer: the status first. */
const uint8_t *host_ask(struct host *host, unsigned opcode, const void *parameters, size_t size);

/* Advertises as connectable with `data`, every 20 ms; connects `central` to what has the public
 * address `address`; returns handles. */
void host_advertise(struct host *host, const char *data, const char *response);
void host_connect(struct host *central, struct host *peripheral, unsigned timeout_10ms,
                  const uint8_t address[6], unsigned handles[2]);

#endif
