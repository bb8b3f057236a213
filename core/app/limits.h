/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the files of this folder share: the largest values of an app's fields (FORMAT.md). */
#ifndef SYN_CORE_APP_LIMITS_H
#define SYN_CORE_APP_LIMITS_H

#define SYN_APP_WEIGHT_MAX  1000
#define SYN_APP_RATE_MAX    1e6
#define SYN_APP_LATENCY_MAX 1e7
#define SYN_APP_ROUND_MAX_S 1e4 /* of weight / rate_cap_ips */

struct syn_pipeline;
struct syn_error;

/* SYN_EINVAL where weight and rate cap make rounds too long. */
int syn_pipeline_check_round(const struct syn_pipeline *pipeline, struct syn_error *error);

#endif
