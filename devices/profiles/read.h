/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Figures with their sources, for the files of this folder. */
#ifndef SYN_DEVICES_PROFILES_READ_H
#define SYN_DEVICES_PROFILES_READ_H

#include "core/base/json.h"
#include "devices/profiles/profile.h"

/* A figure in a file, what can be meant by it, and its place as an offset to a uint32_t. */
struct syn_profile_figure {
    const char *name;
    size_t offset;
    double min, max;
    const char *unit; /* of a part's figure; NULL: of the board */
};

#define SYN_PROFILE_FIGURE_TABLE_MAX 16

/* All of them from the members of `node` into what begins at `out`, with their notes. */
int syn_profile_read_figures(const struct syn_json *doc, const cJSON *node,
                             const struct syn_profile_figure *figures, size_t count, void *out,
                             struct syn_profile *profile, struct syn_error *error);

/* The part: a name of one that is built in, or an object that describes one, kept in `parts`. */
int syn_profile_read_part(const struct syn_json *doc, const cJSON *node, struct syn_parts *parts,
                          struct syn_profile *profile, struct syn_error *error);

#endif
