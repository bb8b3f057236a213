/* SPDX-License-Identifier: GPL-3.0-or-later */
/* `model test`: how many pictures or sounds of known classes a model gets right. */
#include "cli/catalog.h"
#include "cli/commands/model.h"
#include "cli/commands/model_samples.h"
#include "cli/console.h"
#include "cli/output/show.h"
#include "cli/output/text.h"
#include "cli/shell/call.h"
#include "core/verify/verify.h"

#include <stdlib.h>
#include <string.h>

struct test {
    const struct syn_model *model;
    struct syn_samples *samples;
    uint32_t count, right;
    uint32_t *guesses; /* of each class, how often each class was the answer: true class first */
    size_t bytes;
    int8_t *as_sensed, *window; /* before and after folding */
};

static uint32_t *guesses_of(const struct test *test, unsigned label)
{
    return &test->guesses[(size_t)label * test->model->label_count];
}

static int test_one(struct test *test, uint32_t index, struct syn_error *error)
{
    void *output = NULL;
    size_t size = 0;
    unsigned label = 0;
    uint16_t best = 0;
    int32_t value = 0;
    const struct syn_fold fold = syn_model_fold(test->model);
    int status = syn_samples_read(test->samples, index, test->as_sensed, &label, error);
    if (status < 0)
        return status;
    syn_fold_window(&fold, test->bytes, test->as_sensed, test->window);
    status = syn_model_infer(test->model, test->window, test->bytes, &output, &size, error);
    if (status < 0)
        return status;
    syn_verify_best(output, size, syn_model_tensor_width(test->model, test->model->layer_count),
                    &best, &value);
    guesses_of(test, label)[best]++;
    test->right += best == label;
    free(output);
    return 0;
}

static int test_all(struct syn_console *console, struct test *test, struct syn_error *error)
{
    struct syn_progress progress;
    int status = 0;
    syn_console_progress(console, &progress, "testing", syn_samples_noun(test->samples));
    for (uint32_t i = 0; status == 0 && i < test->count; i++) {
        status = syn_console_stopped(console) ? syn_console_stop_error(console, error)
                                              : test_one(test, i, error);
        syn_progress_update(&progress, i + 1, test->count);
    }
    syn_progress_end(&progress);
    return status;
}

/* ---- the result ---- */

struct tally {
    uint32_t seen, right;
    unsigned wrong; /* what it was taken for most often; the class itself where it never was */
};

static struct tally tally_of(const struct test *test, unsigned label)
{
    const uint32_t *guesses = guesses_of(test, label);
    struct tally t = {.right = guesses[label], .wrong = label};
    for (unsigned i = 0; i < test->model->label_count; i++) {
        t.seen += guesses[i];
        if (i != label && guesses[i] > (t.wrong == label ? 0 : guesses[t.wrong]))
            t.wrong = i;
    }
    return t;
}

static void show_class(const struct test *test, unsigned label, cJSON *list,
                       struct syn_table *table)
{
    const struct tally t = tally_of(test, label);
    const char *const *labels = (const char *const *)test->model->labels;
    const bool mistaken = t.wrong != label;
    cJSON *entry = syn_show_object(list, NULL);
    syn_show_text(entry, "label", labels[label]);
    syn_show_integer(entry, "count", t.seen);
    syn_show_integer(entry, "right", t.right);
    syn_show_text(entry, "mistaken_for", mistaken ? labels[t.wrong] : NULL);
    syn_table_text(table, labels[label]);
    syn_table_format(table, "%u", t.seen);
    syn_table_format(table, "%u", t.right);
    if (t.seen)
        syn_table_format(table, "%.1f %%", 100.0 * t.right / t.seen);
    else
        syn_table_text(table, NULL);
    if (mistaken)
        syn_table_format(table, "%s (%u)", labels[t.wrong], guesses_of(test, label)[t.wrong]);
    else
        syn_table_text(table, NULL);
}

static void show_classes(struct syn_console *console, const struct test *test, cJSON *json)
{
    const bool sounds = strcmp(syn_samples_noun(test->samples), "sounds") == 0;
    const struct syn_column columns[] = {
        {.title = "CLASS"},
        {.title = sounds ? "SOUNDS" : "PICTURES", .right = true},
        {.title = "RIGHT", .right = true},
        {.title = "SHARE", .right = true},
        {.title = "MOST TAKEN FOR", .shrinks = true},
    };
    struct syn_table *table = syn_table_new(columns, sizeof columns / sizeof columns[0]);
    cJSON *list = syn_show_array(json, "classes");
    for (unsigned c = 0; c < test->model->label_count; c++)
        show_class(test, c, list, table);
    syn_result_table(&console->result, table);
    syn_table_free(table);
}

static void show(struct syn_console *console, const struct test *test, double seconds)
{
    const char *noun = syn_samples_noun(test->samples);
    const uint32_t left_out = syn_samples_left_out(test->samples);
    const double share = (double)test->right / test->count;
    cJSON *json = syn_result_json(&console->result);
    syn_show_text(json, "model", test->model->name);
    syn_show_integer(json, "count", test->count);
    syn_show_integer(json, "right", test->right);
    syn_show_integer(json, "left_out", left_out);
    syn_show_number(json, "accuracy", share);
    syn_show_number(json, "seconds", seconds);
    show_classes(console, test, json);
    if (left_out)
        syn_result_print(&console->result, "%u %s left out: words that %s does not know\n",
                         left_out, noun, test->model->name);
    syn_result_print(&console->result, "%s: %u of %u right, %.2f %% (%.0f %s/s)\n",
                     test->model->name, test->right, test->count, 100 * share,
                     test->count / seconds, noun);
}

/* ---- the command ---- */

static int nothing_to_test(const struct syn_model *model, struct syn_error *error)
{
    syn_error_set(error, SYN_EINVAL, "%s %s", model->name,
                  model->seeded ? "has random weights: there is nothing to test"
                                : "has no labels, or not one output for each: it does not "
                                  "classify");
    return SYN_EINVAL;
}

/* One output a class. */
static bool classifies(const struct syn_model *model)
{
    const struct syn_shape shape = syn_model_tensor_shape(model, model->layer_count);
    return model->label_count > 0 && shape.height == 1 && shape.width == 1;
}

static int prepare(struct test *test, const struct syn_call *call, struct syn_error *error)
{
    const struct syn_model *model = test->model;
    if (model->seeded || !classifies(model))
        return nothing_to_test(model, error);
    int status = syn_samples_open(&test->samples, model, call, error);
    if (status < 0)
        return status;
    test->bytes = syn_model_tensor_bytes(model, 0);
    test->guesses = calloc((size_t)model->label_count * model->label_count, sizeof *test->guesses);
    test->as_sensed = malloc(test->bytes);
    test->window = malloc(test->bytes);
    if (!test->guesses || !test->as_sensed || !test->window)
        return syn_error_set(error, SYN_ENOMEM, "out of memory");
    test->count = syn_samples_count(test->samples);
    const int64_t count = syn_call_integer(call, "--count", test->count);
    if (count < test->count)
        test->count = (uint32_t)count;
    return 0;
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
    const double start = now_s();
    if (status == 0)
        status = test_all(console, &test, error);
    if (status == 0)
        show(console, &test, now_s() - start);
    syn_samples_close(test.samples);
    free(test.guesses);
    free(test.as_sensed);
    free(test.window);
    syn_model_free(model);
    return status;
}
