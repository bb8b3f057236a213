/* SPDX-License-Identifier: MIT */
#include "devices/emulator/resident.h"

#include <stdlib.h>
#include <string.h>

#include "devices/base/error.h"
#include "devices/part/pack.h"
#include "devices/part/route.h"

/* Writes of words that are made again and again: computed once. */
struct script {
    struct script_write {
        uint32_t address, value;
    } * writes;
    size_t count, room;
    bool short_of_memory;
};

struct chunk {
    const struct syn_image *image;
    struct syn_layer *layers;
    struct syn_route *routes;
    struct syn_chunk chunk;
    struct syn_ports ports;
    struct syn_program program;
    struct script configure, start;
};

struct syn_resident {
    const struct syn_part *part;
    struct syn_emulator *emulator;
    struct chunk chunks[SYN_PART_CHUNKS_MAX];
    struct syn_place places[SYN_PART_PLACEMENTS_MAX];
    unsigned count;
    struct chunk *current; /* configured; NULL: none */
    void *output;
    size_t output_size;
};

/* ---- the bus ------------------------------------------------------------------------------ */

static void write_word(void *user, uint32_t address, uint32_t value)
{
    syn_emulator_write(user, address, value);
}

static void write_byte(void *user, uint32_t address, uint8_t value)
{
    syn_emulator_write_byte(user, address, value);
}

static uint32_t read_word(void *user, uint32_t address)
{
    return syn_emulator_read(user, address);
}

static struct syn_sink sink_of(const struct syn_resident *r)
{
    return (struct syn_sink){write_word, write_byte, NULL, r->emulator};
}

static int result_of(const struct syn_resident *r)
{
    return syn_emulator_fault(r->emulator) ? SYN_EDEVICE : 0;
}

/* ---- scripts ------------------------------------------------------------------------------ */

static void note_word(void *user, uint32_t address, uint32_t value)
{
    struct script *s = user;

    if (s->count == s->room) {
        size_t room = s->room ? 2 * s->room : 64;
        struct script_write *writes = realloc(s->writes, room * sizeof *writes);

        s->short_of_memory |= !writes;
        if (!writes)
            return;
        s->writes = writes;
        s->room = room;
    }
    s->writes[s->count++] = (struct script_write){address, value};
}

static void play(struct syn_resident *r, const struct script *s)
{
    for (size_t i = 0; i < s->count; i++)
        syn_emulator_write(r->emulator, s->writes[i].address, s->writes[i].value);
}

static void forget_word(void *user, uint32_t address, uint32_t value)
{
    (void)user;
    (void)address;
    (void)value;
}

/* Registers that are not 0 when every chunk has been configured in its turn. */
static struct syn_written written_by_all(const struct syn_resident *r)
{
    const struct syn_sink nowhere = {.word = forget_word};
    struct syn_written all = {0};

    for (unsigned i = 0; i < r->count; i++) {
        struct syn_written one = {0};

        syn_program_configure(&r->chunks[i].program, &one, &nowhere);
        for (size_t b = 0; b < sizeof all; b++)
            ((uint8_t *)&all)[b] |= ((const uint8_t *)&one)[b];
    }
    return all;
}

/* Of a chunk that may follow any of the others. */
static int write_scripts(struct chunk *c, struct syn_written before)
{
    const struct syn_sink configure = {.word = note_word, .user = &c->configure};
    const struct syn_sink start = {.word = note_word, .user = &c->start};

    syn_program_configure(&c->program, &before, &configure);
    syn_transfer_pad(&c->program, &start);
    syn_program_start(&c->program, &start);
    return c->configure.short_of_memory || c->start.short_of_memory ? SYN_ENOMEM : 0;
}

/* ---- making and clearing ------------------------------------------------------------------ */

