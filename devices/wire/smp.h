/* SPDX-License-Identifier: MIT */
/*
 * SMP, the management protocol of mcumgr: header, groups, error codes. PROTOCOL.md is the
 * specification; GROUP.md has the group of this project.
 */
#ifndef SYN_DEVICES_WIRE_SMP_H
#define SYN_DEVICES_WIRE_SMP_H

#include "devices/wire/cbor.h"

#define SYN_SMP_HEADER    8    /* bytes */
#define SYN_SMP_EVENT_SEQ 0xff /* sequence of messages that answer no request */

enum syn_smp_op {
    SYN_SMP_READ = 0,
    SYN_SMP_READ_RSP = 1,
    SYN_SMP_WRITE = 2,
    SYN_SMP_WRITE_RSP = 3,
};

enum syn_smp_group {
    SYN_GROUP_OS = 0,
    SYN_GROUP_IMG = 1,
    SYN_GROUP_STAT = 2,
    SYN_GROUP_SETTINGS = 3,
    SYN_GROUP_LOG = 4,
    SYN_GROUP_CRASH = 5,
    SYN_GROUP_SPLIT = 6,
    SYN_GROUP_RUN = 7,
    SYN_GROUP_FS = 8,
    SYN_GROUP_SHELL = 9,
    SYN_GROUP_ENUM = 10,
    SYN_GROUP_SYNERGY = 0x5359, /* "SY" */
    SYN_GROUP_NONE = 0xffff,    /* in an error: the code is one of the protocol itself */
};

enum syn_os_id {
    SYN_OS_ECHO = 0,
    SYN_OS_TASKSTAT = 2,
    SYN_OS_MPSTAT = 3,
    SYN_OS_DATETIME = 4,
    SYN_OS_RESET = 5,
    SYN_OS_PARAMS = 6,
    SYN_OS_INFO = 7,
    SYN_OS_BOOTLOADER = 8,
};

enum syn_stat_id {
    SYN_STAT_SHOW = 0,
    SYN_STAT_LIST = 1,
};

enum syn_group_id {
    SYN_ID_HELLO = 0,
    SYN_ID_ACCEL = 1,
    SYN_ID_BLOB = 2,
    SYN_ID_PLAN = 3,
    SYN_ID_TENSOR = 4,
    SYN_ID_SUBSCRIBE = 5,
    SYN_ID_EVENT = 6,
    SYN_ID_RUN = 7,
    SYN_ID_AUTHENTICATE = 8,
    SYN_ID_LINKS = 9,
    SYN_ID_FEED = 10,
    SYN_ID_LINE = 11,
};

/* `feat` of hello. */
enum syn_feature {
    SYN_FEATURE_COBS = 1,
    SYN_FEATURE_VIRTUAL_TIME = 2,
    SYN_FEATURE_DIRECT_RADIO = 4,
    SYN_FEATURE_FILE_SENSORS = 8,
    SYN_FEATURE_WIRES = 16, /* it has lines that may lead to other devices */
};

/* Codes of the protocol itself, valid in every group. */
enum syn_smp_rc {
    SYN_RC_OK = 0,
    SYN_RC_UNKNOWN = 1,
    SYN_RC_NOMEM = 2,
    SYN_RC_INVALID = 3,
    SYN_RC_TIMEOUT = 4,
    SYN_RC_NOENT = 5,
    SYN_RC_BADSTATE = 6,
    SYN_RC_TOOLONG = 7,
    SYN_RC_NOTSUP = 8,
    SYN_RC_CORRUPT = 9,
    SYN_RC_BUSY = 10,
    SYN_RC_ACCESS = 11,
    SYN_RC_TOO_OLD = 12,
    SYN_RC_TOO_NEW = 13,
    SYN_RC_USER = 256, /* codes of a group begin here where only `rc` can be sent (version 0) */
};

/* Codes of group 0x5359. */
enum syn_group_rc {
    SYN_GRC_HASH = 1,
    SYN_GRC_NO_ROOM = 2,
    SYN_GRC_INCOMPLETE = 3,
    SYN_GRC_OOR = 4,
    SYN_GRC_TXN = 5,
    SYN_GRC_RUNNING = 6,
    SYN_GRC_SENSOR = 7,
};

struct syn_smp_header {
    uint8_t version; /* 0 or 1 */
    uint8_t op;      /* enum syn_smp_op */
    uint8_t flags;
    uint16_t length; /* of the payload */
    uint16_t group;
    uint8_t seq;
    uint8_t id;
};

void syn_smp_put_header(uint8_t to[SYN_SMP_HEADER], const struct syn_smp_header *h);

/*
 * Reads the header of a whole message of `size` bytes. SYN_EPROTO when it is shorter than a header
 * or its length field differs from what follows. Any version is returned as it is.
 */
int syn_smp_get_header(struct syn_smp_header *h, const void *message, size_t size);

/* The header of the answer to `request`; length 0. */
struct syn_smp_header syn_smp_reply(const struct syn_smp_header *request);

/*
 * Makes the body of an error answer, a whole map. Codes of the protocol (enum syn_smp_rc) have
 * group SYN_GROUP_NONE and go as `rc`; codes of a group go as `err`, or, to a requester of version
 * 0, as `rc` 256 + rc. `msg` may be NULL.
 */
void syn_smp_put_error(struct syn_cbor_out *w, uint8_t version, uint16_t group, unsigned rc,
                       const char *msg);

struct syn_smp_status {
    uint16_t group;      /* whose codes `rc` is of; SYN_GROUP_NONE: the protocol's */
    uint32_t rc;         /* 0: no error */
    struct syn_span msg; /* the device's own words, or empty */
};

/*
 * Reads `rc`, `err` and `msg` of an answer's payload; `group` is the header's, to which codes from
 * 256 up belong. SYN_EPROTO when the payload is no map.
 */
int syn_smp_get_status(struct syn_smp_status *s, uint16_t group, const void *payload, size_t size);

/* Words for a code; never NULL. */
const char *syn_smp_rc_text(uint16_t group, uint32_t rc);
/* The SYN_E... code that fits; 0 for rc 0. */
int syn_smp_rc_errno(uint16_t group, uint32_t rc);
/* Name of a group, or NULL. */
const char *syn_smp_group_text(uint16_t group);

#endif
