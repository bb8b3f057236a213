/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/fleet/bench.h"

#include "cli/fleet/alive.h"
#include "cli/fleet/chatter.h"
#include "cli/fleet/deployer.h"
#include "cli/fleet/links.h"
#include "cli/fleet/reconnect.h"
#include "cli/fleet/resume.h"
#include "cli/fleet/runner.h"
#include "cli/shell/words.h"
#include "core/base/suggest.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

static void bench_free(void *fleet)
{
    struct syn_bench *bench = fleet;
    syn_resume_free(bench);
    syn_runner_leave(bench, NULL);
    syn_runner_free(bench);
    syn_deployer_free(bench);
    for (unsigned i = 0; i < bench->count; i++)
        if (bench->members[i]->spawn)
            syn_spawn_ask_to_end(bench->members[i]->spawn);
    while (bench->count > 0)
        syn_bench_remove(bench, bench->members[bench->count - 1]);
    syn_alive_stop(bench);
    if (bench->folder[0])
        (void)rmdir(bench->folder);
    syn_parts_clear(&bench->parts);
    (void)syn_links_forget(bench, NULL);
    free(bench->farewell);
    free(bench);
}

static void bench_names(void *fleet, struct syn_words *names)
{
    const struct syn_bench *bench = fleet;
    for (unsigned i = 0; i < bench->count; i++)
        (void)syn_words_add(names, bench->members[i]->name);
}

struct syn_bench *syn_bench_of(struct syn_console *console)
{
    if (!console->fleet) {
        struct syn_bench *bench = calloc(1, sizeof *bench);
        if (!bench)
            return NULL;
        bench->console = console;
        bench->probed = SYN_WAY_COUNT;
        console->fleet = bench;
        console->fleet_free = bench_free;
        console->fleet_names = bench_names;
        console->fleet_rest = syn_resume_chores;
    }
    return console->fleet;
}

struct syn_member *syn_bench_find(struct syn_bench *bench, const char *name)
{
    for (unsigned i = 0; i < bench->count; i++)
        if (strcasecmp(bench->members[i]->name, name) == 0)
            return bench->members[i];
    return NULL;
}

static int no_such_device(struct syn_bench *bench, const char *name, struct syn_error *error)
{
    struct syn_suggest near = {.word = name};
    for (unsigned i = 0; i < bench->count; i++)
        syn_suggest_offer(&near, bench->members[i]->name);
    syn_error_set(error, SYN_ENOENT, "no device '%s' is connected", name);
    syn_error_device(error, name);
    if (near.best)
        syn_error_hint(error, "did you mean '%s'?", near.best);
    else
        syn_error_hint(error, "connect it: connect %s URI", name);
    return SYN_ENOENT;
}

int syn_bench_online(struct syn_bench *bench, const char *name, struct syn_member **member,
                     struct syn_error *error)
{
    *member = syn_bench_find(bench, name);
    if (!*member) {
        (void)no_such_device(bench, name, error);
        return SYN_ENOENT; /* which the analyzer sees here */
    }
    if ((*member)->state == SYN_MEMBER_ONLINE)
        return 0;
    syn_error_set(error, SYN_ELINK, "%s is not connected%s%s", (*member)->name,
                  (*member)->why.message[0] ? ": " : "", (*member)->why.message);
    syn_error_device(error, (*member)->name);
    if ((*member)->reconnect)
        syn_error_hint(error, "it is being looked for; 'wait join --device %s' waits for it",
                       (*member)->name);
    else
        syn_error_hint(error, "connect it again: connect %s", (*member)->name);
    return SYN_ELINK;
}

int syn_bench_ours(struct syn_bench *bench, const char *name, const char *what,
                   struct syn_member **member, struct syn_error *error)
{
    int rc = syn_bench_online(bench, name, member, error);
    if (rc != 0 || !(*member)->foreign)
        return rc;
    syn_error_set(error, SYN_EUNSUP, "an SMP device without our agent: %s", what);
    syn_error_device(error, (*member)->name);
    syn_error_hint(error, "device, stat, image, file and shell are for any SMP device");
    return SYN_EUNSUP;
}

bool syn_member_plans(const struct syn_member *member)
{
    return member->state == SYN_MEMBER_ONLINE && !member->foreign;
}

