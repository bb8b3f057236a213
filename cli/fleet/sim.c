/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/fleet/sim.h"

#include "cli/data.h"
#include "cli/fleet/connect.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

/* ---- sim: URIs ---- */

struct sim {
    char profile[128];
    char wear[SYN_KIND_MAX];
    char speed[32];
    char skew[128];
    char store[32];
    char battery[8];
    char radio[8];  /* "off": it has none that others reach */
    char pair[128]; /* wires: NAME[@BAUD],.. */
    char pairs[SYN_SESSION_WIRES][160];
    char files[256];
};

static const struct sim_field {
    const char *key;
    size_t offset, size;
} sim_fields[] = {
    {"wear", offsetof(struct sim, wear), sizeof((struct sim *)0)->wear},
    {"speed", offsetof(struct sim, speed), sizeof((struct sim *)0)->speed},
    {"skew", offsetof(struct sim, skew), sizeof((struct sim *)0)->skew},
    {"store", offsetof(struct sim, store), sizeof((struct sim *)0)->store},
    {"battery", offsetof(struct sim, battery), sizeof((struct sim *)0)->battery},
    {"radio", offsetof(struct sim, radio), sizeof((struct sim *)0)->radio},
    {"pair", offsetof(struct sim, pair), sizeof((struct sim *)0)->pair},
    {"files", offsetof(struct sim, files), sizeof((struct sim *)0)->files},
};

static int set_sim_field(struct sim *sim, const char *key, size_t key_size, const char *value,
                         size_t size, struct syn_error *error)
{
    for (size_t i = 0; i < sizeof sim_fields / sizeof sim_fields[0]; i++) {
        const struct sim_field *field = &sim_fields[i];
        if (strlen(field->key) != key_size || strncmp(field->key, key, key_size) != 0)
            continue;
        if (size >= field->size)
            return syn_error_set(error, SYN_EINVAL, "sim: %s is too long", field->key);
        memcpy((char *)sim + field->offset, value, size);
        return 0;
    }
    syn_error_set(error, SYN_EINVAL, "sim: no option '%.*s'", (int)key_size, key);
    syn_error_hint(error,
                   "sim:PROFILE[?wear=KIND&speed=S&skew=UNIT=F,...&store=BYTES&battery=PERCENT"
                   "&radio=off&pair=WIRE[@BAUD],...&files=FOLDER]");
    return SYN_EINVAL;
}

static int parse_sim(struct sim *sim, const char *address, struct syn_error *error)
{
    size_t length = strcspn(address, "?");
    if (length == 0 || length >= sizeof sim->profile) {
        syn_error_set(error, SYN_EINVAL, "sim: needs a profile");
        syn_error_hint(error, "for example sim:max78000-feather");
        return SYN_EINVAL;
    }
    memcpy(sim->profile, address, length);
    const char *p = address + length;
    while (*p) {
        p++;
        size_t end = strcspn(p, "&"), key = strcspn(p, "=&");
        const char *value = p + key + (key < end);
        int rc = set_sim_field(sim, p, key, value, (size_t)(p + end - value), error);
        if (rc != 0)
            return rc;
        p += end;
    }
    return 0;
}

struct wear_search {
    const char *name;
    bool found;
};

static void is_wear(void *ctx, const char *name)
{
    struct wear_search *search = ctx;
    search->found |= strcasecmp(name, search->name) == 0;
}

/* A device that is called "glasses" is worn as glasses unless its URI says otherwise. */
static void default_wear(struct sim *sim, const char *name)
{
    struct wear_search search = {.name = name};
    if (sim->wear[0])
        return;
    syn_data_each("profiles/wear", is_wear, &search);
    if (search.found)
        (void)snprintf(sim->wear, sizeof sim->wear, "%s", name);
}

/* ---- virtual wearables ---- */

enum { ARGS_MAX = 32 };

/* A wire is a socket in the bench's folder, which its ends name, or a path. */
static int name_wires(const struct syn_bench *bench, struct sim *sim, struct syn_error *error)
{
    const char *at = sim->pair;
    for (unsigned i = 0; *at; i++) {
        const size_t size = strcspn(at, ","), name = strcspn(at, ",@");
        const bool is_path = memchr(at, '/', name) != NULL;
        if (i == SYN_SESSION_WIRES || name == 0)
            return syn_error_set(error, SYN_EINVAL,
                                 "sim: pair= takes the names of one to %d wires, by commas",
                                 SYN_SESSION_WIRES);
        (void)snprintf(sim->pairs[i], sizeof sim->pairs[i], "%s%s%.*s%s%.*s",
                       is_path ? "" : bench->folder, is_path ? "" : "/", (int)name, at,
                       is_path ? "" : ".wire", (int)(size - name), at + name);
        at += size + (at[size] == ',');
    }
    return 0;
}

