/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/commands/model_samples.h"

#include "cli/commands/model.h"
#include "cli/data.h"
#include "devices/base/bytes.h"
#include "devices/sensors/sensor.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <zlib.h>

#define IDX_LABELS 0x00000801u /* magic of a list of bytes */

struct syn_samples {
    const struct syn_model *model;
    const char *noun;
    struct syn_sensor_file *file;
    size_t bytes;
    uint16_t *labels; /* the class of each window of the file; LEFT_OUT */
    uint32_t *index;  /* of the windows that count */
    uint32_t windows, count;
};

#define LEFT_OUT UINT16_MAX

static int out_of_memory(struct syn_error *error)
{
    return syn_error_set(error, SYN_ENOMEM, "out of memory");
}

static uint32_t get_be32(const uint8_t *p)
{
    return (uint32_t)syn_get_be16(p) << 16 | syn_get_be16(p + 2);
}

static int open_file(struct syn_samples *s, const char *path, struct syn_error *error)
{
    char why[512];
    int status = syn_sensor_open(&s->file, path, why, sizeof why);
    if (status < 0)
        return syn_error_set(error, status, "%s", why);
    long windows = syn_sensor_windows(s->file, s->bytes);
    if (windows <= 0)
        return syn_error_set(error, SYN_EINVAL, "%s: its %s have not the %zu bytes that %s reads",
                             path, s->noun, s->bytes, s->model->name);
    s->windows = (uint32_t)windows;
    s->labels = calloc(s->windows, sizeof *s->labels);
    return s->labels ? 0 : out_of_memory(error);
}

/* ---- pictures ---- */

static int explain_missing(const char *path, int status, struct syn_error *error)
{
    if (status == SYN_ENOENT && strstr(path, "/fashion-mnist/"))
        syn_error_hint(error, "install the Debian package dataset-fashion-mnist, or name a file "
                              "with --images and --labels");
    return status;
}

static int keep_label(struct syn_samples *s, uint32_t i, uint8_t label, const char *path,
                      struct syn_error *error)
{
    if (label >= s->model->label_count)
        return syn_error_set(error, SYN_EINVAL, "%s: label %u of picture %u; %s knows %u", path,
                             label, i, s->model->name, s->model->label_count);
    s->labels[i] = label;
    return 0;
}

/* One byte more is asked for, to notice a file that holds more. */
static int read_list(gzFile file, const char *path, uint32_t count, uint8_t *bytes,
                     struct syn_error *error)
{
    uint8_t head[8];
    if (gzread(file, head, sizeof head) != (int)sizeof head || get_be32(head) != IDX_LABELS)
        return syn_error_set(error, SYN_ECORRUPT, "%s: no list of labels in IDX format", path);
    if (get_be32(head + 4) != count)
        return syn_error_set(error, SYN_EINVAL, "%s: %u labels for %u pictures", path,
                             get_be32(head + 4), count);
    if (gzread(file, bytes, count + 1) != (int)count)
        return syn_error_set(error, SYN_ECORRUPT, "%s: not %u labels, as its head says", path,
                             count);
    return 0;
}

int syn_samples_labels(uint8_t **labels, const char *path, uint32_t count, struct syn_error *error)
{
    gzFile file = gzopen(path, "rb");
    *labels = NULL;
    if (!file)
        return explain_missing(path, syn_error_os(error, errno, "%s", path), error);
    *labels = calloc((size_t)count + 1, 1);
    int status = *labels ? read_list(file, path, count, *labels, error) : out_of_memory(error);
    (void)gzclose(file);
    return status;
}

static int open_labels(struct syn_samples *s, const char *path, struct syn_error *error)
{
    uint8_t *bytes;
    int status = syn_samples_labels(&bytes, path, s->windows, error);
    for (uint32_t i = 0; status == 0 && bytes && i < s->windows; i++)
        status = keep_label(s, i, bytes[i], path, error);
    free(bytes);
    return status;
}

static int open_pictures(struct syn_samples *s, const struct syn_call *call,
                         struct syn_error *error)
{
    const char *path = syn_call_text(call, "--images");
    s->noun = "pictures";
    int status = explain_missing(path, open_file(s, path, error), error);
    return status < 0 ? status : open_labels(s, syn_call_text(call, "--labels"), error);
}

/* ---- sounds ---- */

