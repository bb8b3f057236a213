/* SPDX-License-Identifier: MIT */
/*
 * What the files of this folder share. By layer:
 *
 *   h4.c       packets of the byte stream             events.c   what the controller tells
 *   commands.c what it is told, one at a time         acl.c      L2CAP packets in and out
 *   signal.c   L2CAP's signalling channel             channel.c  credit based channels
 *   att.c      the attribute server                   gatt.c     what it serves
 *   link.c     messages and their queues              peer.c     channels that we open
 *   ble.c      the rest
 */
#ifndef SYN_DEVICES_BLE_INTERNAL_H
#define SYN_DEVICES_BLE_INTERNAL_H

#include "devices/ble/ble.h"

/* h4.c */
void syn_ble_h4_feed(struct syn_ble *ble, const uint8_t *bytes, size_t size);

/* events.c: one event, header (code, size) included. */
void syn_ble_event(struct syn_ble *ble, const uint8_t *event, size_t size);

/* commands.c */
void syn_ble_begin_setup(struct syn_ble *ble);
/* A command ended; `result` are what it returned, status first. */
void syn_ble_command_ended(struct syn_ble *ble, uint16_t opcode, const uint8_t *result,
                           size_t size);
/* Sends the next command, if there is one and the controller takes it. */
void syn_ble_next_command(struct syn_ble *ble);

/* acl.c */
int syn_ble_find_handle(const struct syn_ble *ble, uint16_t handle); /* negative: none */
void syn_ble_acl_begin(struct syn_ble *ble, struct syn_ble_connection *c, unsigned boundary);
void syn_ble_acl_bytes(struct syn_ble *ble, struct syn_ble_connection *c, const uint8_t *bytes,
                       size_t size);
/* Sends a fragment of any connection; false: nothing to send, or no room. */
bool syn_ble_acl_send(struct syn_ble *ble);

/* signal.c */
void syn_ble_signal_received(struct syn_ble *ble, struct syn_ble_connection *c,
                             const uint8_t *command, size_t size);
/* Makes the command that gives the other end all its credits again. */
size_t syn_ble_signal_grant(struct syn_ble *ble, struct syn_ble_link *link, uint8_t *command);
/* Asks for a channel, or for its end. */
void syn_ble_signal_open(struct syn_ble *ble, struct syn_ble_link *link);
void syn_ble_signal_close(struct syn_ble *ble, struct syn_ble_link *link);
void syn_ble_signal_interval(struct syn_ble_connection *c); /* asks for a short one */

/* channel.c; bytes of a packet's payload. A peer against the rules is disconnected. */
void syn_ble_channel_received(struct syn_ble *ble, struct syn_ble_link *link, const uint8_t *bytes,
                              size_t size);
size_t syn_ble_channel_next(struct syn_ble_link *link, uint8_t *payload);
uint16_t syn_ble_channel_cid(const struct syn_ble *ble, const struct syn_ble_link *link); /* ours */
struct syn_ble_link *syn_ble_channel_ours(struct syn_ble *ble, const struct syn_ble_connection *c,
                                          uint16_t cid); /* by our number, NULL: none */
struct syn_ble_link *syn_ble_channel_theirs(struct syn_ble *ble, const struct syn_ble_connection *c,
                                            uint16_t cid);

/* att.c */
void syn_ble_att_received(struct syn_ble *ble, struct syn_ble_connection *c, const uint8_t *pdu,
                          size_t size);
size_t syn_ble_att_next(struct syn_ble_connection *c, struct syn_ble_link *link,
                        uint8_t *pdu); /* a notification */

/* link.c */
/* A free one, without a callback; NULL: there is none. */
struct syn_ble_link *syn_ble_link_new(struct syn_ble *ble);
/* NULL: there is no room for one more, here or at the user. */
struct syn_ble_link *syn_ble_link_open(struct syn_ble *ble, const struct syn_ble_connection *c,
                                       enum syn_ble_kind kind);
struct syn_ble_link *syn_ble_link_find(struct syn_ble *ble, const struct syn_ble_connection *c,
                                       enum syn_ble_kind kind);
/* Frees it; the user is told. */
void syn_ble_link_close(struct syn_ble *ble, struct syn_ble_link *link);
void syn_ble_link_received(struct syn_ble *ble, const struct syn_ble_link *link,
                           const uint8_t *bytes, size_t size);
/* Bytes of the first message that are still to be taken; 0: there is none. */
size_t syn_ble_queue_left(struct syn_ble_queue *queue);
void syn_ble_queue_take(struct syn_ble_queue *queue, uint8_t *to, size_t size);
/* Lets the user send again where it could not. */
void syn_ble_link_drained(struct syn_ble *ble, struct syn_ble_link *link);

/* peer.c */
bool syn_ble_same_address(const struct syn_ble_address *a, const struct syn_ble_address *b);
/* Where to a connection should be made next; NULL: nowhere. */
const struct syn_ble_link *syn_ble_peer_wanted(const struct syn_ble *ble);
/* There is a connection, or none could be made. */
void syn_ble_peer_connected(struct syn_ble *ble, struct syn_ble_connection *c);
void syn_ble_peer_failed(struct syn_ble *ble, const struct syn_ble_address *to);
/* The other end took the channel, or did not. */
void syn_ble_peer_answered(struct syn_ble *ble, struct syn_ble_link *link, bool taken);
/* A link was freed: a connection of ours that carries nothing is ended. */
void syn_ble_peer_left(struct syn_ble *ble, unsigned connection);
/* Does what is due; returns when the next thing is. */
int64_t syn_ble_peer_poll(struct syn_ble *ble);

/* ble.c */
unsigned syn_ble_index(const struct syn_ble *ble, const struct syn_ble_connection *c);
void syn_ble_connection_ended(struct syn_ble *ble, struct syn_ble_connection *c);

#endif
