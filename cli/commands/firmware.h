/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the commands `firmware ...` share. */
#ifndef SYN_CLI_COMMANDS_FIRMWARE_H
#define SYN_CLI_COMMANDS_FIRMWARE_H

#include "cli/fleet/bench.h"
#include "cli/shell/call.h"
#include "devices/boot/image.h"

#define SYN_FIRMWARE_MAX (64 << 20) /* bytes of a file */

int syn_firmware_build_run(struct syn_console *console, const struct syn_call *call,
                           struct syn_error *error);
int syn_firmware_info_run(struct syn_console *console, const struct syn_call *call,
                          struct syn_error *error);
/* `image upload` is of any file; the device's own checks count. */
int syn_firmware_upload_run(struct syn_console *console, const struct syn_call *call,
                            struct syn_error *error);
int syn_image_upload_run(struct syn_console *console, const struct syn_call *call,
                         struct syn_error *error);
int syn_firmware_test_run(struct syn_console *console, const struct syn_call *call,
                          struct syn_error *error);
int syn_firmware_confirm_run(struct syn_console *console, const struct syn_call *call,
                             struct syn_error *error);
int syn_firmware_erase_run(struct syn_console *console, const struct syn_call *call,
                           struct syn_error *error);

/* ---- what the tables of `firmware` and `image` share ---- */

#define SYN_FIRMWARE_DEVICE                                                                        \
    {                                                                                              \
        .name = "DEVICE", .kind = SYN_VALUE_DEVICE, .help = "the device"                           \
    }

#define SYN_FIRMWARE_HASH(otherwise)                                                               \
    {                                                                                              \
        .name = "HASH", .flags = SYN_OPTIONAL,                                                     \
        .help = "the beginning of its hash; without it, the image that " otherwise                 \
    }

#define SYN_FIRMWARE_UPLOAD_OPTIONS                                                                \
    {                                                                                              \
        {.name = "--test", .help = "run it once at the next start"},                               \
            {.name = "--confirm", .help = "run it from the next start on"},                        \
            {.name = "--reset", .help = "restart the device, and say what runs then"},             \
    }

#define SYN_FIRMWARE_VERBS(noun_)                                                                  \
    {                                                                                              \
        .noun = (noun_),                                                                           \
        .verb = "test",                                                                            \
        .summary = "run an image once, at the next start",                                         \
        .args = {SYN_FIRMWARE_DEVICE, SYN_FIRMWARE_HASH("does not run")},                          \
        .run = syn_firmware_test_run,                                                              \
    },                                                                                             \
        {                                                                                          \
            .noun = (noun_),                                                                       \
            .verb = "confirm",                                                                     \
            .summary = "keep an image",                                                            \
            .args = {SYN_FIRMWARE_DEVICE, SYN_FIRMWARE_HASH("runs")},                              \
            .run = syn_firmware_confirm_run,                                                       \
        },                                                                                         \
    {                                                                                              \
        .noun = (noun_), .verb = "erase", .summary = "empty the slot that does not run",           \
        .args = {SYN_FIRMWARE_DEVICE}, .run = syn_firmware_erase_run,                              \
    }

/* ---- a device's images ---- */

/* The table of a device's images; `noun` is that of the command. */
int syn_firmware_show_device(struct syn_console *console, const char *name, const char *noun,
                             struct syn_error *error);

/* Boards that firmware is built for, for completion. */
void syn_firmware_boards(struct syn_console *console, struct syn_words *words);

/* The member that an argument names; online. */
int syn_firmware_member(struct syn_console *console, const struct syn_call *call, const char *arg,
                        struct syn_member **member, struct syn_error *error);

/* Asks the device. */
int syn_firmware_images(struct syn_member *member, struct syn_images *images,
                        struct syn_error *error);

/* Chooses what runs next; hash NULL: what runs now. `images` (may be NULL): what it is then. */
int syn_firmware_choose(struct syn_member *member, const uint8_t *hash, bool keep,
                        struct syn_images *images, struct syn_error *error);

/* Empties the slot that does not run. */
int syn_firmware_erase(struct syn_member *member, struct syn_error *error);

/* The image that runs; that of the other slot; that with this hash. NULL where there is none. */
const struct syn_image_state *syn_firmware_active(const struct syn_images *images);
const struct syn_image_state *syn_firmware_other(const struct syn_images *images);
const struct syn_image_state *syn_firmware_with(const struct syn_images *images,
                                                const uint8_t hash[SYN_HASH_SIZE]);

/* "running, under test" and so on. */
void syn_firmware_words(const struct syn_image_state *image, char *text, size_t size);

/* Is it one that a start brings back the other image of, unless it is confirmed? */
bool syn_firmware_on_trial(const struct syn_images *images);

/* Fields of one image, in JSON. */
void syn_firmware_show(cJSON *object, const struct syn_image_state *image);

#endif
