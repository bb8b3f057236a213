/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Recorded networks as chunk images through the executor: whole, cut in two, and in slices. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "devices/base/error.h"
#include "devices/part/exec.h"
#include "tests/devices/part/recorded.h"

struct tally {
    unsigned networks, equal, skipped;
};

/* A chunk that has run; its outputs by tensor number. */
struct run {
    uint8_t *bytes;
    void *memory;
    struct syn_image image;
    struct syn_exec *exec;
};

static void open_run(struct run *r, const struct model *m, unsigned first, unsigned last)
{
    size_t size = syn_image_size(m->layers, m->count, first, last), memory;

    r->bytes = malloc(size);
    assert_int_equal(syn_image_write(m->layers, m->count, first, last, m->shape,
                                     (const uint8_t *const *)m->weights,
                                     (const int8_t *const *)m->biases, r->bytes, size),
                     (long)size);
    assert_int_equal(syn_image_open(&r->image, r->bytes, size), 0);
    memory = syn_exec_memory(&r->image);
    r->memory = malloc(memory);
    assert_int_equal(syn_exec_init(&r->exec, &r->image, r->memory, memory - 1), SYN_ENOMEM);
    assert_int_equal(syn_exec_init(&r->exec, &r->image, r->memory, memory), 0);
}

static void close_run(struct run *r)
{
    free(r->memory);
    free(r->bytes);
}

static void finish(struct run *r, uint64_t slice)
{
    syn_exec_start(r->exec);
    while (syn_exec_step(r->exec, slice))
        ;
}

static bool output_is_recorded(const struct run *r, const struct model *m)
{
    size_t size;
    const void *out = syn_exec_output(r->exec, r->image.out_count - 1u, &size);

    assert_int_equal(
        size, syn_tensor_bytes(m->layers[m->count - 1].out, m->layers[m->count - 1].output_width));
    return memcmp(out, m->outputs[m->count - 1], size) == 0;
}

static bool whole_model_is_exact(const struct model *m, uint64_t slice)
{
    struct run r;
    bool equal;

    open_run(&r, m, 0, m->count);
    assert_int_equal(syn_exec_load(r.exec, 0, m->input, syn_tensor_bytes(m->shape, 8)), 0);
    finish(&r, slice);
    equal = output_is_recorded(&r, m);
    close_run(&r);
    return equal;
}

static void run_folder(const char *path, void *user)
{
    struct tally *tally = user;
    const char *why;
    struct model *m = model_read(path, &why);

    if (!m) {
        printf("not run as a model: %s: %s\n", path, why);
        tally->skipped++;
        return;
    }
    tally->networks++;
    if (whole_model_is_exact(m, UINT64_MAX))
        tally->equal++;
    else
        printf("differs: %s\n", path);
    model_free(m);
}

static void every_recorded_network_gives_its_recorded_output(void **state)
{
    struct tally tally = {0};

    (void)state;
    if (!data_folder())
        skip();
    for_each_folder("networks", "MAX78000", run_folder, &tally);
    for_each_folder("networks", "MAX78002", run_folder, &tally);
    for_each_folder("unit", "MAX78000", run_folder, &tally);
    for_each_folder("unit", "MAX78002", run_folder, &tally);
    printf("%u networks run, %u exact, %u not expressible\n", tally.networks, tally.equal,
           tally.skipped);
    assert_int_equal(tally.networks, tally.equal);
    assert_true(tally.networks > 80);
}

static struct model *network(const char *name)
{
    const char *data = data_folder(), *why;
    struct model *m;
    char path[512];

    if (!data)
        skip();
    snprintf(path, sizeof path, "%s/max7800x/networks/MAX78000/%s", data, name);
    m = model_read(path, &why);
    if (!m)
        fail_msg("%s: %s", name, why);
    return m;
}

/* Feeds the second run's inputs from what the first one took in or put out. */
static void hand_over(const struct run *from, struct run *to)
{
    for (unsigned i = 0; i < to->image.in_count; i++) {
        unsigned n = 0;
        size_t size;
        const void *data;

        while (syn_image_out(&from->image, n).id != syn_image_in(&to->image, i).id)
            n++;
        data = syn_exec_output(from->exec, n, &size);
        assert_int_equal(syn_exec_load(to->exec, i, data, size), 0);
    }
}

