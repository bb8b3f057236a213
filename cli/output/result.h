/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The result of a command, for both readers: people see the text and the tables in the order in
 * which they were added, programs the JSON object. A handler fills both; which one is printed is
 * decided by the shell (`--json`), and when: after the command, or at syn_console_emit().
 */
#ifndef SYN_CLI_OUTPUT_RESULT_H
#define SYN_CLI_OUTPUT_RESULT_H

#include "cli/output/table.h"
#include "core/base/error.h"

#include <cjson/cJSON.h>
#include <stdio.h>

struct syn_result {
    cJSON *json; /* NULL until asked for */
    char *text;  /* what people see, printed in one go; text of devices comes through tables or
                    syn_text_clean() */
    size_t text_size;
    FILE *stream; /* writes into text */
    int colour;   /* styles may be used */
    int width;    /* columns of the terminal; 0: no limit */
};

void syn_result_init(struct syn_result *result, int colour, int width);
void syn_result_clear(struct syn_result *result);

/* The JSON object of the result (an empty object on the first call); owned by the result. */
cJSON *syn_result_json(struct syn_result *result);

/* Puts `json` in place of it and takes it over. */
void syn_result_set_json(struct syn_result *result, cJSON *json);

/* Adds text for people; lines end in \n as with printf. */
void syn_result_print(struct syn_result *result, const char *fmt, ...) SYN_PRINTF(2, 3);

/* Adds `text` for people, wrapped at the terminal's width; all but the first line are indented. */
void syn_result_wrap(struct syn_result *result, size_t indent, const char *text);

/* The stream of the text for people, for functions that write to one; NULL without memory. */
FILE *syn_result_stream(struct syn_result *result);

/* Adds a table for people (the caller still owns and frees it). */
void syn_result_table(struct syn_result *result, const struct syn_table *table);

/* Writes it in one of the two forms and empties it. */
void syn_result_write(struct syn_result *result, int as_json, FILE *out);

#endif
