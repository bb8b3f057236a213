/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * `model add`: reads a model in any format that is known, compares it with its file on samples
 * where numbers had to be changed, and registers it.
 */
#include "cli/commands/model.h"
#include "cli/commands/model_samples.h"
#include "cli/console.h"
#include "cli/output/show.h"
#include "cli/shell/call.h"
#include "core/import/compare.h"
#include "devices/sensors/sensor.h"

#include <stdlib.h>
#include <string.h>

static int store(struct syn_console *console, const struct syn_model *model,
                 struct syn_error *error)
{
    struct syn_registry *registry = NULL;
    char *text = syn_model_text(model, "weights.bin");
    int status = text ? syn_console_registry(console, &registry, error)
                      : syn_error_set(error, SYN_ENOMEM, "out of memory");
    if (status == 0)
        status = syn_registry_put(registry, SYN_KIND_MODEL, model->name, text,
                                  model->seeded ? NULL : model->blob,
                                  model->seeded ? 0 : model->blob_size, NULL, error);
    free(text);
    return status;
}

static void show_model(struct syn_console *console, const struct syn_imported *imported,
                       cJSON *json, struct syn_table *table)
{
    syn_model_show_summary(json, imported->model);
    syn_show_text(json, "format", imported->format);
    syn_show_text(json, "notes", imported->notes);
    syn_model_summary_row(table, imported->model);
    if (imported->notes)
        syn_result_print(&console->result, "%s", imported->notes);
}

int syn_model_add_file(struct syn_console *console, const char *path,
                       const struct syn_import_options *options, cJSON *json,
                       struct syn_table *table, struct syn_error *error)
{
    struct syn_imported imported;
    int status = syn_import_read(&imported, path, options, error);
    if (status == 0)
        status = store(console, imported.model, error);
    if (status == 0)
        show_model(console, &imported, json, table);
    syn_imported_free(&imported);
    return status;
}

/* ---- comparing ---- */

struct comparing {
    const struct syn_imported *imported;
    struct syn_sensor_file *file; /* NULL: random windows */
    const char *path;
    uint8_t *labels; /* NULL: nobody knows */
    uint32_t count;
    size_t bytes; /* of a window */
    int8_t *sensed, *window;
    struct syn_import_comparison *result;
};

static int open_samples(struct comparing *c, const char *labels, struct syn_error *error)
{
    char why[512];
    int status = syn_sensor_open(&c->file, c->path, why, sizeof why);
    if (status < 0)
        return syn_error_set(error, status, "%s", why);
    const long windows = syn_sensor_windows(c->file, c->bytes);
    if (windows <= 0)
        return syn_error_set(error, SYN_EINVAL,
                             "%s: its samples have not the %zu bytes that %s "
                             "reads",
                             c->path, c->bytes, c->imported->model->name);
    if (labels)
        status = syn_samples_labels(&c->labels, labels, (uint32_t)windows, error);
    if (windows < (long)c->count)
        c->count = (uint32_t)windows;
    return status;
}

static int prepare(struct comparing *c, const struct syn_call *call, struct syn_error *error)
{
    const char *labels = syn_call_text(call, "--labels");
    c->path = syn_call_text(call, "--samples");
    c->count = (uint32_t)syn_call_integer(call, "--count", 100);
    c->bytes = syn_model_tensor_bytes(c->imported->model, 0);
    c->sensed = malloc(c->bytes);
    c->window = malloc(c->bytes);
    if (!c->sensed || !c->window) {
        syn_error_set(error, SYN_ENOMEM, "out of memory");
        return SYN_ENOMEM;
    }
    return c->path ? open_samples(c, labels, error) : 0;
}

static int read_window(struct comparing *c, uint32_t i, struct syn_error *error)
{
    char why[512];
    const struct syn_fold fold = syn_model_fold(c->imported->model);
    int status = 0;
    if (!c->file)
        syn_sensor_seeded("model add", i, c->bytes, c->sensed);
    else if ((status = syn_sensor_window_or_why(c->file, i, c->bytes, c->sensed, why, sizeof why)) <
             0)
        return syn_error_set(error, status, "%s", why);
    syn_fold_window(&fold, c->bytes, c->sensed, c->window);
    return 0;
}

static int compare_all(struct syn_console *console, struct comparing *c, struct syn_error *error)
{
    struct syn_progress progress;
    int status = 0;
    syn_console_progress(console, &progress, "comparing", "windows");
    for (uint32_t i = 0; status == 0 && i < c->count; i++) {
        status = syn_console_stopped(console) ? syn_console_stop_error(console, error)
                                              : read_window(c, i, error);
        if (status == 0)
            status = syn_import_compare(c->result, c->imported, c->window,
                                        c->labels ? c->labels[i] : -1, error);
        syn_progress_update(&progress, i + 1, c->count);
    }
    syn_progress_end(&progress);
    return status;
}

static double share(uint32_t part, uint32_t all)
{
    return all ? 100. * part / all : 0;
}

