/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What becomes of a device's images: `test`, `confirm` and `erase` of `firmware` and of `image`. */
#include "cli/commands/firmware.h"
#include "cli/output/show.h"
#include "cli/output/text.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

enum { HASH_DIGITS_MIN = 4 };

/* ---- which one ---- */

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

static const struct syn_image_state *find(const struct syn_images *images, const char *digits,
                                          struct syn_error *error)
{
    const struct syn_image_state *found = NULL;
    unsigned count = 0;
    for (unsigned i = 0; i < images->count; i++)
        if (begins_with(&images->images[i], digits)) {
            found = &images->images[i];
            count++;
        }
    if (count == 1)
        return found;
    syn_error_set(error, count ? SYN_EINVAL : SYN_ENOENT, "%s image has a hash that begins with %s",
                  count ? "more than one" : "no", digits);
    syn_error_hint(error, "'image list' shows the hashes; at least %d digits name one",
                   HASH_DIGITS_MIN);
    return NULL;
}

static const struct syn_image_state *other_slot(const struct syn_images *images, const char *noun,
                                                struct syn_error *error)
{
    const struct syn_image_state *image = syn_firmware_other(images);
    if (image && image->has_hash)
        return image;
    syn_error_set(error, SYN_ENOENT, "no image lies in the other slot");
    syn_error_hint(error, "'%s upload' puts one there", noun);
    return NULL;
}

/* The hash of the one that HASH names; without it, of the other slot's. */
static int named(const struct syn_call *call, struct syn_member *member,
                 uint8_t hash[SYN_HASH_SIZE], struct syn_error *error)
{
    const char *digits = syn_call_text(call, "HASH");
    struct syn_images images = {0};
    int rc = syn_firmware_images(member, &images, error);
    if (rc != 0)
        return rc;
    const struct syn_image_state *image =
        digits ? find(&images, digits, error) : other_slot(&images, syn_call_noun(call), error);
    if (!image) {
        syn_error_device(error, member->name);
        return error->code;
    }
    memcpy(hash, image->hash, SYN_HASH_SIZE);
    return 0;
}

/* ---- test, confirm, erase ---- */

static void tell(struct syn_console *console, const struct syn_member *member,
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

static int choose(struct syn_console *console, const struct syn_call *call, bool keep,
                  struct syn_error *error)
{
    const bool running = keep && !syn_call_text(call, "HASH"); /* which needs no name */
    const struct syn_image_state *image = NULL;
    struct syn_images images = {0};
    struct syn_member *member;
    uint8_t hash[SYN_HASH_SIZE];
    int rc = syn_firmware_member(console, call, "DEVICE", &member, error);
    if (rc == 0 && !running)
        rc = named(call, member, hash, error);
    if (rc == 0)
        rc = syn_firmware_choose(member, running ? NULL : hash, keep, &images, error);
    if (rc == 0)
        image = running ? syn_firmware_active(&images) : syn_firmware_with(&images, hash);
    if (image)
        tell(console, member, image);
    return rc;
}

int syn_firmware_test_run(struct syn_console *console, const struct syn_call *call,
                          struct syn_error *error)
{
    return choose(console, call, false, error);
}

int syn_firmware_confirm_run(struct syn_console *console, const struct syn_call *call,
                             struct syn_error *error)
{
    return choose(console, call, true, error);
}

int syn_firmware_erase_run(struct syn_console *console, const struct syn_call *call,
                           struct syn_error *error)
{
    struct syn_member *member;
    int rc = syn_firmware_member(console, call, "DEVICE", &member, error);
    if (rc == 0)
        rc = syn_firmware_erase(member, error);
    if (rc != 0)
        return rc;
    syn_show_text(syn_result_json(&console->result), "device", member->name);
    syn_result_print(&console->result, "%s: the other slot is empty\n", member->name);
    return 0;
}
