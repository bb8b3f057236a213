/* SPDX-License-Identifier: MIT */
/* synergy-agent: a virtual wearable as a process of its own. Exit: 0 on SIGTERM or SIGINT, 1 out of
 * memory or the loop failed, 2 usage, 3 no such file, 4 cannot listen. */
#include "devices/base/hash.h"
#include "devices/ports/posix/bluetooth.h"
#include "devices/ports/posix/files.h"
#include "devices/ports/posix/hosts.h"
#include "devices/ports/posix/options.h"
#include "devices/ports/posix/wearable.h"
#include "devices/profiles/profile.h"
#include "devices/wire/smp.h"

#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <unistd.h>

enum exit_class { EXIT_OTHER = 1, EXIT_USAGE = 2, EXIT_NO_FILE = 3, EXIT_LISTEN = 4 };

enum { FOLDER_SIZE = 512, PATH_SIZE = 1024, KINDS_SIZE = SYN_KINDS_MAX * (SYN_KIND_MAX + 1) };

struct program {
    struct syn_options options;
    struct syn_profile profile;
    struct syn_parts parts; /* that the profile describes */
    char id[32], sensors[KINDS_SIZE], actuators[KINDS_SIZE];
    struct syn_loop *loop;
    struct syn_hosts hosts;
    struct syn_bluetooth *bluetooth; /* NULL: none */
    struct syn_folder folder;
    struct syn_wearable *wearable;
    bool restart;
};

static int fail(enum exit_class class, const struct syn_error *error)
{
    (void)fprintf(stderr, "synergy-agent: ");
    if (error->file[0] && error->line > 0)
        (void)fprintf(stderr, "%s:%d:%d: ", error->file, error->line, error->column);
    else if (error->file[0])
        (void)fprintf(stderr, "%s: ", error->file);
    (void)fprintf(stderr, "%s\n", error->message);
    if (error->hint[0])
        (void)fprintf(stderr, "  %s\n", error->hint);
    return (int)class;
}

__attribute__((format(printf, 2, 3))) static void say(const struct program *p, const char *format,
                                                      ...)
{
    va_list args;
    if (p->options.verbose == 0)
        return;
    va_start(args, format);
    (void)vfprintf(stderr, format, args);
    va_end(args);
}

/* ---- profiles ---- */

/* Folder `index` where profiles are kept; false behind the last. */
static bool profile_folder(unsigned index, char folder[FOLDER_SIZE])
{
    const char *xdg = getenv("XDG_DATA_HOME"), *home = getenv("HOME");
    switch (index) {
    case 0:
        if (xdg && xdg[0])
            (void)snprintf(folder, FOLDER_SIZE, "%s/synergy/profiles", xdg);
        else
            (void)snprintf(folder, FOLDER_SIZE, "%s/.local/share/synergy/profiles",
                           home ? home : "");
        return true;
    case 1:
        (void)snprintf(folder, FOLDER_SIZE, "%s/profiles", SYN_DATA_DIR);
        return true;
    case 2:
        (void)snprintf(folder, FOLDER_SIZE, "%s/devices/profiles", SYN_SOURCE_DIR);
        return true;
    default:
        return false;
    }
}

static bool is_file_name(const char *name)
{
    size_t n = strlen(name);
    return strchr(name, '/') || (n > 5 && strcmp(name + n - 5, ".json") == 0);
}

/* The file of a board ("") or wearable kind ("wear/") by its name. */
static int find_profile(const char *sub, const char *name, char path[PATH_SIZE],
                        struct syn_error *error)
{
    char folder[FOLDER_SIZE];
    if (is_file_name(name)) {
        (void)snprintf(path, PATH_SIZE, "%s", name);
        return 0;
    }
    for (unsigned i = 0; profile_folder(i, folder); i++) {
        (void)snprintf(path, PATH_SIZE, "%s/%s%.64s.json", folder, sub, name);
        if (access(path, R_OK) == 0)
            return 0;
    }
    (void)syn_error_set(error, SYN_ENOENT, "no profile '%s%s'", sub, name);
    syn_error_hint(error,
                   "looked in ~/.local/share/synergy/profiles, %s/profiles and %s/devices/profiles",
                   SYN_DATA_DIR, SYN_SOURCE_DIR);
    return SYN_ENOENT;
}

