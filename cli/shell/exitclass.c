/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/shell/exitclass.h"

#include "devices/base/error.h"

#include <stddef.h>

const struct syn_exit_meaning syn_exit_meanings[] = {
    {SYN_EXIT_OK, "everything went well"},
    {SYN_EXIT_FAILED, "the device refused or failed"},
    {SYN_EXIT_USAGE, "wrong usage, or a file that says something wrong"},
    {SYN_EXIT_MISSING, "no such device, app, model, plan or file"},
    {SYN_EXIT_CONNECTION, "no connection, or no answer in time"},
    {SYN_EXIT_PROTOCOL, "a break of the protocol, or corrupt data"},
    {SYN_EXIT_INFEASIBLE, "infeasible: out of resource"},
    {SYN_EXIT_BUSY, "busy or locked"},
    {SYN_EXIT_ACCESS, "not authorised"},
    {SYN_EXIT_TIMEOUT, "the time of --timeout is over"},
    {SYN_EXIT_INTERRUPTED, "interrupted"},
    {SYN_EXIT_OK, NULL},
};

static const struct {
    const char *name;
    enum syn_exit exit;
} codes[] = {
    [-SYN_OK] = {"OK", SYN_EXIT_OK},
    [-SYN_EINVAL] = {"EINVAL", SYN_EXIT_USAGE},
    [-SYN_ENOMEM] = {"ENOMEM", SYN_EXIT_FAILED},
    [-SYN_ENOENT] = {"ENOENT", SYN_EXIT_MISSING},
    [-SYN_EIO] = {"EIO", SYN_EXIT_FAILED},
    [-SYN_ELINK] = {"ELINK", SYN_EXIT_CONNECTION},
    [-SYN_ETIMEOUT] = {"ETIMEOUT", SYN_EXIT_CONNECTION},
    [-SYN_EPROTO] = {"EPROTO", SYN_EXIT_PROTOCOL},
    [-SYN_ECORRUPT] = {"ECORRUPT", SYN_EXIT_PROTOCOL},
    [-SYN_EOOR] = {"EOOR", SYN_EXIT_INFEASIBLE},
    [-SYN_EBUSY] = {"EBUSY", SYN_EXIT_BUSY},
    [-SYN_ESTATE] = {"ESTATE", SYN_EXIT_FAILED},
    [-SYN_EACCESS] = {"EACCESS", SYN_EXIT_ACCESS},
    [-SYN_EUNSUP] = {"EUNSUP", SYN_EXIT_FAILED},
    [-SYN_ECANCELED] = {"ECANCELED", SYN_EXIT_INTERRUPTED},
    [-SYN_EDEVICE] = {"EDEVICE", SYN_EXIT_FAILED},
};

static size_t index_of(int code)
{
    size_t index = (size_t) - (code > 0 ? 0 : code);
    return index < sizeof codes / sizeof codes[0] ? index : (size_t)-SYN_EIO;
}

enum syn_exit syn_exit_class(int code)
{
    return codes[index_of(code)].exit;
}

const char *syn_exit_code_name(int code)
{
    return codes[index_of(code)].name;
}
