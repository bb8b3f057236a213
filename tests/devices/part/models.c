/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Models from recorded operators: which tensor feeds which layer is found by comparing bytes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "tests/devices/part/recorded.h"

/* ---- one operator ----------------------------------------------------------------------- */

static void set_conv(const struct recorded_op *op, struct syn_layer *l)
{
    bool line = strcmp(op->kind, "conv1d") == 0, flat = op->w.rank == 4 && op->w.dims[2] == 1 &&
                                                        op->w.dims[3] == 1 && op->in.dims[1] == 1 &&
                                                        op->in.dims[2] == 1;

    l->op = line                                       ? SYN_OP_CONV1D
            : strcmp(op->kind, "convtranspose2d") == 0 ? SYN_OP_CONVTRANSPOSE2D
            : flat                                     ? SYN_OP_LINEAR
                                                       : SYN_OP_CONV2D;
    l->kernel_h = (uint8_t)field(op, "kernel");
    l->kernel_w = line ? 1 : (uint8_t)field_second(op, "kernel");
    l->pad_h = (uint8_t)field(op, "pad");
    l->pad_w = line ? 0 : (uint8_t)field_second(op, "pad");
    l->dilation_h = (uint16_t)field(op, "dilation");
    l->dilation_w = line ? 1 : (uint16_t)field_second(op, "dilation");
    l->groups = (uint16_t)field(op, "groups");
    l->out.channels = (uint16_t)field(op, "cout");
    l->weight_bits = 8;
    l->output_shift = (int8_t)field(op, "total_shift");
    l->output_width = (uint8_t)field(op, "out_width");
    l->has_bias = op->b.there;
    l->activation = field_is(op, "act", "relu")  ? SYN_ACT_RELU
                    : field_is(op, "act", "abs") ? SYN_ACT_ABS
                                                 : SYN_ACT_NONE;
}

static void set_pool(const struct recorded_op *op, struct syn_layer *l)
{
    l->pool = field(op, "avg") ? SYN_POOL_AVG : SYN_POOL_MAX;
    l->pool_h = (uint8_t)field(op, "pool");
    l->pool_w = (uint8_t)field_second(op, "pool");
    l->pool_stride_h = (uint8_t)field(op, "stride");
    l->pool_stride_w = (uint8_t)field_second(op, "stride");
    l->pool_dilation_h = (uint8_t)field(op, "dilation");
    l->pool_dilation_w = (uint8_t)field_second(op, "dilation");
    l->pool_round = field(op, "rounding") != 0;
    if (strcmp(op->kind, "pool1d") == 0)
        l->pool_stride_w = l->pool_dilation_w = 1;
}

static void set_eltwise(const struct recorded_op *op, struct syn_layer *l)
{
    l->eltwise = field_is(op, "fn", "add")   ? SYN_ELTWISE_ADD
                 : field_is(op, "fn", "sub") ? SYN_ELTWISE_SUB
                 : field_is(op, "fn", "xor") ? SYN_ELTWISE_XOR
                                             : SYN_ELTWISE_OR;
    l->input_count = (uint8_t)field(op, "operands");
    l->output_width = (uint8_t)field(op, "out_width");
}

static bool is_kind(const struct recorded_op *op, const char *prefix)
{
    return strncmp(op->kind, prefix, strlen(prefix)) == 0;
}

void layer_from_op(const struct recorded_op *op, struct syn_layer *l)
{
    if (is_kind(op, "conv"))
        set_conv(op, l);
    else if (is_kind(op, "pool"))
        set_pool(op, l);
    else if (is_kind(op, "eltwise"))
        set_eltwise(op, l);
}

static struct syn_shape shape_of(const struct blob *b, unsigned skip)
{
    return (struct syn_shape){
        .channels = (uint16_t)b->dims[skip],
        .height = (uint16_t)(b->rank > skip + 1 ? b->dims[skip + 1] : 1),
        .width = (uint16_t)(b->rank > skip + 2 ? b->dims[skip + 2] : 1),
    };
}

void resolve_alone(struct syn_layer *l, const struct blob *in, bool operands)
{
    struct syn_shape shapes[SYN_LAYER_INPUTS_MAX];
    const char *why = "";

    if (l->input_count == 0)
        l->input_count = 1;
    for (unsigned n = 0; n < l->input_count; n++)
        shapes[n] = shape_of(in, operands);
    if (syn_layer_resolve(l, shapes, &why) < 0)
        fail_msg("layer not resolved: %s", why);
}

/* ---- a whole model ---------------------------------------------------------------------- */

/* The bytes and shape of tensor `id`: the model's input or a layer's output. */
static bool tensor_of(const struct model *m, unsigned id, const int8_t **data, struct syn_shape *s)
{
    *data = id == 0 ? m->input : m->outputs[id - 1];
    *s = id == 0 ? m->shape : m->layers[id - 1].out;
    return *data != NULL && (id == 0 || m->layers[id - 1].output_width == 8);
}

