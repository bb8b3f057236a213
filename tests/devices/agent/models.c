/* SPDX-License-Identifier: MIT */
#include "tests/devices/agent/models.h"

#include "devices/base/hash.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void make_layers(struct chain chain, struct syn_layer *layers)
{
    struct syn_shape in = {3, (uint16_t)chain.size, (uint16_t)chain.size};
    for (unsigned i = 0; i < chain.layers; i++) {
        layers[i] = (struct syn_layer){.op = SYN_OP_CONV2D,
                                       .activation = SYN_ACT_RELU,
                                       .pool_first = true,
                                       .has_bias = true,
                                       .weight_bits = 8,
                                       .kernel_h = 3,
                                       .kernel_w = 3,
                                       .pad_h = 1,
                                       .pad_w = 1,
                                       .input_count = 1,
                                       .inputs = {(uint16_t)i},
                                       .out = {.channels = (uint16_t)chain.wide}};
        assert_int_equal(syn_layer_resolve(&layers[i], &in, NULL), 0);
        in = layers[i].out;
    }
}

static uint8_t *random_bytes(uint64_t *seed, size_t size)
{
    uint8_t *bytes = malloc(size + 8);
    for (size_t i = 0; i < size; i += 8) {
        uint64_t v = syn_splitmix64(seed);
        memcpy(bytes + i, &v, 8);
    }
    return bytes;
}

size_t chain_image(struct chain chain, unsigned first, unsigned last, uint8_t *bytes,
                   size_t capacity)
{
    struct syn_layer layers[SYN_PART_CHUNKS_MAX] = {{0}};
    uint8_t *weights[SYN_PART_CHUNKS_MAX] = {0}, *biases[SYN_PART_CHUNKS_MAX] = {0};
    struct syn_shape input = {3, (uint16_t)chain.size, (uint16_t)chain.size};
    uint64_t seed = 7;
    make_layers(chain, layers);
    for (unsigned i = 0; i < chain.layers; i++) {
        weights[i] = random_bytes(&seed, syn_layer_weight_bytes(&layers[i]));
        biases[i] = random_bytes(&seed, syn_layer_bias_bytes(&layers[i]));
    }
    long size =
        syn_image_write(layers, chain.layers, first, last, input, (const uint8_t *const *)weights,
                        (const int8_t *const *)biases, bytes, capacity);
    for (unsigned i = 0; i < chain.layers; i++) {
        free(weights[i]);
        free(biases[i]);
    }
    assert_true(size > 0);
    return (size_t)size;
}

static void put_pipe(struct syn_cbor_out *out, unsigned id, const struct blob_pipe *p)
{
    syn_cbor_open_map(out);
    syn_cbor_pair_uint(out, "id", id);
    syn_cbor_pair_uint(out, "w", p->weight);
    if (p->chunk) {
        syn_cbor_put_text(out, "chunk");
        syn_cbor_put_map(out, 6);
        syn_cbor_pair_bytes(out, "h", p->chunk, SYN_SHA256_SIZE);
        syn_cbor_pair_uint(out, "hop", p->hop);
        syn_cbor_pair_uint(out, "from", p->from);
        syn_cbor_pair_uint(out, "to", p->to);
        syn_cbor_pair_uint(out, "in", p->in);
        syn_cbor_pair_uint(out, "out", p->out);
    }
    if (p->sensor) {
        syn_cbor_put_text(out, "sense");
        syn_cbor_put_map(out, 5);
        syn_cbor_pair_text(out, "s", p->sensor);
        syn_cbor_pair_uint(out, "bytes", p->sense_bytes);
        syn_cbor_pair_uint(out, "to", p->sense_to);
        syn_cbor_pair_uint(out, "out", p->in);
        syn_cbor_pair_uint(out, "gap", p->gap_ns);
    }
    if (p->actuator) {
        syn_cbor_put_text(out, "act");
        syn_cbor_put_map(out, 3);
        syn_cbor_pair_text(out, "a", p->actuator);
        syn_cbor_pair_uint(out, "from", p->act_from);
        syn_cbor_pair_uint(out, "in", p->out);
    }
    syn_cbor_close(out);
}

size_t deployment_blob(unsigned self, unsigned devices, const struct blob_pipe *pipes,
                       unsigned count, uint8_t *bytes, size_t capacity)
{
    struct syn_cbor_out out;
    syn_cbor_out_init(&out, bytes, capacity);
    syn_cbor_put_map(&out, 5);
    syn_cbor_pair_uint(&out, "v", 1);
    syn_cbor_pair_uint(&out, "self", self);
    syn_cbor_pair_uint(&out, "dev", devices);
    syn_cbor_pair_uint(&out, "k", 2);
    syn_cbor_put_text(&out, "pipes");
    syn_cbor_put_array(&out, count);
    for (unsigned i = 0; i < count; i++)
        put_pipe(&out, i, &pipes[i]);
    assert_int_equal(out.error, 0);
    return out.length;
}

struct syn_timing feather_timing(void)
{
    struct syn_timing t = {.part = &syn_part_max78000,
                           .accel_hz = 50000000,
                           .start_ns = 6600,
                           .word_ns = 270,
                           .configure_layer_ns = 15000,
                           .weight_byte_ps = 71300,
                           .sense_ns = 1000000,
                           .act_ns = 1000000,
                           .message_ns = 3750000,
                           .byte_ps = 5704918,
                           .idle_uw = 9400,
                           .active_uw = {0, 42000, 50000, 15000},
                           .arena_bytes = 65536};
    for (unsigned u = 0; u < SYN_UNIT_COUNT; u++)
        t.skew_permille[u] = 1000;
    return t;
}

void put_blob_piece(struct syn_cbor_out *out, const uint8_t hash[SYN_SHA256_SIZE],
                    const uint8_t *blob, size_t size, size_t at, size_t piece)
{
    const size_t left = size - at;
    syn_cbor_put_map(out, at == 0 ? 4 : 3);
    syn_cbor_pair_bytes(out, "h", hash, SYN_SHA256_SIZE);
    syn_cbor_pair_uint(out, "off", at);
    syn_cbor_pair_bytes(out, "d", blob + at, left < piece ? left : piece);
    if (at == 0)
        syn_cbor_pair_uint(out, "len", size);
}

void put_plan(struct syn_cbor_out *out, const char *op, uint32_t txn, const uint8_t *hash)
{
    syn_cbor_put_map(out, hash ? 3 : 2);
    syn_cbor_pair_text(out, "op", op);
    syn_cbor_pair_uint(out, "txn", txn);
    if (hash)
        syn_cbor_pair_bytes(out, "h", hash, SYN_SHA256_SIZE);
}
