/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "transports/client/image.h"

#include "devices/base/hash.h"
#include "transports/client/pieces.h"

enum { IMG_STATE = 0, IMG_UPLOAD = 1, IMG_ERASE = 5, IMG_SLOTS = 6 };

/* Erasing flash takes its time. */
#define PATIENCE_NS INT64_C(10000000000)

#define FIELD(kind, type, member, key) SYN_FIELD(SYN_KEY_##kind, struct type, member, key)

/* ---- answers ---- */

struct images_map {
    struct syn_span images, slots;
};

struct image_map {
    struct syn_image_state state;
    struct syn_span hash;
};

#define STATE(kind, member, key) SYN_FIELD(SYN_KEY_##kind, struct image_map, state.member, key)

static void read_image(struct syn_cbor_in *r, struct syn_images *images)
{
    static const struct syn_cbor_field fields[] = {
        STATE(U32, image, "image"),
        STATE(U32, slot, "slot"),
        STATE(STR, version, "version"),
        STATE(BOOL, bootable, "bootable"),
        STATE(BOOL, pending, "pending"),
        STATE(BOOL, confirmed, "confirmed"),
        STATE(BOOL, active, "active"),
        STATE(BOOL, permanent, "permanent"),
        FIELD(BYTES, image_map, hash, "hash"),
    };
    struct image_map map = {.state = {.slot = 0}};
    if (syn_cbor_get_fields(r, fields, COUNT(fields), &map, NULL) ||
        images->count == SYN_SESSION_IMAGES)
        return;
    map.state.has_hash = map.hash.size == SYN_HASH_SIZE;
    for (size_t i = 0; map.state.has_hash && i < SYN_HASH_SIZE; i++)
        map.state.hash[i] = map.hash.data[i];
    images->images[images->count++] = map.state;
}

static int read_images(struct syn_session *s, struct syn_cbor_in *r, struct syn_answer *answer)
{
    static const struct syn_cbor_field fields[] = {FIELD(ITEM, images_map, images, "images")};
    struct images_map map = {.images = {NULL, 0}};
    struct syn_cbor_in list;
    (void)s;
    int rc = syn_cbor_get_fields(r, fields, COUNT(fields), &map, NULL);
    if (rc || map.images.size == 0)
        return SYN_EPROTO;
    syn_cbor_in_init(&list, map.images.data, map.images.size);
    struct syn_cbor_scope scope = syn_cbor_get_array(&list);
    while (syn_cbor_next(&list, &scope))
        read_image(&list, &answer->images);
    return list.error;
}

struct slot_map {
    uint32_t slot, size;
};

static void read_slots(struct syn_span slots, struct syn_image_slots *to)
{
    static const struct syn_cbor_field fields[] = {FIELD(U32, slot_map, slot, "slot"),
                                                   FIELD(U32, slot_map, size, "size")};
    struct syn_cbor_in list;
    if (slots.size == 0)
        return;
    syn_cbor_in_init(&list, slots.data, slots.size);
    struct syn_cbor_scope scope = syn_cbor_get_array(&list);
    while (syn_cbor_next(&list, &scope)) {
        struct slot_map map = {.slot = UINT32_MAX};
        if (syn_cbor_get_fields(&list, fields, COUNT(fields), &map, NULL) == 0 &&
            map.slot < COUNT(to->bytes))
            to->bytes[map.slot] = map.size;
    }
}

static int read_slot_sizes(struct syn_session *s, struct syn_cbor_in *r, struct syn_answer *answer)
{
    static const struct syn_cbor_field outer[] = {FIELD(ITEM, images_map, images, "images")};
    static const struct syn_cbor_field inner[] = {FIELD(ITEM, images_map, slots, "slots")};
    struct images_map map = {.images = {NULL, 0}};
    struct syn_cbor_in list;
    (void)s;
    if (syn_cbor_get_fields(r, outer, 1, &map, NULL) || map.images.size == 0)
        return SYN_EPROTO;
    syn_cbor_in_init(&list, map.images.data, map.images.size);
    struct syn_cbor_scope scope = syn_cbor_get_array(&list);
    if (syn_cbor_next(&list, &scope) && syn_cbor_get_fields(&list, inner, 1, &map, NULL) == 0)
        read_slots(map.slots, &answer->image_slots);
    return list.error;
}