static bool same_tensor(const struct model *m, unsigned id, const int8_t *data, uint32_t plane,
                        uint32_t left)
{
    const int8_t *bytes;
    struct syn_shape s;
    uint32_t size;

    if (!tensor_of(m, id, &bytes, &s))
        return false;
    size = syn_tensor_bytes(s, 8);
    return size <= left && (size == left || (uint32_t)s.height * s.width == plane) &&
           memcmp(bytes, data, size) == 0;
}

/* The newest tensor with the bytes at `data`, at most `left` of them; -1 if there is none. */
static int newest_tensor(const struct model *m, const int8_t *data, uint32_t plane, uint32_t left)
{
    int id = (int)m->count;

    while (id >= 0 && !same_tensor(m, (unsigned)id, data, plane, left))
        id--;
    return id;
}

/* A lone input is the original, not one of the copies that are made for several operands. */
static int oldest_tensor(const struct model *m, const int8_t *data, uint32_t size)
{
    for (unsigned id = 0; id <= m->count; id++) {
        const int8_t *bytes;
        struct syn_shape s;

        if (tensor_of(m, id, &bytes, &s) && syn_tensor_bytes(s, 8) == size &&
            memcmp(bytes, data, size) == 0)
            return (int)id;
    }
    return -1;
}

static bool connect_parts(struct model *m, struct syn_layer *l, const int8_t *data, uint32_t plane,
                          uint32_t left)
{
    while (left > 0) {
        int id = newest_tensor(m, data, plane, left);
        const int8_t *bytes;
        struct syn_shape s;

        if (id < 0 || l->input_count == SYN_LAYER_INPUTS_MAX)
            return false;
        tensor_of(m, (unsigned)id, &bytes, &s);
        l->inputs[l->input_count++] = (uint16_t)id;
        data += syn_tensor_bytes(s, 8);
        left -= syn_tensor_bytes(s, 8);
    }
    return true;
}

static bool connect(struct model *m, struct syn_layer *l, const struct blob *in, bool operands)
{
    unsigned wanted = operands ? in->dims[0] : 1;
    uint32_t each = in->count / wanted;
    struct syn_shape shape = shape_of(in, operands);
    const int8_t *data = in->data;
    int lone = wanted == 1 ? oldest_tensor(m, data, each) : -1;

    l->input_count = 0;
    if (lone >= 0) {
        l->inputs[l->input_count++] = (uint16_t)lone;
        return true;
    }
    for (unsigned n = 0; n < wanted; n++, data += each)
        if (!connect_parts(m, l, data, (uint32_t)shape.height * shape.width, each))
            return false;
    return true;
}

static void take_weights(struct model *m, const struct recorded_op *op)
{
    if (op->w.there) {
        m->weights[m->count] = malloc(op->w.count);
        syn_weights_pack(op->w.data, 8, op->w.count, m->weights[m->count]);
    }
    if (op->b.there) {
        m->biases[m->count] = malloc(op->b.count);
        memcpy(m->biases[m->count], op->b.data, op->b.count);
    }
}

static bool add_layer(struct model *m, const struct recorded_op *ops, unsigned count,
                      const char **why)
{
    struct syn_layer *l = &m->layers[m->count];
    const struct recorded_op *first = &ops[0], *last = &ops[count - 1];
    bool operands = !is_kind(first, "conv") && !is_kind(first, "passthrough");
    struct syn_shape shapes[SYN_LAYER_INPUTS_MAX];

    l->pool_first = true;
    for (unsigned i = 0; i < count; i++) {
        if (is_kind(&ops[i], "pool") && i > 0 && is_kind(&ops[i - 1], "eltwise"))
            l->pool_first = false;
        layer_from_op(&ops[i], l);
        take_weights(m, &ops[i]);
    }
    if (!connect(m, l, &first->in, operands))
        return *why = "input not found among earlier tensors", false;
    for (unsigned n = 0; n < l->input_count; n++) {
        const int8_t *bytes;

        tensor_of(m, l->inputs[n], &bytes, &shapes[n]);
    }
    l->flatten = l->op == SYN_OP_LINEAR && last->in.dims[0] > shapes[0].channels;
    if (l->op == SYN_OP_CONVTRANSPOSE2D && field(last, "stride") != 2)
        return *why = "transposed convolution of another stride", false;
    if (syn_layer_resolve(l, shapes, why) < 0)
        return false;
    m->outputs[m->count] = last->out.there ? last->out.data : last->in.data;
    m->count++;
    return true;
}

/* The recorded input of a first layer that flattens is flat already; latency.txt has its shape. */
static void unflatten_input(struct model *m, const char *folder)
{
    unsigned channels, height, width;
    char path[512];
    FILE *file;

    snprintf(path, sizeof path, "%s/latency.txt", folder);
    file = fopen(path, "r");
    if (file && fscanf(file, "L input_chan=%u input_dim=%ux%u", &channels, &height, &width) == 3 &&
        m->shape.height == 1 && m->shape.width == 1 &&
        channels * height * width == m->shape.channels)
        m->shape = (struct syn_shape){(uint16_t)channels, (uint16_t)height, (uint16_t)width};
    if (file)
        fclose(file);
}

