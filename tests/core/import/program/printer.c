/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/core/import/program/printer.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "devices/part/geometry.h"
#include "devices/part/pack.h"
#include "tests/devices/part/vendor.h"

/* ---- both -------------------------------------------------------------------------------- */

static void open_texts(struct printed *printed, FILE **code, FILE **weights)
{
    *code = open_memstream(&printed->code, &printed->code_size);
    *weights = open_memstream(&printed->weights, &printed->weights_size);
    fprintf(*code, "// SPDX-License-Identifier: GPL-3.0-or-later\n");
    fprintf(*weights, "// SPDX-License-Identifier: GPL-3.0-or-later\n"
                      "// Written by tests/core/import/program/printer.c\n\n");
}

void printed_free(struct printed *printed)
{
    free(printed->code);
    free(printed->weights);
    *printed = (struct printed){.code = NULL};
}

static void print_array(FILE *file, const char *name, unsigned number, const uint32_t *values,
                        size_t count, unsigned digits)
{
    if (number == UINT32_MAX)
        fprintf(file, "#define %s { \\\n  ", name);
    else
        fprintf(file, "#define %s_%u { \\\n  ", name, number);
    for (size_t i = 0; i < count; i++)
        fprintf(file, "0x%0*x%s", (int)digits, (unsigned)values[i],
                i + 1 == count ? " \\\n}\n"
                : i % 8 == 7   ? ", \\\n  "
                               : ", ");
}

static const char records_loop[] =
    "  uint32_t len;\n"
    "  volatile uint32_t *addr;\n"
    "  const uint32_t *ptr = kernels;\n\n"
    "  while ((addr = (volatile uint32_t *) *ptr++) != 0) {\n"
    "    *((volatile uint8_t *) ((uint32_t) addr | 1)) = 0x01; // Set address\n"
    "    len = *ptr++;\n"
    "    while (len-- > 0)\n"
    "      *addr++ = *ptr++;\n"
    "  }\n";

static const char head[] = "// DO NOT EDIT - regenerate this file instead!\n\n"
                           "#include <stdlib.h>\n"
                           "#include \"mxc.h\"\n"
                           "#include \"weights.h\"\n\n"
                           "void CNN_ISR(void)\n{\n"
                           "  // Acknowledge interrupt to all quadrants\n"
                           "  *((volatile uint32_t *) 0x50100000) &= ~((1<<12) | 1);\n\n"
                           "  CNN_COMPLETE; // Signal that processing is complete\n"
                           "#ifdef CNN_INFERENCE_TIMER\n"
                           "  cnn_time = MXC_TMR_SW_Stop(CNN_INFERENCE_TIMER);\n"
                           "#else\n"
                           "  cnn_time = 1;\n"
                           "#endif\n}\n\n"
                           "void memcpy32(uint32_t *dst, const uint32_t *src, int n)\n{\n"
                           "  while (n-- > 0) {\n    *dst++ = *src++;\n  }\n}\n\n";

static void begin_function(FILE *code, const char *name)
{
    fprintf(code, "int %s(void)\n{\n", name);
}

static void end_function(FILE *code)
{
    fprintf(code, "\n  return CNN_OK;\n}\n\n");
}

/* ---- ours -------------------------------------------------------------------------------- */

/* A run of words at addresses that follow each other. */
struct run {
    uint32_t address;
    uint32_t *values;
    size_t count;
};

struct pen {
    FILE *code;
    bool slots;
    struct run *runs;
    unsigned count;
};

static void write_register(void *user, uint32_t address, uint32_t value)
{
    struct pen *pen = user;
    const bool control = (address & 0xfffff) == 0;

    if (pen->slots && control)
        value &= ~SYN_CTL_MEXPRESS;
    fprintf(pen->code, "  *((volatile uint32_t *) 0x%08x) = 0x%08x; // as our generator has it\n",
            (unsigned)address, (unsigned)value);
}

static void write_wait(void *user, uint32_t address, uint32_t mask)
{
    struct pen *pen = user;

    fprintf(pen->code, "  while ((*((volatile uint32_t *) 0x%08x) & 0x%x) != 0x%x); // Wait\n",
            (unsigned)address, (unsigned)mask, (unsigned)mask);
}

