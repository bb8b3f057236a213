/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "transports/client/files.h"

#include <stdlib.h>
#include <string.h>

#include "transports/client/files_parts.h"
#include "transports/client/pieces.h"

/* How Zephyr tells that a piece does not begin where its file ends. */
enum { OFFSET_INVALID = 11 };
enum { FS_FILE = 0, FS_STATUS = 1, FS_HASH = 2, FS_HASHES = 3 };

/* Opening and cutting files of flash take their time, and hashing them more. */
#define PATIENCE_NS      INT64_C(2000000000)
#define HASH_PATIENCE_NS INT64_C(10000000000)

#define FIELD(kind, type, member, key) SYN_FIELD(SYN_KEY_##kind, struct type, member, key)

/* ---- answers ---- */

static int read_status(struct syn_session *s, struct syn_cbor_in *r, struct syn_answer *answer)
{
    static const struct syn_cbor_field fields[] = {FIELD(U32, syn_file_state, bytes, "len")};
    uint32_t seen;
    (void)s;
    int rc = syn_cbor_get_fields(r, fields, 1, &answer->file, &seen);
    return rc || seen == 0 ? SYN_EPROTO : 0;
}

struct hash_map {
    struct syn_file_state state;
    struct syn_span output;
};

/* `output` is bytes, or a number. */
static int read_output(struct syn_span item, struct syn_file_state *state)
{
    struct syn_cbor_in r;
    syn_cbor_in_init(&r, item.data, item.size);
    state->is_number = syn_cbor_peek(&r) == SYN_CBOR_UINT;
    if (state->is_number) {
        state->number = (uint32_t)syn_cbor_get_uint(&r);
        return r.error;
    }
    struct syn_span bytes = syn_cbor_get_bytes(&r);
    if (r.error || bytes.size > sizeof state->hash)
        return SYN_EPROTO;
    memcpy(state->hash, bytes.data, bytes.size);
    state->hash_size = (uint8_t)bytes.size;
    return 0;
}

static int read_hash(struct syn_session *s, struct syn_cbor_in *r, struct syn_answer *answer)
{
    static const struct syn_cbor_field fields[] = {
        FIELD(STR, hash_map, state.kind, "type"),
        FIELD(U32, hash_map, state.bytes, "len"),
        FIELD(ITEM, hash_map, output, "output"),
    };
    struct hash_map map = {.output = {NULL, 0}};
    (void)s;
    if (syn_cbor_get_fields(r, fields, COUNT(fields), &map, NULL) || map.output.size == 0 ||
        read_output(map.output, &map.state))
        return SYN_EPROTO;
    answer->file = map.state;
    return 0;
}

static int read_hashes(struct syn_session *s, struct syn_cbor_in *r, struct syn_answer *answer)
{
    static const struct syn_cbor_field fields[] = {FIELD(ITEM, hash_map, output, "types")};
    struct syn_file_hashes *hashes = &answer->file_hashes;
    struct hash_map map = {.output = {NULL, 0}};
    struct syn_cbor_in in;
    struct syn_span kind;
    (void)s;
    if (syn_cbor_get_fields(r, fields, 1, &map, NULL) || map.output.size == 0)
        return SYN_EPROTO;
    syn_cbor_in_init(&in, map.output.data, map.output.size);
    struct syn_cbor_scope scope = syn_cbor_get_map(&in);
    while (syn_cbor_next_key(&in, &scope, &kind)) {
        (void)syn_cbor_skip(&in);
        if (hashes->count < SYN_SESSION_HASHES)
            syn_span_text(kind, hashes->kinds[hashes->count++], sizeof hashes->kinds[0]);
    }
    return in.error;
}

static int read_offset(struct syn_session *s, struct syn_cbor_in *r, struct syn_answer *answer)
{
    static const struct syn_cbor_field fields[] = {
        FIELD(U32, syn_blob_state, held_bytes, "off"),
        FIELD(U32, syn_blob_state, held_bytes, "len"), /* beside OFFSET_INVALID */
    };
    uint32_t seen;
    (void)s;
    answer->blob.complete = true;
    int rc = syn_cbor_get_fields(r, fields, COUNT(fields), &answer->blob, &seen);
    return rc || seen == 0 ? SYN_EPROTO : 0;
}

static int read_piece(struct syn_session *s, struct syn_cbor_in *r, struct syn_answer *answer)
{
    static const struct syn_cbor_field fields[] = {
        FIELD(U32, syn_file_piece, offset, "off"),
        FIELD(BYTES, syn_file_piece, data, "data"),
        FIELD(U32, syn_file_piece, bytes, "len"),
    };
    struct syn_file_piece *piece = &answer->file_piece;
    uint32_t seen;
    (void)s;
    if (syn_cbor_get_fields(r, fields, COUNT(fields), piece, &seen) || (seen & 3) != 3)
        return SYN_EPROTO;
    piece->has_bytes = seen & 4;
    return 0;
}