const char *syn_member_kind(const struct syn_member *member)
{
    return member->foreign ? "smp" : "synergy";
}

struct syn_member *syn_bench_add(struct syn_bench *bench, const char *name, const char *uri,
                                 struct syn_error *error)
{
    if (bench->count == SYN_DEVICES_MAX) {
        syn_error_set(error, SYN_EBUSY, "%d devices are connected, and more are not possible",
                      SYN_DEVICES_MAX);
        syn_error_hint(error, "disconnect one first");
        return NULL;
    }
    struct syn_member *member = calloc(1, sizeof *member);
    if (!member) {
        syn_error_set(error, SYN_ENOMEM, "no memory for another device");
        return NULL;
    }
    member->bench = bench;
    member->flash = -1;
    (void)snprintf(member->name, sizeof member->name, "%s", name);
    (void)snprintf(member->uri, sizeof member->uri, "%s", uri);
    bench->members[bench->count++] = member;
    return member;
}

void syn_member_hang_up(struct syn_member *member, const struct syn_error *why)
{
    bool was_online = member->state == SYN_MEMBER_ONLINE;
    struct syn_session *session = member->session;
    struct syn_spawn *spawn = member->spawn;
    member->state = SYN_MEMBER_OFFLINE;
    member->session = NULL;
    member->spawn = NULL;
    member->txn = 0;
    if (why)
        member->why = *why;
    syn_session_free(session);
    syn_spawn_free(spawn);
    if (member->radio[0])
        (void)unlink(member->radio);
    if (was_online)
        syn_deployer_member_left(member->bench, member);
}

void syn_bench_remove(struct syn_bench *bench, struct syn_member *member)
{
    syn_runner_leave(bench, member);
    syn_reconnect_end(member);
    syn_chatter_end(member);
    syn_member_hang_up(member, NULL);
    unsigned kept = 0;
    for (unsigned i = 0; i < bench->count; i++)
        if (bench->members[i] != member)
            bench->members[kept++] = bench->members[i];
    bench->count = kept;
    if (member->flash >= 0)
        (void)close(member->flash);
    free(member);
}

/* By the way that transfers take: its measured cost, else what the radios' figures say. */
static void take_link(const struct syn_bench *bench, struct syn_fleet *fleet, unsigned a,
                      unsigned b, const struct syn_member *from, const struct syn_member *to)
{
    const enum syn_way way = syn_links_way(bench, from, to);
    const struct syn_links_row *row = syn_links_find(bench, from, to);
    fleet->direct[a][b] = way == SYN_WAY_RADIO;
    if (row && way != SYN_WAY_RADIO && bench->probed == SYN_WAY_COUNT)
        fleet->links[a][b] = row->costs[way];
    fleet->links[a][b].wired = way == SYN_WAY_WIRE || way == SYN_WAY_BLE;
}

void syn_bench_fleet(struct syn_bench *bench, struct syn_fleet *fleet,
                     struct syn_member *index[SYN_DEVICES_MAX])
{
    memset(fleet, 0, sizeof *fleet);
    fleet->hub_wired = true; /* no link of the console shares a radio with another */
    for (unsigned i = 0; i < bench->count; i++) {
        struct syn_member *member = bench->members[i];
        if (!syn_member_plans(member))
            continue;
        struct syn_fleet_device *device = &fleet->devices[fleet->count];
        (void)snprintf(device->name, sizeof device->name, "%s", member->name);
        device->profile = member->profile;
        device->battery_percent = member->hello.battery_percent;
        index[fleet->count++] = member;
    }
    for (unsigned a = 0; a < fleet->count; a++)
        for (unsigned b = 0; b < fleet->count; b++)
            if (a != b)
                take_link(bench, fleet, a, b, index[a], index[b]);
}

int syn_bench_folder(struct syn_bench *bench, struct syn_error *error)
{
    if (bench->folder[0])
        return 0;
    (void)snprintf(bench->folder, sizeof bench->folder, "/tmp/synergy-XXXXXX");
    if (mkdtemp(bench->folder))
        return 0;
    bench->folder[0] = '\0';
    return syn_error_set(error, SYN_EIO, "cannot make a folder for sockets in /tmp");
}