static void begin_run(struct pen *pen, uint32_t address)
{
    pen->runs = realloc(pen->runs, (pen->count + 1) * sizeof *pen->runs);
    pen->runs[pen->count++] = (struct run){.address = address};
}

static void write_open(void *user, uint32_t address, uint8_t value)
{
    (void)value;
    begin_run(user, address & ~UINT32_C(1));
}

static void add_value(struct run *run, uint32_t value)
{
    if ((run->count & (run->count - 1)) == 0)
        run->values = realloc(run->values, (run->count ? 2 * run->count : 1) * sizeof value);
    run->values[run->count++] = value;
}

static void write_weight(void *user, uint32_t address, uint32_t value)
{
    struct pen *pen = user;

    (void)address;
    add_value(&pen->runs[pen->count - 1], value);
}

static void write_bias(void *user, uint32_t address, uint32_t value)
{
    struct pen *pen = user;
    const struct run *last = pen->count ? &pen->runs[pen->count - 1] : NULL;

    if (!last || address != last->address + 4 * last->count)
        begin_run(pen, address);
    add_value(&pen->runs[pen->count - 1], value);
}

static void free_runs(struct pen *pen)
{
    for (unsigned i = 0; i < pen->count; i++)
        free(pen->runs[i].values);
    free(pen->runs);
    pen->runs = NULL;
    pen->count = 0;
}

static void print_records(const struct pen *pen, FILE *weights)
{
    struct run all = {.count = 0};

    for (unsigned i = 0; i < pen->count; i++) {
        add_value(&all, pen->runs[i].address);
        add_value(&all, (uint32_t)pen->runs[i].count);
        for (size_t n = 0; n < pen->runs[i].count; n++)
            add_value(&all, pen->runs[i].values[n]);
    }
    add_value(&all, 0);
    print_array(weights, "KERNELS", UINT32_MAX, all.values, all.count, 8);
    free(all.values);
    fprintf(pen->code, "static const uint32_t kernels[] = KERNELS;\n\n");
    begin_function(pen->code, "cnn_load_weights");
    fprintf(pen->code, "%s", records_loop);
    end_function(pen->code);
}

/* The words of nine bytes of a stream as three words of a slot each. */
static void to_slots(const struct run *run, struct run *slots)
{
    for (size_t at = 0; at + SYN_WEIGHT_BYTES <= 4 * run->count; at += SYN_WEIGHT_BYTES) {
        uint32_t words[3] = {0};

        for (unsigned i = 0; i < SYN_WEIGHT_BYTES; i++) {
            const uint32_t byte = run->values[(at + i) / 4] >> (24 - (at + i) % 4 * 8) & 0xff;

            words[(i + 3) / 4] |= i == 0 ? byte : byte << (24 - (i - 1) % 4 * 8);
        }
        for (unsigned i = 0; i < 3; i++)
            add_value(slots, words[i]);
    }
}

static void print_slots(const struct pen *pen, FILE *weights, const struct syn_registers *regs)
{
    const uint32_t unit = regs->weight_stride;

    for (unsigned i = 0; i < pen->count; i++) {
        const struct run *run = &pen->runs[i];
        const uint32_t base = run->address / unit * unit;
        struct run slots = {.address = base + (run->address - base) * 4};

        to_slots(run, &slots);
        print_array(weights, "KERNELS", i, slots.values, slots.count, 8);
        fprintf(pen->code, "  memcpy_96to128((uint32_t *) 0x%08x, kernels_%u, %zu);\n",
                (unsigned)slots.address, i, slots.count / 3);
        free(slots.values);
    }
}

static void print_streams(const struct pen *pen, FILE *weights)
{
    for (unsigned i = 0; i < pen->count; i++) {
        const struct run *run = &pen->runs[i];

        print_array(weights, "KERNELS", i, run->values, run->count, 8);
        fprintf(pen->code,
                "  *((volatile uint8_t *) 0x%08x) = 0x01; // Set address\n"
                "  memcpy32((uint32_t *) 0x%08x, kernels_%u, %zu);\n",
                (unsigned)run->address | 1, (unsigned)run->address, i, run->count);
    }
}

