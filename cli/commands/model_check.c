/* SPDX-License-Identifier: GPL-3.0-or-later */
/* `model check`: does it fit whole, what binds, how many cycles. */
#include "cli/catalog.h"
#include "cli/commands/model.h"
#include "cli/commands/model_picture.h"
#include "cli/console.h"
#include "cli/data.h"
#include "cli/output/show.h"
#include "cli/output/text.h"
#include "cli/shell/call.h"
#include "cli/shell/words.h"
#include "core/cost/fit.h"
#include "devices/profiles/profile.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* Layers [first, last) of a model. */
struct range {
    unsigned first, last;
};

/* The answer for one profile. */
struct verdict {
    bool fits;
    bool placed;                       /* layers, kernels and biases fit; data memory may not */
    char why[400];                     /* every limit that is exceeded */
    uint16_t kernel_words;             /* up to the last one, on the processor that is fullest */
    uint16_t bias[SYN_PART_QUADRANTS]; /* bytes */
    uint64_t weight_bytes;             /* with biases */
    uint64_t data_apart;               /* bytes, were no output to overlap its input */
    uint64_t data_bytes;               /* of the part */
    uint64_t cycles;
    uint64_t infer_ns;
};

static void place_figures(const struct syn_chunk *chunk, const struct syn_place *places,
                          struct verdict *verdict)
{
    uint16_t used[SYN_PART_PROCESSORS];
    syn_place_usage(chunk, 1, places, used, verdict->bias);
    for (unsigned i = 0; i < (unsigned)(chunk->last - chunk->first); i++) {
        const unsigned end = (unsigned)places[i].kernel_column + places[i].kernel_words;
        if (end > verdict->kernel_words)
            verdict->kernel_words = (uint16_t)end;
    }
}

/* What the busiest layer reads, makes and leaves for later layers, each in its own place. */
static uint64_t bytes_apart(const struct syn_model *model, struct range range)
{
    uint64_t most = 0;
    for (unsigned l = range.first; l < range.last; l++) {
        struct syn_cut cut = {0};
        const struct syn_layer *layer = &model->layers[l];
        const uint64_t made = (uint64_t)layer->out.channels * layer->out.height * layer->out.width *
                              (layer->output_width / 8u);
        if (syn_model_cut(model, l, &cut) == 0 && cut.bytes + made > most)
            most = cut.bytes + made;
    }
    return most;
}

static uint64_t weight_bytes(const struct syn_model *model, struct range range)
{
    uint64_t bytes = 0;
    for (unsigned l = range.first; l < range.last; l++)
        bytes +=
            syn_layer_weight_bytes(&model->layers[l]) + syn_layer_bias_bytes(&model->layers[l]);
    return bytes;
}

static void add_reason(const struct syn_model *model, const struct syn_misfit *misfit,
                       struct verdict *verdict)
{
    char words[160];
    const size_t used = strlen(verdict->why);
    const bool of_layer = misfit->limit != SYN_LIMIT_LAYERS && misfit->limit != SYN_LIMIT_CHUNKS &&
                          misfit->limit != SYN_LIMIT_WEIGHTS && misfit->layer < model->layer_count;
    syn_misfit_words(misfit, words, sizeof words);
    (void)snprintf(verdict->why + used, sizeof verdict->why - used, "%s%s%s%s", used ? "; " : "",
                   of_layer ? model->layer_names[misfit->layer] : "", of_layer ? ": " : "", words);
}

static void judge(const struct syn_model *model, struct range range,
                  const struct syn_profile *profile, struct verdict *verdict,
                  struct syn_place places[SYN_PART_PLACEMENTS_MAX])
{
    struct syn_misfit misfit = {0};
    const struct syn_part *part = profile->timing.part;
    const struct syn_chunk chunk = {.layers = model->layers,
                                    .first = (uint16_t)range.first,
                                    .last = (uint16_t)range.last,
                                    .layer_count = (uint16_t)model->layer_count};
    *verdict = (struct verdict){.weight_bytes = weight_bytes(model, range),
                                .data_apart = bytes_apart(model, range),
                                .data_bytes = syn_part_room(part).data_bytes};
    const bool alone = syn_fit_alone(part, model, range.first, range.last, &misfit) == 0;
    if (!alone)
        add_reason(model, &misfit, verdict);
    verdict->placed = syn_place_chunks(part, &chunk, 1, places, &misfit) == 0;
    if (verdict->placed)
        place_figures(&chunk, places, verdict);
    else
        add_reason(model, &misfit, verdict);
    verdict->fits = alone && verdict->placed;
    if (!verdict->fits)
        return;
    verdict->cycles = syn_place_cycles(part, &chunk, places, profile->timing.accel_hz);
    verdict->infer_ns = syn_timing_infer(&profile->timing, verdict->cycles);
}

