/* SPDX-License-Identifier: GPL-3.0-or-later */
/* When a search of this folder has to end. */
#ifndef SYN_CORE_PLAN_IMPROVE_CLOCK_H
#define SYN_CORE_PLAN_IMPROVE_CLOCK_H

#include "core/plan/improve/improve.h"

/* The deadline has passed, or *stop is set. */
bool syn_improve_interrupted(const struct syn_improve_limits *limits);

#endif
