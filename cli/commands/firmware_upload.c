/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Commands `firmware upload`, of images of ours, and `image upload`, of any. */
#include "cli/commands/firmware.h"

#include "cli/commands/device_record.h"
#include "cli/commands/transfer.h"
#include "cli/fleet/restart.h"
#include "cli/output/show.h"
#include "cli/output/text.h"
#include "core/base/file.h"
#include "transports/client/image.h"

#include <stdlib.h>
#include <string.h>

struct upload {
    struct syn_console *console;
    struct syn_member *member;
    const char *path;
    void *bytes;
    size_t size;
    struct syn_fw_image image;
    char version[SYN_FW_VERSION_TEXT];
    const char *noun; /* of the command */
    bool any;         /* whatever it is: the device's own checks count */
    bool known;       /* `image` and `version` are the file's */
    struct syn_transfer way;
};

/* ---- the file ---- */

static int read_file(struct upload *u, struct syn_error *error)
{
    int rc = syn_file_read(&u->bytes, &u->size, u->path, SYN_FIRMWARE_MAX, error);
    if (rc != 0)
        return rc;
    rc = syn_fw_check(&u->image, u->bytes, u->size);
    u->known = rc == 0;
    if (rc != 0 && u->any)
        return 0;
    if (rc == SYN_ECORRUPT)
        return syn_error_set(error, rc, "%s: a firmware image that is damaged or not whole",
                             u->path);
    if (rc != 0) {
        syn_error_set(error, SYN_EINVAL, "%s: not a firmware image", u->path);
        syn_error_hint(error, "images end in .img; 'firmware build' makes them");
        return SYN_EINVAL;
    }
    syn_fw_version_text(u->version, &u->image.version);
    return 0;
}

/* ---- the way ---- */

static int start(struct syn_transfer *way, struct syn_operation *op)
{
    const struct upload *u = way->ctx;
    return syn_session_image_upload(u->member->session, u->bytes, u->size, syn_transfer_told,
                                    syn_operation_done, op);
}

static int send(struct upload *u, struct syn_error *error)
{
    u->way = (struct syn_transfer){
        .console = u->console, .member = u->member, .what = "uploading", .start = start, .ctx = u};
    return syn_transfer_run(&u->way, error);
}

/* Of a file that says nothing to us, the device says what it has made of it. */
static int take_from_device(struct upload *u, struct syn_error *error)
{
    struct syn_images images = {0};
    int rc = u->known ? 0 : syn_firmware_images(u->member, &images, error);
    const struct syn_image_state *other = syn_firmware_other(&images);
    if (rc != 0 || u->known)
        return rc;
    if (!other || !other->has_hash) {
        syn_error_set(error, SYN_EDEVICE, "the device took the file, and lists no image of it");
        syn_error_hint(error, "is %s an image for this device?", u->path);
        return SYN_EDEVICE;
    }
    memcpy(u->image.hash, other->hash, sizeof u->image.hash);
    (void)snprintf(u->version, sizeof u->version, "%s", other->version);
    return 0;
}

/* ---- what runs ---- */

static int choose(struct upload *u, const struct syn_call *call, struct syn_error *error)
{
    bool test = syn_call_flag(call, "--test"), confirm = syn_call_flag(call, "--confirm");
    return test || confirm ? syn_firmware_choose(u->member, u->image.hash, confirm, NULL, error)
                           : 0;
}

static int restart(struct upload *u, struct syn_error *error)
{
    struct syn_device_record record = {.name = ""};
    (void)syn_device_record_get(u->console, u->member->name, &record, NULL);
    return syn_member_restart(u->member, record.profile[0] ? record.profile : NULL, error);
}

static void show(struct upload *u, const struct syn_images *images, bool sent)
{
    char words[64] = "not there";
    const struct syn_image_state *image = syn_firmware_with(images, u->image.hash);
    cJSON *json = syn_result_json(&u->console->result);
    syn_show_text(json, "device", u->member->name);
    syn_show_text(json, "version", u->version);
    syn_show_integer(json, "bytes", (int64_t)u->size);
    syn_show_bool(json, "sent", sent);
    if (sent)
        syn_show_number(json, "seconds", u->way.seconds);
    if (image) {
        syn_firmware_show(syn_show_object(json, "image"), image);
        syn_firmware_words(image, words, sizeof words);
    }
    if (sent)
        syn_result_print(&u->console->result, "%s: %zu bytes in %.2f s (%.1f kB/s)\n",
                         u->member->name, u->size, u->way.seconds,
                         syn_transfer_rate_kb_s(&u->way, u->size));
    syn_result_print(&u->console->result, "%s: %s %s\n", u->member->name, u->version, words);
    if (syn_firmware_on_trial(images))
        syn_result_print(&u->console->result,
                         "'%s confirm %s' keeps it, a restart brings the other one back\n", u->noun,
                         u->member->name);
}

/* After a restart the image must be the one that runs. */
static int check_runs(struct upload *u, const struct syn_images *images, struct syn_error *error)
{
    const struct syn_image_state *active = syn_firmware_active(images);
    if (active && active->has_hash &&
        memcmp(active->hash, u->image.hash, sizeof u->image.hash) == 0)
        return 0;
    syn_error_set(error, SYN_EDEVICE, "it came back with another image%s%s", active ? ": " : "",
                  active ? active->version : "");
    syn_error_device(error, u->member->name);
    syn_error_hint(error, "'device logs %s' has what its boot loader said", u->member->name);
    return SYN_EDEVICE;
}

static int upload(struct upload *u, const struct syn_call *call, struct syn_error *error)
{
    struct syn_images images = {0};
    bool chosen = syn_call_flag(call, "--test") || syn_call_flag(call, "--confirm");
    bool reset = syn_call_flag(call, "--reset");
    int rc = syn_firmware_images(u->member, &images, error);
    if (rc != 0)
        return rc;
    const struct syn_image_state *same =
        u->known ? syn_firmware_with(&images, u->image.hash) : NULL;
    if (same && same->active) {
        show(u, &images, false);
        return 0;
    }
    rc = send(u, error);
    if (rc == 0)
        rc = take_from_device(u, error);
    if (rc == 0)
        rc = choose(u, call, error);
    if (rc == 0 && reset)
        rc = restart(u, error);
    if (rc == 0)
        rc = syn_firmware_images(u->member, &images, error);
    if (rc == 0 && reset && chosen)
        rc = check_runs(u, &images, error);
    if (rc == 0)
        show(u, &images, true);
    return rc;
}

static int run(struct syn_console *console, const struct syn_call *call, const char *noun, bool any,
               struct syn_error *error)
{
    struct upload u = {
        .console = console, .path = syn_call_text(call, "FILE"), .noun = noun, .any = any};
    if (syn_call_flag(call, "--test") && syn_call_flag(call, "--confirm")) {
        syn_error_set(error, SYN_EINVAL, "--test and --confirm do not go together");
        return SYN_EINVAL;
    }
    int rc = syn_firmware_member(console, call, "DEVICE", &u.member, error);
    if (rc == 0)
        rc = read_file(&u, error);
    if (rc == 0) {
        rc = upload(&u, call, error);
        if (rc != 0)
            syn_error_device(error, u.member->name);
    }
    free(u.bytes);
    return rc;
}

int syn_firmware_upload_run(struct syn_console *console, const struct syn_call *call,
                            struct syn_error *error)
{
    return run(console, call, "firmware", false, error);
}

int syn_image_upload_run(struct syn_console *console, const struct syn_call *call,
                         struct syn_error *error)
{
    return run(console, call, "image", true, error);
}
