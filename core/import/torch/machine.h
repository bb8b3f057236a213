/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The machine that reads a pickle, for its instructions. Private to torch/.
 *
 * Functions return 0 or a negative code with words in pickle->error. A value that is popped stays
 * a value: nothing is ever freed before the pickle.
 */
#ifndef SYN_CORE_IMPORT_TORCH_MACHINE_H
#define SYN_CORE_IMPORT_TORCH_MACHINE_H

#include "core/import/torch/pickle.h"

struct syn_pickle_instruction {
    uint8_t code;
    int (*run)(struct syn_pickle *p);
};

/* The instructions, by file; {0, NULL} ends each list. */
extern const struct syn_pickle_instruction syn_pickle_object_instructions[];
extern const struct syn_pickle_instruction syn_pickle_scalar_instructions[];
extern const struct syn_pickle_instruction syn_pickle_list_instructions[];

int syn_pickle_too_much(struct syn_pickle *p);
int syn_pickle_malformed(struct syn_pickle *p, const char *what);

/* Room for one more element of `size` bytes in the array to which `array` points; new ones are
 * zero. */
int syn_pickle_reserve(struct syn_pickle *p, void *array, uint32_t count, uint32_t *room,
                       size_t size);

/* The stack. Values below the last mark belong to an outer list and are not popped. */
int syn_pickle_push_value(struct syn_pickle *p, uint32_t value);
int syn_pickle_push(struct syn_pickle *p, struct syn_pickle_value value);
int syn_pickle_push_integer(struct syn_pickle *p, enum syn_pickle_kind kind, int64_t integer);
int syn_pickle_pop(struct syn_pickle *p, uint32_t *value);
int syn_pickle_top(struct syn_pickle *p, uint32_t *value);
uint32_t syn_pickle_floor(const struct syn_pickle *p);

/* Adds an item to a tuple, list or dictionary. */
int syn_pickle_append(struct syn_pickle *p, uint32_t list, uint32_t item);

/* What follows an instruction: bytes, a little-endian number of 1, 2, 4 or 8 bytes, a line. */
int syn_pickle_take(struct syn_pickle *p, size_t size, const uint8_t **bytes);
int syn_pickle_take_number(struct syn_pickle *p, unsigned size, uint64_t *number);
int syn_pickle_take_line(struct syn_pickle *p, struct syn_pickle_text *line);

bool syn_pickle_text_is(const struct syn_pickle *p, struct syn_pickle_text text, const char *word);

#endif
