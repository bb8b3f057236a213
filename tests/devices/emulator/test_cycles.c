/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Networks that exercise one feature each, placed as the vendor places them and programmed by our
 * own generator: every layer takes as many cycles as the vendor's tool says.
 * Needs the shared data (SYN_DATA); skips without.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "devices/emulator/emulator.h"
#include "devices/part/pack.h"
#include "devices/part/transfer.h"
#include "tests/devices/part/description.h"

struct tally {
    const struct syn_part *part;
    unsigned networks, layers, wrong;
};

static void write_word(void *user, uint32_t address, uint32_t value)
{
    syn_emulator_write(user, address, value);
}

static void write_byte(void *user, uint32_t address, uint8_t value)
{
    syn_emulator_write_byte(user, address, value);
}

/* Cycles of each layer as recorded; their number. */
static unsigned read_cycles(const char *folder, uint64_t cycles[SYN_MODEL_LAYERS_MAX])
{
    char path[512], line[1024];
    unsigned count = 0;
    FILE *file;

    snprintf(path, sizeof path, "%s/latency.txt", folder);
    file = fopen(path, "r");
    while (file && count < SYN_MODEL_LAYERS_MAX && fgets(line, sizeof line, file)) {
        const char *at = strstr(line, " cycles=");

        if (at)
            cycles[count++] = strtoull(at + strlen(" cycles="), NULL, 10);
    }
    if (file)
        fclose(file);
    return count;
}

/* Everything up to the start. The pipeline is off below 50 MHz, as it is in the recorded cycles. */
static void load(struct syn_emulator *e, const struct syn_program *p, const struct model *m)
{
    struct syn_sink sink = {write_word, write_byte, NULL, e};
    struct syn_tensor_place in;

    syn_emulator_enable(e);
    syn_program_init(p, syn_program_quadrants(p), true, &sink);
    for (unsigned i = 0; i < m->count; i++) {
        syn_pack_weights(p->part, &m->layers[i], &p->places[i], m->weights[i], &sink);
        syn_pack_bias(p->part, &m->layers[i], &p->places[i], m->biases[i], &sink);
    }
    syn_program_configure(p, NULL, &sink);
    syn_transfer_input(&m->layers[0], &p->routes[0], 0, &in);
    syn_transfer_load(syn_registers_of(p->part), &in, m->input, &sink);
    syn_program_start(p, &sink);
}

/*
 * Flattening a single pixel changes nothing but that the vendor's tool leaves out the four outputs
 * which fill the last pass; the recorded operators do not say that there was anything to flatten.
 */
static bool is_known(const char *network, unsigned layer)
{
    return strcmp(network, "test-mlpflatten12to100") == 0 && layer == 0;
}

static void compare(struct tally *t, struct syn_emulator *e, const char *folder)
{
    uint64_t cycles[SYN_MODEL_LAYERS_MAX];
    unsigned count = read_cycles(folder, cycles), seen = 0, wrong = t->wrong;
    const char *network = strrchr(folder, '/') + 1;
    struct syn_emulator_done done;

    while (syn_emulator_running(e)) {
        (void)syn_emulator_step(e, 1);
        if (!syn_emulator_last(e, &done) || done.finished == seen)
            continue;
        seen = done.finished;
        t->layers++;
        if (done.layer >= count || done.cycles != cycles[done.layer]) {
            t->wrong += !is_known(network, done.layer);
            printf("%s, layer %u: %llu cycles, recorded %llu\n", network, done.layer,
                   (unsigned long long)done.cycles,
                   (unsigned long long)(done.layer < count ? cycles[done.layer] : 0));
        }
    }
    if (syn_emulator_fault(e) || seen != count)
        t->wrong += t->wrong == wrong;
}

static void run_folder(const char *folder, void *user)
{
    struct tally *t = user;
    struct syn_place places[SYN_MODEL_LAYERS_MAX];
    struct syn_route routes[SYN_MODEL_LAYERS_MAX];
    struct model *m = model_read(folder, &(const char *){NULL});
    struct syn_emulator *e;
    struct syn_misfit misfit;
    struct description d;

    if (m && description_read(&d, folder)) {
        struct syn_chunk chunk = {m->layers, 0, (uint16_t)m->count, (uint16_t)m->count, NULL};
        struct syn_program program = {t->part, &chunk, places, routes, 50000000};

        description_apply(&d, m, routes);
        if (syn_place_chunks(t->part, &chunk, 1, places, &misfit) == 0 &&
            syn_program_check(&program, &misfit) == 0) {
            assert_int_equal(syn_emulator_new(&e, t->part), 0);
            load(e, &program, m);
            compare(t, e, folder);
            syn_emulator_free(e);
            t->networks++;
        }
    }
    model_free(m);
}

static void every_layer_takes_the_vendors_cycles(void **state)
{
    struct tally t = {.part = &syn_part_max78000};

    (void)state;
    if (!data_folder())
        skip();
    for_each_folder("unit", t.part->name, run_folder, &t);
    printf("%u networks, %u layers, %u wrong\n", t.networks, t.layers, t.wrong);
    assert_true(t.networks > 0);
    assert_int_equal(t.wrong, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_layer_takes_the_vendors_cycles),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
