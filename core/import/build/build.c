/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/import/build/build.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void syn_imported_free(struct syn_imported *imported)
{
    syn_model_free(imported->model);
    free(imported->notes);
    if (imported->original.free)
        imported->original.free(imported->original.state);
    *imported = (struct syn_imported){0};
}

int syn_imported_note(struct syn_imported *imported, const char *fmt, ...)
{
    char line[400];
    va_list args;
    va_start(args, fmt);
    (void)vsnprintf(line, sizeof line, fmt, args);
    va_end(args);
    const size_t used = imported->notes ? strlen(imported->notes) : 0;
    const size_t size = used + strlen(line) + 2;
    char *notes = realloc(imported->notes, size);
    if (!notes)
        return SYN_ENOMEM;
    (void)snprintf(notes + used, size - used, "%s\n", line);
    imported->notes = notes;
    return 0;
}

void syn_import_name(char name[SYN_MODEL_NAME_MAX], const struct syn_import_options *options,
                     const char *said, const char *path)
{
    const char *slash = strrchr(path, '/');
    const char *from = slash && slash[1] ? slash + 1 : path;
    const char *dot = strrchr(from, '.');
    size_t length = dot && dot > from ? (size_t)(dot - from) : strlen(from);
    if (options->name)
        said = options->name;
    if (said && *said) {
        from = said;
        length = strlen(said);
    }
    if (length >= SYN_MODEL_NAME_MAX)
        length = SYN_MODEL_NAME_MAX - 1;
    for (size_t i = 0; i < length; i++) {
        const unsigned char c = (unsigned char)from[i];
        name[i] = (char)(c < 128 && (isalnum(c) || strchr("._-+", c)) ? c : '-');
    }
    name[length] = '\0';
    if (length == 0)
        (void)snprintf(name, SYN_MODEL_NAME_MAX, "model");
}

int syn_import_shape(const char *text, struct syn_shape *shape, struct syn_error *error)
{
    unsigned size[3] = {0, 0, 1};
    int count = 0, used = 0;
    const char *at = text;
    while (count < 3 && sscanf(at, "%5u%n", &size[count], &used) == 1 && size[count] > 0 &&
           size[count] <= UINT16_MAX) {
        count++;
        at += used;
        if (*at != 'x')
            break;
        at++;
    }
    if (count < 2 || *at || at[-1] == 'x')
        return syn_error_set(error, SYN_EINVAL,
                             "'%s' is no shape: CHANNELSxHEIGHTxWIDTH or CHANNELSxLENGTH", text);
    *shape = (struct syn_shape){
        .channels = (uint16_t)size[0], .height = (uint16_t)size[1], .width = (uint16_t)size[2]};
    return 0;
}

static bool add_weights(cJSON *document, const void *blob, size_t size)
{
    uint8_t digest[SYN_SHA256_SIZE];
    char hash[2 * SYN_SHA256_SIZE + 1];
    syn_sha256(blob, size, digest);
    for (size_t i = 0; i < sizeof digest; i++)
        (void)snprintf(hash + 2 * i, 3, "%02x", digest[i]);
    cJSON *weights = cJSON_AddObjectToObject(document, "weights");
    return weights && cJSON_AddStringToObject(weights, "file", "weights.bin") &&
           cJSON_AddStringToObject(weights, "sha256", hash) &&
           cJSON_AddStringToObject(document, "format", "synergy-model/1");
}

int syn_import_build(struct syn_imported *imported, cJSON *document, const void *blob, size_t size,
                     const char *path, struct syn_error *error)
{
    const struct syn_weights_source source = {.bytes = size ? blob : "", .size = size};
    char *text = add_weights(document, size ? blob : "", size) ? cJSON_Print(document) : NULL;
    if (!text)
        return syn_error_set(error, SYN_ENOMEM, "not enough memory for a model");
    int status = syn_model_parse(&imported->model, text, strlen(text), path, &source, error);
    if (status < 0)
        syn_error_where(error, path, 0, 0);
    cJSON_free(text);
    return status;
}
