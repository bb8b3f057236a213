/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Commands `firmware ...`: the table, and the short ones. */
#include "cli/commands/firmware.h"

#include "cli/commands/commands.h"
#include "cli/fleet/operation.h"
#include "cli/output/show.h"
#include "cli/output/text.h"
#include "cli/shell/names.h"
#include "transports/client/image.h"

#include <string.h>

int syn_firmware_member(struct syn_console *console, const struct syn_call *call, const char *arg,
                        struct syn_member **member, struct syn_error *error)
{
    struct syn_bench *bench = syn_bench_of(console);
    *member = NULL;
    return bench ? syn_bench_online(bench, syn_call_text(call, arg), member, error) : SYN_ENOMEM;
}

/* ---- asking ---- */

static void keep_images(void *ctx, const struct syn_answer *answer)
{
    if (ctx)
        *(struct syn_images *)ctx = answer->images;
}

static int finish(struct syn_operation *op, struct syn_member *member, int started,
                  struct syn_error *error)
{
    int rc = syn_operation_started(op, member, started, error);
    if (rc == 0)
        rc = syn_operation_wait(op, member->bench->console, error);
    if (rc != 0)
        syn_error_device(error, member->name);
    if (rc == SYN_EUNSUP)
        syn_error_hint(error, "the device manages no firmware images");
    return rc;
}

int syn_firmware_images(struct syn_member *member, struct syn_images *images,
                        struct syn_error *error)
{
    struct syn_operation op = {.answer = keep_images, .ctx = images};
    return finish(&op, member, syn_session_images(member->session, syn_operation_done, &op), error);
}

int syn_firmware_choose(struct syn_member *member, const uint8_t *hash, bool keep,
                        struct syn_images *images, struct syn_error *error)
{
    struct syn_operation op = {.answer = keep_images, .ctx = images};
    return finish(&op, member,
                  syn_session_image_choose(member->session, hash, keep, syn_operation_done, &op),
                  error);
}

int syn_firmware_erase(struct syn_member *member, struct syn_error *error)
{
    struct syn_operation op = {.pending = 0};
    return finish(&op, member, syn_session_image_erase(member->session, syn_operation_done, &op),
                  error);
}

/* ---- reading ---- */

static const struct syn_image_state *find(const struct syn_images *images, bool active)
{
    for (unsigned i = 0; i < images->count; i++)
        if (images->images[i].image == 0 && images->images[i].active == active)
            return &images->images[i];
    return NULL;
}

const struct syn_image_state *syn_firmware_active(const struct syn_images *images)
{
    return find(images, true);
}

const struct syn_image_state *syn_firmware_other(const struct syn_images *images)
{
    return find(images, false);
}

const struct syn_image_state *syn_firmware_with(const struct syn_images *images,
                                                const uint8_t hash[SYN_HASH_SIZE])
{
    for (unsigned i = 0; i < images->count; i++)
        if (images->images[i].has_hash && memcmp(images->images[i].hash, hash, SYN_HASH_SIZE) == 0)
            return &images->images[i];
    return NULL;
}

bool syn_firmware_on_trial(const struct syn_images *images)
{
    const struct syn_image_state *active = syn_firmware_active(images);
    return active && !active->confirmed;
}

static const char *part_of(const struct syn_image_state *image)
{
    if (image->active)
        return image->confirmed ? "running" : "running, under test";
    if (image->pending)
        return image->permanent ? "runs from the next start on" : "is tested at the next start";
    if (image->confirmed)
        return "comes back at the next start";
    return image->bootable ? "waits" : "cannot run on this device";
}

void syn_firmware_words(const struct syn_image_state *image, char *text, size_t size)
{
    (void)snprintf(text, size, "%s", part_of(image));
}

void syn_firmware_show(cJSON *object, const struct syn_image_state *image)
{
    syn_show_integer(object, "slot", image->slot);
    syn_show_text(object, "version", image->version);
    if (image->has_hash)
        syn_show_hex(object, "hash", image->hash, sizeof image->hash);
    else
        syn_show_text(object, "hash", NULL);
    syn_show_bool(object, "bootable", image->bootable);
    syn_show_bool(object, "pending", image->pending);
    syn_show_bool(object, "confirmed", image->confirmed);
    syn_show_bool(object, "active", image->active);
    syn_show_bool(object, "permanent", image->permanent);
}

/* ---- table ---- */

static void devices(struct syn_console *console, struct syn_words *words)
{
    syn_names_list(console, SYN_VALUE_DEVICE, words);
}

static const struct syn_command commands[] = {
    {
        .noun = "firmware",
        .verb = "build",
        .summary = "build the firmware of a board, or of all",
        .details = "Runs CMake's preset `firmware` in the source tree that this console was built "
                   "from; it needs a cross\ncompiler (Debian: gcc-arm-none-eabi, "
                   "picolibc-arm-none-eabi). The files are in build/firmware there.",
        .args = {{.name = "BOARD",
                  .flags = SYN_OPTIONAL,
                  .help = "the board; without it, all boards",
                  .complete = syn_firmware_boards}},
        .run = syn_firmware_build_run,
    },
    {
        .noun = "firmware",
        .verb = "info",
        .summary = "show a firmware image, or those of a device",
        .details =
            "Of a file: version, board, bytes, hash, and how a debug probe writes it where its "
            "board has one. For the\nFeather that is OpenOCD with target/max78000.cfg, which the "
            "fork analogdevicesinc/openocd has (release\n0.12.0-1.4.0) and Debian's openocd 0.12.0 "
            "has not. Of a device: what lies in its slots, and what runs next.",
        .args = {{.name = "WHAT",
                  .kind = SYN_VALUE_FILE,
                  .help = "a file, or the name of a device that is connected",
                  .complete = devices}},
        .run = syn_firmware_info_run,
    },
    {
        .noun = "firmware",
        .verb = "upload",
        .summary = "send a firmware image to a device",
        .details = "The image goes into the slot that does not run; the device goes on meanwhile. "
                   "A transfer that was interrupted\ngoes on where it was. --test makes the next "
                   "start run the image once: the start after that brings the old one\nback, "
                   "unless it is confirmed (firmware confirm). --confirm keeps it at once.",
        .args = {SYN_FIRMWARE_DEVICE,
                 {.name = "FILE", .kind = SYN_VALUE_FILE, .help = "the image, for this board"}},
        .options = SYN_FIRMWARE_UPLOAD_OPTIONS,
        .run = syn_firmware_upload_run,
    },
    SYN_FIRMWARE_VERBS("firmware"),
};

const struct syn_command_table syn_commands_firmware = SYN_COMMAND_TABLE("Firmware", commands);
