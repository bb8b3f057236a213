/* SPDX-License-Identifier: MIT */
/*
 * Hosts by Bluetooth: devices/ble on a controller at a UART (hci.h), where a board has one and a
 * controller answers there. They take the agent's links behind those of UARTs. A controller that
 * has never answered is given up after a few seconds, until a byte comes from it. From the main
 * loop only.
 */
#ifndef SYN_PORTS_BARE_BLUETOOTH_H
#define SYN_PORTS_BARE_BLUETOOTH_H

#include "devices/agent/agent.h"

#ifdef SYN_FIRMWARE_BLE

/* `name` is what scans show, and stays where it is. */
void syn_bluetooth_start(struct syn_agent *agent, const char *name);
/* Does what is due; returns when the next thing is. */
int64_t syn_bluetooth_step(void);

bool syn_bluetooth_room(unsigned link, size_t size);
/* As syn_agent_port.write. */
void syn_bluetooth_write(unsigned link, const uint8_t *bytes, size_t size);

bool syn_bluetooth_quiet(void);   /* nothing has come that was not read */
bool syn_bluetooth_drained(void); /* everything that was written has left */

#else

static inline void syn_bluetooth_start(struct syn_agent *agent, const char *name)
{
    (void)agent;
    (void)name;
}

static inline int64_t syn_bluetooth_step(void)
{
    return INT64_MAX;
}

static inline bool syn_bluetooth_room(unsigned link, size_t size)
{
    (void)link;
    (void)size;
    return false;
}

static inline void syn_bluetooth_write(unsigned link, const uint8_t *bytes, size_t size)
{
    (void)link;
    (void)bytes;
    (void)size;
}

static inline bool syn_bluetooth_quiet(void)
{
    return true;
}

static inline bool syn_bluetooth_drained(void)
{
    return true;
}

#endif

#endif
