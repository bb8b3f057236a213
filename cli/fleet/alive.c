/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/fleet/alive.h"

#include "cli/fleet/runner.h"

#include <string.h>
#include <strings.h>

/* Silence is counted in beats of the loop, not by the clock: a console that was stopped or computed
 * for long has heard nothing because it did not listen. */
static const int64_t beat_ns = 250000000;
static const unsigned probe_beats = 4, tell_beats = 6, limit_beats = 14;
enum { ROUND_TRIPS = 2 }; /* of a line so slow that they take longer, that it has at least */

static bool is_watched(const struct syn_member *member)
{
    return member->state == SYN_MEMBER_ONLINE && member->session && !member->spawn &&
           !syn_link_has_power(member->uri);
}

static bool has_to_report(const struct syn_bench *bench, const struct syn_member *member)
{
    const struct syn_deployed *deployed = bench->deployed;
    if (!bench->running || !bench->running->active || !deployed)
        return false;
    for (unsigned i = 0; i < deployed->workload->fleet.count; i++)
        if (deployed->workload->members[i] == member)
            return true;
    return false;
}

/* May a long request be under way, and is an echo answered beside it? Firmware of others may stand
 * still meanwhile. */
static bool answers_beside(const struct syn_member *member)
{
    return !member->foreign && syn_client_window(syn_session_client(member->session)) > 1;
}

static unsigned beats_of(const struct syn_member *member, const struct syn_client_stats *stats)
{
    const struct syn_client *client = syn_session_client(member->session);
    int64_t ns = ROUND_TRIPS * stats->round_trip_ns;
    int64_t own_ns = answers_beside(member) ? 0 : syn_client_patience_ns(client, NULL);
    ns = own_ns > ns ? own_ns : ns;
    return ns > limit_beats * beat_ns ? (unsigned)(ns / beat_ns) + probe_beats : limit_beats;
}

static void nobody_waits(void *user, int status, const struct syn_answer *answer,
                         const struct syn_error *error)
{
    (void)user;
    (void)status;
    (void)answer;
    (void)error;
}

static void give_up(struct syn_member *member)
{
    struct syn_error why = {0};
    double seconds = (double)(member->silent_beats * beat_ns) / 1e9;
    member->silent_beats = 0;
    member->was_asked = false;
    const char *where = member->identity[0] ? member->identity : member->uri; /* still connecting */
    syn_error_set(&why, SYN_ELINK, "%s: nothing was heard for %.1f s", where, seconds);
    syn_error_hint(&why, "is it still on, and plugged in?");
    syn_client_give_up(syn_session_client(member->session), &why);
}

/* A request that may take long has been silent for `silent_beats`. */
static void wait_for_long(struct syn_member *member, const char *what, int64_t patience_ns)
{
    if (answers_beside(member) && member->silent_beats == probe_beats)
        (void)syn_session_echo(member->session, "", nobody_waits, NULL);
    else if (!answers_beside(member) && member->silent_beats == tell_beats)
        syn_console_event(member->bench->console, SYN_EVENT_SILENT, member->name,
                          "%s: firmware that is not ours may be silent for up to %.0f s", what,
                          (double)patience_ns / 1e9);
}

/* A device that is silent, but not for long enough. */
static void ask_it(struct syn_member *member, bool asked)
{
    const char *what = NULL;
    int64_t patience_ns = syn_client_patience_ns(syn_session_client(member->session), &what);
    if (!asked && member->silent_beats >= probe_beats)
        (void)syn_session_echo(member->session, "", nobody_waits, NULL);
    else if (asked && patience_ns > limit_beats * beat_ns)
        wait_for_long(member, what, patience_ns);
}

/* Is anything wanted of it? */
static bool listen(struct syn_bench *bench, struct syn_member *member)
{
    struct syn_client *client = syn_session_client(member->session);
    const struct syn_client_stats stats = syn_client_stats(client);
    bool asked = syn_client_outstanding(client) > 0, reports = has_to_report(bench, member);
    uint64_t heard = asked ? stats.answered : stats.received;
    bool begins = asked && !member->was_asked && member->silent_beats < probe_beats;
    if (stats.answered == 0 || (!asked && !reports)) { /* hello has a time of its own */
        member->silent_beats = 0;
        member->was_asked = false;
        return asked;
    }
    bool silent = heard == (asked ? member->answered : member->heard);
    member->silent_beats = silent && !begins ? member->silent_beats + 1 : 0;
    member->was_asked = asked;
    member->answered = stats.answered;
    member->heard = stats.received;
    if (member->silent_beats >= beats_of(member, &stats))
        give_up(member);
    else
        ask_it(member, asked);
    return true;
}

static void beat(void *ctx)
{
    struct syn_bench *bench = ctx;
    bool wanted = false;
    for (unsigned i = 0; i < bench->count; i++)
        if (is_watched(bench->members[i]))
            wanted |= listen(bench, bench->members[i]);
    if (!wanted)
        syn_loop_timer_stop(&bench->beat);
}

void syn_alive_watch(struct syn_bench *bench)
{
    if (!syn_loop_timer_active(&bench->beat))
        syn_loop_timer_start(bench->console->loop, &bench->beat, beat_ns, beat_ns, beat, bench);
}

void syn_alive_stop(struct syn_bench *bench)
{
    syn_loop_timer_stop(&bench->beat);
}
