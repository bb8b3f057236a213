/* SPDX-License-Identifier: MIT */
/*
 * Group 1, as Zephyr answers it: the images in two slots, uploads into the secondary, and which of
 * them runs next (devices/boot). On a device without slots the firmware that runs is the only
 * image, and there is no slot for another.
 */
#include "devices/agent/dispatch.h"
#include "devices/base/error.h"

#include <string.h>

enum img_rc {
    IMG_ERR_NO_IMAGE = 3,
    IMG_ERR_NO_HASH = 8,
    IMG_ERR_NO_FREE_SLOT = 9,
    IMG_ERR_FLASH_WRITE = 12,
    IMG_ERR_NO_SUCH_SLOT = 14,
    IMG_ERR_NO_OFFSET = 20,
    IMG_ERR_NO_LENGTH = 21,
    IMG_ERR_HEADER = 22,
    IMG_ERR_MAGIC = 23,
    IMG_ERR_HASH = 24,
    IMG_ERR_ADDRESS = 25,
    IMG_ERR_NEWER = 27,
    IMG_ERR_PENDING = 28,
    IMG_ERR_TOO_LARGE = 30,
    IMG_ERR_TOO_MUCH = 31,
    IMG_ERR_TEST_OF_ACTIVE = 33,
};

static void fail_img(struct syn_agent_call *call, enum img_rc rc)
{
    syn_agent_fail(call, SYN_GROUP_IMG, rc, NULL);
}

/* What devices/boot says of an image. */
static void fail_with(struct syn_agent_call *call, int error)
{
    static const struct {
        int error;
        enum img_rc rc;
    } codes[] = {
        {SYN_ENOENT, IMG_ERR_NO_IMAGE}, {SYN_EPROTO, IMG_ERR_MAGIC},
        {SYN_ECORRUPT, IMG_ERR_HASH},   {SYN_EINVAL, IMG_ERR_ADDRESS},
        {SYN_EOOR, IMG_ERR_TOO_LARGE},  {SYN_EIO, IMG_ERR_FLASH_WRITE},
    };
    for (size_t i = 0; i < sizeof codes / sizeof codes[0]; i++) {
        if (codes[i].error == error) {
            fail_img(call, codes[i].rc);
            return;
        }
    }
    syn_agent_fail(call, SYN_GROUP_NONE, SYN_RC_NOTSUP, "the image is for another board");
}

/* ---- state ---- */

struct slot_flags {
    bool bootable, pending, confirmed, active, permanent;
};

static void put_flags(struct syn_cbor_out *out, const struct slot_flags *flags)
{
    syn_cbor_pair_bool(out, "bootable", flags->bootable);
    syn_cbor_pair_bool(out, "pending", flags->pending);
    syn_cbor_pair_bool(out, "confirmed", flags->confirmed);
    syn_cbor_pair_bool(out, "active", flags->active);
    syn_cbor_pair_bool(out, "permanent", flags->permanent);
}

static void put_only_image(struct syn_agent_call *call)
{
    static const struct slot_flags flags = {.bootable = true, .confirmed = true, .active = true};
    struct syn_cbor_out *out = &call->out;
    syn_cbor_put_map(out, 7);
    syn_cbor_pair_uint(out, "slot", SYN_SLOT_PRIMARY);
    syn_cbor_pair_text(out, "version", call->agent->identity.firmware);
    put_flags(out, &flags);
}

static struct slot_flags flags_of(const struct syn_slots *slots, enum syn_slot slot)
{
    const struct syn_slots_state *state = syn_slots_state(slots);
    bool primary = slot == SYN_SLOT_PRIMARY;
    bool trial = state->phase == SYN_SLOTS_TRIAL, asked = state->phase == SYN_SLOTS_REQUESTED;
    return (struct slot_flags){.pending = !primary && asked,
                               .permanent = !primary && asked && state->swap == SYN_SWAP_PERMANENT,
                               .confirmed = primary != trial,
                               .active = primary};
}

