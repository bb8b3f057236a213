/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/fleet/deployer.h"

#include "cli/fleet/alive.h"
#include "cli/fleet/clear.h"
#include "cli/fleet/links.h"
#include "cli/fleet/operation.h"
#include "cli/fleet/resume.h"
#include "cli/fleet/runner.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static const int turn_ms = 100;

/* A deployment that is being carried out. */
struct work {
    struct syn_bench *bench;
    struct syn_workload *workload;
    const struct syn_plan *plan;
    struct syn_deploy *deploy;
    uint32_t txn;
    unsigned pending;
    bool cancelled;
    uint64_t held[SYN_DEVICES_MAX]; /* by each device, of the blob on its way */
    struct syn_progress progress;
};

/* One action on its way. */
struct step {
    struct work *work;
    struct syn_deploy_action action;
};

static void show_progress(struct work *work)
{
    uint64_t done = 0, total = 0;
    syn_deploy_progress(work->deploy, &done, &total);
    for (unsigned i = 0; i < SYN_DEVICES_MAX; i++)
        done += work->held[i];
    syn_progress_update(&work->progress, done, total);
}

static void step_done(void *user, int status, const struct syn_answer *answer,
                      const struct syn_error *error)
{
    struct step *step = user;
    struct work *work = step->work;
    (void)answer;
    work->pending--;
    work->held[step->action.device] = 0;
    syn_deploy_report(work->deploy, &step->action, status, error);
    show_progress(work);
    free(step);
}

/* Of an upload, which is given up once the user has stopped the deployment. */
static bool step_goes_on(void *user, size_t held, size_t size)
{
    struct step *step = user;
    (void)size;
    step->work->held[step->action.device] = held;
    show_progress(step->work);
    return !step->work->cancelled;
}

static int start(struct syn_session *session, struct step *step)
{
    const struct syn_deploy_action *a = &step->action;
    switch (a->verb) {
    case SYN_DEPLOY_PUT:
        return syn_session_put(session, a->hash, a->bytes, a->size, step_goes_on, step_done, step);
    case SYN_DEPLOY_PREPARE:
        return syn_session_prepare(session, a->txn, a->hash, step_done, step);
    case SYN_DEPLOY_COMMIT:
        return syn_session_commit(session, a->txn, step_done, step);
    case SYN_DEPLOY_ABORT:
        return syn_session_abort(session, a->txn, step_done, step);
    default:
        return syn_session_clear(session, a->txn, step_done, step);
    }
}

static void take_action(struct work *work, const struct syn_deploy_action *action)
{
    struct syn_member *member = work->workload->members[action->device];
    struct step *step = malloc(sizeof *step);
    int status = !step ? SYN_ENOMEM : SYN_ELINK;
    if (step) {
        *step = (struct step){work, *action};
        if (member && member->session)
            status = start(member->session, step);
    }
    if (status == 0) {
        work->pending++;
        return;
    }
    free(step);
    struct syn_error error = {0};
    syn_error_set(&error, status, "%s: %s", work->workload->fleet.devices[action->device].name,
                  syn_errno_text(status));
    syn_deploy_report(work->deploy, action, status, &error);
}

static void cancel(struct work *work)
{
    work->cancelled = true;
    syn_loop_set_cancel(work->bench->console->loop, -1); /* rolling back takes turns, too */
    syn_deploy_cancel(work->deploy);
}

static void carry_out(struct work *work)
{
    struct syn_console *console = work->bench->console;
    struct syn_deploy_action action;
    syn_alive_watch(work->bench);
    while (syn_deploy_state(work->deploy) == SYN_DEPLOY_RUNNING || work->pending > 0) {
        while (syn_deploy_next(work->deploy, &action))
            take_action(work, &action);
        if (work->pending > 0)
            syn_console_turn(console, turn_ms);
        if (!work->cancelled && syn_console_stopped(console))
            cancel(work);
    }
    if (work->cancelled)
        syn_loop_set_cancel(console->loop, console->signals->wake_fd);
}

/* ---- who is who ---- */

