/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The register program against the vendor's, word for word and in order. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "devices/base/error.h"
#include "devices/part/geometry.h"
#include "devices/part/program.h"
#include "tests/devices/part/network.h"

#define MHZ 1000000u

struct writes {
    struct entry {
        uint32_t address, value;
    } * entries;
    unsigned count;
};

static void take_word(void *user, uint32_t address, uint32_t value)
{
    struct writes *w = user;

    if ((w->count & (w->count - 1)) == 0)
        w->entries = realloc(w->entries, (w->count ? 2 * w->count : 1) * sizeof *w->entries);
    w->entries[w->count++] = (struct entry){address, value};
}

static struct writes program_of(const struct network *n)
{
    struct writes w = {0};
    struct syn_sink sink = {.word = take_word, .user = &w};
    bool biases = false;

    for (unsigned i = 0; i < n->model->count; i++)
        biases |= n->model->layers[i].has_bias;
    syn_program_init(&n->program, syn_program_quadrants(&n->program), biases, &sink);
    syn_program_configure(&n->program, NULL, &sink);
    syn_program_start(&n->program, &sink);
    return w;
}

/* Where ours writes this address next; the end where it does not. */
static unsigned find_address(const struct writes *ours, unsigned at, uint32_t address)
{
    while (at < ours->count && ours->entries[at].address != address)
        at++;
    return at;
}

/* Counts the vendor's writes of init, configure and start that ours makes in the same order, and
 * lists the others. Writes that only we make count as different, too. */
static unsigned compare(const char *name, const struct vendor_program *theirs,
                        const struct writes *ours, unsigned *equal)
{
    unsigned at = 0, different = 0;

    for (unsigned i = 0; i < theirs->count; i++) {
        const struct vendor_line *line = &theirs->lines[i];
        unsigned next = find_address(ours, at, line->address);
        bool there = next < ours->count;

        if (line->kind != VENDOR_WRITE)
            continue;
        if (next == at && there && ours->entries[at].value == line->value) {
            ++*equal;
            at++;
            continue;
        }
        if (different++ < 12)
            print_message("%s: layer %d quadrant %d %s: %08x = %08x, ours %08x after %u more\n",
                          name, line->layer, line->quadrant, line->comment, line->address,
                          line->value, there ? ours->entries[next].value : 0, next - at);
        at = there ? next + 1 : at;
    }
    return different + (ours->count - at);
}

static void compare_network(const char *part, const char *name)
{
    char folder[512];
    struct network *n;
    struct vendor_program *theirs;
    struct writes ours;
    unsigned equal = 0, different;

    snprintf(folder, sizeof folder, "%s/max7800x/networks/%s/%s", data_folder(), part, name);
    theirs = vendor_program_read(folder);
    n = network_read(folder, name, syn_part_find(part), theirs);
    ours = program_of(n);
    different = compare(name, theirs, &ours, &equal);
    print_message("%-36s %5u writes equal, %u differ\n", name, equal, different);
    free(ours.entries);
    vendor_program_free(theirs);
    network_free(n);
    assert_int_equal(different, 0);
}

static void every_max78000_network_is_programmed_word_for_word(void **state)
{
    static const char *const names[] = {"mnist",
                                        "kws20_v3",
                                        "cifar-10",
                                        "cifar-100-residual-rand",
                                        "cifar-100-mixed-rand",
                                        "cifar-100-simplewide2x-mixed-rand",
                                        "camvid_unet"};

    (void)state;
    if (!data_folder())
        skip();
    for (unsigned i = 0; i < sizeof names / sizeof *names; i++)
        compare_network("MAX78000", names[i]);
}

static void every_max78002_network_is_programmed_word_for_word(void **state)
{
    static const char *const names[] = {"cifar-100-effnet2-custom-rand",
                                        "cifar-100-mobilenet-custom-rand"};

    (void)state;
    if (!data_folder())
        skip();
    for (unsigned i = 0; i < sizeof names / sizeof *names; i++)
        compare_network("MAX78002", names[i]);
}

struct described_tally {
    const struct syn_part *part;
    unsigned count;
};

static void program_folder(const char *path, void *user)
{
    struct described_tally *tally = user;
    const char *why, *name = strrchr(path, '/') + 1;
    struct model *m = model_read(path, &why);
    struct network *n;
    struct writes w;

    model_free(m);
    /* One column more than PART.md allows. */
    if (!m || strcmp(name, "test-largeinputw") == 0)
        return;
    n = network_read(path, name, tally->part, NULL);
    w = program_of(n);
    assert_true(w.count > 6 + 4 * n->model->count);
    free(w.entries);
    network_free(n);
    tally->count++;
}

/* The vendor's addresses are possible for us, too; the emulator's tests say whether they work. */
static void every_described_layer_can_be_programmed(void **state)
{
    static const char *const parts[] = {"MAX78000", "MAX78002"};

    (void)state;
    if (!data_folder())
        skip();
    for (unsigned i = 0; i < 2; i++) {
        struct described_tally tally = {.part = syn_part_find(parts[i])};

        for_each_folder("unit", parts[i], program_folder, &tally);
        print_message("%s: %u networks of one feature each\n", parts[i], tally.count);
        assert_true(tally.count > 20);
    }
}

/* ---- what cannot be --------------------------------------------------------------------- */

