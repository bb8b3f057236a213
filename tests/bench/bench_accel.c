/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * How fast the kernels of a virtual wearable are, on one core: every convolution of the reference
 * models alone, then the whole models through the executor; portable, fastest, and XNNPACK beside
 * them. scripts/bench accel makes its tables from it.
 *
 * usage: bench_accel [--json] [--rounds N] [MODEL]...
 */
#include "tests/bench/accel_time.h"
#include "tests/bench/accel_xnnpack.h"

#include "core/model/model.h"
#include "devices/kernels/choose.h"
#include "devices/part/cycles.h"
#include "devices/part/exec.h"
#include "devices/part/place.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SLICE_NS   1e6
#define NS_A_CYCLE 20.0 /* of a MAX78000 at 50 MHz */
#define START_NS   6600.0

enum { PORTABLE, FASTEST, XNNPACK, WAYS };

static const char *const zoo[] = {"convnet5",  "ressimplenet", "unet",           "kws",
                                  "simplenet", "widenet",      "efficientnetv2", "mobilenetv2"};
static const char *const op_names[SYN_OP_COUNT] = {"passthrough", "conv2d", "conv1d",
                                                   "convtranspose2d", "linear"};

static bool as_json;
static unsigned rounds = 7;

struct row {
    const char *kind, *model;
    int layer; /* -1: the whole model */
    char shape[96];
    uint64_t macs;
    double ns[WAYS], part_ns;
};

static void *some_bytes(uint64_t count, uint64_t seed)
{
    uint8_t *bytes = malloc((size_t)count + 64);
    if (!bytes)
        abort();
    for (uint64_t i = 0; i < count; i++)
        bytes[i] = (uint8_t)(syn_splitmix64(&seed) >> 32);
    return bytes;
}

/* ---- printing --------------------------------------------------------------------------- */

static void print_json(const struct row *r)
{
    printf("{\"kind\":\"%s\",\"model\":\"%s\",\"layer\":%d,\"shape\":\"%s\",\"macs\":%llu,"
           "\"kernels\":\"%s\",\"portable_ns\":%.0f,\"fastest_ns\":%.0f,",
           r->kind, r->model, r->layer, r->shape, (unsigned long long)r->macs,
           syn_kernels_fastest()->name, r->ns[PORTABLE], r->ns[FASTEST]);
    if (r->ns[XNNPACK] > 0)
        printf("\"xnnpack_ns\":%.0f,", r->ns[XNNPACK]);
    else
        printf("\"xnnpack_ns\":null,");
    printf("\"max78000_ns\":%.0f}\n", r->part_ns);
}

static void print_row(const struct row *r)
{
    if (as_json) {
        print_json(r);
    } else {
        printf("%-15s %-15s %-44s", r->kind, r->model, r->shape);
        for (unsigned i = 0; i < WAYS; i++)
            printf(" %8.2f", r->ns[i] > 0 ? (double)r->macs / r->ns[i] : 0.0);
        printf(" %8.2f\n", (double)r->macs / r->part_ns);
    }
    (void)fflush(stdout);
}

/* ---- one convolution -------------------------------------------------------------------- */

struct conv {
    const struct syn_kernels *kernels;
    const struct syn_layer *layer;
    const int8_t *bias;
    void *in, *weights, *out, *scratch;
};

static void run_conv(void *ctx)
{
    const struct conv *c = ctx;
    c->kernels->conv(c->layer, c->in, c->weights, c->bias, c->out, c->scratch, 0,
                     c->layer->out.height);
}

static void make_conv(struct conv *c, const struct syn_kernels *kernels,
                      const struct syn_layer *layer, const uint8_t *packed, const int8_t *bias)
{
    *c = (struct conv){.kernels = kernels,
                       .layer = layer,
                       .bias = bias,
                       .in = some_bytes(syn_tensor_bytes(layer->pooled, 8), 1),
                       .weights = some_bytes(kernels->weight_bytes(layer), 2),
                       .out = some_bytes(syn_tensor_bytes(layer->out, layer->output_width), 3),
                       .scratch = some_bytes(kernels->scratch_bytes(layer), 4)};
    kernels->prepare(layer, packed, c->weights);
}

static void free_conv(struct conv *c)
{
    free(c->in);
    free(c->weights);
    free(c->out);
    free(c->scratch);
}

/* Fills row->ns. */
static void time_layer(const struct syn_layer *layer, const uint8_t *packed, const int8_t *bias,
                       struct row *row)
{
    struct bench_xnnpack *x = bench_xnnpack_new(layer);
    struct conv portable, fastest;
    make_conv(&portable, syn_kernels_portable(), layer, packed, bias);
    make_conv(&fastest, syn_kernels_fastest(), layer, packed, bias);
    struct bench_way ways[WAYS] = {[PORTABLE] = {.run = run_conv, .ctx = &portable},
                                   [FASTEST] = {.run = run_conv, .ctx = &fastest},
                                   [XNNPACK] = {.run = x ? bench_xnnpack_run : NULL, .ctx = x}};
    bench_time(ways, WAYS, rounds, SLICE_NS);
    for (unsigned i = 0; i < WAYS; i++)
        row->ns[i] = ways[i].best_ns;
    free_conv(&portable);
    free_conv(&fastest);
    bench_xnnpack_free(x);
}

static const char *kind_of(const struct syn_layer *l)
{
    return l->groups > 1                                                    ? "depthwise"
           : l->op == SYN_OP_CONV2D && l->kernel_h == 1 && l->kernel_w == 1 ? "conv2d 1x1"
           : l->op == SYN_OP_CONV2D && l->kernel_h == 3 && l->kernel_w == 3 ? "conv2d 3x3"
                                                                            : op_names[l->op];
}

