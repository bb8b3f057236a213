/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/import/import.h"

#include "core/import/onnx/onnx.h"
#include "core/import/program/program.h"
#include "core/import/vendor/vendor.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

/* ---- our own ---- */

static bool is_json(const struct syn_import_probe *probe)
{
    size_t i = 0;
    while (i < probe->head_size && isspace(probe->head[i]))
        i++;
    return !probe->folder && (strcasecmp(probe->extension, "json") == 0 ||
                              (i < probe->head_size && probe->head[i] == '{'));
}

static int read_json(struct syn_imported *imported, const struct syn_import_probe *probe,
                     const struct syn_import_options *options, struct syn_error *error)
{
    int status = syn_model_read(&imported->model, probe->path, error);
    if (status == 0 && options->name)
        (void)snprintf(imported->model->name, sizeof imported->model->name, "%s", options->name);
    return status;
}

static const struct syn_import_format json = {
    .name = "JSON",
    .description = "a model of synergy's own: FILE.json, its weights beside it",
    .recognise = is_json,
    .read = read_json,
};

/* ---- all ---- */

static const struct syn_import_format *const formats[] = {
    &json, &syn_import_onnx, &syn_import_program, &syn_import_vendor, &syn_import_checkpoint, NULL,
};

#define FORMATS (sizeof formats / sizeof(void *) - 1)

const struct syn_import_format *syn_import_format(unsigned index)
{
    return index < FORMATS ? formats[index] : NULL;
}

static int read_head(struct syn_import_probe *probe, struct syn_error *error)
{
    FILE *file = fopen(probe->path, "rb");
    if (!file)
        return syn_error_os(error, errno, "cannot read");
    probe->head_size = fread(probe->head, 1, sizeof probe->head, file);
    const bool failed = ferror(file);
    const int os_errno = errno;
    (void)fclose(file);
    return failed ? syn_error_os(error, os_errno, "cannot read") : 0;
}

static int look(struct syn_import_probe *probe, const char *path, struct syn_error *error)
{
    struct stat info;
    const char *slash = strrchr(path, '/'), *dot = strrchr(slash ? slash : path, '.');
    *probe = (struct syn_import_probe){.path = path, .extension = dot ? dot + 1 : ""};
    if (stat(path, &info) < 0)
        return syn_error_os(error, errno, "cannot read");
    probe->folder = S_ISDIR(info.st_mode);
    if (probe->folder)
        return 0;
    if (!S_ISREG(info.st_mode))
        return syn_error_set(error, SYN_EINVAL, "neither a regular file nor a folder");
    probe->size = (uint64_t)info.st_size;
    return read_head(probe, error);
}

static int unknown(const struct syn_import_probe *probe, struct syn_error *error)
{
    char names[200] = "";
    for (size_t i = 0; i < FORMATS; i++) {
        const size_t used = strlen(names);
        (void)snprintf(names + used, sizeof names - used, "%s%s", i ? ", " : "", formats[i]->name);
    }
    syn_error_set(error, SYN_EINVAL, "%s that is known",
                  probe->folder ? "a folder without a model" : "no format of a model");
    syn_error_hint(error, "known: %s ('help model add')", names);
    return SYN_EINVAL;
}

static int read_as(const struct syn_import_format *format, struct syn_imported *imported,
                   const struct syn_import_probe *probe, const struct syn_import_options *options,
                   struct syn_error *error)
{
    imported->format = format->name;
    if (options->weights && !format->takes_weights)
        return syn_error_set(error, SYN_EINVAL, "%s names its weights itself: no --weights",
                             format->name);
    if (options->input && !format->takes_input)
        return syn_error_set(error, SYN_EINVAL, "%s says the shape of its input: no --input",
                             format->name);
    if (options->range && !format->takes_range)
        return syn_error_set(error, SYN_EINVAL, "%s is of the part's own numbers: no --range",
                             format->name);
    return format->read(imported, probe, options, error);
}

static int check_name(const char *name, struct syn_error *error)
{
    static const char allowed[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-+";
    if (!name || (*name && strlen(name) < SYN_MODEL_NAME_MAX && !name[strspn(name, allowed)]))
        return 0;
    return syn_error_set(error, SYN_EINVAL,
                         "'%s' is no name of a model: at most %d letters, digits and . _ - +", name,
                         SYN_MODEL_NAME_MAX - 1);
}

int syn_import_read(struct syn_imported *imported, const char *path,
                    const struct syn_import_options *options, struct syn_error *error)
{
    struct syn_import_probe probe;
    *imported = (struct syn_imported){0};
    int status = check_name(options->name, error);
    if (status < 0)
        return status;
    status = look(&probe, path, error);
    if (status == 0) {
        size_t i = 0;
        while (i < FORMATS && !formats[i]->recognise(&probe))
            i++;
        status = i < FORMATS ? read_as(formats[i], imported, &probe, options, error)
                             : unknown(&probe, error);
    }
    if (status < 0 && error && !error->file[0])
        syn_error_where(error, path, 0, 0);
    return status;
}