static bool overlaps(const struct verdict *verdict)
{
    return verdict->data_apart > verdict->data_bytes;
}

static uint16_t most_bias(const struct verdict *verdict)
{
    uint16_t most = 0;
    for (size_t i = 0; i < SYN_PART_QUADRANTS; i++)
        most = verdict->bias[i] > most ? verdict->bias[i] : most;
    return most;
}

static void show_json(cJSON *entry, const struct syn_profile *profile, struct range range,
                      const struct verdict *verdict)
{
    const struct syn_part *part = profile->timing.part;
    syn_show_text(entry, "profile", profile->name);
    syn_show_text(entry, "part", part->name);
    syn_show_bool(entry, "fits", verdict->fits);
    if (!verdict->fits)
        syn_show_text(entry, "reason", verdict->why);
    syn_show_integer(entry, "layers", range.last - range.first);
    syn_show_integer(entry, "layers_of", part->layers_max);
    syn_show_integer(entry, "weight_bytes", (int64_t)verdict->weight_bytes);
    syn_show_integer(entry, "weight_bytes_of", part->weight_bytes);
    if (verdict->placed && part->kernel_words) {
        syn_show_integer(entry, "kernel_words", verdict->kernel_words);
        syn_show_integer(entry, "kernel_words_of", part->kernel_words);
        cJSON *groups = syn_show_array(entry, "bias_bytes");
        for (size_t i = 0; i < SYN_PART_QUADRANTS; i++)
            (void)cJSON_AddItemToArray(groups, cJSON_CreateNumber(verdict->bias[i]));
        syn_show_integer(entry, "bias_bytes_of", part->bias_bytes);
    }
    syn_show_integer(entry, "data_bytes_apart", (int64_t)verdict->data_apart);
    syn_show_integer(entry, "data_bytes_of", (int64_t)verdict->data_bytes);
    if (!verdict->fits)
        return;
    syn_show_bool(entry, "overlaps", overlaps(verdict));
    syn_show_integer(entry, "cycles", (int64_t)verdict->cycles);
    syn_show_number(entry, "infer_ms", (double)verdict->infer_ns / 1e6);
}

static void show_row(struct syn_table *table, const struct syn_profile *profile, struct range range,
                     const struct verdict *verdict)
{
    char text[40], apart[32], memory[32];
    const struct syn_part *part = profile->timing.part;
    syn_table_text(table, profile->name);
    syn_table_text(table, part->name);
    syn_table_text(table, verdict->fits ? "yes" : "no");
    syn_table_format(table, "%u of %u", range.last - range.first, part->layers_max);
    if (verdict->placed && part->kernel_words) {
        syn_table_format(table, "%u of %u", verdict->kernel_words, part->kernel_words);
        syn_table_format(table, "%u of %u", most_bias(verdict), part->bias_bytes);
    } else {
        syn_table_text(table, NULL);
        syn_table_text(table, NULL);
    }
    if (!verdict->fits) {
        for (unsigned i = 0; i < 3; i++)
            syn_table_text(table, NULL);
        syn_table_text(table, verdict->why);
        return;
    }
    syn_table_format(table, "%s of %s%s", syn_grouped(verdict->data_apart, apart),
                     syn_grouped(verdict->data_bytes, memory),
                     overlaps(verdict) ? ", overlapping" : "");
    syn_table_format(table, "%" PRIu64, verdict->cycles);
    syn_table_text(table, syn_text_time(text, sizeof text, (double)verdict->infer_ns / 1e9));
    syn_table_text(table, NULL);
}

/* What is known after some profiles were judged. */
struct check {
    struct syn_console *console;
    const struct syn_model *model;
    struct range range;
    struct syn_parts parts;
    unsigned fits; /* profiles */
    char why[400]; /* it does not fit on the last one on which it does not */
    /* Of the last profile: */
    struct syn_profile profile;
    struct verdict verdict;
    struct syn_place places[SYN_PART_PLACEMENTS_MAX];
};

static int check_profile(struct check *check, const char *name, struct syn_table *table,
                         cJSON *list, struct syn_error *error)
{
    char path[4096];
    int status = syn_data_find("profiles", name, path, sizeof path, error);
    if (status == 0)
        status = syn_profile_read(&check->profile, &check->parts, path, error);
    if (status < 0)
        return status;
    judge(check->model, check->range, &check->profile, &check->verdict, check->places);
    show_json(syn_show_object(list, NULL), &check->profile, check->range, &check->verdict);
    show_row(table, &check->profile, check->range, &check->verdict);
    check->fits += check->verdict.fits;
    if (!check->verdict.fits)
        (void)snprintf(check->why, sizeof check->why, "%s", check->verdict.why);
    return 0;
}

