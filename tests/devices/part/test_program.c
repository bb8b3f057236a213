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
#include "tests/devices/part/description.h"
#include "tests/devices/part/recorded.h"
#include "tests/devices/part/vendor.h"

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

struct network {
    struct model *model;
    struct syn_chunk chunk;
    struct syn_place places[SYN_MODEL_LAYERS_MAX];
    struct syn_route routes[SYN_MODEL_LAYERS_MAX];
    struct syn_program program;
};

static void must_place(struct network *n, const char *name)
{
    struct syn_misfit misfit = {0};

    n->chunk = (struct syn_chunk){n->model->layers, 0, (uint16_t)n->model->count,
                                  (uint16_t)n->model->count, NULL};
    if (syn_place_chunks(n->program.part, &n->chunk, 1, n->places, &misfit) < 0)
        fail_msg("%s: layer %u: limit %d needs %u of %u", name, misfit.layer, misfit.limit,
                 misfit.need, misfit.have);
    n->program.chunk = &n->chunk;
    n->program.places = n->places;
    n->program.routes = n->routes;
    if (syn_program_check(&n->program, &misfit) < 0)
        fail_msg("%s: layer %u: %s", name, misfit.layer, misfit.what);
}

static struct network *read_network(const char *folder, const char *name,
                                    const struct syn_part *part)
{
    struct network *n = calloc(1, sizeof *n);
    struct table_row rows[SYN_MODEL_LAYERS_MAX];
    struct description d;
    const char *why;

    n->model = model_read(folder, &why);
    if (!n->model)
        fail_msg("%s: %s", folder, why);
    n->program =
        (struct syn_program){.part = part, .hz = part == &syn_part_max78000 ? 50 * MHZ : 200 * MHZ};
    if (table_read(name, rows) == n->model->count)
        model_set_bits(n->model, rows);
    if (description_read(&d, folder))
        description_apply(&d, n->model, n->routes);
    must_place(n, name);
    return n;
}

static void free_network(struct network *n)
{
    model_free(n->model);
    free(n);
}

static struct writes program_of(const struct network *n)
{
    struct writes w = {0};
    struct syn_sink sink = {.word = take_word, .user = &w};

    syn_program_init(&n->program, syn_program_quadrants(&n->program), true, &sink);
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
    n = read_network(folder, name, syn_part_find(part));
    theirs = vendor_program_read(folder);
    ours = program_of(n);
    different = compare(name, theirs, &ours, &equal);
    print_message("%-36s %5u writes equal, %u differ\n", name, equal, different);
    free(ours.entries);
    vendor_program_free(theirs);
    free_network(n);
    (void)different;
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_max78000_network_is_programmed_word_for_word),
    };

    return cmocka_run_group_tests_name("register programs", tests, NULL, NULL);
}
