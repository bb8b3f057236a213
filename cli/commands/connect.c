/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Commands `connect` and `disconnect`. */
#include "cli/fleet/connect.h"
#include "cli/commands/commands.h"
#include "cli/commands/connect_uri.h"
#include "cli/commands/device_record.h"
#include "cli/data.h"
#include "cli/fleet/ids.h"
#include "cli/output/show.h"
#include "cli/output/text.h"
#include "cli/shell/call.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

/* ---- what completes ---- */

static void add_profile(void *ctx, const char *profile)
{
    (void)syn_words_add(ctx, profile);
}

static void profiles(struct syn_console *console, struct syn_words *words)
{
    (void)console;
    syn_data_each("profiles", add_profile, words);
}

static void all_word(struct syn_console *console, struct syn_words *words)
{
    (void)console;
    (void)syn_words_add(words, "all");
}

/* ---- connect ---- */

/* What the line says, else what the registry knows. */
static int find_target(struct syn_console *console, const struct syn_call *call,
                       struct syn_device_record *record, struct syn_error *error)
{
    const char *name = syn_call_text(call, "NAME");
    const char *uri = syn_call_text(call, "URI");
    const char *profile = syn_call_text(call, "--profile");
    int rc = syn_device_name_check(name, error);
    if (rc != 0)
        return rc;
    if (uri && strlen(uri) >= sizeof record->uri)
        return syn_error_set(error, SYN_EINVAL, "the URI has more than %zu bytes",
                             sizeof record->uri - 1);
    if (uri)
        rc = syn_connect_uri_check(uri, error);
    if (rc != 0)
        return rc;
    if (uri) {
        (void)snprintf(record->name, sizeof record->name, "%s", name);
        (void)snprintf(record->uri, sizeof record->uri, "%s", uri);
    } else {
        rc = syn_device_record_get(console, name, record, error);
        if (rc == SYN_ENOENT && strncmp(error->hint, "did you mean", 12) != 0)
            syn_error_hint(error,
                           "say what to connect to: connect %s URI, for example connect %s "
                           "sim:max78000-feather; 'help connect' lists the kinds",
                           name, name);
    }
    if (profile)
        (void)snprintf(record->profile, sizeof record->profile, "%s", profile);
    return rc;
}

static int refuse_online(struct syn_bench *bench, const char *name, struct syn_error *error)
{
    struct syn_member *member = syn_bench_find(bench, name);
    if (!member || member->state != SYN_MEMBER_ONLINE)
        return 0;
    syn_error_set(error, SYN_EBUSY, "%s is connected already, to %s", member->name, member->uri);
    syn_error_device(error, member->name);
    syn_error_hint(error, "disconnect %s first, or choose another name", member->name);
    return SYN_EBUSY;
}

static void show_kinds(cJSON *json, const char *key, char kinds[][SYN_KIND_MAX], unsigned count)
{
    cJSON *list = syn_show_array(json, key);
    for (unsigned i = 0; list && i < count; i++)
        (void)cJSON_AddItemToArray(list, cJSON_CreateString(kinds[i]));
}

static void show_foreign(struct syn_console *console, const struct syn_member *member)
{
    char about[SYN_FOREIGN_ABOUT], firmware[64];
    syn_text_clean(about, sizeof about, member->smp.about);
    syn_text_clean(firmware, sizeof firmware, member->hello.firmware);
    syn_result_print(&console->result, "%s: SMP device%s%s%s%s\n", member->name,
                     about[0] ? ", " : "", about, firmware[0] ? ", firmware " : "", firmware);
}

static void show_connected(struct syn_console *console, struct syn_member *member)
{
    cJSON *json = syn_result_json(&console->result);
    char part[64], firmware[64];
    syn_text_clean(part, sizeof part, member->hello.part);
    syn_text_clean(firmware, sizeof firmware, member->hello.firmware);
    syn_show_text(json, "name", member->name);
    syn_show_text(json, "state", "online");
    syn_show_text(json, "uri", member->uri);
    syn_show_text(json, "kind", syn_member_kind(member));
    if (member->foreign)
        syn_show_text(json, "about", member->smp.about);
    syn_show_text(json, "profile", member->foreign ? NULL : member->profile.name);
    syn_show_text(json, "part", member->hello.part);
    syn_show_text(json, "firmware", member->hello.firmware);
    show_kinds(json, "sensors", member->profile.sensors, member->profile.sensor_count);
    show_kinds(json, "actuators", member->profile.actuators, member->profile.actuator_count);
    if (member->foreign)
        show_foreign(console, member);
    else
        syn_result_print(&console->result, "%s: %s, %s, firmware %s\n", member->name, part,
                         member->profile.name, firmware);
}

static void show_twin(struct syn_console *console, const struct syn_member *member)
{
    const struct syn_member *twin = syn_ids_twin(member);
    if (!twin)
        return;
    syn_show_text(syn_result_json(&console->result), "same_id_as", twin->name);
    syn_result_print(&console->result,
                     "%s: has the id of %s, '%s': if it is one device, keep one of the two, or "
                     "plans count it twice; if they are two, give one another id, or no wire "
                     "between them is found\n",
                     member->name, twin->name, member->hello.id);
}

/* How it is connected, where that is not as one might expect. */
static void show_note(struct syn_console *console, const struct syn_member *member)
{
    const char *note = member->session ? syn_client_note(syn_session_client(member->session)) : "";
    if (!note[0])
        return;
    syn_show_text(syn_result_json(&console->result), "note", note);
    syn_result_print(&console->result, "%s: %s\n", member->name, note);
}