/* The class of a word; LEFT_OUT where the model has none for it. */
static uint16_t class_of(const struct syn_model *model, const char *word)
{
    uint16_t unknown = LEFT_OUT;
    for (unsigned i = 0; i < model->label_count; i++) {
        if (strcasecmp(model->labels[i], word) == 0)
            return (uint16_t)i;
        if (strcasecmp(model->labels[i], "unknown") == 0)
            unknown = (uint16_t)i;
    }
    return unknown;
}

static int label_sounds(struct syn_samples *s, const char *path, struct syn_error *error)
{
    for (uint32_t i = 0; i < s->windows; i++) {
        const char *word = syn_sensor_label(s->file, i);
        if (!word) {
            syn_error_set(error, SYN_EINVAL, "%s: nobody knows what is said in its sounds", path);
            syn_error_hint(error, "put them into folders named after what is said: "
                                  "FOLDER/yes/1.wav");
            return SYN_EINVAL;
        }
        s->labels[i] = class_of(s->model, word);
    }
    return 0;
}

/* A model of samples one after the other, of one channel, hears. */
static bool hears(const struct syn_model *model)
{
    const struct syn_fold fold = syn_model_fold(model);
    return fold.width == 1 && fold.channels == 1;
}

static int refuse_deaf(const struct syn_model *model, struct syn_error *error)
{
    syn_error_set(error, SYN_EINVAL, "%s does not read sound: its input is not of one channel",
                  model->name);
    if (model->input.width == 1)
        syn_error_hint(error,
                       "if it was trained on sound that was folded, its \"input\" must say "
                       "so: \"fold\": %u",
                       model->input.channels);
    return SYN_EINVAL;
}

static int open_sounds(struct syn_samples *s, const struct syn_call *call, struct syn_error *error)
{
    char own[PATH_MAX];
    const char *path = syn_call_text(call, "--sounds");
    s->noun = "sounds";
    if (!hears(s->model))
        return refuse_deaf(s->model, error);
    int status = path ? 0 : syn_data_folder("models/words", own, sizeof own, error);
    if (status == 0)
        status = open_file(s, path ? path : own, error);
    return status < 0 ? status : label_sounds(s, path ? path : own, error);
}

/* ---- both ---- */

static int open_any(struct syn_samples *s, const struct syn_call *call, struct syn_error *error)
{
    bool pictures = syn_call_has(call, "--images") || syn_call_has(call, "--labels");
    bool sounds = syn_call_has(call, "--sounds");
    if (pictures && sounds)
        return syn_error_set(error, SYN_EINVAL, "--sounds excludes --images and --labels");
    return sounds || (!pictures && hears(s->model)) ? open_sounds(s, call, error)
                                                    : open_pictures(s, call, error);
}

static int keep_what_counts(struct syn_samples *s, struct syn_error *error)
{
    s->index = s->windows ? calloc(s->windows, sizeof *s->index) : NULL;
    if (!s->index)
        return out_of_memory(error);
    for (uint32_t i = 0; i < s->windows; i++)
        if (s->labels[i] != LEFT_OUT)
            s->index[s->count++] = i;
    if (s->count == 0)
        return syn_error_set(error, SYN_EINVAL, "%s knows none of the words, and no \"unknown\"",
                             s->model->name);
    return 0;
}

int syn_samples_open(struct syn_samples **samples, const struct syn_model *model,
                     const struct syn_call *call, struct syn_error *error)
{
    struct syn_samples *s = calloc(1, sizeof *s);
    *samples = NULL;
    if (!s)
        return out_of_memory(error);
    s->model = model;
    s->bytes = syn_model_tensor_bytes(model, 0);
    int status = open_any(s, call, error);
    if (status == 0)
        status = keep_what_counts(s, error);
    if (status == 0)
        *samples = s;
    else
        syn_samples_close(s);
    return status;
}

void syn_samples_close(struct syn_samples *samples)
{
    if (!samples)
        return;
    syn_sensor_close(samples->file);
    free(samples->labels);
    free(samples->index);
    free(samples);
}

const char *syn_samples_noun(const struct syn_samples *samples)
{
    return samples->noun;
}

uint32_t syn_samples_count(const struct syn_samples *samples)
{
    return samples->count;
}

uint32_t syn_samples_left_out(const struct syn_samples *samples)
{
    return samples->windows - samples->count;
}

int syn_samples_read(const struct syn_samples *samples, uint32_t index, int8_t *window,
                     unsigned *label, struct syn_error *error)
{
    char why[512];
    uint32_t at = samples->index[index];
    *label = samples->labels[at];
    int status =
        syn_sensor_window_or_why(samples->file, at, samples->bytes, window, why, sizeof why);
    return status < 0 ? syn_error_set(error, status, "%s", why) : 0;
}
