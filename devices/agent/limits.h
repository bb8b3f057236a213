/* SPDX-License-Identifier: MIT */
/*
 * What bounds the agent's memory and its messages. The values here are those of hosts (virtual
 * wearables, tests); firmware is compiled with smaller ones (CMakeLists.txt of the project), which
 * hosts learn from `hello` and are held to.
 */
#ifndef SYN_DEVICES_AGENT_LIMITS_H
#define SYN_DEVICES_AGENT_LIMITS_H

#ifndef SYN_AGENT_LINKS_MAX /* hosts that may be connected at once */
#define SYN_AGENT_LINKS_MAX 4
#endif
#define SYN_AGENT_PEERS_MAX 16 /* devices of a deployment */

#define SYN_AGENT_WIRES_MAX 10 /* lines of a device's own to others: "uart:1" to "uart:9" */

#define SYN_AGENT_NAME_MAX 31 /* characters of the name that a user gives a device */

#ifndef SYN_AGENT_MESSAGE_MAX /* largest SMP message; its frame is 1.4 times as large */
#define SYN_AGENT_MESSAGE_MAX 2048
#endif
#ifndef SYN_AGENT_BUFFERS /* `buf_count`: a host keeps one request fewer in flight */
#define SYN_AGENT_BUFFERS 4
#endif
#ifndef SYN_AGENT_PEER_MAX /* bytes of a peer's name; 1: it is not kept */
#define SYN_AGENT_PEER_MAX 32
#endif
#ifndef SYN_AGENT_ADDRESS_MAX /* a unix socket path; 1 where every peer is behind a host */
#define SYN_AGENT_ADDRESS_MAX 108
#endif

#ifndef SYN_AGENT_CHANNELS /* direct links to peers that a device opens to their addresses, "ble:" \
                            */
#define SYN_AGENT_CHANNELS 1
#endif
#define SYN_AGENT_CHANNEL(peer) (SYN_AGENT_WIRES_MAX + (peer)) /* as a wire's number */

#ifndef SYN_AGENT_FILES /* group 8, where the port has files */
#define SYN_AGENT_FILES 1
#endif
#define SYN_AGENT_FILE_NAME_MAX 63 /* characters */

/* Largest message of a hop through a host, SMP header included: the same for every device, since a
 * host passes messages on as they are (GROUP.md, command 4). */
#define SYN_TRANSFER_RELAY_MAX 512

#ifndef SYN_TRANSFER_MESSAGE_MAX /* largest message of a hop that is made here */
#define SYN_TRANSFER_MESSAGE_MAX SYN_TRANSFER_RELAY_MAX
#endif

#if SYN_TRANSFER_MESSAGE_MAX > SYN_TRANSFER_RELAY_MAX ||                                           \
    SYN_TRANSFER_RELAY_MAX > SYN_AGENT_MESSAGE_MAX
#error "other devices take no more than SYN_TRANSFER_RELAY_MAX"
#endif

#endif
