/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/import/torch/checkpoint.h"

#include "core/import/torch/storage.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct syn_checkpoint {
    struct syn_source source;
    struct syn_pickle pickle;
    uint8_t *text; /* of the pickle */
    struct syn_storages storages;
    char arch[64];
    char path[256]; /* for errors; "" where it came as an open file */
    struct syn_checkpoint_tensor *tensors;
    unsigned count;
};

/* The pickled number with which the older form begins. */
static const uint8_t legacy_magic[] = {0x80, 0x02, 0x8a, 0x0a, 0x6c, 0xfc, 0x9c,
                                       0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19};

static bool is_legacy(const uint8_t *head, size_t size)
{
    return size >= sizeof legacy_magic && memcmp(head, legacy_magic, sizeof legacy_magic) == 0;
}

static bool is_zip(const uint8_t *head, size_t size)
{
    return size >= 4 && memcmp(head, "PK\3\4", 4) == 0;
}

bool syn_checkpoint_looks(const uint8_t *head, size_t size)
{
    static const char name[] = "data.pkl";
    if (is_legacy(head, size))
        return true;
    if (!is_zip(head, size))
        return false;
    for (size_t i = 0; i + sizeof name - 1 <= size; i++)
        if (memcmp(head + i, name, sizeof name - 1) == 0)
            return true;
    return false;
}

/* ---- the two forms ---- */

static int read_zip(struct syn_checkpoint *c, struct syn_error *error)
{
    static const char name[] = "data.pkl";
    size_t size = 0;
    struct syn_zip *zip = &c->storages.zip;
    int status = syn_zip_open(zip, &c->source, error);
    for (unsigned i = 0; status == 0 && i < zip->count && !c->text; i++) {
        const struct syn_zip_entry *e = &zip->entries[i];
        const size_t prefix = e->name_size - (sizeof name - 1);
        if (e->name_size < sizeof name - 1 || memcmp(e->name + prefix, name, sizeof name - 1) != 0)
            continue;
        c->storages.prefix = e->name;
        c->storages.prefix_size = prefix;
        status = syn_zip_read(zip, e, SYN_CHECKPOINT_PICKLE, &c->text, &size, error);
    }
    if (status < 0)
        return status;
    if (!c->text)
        return syn_error_set(error, SYN_EINVAL,
                             "a ZIP archive without data.pkl: no checkpoint of PyTorch");
    return syn_pickle_load(&c->pickle, c->text, size, 0, error);
}

/* Magic number, protocol, system, the object, the names of its storages: five pickles. */
static int read_legacy(struct syn_checkpoint *c, struct syn_error *error)
{
    size_t at = 0;
    const size_t size =
        c->source.size < SYN_CHECKPOINT_PICKLE ? (size_t)c->source.size : SYN_CHECKPOINT_PICKLE;
    struct syn_pickle other = {0};
    c->text = malloc(size);
    if (!c->text)
        return syn_error_set(error, SYN_ENOMEM, "not enough memory for a checkpoint");
    int status = syn_source_read(&c->source, 0, c->text, size, error);
    for (unsigned i = 0; i < 3 && status == 0; i++) {
        status = syn_pickle_load(&other, c->text, size, at, error);
        at = other.at;
        syn_pickle_free(&other);
    }
    if (status == 0)
        status = syn_pickle_load(&c->pickle, c->text, size, at, error);
    if (status < 0)
        return status;
    status = syn_pickle_load(&other, c->text, size, c->pickle.at, error);
    if (status == 0)
        status = syn_storages_locate(&c->storages, &c->pickle, &other, error);
    syn_pickle_free(&other);
    return status;
}

/* ---- tensors ---- */

/* The numbers of a tuple into `numbers`; how many, or -1. */
static int read_sizes(const struct syn_pickle *p, uint32_t tuple, uint32_t *numbers)
{
    unsigned count = 0;
    if (syn_pickle_kind(p, tuple) != SYN_PICKLE_TUPLE)
        return -1;
    for (uint32_t cell = p->values[tuple].list.first; cell; cell = p->cells[cell].next) {
        const struct syn_pickle_value *v = &p->values[p->cells[cell].value];
        if (count == SYN_TENSOR_DIMS_MAX || v->kind != SYN_PICKLE_INTEGER || v->integer < 0 ||
            v->integer > INT32_MAX)
            return -1;
        numbers[count++] = (uint32_t)v->integer;
    }
    return (int)count;
}

