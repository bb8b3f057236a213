/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Commands `model ...`, but for add, check and test, which have files of their own. */
#include "cli/commands/model.h"

#include "cli/catalog.h"
#include "cli/commands/commands.h"
#include "cli/console.h"
#include "cli/data.h"
#include "cli/output/show.h"
#include "cli/output/text.h"
#include "cli/shell/call.h"
#include "cli/shell/words.h"
#include "core/import/import.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* ---- what a model is, for both readers ---- */

static void show_shape(cJSON *object, const char *key, struct syn_shape shape)
{
    cJSON *list = syn_show_array(object, key);
    const int sizes[] = {shape.channels, shape.height, shape.width};
    for (size_t i = 0; i < 3; i++)
        (void)cJSON_AddItemToArray(list, cJSON_CreateNumber(sizes[i]));
}

static const char *shape_text(struct syn_shape shape, char text[32])
{
    (void)snprintf(text, 32, shape.width == 1 ? "%ux%u" : "%ux%ux%u", shape.channels, shape.height,
                   shape.width);
    return text;
}

static const char *weights_text(const struct syn_model *model, char text[40])
{
    if (!model->seeded)
        return "trained";
    (void)snprintf(text, 40, "random, seed %" PRIu64, model->seed);
    return text;
}

void syn_model_show_summary(cJSON *json, const struct syn_model *model)
{
    syn_show_text(json, "name", model->name);
    syn_show_text(json, "description", model->description);
    syn_show_integer(json, "layers", model->layer_count);
    syn_show_integer(json, "cut_points", (int64_t)model->layer_count - 1);
    show_shape(json, "input", model->input);
    syn_show_integer(json, "fold", syn_model_fold(model).by);
    syn_show_integer(json, "weight_bytes", syn_model_weight_bytes(model));
    syn_show_integer(json, "macs", (int64_t)syn_model_macs(model));
    syn_show_integer(json, "data_intensity_bytes", (int64_t)syn_model_data_intensity(model));
    syn_show_integer(json, "labels", model->label_count);
    syn_show_bool(json, "random_weights", model->seeded);
    syn_show_hex(json, "hash", model->hash, sizeof model->hash);
}

void syn_model_summary_row(struct syn_table *table, const struct syn_model *model)
{
    char text[40];
    syn_table_text(table, model->name);
    syn_table_text(table, shape_text(model->input, text));
    syn_table_format(table, "%u", model->layer_count);
    syn_table_text(table, syn_text_bytes(text, sizeof text, syn_model_weight_bytes(model)));
    syn_table_format(table, "%.2f M", (double)syn_model_macs(model) / 1e6);
    syn_table_text(table, weights_text(model, text));
    syn_table_text(table, model->description);
}

struct syn_table *syn_model_summary_table(void)
{
    static const struct syn_column columns[] = {
        {.title = "MODEL"},
        {.title = "INPUT"},
        {.title = "LAYERS", .right = true},
        {.title = "WEIGHTS", .right = true},
        {.title = "MAC", .right = true},
        {.title = "WEIGHTS ARE"},
        {.title = "DESCRIPTION", .shrinks = true},
    };
    return syn_table_new(columns, 7);
}

/* ---- zoo, list ---- */

static void take_name(void *ctx, const char *name)
{
    (void)syn_words_add(ctx, name);
}

static void zoo_names(struct syn_console *console, struct syn_words *words)
{
    (void)console;
    syn_data_each("models", take_name, words);
}

static int zoo_path(const char *name, char *path, size_t size, struct syn_error *error)
{
    return syn_data_find("models", name, path, size, error);
}

/* What comes along; nothing is registered. */
static void zoo_list(struct syn_console *console)
{
    char path[4096];
    struct syn_words names = {0};
    struct syn_table *table = syn_model_summary_table();
    cJSON *list = syn_show_array(syn_result_json(&console->result), "models");
    zoo_names(console, &names);
    for (size_t i = 0; i < names.count; i++) {
        struct syn_model *model = NULL;
        if (zoo_path(names.items[i], path, sizeof path, NULL) < 0 ||
            syn_model_read(&model, path, NULL) < 0)
            continue;
        syn_model_show_summary(syn_show_object(list, NULL), model);
        syn_model_summary_row(table, model);
        syn_model_free(model);
    }
    syn_result_table(&console->result, table);
    syn_table_free(table);
    syn_words_clear(&names);
}

static int zoo_add(struct syn_console *console, const struct syn_words *names,
                   struct syn_error *error)
{
    char path[4096];
    int status = 0;
    const struct syn_import_options options = {0};
    struct syn_table *table = syn_model_summary_table();
    cJSON *list = syn_show_array(syn_result_json(&console->result), "models");
    for (size_t i = 0; status == 0 && i < names->count; i++) {
        status = zoo_path(names->items[i], path, sizeof path, error);
        if (status == 0)
            status = syn_model_add_file(console, path, &options, syn_show_object(list, NULL), table,
                                        error);
    }
    syn_result_table(&console->result, table);
    syn_table_free(table);
    return status;
}

