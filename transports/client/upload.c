/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Uploading a blob: asks what the device holds, then sends what is missing. */
#include <string.h>

#include "transports/client/pieces.h"

static const struct syn_session_request put_operation = {
    .what = "upload",
    .group = SYN_GROUP_SYNERGY,
    .id = SYN_ID_BLOB,
    .op = SYN_SMP_WRITE,
    .in_order = true,
    .read = syn_read_blob,
};

static void put(const struct syn_pieces *p, struct syn_cbor_out *w, size_t offset, size_t size)
{
    syn_cbor_put_map(w, offset == 0 ? 4 : 3);
    syn_cbor_pair_bytes(w, "h", p->hash, sizeof p->hash);
    syn_cbor_pair_uint(w, "off", offset);
    if (offset == 0)
        syn_cbor_pair_uint(w, "len", p->size);
    syn_cbor_pair_bytes(w, "d", p->data + offset, size);
}

static void on_state(void *user, int status, const struct syn_answer *answer,
                     const struct syn_error *error)
{
    struct syn_pieces *p = user;
    const struct syn_blob_state *b = &answer->blob;
    bool all = b->complete && b->held_bytes == p->size;
    bool some = b->length_bytes == p->size && b->held_bytes < p->size;
    if (status)
        syn_pieces_fail(p, status, error);
    else
        syn_pieces_start(p, all || some ? b->held_bytes : 0);
}

int syn_session_put(struct syn_session *s, const uint8_t hash[SYN_HASH_SIZE], const void *data,
                    size_t size, bool (*progress)(void *user, size_t held, size_t size),
                    syn_session_done done, void *user)
{
    struct syn_pieces *p;
    struct syn_pieces what = {.session = s,
                              .operation = &put_operation,
                              .put = put,
                              .data = data,
                              .size = size,
                              .progress = progress,
                              .done = done,
                              .user = user};
    memcpy(what.hash, hash, sizeof what.hash);
    int rc = syn_pieces_new(&p, &what);
    if (rc)
        return rc;
    rc = syn_session_blob(s, hash, on_state, p);
    if (rc)
        syn_pieces_free(p);
    return rc;
}
