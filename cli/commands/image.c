/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Commands `image ...`: firmware images of any SMP device. Those of ours have `firmware` besides.
 */
#include "cli/commands/commands.h"
#include "cli/commands/firmware.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

enum { HASH_DIGITS_MIN = 4 };

static int run_list(struct syn_console *console, const struct syn_call *call,
                    struct syn_error *error)
{
    if (!syn_bench_of(console))
        return SYN_ENOMEM;
    return syn_firmware_show_device(console, syn_call_text(call, "DEVICE"), "image", error);
}

/* ---- image test, image confirm ---- */

static bool begins_with(const struct syn_image_state *image, const char *digits)
{
    char hash[2 * SYN_HASH_SIZE + 1] = "";
    for (size_t i = 0; image->has_hash && i < sizeof image->hash; i++)
        (void)snprintf(hash + 2 * i, 3, "%02x", image->hash[i]);
    size_t n = strlen(digits), i = 0;
    while (i < n && hash[i] && hash[i] == tolower((unsigned char)digits[i]))
        i++;
    return n >= HASH_DIGITS_MIN && i == n;
}

static int find(const struct syn_images *images, const char *digits,
                const struct syn_image_state **found, struct syn_error *error)
{
    unsigned count = 0;
    for (unsigned i = 0; i < images->count; i++)
        if (begins_with(&images->images[i], digits)) {
            *found = &images->images[i];
            count++;
        }
    if (count == 1)
        return 0;
    syn_error_set(error, count ? SYN_EINVAL : SYN_ENOENT, "%s image has a hash that begins with %s",
                  count ? "more than one" : "no", digits);
    syn_error_hint(error, "'image list' shows the hashes; at least %d digits name one",
                   HASH_DIGITS_MIN);
    return error->code;
}

/* What HASH names; without it, `otherwise`, or the words that there is none. */
static int chosen(const struct syn_call *call, const struct syn_images *images,
                  const struct syn_image_state *otherwise, const struct syn_image_state **image,
                  struct syn_error *error)
{
    const char *digits = syn_call_text(call, "HASH");
    *image = otherwise;
    if (digits)
        return find(images, digits, image, error);
    if (otherwise && otherwise->has_hash)
        return 0;
    syn_error_set(error, SYN_ENOENT, "no image lies in the other slot");
    syn_error_hint(error, "image upload puts one there");
    return SYN_ENOENT;
}

static int choose(struct syn_console *console, const struct syn_call *call, bool keep,
                  struct syn_error *error)
{
    struct syn_images images = {0};
    const struct syn_image_state *image;
    struct syn_member *member;
    uint8_t hash[SYN_HASH_SIZE];
    int rc = syn_firmware_member(console, call, "DEVICE", &member, error);
    if (rc == 0)
        rc = syn_firmware_images(member, &images, error);
    if (rc != 0)
        return rc;
    rc = chosen(call, &images, keep ? syn_firmware_active(&images) : syn_firmware_other(&images),
                &image, error);
    if (rc != 0) {
        syn_error_device(error, member->name);
        return rc;
    }
    memcpy(hash, image->hash, sizeof hash);
    bool running = image->active;
    rc = syn_firmware_choose(member, running && keep ? NULL : hash, keep, &images, error);
    image = rc == 0 ? syn_firmware_with(&images, hash) : NULL;
    if (image)
        syn_firmware_tell(console, member, image);
    return rc;
}

static int run_test(struct syn_console *console, const struct syn_call *call,
                    struct syn_error *error)
{
    return choose(console, call, false, error);
}

static int run_confirm(struct syn_console *console, const struct syn_call *call,
                       struct syn_error *error)
{
    return choose(console, call, true, error);
}

/* ---- table ---- */

#define DEVICE                                                                                     \
    {                                                                                              \
        .name = "DEVICE", .kind = SYN_VALUE_DEVICE, .help = "the device"                           \
    }

static const struct syn_command commands[] = {
    {
        .noun = "image",
        .verb = "list",
        .summary = "show the images of a device, and what runs next",
        .args = {DEVICE},
        .run = run_list,
    },
    {
        .noun = "image",
        .verb = "upload",
        .summary = "send an image to a device, of whatever make",
        .details = "Like 'firmware upload', for any SMP device: whether the file is an image for "
                   "it is the device's to say.\nA transfer that was interrupted goes on where it "
                   "was. --test makes the next start run the image once, --confirm\nkeeps it.",
        .args = {DEVICE, {.name = "FILE", .kind = SYN_VALUE_FILE, .help = "the image"}},
        .options = {{.name = "--test", .help = "run it once at the next start"},
                    {.name = "--confirm", .help = "run it from the next start on"},
                    {.name = "--reset", .help = "restart the device, and say what runs then"}},
        .run = syn_image_upload_run,
    },
    {
        .noun = "image",
        .verb = "test",
        .summary = "run an image once, at the next start",
        .args = {DEVICE,
                 {.name = "HASH",
                  .flags = SYN_OPTIONAL,
                  .help = "the beginning of its hash; without it, the image that does not run"}},
        .run = run_test,
    },
    {
        .noun = "image",
        .verb = "confirm",
        .summary = "keep an image",
        .args = {DEVICE,
                 {.name = "HASH",
                  .flags = SYN_OPTIONAL,
                  .help = "the beginning of its hash; without it, the image that runs"}},
        .run = run_confirm,
    },
    {
        .noun = "image",
        .verb = "erase",
        .summary = "empty the slot that does not run",
        .args = {DEVICE},
        .run = syn_firmware_erase_run,
    },
};

const struct syn_command_table syn_commands_image = SYN_COMMAND_TABLE("Any SMP device", commands);