struct model *model_read(const char *folder, const char **why)
{
    struct model *m = calloc(1, sizeof *m);
    unsigned count;

    m->ops = recorded_read(folder);
    *why = "no operators";
    if (!m->ops)
        goto fail;
    m->input = m->ops->ops[0].in.data;
    m->shape = shape_of(&m->ops->ops[0].in, is_kind(&m->ops->ops[0], "pool"));
    unflatten_input(m, folder);
    if (is_kind(&m->ops->ops[0], "eltwise")) {
        *why = "several inputs";
        goto fail;
    }
    for (unsigned i = 0; i < m->ops->count; i += count) {
        for (count = 1; i + count < m->ops->count; count++)
            if (m->ops->ops[i + count].layer != m->ops->ops[i].layer)
                break;
        if (!add_layer(m, &m->ops->ops[i], count, why))
            goto fail;
    }
    return m;
fail:
    model_free(m);
    return NULL;
}

void model_free(struct model *m)
{
    if (!m)
        return;
    for (unsigned i = 0; i < SYN_MODEL_LAYERS_MAX; i++) {
        free(m->weights[i]);
        free(m->biases[i]);
    }
    recorded_free(m->ops);
    free(m);
}

/* ---- what the vendor's files say beside the operators ------------------------------------ */

unsigned model_read_maps(struct model *m, const char *folder)
{
    uint64_t in[SYN_MODEL_LAYERS_MAX] = {0}, out[SYN_MODEL_LAYERS_MAX] = {0};
    char path[512], line[256];
    unsigned count = 0;
    int layer = -1;
    FILE *file;

    snprintf(path, sizeof path, "%s/network.yaml", folder);
    file = fopen(path, "r");
    while (file && fgets(line, sizeof line, file)) {
        char *text = line + strspn(line, " "), *at;

        if (text[0] == '-' && text[1] == ' ' && layer + 1 < SYN_MODEL_LAYERS_MAX)
            layer++;
        at = strstr(line, "processors:");
        if (!at || text[0] == '#' || layer < 0)
            continue;
        if (at > line && at[-1] == '_')
            out[layer] = strtoull(at + 11, NULL, 16);
        else
            in[layer] = strtoull(at + 11, NULL, 16);
    }
    if (file)
        fclose(file);
    for (unsigned i = 0; i < m->count; i++) {
        if (in[i]) {
            m->layers[i].processors = in[i];
            count++;
        }
        if (out[i] || (i + 1 < m->count && in[i + 1]))
            m->layers[i].output_processors = out[i] ? out[i] : in[i + 1];
    }
    return count;
}

static uint64_t with_commas(const char *text)
{
    uint64_t value = 0;

    for (; *text && *text != '|'; text++)
        if (*text >= '0' && *text <= '9')
            value = value * 10 + (uint64_t)(*text - '0');
    return value;
}

unsigned table_read(const char *recorded_name, struct table_row rows[SYN_MODEL_LAYERS_MAX])
{
    const char *data = data_folder();
    char path[512], line[512], title[128];
    unsigned count = 0;
    bool inside = false;
    FILE *file;

    snprintf(path, sizeof path, "%s/synergy8-layers.md", data ? data : "");
    snprintf(title, sizeof title, "`%s`", recorded_name);
    file = fopen(path, "r");
    while (file && fgets(line, sizeof line, file)) {
        const char *column[8] = {0};
        unsigned columns = 0;

        if (line[0] == '#')
            inside = strstr(line, title) != NULL;
        if (!inside || line[0] != '|' || line[2] < '0' || line[2] > '9')
            continue;
        for (const char *at = line; *at && columns < 8; at++)
            if (*at == '|')
                column[columns++] = at + 1;
        rows[count++] = (struct table_row){.bits = (unsigned)with_commas(column[2]),
                                           .weight_bytes = (uint32_t)with_commas(column[3]),
                                           .cycles = with_commas(column[5])};
    }
    if (file)
        fclose(file);
    return count;
}

void model_set_bits(struct model *m, const struct table_row *rows)
{
    for (unsigned i = 0; i < m->count; i++) {
        struct syn_layer *l = &m->layers[i];
        uint32_t count = syn_layer_weight_count(l);
        int8_t *plain;

        if (l->weight_bits == 0 || l->weight_bits == rows[i].bits)
            continue;
        plain = malloc(count);
        syn_weights_unpack(m->weights[i], l->weight_bits, count, plain);
        syn_weights_pack(plain, rows[i].bits, count, m->weights[i]);
        free(plain);
        l->output_shift = (int8_t)(l->output_shift + (int)rows[i].bits - l->weight_bits);
        l->weight_bits = (uint8_t)rows[i].bits;
    }
}
