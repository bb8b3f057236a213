/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Small helpers over cJSON, so that handlers fill objects in one line a field. */
#ifndef SYN_CLI_OUTPUT_SHOW_H
#define SYN_CLI_OUTPUT_SHOW_H

#include "core/base/error.h"

#include <cjson/cJSON.h>
#include <stdint.h>
#include <stdio.h>

/* NULL text becomes null; broken UTF-8 becomes U+FFFD, so that the line is always JSON. */
void syn_show_text(cJSON *object, const char *key, const char *text);
/* NaN and infinities, which JSON has not, become null. */
void syn_show_number(cJSON *object, const char *key, double value);
/* Integers beyond 2^53 become strings. */
void syn_show_integer(cJSON *object, const char *key, int64_t value);
void syn_show_bool(cJSON *object, const char *key, int value);
void syn_show_hex(cJSON *object, const char *key, const uint8_t *bytes, size_t size);

/* New object or array under `key` of an object, or at the end of an array (key NULL). */
cJSON *syn_show_object(cJSON *parent, const char *key);
cJSON *syn_show_array(cJSON *parent, const char *key);

/* {"class","code","message","device","hint"} and, where known, "file", "line", "column". */
cJSON *syn_show_error(const struct syn_error *error);

/* One object on one line, flushed. */
void syn_show_write(const cJSON *json, FILE *out);

#endif
