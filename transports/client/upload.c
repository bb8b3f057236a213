/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Uploading a blob: asks what the device holds, then sends what is missing. */
#include <stdlib.h>
#include <string.h>

#include "transports/client/pieces.h"

enum { OVERHEAD = 64 }; /* the CBOR round a piece: map, keys, hash, two numbers, its own head */

struct upload {
    struct syn_pieces pieces;
    uint8_t hash[SYN_HASH_SIZE];
    const uint8_t *data;
    bool (*progress)(void *user, size_t held, size_t size);
    syn_session_done done;
    void *user;
};

static const struct syn_session_request put_operation = {
    .what = "upload",
    .group = SYN_GROUP_SYNERGY,
    .id = SYN_ID_BLOB,
    .op = SYN_SMP_WRITE,
    .read = syn_read_blob,
};

static void put(void *user, struct syn_cbor_out *w, size_t offset, size_t size)
{
    const struct upload *u = user;
    syn_cbor_put_map(w, offset == 0 ? 4 : 3);
    syn_cbor_pair_bytes(w, "h", u->hash, sizeof u->hash);
    syn_cbor_pair_uint(w, "off", offset);
    if (offset == 0)
        syn_cbor_pair_uint(w, "len", u->pieces.size);
    syn_cbor_pair_bytes(w, "d", u->data + offset, size);
}

static bool progress(void *user, size_t held, size_t size)
{
    const struct upload *u = user;
    return !u->progress || u->progress(u->user, held, size);
}

static void end(void *user, int status, const struct syn_error *error)
{
    struct upload *u = user;
    struct syn_answer answer = {0};
    uint32_t size = (uint32_t)u->pieces.size;
    if (status == 0)
        answer.blob = (struct syn_blob_state){size, size, true};
    u->done(u->user, status, &answer, error);
    free(u);
}

static void on_state(void *user, int status, const struct syn_answer *answer,
                     const struct syn_error *error)
{
    struct upload *u = user;
    const struct syn_blob_state *b = &answer->blob;
    size_t size = u->pieces.size;
    bool all = b->complete && b->held_bytes == size;
    bool some = b->length_bytes == size && b->held_bytes < size;
    if (status)
        syn_pieces_fail(&u->pieces, status, error);
    else
        syn_pieces_start(&u->pieces, all || some ? b->held_bytes : 0);
}

int syn_session_put(struct syn_session *s, const uint8_t hash[SYN_HASH_SIZE], const void *data,
                    size_t size, bool (*told)(void *user, size_t held, size_t size),
                    syn_session_done done, void *user)
{
    struct upload *u = calloc(1, sizeof *u);
    if (!u)
        return SYN_ENOMEM;
    *u = (struct upload){.pieces = {.session = s,
                                    .operation = &put_operation,
                                    .put = put,
                                    .progress = progress,
                                    .end = end,
                                    .user = u,
                                    .size = size,
                                    .overhead = OVERHEAD},
                         .data = data,
                         .progress = told,
                         .done = done,
                         .user = user};
    memcpy(u->hash, hash, sizeof u->hash);
    int rc = syn_pieces_check(&u->pieces);
    if (rc == 0)
        rc = syn_session_blob(s, hash, on_state, u);
    if (rc)
        free(u);
    return rc;
}