/* An image that is whole is listed, also one that cannot run here. */
static void put_slot(struct syn_agent_call *call, enum syn_slot slot)
{
    struct syn_slots *slots = call->agent->port.slots;
    struct slot_flags flags = flags_of(slots, slot);
    char version[SYN_FW_VERSION_TEXT];
    const struct syn_fw_image *image;
    int status = syn_slots_image(slots, slot, &image);
    if (status && status != SYN_EUNSUP && status != SYN_EINVAL)
        return;
    flags.bootable = status == 0;
    flags.confirmed = flags.confirmed && (slot == SYN_SLOT_PRIMARY || flags.bootable);
    syn_fw_version_text(version, &image->version);
    syn_cbor_put_map(&call->out, 8);
    syn_cbor_pair_uint(&call->out, "slot", slot);
    syn_cbor_pair_text(&call->out, "version", version);
    syn_cbor_pair_bytes(&call->out, "hash", image->hash, sizeof image->hash);
    put_flags(&call->out, &flags);
}

static void put_state(struct syn_agent_call *call)
{
    syn_cbor_put_map(&call->out, 1);
    syn_cbor_put_text(&call->out, "images");
    syn_cbor_open_array(&call->out);
    if (!call->agent->port.slots)
        put_only_image(call);
    for (unsigned slot = 0; call->agent->port.slots && slot < SYN_SLOT_COUNT; slot++)
        put_slot(call, slot);
    syn_cbor_close(&call->out);
}

static bool holds(struct syn_slots *slots, enum syn_slot slot, struct syn_span hash)
{
    const struct syn_fw_image *image;
    int status = syn_slots_image(slots, slot, &image);
    return status != SYN_ENOENT && status != SYN_EPROTO && status != SYN_ECORRUPT &&
           hash.size == SYN_SHA256_SIZE && memcmp(hash.data, image->hash, hash.size) == 0;
}

/* The old image of a trial comes back by itself: that is confirmed. */
static void choose_secondary(struct syn_agent_call *call, bool confirm)
{
    struct syn_slots *slots = call->agent->port.slots;
    if (confirm && syn_slots_state(slots)->phase == SYN_SLOTS_TRIAL)
        return;
    int rc = syn_slots_request(slots, confirm);
    if (rc == SYN_ESTATE)
        fail_img(call, IMG_ERR_PENDING);
    else if (rc)
        fail_with(call, rc);
}

static void choose_primary(struct syn_agent_call *call, bool confirm)
{
    int rc = confirm ? syn_slots_confirm(call->agent->port.slots) : 0;
    if (!confirm)
        fail_img(call, IMG_ERR_TEST_OF_ACTIVE);
    else if (rc)
        fail_img(call, rc == SYN_ESTATE ? IMG_ERR_PENDING : IMG_ERR_FLASH_WRITE);
}

/* Clients confirm the running image with the hash null, empty or left out. */
static void choose(struct syn_agent_call *call, struct syn_span hash, bool confirm)
{
    struct syn_slots *slots = call->agent->port.slots;
    if (hash.size == 0 && !confirm)
        fail_img(call, IMG_ERR_HASH);
    else if (hash.size == 0 && !slots)
        return; /* the only one there is */
    else if (hash.size == 0 || (slots && holds(slots, SYN_SLOT_PRIMARY, hash)))
        choose_primary(call, confirm);
    else if (slots && holds(slots, SYN_SLOT_SECONDARY, hash))
        choose_secondary(call, confirm);
    else
        fail_img(call, IMG_ERR_NO_HASH);
}

void syn_agent_img_state(struct syn_agent_call *call)
{
    struct request {
        struct syn_span hash;
        bool confirm;
    } request = {{NULL, 0}, false};
    static const struct syn_cbor_field fields[] = {
        SYN_FIELD(SYN_KEY_BYTES, struct request, hash, "hash"),
        SYN_FIELD(SYN_KEY_BOOL, struct request, confirm, "confirm"),
    };
    if (!syn_agent_read(call, fields, sizeof fields / sizeof fields[0], &request, NULL))
        return;
    if (call->request.op == SYN_SMP_WRITE)
        choose(call, request.hash, request.confirm);
    if (!call->failed)
        put_state(call);
}

/* ---- upload ---- */

struct upload_map {
    uint32_t image, offset, length;
    struct syn_span data, sha;
    bool upgrade;
};

enum { HAS_IMAGE = 1, HAS_OFFSET = 2, HAS_LENGTH = 4 };