static void print_weights(struct pen *pen, FILE *weights, const struct syn_registers *regs,
                          enum printed_form form)
{
    if (form == PRINTED_RECORDS) {
        print_records(pen, weights);
        return;
    }
    fprintf(pen->code, "// Kernels:\n");
    for (unsigned i = 0; i < pen->count; i++)
        fprintf(pen->code, "static const uint32_t kernels_%u[] = KERNELS_%u;\n", i, i);
    fprintf(pen->code, "\n");
    begin_function(pen->code, "cnn_load_weights");
    if (form == PRINTED_SLOTS)
        print_slots(pen, weights, regs);
    else
        print_streams(pen, weights);
    end_function(pen->code);
}

static void print_biases(const struct pen *pen, FILE *weights)
{
    for (unsigned i = 0; i < pen->count; i++) {
        print_array(weights, "BIAS", i, pen->runs[i].values, pen->runs[i].count, 2);
        fprintf(pen->code, "static const uint8_t bias_%u[] = BIAS_%u;\n", i, i);
    }
    fprintf(pen->code, "\nstatic void memcpy_8to32(uint32_t *dst, const uint8_t *src, int n)\n{\n"
                       "  while (n-- > 0) {\n    *dst++ = *src++;\n  }\n}\n\n");
    begin_function(pen->code, "cnn_load_bias");
    for (unsigned i = 0; i < pen->count; i++)
        fprintf(pen->code, "  memcpy_8to32((uint32_t *) 0x%08x, bias_%u, sizeof(uint8_t) * %zu);\n",
                (unsigned)pen->runs[i].address, i, pen->runs[i].count);
    end_function(pen->code);
}

static void print_shape(FILE *file, struct syn_shape s)
{
    if (s.width == 1 && s.height > 1)
        fprintf(file, "%ux%u", s.channels, s.height);
    else
        fprintf(file, "%ux%ux%u", s.channels, s.height, s.width);
}

static void print_remarks(FILE *code, const struct syn_program *p, const struct syn_layer *layers)
{
    unsigned slot = 0;

    fprintf(code, "// Created using our generator --prefix ours --device %s\n\n", p->part->name);
    for (unsigned i = 0; i < p->chunk->last; i++, slot++) {
        const struct syn_layer *l = &layers[i];

        /* A small layer comes before some that average. */
        if (i > 0 && p->part->depthwise && layers[i - 1].eltwise && l->pool == SYN_POOL_AVG)
            slot++;
        fprintf(code, "// Layer %u: ", slot);
        if (l->eltwise)
            fprintf(code, "%ux%ux%ux%u", l->input_count, l->in.channels, l->in.height, l->in.width);
        else
            print_shape(code, l->in);
        fprintf(code, ", something, ");
        print_shape(code, l->out);
        fprintf(code, " output\n");
    }
    fprintf(code, "\n");
}

static void print_sections(struct pen *pen, const struct syn_program *program, bool biases)
{
    const struct syn_sink sink = {.word = write_register, .wait = write_wait, .user = pen};

    begin_function(pen->code, "cnn_init");
    syn_program_init(program, syn_program_quadrants(program), biases, &sink);
    end_function(pen->code);
    begin_function(pen->code, "cnn_configure");
    syn_program_configure(program, NULL, &sink);
    end_function(pen->code);
    begin_function(pen->code, "cnn_start");
    fprintf(pen->code, "  cnn_time = 0;\n\n");
    syn_program_start(program, &sink);
    end_function(pen->code);
}

void print_program(struct printed *printed, const struct syn_program *program,
                   const struct syn_layer *layers, const uint8_t *const *weights,
                   const int8_t *const *biases, enum printed_form form, bool remarks)
{
    struct pen pen = {.slots = form == PRINTED_SLOTS};
    const struct syn_sink kernels = {.word = write_weight, .byte = write_open, .user = &pen};
    const struct syn_sink bias = {.word = write_bias, .user = &pen};
    FILE *texts;

    open_texts(printed, &pen.code, &texts);
    if (remarks)
        print_remarks(pen.code, program, layers);
    fprintf(pen.code, "%s", head);
    for (unsigned i = 0; i < program->chunk->last; i++)
        syn_pack_weights(program->part, &layers[i], &program->places[i], weights[i], &kernels);
    print_weights(&pen, texts, syn_registers_of(program->part), form);
    free_runs(&pen);
    for (unsigned i = 0; i < program->chunk->last; i++)
        if (layers[i].has_bias)
            syn_pack_bias(program->part, &layers[i], &program->places[i], biases[i], &bias);
    print_biases(&pen, texts);
    print_sections(&pen, program, pen.count > 0);
    free_runs(&pen);
    fclose(pen.code);
    fclose(texts);
}

