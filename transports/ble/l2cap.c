/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "transports/ble/l2cap.h"

#include <bluetooth/bluetooth.h>
#include <bluetooth/hci.h>
#include <bluetooth/hci_lib.h>
#include <bluetooth/l2cap.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "transports/ble/trouble.h"

enum { ATT_CID = 4 };

/* ---- adapters ---- */

enum { LIST_BYTES = sizeof(struct hci_dev_list_req) + HCI_MAX_DEV * sizeof(struct hci_dev_req) };

static int refuse_off(int number, struct syn_error *error)
{
    if (syn_ble_trouble_rfkill(error, SYN_RFKILL_FOLDER))
        return error ? error->code : SYN_ELINK;
    (void)syn_error_set(error, SYN_ELINK, "the Bluetooth adapter hci%d is switched off", number);
    syn_error_hint(error,
                   "no bluetoothd runs: sudo systemctl start bluetooth, then bluetoothctl power "
                   "on; or without it: sudo hciconfig hci%d up",
                   number);
    return SYN_ELINK;
}

static bool is_up(const struct hci_dev_req *r)
{
    return r->dev_opt & (1u << HCI_UP);
}

/* One that is up goes first, then the lower number: the kernel's list has no order. */
static bool is_better(const struct hci_dev_req *r, const struct hci_dev_req *than)
{
    return !than || (is_up(r) != is_up(than) ? is_up(r) : r->dev_id < than->dev_id);
}

static const struct hci_dev_req *choose(const struct hci_dev_list_req *all, int wanted)
{
    const struct hci_dev_req *best = NULL;
    for (unsigned i = 0; i < all->dev_num; i++) {
        const struct hci_dev_req *r = &all->dev_req[i];
        if (r->dev_id == wanted)
            return r;
        if (wanted < 0 && is_better(r, best))
            best = r;
    }
    return best;
}

int syn_l2cap_adapter(int wanted, struct syn_error *error)
{
    _Alignas(struct hci_dev_list_req) uint8_t room[LIST_BYTES] = {0};
    struct hci_dev_list_req *all = (struct hci_dev_list_req *)(void *)room;
    int fd = socket(AF_BLUETOOTH, SOCK_RAW | SOCK_CLOEXEC, BTPROTO_HCI);
    if (fd < 0)
        return syn_ble_trouble_socket(error, errno);
    all->dev_num = HCI_MAX_DEV;
    int rc = ioctl(fd, HCIGETDEVLIST, room) < 0 ? errno : 0;
    (void)close(fd);
    if (rc)
        return syn_ble_trouble_socket(error, rc);
    const struct hci_dev_req *chosen = choose(all, wanted);
    if (!chosen && wanted < 0)
        return syn_ble_trouble_socket(error, ENODEV);
    if (!chosen)
        return syn_error_set(error, SYN_ELINK, "no Bluetooth adapter hci%d", wanted);
    return is_up(chosen) ? chosen->dev_id : refuse_off(chosen->dev_id, error);
}

/* ---- connections ---- */

static int bind_to(int fd, int adapter, uint16_t psm)
{
    struct sockaddr_l2 a = {.l2_family = AF_BLUETOOTH, .l2_bdaddr_type = BDADDR_LE_PUBLIC};
    a.l2_cid = psm == SYN_L2CAP_PSM_ATT ? htobs(ATT_CID) : 0;
    if (hci_devba(adapter, &a.l2_bdaddr) < 0 || bind(fd, (const struct sockaddr *)&a, sizeof a) < 0)
        return errno;
    return 0;
}

static int begin(int fd, const char *address, enum syn_ble_type type, uint16_t psm)
{
    struct sockaddr_l2 a = {.l2_family = AF_BLUETOOTH, .l2_psm = htobs(psm)};
    uint16_t sdu_max = SYN_L2CAP_SDU_MAX;
    a.l2_cid = psm == SYN_L2CAP_PSM_ATT ? htobs(ATT_CID) : 0;
    a.l2_bdaddr_type = type == SYN_BLE_RANDOM ? BDADDR_LE_RANDOM : BDADDR_LE_PUBLIC;
    if (str2ba(address, &a.l2_bdaddr) < 0)
        return EINVAL;
    if (psm != SYN_L2CAP_PSM_ATT &&
        setsockopt(fd, SOL_BLUETOOTH, BT_RCVMTU, &sdu_max, sizeof sdu_max) < 0)
        return errno;
    return connect(fd, (const struct sockaddr *)&a, sizeof a) < 0 && errno != EINPROGRESS ? errno
                                                                                          : 0;
}

static int kernel_connect(const struct syn_ble_target *target, const char *address,
                          enum syn_ble_type type, uint16_t psm, struct syn_error *error)
{
    int adapter = syn_l2cap_adapter(target->adapter, error);
    if (adapter < 0)
        return adapter;
    int fd = socket(AF_BLUETOOTH, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC, BTPROTO_L2CAP);
    if (fd < 0)
        return syn_ble_trouble_socket(error, errno);
    int rc = bind_to(fd, adapter, psm);
    rc = rc ? rc : begin(fd, address, type, psm);
    if (rc == 0)
        return fd;
    (void)close(fd);
    return syn_ble_trouble_connect(error, rc, address);
}

static int kernel_result(int fd)
{
    int os_errno = 0;
    socklen_t size = sizeof os_errno;
    return getsockopt(fd, SOL_SOCKET, SO_ERROR, &os_errno, &size) < 0 ? errno : os_errno;
}

static size_t kernel_packet_max(int fd)
{
    uint16_t mtu = 0;
    socklen_t size = sizeof mtu;
    return getsockopt(fd, SOL_BLUETOOTH, BT_SNDMTU, &mtu, &size) < 0 || mtu == 0 ? 23 : mtu;
}

const struct syn_l2cap syn_l2cap_kernel = {kernel_connect, kernel_result, kernel_packet_max};