static int run_connect(struct syn_console *console, const struct syn_call *call,
                       struct syn_error *error)
{
    struct syn_bench *bench = syn_bench_of(console);
    struct syn_device_record record = {.name = ""};
    int rc = bench ? 0 : SYN_ENOMEM;
    if (rc == 0)
        rc = refuse_online(bench, syn_call_text(call, "NAME"), error);
    if (rc == 0)
        rc = find_target(console, call, &record, error);
    if (rc != 0)
        return rc;
    struct syn_member *member = syn_bench_find(bench, record.name);
    if (member)
        syn_bench_remove(bench, member);
    member = syn_bench_add(bench, record.name, record.uri, error);
    if (!member)
        return error->code;
    rc = syn_member_connect(member, record.profile[0] ? record.profile : NULL, error);
    if (rc == 0)
        rc = syn_device_record_put(console, &record, error);
    if (rc != 0) {
        syn_bench_remove(bench, member);
        return rc;
    }
    /* For `wait`; the user has asked for it and sees the result. */
    syn_event_add(&console->events, SYN_EVENT_JOIN, member->name, "connected");
    show_connected(console, member);
    show_note(console, member);
    show_twin(console, member);
    return 0;
}

/* ---- disconnect ---- */

static void disconnect(struct syn_console *console, struct syn_bench *bench,
                       struct syn_member *member, cJSON *names)
{
    bool online = member->state == SYN_MEMBER_ONLINE;
    char name[SYN_DEVICE_NAME];
    (void)snprintf(name, sizeof name, "%s", member->name);
    if (member->spawn)
        syn_spawn_ask_to_end(member->spawn);
    syn_bench_remove(bench, member);
    (void)cJSON_AddItemToArray(names, cJSON_CreateString(name));
    syn_result_print(&console->result, "%s: disconnected\n", name);
    if (online)
        syn_event_add(&console->events, SYN_EVENT_LEAVE, name, "disconnected");
}

static int run_disconnect(struct syn_console *console, const struct syn_call *call,
                          struct syn_error *error)
{
    struct syn_bench *bench = syn_bench_of(console);
    const char *name = syn_call_text(call, "NAME|all");
    if (!bench)
        return SYN_ENOMEM;
    struct syn_member *member = syn_bench_find(bench, name);
    bool all = strcasecmp(name, "all") == 0;
    if (!all && !member)
        return syn_bench_online(bench, name, &member, error);
    cJSON *names = syn_show_array(syn_result_json(&console->result), "disconnected");
    for (unsigned i = 0; all && i < bench->count; i++)
        if (bench->members[i]->spawn)
            syn_spawn_ask_to_end(bench->members[i]->spawn);
    if (!all)
        disconnect(console, bench, member, names);
    while (all && bench->count > 0)
        disconnect(console, bench, bench->members[bench->count - 1], names);
    return 0;
}

static const struct syn_command commands[] = {
    {
        .noun = "connect",
        .summary = "connect to a device, and register it under a name",
        .details =
            "sim:PROFILE[?wear=KIND&speed=S&skew=UNIT=F,..&store=BYTES&battery=PERCENT&files=FOLDER"
            "&radio=off&pair=WIRE[@BAUD],..]\nis a virtual wearable, started for you; those that "
            "name the same WIRE are wired to each other.\n"
            "serial:PORT[?baud=N&max=N] is a serial port: a path, a name in /dev, or "
            "VID:PID[:SERIAL] of a USB adapter.\nThe line begins at baud, 115200, and goes up to "
            "max, 3000000, where both ends can; max=baud stays.\n"
            "ble:ADDR|NAME[?type=public|random&adapter=hciN&via=coc|gatt] is a Bluetooth LE "
            "device; 'ble scan' finds them.\n"
            "tcp:HOST:PORT (ser2net), unix:SOCKET, pty:TERMINAL and exec:COMMAND lead to what "
            "speaks there.\n"
            "qemu:BOARD[?number=N&icount=N&image=FILE&flash=FILE&hci=SOCKET&pair=SOCKET] is "
            "firmware in QEMU; the board is\nmps2-an386, mps2-an505 or mps3-an547. flash=FILE "
            "keeps what it has in flash; a new FILE gets the image.\n"
            "fault:OPTIONS:URI is any of these but sim: that loses, changes or delays what "
            "passes, on purpose; synergy(1) has\nthe options. A URI with blanks is quoted: "
            "'exec:ssh lab cat /dev/ttyUSB0'.\n"
            "A name that stands for a body place (earbud, glasses, watch, ring) gives a virtual "
            "wearable its sensors and\nactuators. A device without our agent that speaks SMP is "
            "connected, too: for device, stat, image, file and shell.",
        .args = {{.name = "NAME", .kind = SYN_VALUE_DEVICE, .help = "the name used from then on"},
                 {.name = "URI",
                  .kind = SYN_VALUE_URI,
                  .flags = SYN_OPTIONAL,
                  .help = "what to connect to; without it, what NAME was connected to before",
                  .complete = syn_connect_uri_words}},
        .options = {{.name = "--profile",
                     .value = "P",
                     .help = "figures to plan with, instead of those that the device names",
                     .complete = profiles}},
        .run = run_connect,
    },
    {
        .noun = "disconnect",
        .summary = "end the connection to a device; it stays registered",
        .args = {{.name = "NAME|all",
                  .kind = SYN_VALUE_DEVICE,
                  .help = "the device, or all of them",
                  .complete = all_word}},
        .run = run_disconnect,
    },
};

const struct syn_command_table syn_commands_connect = SYN_COMMAND_TABLE("Devices", commands);
