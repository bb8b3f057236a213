/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/fleet/reconnect.h"

#include "cli/fleet/connect.h"
#include "transports/client/identify.h"
#include "transports/client/line.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

static const int64_t first_pause_ns = 200000000, longest_pause_ns = 2000000000;
static const int64_t attempt_ns = 5000000000; /* for the link and hello */

struct syn_reconnect {
    struct syn_loop_timer timer; /* until the next attempt, or the end of this one */
    int64_t pause_ns;
    int64_t since_ns;  /* when the link was lost */
    int64_t sent_ns;   /* when hello was asked for */
    char stranger[64]; /* who else was found there; named once */
};

static void look(void *ctx);

static struct syn_console *console_of(const struct syn_member *member)
{
    return member->bench->console;
}

static double setting_s(const struct syn_member *member)
{
    return syn_setting_number(console_of(member), SYN_SETTING_RECONNECT_TIME);
}

/* ---- is there anything to look for ---- */

static const char *terminal_of(const struct syn_member *member)
{
    return strncmp(member->identity, "pty:", 4) == 0 ? member->identity + 4 : NULL;
}

/* The system gives the number of a terminal that is gone to anybody's next one: only a name that
 * somebody has made anew leads to the device. */
static bool may_be_its_terminal(const struct syn_member *member)
{
    const struct stat *before = &member->place;
    const char *path = terminal_of(member);
    struct stat now;
    if (!path)
        return true;
    return lstat(path, &now) == 0 && S_ISLNK(now.st_mode) &&
           (now.st_ino != before->st_ino || now.st_ctim.tv_sec != before->st_ctim.tv_sec ||
            now.st_ctim.tv_nsec != before->st_ctim.tv_nsec);
}

void syn_reconnect_remember(struct syn_member *member)
{
    (void)snprintf(member->identity, sizeof member->identity, "%s",
                   syn_client_identity(syn_session_client(member->session)));
    if (terminal_of(member))
        (void)lstat(terminal_of(member), &member->place);
}

static bool can_be_found(const struct syn_member *member)
{
    return strncasecmp(member->uri, "sim:", 4) != 0 && !syn_link_has_power(member->uri) &&
           member->identity[0] && (member->foreign || member->hello.id[0]) &&
           strcmp(syn_setting_text(console_of(member), SYN_SETTING_RECONNECT), "on") == 0;
}

/* ---- looking ---- */

static void wait_for_next(struct syn_member *member)
{
    struct syn_reconnect *r = member->reconnect;
    double gone_s = (double)(syn_loop_now() - r->since_ns) / 1e9;
    if (gone_s > setting_s(member)) {
        syn_reconnect_end(member);
        syn_console_event(console_of(member), SYN_EVENT_FAIL, member->name,
                          "not found for %.0f s, and looked for no longer: 'connect %s'", gone_s,
                          member->name);
        return;
    }
    syn_loop_timer_start(console_of(member)->loop, &r->timer, r->pause_ns, 0, look, member);
    r->pause_ns = r->pause_ns * 2 < longest_pause_ns ? r->pause_ns * 2 : longest_pause_ns;
}

static void attempt_failed(struct syn_member *member)
{
    syn_member_hang_up(member, NULL);
    wait_for_next(member);
}

static void attempt_takes_too_long(void *ctx)
{
    attempt_failed(ctx);
}

/* Answers of a session that was given up say nothing about the device. */
static bool is_over(int status)
{
    return status == SYN_ECANCELED || status == SYN_ELINK;
}

static void name_stranger(struct syn_member *member, const char *id)
{
    struct syn_reconnect *r = member->reconnect;
    if (strcmp(r->stranger, id) == 0)
        return;
    (void)snprintf(r->stranger, sizeof r->stranger, "%s", id);
    syn_console_event(console_of(member), SYN_EVENT_FAIL, member->name,
                      "%s is another device (%s): it is looked for further", member->identity, id);
}

static void back(struct syn_member *member)
{
    struct syn_reconnect *r = member->reconnect;
    member->reconnect = NULL;
    syn_loop_timer_stop(&r->timer);
    free(r);
    member->state = SYN_MEMBER_ONLINE;
    member->connected_ns = syn_loop_now();
    syn_reconnect_remember(member);
    member->returned = true;
    console_of(member)->chores = true;
    memset(&member->why, 0, sizeof member->why);
    syn_console_event(console_of(member), SYN_EVENT_JOIN, member->name, "is back at %s",
                      syn_client_place(syn_session_client(member->session)));
}

static void on_subscribed(void *ctx, int status, const struct syn_answer *answer,
                          const struct syn_error *error)
{
    (void)answer;
    (void)error;
    if (status == 0)
        back(ctx);
    else if (!is_over(status))
        attempt_failed(ctx);
}

