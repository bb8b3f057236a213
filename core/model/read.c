/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/model/read.h"

#include "core/base/file.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct raw_model {
    char format[32];
    char name[SYN_MODEL_NAME_MAX];
    char *description, *source;
    const cJSON *input, *labels, *measured, *weights, *layers;
};

#define AT(member) SYN_JSON_AT(struct raw_model, member)

static const struct syn_json_field model_fields[] = {
    {"license", SYN_JSON_IGNORED, .required = false},
    {"format", SYN_JSON_STRING, .required = true, AT(format)},
    {"name", SYN_JSON_NAME, .required = true, AT(name)},
    {"description", SYN_JSON_TEXT, AT(description)},
    {"source", SYN_JSON_TEXT, AT(source)},
    {"input", SYN_JSON_NODE, .required = true, AT(input)},
    {"labels", SYN_JSON_NODE, AT(labels)},
    {"measured", SYN_JSON_NODE, AT(measured)},
    {"weights", SYN_JSON_NODE, .required = true, AT(weights)},
    {"layers", SYN_JSON_NODE, .required = true, AT(layers)},
};

struct raw_input {
    uint16_t channels, height, width, length;
    uint8_t data_format, fold;
};

#define INPUT_AT(member) SYN_JSON_AT(struct raw_input, member)

static const char *const data_formats[] = {"HWC", "CHW", NULL};

static const struct syn_json_field input_fields[] = {
    {"channels", SYN_JSON_INT, .required = true, INPUT_AT(channels), .min = 1, .max = 2048},
    {"height", SYN_JSON_INT, INPUT_AT(height), .min = 1, .max = 2047},
    {"width", SYN_JSON_INT, INPUT_AT(width), .min = 1, .max = 2047},
    {"length", SYN_JSON_INT, INPUT_AT(length), .min = 1, .max = 2047},
    {"data_format", SYN_JSON_ENUM, INPUT_AT(data_format), .names = data_formats},
    {"fold", SYN_JSON_INT, INPUT_AT(fold), .min = 1, .max = SYN_FOLD_SAMPLES_MAX},
};

/* Squares of pixels, or of an input that is one wide groups of samples. */
static int read_fold(struct syn_model_reader *r, const cJSON *node, const struct raw_input *in,
                     struct syn_error *error)
{
    const bool samples = r->model->input.width == 1;
    const unsigned by = in->fold, group = samples ? by : by * by;
    r->model->input_fold = in->fold;
    node = syn_json_get(node, "fold");
    if (!samples && by > SYN_FOLD_MAX)
        return syn_json_error(r->doc, node, SYN_EINVAL, error, "%u is out of range (1 to %d)", by,
                              SYN_FOLD_MAX);
    if (in->channels % group == 0)
        return 0;
    if (samples)
        return syn_json_error(r->doc, node, SYN_EINVAL, error,
                              "%u channels are not groups of %u samples", in->channels, by);
    return syn_json_error(r->doc, node, SYN_EINVAL, error,
                          "%u channels are not squares of %u by %u pixels", in->channels, by, by);
}

static int read_input(struct syn_model_reader *r, const cJSON *node, struct syn_error *error)
{
    struct raw_input in = {.fold = 1};
    int result =
        syn_json_fill(r->doc, node, input_fields, SYN_JSON_COUNT(input_fields), &in, error);
    if (result < 0)
        return result;
    r->one_d = in.length != 0;
    if (r->one_d ? in.height || in.width : !in.height || !in.width)
        return syn_json_error(r->doc, node, SYN_EINVAL, error,
                              "either \"height\" and \"width\" or \"length\" is needed");
    r->model->input = (struct syn_shape){.channels = in.channels,
                                         .height = r->one_d ? in.length : in.height,
                                         .width = r->one_d ? 1 : in.width};
    r->model->input_chw = in.data_format == 1;
    return read_fold(r, node, &in, error);
}

static int read_labels(struct syn_model_reader *r, const cJSON *node, struct syn_error *error)
{
    if (!node)
        return 0;
    int result = syn_json_array(r->doc, node, 1, 2048, error);
    if (result < 0)
        return result;
    r->model->labels = calloc((size_t)cJSON_GetArraySize(node), sizeof *r->model->labels);
    if (!r->model->labels)
        return syn_error_set(error, SYN_ENOMEM, "not enough memory");
    for (const cJSON *n = node->child; n; n = n->next) {
        static const struct syn_json_field text = {"label", SYN_JSON_TEXT, .required = true};
        char **label = &r->model->labels[r->model->label_count];
        if ((result = syn_json_value(r->doc, n, &text, label, error)) < 0)
            return result;
        r->model->label_count++;
    }
    return 0;
}

