/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/import/compare.h"

#include "devices/base/bytes.h"

#include <math.h>
#include <stdlib.h>

struct outputs {
    float *original;
    void *model;
    size_t count, pixels;
    bool wide;
};

static int32_t model_output(const struct outputs *o, size_t i)
{
    return o->wide ? (int32_t)syn_get_le32((const uint8_t *)o->model + 4 * i)
                   : ((const int8_t *)o->model)[i];
}

static size_t class_of_original(const struct outputs *o, size_t pixel)
{
    size_t best = pixel;
    for (size_t i = pixel + o->pixels; i < o->count; i += o->pixels)
        if (o->original[i] > o->original[best])
            best = i;
    return best / o->pixels;
}

static size_t class_of_model(const struct outputs *o, size_t pixel)
{
    size_t best = pixel;
    for (size_t i = pixel + o->pixels; i < o->count; i += o->pixels)
        if (model_output(o, i) > model_output(o, best))
            best = i;
    return best / o->pixels;
}

static void add_differences(struct syn_import_comparison *c, const struct outputs *o, double unit)
{
    for (size_t i = 0; i < o->count; i++) {
        const double value = o->original[i];
        const double apart = unit > 0 ? fabs(unit * model_output(o, i) - value) : 0;
        c->sum_differences += apart;
        c->sum_squares += value * value;
        if (apart > c->largest_difference)
            c->largest_difference = apart;
    }
    const double all = (double)c->count * (double)o->count;
    c->mean_difference = c->sum_differences / all;
    c->size = sqrt(c->sum_squares / all);
}

static void add(struct syn_import_comparison *c, const struct outputs *o, double unit, int label)
{
    c->count++;
    c->pixels += (uint32_t)o->pixels;
    for (size_t i = 0; i < o->pixels; i++)
        c->same_class += class_of_original(o, i) == class_of_model(o, i);
    if (label >= 0 && o->pixels == 1) {
        c->labelled++;
        c->right_original += class_of_original(o, 0) == (size_t)label;
        c->right_model += class_of_model(o, 0) == (size_t)label;
    }
    add_differences(c, o, unit);
}

int syn_import_compare(struct syn_import_comparison *comparison,
                       const struct syn_imported *imported, const int8_t *window, int label,
                       struct syn_error *error)
{
    const struct syn_import_original *original = &imported->original;
    const struct syn_model *model = imported->model;
    const struct syn_shape shape = syn_model_tensor_shape(model, model->layer_count);
    struct outputs o = {.count = original->outputs,
                        .pixels = (size_t)shape.height * shape.width,
                        .wide = syn_model_tensor_width(model, model->layer_count) == 32};
    size_t size = 0;
    o.original = malloc((o.count + 1) * sizeof *o.original);
    int status = o.original ? original->infer(original->state, window, o.original, error)
                            : syn_error_set(error, SYN_ENOMEM, "not enough memory to compare");
    if (status == 0)
        status = syn_model_infer(model, window, syn_model_tensor_bytes(model, 0), &o.model, &size,
                                 error);
    if (status == 0 && size != o.count * (o.wide ? 4 : 1))
        status = syn_error_set(error, SYN_EINVAL,
                               "%zu outputs in the file, %zu bytes of them in "
                               "the model",
                               o.count, size);
    if (status == 0)
        add(comparison, &o, original->unit, label);
    free(o.original);
    free(o.model);
    return status;
}