static void on_connected(void *ctx, int fd)
{
    struct syn_member *member = ctx;
    struct syn_error error = {0};
    if (syn_session_adopt(member->session, fd, member->uri, &error) != 0)
        syn_member_gone(member, &error);
    else
        member->state = SYN_MEMBER_ONLINE; /* the socket; hello follows */
}

static void on_ended(void *ctx, const struct syn_error *error)
{
    syn_member_gone(ctx, error);
}

/* Arguments of synergy-agent; the texts live as long as `sim` and `member`. */
static size_t agent_arguments(const struct syn_member *member, const struct sim *sim,
                              const char *program, const char *profile, const char *id,
                              const char *argv[ARGS_MAX])
{
    const struct {
        const char *option, *value;
    } options[] = {
        {"--profile", profile},      {"--id", id},
        {"--wear", sim->wear},       {"--speed", sim->speed},
        {"--skew", sim->skew},       {"--store", sim->store},
        {"--battery", sim->battery}, {"--unix", member->socket},
        {"--radio", member->radio},  {"--pair", sim->pairs[0]},
        {"--pair", sim->pairs[1]},   {"--pair", sim->pairs[2]},
        {"--pair", sim->pairs[3]},   {"--files", sim->files},
    };
    size_t n = 0;
    argv[n++] = program;
    for (size_t i = 0; i < sizeof options / sizeof options[0]; i++)
        if (options[i].value[0]) {
            argv[n++] = options[i].option;
            argv[n++] = options[i].value;
        }
    argv[n] = NULL;
    return n;
}

static bool spawn_settled(void *ctx)
{
    const struct syn_member *member = ctx;
    return member->state != SYN_MEMBER_CONNECTING;
}

static int start_agent(struct syn_member *member, struct sim *sim, struct syn_error *error)
{
    struct syn_bench *bench = member->bench;
    char program[PATH_MAX], profile[PATH_MAX], id[48];
    const char *argv[ARGS_MAX];
    int rc = syn_data_agent(program, sizeof program, error);
    if (rc == 0)
        rc = syn_data_find("profiles", sim->profile, profile, sizeof profile, error);
    if (rc == 0)
        rc = syn_bench_folder(bench, error);
    if (rc != 0)
        return rc;
    unsigned number = ++bench->started;
    (void)snprintf(id, sizeof id, "sim-%s", member->name);
    (void)snprintf(member->socket, sizeof member->socket, "%s/%u", bench->folder, number);
    (void)snprintf(member->radio, sizeof member->radio, "%s/%u.radio", bench->folder, number);
    if (strcmp(sim->radio, "off") == 0)
        member->radio[0] = '\0';
    rc = name_wires(bench, sim, error);
    if (rc != 0)
        return rc;
    (void)agent_arguments(member, sim, program, profile, id, argv);
    const struct syn_spawn_options options = {.argv = argv,
                                              .socket = member->socket,
                                              .connected = on_connected,
                                              .ended = on_ended,
                                              .ctx = member};
    return syn_spawn_start(&member->spawn, bench->console->loop, &options, error);
}

int syn_sim_connect(struct syn_member *member, struct syn_error *error)
{
    struct sim sim;
    memset(&sim, 0, sizeof sim);
    int rc = parse_sim(&sim, strchr(member->uri, ':') + 1, error);
    if (rc != 0)
        return rc;
    default_wear(&sim, member->name);
    if (!sim.speed[0])
        (void)snprintf(sim.speed, sizeof sim.speed, "%s",
                       syn_setting_text(member->bench->console, SYN_SETTING_SPEED));
    rc = start_agent(member, &sim, error);
    if (rc == 0)
        rc = syn_console_wait(member->bench->console, spawn_settled, member, 15, error);
    if (rc == 0 && member->state == SYN_MEMBER_OFFLINE) {
        *error = member->why;
        rc = error->code;
    }
    return rc;
}
