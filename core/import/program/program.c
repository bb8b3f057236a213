/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/import/program/program.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/base/file.h"
#include "core/import/program/document.h"

#define CODE_MAX    (16u << 20)
#define WEIGHTS_MAX (48u << 20) /* a MAX78002 full of weights takes 8 MiB */

/* ---- from texts to a model --------------------------------------------------------------- */

static void free_units(struct program *p)
{
    for (unsigned i = 0; p->units && i < SYN_PART_LAYERS_MAX; i++) {
        free(p->units[i].weights);
        free(p->units[i].biases);
    }
    free(p->units);
}

static int recover(struct syn_imported *imported, struct machine *machine,
                   const struct source *source, const char *name, struct syn_error *error)
{
    static int (*const steps[])(struct program *) = {
        program_decode,  program_trace, program_channels,
        program_weights, program_prove, program_reshape,
    };
    struct program p = {.machine = machine, .source = source, .error = error, .imported = imported};
    int status = 0;
    p.units = calloc(SYN_PART_LAYERS_MAX, sizeof *p.units);
    if (!p.units)
        return syn_error_set(error, SYN_ENOMEM, "not enough memory for a program");
    for (unsigned i = 0; i < sizeof steps / sizeof *steps && status == 0; i++)
        status = steps[i](&p);
    if (status == 0)
        status = program_build(&p, name, imported);
    free_units(&p);
    return status;
}

/* The folder's name, where the code does not say one. */
static void find_name(char name[SYN_MODEL_NAME_MAX], const struct source *source,
                      const char *code_path, const struct syn_import_options *options)
{
    char folder[SYN_MODEL_NAME_MAX] = "";
    const char *end = strrchr(code_path, '/');
    const char *start = end;
    while (start && start > code_path && start[-1] != '/')
        start--;
    if (start && end > start)
        (void)snprintf(folder, sizeof folder, "%.*s", (int)(end - start), start);
    syn_import_name(name, options, source->name[0] ? source->name : folder, code_path);
}

int syn_import_program_text(struct syn_imported *imported, const char *code_path, const void *code,
                            size_t code_size, const char *weights_path, const void *weights,
                            size_t weights_size, const struct syn_import_options *options,
                            struct syn_error *error)
{
    char name[SYN_MODEL_NAME_MAX];
    struct machine *machine = NULL;
    struct source *source = calloc(1, sizeof *source);
    struct arrays arrays = {.count = 0};
    struct text text;
    int status;
    if (!source)
        return syn_error_set(error, SYN_ENOMEM, "not enough memory for a program");
    text_open(&text, code_path, code, code_size, error);
    status = source_read(source, &text);
    if (status == 0) {
        text_open(&text, weights_path, weights, weights_size, error);
        status = arrays_read(&arrays, &text);
    }
    if (status == 0)
        status = machine_run(&machine, source, &arrays, error);
    find_name(name, source, code_path, options);
    source->path = code_path;
    if (status == 0)
        status = recover(imported, machine, source, name, error);
    if (status < 0 && error && !error->file[0])
        syn_error_where(error, code_path, 0, 0);
    free(machine);
    arrays_free(&arrays);
    source_free(source);
    free(source);
    return status;
}

/* ---- the format -------------------------------------------------------------------------- */

static void code_path_of(const struct syn_import_probe *probe, char path[4096])
{
    const size_t length = strlen(probe->path);
    const bool slash = length > 0 && probe->path[length - 1] == '/';
    (void)snprintf(path, 4096, "%s%s", probe->path,
                   !probe->folder ? ""
                   : slash        ? "cnn.c"
                                  : "/cnn.c");
}

static bool recognise(const struct syn_import_probe *probe)
{
    char path[4096];
    const char *name;
    code_path_of(probe, path);
    if (probe->folder)
        return access(path, F_OK) == 0;
    name = strrchr(path, '/');
    return strcmp(name ? name + 1 : path, "cnn.c") == 0;
}

static int read_program(struct syn_imported *imported, const struct syn_import_probe *probe,
                        const struct syn_import_options *options, struct syn_error *error)
{
    char code_path[4096], weights_path[4096 + 16];
    void *code = NULL, *weights = NULL;
    size_t code_size, weights_size;
    code_path_of(probe, code_path);
    char *folder = syn_file_folder(code_path);
    if (!folder)
        return syn_error_set(error, SYN_ENOMEM, "not enough memory for a program");
    (void)snprintf(weights_path, sizeof weights_path, "%sweights.h", folder);
    free(folder);
    int status = syn_file_read(&code, &code_size, code_path, CODE_MAX, error);
    if (status == 0)
        status = syn_file_read(&weights, &weights_size, weights_path, WEIGHTS_MAX, error);
    if (status == 0)
        status = syn_import_program_text(imported, code_path, code, code_size, weights_path,
                                         weights, weights_size, options, error);
    free(code);
    free(weights);
    return status;
}

const struct syn_import_format syn_import_program = {
    .name = "program",
    .description = "a folder of the vendor's tool: cnn.c, weights.h beside it",
    .recognise = recognise,
    .read = read_program,
};
