/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The vendor's own programs, weights and inputs, read as data, give the vendor's outputs exactly:
 * layer by layer as recorded, in memory as the known answer says, in as many cycles.
 * Needs the shared data (SYN_DATA); skips without.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "devices/kernels/choose.h"
#include "devices/part/registers.h"
#include "tests/devices/emulator/board.h"
#include "tests/devices/part/recorded.h"

/*
 * Programs that cannot give the recorded answer on silicon either, because the description from
 * which the vendor's tool made them lets layers write over what others still need: the tool's
 * known answer knows no memory. The emulator has to find the first place where a layer does so
 * to its own input.
 */
static const struct exception {
    const char *network;
    enum syn_emulator_fault_kind fault;
    int layer;
    int right; /* layers before this one are as recorded */
} exceptions[] = {
    /* Layer 5 overwrites what layer 6 is to copy, so the sum in layer 7 differs; layer 33 writes
     * from word 4,096 on while its 5,120 words of input begin at 0. */
    {"cifar-100-mobilenet-custom-rand", SYN_FAULT_OVERWRITE, 33, 7},
};

struct tally {
    const struct syn_part *part;
    const struct syn_kernels *kernels;
    unsigned networks, failed;
};

/* The recorded output of a layer: of its last operator. */
static const struct recorded_op *last_operator(const struct recorded *r, int layer)
{
    const struct recorded_op *found = NULL;

    for (unsigned i = 0; i < r->count; i++)
        if (r->ops[i].layer == layer && r->ops[i].out.there)
            found = &r->ops[i];
    return found;
}

static bool is_as_recorded(const struct recorded *r, const struct syn_emulator_done *done)
{
    const struct recorded_op *op = last_operator(r, (int)done->layer);
    uint32_t count = (uint32_t)done->out.channels * done->out.height * done->out.width;

    if (!op || !op->out.there)
        return true;
    if (op->out.wide != (done->width == 32) || op->out.count > count)
        return false;
    /* Outputs beyond the recorded ones fill up the last pass. */
    return memcmp(done->data, op->out.data, op->out.count * (done->width / 8)) == 0;
}

/* What a run gave. */
struct outcome {
    unsigned layers, wrong, words, wrong_words;
    int first_wrong;
    uint64_t cycles, recorded_cycles;
};

static void run_layers(struct board *b, const struct recorded *r, struct outcome *o)
{
    struct syn_emulator_done done;

    while (syn_emulator_running(b->emulator)) {
        (void)syn_emulator_step(b->emulator, 1);
        if (!syn_emulator_last(b->emulator, &done) || done.finished == o->layers)
            continue;
        o->layers = done.finished;
        if (is_as_recorded(r, &done))
            continue;
        if (o->wrong++ == 0)
            o->first_wrong = (int)done.layer;
    }
}

/* The vendor's cycles of all layers; 0 where there is no such file. */
static uint64_t recorded_cycles(const char *folder)
{
    char path[512], line[1024];
    uint64_t sum = 1;
    FILE *file;

    snprintf(path, sizeof path, "%s/latency.txt", folder);
    file = fopen(path, "r");
    if (!file)
        return 0;
    while (fgets(line, sizeof line, file)) {
        const char *at = strstr(line, " cycles=");

        sum += at ? strtoull(at + strlen(" cycles="), NULL, 10) : 0;
    }
    fclose(file);
    return sum;
}

/* The recorded cycles are those of a part whose pipeline is off. */
static void turn_pipeline_off(struct board *b)
{
    for (unsigned i = 0; i < b->program->count; i++)
        if (strcmp(b->program->lines[i].function, "cnn_start") == 0)
            b->program->lines[i].value |= SYN_CTL_PIPELINE_OFF;
}

static bool is_excepted(const struct board *b, const char *network, const struct outcome *o)
{
    const struct syn_emulator_fault *fault = syn_emulator_fault(b->emulator);

    for (size_t i = 0; i < sizeof exceptions / sizeof exceptions[0]; i++)
        if (strcmp(network, exceptions[i].network) == 0)
            return fault && fault->kind == exceptions[i].fault &&
                   fault->layer == exceptions[i].layer && o->first_wrong >= exceptions[i].right;
    return false;
}

static bool is_right(struct board *b, const char *network, struct outcome *o)
{
    bool failed = board_failed(b, network);

    printf("%s: %u layers, %u wrong; ", network, o->layers, o->wrong);
    if (failed) {
        printf("stopped\n");
        return is_excepted(b, network, o);
    }
    o->wrong_words = board_wrong_words(b, &o->words);
    printf("%u words, %u wrong; %llu cycles, recorded %llu\n", o->words, o->wrong_words,
           (unsigned long long)o->cycles, (unsigned long long)o->recorded_cycles);
    return syn_emulator_interrupt(b->emulator) && !board_failed(b, network) && !o->wrong &&
           o->words > 0 && !o->wrong_words && o->cycles == o->recorded_cycles;
}

static void run_network(const char *folder, void *user)
{
    struct tally *t = user;
    struct recorded *r = recorded_read(folder);
    struct outcome o = {.recorded_cycles = recorded_cycles(folder)};
    struct board b;

    if (r && board_open(&b, folder, t->part)) {
        if (t->part == &syn_part_max78002)
            turn_pipeline_off(&b);
        syn_emulator_use(b.emulator, t->kernels);
        t->networks++;
        board_prepare(&b);
        board_call(&b, "cnn_start");
        run_layers(&b, r, &o);
        o.cycles = syn_emulator_cycles(b.emulator);
        t->failed += !is_right(&b, strrchr(folder, '/') + 1, &o);
        board_close(&b);
    }
    recorded_free(r);
}

static void run_all(const struct syn_part *part, const struct syn_kernels *kernels)
{
    struct tally t = {.part = part, .kernels = kernels};

    for_each_folder("networks", part->name, run_network, &t);
    if (t.networks == 0)
        skip();
    assert_int_equal(t.failed, 0);
}

static void vendors_programs_for_max78000_give_its_answers(void **state)
{
    (void)state;
    run_all(&syn_part_max78000, syn_kernels_portable());
}

static void vendors_programs_for_max78002_give_its_answers(void **state)
{
    (void)state;
    run_all(&syn_part_max78002, syn_kernels_portable());
}

static void the_fastest_kernels_of_this_machine_give_the_same(void **state)
{
    (void)state;
    run_all(&syn_part_max78000, syn_kernels_fastest());
    run_all(&syn_part_max78002, syn_kernels_fastest());
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(vendors_programs_for_max78000_give_its_answers),
        cmocka_unit_test(vendors_programs_for_max78002_give_its_answers),
        cmocka_unit_test(the_fastest_kernels_of_this_machine_give_the_same),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