static void put_offset(struct syn_agent_call *call, uint32_t offset)
{
    syn_cbor_put_map(&call->out, 1);
    syn_cbor_pair_uint(&call->out, "off", offset);
}

static void put_match(struct syn_agent_call *call, uint32_t offset, bool match)
{
    syn_cbor_put_map(&call->out, 2);
    syn_cbor_pair_uint(&call->out, "off", offset);
    syn_cbor_pair_bool(&call->out, "match", match);
}

static bool is_session(const struct syn_agent_img *img, const struct upload_map *map)
{
    return img->upload.size > 0 && img->upload.size == map->length && map->sha.size > 0 &&
           img->sha_size == map->sha.size && memcmp(img->sha, map->sha.data, map->sha.size) == 0;
}

/* The secondary holds a file with this hash. */
static bool is_there(struct syn_slots *slots, const uint8_t *sha, size_t sha_size, uint32_t length)
{
    const struct syn_slots_map *map = slots->map;
    const struct syn_fw_image *image;
    uint8_t hash[SYN_SHA256_SIZE];
    if (sha_size != SYN_SHA256_SIZE || syn_slots_image(slots, SYN_SLOT_SECONDARY, &image) ||
        image->size != length)
        return false;
    syn_sha256(map->flash->bytes + map->first[SYN_SLOT_SECONDARY] * map->flash->page_bytes, length,
               hash);
    return memcmp(hash, sha, sizeof hash) == 0;
}

static bool is_newer(const struct syn_fw_version *a, const struct syn_fw_version *b)
{
    if (a->major != b->major)
        return a->major > b->major;
    if (a->minor != b->minor)
        return a->minor > b->minor;
    return a->revision > b->revision;
}

/* `upgrade` takes only what is newer than what runs. */
static bool is_wanted(struct syn_slots *slots, const struct upload_map *map)
{
    const struct syn_fw_image *running;
    struct syn_fw_image image;
    return !map->upgrade || syn_slots_image(slots, SYN_SLOT_PRIMARY, &running) ||
           syn_fw_header(&image, map->data.data, map->data.size) ||
           is_newer(&image.version, &running->version);
}

static void begin(struct syn_agent_call *call, const struct upload_map *map)
{
    struct syn_agent_img *img = &call->agent->img;
    struct syn_slots *slots = call->agent->port.slots;
    if (!is_wanted(slots, map)) {
        fail_img(call, IMG_ERR_NEWER);
        return;
    }
    int rc = syn_fw_upload_begin(&img->upload, slots, map->data.data, map->length);
    if (rc == SYN_ESTATE)
        fail_img(call, IMG_ERR_NO_FREE_SLOT);
    else if (rc)
        fail_with(call, rc);
    else {
        img->sha_size = (uint8_t)map->sha.size;
        memcpy(img->sha, map->sha.size ? map->sha.data : img->sha, map->sha.size);
    }
}

/* The piece that is next. */
static void take(struct syn_agent_call *call, const struct upload_map *map)
{
    struct syn_agent_img *img = &call->agent->img;
    struct syn_slots *slots = call->agent->port.slots;
    int rc = syn_fw_upload_write(&img->upload, slots, map->data.data, (uint32_t)map->data.size);
    bool last = img->upload.size == 0;
    if (rc == SYN_EOOR)
        fail_img(call, IMG_ERR_TOO_MUCH);
    else if (rc) {
        img->upload = (struct syn_fw_upload){.size = 0};
        fail_with(call, rc);
    } else if (last && img->sha_size > 0)
        put_match(call, img->upload.offset,
                  is_there(slots, img->sha, img->sha_size, img->upload.offset));
    else
        put_offset(call, img->upload.offset);
}

static void first_piece(struct syn_agent_call *call, const struct upload_map *map, uint32_t seen)
{
    const struct syn_agent_img *img = &call->agent->img;
    if (!(seen & HAS_LENGTH) || map->length == 0)
        fail_img(call, IMG_ERR_NO_LENGTH);
    else if (map->sha.size > SYN_SHA256_SIZE)
        syn_agent_fail(call, SYN_GROUP_NONE, SYN_RC_INVALID, "upload: sha is too long");
    else if (is_session(img, map))
        put_offset(call, img->upload.offset);
    else if (is_there(call->agent->port.slots, map->sha.data, map->sha.size, map->length))
        put_match(call, map->length, true);
    else if (map->data.size < SYN_FW_HEADER)
        fail_img(call, IMG_ERR_HEADER);
    else {
        begin(call, map);
        if (!call->failed)
            take(call, map);
    }
}

