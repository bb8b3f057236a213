/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Files of a device, by SMP's group 8. Names are those of the device ("/lfs/log.txt"), at most
 * SYN_FILE_NAME_MAX bytes. What session.h says of operations holds here.
 */
#ifndef SYN_TRANSPORTS_CLIENT_FILES_H
#define SYN_TRANSPORTS_CLIENT_FILES_H

#include "transports/client/session.h"

#define SYN_FILE_NAME_MAX 128
#define SYN_FILE_MAX      (64u << 20) /* bytes of a file */

/* answer->file.bytes */
int syn_session_file_status(struct syn_session *s, const char *name, syn_session_done done,
                            void *user);

/* answer->file: the hash of the file's first `bytes` bytes (0: of all of it). */
int syn_session_file_hash(struct syn_session *s, const char *name, const char *kind, size_t bytes,
                          syn_session_done done, void *user);

/* answer->file_hashes: the kinds of hashes that the device knows. */
int syn_session_file_hashes(struct syn_session *s, syn_session_done done, void *user);

/*
 * Sends a file, in pieces, as many at once as the window allows. `held`: bytes that the device has
 * of it already, from the start; 0 begins anew. `data` must live until `done`; `progress` as in
 * syn_session_put().
 */
int syn_session_file_upload(struct syn_session *s, const char *name, const void *data, size_t size,
                            size_t held, bool (*progress)(void *user, size_t held, size_t size),
                            syn_session_done done, void *user);

/* A file on its way from a device; zeroed at first, kept by the caller. */
struct syn_file_fetch {
    uint8_t *data; /* malloc'ed once the size is known; the caller frees it */
    size_t size;
    size_t held; /* bytes from the start that are there */
};

/*
 * Fetches a file, or what is missing of it: after a link has broken, another call with the same
 * `fetch` goes on. `fetch` must stay where it is until `done`; `progress` as in syn_session_put().
 * SYN_EOOR: larger than SYN_FILE_MAX. SYN_ECORRUPT: it has become shorter meanwhile.
 */
int syn_session_file_download(struct syn_session *s, const char *name, struct syn_file_fetch *fetch,
                              bool (*progress)(void *user, size_t held, size_t size),
                              syn_session_done done, void *user);

#endif
