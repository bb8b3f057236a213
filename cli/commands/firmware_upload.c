/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Command `firmware upload`. */
#include "cli/commands/firmware.h"

#include "cli/commands/device_record.h"
#include "cli/fleet/connect.h"
#include "cli/fleet/operation.h"
#include "cli/fleet/restart.h"
#include "cli/output/show.h"
#include "cli/output/text.h"
#include "core/base/file.h"
#include "transports/client/image.h"

#include <stdlib.h>
#include <string.h>

enum { TRIES = 3 }; /* connections that may break on the way */

struct transfer {
    struct syn_console *console;
    struct syn_member *member;
    const char *path;
    void *bytes;
    size_t size;
    struct syn_fw_image image;
    char version[SYN_FW_VERSION_TEXT];
    struct syn_progress progress;
    double seconds;
};

/* ---- the file ---- */

static int read_file(struct transfer *t, struct syn_error *error)
{
    int rc = syn_file_read(&t->bytes, &t->size, t->path, SYN_FIRMWARE_MAX, error);
    if (rc != 0)
        return rc;
    rc = syn_fw_check(&t->image, t->bytes, t->size);
    if (rc == SYN_ECORRUPT)
        return syn_error_set(error, rc, "%s: a firmware image that is damaged or not whole",
                             t->path);
    if (rc != 0) {
        syn_error_set(error, SYN_EINVAL, "%s: not a firmware image", t->path);
        syn_error_hint(error, "images end in .img; 'firmware build' makes them");
        return SYN_EINVAL;
    }
    syn_fw_version_text(t->version, &t->image.version);
    return 0;
}

/* ---- the way ---- */

static bool told(void *user, size_t held, size_t size)
{
    struct transfer *t = user;
    syn_progress_update(&t->progress, held, size);
    return !syn_console_stopped(t->console);
}

static bool on_told(void *user, size_t held, size_t size)
{
    const struct syn_operation *op = user;
    return told(op->ctx, held, size);
}

static int send_once(struct transfer *t, struct syn_error *error)
{
    struct syn_operation op = {.ctx = t};
    int rc = syn_operation_started(&op, t->member,
                                   syn_session_image_upload(t->member->session, t->bytes, t->size,
                                                            on_told, syn_operation_done, &op),
                                   error);
    return rc ? rc : syn_operation_wait(&op, t->console, error);
}

/* A link that breaks is opened again; the device goes on where it stands. */
static int send(struct transfer *t, struct syn_error *error)
{
    int64_t start = syn_loop_now();
    syn_console_progress(t->console, &t->progress, "uploading", "B");
    int rc = send_once(t, error);
    for (int i = 1; rc == SYN_ELINK && i < TRIES && !syn_console_stopped(t->console); i++) {
        struct syn_device_record record = {.name = ""};
        (void)syn_device_record_get(t->console, t->member->name, &record, NULL);
        syn_error_clear(error);
        rc = syn_member_connect(t->member, record.profile[0] ? record.profile : NULL, error);
        if (rc == 0)
            rc = send_once(t, error);
    }
    syn_progress_end(&t->progress);
    t->seconds = (double)(syn_loop_now() - start) / 1e9;
    if (syn_console_stopped(t->console))
        rc = syn_console_stop_error(t->console, error);
    return rc;
}

/* ---- what runs ---- */

static int choose(struct transfer *t, const struct syn_call *call, struct syn_error *error)
{
    bool test = syn_call_flag(call, "--test"), confirm = syn_call_flag(call, "--confirm");
    return test || confirm ? syn_firmware_choose(t->member, t->image.hash, confirm, NULL, error)
                           : 0;
}

static int restart(struct transfer *t, struct syn_error *error)
{
    struct syn_device_record record = {.name = ""};
    (void)syn_device_record_get(t->console, t->member->name, &record, NULL);
    return syn_member_restart(t->member, record.profile[0] ? record.profile : NULL, error);
}

static void show(struct transfer *t, const struct syn_images *images, bool sent)
{
    char words[64] = "not there";
    const struct syn_image_state *image = syn_firmware_with(images, t->image.hash);
    cJSON *json = syn_result_json(&t->console->result);
    syn_show_text(json, "device", t->member->name);
    syn_show_text(json, "version", t->version);
    syn_show_integer(json, "bytes", (int64_t)t->size);
    syn_show_bool(json, "sent", sent);
    if (sent)
        syn_show_number(json, "seconds", t->seconds);
    if (image) {
        syn_firmware_show(syn_show_object(json, "image"), image);
        syn_firmware_words(image, words, sizeof words);
    }
    if (sent)
        syn_result_print(&t->console->result, "%s: %zu bytes in %.2f s (%.1f kB/s)\n",
                         t->member->name, t->size, t->seconds, (double)t->size / 1e3 / t->seconds);
    syn_result_print(&t->console->result, "%s: %s %s\n", t->member->name, t->version, words);
    if (syn_firmware_on_trial(images))
        syn_result_print(&t->console->result,
                         "'firmware confirm %s' keeps it, a restart brings the other one back\n",
                         t->member->name);
}

/* After a restart the image must be the one that runs. */
static int check_runs(struct transfer *t, const struct syn_images *images, struct syn_error *error)
{
    const struct syn_image_state *active = syn_firmware_active(images);
    if (active && active->has_hash &&
        memcmp(active->hash, t->image.hash, sizeof t->image.hash) == 0)
        return 0;
    syn_error_set(error, SYN_EDEVICE, "it came back with another image%s%s", active ? ": " : "",
                  active ? active->version : "");
    syn_error_device(error, t->member->name);
    syn_error_hint(error, "'device logs %s' has what its boot loader said", t->member->name);
    return SYN_EDEVICE;
}

static int upload(struct transfer *t, const struct syn_call *call, struct syn_error *error)
{
    struct syn_images images = {0};
    bool chosen = syn_call_flag(call, "--test") || syn_call_flag(call, "--confirm");
    bool reset = syn_call_flag(call, "--reset");
    int rc = syn_firmware_images(t->member, &images, error);
    if (rc != 0)
        return rc;
    const struct syn_image_state *same = syn_firmware_with(&images, t->image.hash);
    if (same && same->active) {
        show(t, &images, false);
        return 0;
    }
    rc = send(t, error);
    if (rc == 0)
        rc = choose(t, call, error);
    if (rc == 0 && reset)
        rc = restart(t, error);
    if (rc == 0)
        rc = syn_firmware_images(t->member, &images, error);
    if (rc == 0 && reset && chosen)
        rc = check_runs(t, &images, error);
    if (rc == 0)
        show(t, &images, true);
    return rc;
}

int syn_firmware_upload_run(struct syn_console *console, const struct syn_call *call,
                            struct syn_error *error)
{
    struct transfer t = {.console = console, .path = syn_call_text(call, "FILE")};
    if (syn_call_flag(call, "--test") && syn_call_flag(call, "--confirm")) {
        syn_error_set(error, SYN_EINVAL, "--test and --confirm do not go together");
        return SYN_EINVAL;
    }
    int rc = syn_firmware_member(console, call, "DEVICE", &t.member, error);
    if (rc == 0)
        rc = read_file(&t, error);
    if (rc == 0) {
        rc = upload(&t, call, error);
        if (rc != 0)
            syn_error_device(error, t.member->name);
    }
    free(t.bytes);
    return rc;
}
