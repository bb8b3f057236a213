/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "transports/ble/trouble.h"

#include <dirent.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "transports/ble/att.h"

/* ---- the kernel ---- */

#define PRIVILEGE                                                                                  \
    "start bluetoothd and leave the adapter to it, or give this program the right: sudo setcap "   \
    "cap_net_raw,cap_net_admin+ep $(command -v synergy)"
#define NEARER "is it switched on, in range, and not connected to another host? 'ble scan' tells"

struct words {
    int key; /* an errno, a status; 0 ends a table */
    int code;
    const char *message, *hint;
};

static const struct words socket_words[] = {
    {EAFNOSUPPORT, SYN_ELINK, "this machine's kernel has no Bluetooth",
     "load its module (modprobe bluetooth), or use a machine that has an adapter"},
    {EPROTONOSUPPORT, SYN_ELINK, "this machine's kernel has no Bluetooth sockets",
     "load the module: modprobe bluetooth"},
    {EPERM, SYN_EACCESS, "not allowed to use the Bluetooth adapter", PRIVILEGE},
    {EACCES, SYN_EACCESS, "not allowed to use the Bluetooth adapter", PRIVILEGE},
    {ENODEV, SYN_ELINK, "no Bluetooth adapter", "plug one in; 'bluetoothctl list' shows them"},
    {ENETDOWN, SYN_ELINK, "the Bluetooth adapter is switched off",
     "bluetoothctl power on, or hciconfig hci0 up where no bluetoothd runs"},
    {ERFKILL, SYN_ELINK, "Bluetooth is blocked by rfkill", "rfkill unblock bluetooth"},
    {EBUSY, SYN_EBUSY, "the Bluetooth adapter is in use by another program", "end that first"},
    {0, 0, NULL, NULL},
};

static const struct words connect_words[] = {
    {ETIMEDOUT, SYN_ELINK, "the device does not answer", NEARER},
    {EHOSTDOWN, SYN_ELINK, "the device does not answer", NEARER},
    {ECONNABORTED, SYN_ELINK, "the device did not keep the connection", NEARER},
    {ENOTCONN, SYN_ELINK, "the device did not keep the connection", NEARER},
    {EIO, SYN_ELINK, "the device did not keep the connection", NEARER},
    {ECONNRESET, SYN_ELINK, "the device ended the connection", NEARER},
    {ECONNREFUSED, SYN_ELINK, "the device refuses the connection", NULL},
    {EHOSTUNREACH, SYN_ELINK, "no Bluetooth adapter that could reach it",
     "'bluetoothctl list' shows the adapters; one must be switched on"},
    {EMLINK, SYN_EBUSY, "the adapter holds as many connections as it can",
     "disconnect another device"},
    {0, 0, NULL, NULL},
};

static const struct words *find(const struct words *w, int key)
{
    while (w->key != 0 && w->key != key)
        w++;
    return w->key ? w : NULL;
}

static int put(struct syn_error *error, const struct words *w)
{
    (void)syn_error_set(error, w->code, "%s", w->message);
    if (w->hint)
        syn_error_hint(error, "%s", w->hint);
    return w->code;
}

int syn_ble_trouble_socket(struct syn_error *error, int os_errno)
{
    const struct words *w = find(socket_words, os_errno);
    return w ? put(error, w) : syn_error_os(error, os_errno, "Bluetooth");
}

static int pairing(struct syn_error *error, const char *what, const char *address)
{
    (void)syn_error_set(error, SYN_EACCESS, "%s: pairing required", what);
    syn_error_hint(error, "with bluetoothd running: bluetoothctl pair %s", address);
    return SYN_EACCESS;
}

int syn_ble_trouble_connect(struct syn_error *error, int os_errno, const char *address)
{
    const struct words *w = find(connect_words, os_errno);
    if (os_errno == EACCES || os_errno == EKEYREJECTED)
        return pairing(error, "the device refuses the connection", address);
    return w ? put(error, w) : syn_ble_trouble_socket(error, os_errno);
}