/* Labels name the outputs of the last layer, one each. */
static int check_labels(const struct syn_model_reader *r, const cJSON *node,
                        struct syn_error *error)
{
    unsigned classes = syn_model_tensor_shape(r->model, r->model->layer_count).channels;
    if (!node || r->model->label_count == classes)
        return 0;
    return syn_json_error(r->doc, node, SYN_EINVAL, error,
                          "%u labels, but the last layer has %u channels", r->model->label_count,
                          classes);
}

struct raw_weights {
    char file[128];
    char sha256[2 * SYN_SHA256_SIZE + 1];
    uint64_t seed;
};

#define WEIGHTS_AT(member) SYN_JSON_AT(struct raw_weights, member)

static const struct syn_json_field weights_fields[] = {
    {"file", SYN_JSON_STRING, WEIGHTS_AT(file)},
    {"sha256", SYN_JSON_STRING, WEIGHTS_AT(sha256)},
    {"seed", SYN_JSON_INT, WEIGHTS_AT(seed), .max = SYN_JSON_INT_MAX},
};

static int parse_hash(const char *text, uint8_t hash[SYN_SHA256_SIZE])
{
    static const char digits[] = "0123456789abcdef";
    if (strlen(text) != 2 * SYN_SHA256_SIZE || strspn(text, digits) != 2 * SYN_SHA256_SIZE)
        return SYN_EINVAL;
    for (size_t i = 0; i < SYN_SHA256_SIZE; i++)
        hash[i] = (uint8_t)((strchr(digits, text[2 * i]) - digits) << 4 |
                            (strchr(digits, text[2 * i + 1]) - digits));
    return 0;
}

/* The weights file as read, before it belongs to the model; its size and hash decide. */
static int check_file(const struct syn_model_reader *r, const cJSON *node, const char *file,
                      const uint8_t expected[SYN_SHA256_SIZE], struct syn_error *error)
{
    struct syn_model *m = r->model;
    uint64_t want = syn_model_blob_size(m);
    if (m->blob_size != want)
        return syn_json_error(r->doc, syn_json_get(node, "file"), SYN_ECORRUPT, error,
                              "%s has %zu bytes; these layers need %ju", file, m->blob_size,
                              (uintmax_t)want);
    syn_sha256(m->blob, m->blob_size, m->weights_hash);
    if (memcmp(m->weights_hash, expected, SYN_SHA256_SIZE) != 0)
        return syn_json_error(r->doc, syn_json_get(node, "sha256"), SYN_ECORRUPT, error,
                              "%s has another hash; it is damaged or belongs to another model",
                              file);
    return 0;
}

static int read_bytes(struct syn_model_reader *r, const cJSON *node, const char *file,
                      const struct syn_weights_source *source, struct syn_error *error)
{
    char path[4096];
    void *data = NULL;
    const char *folder = source->folder ? source->folder : "";
    const char *slash = *folder && folder[strlen(folder) - 1] != '/' ? "/" : "";
    if (source->bytes) {
        data = malloc(source->size + 1);
        if (!data)
            return syn_error_set(error, SYN_ENOMEM, "not enough memory for the weights");
        memcpy(data, source->bytes, source->size);
        r->model->blob = data;
        r->model->blob_size = source->size;
        return 0;
    }
    if (snprintf(path, sizeof path, "%s%s%s", folder, slash, file) >= (int)sizeof path)
        return syn_json_error(r->doc, node, SYN_EINVAL, error, "the path is too long");
    int result = syn_file_read(&data, &r->model->blob_size, path, SYN_MODEL_WEIGHTS_MAX, error);
    r->model->blob = data;
    return result;
}

static int read_file(struct syn_model_reader *r, const cJSON *node, const struct raw_weights *raw,
                     const struct syn_weights_source *source, struct syn_error *error)
{
    uint8_t expected[SYN_SHA256_SIZE];
    /* A model must not make the console read from anywhere else. */
    if (!raw->file[0] || strchr(raw->file, '/') || raw->file[0] == '.')
        return syn_json_error(r->doc, syn_json_get(node, "file"), SYN_EINVAL, error,
                              "the name of a file beside this one is expected, without folders");
    if (parse_hash(raw->sha256, expected) < 0)
        return syn_json_error(r->doc, syn_json_get(node, "sha256"), SYN_EINVAL, error,
                              "64 lower-case hexadecimal digits are expected");
    int result = read_bytes(r, node, raw->file, source, error);
    return result < 0 ? result : check_file(r, node, raw->file, expected, error);
}

