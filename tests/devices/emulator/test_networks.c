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

#include "tests/devices/emulator/board.h"
#include "tests/devices/part/recorded.h"

struct tally {
    const struct syn_part *part;
    unsigned networks, failed;
};

/* The recorded output of a layer: of its last operator. */
static const struct recorded_op *last_operator(const struct recorded *r, int layer)
{
    const struct recorded_op *found = NULL;

    for (unsigned i = 0; i < r->count; i++)
        if (r->ops[i].layer == layer)
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

static unsigned wrong_layers(struct board *b, const struct recorded *r, unsigned *layers)
{
    struct syn_emulator_done done;
    unsigned wrong = 0;

    *layers = 0;
    while (syn_emulator_running(b->emulator)) {
        (void)syn_emulator_step(b->emulator, 1);
        if (!syn_emulator_last(b->emulator, &done) || done.finished == *layers)
            continue;
        *layers = done.finished;
        if (!is_as_recorded(r, &done))
            printf("layer %u differs (%u in all)\n", done.layer, ++wrong);
    }
    return wrong;
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

static void run_network(const char *folder, void *user)
{
    struct tally *t = user;
    struct recorded *r = recorded_read(folder);
    unsigned layers, wrong, words, wrong_words;
    uint64_t cycles, expected = recorded_cycles(folder);
    struct board b;
    bool failed;

    if (!board_open(&b, folder, t->part)) {
        recorded_free(r);
        return;
    }
    t->networks++;
    board_prepare(&b);
    board_call(&b, "cnn_start");
    wrong = wrong_layers(&b, r, &layers);
    cycles = syn_emulator_cycles(b.emulator);
    failed = board_failed(&b, folder) || !syn_emulator_interrupt(b.emulator);
    wrong_words = board_wrong_words(&b, &words);
    failed = failed || board_failed(&b, folder);
    printf("%s: %u layers, %u wrong; %u words, %u wrong; %llu cycles, recorded %llu\n",
           strrchr(folder, '/') + 1, layers, wrong, words, wrong_words, (unsigned long long)cycles,
           (unsigned long long)expected);
    if (t->part == &syn_part_max78000)
        failed = failed || cycles != expected;
    t->failed += failed || wrong || wrong_words || words == 0;
    board_close(&b);
    recorded_free(r);
}

static void run_all(const struct syn_part *part)
{
    struct tally t = {.part = part};

    for_each_folder("networks", part->name, run_network, &t);
    if (t.networks == 0)
        skip();
    assert_int_equal(t.failed, 0);
}

static void vendors_programs_for_max78000_give_its_answers(void **state)
{
    (void)state;
    run_all(&syn_part_max78000);
}

static void vendors_programs_for_max78002_give_its_answers(void **state)
{
    (void)state;
    run_all(&syn_part_max78002);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(vendors_programs_for_max78000_give_its_answers),
        cmocka_unit_test(vendors_programs_for_max78002_give_its_answers),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