static int run_zoo(struct syn_console *console, const struct syn_call *call,
                   struct syn_error *error)
{
    int status = 0;
    struct syn_words names = {0};
    if (syn_call_flag(call, "--all"))
        zoo_names(console, &names);
    for (size_t i = 0; i < syn_call_count(call, "NAME"); i++)
        (void)syn_words_add(&names, syn_call_at(call, "NAME", i));
    if (names.count)
        status = zoo_add(console, &names, error);
    else
        zoo_list(console);
    syn_words_clear(&names);
    return status;
}

static int add_name(void *ctx, const struct syn_record *record)
{
    return syn_words_add(ctx, record->name);
}

static int run_list(struct syn_console *console, const struct syn_call *call,
                    struct syn_error *error)
{
    struct syn_registry *registry = NULL;
    struct syn_words names = {0};
    struct syn_table *table = syn_model_summary_table();
    cJSON *list = syn_show_array(syn_result_json(&console->result), "models");
    (void)call;
    int status = syn_console_registry(console, &registry, error);
    if (status == 0)
        status = syn_registry_each(registry, SYN_KIND_MODEL, add_name, &names, error);
    for (size_t i = 0; status == 0 && i < names.count; i++) {
        struct syn_model *model = NULL;
        status = syn_catalog_model(console, names.items[i], &model, error);
        if (status == 0) {
            syn_model_show_summary(syn_show_object(list, NULL), model);
            syn_model_summary_row(table, model);
        }
        syn_model_free(model);
    }
    if (names.count)
        syn_result_table(&console->result, table);
    else
        syn_result_print(&console->result, "no models yet: 'model zoo' lists those that come "
                                           "along, 'model add FILE' takes one of yours\n");
    syn_table_free(table);
    syn_words_clear(&names);
    return status;
}

/* ---- show ---- */

static const char *const op_names[SYN_OP_COUNT] = {
    [SYN_OP_PASSTHROUGH] = "passthrough", [SYN_OP_CONV2D] = "conv2d",
    [SYN_OP_CONV1D] = "conv1d",           [SYN_OP_CONVTRANSPOSE2D] = "convtranspose2d",
    [SYN_OP_LINEAR] = "linear",
};

static void show_layer(cJSON *list, struct syn_table *table, const struct syn_model *model,
                       unsigned index)
{
    char in[32], out[32];
    struct syn_cut cut = {0};
    const struct syn_layer *layer = &model->layers[index];
    int status = syn_model_cut(model, index, &cut);
    cJSON *entry = syn_show_object(list, NULL);
    syn_show_integer(entry, "index", index);
    syn_show_text(entry, "name", model->layer_names[index]);
    syn_show_text(entry, "op", op_names[layer->op]);
    show_shape(entry, "in", layer->in);
    show_shape(entry, "out", layer->out);
    syn_show_integer(entry, "weight_bytes", syn_layer_weight_bytes(layer));
    syn_show_integer(entry, "bias_bytes", syn_layer_bias_bytes(layer));
    syn_show_integer(entry, "macs", (int64_t)syn_layer_macs(layer));
    if (status == 0)
        syn_show_integer(entry, "cut_bytes", cut.bytes);
    syn_table_format(table, "%u", index);
    syn_table_text(table, model->layer_names[index]);
    syn_table_text(table, op_names[layer->op]);
    syn_table_text(table, shape_text(layer->in, in));
    syn_table_text(table, shape_text(layer->out, out));
    syn_table_format(table, "%" PRIu32, syn_layer_weight_bytes(layer));
    syn_table_format(table, "%.3f", (double)syn_layer_macs(layer) / 1e6);
    if (status == 0)
        syn_table_format(table, "%" PRIu32, cut.bytes);
    else
        syn_table_text(table, "no cut");
}

static void show_layers(struct syn_console *console, const struct syn_model *model)
{
    static const struct syn_column columns[] = {
        {.title = "LAYER", .right = true},
        {.title = "NAME", .shrinks = true},
        {.title = "OPERATION"},
        {.title = "IN"},
        {.title = "OUT"},
        {.title = "WEIGHTS B", .right = true},
        {.title = "MAC M", .right = true},
        {.title = "CUT BEFORE B", .right = true},
    };
    struct syn_table *table = syn_table_new(columns, 8);
    cJSON *list = syn_show_array(syn_result_json(&console->result), "layer_list");
    for (unsigned i = 0; i < model->layer_count; i++)
        show_layer(list, table, model, i);
    syn_result_table(&console->result, table);
    syn_table_free(table);
}