static void count_elements(struct syn_checkpoint_tensor *t)
{
    uint64_t count = 1;
    for (unsigned d = 0; d < t->dims && count <= SYN_CHECKPOINT_ELEMENTS; d++)
        count *= t->shape[d];
    t->count = count <= SYN_CHECKPOINT_ELEMENTS ? (uint32_t)count : 0;
}

static void describe(struct syn_checkpoint_tensor *t, const struct syn_pickle *p, uint32_t value)
{
    if (syn_pickle_kind(p, value) != SYN_PICKLE_TENSOR)
        return;
    const uint32_t tuple = (uint32_t)p->values[value].integer;
    const struct syn_pickle_value *storage = &p->values[syn_pickle_item(p, tuple, 0)];
    const struct syn_pickle_value *offset = &p->values[syn_pickle_item(p, tuple, 1)];
    const int dims = read_sizes(p, syn_pickle_item(p, tuple, 2), t->shape);
    if (storage->kind != SYN_PICKLE_STORAGE || offset->kind != SYN_PICKLE_INTEGER ||
        offset->integer < 0 || dims < 0 ||
        read_sizes(p, syn_pickle_item(p, tuple, 3), t->stride) != dims)
        return;
    t->dims = (unsigned)dims;
    t->offset = (uint64_t)offset->integer;
    t->storage = (uint32_t)storage->integer;
    count_elements(t);
}

static int add_tensor(struct syn_checkpoint *c, uint32_t key, uint32_t value,
                      struct syn_error *error)
{
    const struct syn_pickle *p = &c->pickle;
    struct syn_checkpoint_tensor *t = &c->tensors[c->count++];
    const struct syn_pickle_text text = p->values[key].text;
    if (syn_pickle_kind(p, key) != SYN_PICKLE_TEXT || text.size >= sizeof t->name ||
        memchr(p->bytes + text.at, '\0', text.size))
        return syn_error_set(error, SYN_ECORRUPT, "entry %u of its state_dict has no name",
                             c->count);
    memcpy(t->name, p->bytes + text.at, text.size);
    describe(t, p, value);
    return 0;
}

static int read_tensors(struct syn_checkpoint *c, uint32_t dict, struct syn_error *error)
{
    const struct syn_pickle *p = &c->pickle;
    const struct syn_pickle_list list = p->values[dict].list;
    int status = 0;
    if (list.count / 2 > SYN_CHECKPOINT_TENSORS)
        return syn_error_set(error, SYN_EINVAL, "its state_dict has %u entries; at most %u",
                             list.count / 2, SYN_CHECKPOINT_TENSORS);
    c->tensors = calloc(list.count / 2 + 1u, sizeof *c->tensors);
    if (!c->tensors)
        return syn_error_set(error, SYN_ENOMEM, "not enough memory for a checkpoint");
    for (uint32_t cell = list.first; cell && status == 0;) {
        const uint32_t next = p->cells[cell].next;
        status = add_tensor(c, p->cells[cell].value, p->cells[next].value, error);
        cell = p->cells[next].next;
    }
    return status;
}

/* A bare state_dict is a dictionary of tensors and nothing else. */
static bool is_state(const struct syn_pickle *p, uint32_t dict)
{
    if (syn_pickle_kind(p, dict) != SYN_PICKLE_DICT || !p->values[dict].list.first)
        return false;
    const uint32_t key = p->values[dict].list.first;
    return syn_pickle_kind(p, p->cells[p->cells[key].next].value) == SYN_PICKLE_TENSOR;
}

