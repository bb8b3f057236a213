/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/import/onnx/onnx.h"

#include "core/import/build/build.h"
#include "core/import/onnx/graph.h"
#include "core/import/onnx/network.h"
#include "core/import/onnx/proto.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define LABELS_MAX 2048

/* ---- the model as its file computes it ---- */

struct original {
    struct syn_onnx_graph graph;
    int result;
    double scale, zero;           /* of a window's bytes */
    double file_scale, file_zero; /* of the input as the file quantizes it */
    double result_scale, result_zero;
};

/* What the file reads where a window has `sample`. */
static double input_number(const struct original *o, int8_t sample)
{
    const int type = o->graph.values[o->graph.input].type;
    const double real = o->scale * (sample - o->zero);
    if (type == SYN_ONNX_FLOAT)
        return (double)(float)real;
    const double q = rint(real / o->file_scale + o->file_zero);
    return fmin(fmax(q, -128), 127) + (type == SYN_ONNX_UINT8 ? 128 : 0);
}

static int infer(void *state, const int8_t *input, float *output, struct syn_error *error)
{
    struct original *o = state;
    const size_t count = o->graph.values[o->graph.input].count;
    double *numbers = malloc(count * sizeof *numbers);
    if (!numbers)
        return syn_error_set(error, SYN_ENOMEM, "not enough memory to compute the graph");
    for (size_t i = 0; i < count; i++)
        numbers[i] = input_number(o, input[i]);
    int status = syn_onnx_graph_run(&o->graph, numbers, o->result, output, error);
    for (size_t i = 0; status == 0 && o->result_scale > 0 && i < o->graph.values[o->result].count;
         i++)
        output[i] = (float)(((double)output[i] - o->result_zero) * o->result_scale);
    free(numbers);
    return status;
}

static void free_original(void *state)
{
    struct original *o = state;
    syn_onnx_graph_free(&o->graph);
    free(o);
}

static void set_original(struct syn_imported *imported, struct original *o,
                         const struct syn_onnx_network *n)
{
    const bool wide = n->layers[n->layer_count - 1].part.output_width == 32;
    o->result = n->result;
    o->scale = n->tensors[0].scale;
    o->zero = n->zero;
    o->result_scale = n->result_scale;
    o->result_zero = n->result_zero;
    imported->original.outputs = o->graph.values[n->result].count;
    imported->original.unit =
        wide ? n->layers[n->layer_count - 1].unit : n->tensors[n->layer_count].scale;
}

/* ---- labels ---- */

static const char *property(const Onnx__ModelProto *model, const char *key)
{
    for (size_t i = 0; i < model->n_metadata_props; i++)
        if (model->metadata_props[i]->key && strcmp(model->metadata_props[i]->key, key) == 0)
            return model->metadata_props[i]->value;
    return NULL;
}

/* Names between commas. */
static cJSON *split_labels(const char *text)
{
    char name[SYN_MODEL_NAME_MAX];
    cJSON *list = cJSON_CreateArray();
    while (*text && cJSON_GetArraySize(list) <= LABELS_MAX) {
        const size_t length = strcspn(text, ",");
        syn_onnx_text(name, sizeof name, text, length);
        (void)cJSON_AddItemToArray(list, cJSON_CreateString(name));
        text += length + (text[length] == ',');
    }
    return list;
}

static cJSON *number_labels(unsigned count)
{
    char name[16];
    cJSON *list = cJSON_CreateArray();
    for (unsigned i = 0; i < count && i <= LABELS_MAX; i++) {
        (void)snprintf(name, sizeof name, "%u", i);
        (void)cJSON_AddItemToArray(list, cJSON_CreateString(name));
    }
    return list;
}

/* Those in the file's metadata ("labels"); numbers where it ends as a classifier; else none. */
static cJSON *labels_of(const Onnx__ModelProto *model, const struct syn_onnx_network *n,
                        struct syn_imported *imported)
{
    const struct syn_onnx_tensor *out = &n->tensors[n->layer_count];
    const char *said = property(model, "labels");
    cJSON *list = said ? split_labels(said) : NULL;
    if (list && (unsigned)cJSON_GetArraySize(list) != out->channels) {
        (void)syn_imported_note(imported, "%d labels for %u outputs are left out",
                                cJSON_GetArraySize(list), out->channels);
        cJSON_Delete(list);
        list = NULL;
    }
    if (!list && n->classifies && out->height == 1 && out->width == 1)
        list = number_labels(out->channels);
    return list;
}

/* ---- notes ---- */

static int note_input(const struct syn_onnx_network *n, struct syn_imported *imported)
{
    const double scale = n->tensors[0].scale;
    return syn_imported_note(imported,
                             "input: a byte of the window from -128 to 127 (a picture's 0 to 255) "
                             "stands for %.6g to %.6g",
                             scale * (-128 - n->zero), scale * (127 - n->zero));
}

static int note_loss(const struct syn_onnx_network *n, struct syn_imported *imported)
{
    const struct syn_onnx_layer *worst = NULL;
    unsigned exact = 0, all = 0;
    for (unsigned i = 0; i < n->layer_count; i++) {
        const struct syn_onnx_layer *layer = &n->layers[i];
        if (layer->part.op == SYN_OP_PASSTHROUGH)
            continue;
        all++;
        exact += layer->loss < 1e-6;
        if (!worst || layer->loss > worst->loss)
            worst = layer;
    }
    if (!all || exact == all)
        return syn_imported_note(imported, "weights: the file's own in all %u layers", all);
    return syn_imported_note(imported,
                             "weights: scaled to the part's shifts in %u of %u layers, rounded by "
                             "%.2f %% (rms) in layer %s, less in others",
                             all - exact, all, 100 * worst->loss, worst->name);
}

