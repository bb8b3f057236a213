/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the files of this folder share: the largest values of an app's fields (FORMAT.md). */
#ifndef SYN_CORE_APP_LIMITS_H
#define SYN_CORE_APP_LIMITS_H

#define SYN_APP_WEIGHT_MAX  1000
#define SYN_APP_RATE_MAX    1e6
#define SYN_APP_LATENCY_MAX 1e7

#endif