static int read_object(struct syn_checkpoint *c, struct syn_error *error)
{
    const struct syn_pickle *p = &c->pickle;
    const uint32_t arch = syn_pickle_get(p, p->root, "arch");
    uint32_t state = syn_pickle_get(p, p->root, "state_dict");
    if (syn_pickle_kind(p, state) != SYN_PICKLE_DICT && is_state(p, p->root))
        state = p->root;
    if (syn_pickle_kind(p, state) != SYN_PICKLE_DICT) {
        syn_error_set(error, SYN_EINVAL, "a checkpoint without a state_dict");
        syn_error_hint(error, "save model.state_dict(), not the module itself");
        return SYN_EINVAL;
    }
    if (syn_pickle_kind(p, arch) == SYN_PICKLE_TEXT && p->values[arch].text.size < sizeof c->arch)
        memcpy(c->arch, p->bytes + p->values[arch].text.at, p->values[arch].text.size);
    return read_tensors(c, state, error);
}

/* ---- opening ---- */

static int read_all(struct syn_checkpoint *c, struct syn_error *error)
{
    uint8_t head[sizeof legacy_magic] = {0};
    int status = syn_source_open(&c->source, c->source.file, error);
    const size_t size = c->source.size < sizeof head ? (size_t)c->source.size : sizeof head;
    if (status == 0)
        status = syn_source_read(&c->source, 0, head, size, error);
    if (status < 0)
        return status;
    c->storages.source = c->source;
    if (is_zip(head, size))
        status = read_zip(c, error);
    else if (is_legacy(head, size))
        status = read_legacy(c, error);
    else
        return syn_error_set(error, SYN_EINVAL, "no checkpoint that torch.save wrote");
    return status < 0 ? status : read_object(c, error);
}

int syn_checkpoint_take(struct syn_checkpoint **checkpoint, FILE *file, struct syn_error *error)
{
    struct syn_checkpoint *c = calloc(1, sizeof *c);
    *checkpoint = NULL;
    if (!c) {
        (void)fclose(file);
        return syn_error_set(error, SYN_ENOMEM, "not enough memory for a checkpoint");
    }
    c->source.file = file;
    int status = read_all(c, error);
    if (status < 0)
        syn_checkpoint_close(c);
    else
        *checkpoint = c;
    return status;
}

int syn_checkpoint_open(struct syn_checkpoint **checkpoint, const char *path,
                        struct syn_error *error)
{
    FILE *file = fopen(path, "rbe");
    *checkpoint = NULL;
    int status = file ? syn_checkpoint_take(checkpoint, file, error)
                      : syn_error_os(error, errno, "cannot read");
    if (status < 0)
        syn_error_where(error, path, 0, 0);
    else
        (void)snprintf((*checkpoint)->path, sizeof(*checkpoint)->path, "%s", path);
    return status;
}

void syn_checkpoint_close(struct syn_checkpoint *checkpoint)
{
    if (!checkpoint)
        return;
    syn_storages_free(&checkpoint->storages);
    syn_pickle_free(&checkpoint->pickle);
    free(checkpoint->text);
    free(checkpoint->tensors);
    (void)fclose(checkpoint->source.file);
    free(checkpoint);
}

/* ---- asking ---- */

const char *syn_checkpoint_arch(const struct syn_checkpoint *checkpoint)
{
    return checkpoint->arch;
}

const struct syn_checkpoint_tensor *syn_checkpoint_tensor(const struct syn_checkpoint *checkpoint,
                                                          unsigned index)
{
    return index < checkpoint->count ? &checkpoint->tensors[index] : NULL;
}

const struct syn_checkpoint_tensor *syn_checkpoint_find(const struct syn_checkpoint *checkpoint,
                                                        const char *name)
{
    for (unsigned i = 0; i < checkpoint->count; i++)
        if (strcmp(checkpoint->tensors[i].name, name) == 0)
            return &checkpoint->tensors[i];
    return NULL;
}

int syn_checkpoint_values(struct syn_checkpoint *checkpoint,
                          const struct syn_checkpoint_tensor *tensor, float *values,
                          struct syn_error *error)
{
    int status = tensor->count == 0
                     ? syn_error_set(error, SYN_EUNSUP,
                                     "%s is no plain tensor of 1 to %u numbers of a common type",
                                     tensor->name, SYN_CHECKPOINT_ELEMENTS)
                     : syn_storages_values(&checkpoint->storages, &checkpoint->pickle, tensor,
                                           values, error);
    if (status < 0 && checkpoint->path[0])
        syn_error_where(error, checkpoint->path, 0, 0);
    return status;
}
