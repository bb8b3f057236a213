/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a model is tested on: pictures or sounds whose class is known.
 *
 * Pictures: two files in IDX format. Sounds: a folder of LABEL/NAME.wav; a label that the model
 * does not know counts as its class "unknown", and where it has none such sounds are left out.
 */
#ifndef SYN_CLI_COMMANDS_MODEL_SAMPLES_H
#define SYN_CLI_COMMANDS_MODEL_SAMPLES_H

#include "cli/shell/call.h"
#include "core/model/model.h"

#include <stdint.h>

struct syn_samples;

/* Opens what the call names, or what comes along for models of this kind. The model outlives the
 * samples. On error *samples is NULL. */
int syn_samples_open(struct syn_samples **samples, const struct syn_model *model,
                     const struct syn_call *call, struct syn_error *error);
void syn_samples_close(struct syn_samples *samples); /* NULL is fine */

const char *syn_samples_noun(const struct syn_samples *samples); /* "pictures", "sounds" */
uint32_t syn_samples_count(const struct syn_samples *samples);
uint32_t syn_samples_left_out(const struct syn_samples *samples);

/* Sample `index` as it is sensed (the model's input before folding), and its class. */
int syn_samples_read(const struct syn_samples *samples, uint32_t index, int8_t *window,
                     unsigned *label, struct syn_error *error);

/* The labels of `count` pictures, a list of bytes in IDX format; *labels is malloc'ed, to be freed
 * also after an error. */
int syn_samples_labels(uint8_t **labels, const char *path, uint32_t count, struct syn_error *error);

#endif
