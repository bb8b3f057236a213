/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/devices/part/recorded.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

const char *data_folder(void)
{
    const char *path = getenv("SYN_DATA");
    struct stat st;

    if (!path)
        path = SYN_SOURCE_DIR "/../shared/data";
    if (stat(path, &st) == 0)
        return path;
    printf("skipped: no reference data at %s (set SYN_DATA)\n", path);
    return NULL;
}

static void *read_file(const char *folder, const char *name, size_t *size)
{
    char path[512];
    FILE *file;
    char *bytes;
    long length;

    snprintf(path, sizeof path, "%s/%s", folder, name);
    file = fopen(path, "rb");
    if (!file)
        return NULL;
    fseek(file, 0, SEEK_END);
    length = ftell(file);
    rewind(file);
    bytes = malloc((size_t)length + 1);
    *size = fread(bytes, 1, (size_t)length, file);
    bytes[*size] = 0;
    fclose(file);
    return bytes;
}

static void read_tensor(struct recorded *r, struct recorded_op *op, const char *line)
{
    char name[8], type[8], shape[64];
    unsigned long offset;
    struct blob *blob;

    if (sscanf(line, "T %7s %7s %63s %lu", name, type, shape, &offset) != 4)
        return;
    blob = strcmp(name, "in") == 0  ? &op->in
           : strcmp(name, "w") == 0 ? &op->w
           : strcmp(name, "b") == 0 ? &op->b
                                    : &op->out;
    *blob = (struct blob){.there = true, .wide = strcmp(type, "i32") == 0, .count = 1};
    blob->data = r->tensors + offset;
    for (char *at = shape; blob->rank < 4; at++) {
        blob->dims[blob->rank] = (unsigned)strtoul(at, &at, 10);
        blob->count *= blob->dims[blob->rank++];
        if (*at != 'x')
            break;
    }
}

struct recorded *recorded_read(const char *folder)
{
    struct recorded *r = calloc(1, sizeof *r);
    size_t size;
    char *text = read_file(folder, "ops.txt", &size);

    r->tensors = read_file(folder, "tensors.bin", &r->size);
    for (char *line = text ? strtok(text, "\n") : NULL; line; line = strtok(NULL, "\n")) {
        if (line[0] == 'O' && r->count < RECORDED_OPS_MAX) {
            struct recorded_op *op = &r->ops[r->count++];

            snprintf(op->line, sizeof op->line, "%s ", line);
            sscanf(line, "O layer=%d kind=%23s", &op->layer, op->kind);
        } else if (line[0] == 'T' && r->count > 0) {
            read_tensor(r, &r->ops[r->count - 1], line);
        }
    }
    free(text);
    if (r->count > 0 && r->tensors)
        return r;
    recorded_free(r);
    return NULL;
}

void recorded_free(struct recorded *r)
{
    if (r)
        free(r->tensors);
    free(r);
}

static const char *find_field(const struct recorded_op *op, const char *key)
{
    char pattern[32];
    const char *at;

    snprintf(pattern, sizeof pattern, " %s=", key);
    at = strstr(op->line, pattern);
    return at ? at + strlen(pattern) : NULL;
}

int field(const struct recorded_op *op, const char *key)
{
    const char *at = find_field(op, key);

    return at ? atoi(at) : 0;
}

int field_second(const struct recorded_op *op, const char *key)
{
    const char *at = find_field(op, key);

    while (at && *at != 'x' && *at != ' ')
        at++;
    return at && *at == 'x' ? atoi(at + 1) : 0;
}

bool field_is(const struct recorded_op *op, const char *key, const char *value)
{
    const char *at = find_field(op, key);
    size_t length = strlen(value);

    return at && strncmp(at, value, length) == 0 && at[length] == ' ';
}

static int by_name(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name);
}

void for_each_folder(const char *kind, const char *part,
                     void (*visit)(const char *path, void *user), void *user)
{
    const char *data = data_folder();
    struct dirent **names = NULL;
    char path[512];
    int count;

    if (!data)
        return;
    snprintf(path, sizeof path, "%s/max7800x/%s/%s", data, kind, part);
    count = scandir(path, &names, NULL, by_name);
    for (int i = 0; i < count; i++) {
        snprintf(path, sizeof path, "%s/max7800x/%s/%s/%s", data, kind, part, names[i]->d_name);
        if (names[i]->d_name[0] != '.')
            visit(path, user);
        free(names[i]);
    }
    free(names);
}