static void describe(const struct syn_layer *l, struct row *row)
{
    row->kind = kind_of(l);
    row->macs = syn_layer_macs(l);
    (void)snprintf(row->shape, sizeof row->shape, "%ux%ux%u, kernel %ux%u -> %ux%ux%u",
                   l->flatten ? (unsigned)syn_layer_fan_in(l) : l->pooled.channels,
                   l->flatten ? 1u : l->pooled.height, l->flatten ? 1u : l->pooled.width,
                   l->kernel_h, l->kernel_w, l->out.channels, l->out.height, l->out.width);
}

/* ---- whole models ----------------------------------------------------------------------- */

struct inference {
    struct syn_exec *exec;
    void *memory, *input;
    size_t size;
};

/* With what a wearable does besides: load, pooling, element-wise, output. */
static void run_inference(void *ctx)
{
    const struct inference *i = ctx;
    if (syn_exec_load(i->exec, 0, i->input, i->size))
        abort();
    syn_exec_start(i->exec);
    while (syn_exec_step(i->exec, UINT64_MAX))
        ;
}

static void make_inference(struct inference *i, const struct syn_image *image,
                           const struct syn_kernels *kernels)
{
    const size_t memory = syn_exec_memory_with(image, kernels);
    i->size = syn_tensor_bytes(syn_image_in(image, 0).shape, 8);
    i->input = some_bytes(i->size, 5);
    i->memory = malloc(memory);
    if (!i->memory || syn_exec_init_with(&i->exec, image, kernels, i->memory, memory))
        abort();
}

static void time_model(const struct syn_model *model, struct row *row)
{
    struct inference portable, fastest;
    struct syn_image image;
    struct syn_error error = {0};
    uint8_t *bytes;
    size_t size;
    if (syn_model_image(model, 0, model->layer_count, &bytes, &size, &error) ||
        syn_image_open(&image, bytes, size))
        abort();
    make_inference(&portable, &image, syn_kernels_portable());
    make_inference(&fastest, &image, syn_kernels_fastest());
    struct bench_way ways[] = {{.run = run_inference, .ctx = &portable},
                               {.run = run_inference, .ctx = &fastest}};
    bench_time(ways, 2, rounds, 4 * SLICE_NS);
    row->ns[PORTABLE] = ways[0].best_ns;
    row->ns[FASTEST] = ways[1].best_ns;
    free(portable.memory), free(portable.input);
    free(fastest.memory), free(fastest.input);
    free(bytes);
}

/* Where a model fits on one part, its layers' kernels lie as they would; else each at column 0. */
static void place(const struct syn_model *model, struct syn_place *places)
{
    const struct syn_chunk whole = {.layers = model->layers,
                                    .last = (uint16_t)model->layer_count,
                                    .layer_count = (uint16_t)model->layer_count};
    memset(places, 0, model->layer_count * sizeof *places);
    if (syn_place_chunks(&syn_part_max78000, &whole, 1, places, NULL))
        memset(places, 0, model->layer_count * sizeof *places);
}

static void run_model(const struct syn_model *model)
{
    static struct syn_place places[SYN_PART_PLACEMENTS_MAX];
    struct row all = {.kind = "model", .model = model->name, .layer = -1, .part_ns = START_NS};
    bool compared = true;
    place(model, places);
    for (unsigned i = 0; i < model->layer_count; i++) {
        const struct syn_layer *l = &model->layers[i];
        struct row row = {.model = model->name, .layer = (int)i};
        row.part_ns =
            NS_A_CYCLE * (double)syn_cycles_layer(&syn_part_max78000, l, places[i].kernel_column);
        all.part_ns += row.part_ns;
        if (l->op == SYN_OP_PASSTHROUGH)
            continue;
        describe(l, &row);
        time_layer(l, model->weights[i], model->biases[i], &row);
        print_row(&row);
        all.macs += row.macs;
        all.ns[XNNPACK] += row.ns[XNNPACK];
        compared = compared && row.ns[XNNPACK] > 0;
    }
    if (!compared)
        all.ns[XNNPACK] = 0;
    time_model(model, &all);
    (void)snprintf(all.shape, sizeof all.shape, "%u layers", model->layer_count);
    print_row(&all);
}

/* ---- entry ------------------------------------------------------------------------------ */

static int run_named(const char *name)
{
    struct syn_model *model;
    struct syn_error error = {0};
    char path[512];
    (void)snprintf(path, sizeof path, "%s/devices/models/%s.json", SYN_SOURCE_DIR, name);
    if (syn_model_read(&model, path, &error)) {
        (void)fprintf(stderr, "%s\n", error.message);
        return 1;
    }
    run_model(model);
    syn_model_free(model);
    return 0;
}

int main(int argc, char **argv)
{
    static const struct option options[] = {
        {"json", 0, NULL, 'j'}, {"rounds", 1, NULL, 'r'}, {NULL, 0, NULL, 0}};
    int option, failed = 0;
    while ((option = getopt_long(argc, argv, "", options, NULL)) != -1)
        if (option == 'j') {
            as_json = true;
        } else if (option != 'r' || (rounds = (unsigned)strtoul(optarg, NULL, 10)) == 0) {
            (void)fputs("usage: bench_accel [--json] [--rounds N] [MODEL]...\n", stderr);
            return 2;
        }
    if (!as_json)
        printf("GMAC/s%69s %8s %8s %8s %8s\n", "", "portable", syn_kernels_fastest()->name,
               "XNNPACK", "MAX78000");
    for (int i = optind; i < argc; i++)
        failed |= run_named(argv[i]);
    for (unsigned i = 0; optind == argc && i < sizeof zoo / sizeof zoo[0]; i++)
        failed |= run_named(zoo[i]);
    return failed;
}
