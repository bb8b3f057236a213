/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/fleet/chatter.h"

enum { BURST = 20 };
static const int64_t line_ns = 100000000; /* one more line may be told after so long */
static const int64_t sum_up_ns = 1000000000;

/* Time that was not talked in adds up, to a burst at most. */
static bool may_be_told(struct syn_chatter *chatter)
{
    int64_t now = syn_loop_now(), earliest = now - BURST * line_ns;
    if (chatter->spent_ns < earliest)
        chatter->spent_ns = earliest;
    if (chatter->spent_ns + line_ns > now)
        return false;
    chatter->spent_ns += line_ns;
    return true;
}

static void sum_up(void *ctx)
{
    struct syn_member *member = ctx;
    unsigned untold = member->chatter.untold;
    member->chatter.untold = 0;
    syn_console_event(member->bench->console, SYN_EVENT_LOG, member->name,
                      "%u lines not shown: 'device logs %s' has the latest", untold, member->name);
}

void syn_chatter_tell(struct syn_member *member, enum syn_event_kind kind, const char *text)
{
    struct syn_chatter *chatter = &member->chatter;
    struct syn_console *console = member->bench->console;
    if (may_be_told(chatter)) {
        syn_console_event(console, kind, member->name, "%s", text);
        return;
    }
    chatter->untold++;
    if (!syn_loop_timer_active(&chatter->timer))
        syn_loop_timer_start(console->loop, &chatter->timer, sum_up_ns, 0, sum_up, member);
}

void syn_chatter_end(struct syn_member *member)
{
    syn_loop_timer_stop(&member->chatter.timer);
}
