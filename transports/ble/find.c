/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "transports/ble/find.h"

#include <stdlib.h>

#include "transports/ble/trouble.h"

struct syn_ble_find {
    struct syn_ble_find_options options;
    struct syn_ble_seen_list list;
    struct syn_ble_seen seen;
    struct syn_loop_timer timer;
    void *scanner;
    bool found, late, over;
};

static void fail(struct syn_ble_find *f, const struct syn_error *error)
{
    f->over = true;
    f->options.failed(f->options.ctx, error);
}

static void tell(struct syn_ble_find *f, const struct syn_error *error)
{
    struct syn_error absent = {0};
    syn_loop_timer_stop(&f->timer);
    if (f->over)
        return;
    if (!f->found) {
        (void)syn_ble_trouble_absent(&absent, "the device was not heard",
                                     (double)f->options.patience_ns / 1e9);
        fail(f, error ? error : &absent);
        return;
    }
    f->over = true;
    f->options.found(f->options.ctx, &f->seen);
}

static void on_ended(void *ctx, const struct syn_error *error)
{
    tell(ctx, error);
}

static void stop(struct syn_ble_find *f)
{
    f->options.scanner->stop(f->scanner);
}

static void on_changed(void *ctx)
{
    struct syn_ble_find *f = ctx;
    for (unsigned i = 0; i < f->list.count && !f->found && !f->late; i++)
        if (syn_ble_seen_is(&f->list.items[i], f->options.target)) {
            f->seen = f->list.items[i];
            f->found = true;
            stop(f);
        }
    if (f->list.count == SYN_BLE_SEEN_MAX && !f->found)
        f->list.count = 0; /* a crowd: those already heard were not the one */
}

static void on_late(void *ctx)
{
    struct syn_ble_find *f = ctx;
    f->late = true;
    stop(f);
}

int syn_ble_find_start(struct syn_ble_find **find, const struct syn_ble_find_options *options,
                       struct syn_error *error)
{
    struct syn_ble_find *f = calloc(1, sizeof *f);
    *find = NULL;
    if (!f)
        return syn_error_set(error, SYN_ENOMEM, "out of memory");
    f->options = *options;
    const struct syn_ble_scan_options scan = {.loop = options->loop,
                                              .adapter = options->target->adapter,
                                              .list = &f->list,
                                              .changed = on_changed,
                                              .ended = on_ended,
                                              .ctx = f};
    int rc = options->scanner->open(&f->scanner, &scan, error);
    if (rc) {
        free(f);
        return rc;
    }
    syn_loop_timer_start(options->loop, &f->timer, options->patience_ns, 0, on_late, f);
    *find = f;
    return 0;
}

void syn_ble_find_free(struct syn_ble_find *f)
{
    if (!f)
        return;
    f->over = true;
    syn_loop_timer_stop(&f->timer);
    f->options.scanner->close(f->scanner);
    free(f);
}