int syn_resident_new(struct syn_resident **resident, const struct syn_part *part,
                     const struct syn_kernels *kernels)
{
    struct syn_resident *r = calloc(1, sizeof *r);
    int rc = r ? syn_emulator_new(&r->emulator, part) : SYN_ENOMEM;

    *resident = NULL;
    if (rc) {
        free(r);
        return rc;
    }
    syn_emulator_use(r->emulator, kernels);
    r->part = part;
    *resident = r;
    return 0;
}

static void clear(struct syn_resident *r)
{
    for (unsigned i = 0; i < r->count; i++) {
        free(r->chunks[i].layers);
        free(r->chunks[i].routes);
        free(r->chunks[i].configure.writes);
        free(r->chunks[i].start.writes);
        r->chunks[i] = (struct chunk){0};
    }
    r->count = 0;
    r->current = NULL;
    syn_emulator_reset(r->emulator);
}

void syn_resident_free(struct syn_resident *resident)
{
    if (!resident)
        return;
    clear(resident);
    syn_emulator_free(resident->emulator);
    free(resident->output);
    free(resident);
}

struct syn_emulator *syn_resident_emulator(struct syn_resident *resident)
{
    return resident->emulator;
}

/* ---- deployment --------------------------------------------------------------------------- */

static int open_chunk(struct chunk *c, const struct syn_image *image)
{
    size_t layers = (size_t)(image->last - image->first);

    c->image = image;
    c->layers = calloc(layers, sizeof *c->layers);
    c->routes = calloc(layers, sizeof *c->routes);
    if (!c->layers || !c->routes)
        return SYN_ENOMEM;
    c->chunk = syn_image_chunk(image, c->layers);
    return 0;
}

static int check(const struct syn_resident *r, struct syn_misfit *misfit)
{
    for (unsigned i = 0; i < r->count; i++)
        for (unsigned l = r->chunks[i].chunk.first; l < r->chunks[i].chunk.last; l++) {
            const struct syn_layer *layer = syn_chunk_layer(&r->chunks[i].chunk, l);

            if (syn_place_check_layer(r->part, layer, misfit) == 0)
                continue;
            misfit->chunk = (uint16_t)i;
            misfit->layer = (uint16_t)l;
            return SYN_EOOR;
        }
    return 0;
}

static int place(struct syn_resident *r, struct syn_misfit *misfit)
{
    struct syn_chunk chunks[SYN_PART_CHUNKS_MAX];

    for (unsigned i = 0; i < r->count; i++)
        chunks[i] = r->chunks[i].chunk;
    return syn_place_chunks(r->part, chunks, r->count, r->places, misfit);
}

static int program(struct syn_resident *r, uint32_t hz, struct syn_misfit *misfit)
{
    const struct syn_place *places = r->places;
    int rc = 0;

    for (unsigned i = 0; rc == 0 && i < r->count; i++) {
        struct chunk *c = &r->chunks[i];

        rc = syn_route_chunk(r->part, &c->chunk, c->routes, &c->ports, misfit);
        c->program = (struct syn_program){r->part, &c->chunk, places, c->routes, hz};
        if (rc == 0)
            rc = syn_program_check(&c->program, misfit);
        places += c->chunk.last - c->chunk.first;
        if (rc)
            misfit->chunk = (uint16_t)i;
    }
    return rc;
}

static int script(struct syn_resident *r)
{
    const struct syn_written all = written_by_all(r);
    int rc = 0;

    for (unsigned i = 0; rc == 0 && i < r->count; i++)
        rc = write_scripts(&r->chunks[i], all);
    return rc;
}

static int write_all(struct syn_resident *r)
{
    struct syn_sink sink = sink_of(r);
    unsigned quadrants = 0;

    syn_emulator_enable(r->emulator);
    for (unsigned i = 0; i < r->count; i++)
        quadrants |=
            syn_program_quadrants(&r->chunks[i].program) | syn_ports_quadrants(&r->chunks[i].ports);
    if (r->count > 0)
        syn_program_init(&r->chunks[0].program, quadrants, true, &sink);
    for (unsigned i = 0; i < r->count; i++)
        syn_pack_chunk(r->part, &r->chunks[i].chunk, r->chunks[i].program.places, &sink);
    return result_of(r);
}