static int read_profile(struct program *p, struct syn_error *error)
{
    const struct syn_options *o = &p->options;
    char path[PATH_SIZE];
    int rc = find_profile("", o->profile, path, error);
    if (rc == 0)
        rc = syn_profile_read(&p->profile, &p->parts, path, error);
    if (rc == 0 && o->wear)
        rc = find_profile("wear/", o->wear, path, error);
    if (rc == 0 && o->wear)
        rc = syn_profile_wear(&p->profile, path, error);
    if (rc == 0 && o->skew)
        rc = syn_profile_skew(&p->profile.timing, o->skew, error);
    return rc;
}

/* ---- identity ---- */

static void join_kinds(char *to, char kinds[SYN_KINDS_MAX][SYN_KIND_MAX], unsigned count)
{
    size_t at = 0;
    to[0] = 0;
    for (unsigned i = 0; i < count; i++)
        at += (size_t)snprintf(to + at, KINDS_SIZE - at, "%s%s", i ? "," : "", kinds[i]);
}

/* Made from what it listens on, so that the same command line gives the same device. */
static void make_id(struct program *p)
{
    const struct syn_options *o = &p->options;
    const char *place = o->unix_path       ? o->unix_path
                        : o->terminal_link ? o->terminal_link
                        : o->ble           ? o->ble
                                           : "pty";
    char folder[PATH_SIZE] = "";
    if (o->id) {
        (void)snprintf(p->id, sizeof p->id, "%s", o->id);
        return;
    }
    if (place[0] != '/' && !getcwd(folder, sizeof folder))
        folder[0] = 0;
    uint64_t h = syn_fnv1a(SYN_FNV1A_START, folder, strlen(folder));
    h = syn_fnv1a(h, place, strlen(place));
    (void)snprintf(p->id, sizeof p->id, "sim-%04x", (unsigned)(h ^ h >> 32) & 0xffffu);
}

static struct syn_agent_identity identity(struct program *p)
{
    uint32_t features = SYN_FEATURE_COBS | SYN_FEATURE_VIRTUAL_TIME | SYN_FEATURE_FILE_SENSORS;
    if (p->options.radio)
        features |= SYN_FEATURE_DIRECT_RADIO;
    if (p->options.pair_count > 0 || p->options.ble)
        features |= SYN_FEATURE_WIRES;
    make_id(p);
    join_kinds(p->sensors, p->profile.sensors, p->profile.sensor_count);
    join_kinds(p->actuators, p->profile.actuators, p->profile.actuator_count);
    return (struct syn_agent_identity){.id = p->id,
                                       .profile = p->profile.name,
                                       .firmware = SYN_VERSION,
                                       .sensors = p->sensors,
                                       .actuators = p->actuators,
                                       .features = features,
                                       .speed_permille = p->options.speed_permille,
                                       .battery_percent = p->options.battery_percent};
}

/* ---- the device and its hosts ---- */

static bool room(void *ctx, unsigned link, size_t size)
{
    struct program *p = ctx;
    if (link < SYN_HOSTS_MAX)
        return syn_hosts_room(&p->hosts, link, size);
    return p->bluetooth && syn_bluetooth_room(p->bluetooth, link, size);
}

static void to_host(void *ctx, unsigned link, const uint8_t *bytes, size_t size)
{
    struct program *p = ctx;
    if (link < SYN_HOSTS_MAX)
        syn_hosts_write(&p->hosts, link, bytes, size);
    else if (p->bluetooth)
        syn_bluetooth_write(p->bluetooth, link, bytes, size);
}

static const uint32_t *line_rates(void *ctx, unsigned link)
{
    const struct program *p = ctx;
    return syn_hosts_rates(&p->hosts, link);
}

static void set_line_rate(void *ctx, unsigned link, uint32_t baud)
{
    struct program *p = ctx;
    say(p, "host %u: %u baud\n", link, baud);
    syn_hosts_set_rate(&p->hosts, link, baud);
}

