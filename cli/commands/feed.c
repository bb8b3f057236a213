/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Command `feed`: what a virtual wearable's sensor sees. */
#include "cli/commands/commands.h"
#include "cli/fleet/operation.h"
#include "cli/fleet/runner.h"
#include "cli/output/show.h"
#include "cli/shell/call.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void keep_windows(void *ctx, const struct syn_answer *answer)
{
    *(uint32_t *)ctx = answer->windows;
}

static int check_sensor(const struct syn_member *member, const char *sensor,
                        struct syn_error *error)
{
    if (!(member->hello.features & SYN_FEATURE_FILE_SENSORS)) {
        syn_error_set(error, SYN_EUNSUP, "its sensors are real: only virtual wearables read files");
        syn_error_device(error, member->name);
        return SYN_EUNSUP;
    }
    if (syn_profile_has_sensor(&member->profile, sensor))
        return 0;
    char have[128] = "";
    size_t used = 0;
    for (unsigned i = 0; i < member->profile.sensor_count; i++)
        used += (size_t)snprintf(have + used, sizeof have - used, "%s%s", i ? ", " : "",
                                 member->profile.sensors[i]);
    syn_error_set(error, SYN_ENOENT, "%s has no sensor '%s'", member->name, sensor);
    syn_error_device(error, member->name);
    syn_error_hint(error, "it has: %s", have[0] ? have : "none");
    return SYN_ENOENT;
}

/* While it runs, nobody could tell which window an inference has seen. */
static int check_idle(const struct syn_member *member, struct syn_error *error)
{
    const struct syn_running *running = member->bench->running;
    if (!running || !running->active)
        return 0;
    syn_error_set(error, SYN_EBUSY, "inference is running");
    syn_error_hint(error, "stop it first: stop");
    return SYN_EBUSY;
}

/* The file as the virtual wearable finds it, wherever that was started. */
static int choose_file(const struct syn_call *call, struct syn_feed *feed, struct syn_error *error)
{
    char path[PATH_MAX];
    const char *file = syn_call_text(call, "FILE");
    bool seeded = syn_call_flag(call, "--seeded");
    if (!file == !seeded) {
        syn_error_set(error, SYN_EINVAL, "either a file or --seeded is needed");
        syn_error_hint(error, "for example: feed glasses camera pictures.idx");
        return SYN_EINVAL;
    }
    if (seeded)
        return 0;
    if (!realpath(file, path)) {
        int rc = syn_error_os(error, errno, "cannot read it");
        syn_error_where(error, file, 0, 0);
        return rc;
    }
    if (strlen(path) >= sizeof feed->path)
        return syn_error_set(error, SYN_EINVAL, "the path is too long");
    memcpy(feed->path, path, strlen(path) + 1);
    return 0;
}

static int send_feed(struct syn_member *member, struct syn_feed *feed, struct syn_error *error)
{
    struct syn_operation op = {.answer = keep_windows, .ctx = &feed->windows};
    int rc = syn_operation_started(&op, member,
                                   syn_session_feed(member->session, feed->sensor, feed->path,
                                                    feed->first, syn_operation_done, &op),
                                   error);
    if (rc == 0)
        rc = syn_operation_wait(&op, member->bench->console, error);
    if (rc != 0)
        syn_error_device(error, member->name);
    return rc;
}

static int remember(struct syn_member *member, const struct syn_feed *feed)
{
    for (unsigned i = 0; i < member->feed_count; i++)
        if (strcmp(member->feeds[i].sensor, feed->sensor) == 0) {
            member->feeds[i] = *feed;
            return 0;
        }
    if (member->feed_count == SYN_KINDS_MAX)
        return SYN_ENOMEM;
    member->feeds[member->feed_count++] = *feed;
    return 0;
}

static void show(struct syn_console *console, const struct syn_member *member,
                 const struct syn_feed *feed)
{
    cJSON *json = syn_result_json(&console->result);
    syn_show_text(json, "device", member->name);
    syn_show_text(json, "sensor", feed->sensor);
    syn_show_text(json, "file", feed->path[0] ? feed->path : NULL);
    syn_show_integer(json, "first", feed->first);
    syn_show_integer(json, "windows", feed->windows);
    if (feed->path[0])
        syn_result_print(&console->result, "%s: %s reads %s, %u windows, from number %u on\n",
                         member->name, feed->sensor, feed->path, feed->windows, feed->first);
    else
        syn_result_print(&console->result, "%s: %s gives numbers from a seed\n", member->name,
                         feed->sensor);
}

static int run_feed(struct syn_console *console, const struct syn_call *call,
                    struct syn_error *error)
{
    struct syn_bench *bench = syn_bench_of(console);
    struct syn_member *member = NULL;
    struct syn_feed feed = {.first = (uint32_t)syn_call_integer(call, "--first", 0)};
    int rc = bench ? syn_bench_ours(bench, syn_call_text(call, "NAME"), "it has no file sensors",
                                    &member, error)
                   : SYN_ENOMEM;
    (void)snprintf(feed.sensor, sizeof feed.sensor, "%s", syn_call_text(call, "SENSOR"));
    if (rc == 0)
        rc = check_sensor(member, syn_call_text(call, "SENSOR"), error);
    if (rc == 0)
        rc = check_idle(member, error);
    if (rc == 0)
        rc = choose_file(call, &feed, error);
    if (rc == 0)
        rc = send_feed(member, &feed, error);
    if (rc == 0)
        rc = remember(member, &feed);
    if (rc == 0)
        show(console, member, &feed);
    return rc;
}

static void sensors(struct syn_console *console, struct syn_words *words)
{
    struct syn_bench *bench = syn_bench_of(console);
    for (unsigned i = 0; bench && i < bench->count; i++)
        for (unsigned s = 0; s < bench->members[i]->profile.sensor_count; s++)
            (void)syn_words_add(words, bench->members[i]->profile.sensors[s]);
}

static const struct syn_command commands[] = {
    {
        .noun = "feed",
        .summary = "point a virtual wearable's sensor at a file",
        .details = "Windows are taken from the file one after the other, and from its start again "
                   "at its end: IDX, PGM\nand PPM pictures, WAV sound (16 kHz, 16 bit, mono), CSV "
                   "tables, also packed with gzip; or from a\nfolder of sounds, one window each: "
                   "FOLDER/WORD/NAME.wav, the words in turn. Without a feed, sensors\ngive numbers "
                   "from a seed.",
        .args = {{.name = "NAME", .kind = SYN_VALUE_DEVICE, .help = "the device"},
                 {.name = "SENSOR", .help = "its sensor, as microphone", .complete = sensors},
                 {.name = "FILE",
                  .kind = SYN_VALUE_FILE,
                  .flags = SYN_OPTIONAL,
                  .help = "what the sensor reads, file or folder"}},
        .options = {{.name = "--seeded", .help = "numbers from a seed, as at the start"},
                    {.name = "--first",
                     .value = "N",
                     .kind = SYN_VALUE_INTEGER,
                     .max = 4294967295.0,
                     .help = "number of the window to begin with"}},
        .run = run_feed,
    },
};

const struct syn_command_table syn_commands_feed = SYN_COMMAND_TABLE("Devices", commands);
