/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The text of a random model: a chain of convolutions 16 columns wide, of which some add what is
 * before the last one. No tensor can lie in two ways, so a copy of it is what is added.
 */
#ifndef SYN_TESTS_CORE_PLAN_CHAIN_H
#define SYN_TESTS_CORE_PLAN_CHAIN_H

#include <stdbool.h>
#include <stddef.h>

struct chain_text {
    char text[8192];
    size_t length;
    unsigned count;    /* layers so far */
    unsigned last[2];  /* convolutions: the last, the one before it */
    unsigned width[2]; /* their channels */
    bool added;        /* the last one adds */
};

struct chain_layer {
    unsigned channels;
    bool point; /* 1x1, else 3x3 with padding */
    bool bias;
    bool add; /* only where chain_may_add(): two layers then */
};

void chain_begin(struct chain_text *chain, const char *name, unsigned channels, unsigned height);
void chain_put(struct chain_text *chain, const struct chain_layer *layer);
void chain_end(struct chain_text *chain);

/* Whether the next convolution may add, in a model of so many layers: parts add what has one width
 * and no more than two passes. */
bool chain_may_add(const struct chain_text *chain, unsigned layers);

#endif
