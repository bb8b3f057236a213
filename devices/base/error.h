/* SPDX-License-Identifier: MIT */
/*
 * Error codes of the whole project.
 *
 * Every function that can fail returns 0 (or a count) on success and one of these negative values
 * otherwise. Code on a device reports the code alone; code on the host adds words in a
 * `struct syn_error` (core/base/error.h). The console maps codes to exit classes in one table.
 */
#ifndef SYN_DEVICES_BASE_ERROR_H
#define SYN_DEVICES_BASE_ERROR_H

enum syn_errno {
    SYN_OK = 0,
    SYN_EINVAL = -1,     /* an argument or a field is wrong: the caller or the file must change */
    SYN_ENOMEM = -2,     /* the memory that the caller gave, or the heap, is too small */
    SYN_ENOENT = -3,     /* no such device, app, model, plan, file, chunk */
    SYN_EIO = -4,        /* the operating system or the hardware refused */
    SYN_ELINK = -5,      /* no connection, or it broke */
    SYN_ETIMEOUT = -6,   /* no answer in time */
    SYN_EPROTO = -7,     /* bytes that are not of the protocol */
    SYN_ECORRUPT = -8,   /* data that do not match their hash, length or checksum */
    SYN_EOOR = -9,       /* out of resource: no feasible placement */
    SYN_EBUSY = -10,     /* held by someone else, or in use */
    SYN_ESTATE = -11,    /* not possible in the present state */
    SYN_EACCESS = -12,   /* not authorised */
    SYN_EUNSUP = -13,    /* not supported by this device, part or version */
    SYN_ECANCELED = -14, /* the user or a shutdown stopped it */
    SYN_EDEVICE = -15,   /* the device answered with an error */
};

#endif
