/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What went wrong, for a person.
 *
 * A function that can fail takes a `struct syn_error *` that the caller owns and returns one of the
 * codes of devices/base/error.h; the same code stands in the object. Nothing is allocated: text
 * that is too long is cut. Every function here accepts NULL for `e` and then does nothing, so that
 * a caller who wants the code alone need not make an object. An object is set to zero before use.
 */
#ifndef SYN_CORE_BASE_ERROR_H
#define SYN_CORE_BASE_ERROR_H

#include "devices/base/error.h" /* IWYU pragma: export */

struct syn_error {
    int code;          /* SYN_E..., 0 while nothing failed */
    char message[512]; /* what failed and why, one line without the device's or the file's name */
    char hint[256];    /* what to do about it, or empty */
    char device[32];   /* alias of the device that it is about, or empty */
    char file[256];    /* file that it is about, or empty */
    int line;          /* place in `file`, from 1; 0 when unknown */
    int column;
};

#if defined(__GNUC__)
#define SYN_PRINTF(fmt, args) __attribute__((format(printf, fmt, args)))
#else
#define SYN_PRINTF(fmt, args)
#endif

/* Starts a new error: clears hint, device and place. Returns `code`, so that it can end a function.
 */
int syn_error_set(struct syn_error *e, int code, const char *fmt, ...) SYN_PRINTF(3, 4);

/* Add to an error that is set. */
void syn_error_hint(struct syn_error *e, const char *fmt, ...) SYN_PRINTF(2, 3);
void syn_error_where(struct syn_error *e, const char *file, int line, int column);
void syn_error_device(struct syn_error *e, const char *name);

void syn_error_clear(struct syn_error *e);

/* A few words for a code ("time-out"); never NULL. */
const char *syn_errno_text(int code);

/* The SYN_E... code that fits an errno of the operating system best. */
int syn_errno_of(int os_errno);

/* syn_error_set with "WHAT: text of the errno"; returns the code that fits. */
int syn_error_os(struct syn_error *e, int os_errno, const char *fmt, ...) SYN_PRINTF(3, 4);

#endif
