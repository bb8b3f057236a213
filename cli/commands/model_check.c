/* SPDX-License-Identifier: GPL-3.0-or-later */
/* `model check`: does it fit whole, what binds, how many cycles. */
#include "cli/catalog.h"
#include "cli/commands/model.h"
#include "cli/console.h"
#include "cli/data.h"
#include "cli/output/show.h"
#include "cli/output/text.h"
#include "cli/shell/call.h"
#include "cli/shell/words.h"
#include "core/cost/fit.h"
#include "devices/profiles/profile.h"

#include <inttypes.h>
#include <string.h>

/* The answer for one profile. */
struct verdict {
    bool fits;
    char why[200];
    uint64_t cycles;
    uint64_t infer_ns;
    uint16_t kernel_words; /* most on one processor */
};

static uint16_t most_words(const struct syn_chunk *chunk, const struct syn_place *places)
{
    uint16_t used[SYN_PART_PROCESSORS], bias[SYN_PART_QUADRANTS], most = 0;
    syn_place_usage(chunk, 1, places, used, bias);
    for (size_t i = 0; i < SYN_PART_PROCESSORS; i++)
        most = used[i] > most ? used[i] : most;
    return most;
}

static void judge(const struct syn_model *model, const struct syn_profile *profile,
                  struct verdict *verdict)
{
    struct syn_place places[SYN_PART_PLACEMENTS_MAX];
    struct syn_misfit misfit = {0};
    const struct syn_part *part = profile->timing.part;
    const struct syn_chunk chunk = {.layers = model->layers,
                                    .last = (uint16_t)model->layer_count,
                                    .layer_count = (uint16_t)model->layer_count};
    *verdict = (struct verdict){0};
    int status = syn_fit_alone(part, model, 0, model->layer_count, &misfit);
    if (status == 0)
        status = syn_place_chunks(part, &chunk, 1, places, &misfit);
    if (status < 0) {
        char words[160];
        bool of_layer = misfit.limit != SYN_LIMIT_LAYERS && misfit.limit != SYN_LIMIT_CHUNKS &&
                        misfit.layer < model->layer_count;
        syn_misfit_words(&misfit, words, sizeof words);
        (void)snprintf(verdict->why, sizeof verdict->why, "%s%s%s",
                       of_layer ? model->layer_names[misfit.layer] : "", of_layer ? ": " : "",
                       words);
        return;
    }
    verdict->fits = true;
    verdict->cycles = syn_place_cycles(part, &chunk, places, profile->timing.accel_hz);
    verdict->infer_ns = syn_timing_infer(&profile->timing, verdict->cycles);
    verdict->kernel_words = most_words(&chunk, places);
}

static void show_verdict(cJSON *list, struct syn_table *table, const struct syn_profile *profile,
                         const struct verdict *verdict)
{
    char text[40];
    const struct syn_part *part = profile->timing.part;
    cJSON *entry = syn_show_object(list, NULL);
    syn_show_text(entry, "profile", profile->name);
    syn_show_text(entry, "part", part->name);
    syn_show_bool(entry, "fits", verdict->fits);
    syn_table_text(table, profile->name);
    syn_table_text(table, part->name);
    if (!verdict->fits) {
        syn_show_text(entry, "reason", verdict->why);
        syn_table_text(table, "no");
        syn_table_text(table, NULL);
        syn_table_text(table, NULL);
        syn_table_text(table, NULL);
        syn_table_text(table, verdict->why);
        return;
    }
    syn_show_integer(entry, "cycles", (int64_t)verdict->cycles);
    syn_show_number(entry, "infer_ms", (double)verdict->infer_ns / 1e6);
    syn_show_integer(entry, "kernel_words", verdict->kernel_words);
    syn_show_integer(entry, "kernel_words_of", part->kernel_words);
    syn_table_text(table, "yes");
    syn_table_format(table, "%" PRIu64, verdict->cycles);
    syn_table_text(table, syn_text_time(text, sizeof text, (double)verdict->infer_ns / 1e9));
    syn_table_format(table, "%u of %u", verdict->kernel_words, part->kernel_words);
    syn_table_text(table, NULL);
}

/* Counts the profiles on which it fits; names in `profiles`. */
static int check_all(struct syn_console *console, const struct syn_model *model,
                     const struct syn_words *profiles, unsigned *fits, char *why, size_t why_size,
                     struct syn_error *error)
{
    static const struct syn_column columns[] = {
        {.title = "PROFILE"},
        {.title = "PART"},
        {.title = "FITS"},
        {.title = "CYCLES", .right = true},
        {.title = "TIME", .right = true},
        {.title = "KERNEL WORDS", .right = true},
        {.title = "WHY NOT", .shrinks = true},
    };
    char path[4096];
    int status = 0;
    struct syn_table *table = syn_table_new(columns, 7);
    cJSON *list = syn_show_array(syn_result_json(&console->result), "profiles");
    for (size_t i = 0; status == 0 && i < profiles->count; i++) {
        struct syn_profile profile = {0};
        struct verdict verdict;
        status = syn_data_find("profiles", profiles->items[i], path, sizeof path, error);
        if (status == 0)
            status = syn_profile_read(&profile, path, error);
        if (status < 0 || !profile.timing.part)
            break;
        judge(model, &profile, &verdict);
        show_verdict(list, table, &profile, &verdict);
        *fits += verdict.fits;
        if (!verdict.fits)
            (void)snprintf(why, why_size, "%s", verdict.why);
    }
    syn_result_table(&console->result, table);
    syn_table_free(table);
    return status;
}

static void take_name(void *ctx, const char *name)
{
    (void)syn_words_add(ctx, name);
}

int syn_model_check_run(struct syn_console *console, const struct syn_call *call,
                        struct syn_error *error)
{
    char why[200] = "";
    unsigned fits = 0;
    struct syn_words profiles = {0};
    struct syn_model *model = NULL;
    const char *only = syn_call_text(call, "--on");
    int status = syn_catalog_model(console, syn_call_text(call, "MODEL"), &model, error);
    if (status < 0)
        return status;
    if (only)
        (void)syn_words_add(&profiles, only);
    else
        syn_data_each("profiles", take_name, &profiles);
    syn_show_text(syn_result_json(&console->result), "model", model->name);
    status = check_all(console, model, &profiles, &fits, why, sizeof why, error);
    if (status == 0 && fits == 0) {
        console->partial = true;
        status = syn_error_set(error, SYN_EOOR, "%s does not fit whole on %s: %s", model->name,
                               only ? only : "any profile", why);
        syn_error_hint(error, "it may run in chunks on several devices: 'plan search'");
    }
    syn_words_clear(&profiles);
    syn_model_free(model);
    return status;
}