/* Empty: through the console. Channels are few: only who exchanges tensors has one. */
static const char *address_of(const struct work *work, unsigned from, unsigned to)
{
    const struct syn_member *self = work->workload->members[from];
    const struct syn_member *peer = work->workload->members[to];
    const enum syn_way way = syn_links_way(work->bench, self, peer);
    if (way == SYN_WAY_RADIO)
        return peer->radio;
    if (way == SYN_WAY_CONSOLE || (way == SYN_WAY_BLE && !syn_links_needed(work->plan, from, to)))
        return "";
    return syn_links_address(self, peer, way);
}

static unsigned peers_of(const struct work *work, unsigned self,
                         struct syn_peer peers[SYN_SESSION_PEERS])
{
    const struct syn_workload *workload = work->workload;
    unsigned count = 0;
    for (unsigned i = 0; i < workload->fleet.count; i++) {
        const struct syn_member *member = workload->members[i];
        if (i == self || !member)
            continue;
        struct syn_peer *peer = &peers[count++];
        memset(peer, 0, sizeof *peer);
        peer->index = (uint16_t)i;
        (void)snprintf(peer->name, sizeof peer->name, "%s", member->name);
        (void)snprintf(peer->address, sizeof peer->address, "%s", address_of(work, self, i));
    }
    return count;
}

static int tell_peers(const struct work *work, struct syn_error *error)
{
    struct syn_bench *bench = work->bench;
    const struct syn_workload *workload = work->workload;
    struct syn_operation op = {0};
    int rc = syn_links_refresh(bench, error);
    for (unsigned i = 0; rc == 0 && i < workload->fleet.count; i++) {
        struct syn_peer peers[SYN_SESSION_PEERS];
        struct syn_member *member = workload->members[i];
        unsigned count = peers_of(work, i, peers);
        rc = syn_operation_started(
            &op, member,
            syn_session_set_links(member->session, i, peers, count, syn_operation_done, &op),
            error);
    }
    int waited = syn_operation_wait(&op, bench->console, rc == 0 ? error : NULL);
    return rc != 0 ? rc : waited;
}

/* ---- deploying ---- */

/* Never one that a device may have heard of, for devices tell deployments apart by it. */
static uint32_t new_transaction(struct syn_bench *bench)
{
    uint32_t now = (uint32_t)time(NULL);
    bench->txn = now > bench->txn ? now : bench->txn + 1;
    return bench->txn;
}

static int begin_work(struct work *work, const struct syn_plan *plan, struct syn_error *error)
{
    struct syn_deploy_before before[SYN_DEVICES_MAX] = {{0}};
    struct syn_workload *workload = work->workload;
    for (unsigned i = 0; i < workload->fleet.count; i++) {
        before[i].txn = workload->members[i]->txn;
        memcpy(before[i].hash, workload->members[i]->hash, sizeof before[i].hash);
    }
    work->txn = new_transaction(work->bench);
    return syn_deploy_new(&work->deploy, &workload->problem, plan, work->txn, 0, before, error);
}

static int outcome(const struct work *work, struct syn_error *error)
{
    if (syn_deploy_state(work->deploy) == SYN_DEPLOY_DONE)
        return 0;
    *error = *syn_deploy_error(work->deploy);
    return error->code != 0 ? error->code : SYN_EDEVICE;
}

/* The last one that has left, if any. */
static void note_missing(struct syn_deployed *deployed)
{
    const struct syn_workload *workload = deployed->workload;
    deployed->missing[0] = '\0';
    for (unsigned i = 0; i < workload->fleet.count; i++)
        if (!workload->members[i])
            (void)snprintf(deployed->missing, sizeof deployed->missing, "%s",
                           workload->fleet.devices[i].name);
}

/* Also that a device has left since it switched. */
static void remember_members(struct work *work)
{
    struct syn_workload *workload = work->workload;
    for (unsigned i = 0; i < workload->fleet.count; i++) {
        struct syn_member *member = workload->members[i];
        if (member->state == SYN_MEMBER_ONLINE) {
            bool holds = syn_deploy_hash(work->deploy, i, member->hash);
            member->txn = holds ? work->txn : 0;
            continue;
        }
        workload->members[i] = NULL;
    }
}

static void forget(struct syn_bench *bench)
{
    struct syn_deployed *deployed = bench->deployed;
    (void)syn_resume_forget_run(bench);
    syn_runner_free(bench); /* its figures are of what is forgotten */
    if (!deployed)
        return;
    bench->deployed = NULL;
    syn_deploy_free(deployed->deploy);
    syn_workload_free(deployed->workload);
    free(deployed);
}

