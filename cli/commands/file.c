/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Commands `file ...`: files of any SMP device that has a file system. */
#include "core/base/file.h"
#include "cli/commands/commands.h"
#include "cli/commands/file_hash.h"
#include "cli/commands/transfer.h"
#include "cli/fleet/smp.h"
#include "cli/output/show.h"
#include "cli/output/text.h"
#include "cli/shell/call.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static const char group[] = "files";

/* One file on its way, in either direction. */
struct copy {
    struct syn_console *console;
    struct syn_member *member;
    const char *path; /* the device's */
    const char *file; /* ours */
    void *bytes;      /* of an upload */
    size_t size;
    size_t held;                 /* by the device before an upload, from the start */
    struct syn_file_fetch fetch; /* of a download */
    struct syn_transfer way;
    char kind[16]; /* of the hash by which the copy was compared; empty: it was not */
};

static int begin(struct copy *c, struct syn_console *console, const struct syn_call *call,
                 struct syn_error *error)
{
    *c = (struct copy){.console = console, .path = syn_call_text(call, "PATH")};
    if (strlen(c->path) > SYN_FILE_NAME_MAX)
        return syn_error_set(error, SYN_EINVAL, "a device's path has at most %d bytes",
                             SYN_FILE_NAME_MAX);
    int rc = syn_smp_member(console, syn_call_text(call, "NAME"), &c->member, error);
    c->way = (struct syn_transfer){.console = console, .member = c->member, .ctx = c};
    return rc;
}

static void show(struct copy *c, bool sent)
{
    cJSON *json = syn_result_json(&c->console->result);
    char path[2 * SYN_FILE_NAME_MAX];
    syn_text_clean(path, sizeof path, c->path);
    syn_show_text(json, "device", c->member->name);
    syn_show_text(json, "path", path);
    syn_show_text(json, "file", c->file);
    syn_show_integer(json, "bytes", (int64_t)c->size);
    syn_show_integer(json, "resumed_at", (int64_t)c->held);
    syn_show_number(json, "seconds", c->way.seconds);
    syn_show_text(json, "compared_by", c->kind[0] ? c->kind : NULL);
    syn_result_print(&c->console->result, "%s: %zu bytes %s %s in %.2f s (%.1f kB/s)%s%s\n",
                     c->member->name, c->size, sent ? "to" : "of", path, c->way.seconds,
                     syn_transfer_rate_kb_s(&c->way, c->size - c->held),
                     c->kind[0]    ? ", the same by "
                     : c->size > 0 ? ", not compared: the device has no hash"
                                   : "",
                     c->kind);
}

/* Both ends have the same bytes, as far as the device can tell. */
static int compare(struct copy *c, const void *bytes, struct syn_error *error)
{
    bool same = true;
    size_t there = c->size;
    int rc = syn_file_same(c->member, c->path, bytes, c->size, &same, c->kind, error);
    if (rc == 0 && !c->kind[0] && syn_file_size(c->member, c->path, &there, NULL) == 0 &&
        there != c->size)
        return syn_error_set(error, SYN_ECORRUPT, "%s: the device holds %zu bytes of %zu", c->path,
                             there, c->size);
    if (rc == 0 && !same)
        rc = syn_error_set(error, SYN_ECORRUPT, "%s: the device holds other bytes, by %s", c->path,
                           c->kind);
    return rc;
}

/* ---- file upload ---- */

static int start_upload(struct syn_transfer *way, struct syn_operation *op)
{
    const struct copy *c = way->ctx;
    size_t held = way->held > c->held ? way->held : c->held;
    if (held == c->size) /* the link broke with the last answer: that piece is sent again */
        held = c->held;
    return syn_session_file_upload(c->member->session, c->path, c->bytes, c->size, held,
                                   syn_transfer_told, syn_operation_done, op);
}

/* An upload that was interrupted goes on where the beginning on the device is that of the file. */
static int find_beginning(struct copy *c, struct syn_error *error)
{
    struct syn_error why = {0};
    size_t there = 0;
    bool same = false;
    char kind[16] = "";
    int rc = syn_file_size(c->member, c->path, &there, &why);
    if (rc == 0 && there > 0 && there < c->size)
        rc = syn_file_same(c->member, c->path, c->bytes, there, &same, kind, &why);
    if (rc == SYN_ELINK) {
        *error = why;
        return rc;
    }
    if (rc == 0 && same && kind[0])
        c->held = there;
    return 0;
}

static int upload(struct copy *c, struct syn_error *error)
{
    int rc = syn_file_read(&c->bytes, &c->size, c->file, SYN_FILE_MAX, error);
    if (rc == 0)
        rc = find_beginning(c, error);
    if (rc != 0)
        return rc;
    c->way.what = "uploading";
    c->way.start = start_upload;
    rc = syn_transfer_run(&c->way, error);
    if (rc == 0)
        rc = compare(c, c->bytes, error);
    if (rc == SYN_EUNSUP)
        syn_error_hint(error, "the firmware of %s has no %s", c->member->name, group);
    return rc;
}