static int check_all(struct check *check, const struct syn_words *profiles, struct syn_error *error)
{
    static const struct syn_column columns[] = {
        {.title = "PROFILE"},
        {.title = "PART"},
        {.title = "FITS"},
        {.title = "LAYERS", .right = true},
        {.title = "KERNEL WORDS", .right = true},
        {.title = "BIAS B", .right = true},
        {.title = "DATA B", .right = true},
        {.title = "CYCLES", .right = true},
        {.title = "TIME", .right = true},
        {.title = "WHY NOT", .shrinks = true},
    };
    int status = 0;
    struct syn_result *result = &check->console->result;
    struct syn_table *table = syn_table_new(columns, 10);
    cJSON *list = syn_show_array(syn_result_json(result), "profiles");
    for (size_t i = 0; status == 0 && i < profiles->count; i++)
        status = check_profile(check, profiles->items[i], table, list, error);
    syn_result_table(result, table);
    syn_table_free(table);
    return status;
}

/* One profile that was asked for is shown with its map, its layers and what was measured. */
static void show_picture(const struct check *check)
{
    const struct syn_placed placed = {.model = check->model,
                                      .first = check->range.first,
                                      .last = check->range.last,
                                      .profile = &check->profile,
                                      .places = check->places};
    if (check->verdict.placed)
        syn_model_picture_memory(check->console, &placed);
    if (!check->verdict.fits)
        return;
    syn_model_picture_layers(check->console, &placed);
    syn_model_picture_measured(check->console, &placed);
}

static void take_name(void *ctx, const char *name)
{
    (void)syn_words_add(ctx, name);
}

/* "32..42": layers 32 to before 42; all of them where nothing is asked for. */
static int read_range(const char *text, const struct syn_model *model, struct range *range,
                      struct syn_error *error)
{
    int end = 0;
    *range = (struct range){0, model->layer_count};
    if (!text)
        return 0;
    if (strspn(text, "0123456789.") == strlen(text) &&
        sscanf(text, "%5u..%5u%n", &range->first, &range->last, &end) == 2 && !text[end] &&
        range->first < range->last && range->last <= model->layer_count)
        return 0;
    syn_error_set(error, SYN_EINVAL, "--layers: '%s' is no range of layers of %s", text,
                  model->name);
    syn_error_hint(error, "write A..B for layers A to before B; 0..%u is the whole model",
                   model->layer_count);
    return SYN_EINVAL;
}

static int refuse(const struct syn_model *model, struct range range, const char *only,
                  const char *why, struct syn_error *error)
{
    const char *where = only ? only : "any profile";
    if (range.first > 0 || range.last < model->layer_count)
        return syn_error_set(error, SYN_EOOR, "%s [%u,%u) does not fit on %s: %s", model->name,
                             range.first, range.last, where, why);
    syn_error_set(error, SYN_EOOR, "%s does not fit whole on %s: %s", model->name, where, why);
    syn_error_hint(error, "it may run in chunks on several devices: 'plan search'");
    return SYN_EOOR;
}

static int check_model(struct check *check, const char *only, struct syn_error *error)
{
    struct syn_words profiles = {0};
    cJSON *json = syn_result_json(&check->console->result);
    if (only)
        (void)syn_words_add(&profiles, only);
    else
        syn_data_each("profiles", take_name, &profiles);
    syn_show_text(json, "model", check->model->name);
    syn_show_integer(json, "first", check->range.first);
    syn_show_integer(json, "last", check->range.last);
    int status = check_all(check, &profiles, error);
    if (status == 0 && only)
        show_picture(check);
    if (status == 0 && check->fits == 0) {
        check->console->partial = true;
        status = refuse(check->model, check->range, only, check->why, error);
    }
    syn_words_clear(&profiles);
    return status;
}

int syn_model_check_run(struct syn_console *console, const struct syn_call *call,
                        struct syn_error *error)
{
    struct syn_model *model = NULL;
    struct check check = {.console = console};
    int status = syn_catalog_model(console, syn_call_text(call, "MODEL"), &model, error);
    check.model = model;
    if (status == 0)
        status = read_range(syn_call_text(call, "--layers"), model, &check.range, error);
    if (status == 0)
        status = check_model(&check, syn_call_text(call, "--on"), error);
    syn_parts_clear(&check.parts);
    syn_model_free(model);
    return status;
}