int syn_ble_trouble_broken(struct syn_error *error, int os_errno)
{
    if (os_errno == ENODEV || os_errno == ENETDOWN || os_errno == ERFKILL) {
        (void)syn_ble_trouble_socket(error, os_errno);
    } else if (os_errno == 0 || os_errno == ECONNRESET || os_errno == EPIPE ||
               os_errno == ENOTCONN) {
        (void)syn_error_set(error, SYN_ELINK, "the device ended the connection");
    } else if (os_errno == ETIMEDOUT) {
        (void)syn_error_set(error, SYN_ELINK, "the device is gone: out of range or switched off?");
    } else if (os_errno == ECONNABORTED) {
        (void)syn_error_set(error, SYN_ELINK,
                            "the connection was ended here: adapter switched off, bluetoothd "
                            "stopped?");
    } else {
        (void)syn_error_os(error, os_errno, "connection lost");
    }
    error->code = SYN_ELINK;
    return SYN_ELINK;
}

/* ---- the controller ---- */

static const struct words hci_words[] = {
    {0x01, SYN_EUNSUP, "the adapter does not know the command",
     "it may be no Bluetooth LE adapter"},
    {0x0c, SYN_EBUSY, "the adapter refuses the command in its present state",
     "another program scans; end it, or start bluetoothd and leave the adapter to it"},
    {0x11, SYN_EUNSUP, "the adapter lacks the feature", "it may be no Bluetooth LE adapter"},
    {0, 0, NULL, NULL},
};

int syn_ble_trouble_hci(struct syn_error *error, uint8_t status, const char *what)
{
    const struct words *w = find(hci_words, status);
    if (!w)
        return syn_error_set(error, SYN_EIO, "%s: the adapter reports error 0x%02x", what, status);
    (void)syn_error_set(error, w->code, "%s: %s", what, w->message);
    syn_error_hint(error, "%s", w->hint);
    return w->code;
}

/* ---- the device ---- */

static const struct words att_words[] = {
    {0x01, SYN_EDEVICE, "the device says that there is no such handle", NULL},
    {0x02, SYN_EDEVICE, "the device does not permit reading", NULL},
    {0x03, SYN_EDEVICE, "the device does not permit writing", NULL},
    {0x06, SYN_EUNSUP, "the device does not support the request", NULL},
    {0x0a, SYN_EUNSUP, "the device has none", NULL},
    {0x0e, SYN_EDEVICE, "the device reports an unlikely error", NULL},
    {0x11, SYN_EDEVICE, "the device is out of resources", "disconnect its other hosts"},
    {0, 0, NULL, NULL},
};

static int att_code(struct syn_error *error, uint8_t att_error, const char *what,
                    const char *address)
{
    const struct words *w = find(att_words, att_error);
    switch (att_error) {
    case SYN_ATT_INSUFFICIENT_AUTHENTICATION:
    case SYN_ATT_INSUFFICIENT_AUTHORIZATION:
    case SYN_ATT_INSUFFICIENT_KEY_SIZE:
    case SYN_ATT_INSUFFICIENT_ENCRYPTION:
        return pairing(error, what, address);
    default:
        break;
    }
    if (!w)
        return syn_error_set(error, SYN_EDEVICE, "%s: the device reports ATT error 0x%02x", what,
                             att_error);
    (void)syn_error_set(error, w->code, "%s: %s", what, w->message);
    if (w->hint)
        syn_error_hint(error, "%s", w->hint);
    return w->code;
}

int syn_ble_trouble_att(struct syn_error *error, int status, uint8_t att_error, const char *what,
                        const char *address)
{
    if (status == SYN_EDEVICE)
        return att_code(error, att_error, what, address);
    if (status == SYN_ETIMEOUT)
        return syn_ble_trouble_absent(error, what, (double)SYN_ATT_PATIENCE_NS / 1e9);
    return syn_error_set(error, status, "%s: the device's answer is no answer to that", what);
}

int syn_ble_trouble_absent(struct syn_error *error, const char *what, double seconds)
{
    (void)syn_error_set(error, SYN_ETIMEOUT, "%s within %g s", what, seconds);
    syn_error_hint(error, "%s", NEARER);
    return SYN_ETIMEOUT;
}

/* ---- bluetoothd ---- */