static int run_upload(struct syn_console *console, const struct syn_call *call,
                      struct syn_error *error)
{
    struct copy c;
    int rc = begin(&c, console, call, error);
    if (rc != 0)
        return rc;
    c.file = syn_call_text(call, "FILE");
    rc = upload(&c, error);
    if (rc == 0)
        show(&c, true);
    else
        syn_error_device(error, syn_call_text(call, "NAME"));
    free(c.bytes);
    return rc;
}

/* ---- file download ---- */

static int start_download(struct syn_transfer *way, struct syn_operation *op)
{
    struct copy *c = way->ctx;
    return syn_session_file_download(c->member->session, c->path, &c->fetch, syn_transfer_told,
                                     syn_operation_done, op);
}

static const char *last_part(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

/* Where to: FILE, or the same name here, in FILE where that is a folder. Freed by the caller. */
static char *target(const char *file, const char *path)
{
    struct stat st;
    char *text = NULL;
    bool folder = file && stat(file, &st) == 0 && S_ISDIR(st.st_mode);
    int n = folder ? asprintf(&text, "%s/%s", file, last_part(path))
                   : asprintf(&text, "%s", file ? file : last_part(path));
    return n < 0 ? NULL : text;
}

static int download(struct copy *c, struct syn_error *error)
{
    c->way.what = "downloading";
    c->way.start = start_download;
    int rc = syn_transfer_run(&c->way, error);
    c->size = c->fetch.size;
    if (rc == 0)
        rc = compare(c, c->fetch.data, error);
    if (rc == 0)
        rc = syn_file_write(c->file, c->fetch.data, c->size, error);
    if (rc == SYN_EUNSUP)
        syn_error_hint(error, "the firmware of %s has no %s", c->member->name, group);
    return rc;
}

static int run_download(struct syn_console *console, const struct syn_call *call,
                        struct syn_error *error)
{
    struct copy c;
    int rc = begin(&c, console, call, error);
    if (rc != 0)
        return rc;
    char *file = target(syn_call_text(call, "FILE"), c.path);
    c.file = file;
    rc = file && *last_part(file)
             ? download(&c, error)
             : syn_error_set(error, SYN_EINVAL, "%s: no name for the file here", c.path);
    if (rc == 0)
        show(&c, false);
    else
        syn_error_device(error, syn_call_text(call, "NAME"));
    free(c.fetch.data);
    free(file);
    return rc;
}

/* ---- file info ---- */

static int run_info(struct syn_console *console, const struct syn_call *call,
                    struct syn_error *error)
{
    struct copy c;
    char path[2 * SYN_FILE_NAME_MAX], digits[2 * 64 + 1] = "";
    struct syn_file_state state = {.bytes = 0};
    int rc = begin(&c, console, call, error);
    if (rc == 0)
        rc = syn_file_size(c.member, c.path, &c.size, error);
    if (rc == 0)
        rc = syn_file_state(c.member, c.path, &state, error);
    if (rc != 0) {
        syn_error_device(error, syn_call_text(call, "NAME"));
        return rc;
    }
    cJSON *json = syn_result_json(&console->result);
    syn_text_clean(path, sizeof path, c.path);
    syn_file_digits(&state, digits, sizeof digits);
    syn_show_text(json, "device", c.member->name);
    syn_show_text(json, "path", path);
    syn_show_integer(json, "bytes", (int64_t)c.size);
    syn_show_text(json, "hash", digits[0] ? digits : NULL);
    syn_show_text(json, "kind", digits[0] ? state.kind : NULL);
    syn_result_print(&console->result, "%s: %zu bytes%s%s%s%s\n", path, c.size,
                     digits[0] ? ", " : "", digits[0] ? state.kind : "", digits[0] ? " " : "",
                     digits);
    return 0;
}

/* ---- table ---- */

#define NAME                                                                                       \
    {                                                                                              \
        .name = "NAME", .kind = SYN_VALUE_DEVICE, .help = "the device"                             \
    }
#define PATH                                                                                       \
    {                                                                                              \
        .name = "PATH", .help = "the file on the device, for example /lfs/log.txt"                 \
    }

static const struct syn_command commands[] = {
    {
        .noun = "file",
        .verb = "upload",
        .summary = "copy a file to a device",
        .details = "An upload that was interrupted goes on where the beginning on the device is "
                   "that of the file. Afterwards both\nare compared by a hash, where the device "
                   "has one.",
        .args = {NAME, {.name = "FILE", .kind = SYN_VALUE_FILE, .help = "the file here"}, PATH},
        .run = run_upload,
    },
    {
        .noun = "file",
        .verb = "download",
        .summary = "copy a file from a device",
        .details = "The file appears when it is complete, and as long as it is not, an older one "
                   "of that name stays as it is.",
        .args = {NAME,
                 PATH,
                 {.name = "FILE",
                  .kind = SYN_VALUE_FILE,
                  .flags = SYN_OPTIONAL,
                  .help = "the file or folder here; without it, the same name in this folder"}},
        .run = run_download,
    },
    {
        .noun = "file",
        .verb = "info",
        .summary = "show size and hash of a file on a device",
        .args = {NAME, PATH},
        .run = run_info,
    },
};

const struct syn_command_table syn_commands_file = SYN_COMMAND_TABLE("Any SMP device", commands);
