/* SPDX-License-Identifier: GPL-3.0-or-later */
/* `model test`: how many pictures with known labels a model gets right. */
#include "cli/catalog.h"
#include "cli/commands/model.h"
#include "cli/console.h"
#include "cli/output/show.h"
#include "cli/output/text.h"
#include "cli/shell/call.h"
#include "devices/base/bytes.h"
#include "devices/sensors/sensor.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <zlib.h>

#define IDX_LABELS 0x00000801u /* magic of a list of bytes */

struct test {
    const struct syn_model *model;
    struct syn_sensor_file *images;
    uint8_t *labels;
    uint32_t count;
    size_t input_bytes;
    int8_t *as_sensed; /* a picture before it is folded */
    unsigned right;
    unsigned *seen, *hit; /* of each class */
};

static uint32_t get_be32(const uint8_t *p)
{
    return (uint32_t)syn_get_be16(p) << 16 | syn_get_be16(p + 2);
}

static int explain_missing(const char *path, int status, struct syn_error *error)
{
    if (status == SYN_ENOENT && strstr(path, "/fashion-mnist/"))
        syn_error_hint(error, "install the Debian package dataset-fashion-mnist, or name a file "
                              "with --images and --labels");
    return status;
}

static int open_images(struct test *test, const char *path, struct syn_error *error)
{
    char why[256];
    int status = syn_sensor_open(&test->images, path, why, sizeof why);
    if (status < 0) {
        syn_error_set(error, status, "%s", why);
        return explain_missing(path, status, error);
    }
    long windows = syn_sensor_windows(test->images, test->input_bytes);
    if (windows <= 0)
        return syn_error_set(error, SYN_EINVAL,
                             "%s: its pictures have not the %zu bytes that %s reads", path,
                             test->input_bytes, test->model->name);
    test->count = (uint32_t)windows;
    return 0;
}

/* The labels of all pictures; one byte more is asked for, to notice a file that holds more. */
static int read_labels(struct test *test, gzFile file, const char *path, struct syn_error *error)
{
    uint8_t head[8];
    test->labels = calloc((size_t)test->count + 1, 1);
    if (!test->labels)
        return syn_error_set(error, SYN_ENOMEM, "out of memory");
    if (gzread(file, head, sizeof head) != (int)sizeof head || get_be32(head) != IDX_LABELS)
        return syn_error_set(error, SYN_ECORRUPT, "%s: no list of labels in IDX format", path);
    if (get_be32(head + 4) != test->count)
        return syn_error_set(error, SYN_EINVAL, "%s: %u labels for %u pictures", path,
                             get_be32(head + 4), test->count);
    if (gzread(file, test->labels, test->count + 1) != (int)test->count)
        return syn_error_set(error, SYN_ECORRUPT, "%s: not %u labels, as its head says", path,
                             test->count);
    return 0;
}

static int check_labels(const struct test *test, const char *path, struct syn_error *error)
{
    for (uint32_t i = 0; i < test->count; i++)
        if (test->labels[i] >= test->model->label_count)
            return syn_error_set(error, SYN_EINVAL, "%s: label %u of picture %u; %s knows %u", path,
                                 test->labels[i], i, test->model->name, test->model->label_count);
    return 0;
}

static int open_labels(struct test *test, const char *path, struct syn_error *error)
{
    gzFile file = gzopen(path, "rb");
    if (!file)
        return explain_missing(path, syn_error_os(error, errno, "%s", path), error);
    int status = read_labels(test, file, path, error);
    (void)gzclose(file);
    return status < 0 ? status : check_labels(test, path, error);
}

/* The class with the largest output; the first of equals. */
static unsigned classify(const struct syn_model *model, const void *output)
{
    bool wide = syn_model_tensor_width(model, model->layer_count) == 32;
    unsigned best = 0;
    int32_t top = INT32_MIN;
    for (unsigned i = 0; i < model->label_count; i++) {
        int32_t value = wide ? (int32_t)syn_get_le32((const uint8_t *)output + 4 * (size_t)i)
                             : ((const int8_t *)output)[i];
        if (value > top) {
            top = value;
            best = i;
        }
    }
    return best;
}

static int test_one(struct test *test, uint32_t index, int8_t *window, struct syn_error *error)
{
    void *output = NULL;
    size_t size = 0;
    const struct syn_fold fold = syn_model_fold(test->model);
    int status = syn_sensor_window(test->images, index, test->input_bytes, test->as_sensed);
    if (status < 0)
        return syn_error_set(error, status, "picture %u cannot be read", index);
    syn_fold_window(&fold, test->input_bytes, test->as_sensed, window);
    status = syn_model_infer(test->model, window, test->input_bytes, &output, &size, error);
    if (status < 0)
        return status;
    unsigned label = test->labels[index];
    bool right = classify(test->model, output) == label;
    test->seen[label]++;
    test->hit[label] += right;
    test->right += right;
    free(output);
    return 0;
}

