/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/output/progress.h"

#include "cli/output/terminal.h"
#include "cli/output/text.h"

#include <inttypes.h>
#include <stdbool.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define REDRAW_NS 100000000 /* ten times a second is as fast as people read */

static int64_t now_ns(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

void syn_progress_begin(struct syn_progress *progress, FILE *out, const char *what,
                        const char *unit)
{
    *progress = (struct syn_progress){.what = what, .unit = unit, .start_ns = now_ns()};
    if (out && isatty(fileno(out))) {
        progress->out = out;
        progress->width = syn_terminal_width(fileno(out));
    }
}

static void amount(char *text, size_t size, const char *unit, uint64_t value)
{
    if (strcmp(unit, "B") == 0)
        (void)syn_text_bytes(text, size, value);
    else
        (void)snprintf(text, size, "%" PRIu64 " %s", value, unit);
}

/* "uploading  43 %  12.3 KiB of 28.0 KiB  4.1 KiB/s  4.0 s left" */
static void describe(const struct syn_progress *p, char *line, size_t size, uint64_t done,
                     uint64_t total, double seconds)
{
    char have[40], all[40] = "", speed[40], left[40] = "";
    double rate = seconds > 0 ? (double)done / seconds : 0;
    amount(have, sizeof have, p->unit, done);
    amount(speed, sizeof speed, p->unit, (uint64_t)rate);
    if (total == 0) {
        (void)snprintf(line, size, "%s  %s  %s/s", p->what, have, speed);
        return;
    }
    amount(all, sizeof all, p->unit, total);
    if (rate > 0 && done < total)
        (void)syn_text_time(left, sizeof left, (double)(total - done) / rate);
    (void)snprintf(line, size, "%s  %3.0f %%  %s of %s  %s/s  %s%s", p->what,
                   100.0 * (double)done / (double)total, have, all, speed, left,
                   left[0] ? " left" : "");
}

/* Is it time to draw again? */
static bool is_due(struct syn_progress *progress, int64_t now)
{
    if (!progress->out || (progress->shown_ns && now - progress->shown_ns < REDRAW_NS))
        return false;
    progress->shown_ns = now;
    return true;
}

static void draw(const struct syn_progress *progress, const char *line)
{
    size_t fit = syn_text_fit(line, (size_t)(progress->width > 1 ? progress->width - 1 : 79));
    (void)fprintf(progress->out, "\r\033[K%.*s", (int)fit, line);
    (void)fflush(progress->out);
}

void syn_progress_update(struct syn_progress *progress, uint64_t done, uint64_t total)
{
    char line[240];
    int64_t now = now_ns();
    if (!is_due(progress, now))
        return;
    describe(progress, line, sizeof line, done, total, (double)(now - progress->start_ns) / 1e9);
    draw(progress, line);
}

void syn_progress_say(struct syn_progress *progress, const char *words)
{
    char line[240];
    if (!is_due(progress, now_ns()))
        return;
    (void)snprintf(line, sizeof line, "%s  %s", progress->what, words);
    draw(progress, line);
}

void syn_progress_end(struct syn_progress *progress)
{
    if (progress->out && progress->shown_ns) {
        (void)fputs("\r\033[K", progress->out);
        (void)fflush(progress->out);
    }
    progress->out = NULL;
}
