/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What programs can and models cannot. Weights of -1 and 1 have one bit there and two here. Layers
 * may read as many pixels in other rows than were written (a
 * conv1d whose samples a conv2d takes for an image). Where the layers before do each pixel for
 * itself, they do it as well in the rows of the reader. Proved is what was there before.
 */
#include "core/import/program/recover.h"

#include <stdlib.h>

/* ---- weights of -1 and 1 ------------------------------------------------------------------ */

/* One bit stands for -1 where it is set and for 1 where it is not. */
static int widen_layer(struct program *p, struct unit *u)
{
    const uint32_t count = syn_layer_weight_count(&u->layer);
    int8_t *plain = malloc(count);
    u->layer.weight_bits = 2;
    u->layer.output_shift++; /* the shift in all stays */
    uint8_t *packed = malloc(syn_layer_weight_bytes(&u->layer));
    if (!plain || !packed) {
        free(plain);
        free(packed);
        return syn_error_set(p->error, SYN_ENOMEM, "not enough memory for weights");
    }
    syn_weights_unpack(u->weights, 1, count, plain);
    for (uint32_t i = 0; i < count; i++)
        plain[i] = plain[i] ? -1 : 1;
    syn_weights_pack(plain, 2, count, packed);
    free(plain);
    free(u->weights);
    u->weights = packed;
    return 0;
}

static int widen(struct program *p)
{
    bool some = false;
    int status = 0;
    for (unsigned i = 0; i < p->count && p->binary && status == 0; i++) {
        if (p->units[i].layer.weight_bits != 1)
            continue;
        some = true;
        status = widen_layer(p, &p->units[i]);
    }
    if (some && status == 0 &&
        syn_imported_note(p->imported, "weights of one bit, -1 and 1, have two bits here") < 0)
        return syn_error_set(p->error, SYN_ENOMEM, "not enough memory for notes");
    return status;
}

/* ---- views -------------------------------------------------------------------------------- */

/* A view of a tensor that its reader has. */
struct view {
    uint16_t height, width;
};

static bool by_pixel(const struct syn_layer *l)
{
    return l->kernel_h == 1 && l->kernel_w == 1 && l->pad_h == 0 && l->pad_w == 0 &&
           l->pool == SYN_POOL_NONE && !l->flatten && l->op != SYN_OP_CONVTRANSPOSE2D;
}

static bool has_view(struct syn_shape s, struct view view)
{
    return s.height == view.height && s.width == view.width;
}

static void set_view(struct syn_shape *s, struct view view)
{
    s->height = view.height;
    s->width = view.width;
}

static void view_layer(struct unit *u, struct view view)
{
    set_view(&u->layer.in, view);
    set_view(&u->layer.pooled, view);
    set_view(&u->layer.out, view);
    if (u->layer.op == SYN_OP_CONV1D)
        u->layer.op = SYN_OP_CONV2D;
}

/* Layers 0 to `tensor` - 1 from which the tensor comes get its view. */
static int view_tensor(struct program *p, const struct unit *reader, unsigned tensor,
                       struct view view)
{
    int status = 0;
    if (has_view(program_shape(p, tensor), view))
        return 0;
    if (tensor == 0) {
        set_view(&p->input, view);
        return 0;
    }
    struct unit *u = &p->units[tensor - 1];
    if (!by_pixel(&u->layer)) {
        program_refuse(p, reader, SYN_EUNSUP, SYN_LREG_ROWS,
                       "reads %ux%u pixels of layer %u as %ux%u", u->layer.out.height,
                       u->layer.out.width, u->slot, view.height, view.width);
        syn_error_hint(p->error, "nearest: the same rows in both, or layers of 1x1 before");
        return SYN_EUNSUP;
    }
    view_layer(u, view);
    for (unsigned n = 0; n < u->layer.input_count && status == 0; n++)
        status = view_tensor(p, reader, u->layer.inputs[n], view);
    return status;
}

/* Another reader of the same tensor may want it as it was. */
static int check_readers(const struct program *p)
{
    for (unsigned i = 0; i < p->count; i++) {
        const struct syn_layer *l = &p->units[i].layer;
        const struct view view = {l->in.height, l->in.width};
        for (unsigned n = 0; n < l->input_count; n++)
            if (!has_view(program_shape(p, l->inputs[n]), view))
                return program_refuse(p, &p->units[i], SYN_EUNSUP, SYN_LREG_ROWS,
                                      "reads in other rows what another layer reads, too");
    }
    return 0;
}

static int note_streams(struct program *p)
{
    unsigned count = 0;
    while (count < p->count && p->units[count].streams)
        count++;
    if (count == 0)
        return 0;
    return syn_imported_note(p->imported,
                             "what %u of its layers stream lies whole in data memory here: a "
                             "wearable takes larger inputs only by streaming",
                             count);
}

static int note(struct program *p, const struct unit *u)
{
    int status = 0;
    if (u->reshaped)
        status = syn_imported_note(p->imported,
                                   "layer %u takes samples for %ux%u pixels: so do the layers of "
                                   "kernel 1 before it, and the model's input",
                                   u->slot, u->layer.in.height, u->layer.in.width);
    return status < 0 ? syn_error_set(p->error, status, "not enough memory for notes") : 0;
}

int program_reshape(struct program *p)
{
    int status = widen(p);
    for (unsigned i = p->count; i-- > 0 && status == 0;) {
        struct unit *u = &p->units[i];
        const struct view view = {u->layer.in.height, u->layer.in.width};
        for (unsigned n = 0; u->reshaped && n < u->layer.input_count && status == 0; n++)
            status = view_tensor(p, u, u->layer.inputs[n], view);
    }
    if (status == 0)
        status = note_streams(p);
    for (unsigned i = 0; i < p->count && status == 0; i++)
        status = note(p, &p->units[i]);
    return status < 0 ? status : check_readers(p);
}
