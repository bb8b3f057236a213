/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/devices/part/network.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#define MHZ 1000000u

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

struct network *network_read(const char *folder, const char *name, const struct syn_part *part,
                             const struct vendor_program *theirs)
{
    struct network *n = calloc(1, sizeof *n);
    struct table_row rows[SYN_MODEL_LAYERS_MAX];
    struct description d;
    const char *why;

    n->model = model_read(folder, &why);
    if (!n->model) {
        free(n);
        fail_msg("%s: %s", folder, why);
        return NULL;
    }
    n->program =
        (struct syn_program){.part = part, .hz = part == &syn_part_max78000 ? 50 * MHZ : 200 * MHZ};
    if (table_read(name, rows) == n->model->count)
        model_set_bits(n->model, rows);
    if (!description_read(&d, folder))
        description_decode(&d, theirs, n->model, part);
    description_apply(&d, n->model, n->routes);
    must_place(n, name);
    return n;
}

void network_free(struct network *n)
{
    model_free(n->model);
    free(n);
}

void network_each(void (*visit)(const char *part_name, const char *name))
{
    static const char *const networks[][2] = {
        {"MAX78000", "mnist"},
        {"MAX78000", "kws20_v3"},
        {"MAX78000", "cifar-10"},
        {"MAX78000", "cifar-100-residual-rand"},
        {"MAX78000", "cifar-100-mixed-rand"},
        {"MAX78000", "cifar-100-simplewide2x-mixed-rand"},
        {"MAX78000", "camvid_unet"},
        {"MAX78002", "cifar-100-effnet2-custom-rand"},
        {"MAX78002", "cifar-100-mobilenet-custom-rand"},
    };
    if (!data_folder())
        skip();
    for (unsigned i = 0; i < sizeof networks / sizeof *networks; i++)
        visit(networks[i][0], networks[i][1]);
}
