/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What making inputs and checking them share. */
#ifndef SYN_CORE_PLAN_INPUTS_PARTS_H
#define SYN_CORE_PLAN_INPUTS_PARTS_H

#include "core/cost/cost.h"
#include "core/plan/inputs.h"

#define SYN_INPUT_HASH_TEXT (2 * SYN_SHA256_SIZE + 1)

/* Of all members but "hash", as they stand; false without memory. */
bool syn_input_hash(const cJSON *input, char text[SYN_INPUT_HASH_TEXT]);

/* Copies objective and constraints of a plan into the object and seals it. */
bool syn_input_question(cJSON *object, const cJSON *root);

#endif
