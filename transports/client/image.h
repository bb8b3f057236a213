/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Firmware images of a device, by SMP's group 1, which other firmware than ours has, too
 * (devices/wire/PROTOCOL.md). What session.h says of operations holds here.
 */
#ifndef SYN_TRANSPORTS_CLIENT_IMAGE_H
#define SYN_TRANSPORTS_CLIENT_IMAGE_H

#include "transports/client/session.h"

/* answer->images */
int syn_session_images(struct syn_session *s, syn_session_done done, void *user);

/* Bytes of the slots of the first image: answer->image_slots. */
int syn_session_image_slots(struct syn_session *s, syn_session_done done, void *user);

/*
 * Sends an image, in pieces, as many at once as the window allows; goes on where the device stands
 * with the same file. Nothing is chosen to run by it. `data` must live until `done`; `progress` as
 * in syn_session_put(). SYN_ECORRUPT: the device says that it holds other bytes.
 */
int syn_session_image_upload(struct syn_session *s, const void *data, size_t size,
                             bool (*progress)(void *user, size_t held, size_t size),
                             syn_session_done done, void *user);

/* The image with this hash (NULL: the one that runs) is tested at the next start, or kept.
 * answer->images is what it is then. */
int syn_session_image_choose(struct syn_session *s, const uint8_t *hash, bool keep,
                             syn_session_done done, void *user);

/* The slot that does not run. */
int syn_session_image_erase(struct syn_session *s, syn_session_done done, void *user);

#endif