static void cut_everywhere(const char *name)
{
    struct model *m = network(name);

    for (unsigned cut = 1; cut < m->count; cut++) {
        struct run head, tail;

        open_run(&head, m, 0, cut);
        open_run(&tail, m, cut, m->count);
        assert_int_equal(syn_exec_load(head.exec, 0, m->input, syn_tensor_bytes(m->shape, 8)), 0);
        finish(&head, UINT64_MAX);
        hand_over(&head, &tail);
        finish(&tail, UINT64_MAX);
        assert_true(output_is_recorded(&tail, m));
        close_run(&head);
        close_run(&tail);
    }
    model_free(m);
}

static void two_chunks_give_the_same_at_every_cut(void **state)
{
    (void)state;
    cut_everywhere("mnist");
    cut_everywhere("kws20_v3");
    cut_everywhere("cifar-10");
    cut_everywhere("cifar-100-residual-rand");
    cut_everywhere("camvid_unet");
}

static void slices_of_any_size_give_the_same(void **state)
{
    static const char *const names[] = {"mnist", "kws20_v3", "cifar-100-residual-rand"};
    static const uint64_t slices[] = {0, 1, 1000, 100000, 3000000, UINT64_MAX};

    (void)state;
    for (unsigned i = 0; i < sizeof names / sizeof names[0]; i++) {
        struct model *m = network(names[i]);

        for (unsigned s = 0; s < sizeof slices / sizeof slices[0]; s++)
            assert_true(whole_model_is_exact(m, slices[s]));
        model_free(m);
    }
}

static void narrow_weights_give_the_same_as_wide_ones(void **state)
{
    static const char *const names[] = {"cifar-100-mixed-rand",
                                        "cifar-100-simplewide2x-mixed-rand"};
    struct table_row rows[SYN_MODEL_LAYERS_MAX];

    (void)state;
    for (unsigned i = 0; i < sizeof names / sizeof names[0]; i++) {
        struct model *m = network(names[i]);

        assert_int_equal(table_read(names[i], rows), m->count);
        model_set_bits(m, rows);
        for (unsigned n = 0; n < m->count; n++)
            assert_int_equal(syn_layer_weight_bytes(&m->layers[n]), rows[n].weight_bytes);
        assert_true(whole_model_is_exact(m, UINT64_MAX));
        model_free(m);
    }
}

static void a_second_inference_does_not_remember_the_first(void **state)
{
    struct model *m = network("mnist");
    size_t size = syn_tensor_bytes(m->shape, 8);
    int8_t *other = malloc(size);
    struct run r;

    (void)state;
    memset(other, 77, size);
    open_run(&r, m, 0, m->count);
    assert_int_equal(syn_exec_load(r.exec, 0, other, size), 0);
    finish(&r, UINT64_MAX);
    assert_false(output_is_recorded(&r, m));
    assert_int_equal(syn_exec_load(r.exec, 0, m->input, size), 0);
    finish(&r, UINT64_MAX);
    assert_true(output_is_recorded(&r, m));
    assert_int_equal(syn_exec_load(r.exec, 0, m->input, size - 1), SYN_EINVAL);
    assert_int_equal(syn_exec_load(r.exec, 1, m->input, size), SYN_EINVAL);
    close_run(&r);
    free(other);
    model_free(m);
}

static void macs_are_counted_as_the_vendor_counts_them(void **state)
{
    struct model *m = network("camvid_unet");
    uint64_t macs = 0;

    (void)state;
    for (unsigned i = 0; i < m->count; i++)
        macs += syn_layer_macs(&m->layers[i]);
    assert_int_equal(macs, 186301440);
    model_free(m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_recorded_network_gives_its_recorded_output),
        cmocka_unit_test(two_chunks_give_the_same_at_every_cut),
        cmocka_unit_test(slices_of_any_size_give_the_same),
        cmocka_unit_test(narrow_weights_give_the_same_as_wide_ones),
        cmocka_unit_test(macs_are_counted_as_the_vendor_counts_them),
        cmocka_unit_test(a_second_inference_does_not_remember_the_first),
    };

    return cmocka_run_group_tests_name("recorded networks", tests, NULL, NULL);
}
