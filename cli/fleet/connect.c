/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/fleet/connect.h"

#include "cli/data.h"
#include "cli/fleet/chatter.h"
#include "cli/fleet/foreign.h"
#include "cli/fleet/ids.h"
#include "cli/fleet/operation.h"
#include "cli/fleet/reconnect.h"
#include "cli/fleet/runner.h"
#include "cli/fleet/sim.h"
#include "cli/output/text.h"
#include "devices/wire/smp.h"
#include "transports/client/identify.h"
#include "transports/client/line.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/mman.h>
#include <time.h>

/* ---- events of the session ---- */

static void on_text(void *ctx, const char *line, size_t size)
{
    struct syn_member *member = ctx;
    struct syn_log_line *kept = &member->log[member->log_count++ % SYN_MEMBER_LOG_LINES];
    struct timespec now;
    (void)clock_gettime(CLOCK_REALTIME, &now);
    kept->at_ms = (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
    (void)snprintf(kept->text, sizeof kept->text, "%.*s", (int)size, line);
    syn_chatter_tell(member, SYN_EVENT_LOG, kept->text);
}

static void on_log(void *ctx, unsigned level, const char *text)
{
    (void)level;
    on_text(ctx, text, strlen(text));
}

static void on_fault(void *ctx, int pipeline, const char *text)
{
    struct syn_member *member = ctx;
    (void)pipeline;
    member->faults++;
    (void)snprintf(member->fault, sizeof member->fault, "%s", text);
    syn_chatter_tell(member, SYN_EVENT_FAIL, text);
}

void syn_member_gone(struct syn_member *member, const struct syn_error *error)
{
    bool was_online = member->state == SYN_MEMBER_ONLINE;
    struct syn_error why = *error;
    bool sought = member->reconnect != NULL; /* then this was an attempt */
    if (was_online) {
        syn_console_event(member->bench->console, SYN_EVENT_LEAVE, member->name, "%s", why.message);
        syn_reconnect_begin(member);
    }
    syn_member_hang_up(member, sought ? NULL : &why);
    syn_reconnect_go_on(member);
}

static void on_lost(void *ctx, const struct syn_error *error)
{
    syn_member_gone(ctx, error);
}

static void on_counters(void *ctx, const struct syn_counters *counters)
{
    struct syn_member *member = ctx;
    syn_runner_counters(member->bench, member, counters);
}

static void on_result(void *ctx, const struct syn_result_event *result)
{
    struct syn_member *member = ctx;
    syn_runner_result(member->bench, member, result);
}

static void on_tensor(void *ctx, const uint8_t *message, size_t size)
{
    struct syn_member *member = ctx;
    syn_runner_relay(member->bench, member, message, size);
}

static int make_session(struct syn_member *member, struct syn_error *error)
{
    const struct syn_session_events events = {
        .counters = on_counters,
        .result = on_result,
        .log = on_log,
        .fault = on_fault,
        .text = on_text,
        .tensor = on_tensor,
        .lost = on_lost,
        .ctx = member,
    };
    member->session = syn_session_new(member->bench->console->loop, &events);
    if (!member->session)
        return syn_error_set(error, SYN_ENOMEM, "no memory for a session");
    syn_client_set_device(syn_session_client(member->session), member->name);
    return 0;
}

/* ---- hello ---- */

struct greeting {
    struct syn_member *member;
    int64_t sent_ns;
};

static void keep_hello(void *ctx, const struct syn_answer *answer)
{
    const struct greeting *greeting = ctx;
    syn_member_greeted(greeting->member, &answer->identity, greeting->sent_ns);
}

void syn_member_greeted(struct syn_member *member, const struct syn_identity *identity,
                        int64_t sent_ns)
{
    const struct syn_hello *hello = &identity->hello;
    member->foreign = !identity->ours;
    member->smp = (struct syn_foreign){.params = identity->params, .version = identity->version};
    member->hello = *hello;
    member->clock = (struct syn_clock){
        .is_virtual = hello->features & SYN_FEATURE_VIRTUAL_TIME,
        .speed_permille = hello->speed_permille,
    };
    syn_clock_greet(&member->clock, hello->now_ns, sent_ns, syn_loop_now());
}

static bool is_answered(void *ctx)
{
    return ((struct syn_operation *)ctx)->pending == 0;
}

/* Silence on a serial line may be the rate's fault. */
static void hint_rate(unsigned baud, struct syn_error *error)
{
    if (baud > 0)
        syn_error_hint(error, "is the device on, and %u baud its rate? '?baud=N' sets another",
                       baud);
}

/* Something may be there that speaks no SMP at all: it has `timeout` to say hello, or Ctrl-C. */
static int say_hello(struct syn_member *member, struct syn_error *error)
{
    struct syn_console *console = member->bench->console;
    double timeout_s = syn_setting_number(console, SYN_SETTING_TIMEOUT);
    unsigned baud = syn_client_baud(syn_session_client(member->session));
    struct greeting greeting = {member, syn_loop_now()};
    struct syn_operation op = {.answer = keep_hello, .ctx = &greeting};
    int rc = syn_operation_started(
        &op, member, syn_session_identify(member->session, syn_operation_done, &op), error);
    if (rc == 0)
        rc = syn_console_wait(console, is_answered, &op, timeout_s, error);
    if (rc == 0) {
        rc = syn_operation_wait(&op, console, error);
        if (rc == SYN_ETIMEOUT)
            hint_rate(baud, error);
        return rc;
    }
    struct syn_session *session = member->session;
    member->session = NULL;
    syn_session_free(session); /* ends the operation, which must not outlive this frame */
    if (rc == SYN_ETIMEOUT && !syn_console_stopped(console)) {
        syn_error_set(error, rc, "no hello within %g s", timeout_s);
        syn_error_hint(error, "does it speak SMP, and is it on? 'set timeout' gives it more time");
        hint_rate(baud, error);
    }
    return rc;
}

/* What it says may tell why it is no device of ours, or serves nobody more. */
static void hint_words(const struct syn_member *member, struct syn_error *error)
{
    char words[120], before[160];
    if (member->log_count == 0 || error->code == SYN_ECANCELED)
        return;
    const unsigned last = (member->log_count - 1) % SYN_MEMBER_LOG_LINES;
    syn_text_clean(words, sizeof words, member->log[last].text);
    (void)snprintf(before, sizeof before, "%s", error->hint);
    if (words[0])
        syn_error_hint(error, "it said '%s'%s%s", words, before[0] ? "; " : "", before);
}

/* The line goes as fast as both ends can. */
static int tune(struct syn_member *member, struct syn_error *error)
{
    struct syn_operation op = {.ctx = member};
    if (!syn_session_can_tune(member->session))
        return 0;
    int rc = syn_operation_started(
        &op, member, syn_session_tune(member->session, syn_operation_done, &op), error);
    return rc != 0 ? rc : syn_operation_wait(&op, member->bench->console, error);
}

static int subscribe_logs(struct syn_member *member, struct syn_error *error)
{
    const struct syn_subscription logs = {.log = true};
    struct syn_operation op = {.ctx = member};
    int rc = syn_operation_started(
        &op, member, syn_session_subscribe(member->session, &logs, syn_operation_done, &op), error);
    return rc != 0 ? rc : syn_operation_wait(&op, member->bench->console, error);
}

static void take_kinds(char kinds[SYN_KINDS_MAX][SYN_KIND_MAX], unsigned *count, const char *text)
{
    int n = syn_kinds_parse(kinds, text);
    *count = n > 0 ? (unsigned)n : 0;
}

/* What is worn where is the device's to say; its figures are the profile's. */
static int read_profile(struct syn_member *member, const char *profile, struct syn_error *error)
{
    char path[PATH_MAX];
    const char *name = profile ? profile : member->hello.profile;
    int rc = syn_data_find("profiles", name, path, sizeof path, error);
    if (rc == 0)
        rc = syn_profile_read(&member->profile, &member->bench->parts, path, error);
    if (rc != 0)
        return rc;
    if (syn_data_find("profiles/wear", member->name, path, sizeof path, NULL) == 0)
        (void)syn_profile_wear(&member->profile, path, NULL);
    take_kinds(member->profile.sensors, &member->profile.sensor_count, member->hello.sensors);
    take_kinds(member->profile.actuators, &member->profile.actuator_count, member->hello.actuators);
    return 0;
}

static int add_option(char uri[SYN_LINK_URI_MAX], const char *key, int value)
{
    const size_t length = strlen(uri);
    const int n = snprintf(uri + length, SYN_LINK_URI_MAX - length, "%c%s%d",
                           strchr(uri, '?') ? '&' : '?', key, value);
    return n < 0 || (size_t)n >= SYN_LINK_URI_MAX - length ? SYN_EINVAL : 0;
}

/* An emulated board has an id that no other has, and keeps its flash from one start to the next, as
 * long as it is on the bench. */
static int open_link(struct syn_member *member, struct syn_error *error)
{
    char uri[SYN_LINK_URI_MAX];
    int rc = 0;
    (void)snprintf(uri, sizeof uri, "%s", member->uri);
    if (syn_link_unnumbered(uri)) {
        syn_ids_number(member);
        rc = member->number > 0 ? add_option(uri, "number=", (int)member->number) : 0;
    }
    if (rc == 0 && syn_link_forgets(uri)) {
        if (member->flash < 0)
            member->flash = memfd_create(member->name, MFD_CLOEXEC);
        rc =
            member->flash < 0 ? SYN_EINVAL : add_option(uri, "flash=/proc/self/fd/", member->flash);
    }
    return rc ? syn_error_set(error, rc, "%s: the URI is too long", member->uri)
              : syn_session_open(member->session, uri, error);
}

int syn_member_open(struct syn_member *member, const char *uri, struct syn_error *error)
{
    int rc = make_session(member, error);
    return rc == 0 ? syn_session_open(member->session, uri, error) : rc;
}

static int reach(struct syn_member *member, struct syn_error *error)
{
    if (strncasecmp(member->uri, "sim:", 4) == 0)
        return syn_sim_connect(member, error);
    int rc = open_link(member, error);
    if (rc == 0)
        member->state = SYN_MEMBER_ONLINE;
    return rc;
}

int syn_member_connect(struct syn_member *member, const char *profile, struct syn_error *error)
{
    memset(&member->why, 0, sizeof member->why);
    syn_reconnect_end(member);
    member->state = SYN_MEMBER_CONNECTING;
    int rc = make_session(member, error);
    if (rc == 0)
        rc = reach(member, error);
    if (rc == 0)
        rc = say_hello(member, error);
    if (rc != 0)
        hint_words(member, error);
    if (rc == 0)
        rc = member->foreign ? syn_foreign_greet(member, profile, error)
                             : read_profile(member, profile, error);
    if (rc == 0 && !member->session) { /* its process ended in the turn that brought the answer */
        *error = member->why;
        rc = SYN_ELINK;
    }
    if (rc == 0 && !member->foreign)
        rc = tune(member, error);
    if (rc == 0 && !member->foreign)
        rc = subscribe_logs(member, error);
    if (rc != 0) {
        member->state = SYN_MEMBER_OFFLINE;
        syn_member_hang_up(member, error);
        syn_error_device(error, member->name);
        return rc;
    }
    member->connected_ns = syn_loop_now();
    syn_reconnect_remember(member);
    return 0;
}
