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

/* ---- firmware test, confirm, erase ---- */

void syn_firmware_tell(struct syn_console *console, const struct syn_member *member,
                       const struct syn_image_state *image)
{
    char words[64], version[64];
    cJSON *json = syn_result_json(&console->result);
    syn_text_clean(version, sizeof version, image->version);
    syn_firmware_words(image, words, sizeof words);
    syn_show_text(json, "device", member->name);
    syn_firmware_show(json, image);
    syn_result_print(&console->result, "%s: %s %s\n", member->name, version, words);
}

static int nothing_to_test(const struct syn_member *member, struct syn_error *error)
{
    syn_error_set(error, SYN_ENOENT, "no image lies in the other slot");
    syn_error_device(error, member->name);
    syn_error_hint(error, "firmware upload %s FILE puts one there", member->name);
    return SYN_ENOENT;
}

static int run_test(struct syn_console *console, const struct syn_call *call,
                    struct syn_error *error)
{
    struct syn_images images = {0};
    struct syn_member *member;
    uint8_t hash[SYN_HASH_SIZE];
    int rc = syn_firmware_member(console, call, "DEVICE", &member, error);
    if (rc == 0)
        rc = syn_firmware_images(member, &images, error);
    if (rc != 0)
        return rc;
    const struct syn_image_state *other = syn_firmware_other(&images);
    if (!other || !other->has_hash)
        return nothing_to_test(member, error);
    memcpy(hash, other->hash, sizeof hash);
    rc = syn_firmware_choose(member, hash, false, &images, error);
    other = syn_firmware_other(&images);
    if (rc == 0 && other)
        syn_firmware_tell(console, member, other);
    return rc;
}

static int run_confirm(struct syn_console *console, const struct syn_call *call,
                       struct syn_error *error)
{
    struct syn_images images = {0};
    struct syn_member *member;
    int rc = syn_firmware_member(console, call, "DEVICE", &member, error);
    if (rc == 0)
        rc = syn_firmware_choose(member, NULL, true, &images, error);
    const struct syn_image_state *active = rc == 0 ? syn_firmware_active(&images) : NULL;
    if (active)
        syn_firmware_tell(console, member, active);
    return rc;
}

int syn_firmware_erase_run(struct syn_console *console, const struct syn_call *call,
                           struct syn_error *error)
{
    struct syn_member *member;
    struct syn_operation op = {.pending = 0};
    int rc = syn_firmware_member(console, call, "DEVICE", &member, error);
    if (rc == 0)
        rc = finish(&op, member, syn_session_image_erase(member->session, syn_operation_done, &op),
                    error);
    if (rc != 0)
        return rc;
    syn_show_text(syn_result_json(&console->result), "device", member->name);
    syn_result_print(&console->result, "%s: the other slot is empty\n", member->name);
    return 0;
}

/* ---- table ---- */

static void devices(struct syn_console *console, struct syn_words *words)
{
    syn_names_list(console, SYN_VALUE_DEVICE, words);
}

#define DEVICE                                                                                     \
    {                                                                                              \
        .name = "DEVICE", .kind = SYN_VALUE_DEVICE, .help = "the device"                           \
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
        .args = {DEVICE,
                 {.name = "FILE", .kind = SYN_VALUE_FILE, .help = "the image, for this board"}},
        .options = {{.name = "--test", .help = "run it once at the next start"},
                    {.name = "--confirm", .help = "run it from the next start on"},
                    {.name = "--reset", .help = "restart the device, and say what runs then"}},
        .run = syn_firmware_upload_run,
    },
    {
        .noun = "firmware",
        .verb = "test",
        .summary = "run the image of the other slot once, at the next start",
        .args = {DEVICE},
        .run = run_test,
    },
    {
        .noun = "firmware",
        .verb = "confirm",
        .summary = "keep the image that runs",
        .args = {DEVICE},
        .run = run_confirm,
    },
    {
        .noun = "firmware",
        .verb = "erase",
        .summary = "empty the slot that does not run",
        .args = {DEVICE},
        .run = syn_firmware_erase_run,
    },
};

const struct syn_command_table syn_commands_firmware = SYN_COMMAND_TABLE("Firmware", commands);