static int switch_devices(struct work *work, struct syn_error *error)
{
    struct syn_console *console = work->bench->console;
    int rc = tell_peers(work, error);
    if (rc != 0)
        return rc;
    syn_console_progress(console, &work->progress, "uploading", "B");
    carry_out(work);
    syn_progress_end(&work->progress);
    return outcome(work, error);
}

static int switch_over(struct work *work, const struct syn_deployed *what, struct syn_error *error)
{
    struct syn_bench *bench = work->bench;
    struct syn_deployed *deployed = malloc(sizeof *deployed);
    if (!deployed)
        return syn_error_set(error, SYN_ENOMEM, "no memory for a deployment");
    int rc = switch_devices(work, error);
    if (rc != 0) {
        free(deployed);
        return rc;
    }
    forget(bench);
    *deployed = *what;
    deployed->workload = work->workload;
    deployed->deploy = work->deploy;
    deployed->txn = work->txn;
    remember_members(work);
    note_missing(deployed);
    bench->deployed = deployed;
    return 0;
}

static int take_over(struct syn_bench *bench, struct syn_error *error)
{
    bool strays[SYN_DEVICES_MAX];
    int rc = syn_runner_stop(bench, error);
    if (rc == 0)
        rc = syn_clear_find_strays(bench, strays, error);
    return rc == 0 ? syn_clear_members(bench, strays, error) : rc;
}

int syn_deployer_deploy(struct syn_bench *bench, struct syn_workload *workload,
                        const struct syn_deployed *what, struct syn_error *error)
{
    struct work work = {.bench = bench, .workload = workload, .plan = &what->plan};
    int rc = take_over(bench, error);
    if (rc == 0)
        rc = syn_workload_present(workload, error);
    if (rc == 0)
        rc = begin_work(&work, &what->plan, error);
    if (rc == 0)
        rc = switch_over(&work, what, error);
    if (rc != 0) {
        if (rc == SYN_ELINK && !error->device[0])
            (void)syn_workload_present(workload, error); /* words that name the device */
        syn_deploy_free(work.deploy);
        syn_workload_free(workload);
        return rc;
    }
    syn_event_add(&bench->console->events, SYN_EVENT_DEPLOY, NULL, "deployed");
    return 0;
}

/* Those that are back take their places, or the ones that they had are empty still. */
static int seat(struct syn_bench *bench, struct syn_workload *workload, struct syn_error *error)
{
    for (unsigned i = 0; i < workload->fleet.count; i++)
        if (!workload->members[i])
            workload->members[i] = syn_bench_find(bench, workload->fleet.devices[i].name);
    return syn_workload_present(workload, error);
}

static void unseat(struct syn_workload *workload, struct syn_member *const before[SYN_DEVICES_MAX])
{
    for (unsigned i = 0; i < workload->fleet.count; i++)
        if (!before[i])
            workload->members[i] = NULL;
}

int syn_deployer_again(struct syn_bench *bench, struct syn_error *error)
{
    struct syn_deployed *deployed = bench->deployed;
    struct work work = {.bench = bench, .workload = deployed->workload, .plan = &deployed->plan};
    struct syn_member *before[SYN_DEVICES_MAX];
    memcpy(before, deployed->workload->members, sizeof before);
    int rc = take_over(bench, error);
    if (rc == 0)
        rc = seat(bench, work.workload, error);
    if (rc == 0)
        rc = begin_work(&work, &deployed->plan, error);
    if (rc == 0)
        rc = switch_devices(&work, error);
    if (rc != 0) {
        syn_deploy_free(work.deploy);
        unseat(deployed->workload, before);
        return rc;
    }
    syn_runner_free(bench); /* its figures are of the deployment before */
    syn_deploy_free(deployed->deploy);
    deployed->deploy = work.deploy;
    deployed->txn = work.txn;
    remember_members(&work);
    note_missing(deployed);
    return 0;
}

int syn_deployer_undeploy(struct syn_bench *bench, bool *held, struct syn_error *error)
{
    bool chosen[SYN_DEVICES_MAX] = {false};
    int rc = syn_runner_stop(bench, error);
    if (rc == 0)
        rc = syn_clear_find_strays(bench, chosen, error);
    *held = bench->deployed != NULL;
    for (unsigned i = 0; i < bench->count; i++) {
        chosen[i] |= bench->members[i]->txn != 0;
        *held |= chosen[i];
    }
    if (rc == 0)
        rc = syn_clear_members(bench, chosen, error);
    forget(bench);
    return rc;
}

