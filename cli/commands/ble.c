/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Command `ble scan`: who advertises, and what to type to connect. */
#include "cli/commands/commands.h"
#include "cli/console.h"
#include "cli/output/show.h"
#include "cli/output/text.h"
#include "cli/shell/call.h"
#include "transports/ble/scanner.h"
#include "transports/links/link.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define STOP_S 3.0

struct scan {
    struct syn_ble_seen_list seen;
    struct syn_error error;
    bool ended;
};

static void on_changed(void *ctx)
{
    (void)ctx;
}

static void on_ended(void *ctx, const struct syn_error *error)
{
    struct scan *scan = ctx;
    scan->ended = true;
    if (error)
        scan->error = *error;
}

static bool has_ended(void *ctx)
{
    return ((struct scan *)ctx)->ended;
}

/* ---- what is shown ---- */

/* Ours first, then those that offer SMP, then the rest; each the nearest first. */
static int by_interest(const void *a, const void *b)
{
    const struct syn_ble_seen *x = a, *y = b;
    int rank_x = 2 * x->ours + x->smp, rank_y = 2 * y->ours + y->smp;
    int rssi_x = x->rssi_dbm == SYN_BLE_RSSI_NONE ? -128 : x->rssi_dbm;
    int rssi_y = y->rssi_dbm == SYN_BLE_RSSI_NONE ? -128 : y->rssi_dbm;
    if (rank_x != rank_y)
        return rank_y - rank_x;
    return rssi_x != rssi_y ? rssi_y - rssi_x : strcmp(x->address, y->address);
}

static const char *offer_of(const struct syn_ble_seen *seen)
{
    return seen->ours ? "SMP, one of ours" : seen->smp ? "SMP" : "";
}

static const char *uri_of(const struct syn_ble_seen *seen, int adapter, char *uri, unsigned size)
{
    const struct syn_ble_target target = {.adapter = adapter};
    uri[0] = 0;
    if (seen->smp || seen->ours)
        (void)syn_ble_target_uri(&target, seen->address, seen->type, uri, size);
    return uri;
}

static void show(cJSON *list, struct syn_table *table, const struct syn_ble_seen *seen, int adapter)
{
    char uri[SYN_LINK_URI_MAX], rssi[16] = "", name[2 * SYN_BLE_NAME];
    bool heard = seen->rssi_dbm != SYN_BLE_RSSI_NONE;
    cJSON *object = syn_show_object(list, NULL);
    if (heard)
        (void)snprintf(rssi, sizeof rssi, "%d", seen->rssi_dbm);
    (void)uri_of(seen, adapter, uri, sizeof uri);
    syn_text_clean(name, sizeof name, seen->name);
    syn_show_text(object, "address", seen->address);
    syn_show_text(object, "type", syn_ble_type_words[seen->type]);
    if (heard)
        syn_show_number(object, "rssi_dbm", seen->rssi_dbm);
    else
        syn_show_text(object, "rssi_dbm", NULL);
    syn_show_text(object, "name", name[0] ? name : NULL);
    syn_show_bool(object, "smp", seen->smp);
    syn_show_bool(object, "ours", seen->ours);
    syn_show_text(object, "uri", uri[0] ? uri : NULL);
    syn_table_text(table, seen->address);
    syn_table_text(table, syn_ble_type_words[seen->type]);
    syn_table_text(table, rssi);
    syn_table_text(table, name);
    syn_table_text(table, offer_of(seen));
    syn_table_text(table, uri);
}

static void show_all(struct syn_console *console, struct scan *scan, int adapter)
{
    static const struct syn_column columns[] = {{.title = "ADDRESS"},
                                                {.title = "TYPE"},
                                                {.title = "RSSI dBm", .right = true},
                                                {.title = "NAME", .shrinks = true},
                                                {.title = "OFFERS"},
                                                {.title = "CONNECT TO"}};
    struct syn_table *table = syn_table_new(columns, 6);
    cJSON *json = syn_result_json(&console->result);
    cJSON *list = syn_show_array(json, "devices");
    qsort(scan->seen.items, scan->seen.count, sizeof scan->seen.items[0], by_interest);
    for (unsigned i = 0; i < scan->seen.count; i++)
        show(list, table, &scan->seen.items[i], adapter);
    if (scan->seen.count == 0)
        syn_result_print(&console->result, "no device advertises\n");
    else
        syn_result_table(&console->result, table);
    if (scan->seen.dropped > 0)
        syn_result_print(&console->result, "more than %d: the rest is left out\n",
                         SYN_BLE_SEEN_MAX);
    syn_table_free(table);
}

/* ---- scanning ---- */

/* The time is over, or Ctrl-C ends it early: what was heard counts. */
static int listen(struct syn_console *console, struct scan *scan, void *scanner, double seconds,
                  struct syn_error *error)
{
    int rc = syn_console_wait(console, has_ended, scan, seconds, error);
    if (rc == SYN_ETIMEOUT && !syn_console_stopped(console)) {
        syn_ble_scanner.stop(scanner);
        rc = syn_console_wait(console, has_ended, scan, STOP_S, error);
    }
    if (rc == SYN_ETIMEOUT && !syn_console_stopped(console))
        return 0;
    if (rc == 0 && scan->error.code) {
        *error = scan->error;
        rc = error->code;
    }
    return rc;
}

static int adapter_of(const struct syn_call *call, int *adapter, struct syn_error *error)
{
    struct syn_ble_target target = {.adapter = -1};
    const char *name = syn_call_text(call, "--adapter");
    char text[64];
    (void)snprintf(text, sizeof text, "x?adapter=%s", name ? name : "hci0");
    int rc = syn_ble_target_parse(&target, text, error);
    *adapter = name ? target.adapter : -1;
    return rc;
}

static int run_scan(struct syn_console *console, const struct syn_call *call,
                    struct syn_error *error)
{
    void *scanner = NULL;
    int adapter = -1;
    int rc = adapter_of(call, &adapter, error);
    if (rc != 0)
        return rc;
    struct scan *scan = calloc(1, sizeof *scan);
    if (!scan)
        return syn_error_set(error, SYN_ENOMEM, "no memory for a scan");
    const struct syn_ble_scan_options options = {.loop = console->loop,
                                                 .adapter = adapter,
                                                 .list = &scan->seen,
                                                 .changed = on_changed,
                                                 .ended = on_ended,
                                                 .ctx = scan};
    rc = syn_ble_scanner.open(&scanner, &options, error);
    if (rc == 0)
        rc = listen(console, scan, scanner, syn_call_number(call, "--time", 5), error);
    if (rc == 0)
        show_all(console, scan, adapter);
    syn_ble_scanner.close(scanner);
    free(scan);
    return rc;
}

static const struct syn_command commands[] = {
    {
        .noun = "ble",
        .verb = "scan",
        .summary = "list the Bluetooth LE devices that advertise",
        .details = "By bluetoothd where it runs, else by the adapter itself. Those that offer SMP "
                   "can be connected to.",
        .options = {{.name = "--time",
                     .value = "S",
                     .kind = SYN_VALUE_SECONDS,
                     .standard = "5",
                     .min = 0.1,
                     .max = 60,
                     .help = "how long to listen"},
                    {.name = "--adapter",
                     .value = "hciN",
                     .help = "the adapter to listen with, instead of the first that is on"}},
        .run = run_scan,
    },
};

const struct syn_command_table syn_commands_ble = SYN_COMMAND_TABLE("Devices", commands);