static void show_json(const struct comparing *c, cJSON *json)
{
    const struct syn_import_comparison *r = c->result;
    cJSON *object = syn_show_object(json, "comparison");
    syn_show_text(object, "samples", c->path);
    syn_show_integer(object, "count", r->count);
    syn_show_integer(object, "pixels", r->pixels);
    syn_show_integer(object, "same_class", r->same_class);
    syn_show_integer(object, "labelled", r->labelled);
    syn_show_integer(object, "right_original", r->right_original);
    syn_show_integer(object, "right_model", r->right_model);
    syn_show_number(object, "accuracy_change_points",
                    share(r->right_model, r->labelled) - share(r->right_original, r->labelled));
    syn_show_number(object, "mean_difference", r->mean_difference);
    syn_show_number(object, "largest_difference", r->largest_difference);
    syn_show_number(object, "output_rms", r->size);
}

static void show_comparison(struct syn_console *console, const struct comparing *c)
{
    struct syn_result *out = &console->result;
    const struct syn_import_comparison *r = c->result;
    const double before = share(r->right_original, r->labelled);
    const double after = share(r->right_model, r->labelled);
    show_json(c, syn_result_json(out));
    syn_result_print(out, "compared with the file on %u %s: the same class in %.2f %% of %u %s\n",
                     r->count, c->path ? "samples" : "random windows",
                     share(r->same_class, r->pixels), r->pixels,
                     r->pixels == r->count ? "outputs" : "pixels");
    if (r->labelled)
        syn_result_print(out,
                         "accuracy: %.2f %% as the file computes it, %.2f %% on the part "
                         "(%+.2f points)\n",
                         before, after, after - before);
    syn_result_print(out, "outputs: %.3g apart on average, %.3g at most, of %.3g (rms)\n",
                     r->mean_difference, r->largest_difference, r->size);
    if (!c->path)
        syn_result_print(out, "random windows say little about accuracy: --samples FILE --labels "
                              "FILE names real ones\n");
}

static void free_comparing(struct comparing *c)
{
    syn_sensor_close(c->file);
    free(c->labels);
    free(c->sensed);
    free(c->window);
}

/* ---- the command ---- */

/* "0..1" */
static int read_range(const char *text, double range[2], struct syn_error *error)
{
    char low[40];
    char *end;
    const char *dots = strstr(text, "..");
    const size_t length = dots ? (size_t)(dots - text) : 0;
    bool fits = dots && length > 0 && length < sizeof low && dots[2];
    if (fits) {
        memcpy(low, text, length);
        low[length] = '\0';
        range[0] = strtod(low, &end);
        fits = !*end;
        range[1] = strtod(dots + 2, &end);
        fits = fits && !*end;
    }
    return fits ? 0 : syn_error_set(error, SYN_EINVAL, "'%s' is no range: LOW..HIGH", text);
}

static int check_options(const struct syn_call *call, double range[2], struct syn_error *error)
{
    const char *text = syn_call_text(call, "--range");
    if (text && read_range(text, range, error) < 0)
        return SYN_EINVAL;
    if (syn_call_text(call, "--labels") && !syn_call_text(call, "--samples"))
        return syn_error_set(error, SYN_EINVAL, "--labels needs --samples");
    return 0;
}

/* A model that computes as its file does needs no comparison. */
static int add(struct syn_console *console, const struct syn_call *call,
               const struct syn_imported *imported, struct syn_error *error)
{
    struct syn_import_comparison result = {0};
    struct comparing c = {.imported = imported, .result = &result};
    const bool changed = imported->original.infer != NULL;
    struct syn_table *table = syn_model_summary_table();
    int status = changed ? prepare(&c, call, error) : 0;
    if (status == 0 && changed)
        status = compare_all(console, &c, error);
    if (status == 0)
        status = store(console, imported->model, error);
    if (status == 0) {
        show_model(console, imported, syn_result_json(&console->result), table);
        if (changed)
            show_comparison(console, &c);
        else if (syn_call_text(call, "--samples"))
            syn_result_print(&console->result, "computes exactly as its file says: nothing to "
                                               "compare; 'model test' counts what is right\n");
        syn_result_table(&console->result, table);
    }
    syn_table_free(table);
    free_comparing(&c);
    return status;
}

int syn_model_add_run(struct syn_console *console, const struct syn_call *call,
                      struct syn_error *error)
{
    double range[2];
    const struct syn_import_options options = {.name = syn_call_text(call, "--name"),
                                               .weights = syn_call_text(call, "--weights"),
                                               .range =
                                                   syn_call_text(call, "--range") ? range : NULL,
                                               .input = syn_call_text(call, "--input")};
    struct syn_imported imported = {0};
    int status = check_options(call, range, error);
    if (status == 0)
        status = syn_import_read(&imported, syn_call_text(call, "FILE"), &options, error);
    if (status == 0)
        status = add(console, call, &imported, error);
    syn_imported_free(&imported);
    return status;
}
