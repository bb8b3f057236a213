/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Command `firmware info`. */
#include "cli/commands/firmware.h"

#include "cli/fleet/operation.h"
#include "cli/output/show.h"
#include "cli/output/text.h"
#include "core/base/file.h"
#include "devices/base/bytes.h"
#include "transports/client/image.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ---- a file ---- */

static void fact(struct syn_console *console, struct syn_table *table, const char *key,
                 const char *value)
{
    syn_show_text(syn_result_json(&console->result), key, value);
    syn_table_text(table, key);
    syn_table_text(table, value);
}

/* The boot loader that belongs to the image, where it lies beside it; else empty. */
static void find_boot(const char *path, const char *board, char *boot, size_t size)
{
    const char *end = strrchr(path, '/');
    int folder = end ? (int)(end - path + 1) : 0;
    int n = snprintf(boot, size, "%.*ssynergy-boot-%s.elf", folder, path, board);
    if (n < 0 || n >= (int)size || access(boot, R_OK) != 0)
        boot[0] = '\0';
}

/* How a probe writes it. A raw image needs its address; a program knows where it belongs. */
static void show_probe(struct syn_console *console, const char *boot, const char *path,
                       const char *address)
{
    char line[1024];
    (void)snprintf(line, sizeof line,
                   "openocd -f interface/cmsis-dap.cfg -f target/max78000.cfg %s%s%s"
                   "-c \"program %s%s%s verify reset exit\"",
                   boot[0] ? "-c \"program " : "", boot, boot[0] ? " verify\" " : "", path,
                   address ? " " : "", address ? address : "");
    syn_show_text(syn_result_json(&console->result), "openocd", line);
    syn_result_print(&console->result, "\nto write it with a probe:\n  %s\n", line);
}

static bool is_feather(const char *text)
{
    return strstr(text, "max78000") != NULL;
}

static void show_image(struct syn_console *console, const char *path,
                       const struct syn_fw_image *image)
{
    static const struct syn_column columns[] = {{.title = "IMAGE"}, {.title = "", .shrinks = true}};
    struct syn_table *table = syn_table_new(columns, 2);
    cJSON *json = syn_result_json(&console->result);
    char version[SYN_FW_VERSION_TEXT], board[64], address[16];
    char boot[512], hash[2 * SYN_SHA256_SIZE + 1] = "";
    syn_fw_version_text(version, &image->version);
    syn_text_clean(board, sizeof board, image->board);
    (void)snprintf(address, sizeof address, "0x%08x", image->load);
    for (size_t i = 0; i < SYN_SHA256_SIZE; i++)
        (void)snprintf(hash + 2 * i, 3, "%02x", image->hash[i]);
    syn_show_text(json, "file", path);
    fact(console, table, "version", version);
    fact(console, table, "board", board[0] ? board : NULL);
    syn_show_integer(json, "bytes", image->size);
    syn_table_text(table, "bytes");
    syn_table_format(table, "%u", image->size);
    fact(console, table, "address", address);
    fact(console, table, "hash", hash);
    syn_result_table(&console->result, table);
    syn_table_free(table);
    if (!is_feather(image->board))
        return;
    find_boot(path, image->board, boot, sizeof boot);
    show_probe(console, boot, path, address);
}

static bool is_program(const uint8_t *bytes, size_t size)
{
    static const uint8_t magic[] = {0x7f, 'E', 'L', 'F', 1, 1};
    enum { MACHINE = 18, HEADER = 52, ARM = 40 };
    return size >= HEADER && memcmp(bytes, magic, sizeof magic) == 0 &&
           syn_get_le16(bytes + MACHINE) == ARM;
}

static void show_program(struct syn_console *console, const char *path, size_t size)
{
    cJSON *json = syn_result_json(&console->result);
    syn_show_text(json, "file", path);
    syn_show_text(json, "kind", "program");
    syn_show_integer(json, "bytes", (int64_t)size);
    syn_result_print(&console->result,
                     "%s: a program for ARM (ELF), which a probe or an emulator loads; images to "
                     "upload end in .img\n",
                     path);
    /* An agent without its header would not be started: only boot loaders are written so. */
    if (is_feather(path) && strstr(path, "boot-"))
        show_probe(console, "", path, NULL);
}