static void on_reset(void *ctx)
{
    ((struct program *)ctx)->restart = true;
}

static void on_opened(void *ctx, unsigned link)
{
    struct program *p = ctx;
    say(p, "host %u connected\n", link);
    if (link < SYN_HOSTS_MAX)
        syn_wearable_opened(p->wearable, link);
    else
        syn_wearable_message_opened(p->wearable, link);
}

static void on_closed(void *ctx, unsigned link)
{
    struct program *p = ctx;
    say(p, "host %u left\n", link);
    syn_wearable_closed(p->wearable, link);
}

static void on_received(void *ctx, unsigned link, const uint8_t *bytes, size_t size)
{
    struct program *p = ctx;
    syn_wearable_receive(p->wearable, link, bytes, size);
}

static void on_drained(void *ctx, unsigned link)
{
    struct program *p = ctx;
    (void)link;
    syn_wearable_writable(p->wearable);
}

static int feed_sensors(struct program *p, struct syn_error *error)
{
    const struct syn_agent_port *port = &syn_wearable_agent(p->wearable)->port;
    for (unsigned i = 0; i < p->options.sensor_count; i++) {
        char kind[SYN_KIND_MAX], why[256] = "";
        (void)snprintf(kind, sizeof kind, "%.*s", (int)p->options.sensors[i].kind_size,
                       p->options.sensors[i].text);
        if (!syn_profile_has_sensor(&p->profile, kind))
            return syn_error_set(error, SYN_EINVAL, "--sensor %s: the device has only %s",
                                 p->options.sensors[i].text,
                                 p->sensors[0] ? p->sensors : "no sensors");
        long rc = port->feed(port->ctx, kind, p->options.sensors[i].path, 0, why, sizeof why);
        if (rc < 0)
            return syn_error_set(error, SYN_ENOENT, "%s", why);
    }
    return 0;
}

static int new_wearable(struct program *p, struct syn_error *error)
{
    struct syn_wearable_config config = {.loop = p->loop,
                                         .identity = identity(p),
                                         .timing = p->profile.timing,
                                         .radio_path = p->options.radio,
                                         .channels = p->options.ble != NULL,
                                         .store_size = p->options.store_bytes,
                                         .files = p->options.files ? &p->folder.files : NULL,
                                         .ctx = p,
                                         .room = room,
                                         .write = to_host,
                                         .reset = on_reset,
                                         .rates = line_rates,
                                         .set_rate = set_line_rate};
    memcpy(config.pairs, p->options.pairs, sizeof config.pairs);
    return syn_wearable_new(&p->wearable, &config, error);
}

static int use_bluetooth(struct program *p, struct syn_error *error)
{
    const int rc = p->bluetooth ? syn_wearable_use_bluetooth(p->wearable, p->bluetooth) : 0;
    return rc ? syn_error_set(error, rc, "no memory for channels") : 0;
}

static int listen_for_hosts(struct program *p, const struct syn_hosts_events *events,
                            struct syn_error *error)
{
    const struct syn_options *o = &p->options;
    int rc = 0;
    if (o->unix_path)
        rc = syn_hosts_listen(&p->hosts, o->unix_path, error);
    if (rc == 0 && o->terminal)
        rc = syn_hosts_terminal(&p->hosts, o->terminal_link, &o->line, error);
    if (rc == 0 && o->ble)
        rc = syn_bluetooth_new(&p->bluetooth, p->loop, o->ble, p->id, events, error);
    return rc == 0 ? use_bluetooth(p, error) : rc;
}

static void print_ready(const struct program *p)
{
    const struct syn_hosts *h = &p->hosts;
    (void)printf("ready");
    if (p->options.unix_path)
        (void)printf(" unix:%s", p->options.unix_path);
    if (h->terminal[0])
        (void)printf(" pty:%s", h->link[0] ? h->link : h->terminal);
    if (p->options.ble)
        (void)printf(" ble:%s", p->options.ble);
    (void)printf("\n");
    (void)fflush(stdout);
}