static const struct {
    const char *name;
    int code;
    const char *message, *hint;
} bus_words[] = {
    {"org.bluez.Error.NotReady", SYN_ELINK, "the Bluetooth adapter is switched off",
     "bluetoothctl power on"},
    {"org.bluez.Error.InProgress", SYN_EBUSY, "bluetoothd is busy with that already",
     "try again in a moment"},
    {"org.bluez.Error.NotConnected", SYN_ELINK, "the device is not connected", NEARER},
    {"org.bluez.Error.ConnectionAttemptFailed", SYN_ELINK, "the device does not answer", NEARER},
    {"org.bluez.Error.NotSupported", SYN_EUNSUP, "not supported by the device", NULL},
    {"org.freedesktop.DBus.Error.ServiceUnknown", SYN_ELINK, "bluetoothd is not running",
     "systemctl start bluetooth"},
    {"org.freedesktop.DBus.Error.NameHasNoOwner", SYN_ELINK, "bluetoothd is not running",
     "systemctl start bluetooth"},
    {"org.freedesktop.DBus.Error.NoReply", SYN_ETIMEOUT, "bluetoothd does not answer",
     "systemctl restart bluetooth"},
    {"org.freedesktop.DBus.Error.Timeout", SYN_ETIMEOUT, "bluetoothd does not answer",
     "systemctl restart bluetooth"},
    {"org.freedesktop.DBus.Error.AccessDenied", SYN_EACCESS,
     "the system bus does not let you speak to bluetoothd", "add yourself to group bluetooth"},
    {"org.freedesktop.DBus.Error.UnknownObject", SYN_ENOENT, "bluetoothd does not know it any more",
     "'ble scan' finds it again"},
};

static bool is_pairing(const char *name, const char *message)
{
    static const char *const names[] = {
        "org.bluez.Error.NotAuthorized", "org.bluez.Error.NotPermitted",
        "org.bluez.Error.AuthenticationFailed", "org.bluez.Error.AuthenticationRequired"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (strcmp(name, names[i]) == 0)
            return true;
    return strstr(message, "nsufficient") || strstr(message, "Not paired") ||
           strstr(message, "0x05") || strstr(message, "0x0f");
}

int syn_ble_trouble_bus(struct syn_error *error, const char *name, const char *message,
                        const char *what, const char *address)
{
    name = name ? name : "";
    message = message ? message : "";
    if (is_pairing(name, message))
        return pairing(error, what, address);
    for (size_t i = 0; i < sizeof bus_words / sizeof bus_words[0]; i++) {
        if (strcmp(name, bus_words[i].name) != 0)
            continue;
        (void)syn_error_set(error, bus_words[i].code, "%s: %s", what, bus_words[i].message);
        if (bus_words[i].hint)
            syn_error_hint(error, "%s", bus_words[i].hint);
        return bus_words[i].code;
    }
    (void)syn_error_set(error, SYN_ELINK, "%s: bluetoothd says: %s", what,
                        message[0] ? message : name);
    syn_error_hint(error, "%s", NEARER);
    return SYN_ELINK;
}

/* ---- rfkill ---- */

static char first_of(const char *folder, const char *entry, const char *file, char *text, int size)
{
    char path[512];
    (void)snprintf(path, sizeof path, "%s/%s/%s", folder, entry, file);
    FILE *f = fopen(path, "re");
    text[0] = 0;
    if (f && !fgets(text, size, f))
        text[0] = 0;
    if (f)
        (void)fclose(f);
    return text[0];
}

int syn_ble_trouble_rfkill(struct syn_error *error, const char *folder)
{
    DIR *dir = opendir(folder);
    const struct dirent *e;
    bool soft = false, hard = false;
    while (dir && (e = readdir(dir))) {
        char text[16];
        (void)first_of(folder, e->d_name, "type", text, sizeof text);
        if (strncmp(text, "bluetooth", 9) != 0)
            continue;
        hard |= first_of(folder, e->d_name, "hard", text, sizeof text) == '1';
        soft |= first_of(folder, e->d_name, "soft", text, sizeof text) == '1';
    }
    if (dir)
        (void)closedir(dir);
    if (!soft && !hard)
        return 0;
    (void)syn_error_set(error, SYN_ELINK, "Bluetooth is blocked by %s (rfkill)",
                        hard ? "a switch of this machine" : "software");
    syn_error_hint(error, "%s",
                   hard ? "turn the switch on, or Bluetooth in its firmware settings"
                        : "rfkill unblock bluetooth");
    return SYN_ELINK;
}