/* ---- recorded ---------------------------------------------------------------------------- */

/* The lines of comments in front, which program.tsv keeps behind a '#'. */
static void copy_remarks(FILE *code, const char *folder)
{
    char path[512], line[512];
    FILE *file;

    snprintf(path, sizeof path, "%s/program.tsv", folder);
    file = fopen(path, "r");
    while (file && fgets(line, sizeof line, file))
        if (line[0] == '#' && !strstr(line, "quadrant"))
            fprintf(code, "//%s", line + 1);
    if (file)
        fclose(file);
}

static void print_line(FILE *code, const struct vendor_line *line)
{
    char symbol[16];

    for (unsigned i = 0; i < sizeof symbol; i++)
        symbol[i] = (char)tolower((unsigned char)line->symbol[i]);
    if (line->kind == VENDOR_WRITE)
        fprintf(code, "  *((volatile uint32_t *) 0x%08x) = 0x%08x; // %s\n",
                (unsigned)line->address, (unsigned)line->value, line->comment);
    else if (line->kind == VENDOR_COPY_BYTES)
        fprintf(code, "  memcpy_8to32((uint32_t *) 0x%08x, %s, sizeof(uint8_t) * %u);\n",
                (unsigned)line->address, symbol, (unsigned)line->count);
}

static void print_function(FILE *code, const struct vendor_program *p, const char *name)
{
    begin_function(code, name);
    for (unsigned i = 0; i < p->count; i++)
        if (strcmp(p->lines[i].function, name) == 0)
            print_line(code, &p->lines[i]);
    end_function(code);
}

/* The words of the known answer, one by one, where they have 32 bits. */
static void print_unload(FILE *code, const char *folder)
{
    struct vendor_arrays *arrays = vendor_arrays_read(folder, "sampleoutput.h");
    const struct vendor_array *output = vendor_arrays_find(arrays, "SAMPLE_OUTPUT");
    struct vendor_expected expected;
    uint32_t at = 0;

    fprintf(code, "int cnn_unload(uint32_t *out_buf)\n{\n  volatile uint32_t *addr;\n\n");
    while (output && vendor_next_expected(output, &at, &expected)) {
        fprintf(code, "  addr = (volatile uint32_t *) 0x%08x;\n", (unsigned)expected.address);
        for (uint32_t i = 0; i < expected.count; i++)
            fprintf(code, "  *out_buf++ = *addr++;\n");
    }
    end_function(code);
    vendor_arrays_free(arrays);
}

static bool copy_weights(FILE *weights, const char *folder)
{
    char path[512], buffer[4096];
    FILE *file;
    size_t size;

    snprintf(path, sizeof path, "%s/weights.h", folder);
    file = fopen(path, "r");
    while (file && (size = fread(buffer, 1, sizeof buffer, file)) > 0)
        fwrite(buffer, 1, size, weights);
    if (file)
        fclose(file);
    return file;
}

bool print_recorded(struct printed *printed, const char *folder, bool remarks)
{
    struct vendor_program *program = vendor_program_read(folder);
    FILE *code, *weights;
    bool there;

    open_texts(printed, &code, &weights);
    there = program && copy_weights(weights, folder);
    if (there && remarks)
        copy_remarks(code, folder);
    fprintf(code, "%s", head);
    fprintf(code, "static const uint32_t kernels[] = KERNELS;\n");
    for (unsigned i = 0; i < 4; i++)
        fprintf(code, "static const uint8_t bias_%u[] = BIAS_%u;\n", i, i);
    begin_function(code, "cnn_load_weights");
    fprintf(code, "%s", records_loop);
    end_function(code);
    for (unsigned i = 0; there && i < 4; i++) {
        static const char *const names[] = {"cnn_load_bias", "cnn_init", "cnn_configure",
                                            "cnn_start"};

        print_function(code, program, names[i]);
    }
    print_unload(code, folder);
    fclose(code);
    fclose(weights);
    vendor_program_free(program);
    return there;
}