/* What would make the first inferences late is done now. */
static void prepare(struct syn_resident *r)
{
    for (unsigned i = 0; i < r->count; i++) {
        r->current = &r->chunks[i];
        play(r, &r->current->configure);
        play(r, &r->current->start);
        syn_emulator_prepare(r->emulator);
    }
}

int syn_resident_deploy(struct syn_resident *resident, const struct syn_image *const *images,
                        unsigned count, uint32_t hz, struct syn_misfit *misfit)
{
    int rc = 0;

    clear(resident);
    *misfit = (struct syn_misfit){0};
    if (count > SYN_PART_CHUNKS_MAX)
        return SYN_EOOR;
    for (unsigned i = 0; rc == 0 && i < count; i++)
        rc = open_chunk(&resident->chunks[resident->count++], images[i]);
    if (rc == 0)
        rc = check(resident, misfit);
    if (rc == 0)
        rc = place(resident, misfit);
    if (rc == 0)
        rc = program(resident, hz, misfit);
    if (rc == 0)
        rc = script(resident);
    if (rc == 0)
        rc = write_all(resident);
    if (rc == 0) {
        prepare(resident);
        rc = result_of(resident);
    }
    if (rc && rc != SYN_EDEVICE)
        clear(resident);
    return rc;
}

/* ---- an inference ------------------------------------------------------------------------- */

static const struct syn_tensor_place *
find(const uint16_t *ids, const struct syn_tensor_place *places, unsigned count, uint16_t id)
{
    for (unsigned i = 0; i < count; i++)
        if (ids[i] == id)
            return &places[i];
    return NULL;
}

int syn_resident_load(struct syn_resident *resident, unsigned chunk, const void *data)
{
    struct chunk *c = &resident->chunks[chunk];
    const struct syn_registers *regs = syn_registers_of(resident->part);
    struct syn_sink sink = sink_of(resident);
    const int8_t *at = data;

    if (resident->current != c)
        play(resident, &c->configure);
    resident->current = c;
    for (unsigned i = 0; i < c->image->in_count; i++) {
        const struct syn_port_tensor in = syn_image_in(c->image, i);
        const struct syn_tensor_place *place =
            find(c->ports.in_ids, c->ports.in, c->ports.in_count, in.id);

        if (place)
            syn_transfer_load(regs, place, at, &sink);
        at += syn_tensor_bytes(in.shape, in.width);
    }
    return result_of(resident);
}

void syn_resident_forgive(struct syn_resident *resident)
{
    if (!syn_emulator_fault(resident->emulator))
        return;
    syn_emulator_clear_fault(resident->emulator);
    resident->current = NULL;
}

void syn_resident_start(struct syn_resident *resident)
{
    play(resident, &resident->current->start);
}

bool syn_resident_step(struct syn_resident *resident, uint64_t macs)
{
    return syn_emulator_step(resident->emulator, macs);
}

const void *syn_resident_output(struct syn_resident *resident, unsigned index, size_t *size)
{
    const struct chunk *c = resident->current;
    const struct syn_port_tensor out = syn_image_out(c->image, index);
    const struct syn_source source = {read_word, resident->emulator};
    const struct syn_tensor_place *place =
        find(c->ports.out_ids, c->ports.out, c->ports.out_count, out.id);

    *size = syn_tensor_bytes(out.shape, out.width);
    if (*size > resident->output_size) {
        free(resident->output);
        resident->output = malloc(*size);
        resident->output_size = resident->output ? *size : 0;
    }
    if (!resident->output || !place || result_of(resident))
        return NULL;
    syn_transfer_unload(syn_registers_of(resident->part), place, &source, resident->output);
    return result_of(resident) ? NULL : resident->output;
}
