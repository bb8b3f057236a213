/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Every recorded operator, alone, through the kernels: bit for bit. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "devices/part/kernels.h"
#include "tests/devices/part/recorded.h"

struct tally {
    unsigned folders, compared, mismatches, copies;
};

static void split_operands(const struct blob *in, const int8_t *operands[SYN_LAYER_INPUTS_MAX])
{
    for (unsigned n = 0; n < in->dims[0]; n++)
        operands[n] = (const int8_t *)in->data + (size_t)n * (in->count / in->dims[0]);
}

static void run_pool(const struct recorded_op *op, struct syn_layer *l, void *out)
{
    const int8_t *operands[SYN_LAYER_INPUTS_MAX];

    resolve_alone(l, &op->in, true);
    split_operands(&op->in, operands);
    for (unsigned n = 0; n < op->in.dims[0]; n++)
        syn_kernel_pool(l, operands[n], (int8_t *)out + n * (op->out.count / op->in.dims[0]));
}

static void run_eltwise(const struct recorded_op *op, struct syn_layer *l, void *out)
{
    const int8_t *operands[SYN_LAYER_INPUTS_MAX];

    resolve_alone(l, &op->in, true);
    split_operands(&op->in, operands);
    if (op->out.wide)
        syn_kernel_eltwise32(l, operands, op->out.count, out);
    else
        syn_kernel_eltwise(l, operands, op->out.count, out);
}

static void run_conv(const struct recorded_op *op, struct syn_layer *l, void *out)
{
    uint8_t *packed = malloc(op->w.count);
    int16_t *weights, *scratch;

    resolve_alone(l, &op->in, false);
    assert_int_equal(syn_layer_weight_count(l), op->w.count);
    syn_weights_pack(op->w.data, 8, op->w.count, packed);
    weights = malloc(syn_kernel_weight_bytes(l));
    scratch = malloc(syn_kernel_scratch_bytes(l) + 1);
    syn_kernel_prepare(l, packed, weights);
    syn_kernel_conv(l, op->in.data, weights, op->b.there ? op->b.data : NULL, out, scratch, 0,
                    l->out.height);
    free(weights);
    free(scratch);
    free(packed);
}

static void run(const struct recorded_op *op, void *out)
{
    struct syn_layer l = {.pool_first = true};

    layer_from_op(op, &l);
    if (strncmp(op->kind, "pool", 4) == 0)
        run_pool(op, &l, out);
    else if (strcmp(op->kind, "eltwise") == 0)
        run_eltwise(op, &l, out);
    else
        run_conv(op, &l, out);
}

static void compare_folder(const char *path, void *user)
{
    struct recorded *r = recorded_read(path);
    struct tally *tally = user;

    assert_non_null(r);
    tally->folders++;
    for (unsigned i = 0; i < r->count; i++) {
        const struct recorded_op *op = &r->ops[i];
        size_t bytes = (size_t)op->out.count * (op->out.wide ? 4 : 1);
        void *out = calloc(bytes + 1, 1);

        if (!op->out.there) {
            tally->copies++;
        } else {
            run(op, out);
            tally->compared++;
            if (memcmp(out, op->out.data, bytes) != 0) {
                tally->mismatches++;
                printf("differs: %s\n  %s\n", path, op->line);
            }
        }
        free(out);
    }
    recorded_free(r);
}

static void every_recorded_operator_is_bit_exact(void **state)
{
    struct tally tally = {0};

    (void)state;
    if (!data_folder())
        skip();
    for_each_folder("networks", "MAX78000", compare_folder, &tally);
    for_each_folder("networks", "MAX78002", compare_folder, &tally);
    for_each_folder("unit", "MAX78000", compare_folder, &tally);
    for_each_folder("unit", "MAX78002", compare_folder, &tally);
    printf("%u folders: %u operators compared, %u mismatches (%u copies have no recorded output)\n",
           tally.folders, tally.compared, tally.mismatches, tally.copies);
    assert_int_equal(tally.mismatches, 0);
    assert_true(tally.compared > 400);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(every_recorded_operator_is_bit_exact)};

    return cmocka_run_group_tests_name("recorded operators", tests, NULL, NULL);
}