static int read_weights(struct syn_model_reader *r, const cJSON *node,
                        const struct syn_weights_source *source, struct syn_error *error)
{
    struct raw_weights raw = {0};
    int result =
        syn_json_fill(r->doc, node, weights_fields, SYN_JSON_COUNT(weights_fields), &raw, error);
    if (result < 0)
        return result;
    bool seeded = syn_json_get(node, "seed");
    bool file = syn_json_get(node, "file"), sha256 = syn_json_get(node, "sha256");
    if (file != sha256 || seeded == file)
        return syn_json_error(r->doc, node, SYN_EINVAL, error,
                              "either \"file\" and \"sha256\" or \"seed\" is needed");
    if (syn_model_blob_size(r->model) > SYN_MODEL_WEIGHTS_MAX)
        return syn_json_error(r->doc, node, SYN_EINVAL, error,
                              "these layers need %ju bytes of weights; at most %u are possible",
                              (uintmax_t)syn_model_blob_size(r->model), SYN_MODEL_WEIGHTS_MAX);
    r->model->seeded = seeded;
    r->model->seed = raw.seed;
    if (!seeded)
        return read_file(r, node, &raw, source, error);
    if (syn_model_seed_blob(r->model) < 0)
        return syn_error_set(error, SYN_ENOMEM, "not enough memory for the weights");
    return 0;
}

/* The image of all layers is the canonical form of a model. */
static int name_by_hash(struct syn_model *model, struct syn_error *error)
{
    uint8_t *image;
    size_t size;
    int result = syn_model_image(model, 0, model->layer_count, &image, &size, error);
    if (result < 0)
        return result;
    syn_sha256(image, size, model->hash);
    free(image);
    return 0;
}

static int read_raw(struct syn_model_reader *r, struct raw_model *raw,
                    const struct syn_weights_source *source, struct syn_error *error)
{
    const cJSON *root = syn_json_root(r->doc);
    int result =
        syn_json_fill(r->doc, root, model_fields, SYN_JSON_COUNT(model_fields), raw, error);
    r->model->description = raw->description; /* owned by the model also where fill failed */
    r->model->source = raw->source;
    if (result < 0)
        return result;
    if (strcmp(raw->format, "synergy-model/1") != 0)
        return syn_json_error(r->doc, syn_json_get(root, "format"), SYN_EINVAL, error,
                              "\"%s\" cannot be read; \"synergy-model/1\" is expected",
                              raw->format);
    memcpy(r->model->name, raw->name, sizeof raw->name);
    if ((result = read_input(r, raw->input, error)) < 0 ||
        (result = syn_model_read_layers(r, raw->layers, error)) < 0 ||
        (result = read_labels(r, raw->labels, error)) < 0 ||
        (result = check_labels(r, raw->labels, error)) < 0 ||
        (result = syn_model_read_measured(r, raw->measured, error)) < 0 ||
        (result = read_weights(r, raw->weights, source, error)) < 0)
        return result;
    syn_model_split_blob(r->model);
    return name_by_hash(r->model, error);
}

static int read_document(struct syn_model **model, const struct syn_json *doc,
                         const struct syn_weights_source *source, struct syn_error *error)
{
    struct syn_model_reader reader = {.doc = doc, .model = calloc(1, sizeof **model)};
    struct raw_model raw = {.format = ""};
    if (!reader.model)
        return syn_error_set(error, SYN_ENOMEM, "not enough memory for a model");
    int result = read_raw(&reader, &raw, source, error);
    if (result < 0)
        syn_model_free(reader.model);
    else
        *model = reader.model;
    return result;
}

int syn_model_parse(struct syn_model **model, const char *text, size_t size, const char *path,
                    const struct syn_weights_source *weights, struct syn_error *error)
{
    static const struct syn_weights_source here = {.folder = ""};
    struct syn_json *doc;
    *model = NULL;
    int result = syn_json_parse(&doc, text, size, path, error);
    if (result == 0)
        result = read_document(model, doc, weights ? weights : &here, error);
    syn_json_free(doc);
    return result;
}

int syn_model_read(struct syn_model **model, const char *path, struct syn_error *error)
{
    struct syn_json *doc;
    *model = NULL;
    char *folder = syn_file_folder(path);
    if (!folder)
        return syn_error_set(error, SYN_ENOMEM, "not enough memory");
    const struct syn_weights_source source = {.folder = folder};
    int result = syn_json_read(&doc, path, error);
    if (result == 0)
        result = read_document(model, doc, &source, error);
    syn_json_free(doc);
    free(folder);
    return result;
}