static int read_offset(struct syn_session *s, struct syn_cbor_in *r, struct syn_answer *answer)
{
    static const struct syn_cbor_field fields[] = {
        FIELD(U32, syn_blob_state, held_bytes, "off"),
        FIELD(BOOL, syn_blob_state, complete, "match"),
    };
    uint32_t seen;
    (void)s;
    answer->blob.complete = true; /* unless it is said that it is not */
    int rc = syn_cbor_get_fields(r, fields, COUNT(fields), &answer->blob, &seen);
    return rc || !(seen & 1) ? SYN_EPROTO : 0;
}

/* ---- requests ---- */

#define IMG(id_, op_) .group = SYN_GROUP_IMG, .id = (id_), .op = (op_)

static const struct syn_session_request state_operation = {"images", IMG(IMG_STATE, SYN_SMP_READ),
                                                           .read = read_images};
static const struct syn_session_request choose_operation = {
    "choosing an image", IMG(IMG_STATE, SYN_SMP_WRITE), .read = read_images};
static const struct syn_session_request erase_operation = {
    "erasing a slot", IMG(IMG_ERASE, SYN_SMP_WRITE), .patience_ns = PATIENCE_NS};
static const struct syn_session_request slots_operation = {"slots", IMG(IMG_SLOTS, SYN_SMP_READ),
                                                           .read = read_slot_sizes};
static const struct syn_session_request first_operation = {
    "upload of an image", IMG(IMG_UPLOAD, SYN_SMP_WRITE), .patience_ns = PATIENCE_NS,
    .read = read_offset};
static const struct syn_session_request piece_operation = {
    "upload of an image", IMG(IMG_UPLOAD, SYN_SMP_WRITE), .in_order = true, .read = read_offset};

int syn_session_images(struct syn_session *s, syn_session_done done, void *user)
{
    return syn_session_ask_plainly(s, &state_operation, done, user);
}

int syn_session_image_slots(struct syn_session *s, syn_session_done done, void *user)
{
    return syn_session_ask_plainly(s, &slots_operation, done, user);
}

int syn_session_image_erase(struct syn_session *s, syn_session_done done, void *user)
{
    return syn_session_ask_plainly(s, &erase_operation, done, user);
}

int syn_session_image_choose(struct syn_session *s, const uint8_t *hash, bool keep,
                             syn_session_done done, void *user)
{
    struct syn_payload payload;
    struct syn_cbor_out *w = syn_payload_map(&payload, hash ? 2 : 1);
    if (hash)
        syn_cbor_pair_bytes(w, "hash", hash, SYN_HASH_SIZE);
    syn_cbor_pair_bool(w, "confirm", keep);
    return syn_session_ask(s, &choose_operation, w, done, user);
}

/* ---- upload ---- */

static void put(const struct syn_pieces *p, struct syn_cbor_out *w, size_t offset, size_t size)
{
    syn_cbor_put_map(w, offset == 0 ? 5 : 2);
    if (offset == 0)
        syn_cbor_pair_uint(w, "image", 0);
    syn_cbor_pair_uint(w, "off", offset);
    if (offset == 0) {
        syn_cbor_pair_uint(w, "len", p->size);
        syn_cbor_pair_bytes(w, "sha", p->hash, sizeof p->hash);
    }
    syn_cbor_pair_bytes(w, "data", p->data + offset, size);
}

int syn_session_image_upload(struct syn_session *s, const void *data, size_t size,
                             bool (*progress)(void *user, size_t held, size_t size),
                             syn_session_done done, void *user)
{
    struct syn_pieces *p;
    struct syn_pieces what = {.session = s,
                              .operation = &piece_operation,
                              .first = &first_operation,
                              .put = put,
                              .data = data,
                              .size = size,
                              .progress = progress,
                              .done = done,
                              .user = user};
    syn_sha256(data, size, what.hash);
    int rc = syn_pieces_new(&p, &what);
    return rc ? rc : syn_pieces_begin(p, 0);
}
