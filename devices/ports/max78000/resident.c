/* SPDX-License-Identifier: MIT */
#include "devices/ports/max78000/resident.h"

#include "devices/base/error.h"
#include "devices/part/pack.h"
#include "devices/part/route.h"
#include "devices/ports/max78000/registers.h"

#include <string.h>

enum { CHUNKS = SYN_RT_PIPELINES_MAX, LAYERS = SYN_PART_LAYERS_MAX, ALIGN = 8 };

#define PART (&syn_part_max78000)

/* Layers of a chunk are read from its image again whenever they are needed: they are four times as
 * large as what is kept of them. */
struct chunk {
    const struct syn_image *image;
    uint16_t first;     /* of its places and routes */
    uint8_t first_port; /* those that enter, then those that leave */
    uint8_t start_count;
    struct { /* what starts it, worked out once: the control registers */
        uint32_t address, value;
    } start[SYN_PART_QUADRANTS + 1];
};

static struct {
    struct chunk chunks[CHUNKS];
    struct syn_place places[LAYERS];
    struct syn_route routes[LAYERS];
    struct syn_tensor_place ports[SYN_RESIDENT_PORTS];
    struct syn_written written;
    unsigned count, layer_count, port_count;
    struct chunk *current; /* configured; NULL: none */
    const struct chunk *loaded;
} here;

/* ---- the bus ---- */

static void write_word(void *user, uint32_t address, uint32_t value)
{
    (void)user;
    *(volatile uint32_t *)address = value;
}

static void write_byte(void *user, uint32_t address, uint8_t value)
{
    (void)user;
    *(volatile uint8_t *)address = value;
}

static void wait_bits(void *user, uint32_t address, uint32_t mask)
{
    (void)user;
    while (!(*(volatile uint32_t *)address & mask))
        ;
}

static uint32_t read_word(void *user, uint32_t address)
{
    (void)user;
    return *(volatile uint32_t *)address;
}

static void note_word(void *user, uint32_t address, uint32_t value)
{
    struct chunk *c = user;
    if (c->start_count < SYN_PART_QUADRANTS + 1) {
        c->start[c->start_count].address = address;
        c->start[c->start_count].value = value;
    }
    c->start_count++;
}

static const struct syn_sink bus = {write_word, write_byte, wait_bits, NULL};

/* ---- deploying ---- */

static unsigned layers_of(const struct syn_image *image)
{
    return (unsigned)(image->last - image->first);
}

/* Fits what is kept? */
static int make_room(const struct syn_image *const *images, unsigned count)
{
    unsigned layers = 0, ports = 0;
    for (unsigned i = 0; i < count; i++) {
        here.chunks[i] = (struct chunk){
            .image = images[i], .first = (uint16_t)layers, .first_port = (uint8_t)ports};
        layers += layers_of(images[i]);
        ports += images[i]->in_count + images[i]->out_count;
    }
    here.count = count;
    here.layer_count = layers;
    here.port_count = ports;
    return layers > LAYERS || ports > SYN_RESIDENT_PORTS ? SYN_ENOMEM : 0;
}

/* What deploying needs meanwhile: the layers of all chunks, then those of one. */
struct scratch {
    struct syn_layer layers[LAYERS];
    struct syn_ports ports;
};

static int place(struct scratch *scratch, struct syn_misfit *misfit)
{
    struct syn_chunk chunks[CHUNKS];
    struct syn_layer *layers = scratch->layers;
    for (unsigned i = 0; i < here.count; i++) {
        chunks[i] = syn_image_chunk(here.chunks[i].image, layers);
        layers += layers_of(here.chunks[i].image);
    }
    return syn_place_chunks(PART, chunks, here.count, here.places, misfit);
}

static struct syn_program program_of(const struct chunk *c, const struct syn_chunk *chunk)
{
    return (struct syn_program){PART, chunk, here.places + c->first, here.routes + c->first,
                                SYN_MAX_PCLK_HZ};
}

static const struct syn_tensor_place *
find(const uint16_t *ids, const struct syn_tensor_place *places, unsigned count, uint16_t id)
{
    for (unsigned i = 0; i < count; i++)
        if (ids[i] == id)
            return &places[i];
    return NULL;
}