/* Two layers on 8 channels of 8x8: change one thing and ask. */
struct pair {
    struct syn_layer layers[2];
    struct syn_place places[2];
    struct syn_route routes[2];
    struct syn_chunk chunk;
    struct syn_program program;
};

static void pair_resolve(struct pair *p, const struct syn_part *part)
{
    struct syn_shape shape = {8, 8, 8};

    for (unsigned i = 0; i < 2; i++) {
        assert_int_equal(syn_layer_resolve(&p->layers[i], &shape, NULL), 0);
        shape = p->layers[i].out;
        p->places[i].bias_group = -1;
    }
    p->chunk = (struct syn_chunk){p->layers, 0, 2, 2, NULL};
    p->program = (struct syn_program){part, &p->chunk, p->places, p->routes, 50 * MHZ};
}

static struct pair pair_of(void)
{
    struct pair p = {
        .layers = {
            {.op = SYN_OP_CONV2D,
             .kernel_h = 3,
             .kernel_w = 3,
             .weight_bits = 8,
             .pool_first = true,
             .out = {.channels = 8},
             .input_count = 1},
            {.op = SYN_OP_PASSTHROUGH, .pool_first = true, .input_count = 1, .inputs = {1}}}};

    return p;
}

static const char *reason(struct pair *p, const struct syn_part *part, unsigned layer)
{
    struct syn_misfit misfit = {0};

    pair_resolve(p, part);
    assert_int_equal(syn_program_check(&p->program, &misfit), SYN_EUNSUP);
    assert_int_equal(misfit.limit, SYN_LIMIT_FEATURE);
    assert_int_equal(misfit.layer, layer);
    return misfit.what;
}

static void what_a_part_cannot_do_is_refused_with_layer_and_reason(void **state)
{
    struct pair p = pair_of();

    (void)state;
    pair_resolve(&p, &syn_part_max78000);
    assert_int_equal(syn_program_check(&p.program, NULL), 0);
    p.layers[1].output_processors = 0xff0000;
    assert_string_equal(reason(&p, &syn_part_max78000, 1), "a copy that moves between quadrants");
    p = pair_of();
    p.layers[0].output_processors = 0x1ef;
    assert_string_equal(reason(&p, &syn_part_max78000, 0),
                        "gaps between the output processors of a quadrant");
    p = pair_of();
    p.layers[0].output_processors = 0x1fe;
    p.layers[0].weight_bits = 4;
    assert_string_equal(reason(&p, &syn_part_max78000, 0),
                        "output processors that do not begin at a multiple of 4");
    p = pair_of();
    p.routes[1].in_offset = 1 << 20;
    assert_string_equal(reason(&p, &syn_part_max78000, 1),
                        "a count or an address beyond its register");
    p = pair_of();
    p.routes[0].read_gap = 1;
    assert_string_equal(reason(&p, &syn_part_max78000, 0), "reading with gaps");
    p = pair_of();
    p.layers[0].pool = p.layers[1].pool = SYN_POOL_AVG;
    p.layers[1].pool_round = true;
    assert_string_equal(reason(&p, &syn_part_max78000, 0),
                        "averages that round and others that do not");
}

static void a_part_of_another_kind_has_no_program(void **state)
{
    static const struct syn_part other = {.name = "other", .kind = &syn_part_kind_peak};
    struct pair p = pair_of();

    (void)state;
    assert_string_equal(reason(&p, &other, 0), "no program for this part");
}

/* The second time everything is written again, and what is no longer wanted becomes 0. */
static void a_chunk_that_follows_another_leaves_nothing_of_it(void **state)
{
    static struct syn_written written;
    struct pair p = pair_of();
    struct writes first = {0}, second = {0}, fresh = {0};
    struct syn_sink to_first = {.word = take_word, .user = &first};
    struct syn_sink to_second = {.word = take_word, .user = &second};
    struct syn_sink to_fresh = {.word = take_word, .user = &fresh};
    unsigned zeros = 0;

    (void)state;
    p.layers[0].pad_h = p.layers[0].pad_w = 1;
    p.layers[0].pool = SYN_POOL_MAX;
    p.layers[0].pool_h = p.layers[0].pool_w = 2;
    pair_resolve(&p, &syn_part_max78000);
    syn_program_configure(&p.program, &written, &to_first);
    p = pair_of();
    pair_resolve(&p, &syn_part_max78000);
    syn_program_configure(&p.program, &written, &to_second);
    syn_program_configure(&p.program, NULL, &to_fresh);
    for (unsigned i = 0; i < second.count; i++)
        zeros += second.entries[i].value == 0;
    /* Pooling rows and columns; stop and number of layers come before. */
    assert_int_equal(zeros, 2);
    assert_int_equal(second.count, fresh.count + zeros + 2);
    free(first.entries);
    free(second.entries);
    free(fresh.entries);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_max78000_network_is_programmed_word_for_word),
        cmocka_unit_test(every_max78002_network_is_programmed_word_for_word),
        cmocka_unit_test(every_described_layer_can_be_programmed),
        cmocka_unit_test(what_a_part_cannot_do_is_refused_with_layer_and_reason),
        cmocka_unit_test(a_part_of_another_kind_has_no_program),
        cmocka_unit_test(a_chunk_that_follows_another_leaves_nothing_of_it),
    };

    return cmocka_run_group_tests_name("register programs", tests, NULL, NULL);
}
