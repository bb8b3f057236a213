/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/base/error.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static void copy_text(char *to, size_t size, const char *from)
{
    (void)snprintf(to, size, "%s", from ? from : "");
}

void syn_error_clear(struct syn_error *e)
{
    if (e)
        memset(e, 0, sizeof *e);
}

int syn_error_set(struct syn_error *e, int code, const char *fmt, ...)
{
    if (e) {
        /* The arguments may point into `e` itself, when an error is wrapped. */
        struct syn_error next = {.code = code};
        va_list args;
        va_start(args, fmt);
        (void)vsnprintf(next.message, sizeof next.message, fmt, args);
        va_end(args);
        *e = next;
    }
    return code;
}

void syn_error_hint(struct syn_error *e, const char *fmt, ...)
{
    if (e) {
        char text[sizeof e->hint];
        va_list args;
        va_start(args, fmt);
        (void)vsnprintf(text, sizeof text, fmt, args);
        va_end(args);
        memcpy(e->hint, text, sizeof text);
    }
}

void syn_error_where(struct syn_error *e, const char *file, int line, int column)
{
    if (e) {
        copy_text(e->file, sizeof e->file, file);
        e->line = line;
        e->column = column;
    }
}

void syn_error_device(struct syn_error *e, const char *name)
{
    if (e)
        copy_text(e->device, sizeof e->device, name);
}

const char *syn_errno_text(int code)
{
    static const char *const words[] = {
        [-SYN_OK] = "ok",
        [-SYN_EINVAL] = "invalid",
        [-SYN_ENOMEM] = "out of memory",
        [-SYN_ENOENT] = "not found",
        [-SYN_EIO] = "input/output error",
        [-SYN_ELINK] = "no connection",
        [-SYN_ETIMEOUT] = "time-out",
        [-SYN_EPROTO] = "protocol error",
        [-SYN_ECORRUPT] = "corrupt data",
        [-SYN_EOOR] = "out of resource",
        [-SYN_EBUSY] = "busy",
        [-SYN_ESTATE] = "wrong state",
        [-SYN_EACCESS] = "not authorised",
        [-SYN_EUNSUP] = "not supported",
        [-SYN_ECANCELED] = "canceled",
        [-SYN_EDEVICE] = "refused by the device",
    };
    const int count = (int)(sizeof words / sizeof words[0]);
    if (code > 0 || code <= -count)
        return "unknown error";
    return words[-code];
}

int syn_errno_of(int os_errno)
{
    static const struct {
        int os;
        int code;
    } map[] = {
        {EINVAL, SYN_EINVAL},       {ENAMETOOLONG, SYN_EINVAL}, {ENOMEM, SYN_ENOMEM},
        {ENOENT, SYN_ENOENT},       {ENODEV, SYN_ENOENT},       {ENXIO, SYN_ENOENT},
        {ENOTDIR, SYN_ENOENT},      {ECONNREFUSED, SYN_ELINK},  {ECONNRESET, SYN_ELINK},
        {EPIPE, SYN_ELINK},         {ENOTCONN, SYN_ELINK},      {EHOSTUNREACH, SYN_ELINK},
        {ENETUNREACH, SYN_ELINK},   {ETIMEDOUT, SYN_ETIMEOUT},  {EBUSY, SYN_EBUSY},
        {EAGAIN, SYN_EBUSY},        {EADDRINUSE, SYN_EBUSY},    {ETXTBSY, SYN_EBUSY},
        {EACCES, SYN_EACCESS},      {EPERM, SYN_EACCESS},       {EROFS, SYN_EACCESS},
        {EOPNOTSUPP, SYN_EUNSUP},   {ENOTTY, SYN_EUNSUP},       {EAFNOSUPPORT, SYN_EUNSUP},
        {ECANCELED, SYN_ECANCELED},
    };
    for (size_t i = 0; i < sizeof map / sizeof map[0]; i++)
        if (map[i].os == os_errno)
            return map[i].code;
    return SYN_EIO;
}

int syn_error_os(struct syn_error *e, int os_errno, const char *fmt, ...)
{
    char what[sizeof e->message];
    va_list args;
    va_start(args, fmt);
    (void)vsnprintf(what, sizeof what, fmt, args);
    va_end(args);
    return syn_error_set(e, syn_errno_of(os_errno), "%s: %s", what, strerror(os_errno));
}