/* In the order of the image; one that no layer touches has no processors and is left alone. */
static void keep_ports(const struct chunk *c, const struct syn_ports *ports)
{
    struct syn_tensor_place *to = here.ports + c->first_port;
    const struct syn_image *image = c->image;
    for (unsigned i = 0; i < image->in_count; i++, to++) {
        const struct syn_tensor_place *p =
            find(ports->in_ids, ports->in, ports->in_count, syn_image_in(image, i).id);
        *to = p ? *p : (struct syn_tensor_place){0};
    }
    for (unsigned i = 0; i < image->out_count; i++, to++) {
        const struct syn_tensor_place *p =
            find(ports->out_ids, ports->out, ports->out_count, syn_image_out(image, i).id);
        *to = p ? *p : (struct syn_tensor_place){0};
    }
}

/* Data addresses; `quadrants` gets those in which it works. */
static int route(struct chunk *c, struct scratch *scratch, unsigned *quadrants,
                 struct syn_misfit *misfit)
{
    struct syn_ports *ports = &scratch->ports;
    struct syn_chunk chunk = syn_image_chunk(c->image, scratch->layers);
    struct syn_program program = program_of(c, &chunk);
    int rc = syn_route_chunk(PART, &chunk, here.routes + c->first, ports, misfit);
    if (rc == 0)
        rc = syn_program_check(&program, misfit);
    if (rc)
        return rc;
    keep_ports(c, ports);
    const struct syn_sink notes = {.word = note_word, .user = c}; /* this part needs no padding */
    syn_program_start(&program, &notes);
    if (c->start_count > SYN_PART_QUADRANTS + 1)
        return SYN_ENOMEM;
    *quadrants |= syn_program_quadrants(&program) | syn_ports_quadrants(ports);
    return 0;
}

static void write_all(struct scratch *scratch, unsigned quadrants)
{
    for (unsigned i = 0; i < here.count; i++) {
        struct syn_chunk chunk = syn_image_chunk(here.chunks[i].image, scratch->layers);
        struct syn_program program = program_of(&here.chunks[i], &chunk);
        if (i == 0)
            syn_program_init(&program, quadrants, true, &bus);
        syn_pack_chunk(PART, &chunk, program.places, &bus);
    }
}

int syn_resident_deploy(const struct syn_image *const *images, unsigned count, uint8_t *memory,
                        size_t size, struct syn_misfit *misfit)
{
    struct scratch *scratch = (struct scratch *)(void *)memory;
    unsigned quadrants = 0;
    memset(&here, 0, sizeof here);
    int rc = size < sizeof *scratch ? SYN_ENOMEM : make_room(images, count);
    if (rc == 0)
        rc = place(scratch, misfit);
    for (unsigned i = 0; rc == 0 && i < count; i++) {
        rc = route(&here.chunks[i], scratch, &quadrants, misfit);
        if (rc)
            misfit->chunk = (uint16_t)i;
    }
    if (rc == 0)
        write_all(scratch, quadrants);
    else
        here.count = 0;
    return rc;
}

/* ---- an inference ---- */

static void configure(const struct chunk *c, struct syn_layer *layers)
{
    struct syn_chunk chunk = syn_image_chunk(c->image, layers);
    struct syn_program program = program_of(c, &chunk);
    syn_program_configure(&program, &here.written, &bus);
}

void syn_resident_load(unsigned chunk, const uint8_t *data, void *memory)
{
    struct chunk *c = &here.chunks[chunk];
    const struct syn_tensor_place *place_of = here.ports + c->first_port;
    if (here.current != c) {
        configure(c, memory);
        here.current = c;
    }
    for (unsigned i = 0; i < c->image->in_count; i++) {
        const struct syn_port_tensor in = syn_image_in(c->image, i);
        if (place_of[i].processors)
            syn_transfer_load(&syn_registers_max78000, &place_of[i], (const int8_t *)data, &bus);
        data += syn_tensor_bytes(in.shape, in.width);
    }
    here.loaded = c;
}

void syn_resident_start(void)
{
    for (unsigned i = 0; i < here.loaded->start_count; i++)
        write_word(NULL, here.loaded->start[i].address, here.loaded->start[i].value);
}

void syn_resident_unload(unsigned index, void *tensor)
{
    const struct chunk *c = here.loaded;
    const struct syn_source source = {read_word, NULL};
    syn_transfer_unload(&syn_registers_max78000,
                        &here.ports[c->first_port + c->image->in_count + index], &source, tensor);
}

void syn_resident_forget(void)
{
    here.current = NULL;
}