/* ", folded by 128 from 1x16384" */
static const char *fold_text(const struct syn_model *model, char text[64])
{
    const struct syn_fold fold = syn_model_fold(model);
    text[0] = '\0';
    if (fold.by > 1)
        (void)snprintf(text, 64,
                       fold.width == 1 ? ", folded by %u from %ux%u"
                                       : ", folded by %u from %ux%ux%u",
                       fold.by, fold.channels, (unsigned)model->input.height * fold.by, fold.width);
    return text;
}

static int run_show(struct syn_console *console, const struct syn_call *call,
                    struct syn_error *error)
{
    char text[40], fold[64];
    struct syn_model *model = NULL;
    int status = syn_catalog_model(console, syn_call_text(call, "MODEL"), &model, error);
    if (status < 0)
        return status;
    syn_model_show_summary(syn_result_json(&console->result), model);
    syn_show_text(syn_result_json(&console->result), "source", model->source);
    syn_result_print(&console->result, "%s%s%s\n", model->name, model->description ? ": " : "",
                     model->description ? model->description : "");
    syn_result_print(&console->result, "weights: %s, %" PRIu32 " B; %.2f M MAC; input %s%s\n\n",
                     weights_text(model, text), syn_model_weight_bytes(model),
                     (double)syn_model_macs(model) / 1e6, shape_text(model->input, (char[32]){0}),
                     fold_text(model, fold));
    show_layers(console, model);
    syn_model_free(model);
    return 0;
}

/* ---- export, remove ---- */

static int run_export(struct syn_console *console, const struct syn_call *call,
                      struct syn_error *error)
{
    struct syn_model *model = NULL;
    const char *path = syn_call_text(call, "FILE");
    int status = syn_catalog_model(console, syn_call_text(call, "MODEL"), &model, error);
    if (status == 0)
        status = syn_model_write(model, path, error);
    if (status == 0)
        syn_show_text(syn_result_json(&console->result), "file", path);
    syn_model_free(model);
    return status;
}

struct use {
    const char *model;
    char app[SYN_APP_NAME_MAX];
};

static int uses_model(void *ctx, const struct syn_record *record)
{
    struct use *use = ctx;
    struct syn_app app;
    if (syn_app_parse(&app, record->text, strlen(record->text), record->name, NULL) < 0)
        return 0;
    for (unsigned i = 0; i < app.pipeline_count; i++)
        if (strcasecmp(app.pipelines[i].model, use->model) == 0) {
            (void)snprintf(use->app, sizeof use->app, "%s", app.name);
            return 1;
        }
    return 0;
}

static int run_remove(struct syn_console *console, const struct syn_call *call,
                      struct syn_error *error)
{
    struct syn_registry *registry = NULL;
    struct use use = {.model = syn_call_text(call, "MODEL")};
    int status = syn_console_registry(console, &registry, error);
    if (status == 0)
        status = syn_registry_each(registry, SYN_KIND_APP, uses_model, &use, error);
    if (status == 0 && use.app[0]) {
        syn_error_set(error, SYN_EBUSY, "app %s uses model %s", use.app, use.model);
        syn_error_hint(error, "'app remove %s' first", use.app);
        return SYN_EBUSY;
    }
    if (status == 0)
        status = syn_registry_remove(registry, SYN_KIND_MODEL, use.model, error);
    if (status == 0)
        syn_show_text(syn_result_json(&console->result), "removed", use.model);
    return status;
}

#define MODEL                                                                                      \
    {                                                                                              \
        .name = "MODEL", .kind = SYN_VALUE_MODEL, .help = "a registered model"                     \
    }

static void profile_names(struct syn_console *console, struct syn_words *words)
{
    (void)console;
    syn_data_each("profiles", take_name, words);
}

