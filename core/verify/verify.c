/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/verify/verify.h"

#include "devices/base/bytes.h"
#include "devices/sensors/sensor.h"

#include <inttypes.h>
#include <stdlib.h>

struct source {
    struct syn_sensor_file *file; /* NULL: seeded */
    uint64_t first;
};

struct syn_verify {
    const struct syn_problem *problem;
    struct source sources[SYN_PIPELINES_MAX];
};

struct syn_verify *syn_verify_new(const struct syn_problem *problem)
{
    struct syn_verify *verify = calloc(1, sizeof *verify);
    if (verify != NULL)
        verify->problem = problem;
    return verify;
}

void syn_verify_free(struct syn_verify *verify)
{
    if (verify == NULL)
        return;
    for (unsigned p = 0; p < SYN_PIPELINES_MAX; p++)
        syn_sensor_close(verify->sources[p].file);
    free(verify);
}

int syn_verify_source(struct syn_verify *verify, unsigned pipeline, const char *path,
                      uint64_t first, struct syn_error *error)
{
    struct source *source = &verify->sources[pipeline];
    char why[160];
    syn_sensor_close(source->file);
    *source = (struct source){.first = first};
    if (path == NULL || path[0] == '\0')
        return 0;
    int rc = syn_sensor_open(&source->file, path, why, sizeof why);
    return rc == 0 ? 0 : syn_error_set(error, rc, "%s: %s", path, why);
}

void syn_verify_best(const void *output, size_t size, unsigned width, uint16_t *best,
                     int32_t *value)
{
    size_t count = width == 32 ? size / 4 : size;
    *best = 0;
    for (size_t i = 0; i < count; i++) {
        int32_t v = width == 32 ? (int32_t)syn_get_le32((const uint8_t *)output + 4 * i)
                                : ((const int8_t *)output)[i];
        if (i == 0 || v > *value) {
            *value = v;
            *best = (uint16_t)(i < UINT16_MAX ? i : UINT16_MAX);
        }
    }
}

static int differs(const struct syn_problem_pipeline *pipeline,
                   const struct syn_verify_claim *claim, const char *what, uint64_t claimed,
                   uint64_t computed, struct syn_error *error)
{
    return syn_error_set(error, SYN_ECORRUPT,
                         "inference %" PRIu32 " of %s: the %s differs: the devices say %016" PRIx64
                         ", the reference kernels %016" PRIx64,
                         claim->inference, pipeline->spec.name, what, claimed, computed);
}

static int compare_output(const struct syn_problem_pipeline *pipeline,
                          const struct syn_verify_claim *claim, const void *output, size_t size,
                          struct syn_error *error)
{
    const struct syn_model *model = pipeline->model;
    uint64_t hash = syn_fnv1a(SYN_FNV1A_START, output, size);
    uint16_t best = 0;
    int32_t value = 0;
    if (hash != claim->output_hash)
        return differs(pipeline, claim, "hash of the output", claim->output_hash, hash, error);
    syn_verify_best(output, size, syn_model_tensor_width(model, model->layer_count), &best, &value);
    if (best != claim->best || value != claim->value)
        return differs(pipeline, claim, "best class", claim->best, best, error);
    return 0;
}

/* As the source does: a file serves the pipelines whose windows it holds. */
static int read_as_sensed(const struct source *source, const struct syn_problem_pipeline *pipeline,
                          uint32_t inference, size_t bytes, int8_t *window)
{
    uint64_t index = source->first + inference - 1;
    if (source->file != NULL && syn_sensor_windows(source->file, bytes) > 0)
        return syn_sensor_window(source->file, index, bytes, window);
    syn_sensor_seeded(pipeline->spec.sense.kind, index, bytes, window);
    return 0;
}

static int read_window(const struct source *source, const struct syn_problem_pipeline *pipeline,
                       uint32_t inference, size_t bytes, int8_t *window)
{
    const struct syn_fold fold = syn_model_fold(pipeline->model);
    int8_t *as_sensed = malloc(bytes);
    int rc = as_sensed ? read_as_sensed(source, pipeline, inference, bytes, as_sensed) : SYN_ENOMEM;
    if (rc == 0)
        syn_fold_window(&fold, bytes, as_sensed, window);
    free(as_sensed);
    return rc;
}

int syn_verify_check(struct syn_verify *verify, const struct syn_verify_claim *claim,
                     struct syn_error *error)
{
    const struct syn_problem_pipeline *pipeline = &verify->problem->pipelines[claim->pipeline];
    size_t bytes = syn_model_tensor_bytes(pipeline->model, 0), size = 0;
    int8_t *window = malloc(bytes);
    void *output = NULL;
    int rc = SYN_ENOMEM;
    if (window == NULL)
        goto out;
    rc = read_window(&verify->sources[claim->pipeline], pipeline, claim->inference, bytes, window);
    if (rc != 0)
        goto out;
    uint64_t hash = syn_fnv1a(SYN_FNV1A_START, window, bytes);
    if (hash != claim->input_hash) {
        rc = differs(pipeline, claim, "hash of the input", claim->input_hash, hash, error);
        goto out;
    }
    rc = syn_model_infer(pipeline->model, window, bytes, &output, &size, error);
    if (rc == 0)
        rc = compare_output(pipeline, claim, output, size, error);
out:
    free(output);
    free(window);
    return rc;
}
