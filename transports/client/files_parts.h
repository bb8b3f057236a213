/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Between files.c and download.c. */
#ifndef SYN_TRANSPORTS_CLIENT_FILES_PARTS_H
#define SYN_TRANSPORTS_CLIENT_FILES_PARTS_H

#include "transports/client/session_parts.h"

/* answer->file_piece: as much from `offset` on as the device sends at once. */
int syn_session_file_read(struct syn_session *s, const char *name, size_t offset,
                          syn_session_done done, void *user);

#endif