/* A board's clock counts from its start: less than it was away means that it has started since. */
static bool has_restarted(const struct syn_member *member, const struct syn_hello *hello)
{
    int64_t away_ns = syn_loop_now() - member->reconnect->since_ns;
    return !(hello->features & SYN_FEATURE_VIRTUAL_TIME) && hello->now_ns < away_ns;
}

static int subscribe(struct syn_member *member)
{
    const struct syn_subscription logs = {.log = true};
    return syn_session_subscribe(member->session, &logs, on_subscribed, member);
}

static void on_tuned(void *ctx, int status, const struct syn_answer *answer,
                     const struct syn_error *error)
{
    (void)answer;
    (void)error;
    if (is_over(status))
        return;
    if (status != 0 || subscribe(ctx) != 0)
        attempt_failed(ctx);
}

/* A line that is slow to find its rate is not a device that is not there. */
static int tune(struct syn_member *member)
{
    if (!syn_session_can_tune(member->session))
        return subscribe(member);
    syn_loop_timer_start(console_of(member)->loop, &member->reconnect->timer, 2 * attempt_ns, 0,
                         attempt_takes_too_long, member);
    return syn_session_tune(member->session, on_tuned, member);
}

/* SMP devices that are not ours have no id: whatever of their kind is there is taken for them. */
static int recognize(struct syn_member *member, const struct syn_identity *found)
{
    if (found->ours == !member->foreign && strcmp(found->hello.id, member->hello.id) == 0)
        return 0;
    name_stranger(member, found->ours ? found->hello.id : "not one of ours");
    return SYN_ENOENT;
}

static int take(struct syn_member *member, const struct syn_identity *found)
{
    member->restarted = !member->foreign && has_restarted(member, &found->hello);
    syn_member_greeted(member, found, member->reconnect->sent_ns);
    if (!member->foreign)
        return tune(member);
    back(member);
    return 0;
}

static void on_identity(void *ctx, int status, const struct syn_answer *answer,
                        const struct syn_error *error)
{
    struct syn_member *member = ctx;
    (void)error;
    if (is_over(status))
        return;
    if (status == 0)
        status = recognize(member, &answer->identity);
    if (status == 0)
        status = take(member, &answer->identity);
    if (status != 0)
        attempt_failed(member);
}

static void look(void *ctx)
{
    struct syn_member *member = ctx;
    struct syn_reconnect *r = member->reconnect;
    int rc = may_be_its_terminal(member) ? 0 : SYN_ENOENT;
    if (rc == 0) {
        member->state = SYN_MEMBER_CONNECTING;
        rc = syn_member_open(member, member->identity, NULL);
    }
    r->sent_ns = syn_loop_now();
    if (rc == 0)
        rc = syn_session_identify(member->session, on_identity, member);
    if (rc != 0)
        attempt_failed(member);
    else
        syn_loop_timer_start(console_of(member)->loop, &r->timer, attempt_ns, 0,
                             attempt_takes_too_long, member);
}

/* ---- beginning and end ---- */

void syn_reconnect_begin(struct syn_member *member)
{
    if (member->reconnect || !can_be_found(member))
        return;
    struct syn_reconnect *r = calloc(1, sizeof *r);
    if (!r)
        return;
    r->pause_ns = first_pause_ns;
    r->since_ns = syn_loop_now();
    member->reconnect = r;
}

void syn_reconnect_go_on(struct syn_member *member)
{
    if (member->reconnect)
        wait_for_next(member);
}

void syn_reconnect_end(struct syn_member *member)
{
    struct syn_reconnect *r = member->reconnect;
    member->reconnect = NULL;
    if (!r)
        return;
    syn_loop_timer_stop(&r->timer);
    free(r);
    syn_member_hang_up(member, NULL);
}

/* ---- waiting for it ---- */

static bool is_settled(void *ctx)
{
    const struct syn_member *member = ctx;
    return !member->reconnect;
}

int syn_reconnect_wait(struct syn_member *member, double seconds, struct syn_error *error)
{
    if (member->state != SYN_MEMBER_ONLINE && !member->reconnect) {
        syn_reconnect_begin(member);
        syn_reconnect_go_on(member);
    }
    int rc = syn_console_wait(console_of(member), is_settled, member, seconds, error);
    if (rc == SYN_ECANCELED || syn_console_stopped(console_of(member)))
        return rc;
    if (member->state == SYN_MEMBER_ONLINE)
        return 0;
    syn_error_clear(error);
    return syn_bench_online(member->bench, member->name, &member, error);
}