/* A reset: all links end, and the device starts with nothing deployed. */
static int restart(struct program *p, struct syn_error *error)
{
    p->restart = false;
    syn_wearable_free(p->wearable);
    p->wearable = NULL;
    int rc = new_wearable(p, error);
    if (rc == 0)
        rc = feed_sensors(p, error);
    if (rc == 0)
        syn_hosts_restart(&p->hosts);
    if (rc == 0 && p->bluetooth)
        syn_bluetooth_restart(p->bluetooth);
    return rc == 0 ? use_bluetooth(p, error) : rc;
}

static int run(struct program *p, struct syn_error *error)
{
    int rc;
    while ((rc = syn_loop_step(p->loop, SYN_LOOP_FOREVER)) >= 0)
        if (p->restart && restart(p, error))
            return error->code;
    if (rc == SYN_ECANCELED)
        return 0;
    return syn_error_set(error, rc, "waiting failed: %s", syn_errno_text(rc));
}

/* The end comes as a descriptor that can be read, so that sockets and links are removed. */
static int catch_signals(struct program *p)
{
    sigset_t set;
    (void)signal(SIGPIPE, SIG_IGN);
    (void)sigemptyset(&set);
    (void)sigaddset(&set, SIGTERM);
    (void)sigaddset(&set, SIGINT);
    (void)sigprocmask(SIG_BLOCK, &set, NULL);
    int fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
    syn_loop_set_cancel(p->loop, fd);
    return fd;
}

static int serve(struct program *p)
{
    const struct syn_hosts_events events = {p, on_opened, on_closed, on_received, on_drained};
    struct syn_error error = {0};
    int rc = read_profile(p, &error);
    p->folder.fd = -1;
    if (rc == 0 && p->options.files)
        rc = syn_folder_open(&p->folder, p->options.files, &error);
    if (rc)
        return fail(rc == SYN_ENOENT || rc == SYN_EIO ? EXIT_NO_FILE : EXIT_USAGE, &error);
    int signals = catch_signals(p);
    syn_hosts_init(&p->hosts, p->loop, &events);
    int result = 0;
    if ((rc = new_wearable(p, &error)) != 0)
        result = fail(rc == SYN_ENOMEM ? EXIT_OTHER : EXIT_LISTEN, &error);
    else if ((rc = feed_sensors(p, &error)) != 0)
        result = fail(rc == SYN_ENOENT ? EXIT_NO_FILE : EXIT_USAGE, &error);
    else if (listen_for_hosts(p, &events, &error))
        result = fail(EXIT_LISTEN, &error);
    if (result == 0) {
        print_ready(p);
        result = run(p, &error) ? fail(EXIT_OTHER, &error) : 0;
    }
    syn_hosts_close(&p->hosts);
    syn_wearable_free(p->wearable);
    syn_bluetooth_free(p->bluetooth);
    syn_folder_close(&p->folder);
    (void)close(signals);
    return result;
}

static int print_help(void)
{
    char text[2048];
    syn_options_help(text, sizeof text);
    (void)printf("usage: synergy-agent [OPTION]... --unix PATH | --pty [LINK] | --ble SOCKET\n"
                 "A virtual wearable for the synergy console.\n%s",
                 text);
    return 0;
}

int main(int argc, char **argv)
{
    struct syn_error error = {0};
    struct program *p = calloc(1, sizeof *p);
    int result = EXIT_OTHER;
    if (!p)
        return result;
    p->loop = syn_loop_new();
    /* Deadlines of virtual time are microseconds apart; the kernel's 50 us of slack are not. */
    (void)prctl(PR_SET_TIMERSLACK, 1UL);
    if (syn_options_parse(&p->options, argc, argv, &error))
        result = fail(EXIT_USAGE, &error);
    else if (p->options.help)
        result = print_help();
    else if (p->options.version)
        result = printf("synergy-agent %s\n", SYN_VERSION) < 0;
    else if (p->loop)
        result = serve(p);
    syn_loop_free(p->loop);
    syn_parts_clear(&p->parts);
    free(p);
    return result;
}
