/* SPDX-License-Identifier: MIT */
/*
 * What bounds the agent's memory and its messages. The values here are those of hosts (virtual
 * wearables, tests); firmware is compiled with smaller ones (CMakeLists.txt of devices/), which
 * hosts learn from `hello` and are held to.
 */
#ifndef SYN_DEVICES_AGENT_LIMITS_H
#define SYN_DEVICES_AGENT_LIMITS_H

/* Largest message of a hop through a host, SMP header included: the same for every device, since a
 * host passes messages on as they are (GROUP.md, command 4). */
#define SYN_TRANSFER_RELAY_MAX 1024

#ifndef SYN_TRANSFER_MESSAGE_MAX /* largest message of a hop that is made here */
#define SYN_TRANSFER_MESSAGE_MAX SYN_TRANSFER_RELAY_MAX
#endif

#if SYN_TRANSFER_MESSAGE_MAX > SYN_TRANSFER_RELAY_MAX
#error "other devices take no more than SYN_TRANSFER_RELAY_MAX"
#endif

#endif