/* ---- requests ---- */

#define FS(id_, op_) .group = SYN_GROUP_FS, .id = (id_), .op = (op_)

static const struct syn_session_request status_operation = {"file", FS(FS_STATUS, SYN_SMP_READ),
                                                            .read = read_status};
static const struct syn_session_request hash_operation = {
    "hash of a file", FS(FS_HASH, SYN_SMP_READ), .patience_ns = HASH_PATIENCE_NS,
    .read = read_hash};
static const struct syn_session_request hashes_operation = {
    "kinds of hashes", FS(FS_HASHES, SYN_SMP_READ), .read = read_hashes};
static const struct syn_session_request first_operation = {
    "upload of a file", FS(FS_FILE, SYN_SMP_WRITE), .patience_ns = PATIENCE_NS,
    .stands_rc = OFFSET_INVALID, .read = read_offset};
static const struct syn_session_request piece_operation = {
    "upload of a file", FS(FS_FILE, SYN_SMP_WRITE), .in_order = true, .stands_rc = OFFSET_INVALID,
    .read = read_offset};
static const struct syn_session_request read_operation = {
    "download of a file", FS(FS_FILE, SYN_SMP_READ), .read = read_piece};

int syn_session_file_status(struct syn_session *s, const char *name, syn_session_done done,
                            void *user)
{
    return syn_session_ask_text(s, &status_operation, "name", name, done, user);
}

int syn_session_file_hash(struct syn_session *s, const char *name, const char *kind, size_t bytes,
                          syn_session_done done, void *user)
{
    struct syn_payload payload;
    struct syn_cbor_out *w = syn_payload_map(&payload, bytes ? 3 : 2);
    syn_cbor_pair_text(w, "name", name);
    syn_cbor_pair_text(w, "type", kind);
    if (bytes)
        syn_cbor_pair_uint(w, "len", bytes);
    return syn_session_ask(s, &hash_operation, w, done, user);
}

int syn_session_file_hashes(struct syn_session *s, syn_session_done done, void *user)
{
    return syn_session_ask_plainly(s, &hashes_operation, done, user);
}

int syn_session_file_read(struct syn_session *s, const char *name, size_t offset,
                          syn_session_done done, void *user)
{
    struct syn_payload payload;
    struct syn_cbor_out *w = syn_payload_map(&payload, 2);
    syn_cbor_pair_uint(w, "off", offset);
    syn_cbor_pair_text(w, "name", name);
    return syn_session_ask(s, &read_operation, w, done, user);
}

/* ---- upload ---- */

static void put(const struct syn_pieces *p, struct syn_cbor_out *w, size_t offset, size_t size)
{
    syn_cbor_put_map(w, offset == 0 ? 4 : 3);
    syn_cbor_pair_uint(w, "off", offset);
    syn_cbor_pair_bytes(w, "data", p->data + offset, size);
    syn_cbor_pair_text(w, "name", p->of);
    if (offset == 0)
        syn_cbor_pair_uint(w, "len", p->size);
}

/* A file of nothing is one request. */
static int create_empty(struct syn_session *s, const char *name, syn_session_done done, void *user)
{
    struct syn_payload payload;
    struct syn_cbor_out *w = syn_payload_map(&payload, 4);
    syn_cbor_pair_uint(w, "off", 0);
    syn_cbor_pair_bytes(w, "data", "", 0);
    syn_cbor_pair_text(w, "name", name);
    syn_cbor_pair_uint(w, "len", 0);
    return syn_session_ask(s, &first_operation, w, done, user);
}

int syn_session_file_upload(struct syn_session *s, const char *name, const void *data, size_t size,
                            size_t held, bool (*told)(void *user, size_t held, size_t size),
                            syn_session_done done, void *user)
{
    if (strlen(name) > SYN_FILE_NAME_MAX || (size > 0 && held >= size))
        return SYN_EINVAL;
    if (size == 0)
        return create_empty(s, name, done, user);
    struct syn_pieces *p;
    struct syn_pieces what = {.session = s,
                              .operation = &piece_operation,
                              .first = &first_operation,
                              .put = put,
                              .data = data,
                              .size = size,
                              .of = strdup(name),
                              .progress = told,
                              .done = done,
                              .user = user};
    int rc = what.of ? syn_pieces_new(&p, &what) : SYN_ENOMEM;
    if (rc)
        free(what.of);
    return rc ? rc : syn_pieces_begin(p, held);
}
