/* SPDX-License-Identifier: MIT */
/* The state of a Bluetooth host (ble.h); private, but for its size. */
#ifndef SYN_DEVICES_BLE_STATE_H
#define SYN_DEVICES_BLE_STATE_H

#include "devices/ble/port.h"

enum {
    SYN_L2CAP_HEADER = 4,
    SYN_HCI_ACL_HEADER = 5, /* H4's byte included */
    SYN_BLE_PDU = SYN_L2CAP_HEADER + SYN_BLE_MTU,
    SYN_BLE_SIGNAL = 18, /* the longest command that we send */
    SYN_BLE_SIGNALS = 6, /* that wait, for each connection */
};

enum { SYN_CID_ATT = 4, SYN_CID_SIGNAL = 5, SYN_CID_SECURITY = 6, SYN_CID_FIRST = 0x40 };

/* What a connection wants of the controller. */
enum syn_ble_want {
    SYN_WANT_DISCONNECT = 1,
    SYN_WANT_REFUSE_KEY = 2,
    SYN_WANT_UPDATE = 4, /* of the interval, as the other end asked */
};

/* Bytes between h4.c's calls. */
struct syn_ble_h4 {
    uint16_t have;  /* of a packet's header or of an event, in `bytes` */
    uint16_t left;  /* of the payload, that are still to come */
    int connection; /* whose the payload is; negative: nobody's */
    uint8_t bytes[1 + 2 + 255];
};

struct syn_ble_connection {
    bool used;
    bool central; /* we connected */
    uint16_t handle;
    struct syn_ble_address address;
    uint16_t interval; /* in units of 1.25 ms */
    uint8_t update[8]; /* what the other end asked for: least, most, latency, time-out */
    uint8_t wants;     /* enum syn_ble_want */
    bool leaving;      /* is ended once nothing waits, or at `leave_ns` */
    int64_t leave_ns;

    uint8_t in[SYN_BLE_PDU]; /* the L2CAP packet that is coming */
    uint16_t in_size;
    bool in_bad; /* the rest, up to the next beginning, is not for us */

    uint8_t out[SYN_HCI_ACL_HEADER + SYN_BLE_PDU]; /* the one that is being sent */
    uint16_t out_size, out_sent;                   /* without HCI's header */
    uint16_t in_flight;                            /* packets that the controller has */

    uint8_t signals[SYN_BLE_SIGNALS][SYN_BLE_SIGNAL]; /* commands that wait */
    uint8_t signal_count, signal_id;
    bool asked; /* for a shorter interval */
    bool refuse_pairing;

    uint16_t att_mtu;
    uint16_t reply_size; /* 0: none waits */
    uint8_t reply[SYN_BLE_MTU];
    uint8_t subscribed[2]; /* the SMP characteristic's configuration */
    uint8_t turn;          /* link that was served last */
};

enum syn_ble_state {
    SYN_LINK_FREE,
    SYN_LINK_CONNECTING, /* waits for a connection to `to` */
    SYN_LINK_OPENING,    /* for the other end's answer, and so does the next one */
    SYN_LINK_OPEN,
    SYN_LINK_CLOSING,
};

/* Messages: two bytes of length before each; the first may have been taken in part. */
struct syn_ble_queue {
    uint32_t head, used;
    uint16_t left; /* of the first message, where its length was taken */
    uint8_t bytes[SYN_BLE_QUEUE_BYTES];
};

struct syn_ble_link {
    uint8_t state;      /* enum syn_ble_state */
    uint8_t kind;       /* enum syn_ble_kind */
    uint8_t connection; /* SYN_BLE_CONNECTIONS_MAX: none yet */
    uint8_t request;    /* number of the command that opens it */
    struct syn_ble_address to;
    bool refused;        /* a message, since the last `writable` */
    bool silent;         /* the user knows no longer of it */
    uint16_t cid;        /* the other end's */
    uint16_t mtu, mps;   /* its limits */
    uint16_t credits;    /* packets that it takes */
    uint16_t granted;    /* packets that we take */
    uint16_t in_left;    /* of the message that is coming */
    uint16_t out_left;   /* of the one that is being sent, up to the other end's `mtu` */
    int64_t deadline_ns; /* of all states but being open */
    struct syn_ble_queue queue;
};

struct syn_ble {
    struct syn_ble_config config;
    int64_t now_ns;
    bool started, ready;
    struct syn_ble_address address; /* that is ours */
    uint8_t step;                   /* of setting up */
    uint16_t command;               /* whose end is awaited; 0: none */
    uint16_t command_handle;        /* of the connection that it is about */
    int64_t deadline_ns;            /* of the command; of starting anew where there is none */
    bool advertising, advertise;    /* as it is; as the controller was told last */
    bool advertise_refused;         /* until a connection ends */
    bool initiating;                /* a connection to `initiating_to` is being made */
    bool cancelled;                 /* and is no longer wanted */
    struct syn_ble_address initiating_to;
    uint16_t acl_bytes, acl_free;
    uint32_t bad; /* packets dropped */
    uint8_t next; /* connection that is served next */
    struct syn_ble_h4 h4;
    struct syn_ble_connection connections[SYN_BLE_CONNECTIONS_MAX];
    struct syn_ble_link links[SYN_BLE_LINKS_MAX];
};

#endif
