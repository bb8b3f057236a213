/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Commands `image ...`: firmware images of any SMP device. Those of ours have `firmware` besides.
 */
#include "cli/commands/commands.h"
#include "cli/commands/firmware.h"

static int run_list(struct syn_console *console, const struct syn_call *call,
                    struct syn_error *error)
{
    if (!syn_bench_of(console))
        return SYN_ENOMEM;
    return syn_firmware_show_device(console, syn_call_text(call, "DEVICE"), "image", error);
}

static const struct syn_command commands[] = {
    {
        .noun = "image",
        .verb = "list",
        .summary = "show the images of a device, and what runs next",
        .args = {SYN_FIRMWARE_DEVICE},
        .run = run_list,
    },
    {
        .noun = "image",
        .verb = "upload",
        .summary = "send an image to a device, of whatever make",
        .details = "Like 'firmware upload', for any SMP device: whether the file is an image for "
                   "it is the device's to say.\nA transfer that was interrupted goes on where it "
                   "was. --test makes the next start run the image once, --confirm\nkeeps it.",
        .args = {SYN_FIRMWARE_DEVICE,
                 {.name = "FILE", .kind = SYN_VALUE_FILE, .help = "the image"}},
        .options = SYN_FIRMWARE_UPLOAD_OPTIONS,
        .run = syn_image_upload_run,
    },
    SYN_FIRMWARE_VERBS("image"),
};

const struct syn_command_table syn_commands_image = SYN_COMMAND_TABLE("Any SMP device", commands);
