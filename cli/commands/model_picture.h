/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What `model check --on` shows beyond the verdict: which layer lies where in the memory of each
 * processor and bias group, what each layer costs, and what was measured of the model elsewhere.
 */
#ifndef SYN_CLI_COMMANDS_MODEL_PICTURE_H
#define SYN_CLI_COMMANDS_MODEL_PICTURE_H

#include "cli/console.h"
#include "core/model/model.h"
#include "devices/part/place.h"
#include "devices/profiles/profile.h"

/* A chunk of a model where it would lie on a device of this profile. */
struct syn_placed {
    const struct syn_model *model;
    unsigned first, last; /* layers [first, last) */
    const struct syn_profile *profile;
    const struct syn_place *places; /* last - first */
};

/* The map of weight and bias memory; nothing for a part whose memory is one pool. */
void syn_model_picture_memory(struct syn_console *console, const struct syn_placed *placed);

/* Cycles, time and energy above idle of each layer. */
void syn_model_picture_layers(struct syn_console *console, const struct syn_placed *placed);

/* Published measurements of the whole model on this part at this clock, beside the prediction. */
void syn_model_picture_measured(struct syn_console *console, const struct syn_placed *placed);

#endif