void syn_agent_img_upload(struct syn_agent_call *call)
{
    static const struct syn_cbor_field fields[] = {
        SYN_FIELD(SYN_KEY_U32, struct upload_map, image, "image"),
        SYN_FIELD(SYN_KEY_U32, struct upload_map, offset, "off"),
        SYN_FIELD(SYN_KEY_U32, struct upload_map, length, "len"),
        SYN_FIELD(SYN_KEY_BYTES, struct upload_map, data, "data"),
        SYN_FIELD(SYN_KEY_BYTES, struct upload_map, sha, "sha"),
        SYN_FIELD(SYN_KEY_BOOL, struct upload_map, upgrade, "upgrade"),
    };
    const struct syn_agent_img *img = &call->agent->img;
    struct upload_map map = {.image = 0};
    uint32_t seen;
    if (!syn_agent_read(call, fields, sizeof fields / sizeof fields[0], &map, &seen))
        return;
    if (!call->agent->port.slots || map.image > 0)
        fail_img(call, IMG_ERR_NO_FREE_SLOT);
    else if (!(seen & HAS_OFFSET))
        fail_img(call, IMG_ERR_NO_OFFSET);
    else if (map.offset == 0)
        first_piece(call, &map, seen);
    else if (img->upload.size == 0 || map.offset != img->upload.offset)
        put_offset(call, img->upload.offset);
    else
        take(call, &map);
}

/* ---- erase, slots ---- */

void syn_agent_img_erase(struct syn_agent_call *call)
{
    struct request {
        uint32_t slot;
    } request = {SYN_SLOT_SECONDARY};
    static const struct syn_cbor_field fields[] = {
        SYN_FIELD(SYN_KEY_U32, struct request, slot, "slot"),
    };
    struct syn_slots *slots = call->agent->port.slots;
    if (!syn_agent_read(call, fields, sizeof fields / sizeof fields[0], &request, NULL))
        return;
    if (!slots || request.slot >= SYN_SLOT_COUNT) {
        fail_img(call, IMG_ERR_NO_SUCH_SLOT);
        return;
    }
    int rc = request.slot == SYN_SLOT_PRIMARY ? SYN_ESTATE : syn_slots_erase(slots);
    if (rc == SYN_ESTATE)
        fail_img(call, IMG_ERR_NO_FREE_SLOT);
    else if (rc)
        fail_with(call, rc);
    else
        call->agent->img.upload = (struct syn_fw_upload){.size = 0};
}

static void put_slot_info(struct syn_cbor_out *out, enum syn_slot slot, uint32_t bytes)
{
    syn_cbor_put_map(out, slot == SYN_SLOT_SECONDARY ? 3 : 2);
    syn_cbor_pair_uint(out, "slot", slot);
    syn_cbor_pair_uint(out, "size", bytes);
    if (slot == SYN_SLOT_SECONDARY)
        syn_cbor_pair_uint(out, "upload_image_id", 0);
}

void syn_agent_img_slots(struct syn_agent_call *call)
{
    const struct syn_slots *slots = call->agent->port.slots;
    struct syn_cbor_out *out = &call->out;
    if (!slots) {
        syn_agent_fail(call, SYN_GROUP_NONE, SYN_RC_NOTSUP, "this device has no slots");
        return;
    }
    uint32_t bytes = slots->map->slot_pages * slots->map->flash->page_bytes;
    syn_cbor_put_map(out, 1);
    syn_cbor_put_text(out, "images");
    syn_cbor_put_array(out, 1);
    syn_cbor_put_map(out, 3);
    syn_cbor_pair_uint(out, "image", 0);
    syn_cbor_put_text(out, "slots");
    syn_cbor_put_array(out, SYN_SLOT_COUNT);
    for (unsigned slot = 0; slot < SYN_SLOT_COUNT; slot++)
        put_slot_info(out, slot, bytes);
    syn_cbor_pair_uint(out, "max_image_size", bytes);
}