static const struct syn_command commands[] = {
    {
        .noun = "model",
        .verb = "add",
        .summary = "register a model from its file",
        .details =
            "FILE is recognised by what it holds: a model of synergy's own (JSON, its weights "
            "beside it); the vendor's network description (YAML) with the quantized checkpoint "
            "of PyTorch that --weights names; a folder that the vendor's tool wrote (cnn.c and "
            "weights.h); an ONNX file of int8 operators, in QDQ or QOperator form. Nothing in a "
            "file is executed. What no part can do is refused, with its place and the nearest "
            "form that is supported; what became different is told in notes. model export writes "
            "any of them as JSON.",
        .args = {{.name = "FILE", .kind = SYN_VALUE_FILE, .help = "the model's file or folder"}},
        .options = {{.name = "--weights",
                     .value = "FILE",
                     .kind = SYN_VALUE_FILE,
                     .help = "its weights, where FILE only describes the layers"},
                    {.name = "--input",
                     .value = "CxHxW",
                     .help = "shape of its input, where FILE does not say it; CxL: of one "
                             "dimension"},
                    {.name = "--name", .value = "NAME", .help = "call it so"},
                    {.name = "--range",
                     .value = "LOW..HIGH",
                     .help = "what a window's -128 and 127 stand for where the file computes with "
                             "real numbers (the numbers that it quantizes to them)"},
                    {.name = "--samples",
                     .value = "FILE",
                     .kind = SYN_VALUE_FILE,
                     .help = "windows on which the model is compared with its file, where numbers "
                             "had to be changed: IDX, PGM, PPM, WAV, CSV or a folder of sounds"},
                    {.name = "--labels",
                     .value = "FILE",
                     .kind = SYN_VALUE_FILE,
                     .help = "the classes of the samples, in IDX format"},
                    {.name = "--count",
                     .value = "N",
                     .kind = SYN_VALUE_INTEGER,
                     .standard = "100",
                     .min = 1,
                     .max = 1e9,
                     .help = "compare on N windows"}},
        .run = syn_model_add_run,
    },
    {
        .noun = "model",
        .verb = "zoo",
        .summary = "list the models that come along, or register some of them",
        .args = {{.name = "NAME",
                  .flags = SYN_OPTIONAL | SYN_MANY,
                  .help = "models to register",
                  .complete = zoo_names}},
        .options = {{.name = "--all", .help = "register all of them"}},
        .run = run_zoo,
    },
    {.noun = "model", .verb = "list", .summary = "list the registered models", .run = run_list},
    {
        .noun = "model",
        .verb = "show",
        .summary = "show layers, cut points and bytes of a model",
        .args = {MODEL},
        .run = run_show,
    },
    {
        .noun = "model",
        .verb = "check",
        .summary = "tell whether a model fits on one device, and how fast it is there",
        .details = "Exits with class 6 where it fits on none of the profiles. A model that does "
                   "not fit whole may still run in chunks on several devices: plan search knows. "
                   "Bytes of data memory are those of the busiest layer with its input and output "
                   "apart; where that is more than there is, they overlap. With --on, maps show "
                   "which layer lies where in the weight memory of each processor and in the bias "
                   "memory of each quadrant, then cycles, time and energy of each layer, and what "
                   "was measured on real parts beside the prediction, where it was published.",
        .args = {MODEL},
        .options = {{.name = "--on",
                     .value = "PROFILE",
                     .help = "this profile only",
                     .complete = profile_names},
                    {.name = "--layers",
                     .value = "A..B",
                     .help = "a chunk of the model, layers A to before B"}},
        .run = syn_model_check_run,
    },
    {
        .noun = "model",
        .verb = "export",
        .summary = "write a model to a file (and its weights beside it)",
        .args = {MODEL, {.name = "FILE", .kind = SYN_VALUE_FILE, .help = "name of the JSON file"}},
        .run = run_export,
    },
    {.noun = "model",
     .verb = "remove",
     .summary = "forget a model",
     .args = {MODEL},
     .run = run_remove},
    {
        .noun = "model",
        .verb = "test",
        .summary = "run a model over pictures or sounds with known labels, in the part's integers",
        .details = "Counts how many are right. The standard pictures are the test pictures of "
                   "Fashion-MNIST, which no\ntraining has seen; Debian package "
                   "dataset-fashion-mnist. A model that hears (1-D, one channel) is\ntested on "
                   "words that come along, of voices that no training has heard, or with --sounds "
                   "on those of a\nfolder: one folder in it a word, as in Google's Speech "
                   "Commands, with WAV files of 16 kHz, 16 bit,\nmono. Words that the model does "
                   "not know count as \"unknown\".",
        .args = {MODEL},
        .options = {{.name = "--images",
                     .value = "FILE",
                     .kind = SYN_VALUE_FILE,
                     .standard = SYN_TEST_IMAGES,
                     .help = "pictures in IDX format, perhaps packed with gzip"},
                    {.name = "--labels",
                     .value = "FILE",
                     .kind = SYN_VALUE_FILE,
                     .standard = SYN_TEST_LABELS,
                     .help = "their labels"},
                    {.name = "--sounds",
                     .value = "FOLDER",
                     .kind = SYN_VALUE_FILE,
                     .help = "WAV files as FOLDER/WORD/NAME.wav"},
                    {.name = "--count",
                     .value = "N",
                     .kind = SYN_VALUE_INTEGER,
                     .min = 1,
                     .max = 1e9,
                     .help = "only the first N"}},
        .run = syn_model_test_run,
    },
};

const struct syn_command_table syn_commands_model = SYN_COMMAND_TABLE("Models", commands);