int syn_deployer_current(struct syn_bench *bench, struct syn_deployed **deployed,
                         struct syn_error *error)
{
    *deployed = bench->deployed;
    if (!*deployed) {
        syn_error_set(error, SYN_ESTATE, "nothing is deployed");
        syn_error_hint(error, "plan search, then deploy");
        return SYN_ESTATE;
    }
    if ((*deployed)->missing[0]) {
        syn_error_set(error, SYN_ELINK, "the deployment needs %s, which has left",
                      (*deployed)->missing);
        syn_error_device(error, (*deployed)->missing);
        const struct syn_member *member = syn_bench_find(bench, (*deployed)->missing);
        if (member && member->reconnect)
            syn_error_hint(error, "it is being looked for; or search for a plan without it");
        else
            syn_error_hint(error, "connect it and deploy again, or search for a plan without it");
        return SYN_ELINK;
    }
    return 0;
}

/* Does nobody else take part? *index: its number in the fleet, which has so many where it is of no
 * use there. */
static bool serves_alone(const struct syn_deployed *deployed, const char *name, unsigned *index)
{
    const struct syn_fleet *fleet = &deployed->workload->fleet;
    uint8_t hash[SYN_SHA256_SIZE];
    unsigned others = 0;
    *index = fleet->count;
    for (unsigned i = 0; i < fleet->count; i++) {
        if (!syn_deploy_hash(deployed->deploy, i, hash))
            continue;
        if (strcmp(fleet->devices[i].name, name) == 0)
            *index = i;
        else
            others++;
    }
    return *index < fleet->count && others == 0;
}

void syn_deployer_member_left(struct syn_bench *bench, struct syn_member *member)
{
    struct syn_deployed *deployed = bench->deployed;
    for (unsigned i = 0; deployed && i < deployed->workload->fleet.count; i++) {
        if (deployed->workload->members[i] != member)
            continue;
        deployed->workload->members[i] = NULL;
        (void)snprintf(deployed->missing, sizeof deployed->missing, "%s", member->name);
        syn_resume_member_left(bench, member);
        syn_runner_member_left(bench, i);
    }
}

static void note_transaction(void *ctx, const struct syn_answer *answer)
{
    *(uint32_t *)ctx = answer->plan.committed;
}

static int ask_transaction(struct syn_member *member, uint32_t *txn, struct syn_error *error)
{
    struct syn_operation op = {.answer = note_transaction, .ctx = txn};
    int rc = syn_operation_started(
        &op, member, syn_session_plan(member->session, syn_operation_done, &op), error);
    return rc == 0 ? syn_operation_wait(&op, member->bench->console, error) : rc;
}

/* A device of the fleet that holds nothing of the deployment. */
static bool is_idle(const struct syn_deployed *deployed, const char *name, unsigned *index)
{
    const struct syn_fleet *fleet = &deployed->workload->fleet;
    uint8_t hash[SYN_SHA256_SIZE];
    for (*index = 0; *index < fleet->count; ++*index)
        if (strcmp(fleet->devices[*index].name, name) == 0)
            return !syn_deploy_hash(deployed->deploy, *index, hash);
    return false;
}

int syn_deployer_member_back(struct syn_bench *bench, struct syn_member *member, bool restarted,
                             struct syn_error *error)
{
    struct syn_deployed *deployed = bench->deployed;
    uint32_t txn = 0;
    unsigned index, idle;
    if (!deployed)
        return 0;
    if (is_idle(deployed, member->name, &idle)) {
        deployed->workload->members[idle] = member;
        note_missing(deployed);
        return 0;
    }
    bool alone = serves_alone(deployed, member->name, &index);
    if (index == deployed->workload->fleet.count || (restarted && !alone))
        return 0;
    int rc = ask_transaction(member, &txn, error);
    if (rc != 0 || txn != deployed->txn)
        return rc;
    member->txn = txn;
    (void)syn_deploy_hash(deployed->deploy, index, member->hash);
    deployed->workload->members[index] = member;
    note_missing(deployed);
    return 0;
}

void syn_deployer_free(struct syn_bench *bench)
{
    forget(bench);
}