static int test_all(struct syn_console *console, struct test *test, struct syn_error *error)
{
    struct syn_progress progress;
    int status = 0;
    int8_t *window = calloc(test->input_bytes + 1, 1);
    test->as_sensed = calloc(test->input_bytes + 1, 1);
    if (!window || !test->as_sensed) {
        free(window);
        return syn_error_set(error, SYN_ENOMEM, "out of memory");
    }
    syn_console_progress(console, &progress, "testing", "pictures");
    for (uint32_t i = 0; status == 0 && i < test->count; i++) {
        status = syn_console_stopped(console) ? syn_console_stop_error(console, error)
                                              : test_one(test, i, window, error);
        syn_progress_update(&progress, i + 1, test->count);
    }
    syn_progress_end(&progress);
    free(window);
    return status;
}

static void show(struct syn_console *console, const struct test *test, double seconds)
{
    static const struct syn_column columns[] = {{.title = "CLASS"},
                                                {.title = "PICTURES", .right = true},
                                                {.title = "RIGHT", .right = true},
                                                {.title = "SHARE", .right = true}};
    struct syn_table *table = syn_table_new(columns, 4);
    cJSON *json = syn_result_json(&console->result);
    double share = (double)test->right / test->count;
    syn_show_text(json, "model", test->model->name);
    syn_show_integer(json, "count", test->count);
    syn_show_integer(json, "right", test->right);
    syn_show_number(json, "accuracy", share);
    syn_show_number(json, "seconds", seconds);
    cJSON *list = syn_show_array(json, "classes");
    for (unsigned c = 0; c < test->model->label_count; c++) {
        cJSON *entry = syn_show_object(list, NULL);
        syn_show_text(entry, "label", test->model->labels[c]);
        syn_show_integer(entry, "count", test->seen[c]);
        syn_show_integer(entry, "right", test->hit[c]);
        syn_table_text(table, test->model->labels[c]);
        syn_table_format(table, "%u", test->seen[c]);
        syn_table_format(table, "%u", test->hit[c]);
        if (test->seen[c])
            syn_table_format(table, "%.1f %%", 100.0 * test->hit[c] / test->seen[c]);
        else
            syn_table_text(table, NULL);
    }
    syn_result_table(&console->result, table);
    syn_table_free(table);
    syn_result_print(&console->result, "%s: %u of %u right, %.2f %% (%.0f pictures/s)\n",
                     test->model->name, test->right, test->count, 100 * share,
                     test->count / seconds);
}

static int out_of_memory(struct syn_error *error)
{
    syn_error_set(error, SYN_ENOMEM, "out of memory");
    return SYN_ENOMEM;
}

static int nothing_to_test(const struct syn_model *model, struct syn_error *error)
{
    syn_error_set(error, SYN_EINVAL, "%s %s", model->name,
                  model->seeded ? "has random weights: there is nothing to test"
                                : "has no labels: it does not classify");
    return SYN_EINVAL;
}

static int prepare(struct test *test, const struct syn_call *call, struct syn_error *error)
{
    const struct syn_model *model = test->model;
    if (model->label_count == 0 || model->seeded)
        return nothing_to_test(model, error);
    test->input_bytes = syn_model_tensor_bytes(model, 0);
    test->seen = calloc(model->label_count, sizeof *test->seen);
    test->hit = calloc(model->label_count, sizeof *test->hit);
    if (!test->seen || !test->hit)
        return out_of_memory(error);
    int status = open_images(test, syn_call_text(call, "--images"), error);
    if (status == 0)
        status = open_labels(test, syn_call_text(call, "--labels"), error);
    int64_t count = syn_call_integer(call, "--count", test->count);
    if (count < test->count)
        test->count = (uint32_t)count;
    return status;
}

static double now_s(void)
{
    return (double)syn_loop_now() / 1e9;
}

int syn_model_test_run(struct syn_console *console, const struct syn_call *call,
                       struct syn_error *error)
{
    struct syn_model *model = NULL;
    struct test test = {0};
    int status = syn_catalog_model(console, syn_call_text(call, "MODEL"), &model, error);
    test.model = model;
    if (status == 0)
        status = prepare(&test, call, error);
    double start = now_s();
    if (status == 0)
        status = test_all(console, &test, error);
    if (status == 0)
        show(console, &test, now_s() - start);
    syn_sensor_close(test.images);
    free(test.labels);
    free(test.as_sensed);
    free(test.seen);
    free(test.hit);
    syn_model_free(model);
    return status;
}
