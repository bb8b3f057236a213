/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the vendor's tool writes for a network, read as data: every write to the accelerator in
 * order (program.tsv) and the arrays of its headers (weights.h, sampledata.h, sampleoutput.h).
 * Everything is on the heap and freed by the _free() of its kind; NULL where a file is missing.
 */
#ifndef SYN_TESTS_DEVICES_PART_VENDOR_H
#define SYN_TESTS_DEVICES_PART_VENDOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum vendor_kind {
    VENDOR_WRITE,      /* value to address */
    VENDOR_COPY_WORDS, /* `count` words of array `symbol` to address and on */
    VENDOR_COPY_BYTES, /* `count` bytes of array `symbol`, a word for each */
    VENDOR_ADDRESS,    /* an address that the vendor's program reads results from */
};

struct vendor_line {
    enum vendor_kind kind;
    char function[24]; /* "cnn_init", "cnn_load_bias", "cnn_configure", "cnn_start", ... */
    uint32_t address, value;
    char symbol[16]; /* as the arrays of the headers are called: "BIAS_0", "SAMPLE_INPUT_4" */
    uint32_t count;
    char comment[48];
    int layer, quadrant; /* of cnn_configure; else -1 */
};

struct vendor_program {
    struct vendor_line *lines;
    unsigned count;
};

struct vendor_program *vendor_program_read(const char *folder);
void vendor_program_free(struct vendor_program *p);

/* An array "#define NAME { values }". */
struct vendor_array {
    char name[24]; /* "KERNELS", "BIAS_0", "SAMPLE_INPUT_4", "SAMPLE_OUTPUT" */
    uint32_t *values;
    uint32_t count;
};

struct vendor_arrays {
    struct vendor_array *arrays;
    unsigned count;
};

struct vendor_arrays *vendor_arrays_read(const char *folder, const char *file);
const struct vendor_array *vendor_arrays_find(const struct vendor_arrays *a, const char *name);
void vendor_arrays_free(struct vendor_arrays *a);

/*
 * Walks "KERNELS": each record is an address, a number of words, the words; 0 ends. The byte 1
 * goes to address | 1, then the words to `address` and on (registers.h, weights). False where
 * there are no more; start with *at = 0.
 */
struct vendor_record {
    uint32_t address;
    const uint32_t *words;
    uint32_t count;
};
bool vendor_next_kernels(const struct vendor_array *kernels, uint32_t *at,
                         struct vendor_record *record);

/* Walks "SAMPLE_OUTPUT": address, mask, number of words, the words; 0 ends. */
struct vendor_expected {
    uint32_t address, mask;
    const uint32_t *words;
    uint32_t count;
};
bool vendor_next_expected(const struct vendor_array *output, uint32_t *at,
                          struct vendor_expected *expected);

#endif