/* ---- reading ---- */

/* The user says what a window's bytes stand for; else they are the file's own, byte for byte. */
static int take_range(struct syn_onnx_network *n, struct original *o, const double *range,
                      struct syn_error *error)
{
    struct syn_onnx_tensor *input = &n->tensors[0];
    const double low = input->scale * (-128 - n->zero), high = input->scale * (127 - n->zero);
    o->file_scale = input->scale;
    o->file_zero = n->zero;
    if (!range)
        return 0;
    if (!(range[0] < range[1]) || !isfinite(range[0]) || !isfinite(range[1]))
        return syn_error_set(error, SYN_EINVAL, "%g..%g is no range", range[0], range[1]);
    if (range[0] < low - input->scale || range[1] > high + input->scale)
        return syn_error_set(error, SYN_EINVAL,
                             "%g..%g is more than the file's input takes, %g..%g", range[0],
                             range[1], low, high);
    input->scale = (range[1] - range[0]) / 255;
    n->zero = -128 - range[0] / input->scale;
    return 0;
}

/* Scales and integers; where the input cannot be read as it is, with a layer in front. */
static int make_integers(struct syn_onnx_network *n, struct syn_imported *imported,
                         struct syn_error *error)
{
    bool front = syn_onnx_needs_front(n);
    unsigned at = 0;
    int status = front ? syn_onnx_add_front(n, imported, error) : 0;
    if (status == 0 && (status = syn_onnx_solve_scales(n, error)) == 0)
        status = syn_onnx_make_integers(n, &at, error);
    const bool of_input = status == SYN_EOOR && n->layers[at].part.inputs[0] == 0;
    if (front || !of_input)
        return status;
    status = syn_onnx_add_front(n, imported, error);
    if (status == 0 && (status = syn_onnx_solve_scales(n, error)) == 0)
        status = syn_onnx_make_integers(n, &at, error);
    return status;
}

static int make_model(struct syn_imported *imported, struct original *o, struct syn_onnx_network *n,
                      const Onnx__ModelProto *model, const char *path,
                      const struct syn_import_options *options, struct syn_error *error)
{
    char name[SYN_MODEL_NAME_MAX], graph_name[SYN_MODEL_NAME_MAX], text[200];
    const char *said = model->graph->name;
    int status = syn_onnx_lower(n, &o->graph, imported, error);
    if (status == 0)
        status = take_range(n, o, options->range, error);
    if (status == 0)
        status = make_integers(n, imported, error);
    if (status == 0)
        status = note_input(n, imported);
    if (status == 0)
        status = note_loss(n, imported);
    if (status < 0)
        return status;
    syn_import_name(name, options, NULL, path);
    syn_onnx_text(graph_name, sizeof graph_name, said, said ? strlen(said) : 0);
    (void)snprintf(text, sizeof text, "%u layers, from ONNX%s%s", n->layer_count,
                   *graph_name ? " graph " : "", graph_name);
    set_original(imported, o, n);
    return syn_onnx_emit(n, imported, name, text, labels_of(model, n, imported), path, error);
}

static int make(struct syn_imported *imported, const Onnx__ModelProto *model, const char *path,
                const struct syn_import_options *options, struct syn_error *error)
{
    struct original *o = calloc(1, sizeof *o);
    struct syn_onnx_network *n = calloc(1, sizeof *n);
    int status = SYN_ENOMEM;
    if (o) {
        imported->original =
            (struct syn_import_original){.state = o, .infer = infer, .free = free_original};
        status = syn_onnx_graph_build(&o->graph, model, error);
    }
    if (status == 0 && !n) {
        syn_error_set(error, SYN_ENOMEM, "not enough memory for a model");
        status = SYN_ENOMEM;
    }
    if (status == 0)
        status = make_model(imported, o, n, model, path, options, error);
    if (n)
        syn_onnx_network_free(n);
    free(n);
    return status;
}

int syn_import_onnx_parse(struct syn_imported *imported, const void *bytes, size_t size,
                          const char *path, const struct syn_import_options *options,
                          struct syn_error *error)
{
    struct syn_onnx_file file;
    int status = syn_onnx_file_parse(&file, bytes, size, error);
    if (status == 0)
        status = make(imported, file.model, path, options, error);
    syn_onnx_file_close(&file);
    return status;
}

static int read_onnx(struct syn_imported *imported, const struct syn_import_probe *probe,
                     const struct syn_import_options *options, struct syn_error *error)
{
    struct syn_onnx_file file;
    int status = syn_onnx_file_read(&file, probe->path, error);
    if (status == 0)
        status = make(imported, file.model, probe->path, options, error);
    syn_onnx_file_close(&file);
    return status;
}

/* Its name, or the field that each begins with: the version of the format, a small number. */
static bool recognise(const struct syn_import_probe *probe)
{
    if (probe->folder)
        return false;
    return strcasecmp(probe->extension, "onnx") == 0 ||
           (probe->head_size > 2 && probe->head[0] == 0x08 && probe->head[1] >= 3 &&
            probe->head[1] <= 13 && probe->head[2] == 0x12);
}

const struct syn_import_format syn_import_onnx = {
    .name = "ONNX",
    .description = "a network quantized to 8 bits, in QDQ or QOperator form: FILE.onnx",
    .takes_range = true,
    .recognise = recognise,
    .read = read_onnx,
};