static int show_file(struct syn_console *console, const char *path, struct syn_error *error)
{
    struct syn_fw_image image;
    void *bytes = NULL;
    size_t size;
    int rc = syn_file_read(&bytes, &size, path, SYN_FIRMWARE_MAX, error);
    if (rc != 0) {
        syn_error_hint(error, "it is neither a file nor a device that is connected");
        return rc;
    }
    rc = syn_fw_check(&image, bytes, size);
    if (rc == SYN_EPROTO && is_program(bytes, size)) {
        show_program(console, path, size);
        rc = 0;
    } else if (rc == 0) {
        show_image(console, path, &image);
    } else if (rc == SYN_ECORRUPT) {
        (void)syn_error_set(error, rc, "%s: a firmware image that is damaged or not whole", path);
    } else {
        rc = syn_error_set(error, SYN_EINVAL, "%s: not a firmware image", path);
    }
    free(bytes);
    return rc;
}

/* ---- a device ---- */

static void add_row(struct syn_table *table, const struct syn_image_state *image, uint32_t slot)
{
    char words[64], hash[2 * 8 + 1] = "";
    for (size_t i = 0; image->has_hash && i < 8; i++)
        (void)snprintf(hash + 2 * i, 3, "%02x", image->hash[i]);
    syn_firmware_words(image, words, sizeof words);
    syn_table_format(table, "%u", image->slot);
    syn_table_text(table, image->version);
    syn_table_text(table, words);
    syn_table_text(table, hash);
    if (slot > 0)
        syn_table_format(table, "%u", slot);
    else
        syn_table_text(table, NULL);
}

static void show_images(struct syn_console *console, const struct syn_member *member,
                        const char *noun, const struct syn_images *images,
                        const struct syn_image_slots *slots)
{
    static const struct syn_column columns[] = {{.title = "SLOT", .right = true},
                                                {.title = "VERSION"},
                                                {.title = "WHAT"},
                                                {.title = "HASH"},
                                                {.title = "SLOT BYTES", .right = true}};
    struct syn_table *table = syn_table_new(columns, 5);
    cJSON *json = syn_result_json(&console->result);
    syn_show_text(json, "device", member->name);
    cJSON *list = syn_show_array(json, "images");
    for (unsigned i = 0; i < images->count; i++) {
        const struct syn_image_state *image = &images->images[i];
        uint32_t bytes = image->image == 0 && image->slot < 2 ? slots->bytes[image->slot] : 0;
        cJSON *object = syn_show_object(list, NULL);
        syn_firmware_show(object, image);
        syn_show_integer(object, "slot_bytes", bytes);
        add_row(table, image, bytes);
    }
    syn_result_table(&console->result, table);
    syn_table_free(table);
    if (syn_firmware_on_trial(images))
        syn_result_print(&console->result,
                         "\nunder test: '%s confirm %s' keeps it, a restart brings the other "
                         "one back\n",
                         noun, member->name);
}

static void keep_slots(void *ctx, const struct syn_answer *answer)
{
    *(struct syn_image_slots *)ctx = answer->image_slots;
}

/* Many devices do not tell their slots' sizes: then they are left out. */
static int ask_slots(struct syn_member *member, struct syn_image_slots *slots,
                     struct syn_error *error)
{
    struct syn_operation op = {.answer = keep_slots, .ctx = slots};
    int rc = syn_operation_started(
        &op, member, syn_session_image_slots(member->session, syn_operation_done, &op), error);
    if (rc == 0)
        rc = syn_operation_wait(&op, member->bench->console, error);
    return rc == SYN_ELINK ? rc : 0;
}

int syn_firmware_show_device(struct syn_console *console, const char *name, const char *noun,
                             struct syn_error *error)
{
    struct syn_images images = {0};
    struct syn_image_slots slots = {.bytes = {0, 0}};
    struct syn_member *member;
    int rc = syn_bench_online(syn_bench_of(console), name, &member, error);
    if (rc == 0)
        rc = syn_firmware_images(member, &images, error);
    if (rc == 0)
        rc = ask_slots(member, &slots, error);
    if (rc != 0)
        return rc;
    syn_error_clear(error);
    show_images(console, member, noun, &images, &slots);
    return 0;
}

int syn_firmware_info_run(struct syn_console *console, const struct syn_call *call,
                          struct syn_error *error)
{
    struct syn_bench *bench = syn_bench_of(console);
    const char *what = syn_call_text(call, "WHAT");
    return bench && syn_bench_find(bench, what)
               ? syn_firmware_show_device(console, what, "firmware", error)
               : show_file(console, what, error);
}
